"""How good the answers are: gold questions, metrics, and the report."""
