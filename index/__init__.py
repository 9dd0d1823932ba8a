"""Articles in, a searchable index out. Knows nothing of questions, answers or HTTP."""
