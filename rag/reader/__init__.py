"""A question and a piece of a document read together by a small model: which sentence answers, and what the value is. May import ranking."""
