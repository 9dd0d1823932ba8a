"""The command line: what may be asked of it, what it does and how it shows it. Imports the rest of ``rag``."""

from rag.cli.parser import main

__all__ = ["main"]
