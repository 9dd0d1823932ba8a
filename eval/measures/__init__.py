"""What is computed of judged questions, with confidence intervals. Imports data sets and results."""
