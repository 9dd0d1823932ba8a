"""The tools that models call, over HTTP and over standard input and output. Imports what a route may."""
