"""Files to articles, whatever their encoding and format. May import articles, korean.terms and errors."""
