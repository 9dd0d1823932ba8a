"""PDF: letters to lines, lines to paragraphs. May import plain_text.decoding, composing and index.structure."""
