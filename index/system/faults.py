"""Errors that nobody foresaw, of one document: it fails, the others go on, and the log says where they arose."""

import logging
import struct
import traceback

logger = logging.getLogger(__name__)

# What the words of one document may raise. Not what a broken program, a model or a store does.
UNFORESEEN = (ArithmeticError, LookupError, ValueError, struct.error)


def log_fault(error: Exception) -> None:
    """Log the kind of an error and where it arose, without its message: it may hold the document's text."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("a document failed: %s\n%s", type(error).__name__, frames)
