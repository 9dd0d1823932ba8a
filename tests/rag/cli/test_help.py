"""Help as a stranger reads it: nothing wider than the terminal, a command's own options first, every default told."""

import argparse
import re
from collections.abc import Iterator

import pytest

from rag.cli import argparse_texts
from rag.cli.parser import build_parser
from rag.help_layout import columns, shown_default, wrapped
from scripts.docs.cli import leaves, subcommands

DEFAULT = {"ko": "기본: ", "en": "default: "}
COMMON = {"ko": "\n모든 명령에 쓰는 옵션:\n", "en": "\noptions of every command:\n"}
LONG_WORD = re.compile(r"\S{45,}")  # a choice among many


@pytest.fixture(autouse=True)
def korean_again() -> Iterator[None]:
    yield
    argparse_texts.speak("ko")


def parsers(lang: str) -> dict[str, argparse.ArgumentParser]:
    parser = build_parser(lang=lang)
    return {"geungeo": parser, "geungeo keys": subcommands(parser)["keys"], **dict(leaves(parser))}


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("width", [80, 60])
def test_no_line_is_wider_than_the_terminal(lang: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for name, parser in parsers(lang).items():
        for line in parser.format_help().splitlines()[1:]:
            assert columns(line) <= width or LONG_WORD.search(line), (name, line)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_what_is_given_stands_in_one_line_and_a_commands_own_options_come_first(
    lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name, parser in parsers(lang).items():
        shown = parser.format_help()
        assert shown.split("\n")[0].endswith("]" if lang == "en" else "[옵션]"), name
        assert shown.split("\n")[1] == ""
        if COMMON[lang] in shown:
            assert "--help" not in shown.partition(COMMON[lang])[2]
            assert "--data" not in shown.partition(COMMON[lang])[0]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_default_is_told_once(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "500")
    for name, parser in parsers(lang).items():
        options = {option.split()[0].rstrip(","): option for option in parser.format_help().split("\n  -")[1:]}
        for action in parser._actions:
            if action.option_strings and shown_default(action):
                option = options[action.option_strings[0].removeprefix("-")]
                assert option.count(DEFAULT[lang]) == 1, (name, option)


@pytest.mark.parametrize(
    ("default", "shown"), [(None, ""), (False, ""), ([], ""), (0, "0"), (0.0, "0"), (50.0, "50"), (["seeds"], "seeds")]
)
def test_nothing_is_no_default_and_nought_is(default: object, shown: str) -> None:
    assert shown_default(argparse.Action(["--wait"], "wait", default=default)) == shown


def test_what_has_to_be_given_is_told_also_where_it_is_an_option() -> None:
    usages = {name: parser.format_usage().strip() for name, parser in parsers("ko").items()}
    assert usages["geungeo"] == "쓰는 법: geungeo 명령 ... [옵션]"
    assert usages["geungeo ask"] == "쓰는 법: geungeo ask [질문] [옵션]"
    assert usages["geungeo remove"] == "쓰는 법: geungeo remove ID [ID ...] [옵션]"
    assert usages["geungeo migrate-truth"] == "쓰는 법: geungeo migrate-truth (--to 주소 | --from 주소) [옵션]"
    assert usages["geungeo keys create"] == "쓰는 법: geungeo keys create 이름 [옵션]"


def test_hangul_counts_two_columns() -> None:
    assert wrapped("가나 다라 마바", 9) == ["가나 다라", "마바"]
    assert wrapped("가나 다라 마바", 8) == ["가나", "다라", "마바"]
    assert wrapped("가나다라마바사", 4) == ["가나다라마바사"]
    assert wrapped("  ab  cd", 8) == ["  ab  cd"]
    assert wrapped("  ab  cd", 7) == ["  ab cd"]
    assert wrapped("", 7) == wrapped("  ", 1) == []
