"""What /openapi.json says of the routes, and the page that shows it. Imports articles, problems, schemas."""
