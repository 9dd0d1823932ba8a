"""Articles on their way into the index: the library, its one writer, jobs, batches and uploads.

Imports access, http, limits, problems, schemas.
"""
