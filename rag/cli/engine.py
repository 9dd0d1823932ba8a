"""``--engine``: where a data folder is searched; and ``geungeo engine verify``: what a Milvus does of what is needed."""

import argparse

from index.search.milvus.address import EMBEDDED, attach, read_address
from index.search.milvus.collection import require_pymilvus
from index.search.milvus.verifying import Check, verify
from index.text.messages import say
from rag.settings import Settings

_FAILED = 6
_MARKS = {True: "✓", False: "✗", None: "–"}


def search_in(arguments: argparse.Namespace, settings: Settings, given: str) -> None:
    """Have the data folder searched where the settings say. Raises UsageError, StorageError."""
    if arguments.command == "engine":
        return
    if given != EMBEDDED:
        require_pymilvus()
    attach(settings.data, given)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print each check as it is made; 6 where one does not hold, or cannot be had. Raises UsageError, EngineAwayError."""
    seen = set()
    for check in verify(read_address(arguments.address), arguments.passages):
        seen.add(check.holds)
        print(_line(check, arguments.lang), flush=True)
    print(say("engine_fails" if False in seen else "engine_half" if None in seen else "engine_holds", arguments.lang))
    return 0 if seen == {True} else _FAILED


def _line(check: Check, lang: str) -> str:
    return f"{_MARKS[check.holds]} {say(f'engine_{check.name}', lang)}: {check.detail}"
