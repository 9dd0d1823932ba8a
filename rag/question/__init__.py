"""What is asked: search words with aliases and repaired typing, bigrams, and the kind of value that is sought. Imports answers and values."""
