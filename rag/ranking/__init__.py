"""Which passages come first: both searches fused, and how the words of the question meet them. Imports answers and question."""
