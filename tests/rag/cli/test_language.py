"""The command line speaks Korean, or English where it is asked to: help, argparse's own words, and what is wrong."""

import argparse
import re
from collections.abc import Iterator

import pytest

from rag.cli import argparse_texts
from rag.cli.parser import COMMANDS, build_parser, language_of
from scripts.docs.cli import leaves

HANGUL = re.compile("[가-힣]")
ENGLISH = re.compile(r"\b(usage|options|show|positional|arguments|error|required|expected|invalid)\b")
MEANT = re.compile("올해 and 지난달")  # Korean words that English help speaks of


@pytest.fixture(autouse=True)
def korean_again() -> Iterator[None]:
    yield
    argparse_texts.speak("ko")


def actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for _, command in leaves(parser):
        yield from command._actions


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_argument_says_what_it_is_in_the_language(lang: str) -> None:
    for action in actions(build_parser(lang=lang)):
        assert action.help, action
        assert bool(HANGUL.search(MEANT.sub("", action.help))) == (lang == "ko"), action.help


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_has_no_word_of_the_other_language(command: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    for lang, other in (("ko", ENGLISH), ("en", HANGUL)):
        with pytest.raises(SystemExit):
            build_parser(lang=lang).parse_args([*([command] if command else []), "--help"])
        shown = MEANT.sub("", " ".join(capsys.readouterr().out.split()))
        assert not other.search(shown), shown


def test_the_language_is_looked_for_before_anything_is_read() -> None:
    assert language_of(["ask", "가", "--lang", "en"]) == "en"
    assert language_of(["--lang=en", "aks"]) == "en"
    assert language_of(["--lang", "en", "ask", "--lang", "ko"]) == "ko"
    assert language_of(["ask", "--lang"]) == "ko"
