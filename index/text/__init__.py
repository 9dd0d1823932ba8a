"""Text and files without a subject: characters nobody sees, files that appear whole, messages in two languages. Imports nothing of ours."""
