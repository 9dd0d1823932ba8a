"""The addresses of the service under /v1, its health and metrics. Imports every room but those of other protocols."""
