"""Retrievers for LangChain, LlamaIndex and Haystack: a module each, needing that library alone beside the client. Imports the client."""
