"""The page for people: its template and files. Imports problems."""
