"""Questions on their way to the pipeline: admission, threads, workers, the encoder's queue, readiness.

Imports access, articles, http, limits, problems.
"""
