"""What is run from a checkout: measuring, fitting, generating docs, releasing."""
