"""``geungeo completion``: what makes a shell complete commands, options and file names by Tab, made of the parser itself."""

import argparse
from collections.abc import Iterator
from pathlib import Path

SHELLS = ("bash", "zsh", "fish")


def completion(shell: str, lang: str) -> str:
    """Return the script that ``shell`` reads at its start, its descriptions in ``lang``."""
    import shtab

    from rag.cli.parser import build_parser

    parser = build_parser(lang=lang)
    for action in _actions(parser):
        if action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every option and argument of the parser and of the commands under it."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
