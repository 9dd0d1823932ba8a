"""Web pages and mail. May import composing and plain_text; articles, errors, korean.terms and text."""
