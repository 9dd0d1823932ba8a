"""What CI looks at in a clean clone, what is looked at before a release, and the client that is made of the other."""
