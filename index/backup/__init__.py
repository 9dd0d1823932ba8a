"""Everything that cannot be derived again, into one zip file and back. May import every other room of index."""
