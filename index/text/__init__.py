"""Text without a subject: characters nobody sees, strict JSON, messages in two languages. Imports nothing of ours."""
