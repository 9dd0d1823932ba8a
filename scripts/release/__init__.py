"""What CI looks at in a clean clone, and the client that is made of the other."""
