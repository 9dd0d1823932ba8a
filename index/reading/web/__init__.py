"""Web pages and mail. May import plain_text.charsets and composing."""
