"""JSON in and out, for the service and its client. Imports no other room."""
