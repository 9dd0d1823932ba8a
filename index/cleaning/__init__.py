"""A news page to the stretches of it that are the article. May import articles and text."""
