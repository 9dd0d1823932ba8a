"""``geungeo mcp``: its flags, and what it does. The service is imported when it is to run."""

import argparse
from importlib.util import find_spec
from typing import TYPE_CHECKING

from index.errors import UsageError
from rag.flags import CommandParser, add_common_flags, add_writer_flags

if TYPE_CHECKING:
    from rag.settings import Settings


def add_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo mcp``."""
    add_common_flags(parser)
    add_writer_flags(parser)


def run(arguments: argparse.Namespace, settings: "Settings") -> int:
    """Serve until standard input ends. Encoder and index load behind the first messages; a call waits for them."""
    if not find_spec("mcp"):
        raise UsageError(
            "MCP를 쓰려면 추가로 설치해야 합니다: pip install 'geungeo[mcp]'",
            "MCP needs an extra: pip install 'geungeo[mcp]'",
        )
    import anyio

    from api.answering.backend import load_backend
    from api.mcp.stdio import serve
    from rag.writing.writing import make_prose

    key = settings.writer_key.get_secret_value()
    prose = make_prose(arguments.writer, arguments.writer_model, key, settings.writer_wait)
    anyio.run(serve, lambda: load_backend(settings, arguments.lang).pipeline, prose)
    return 0
