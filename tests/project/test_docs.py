"""README names every flag, every setting, every command and every exit code."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.cli.parser import build_parser
from rag.settings import Settings
from scripts.docs import errors

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def subcommands(parser: argparse.ArgumentParser | None = None) -> dict[str, argparse.ArgumentParser]:
    actions = [one for one in (parser or build_parser())._actions if isinstance(one, argparse._SubParsersAction)]
    return {name: choice for action in actions for name, choice in action.choices.items()}


def flags() -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, parser in subcommands().items():
        for one in (parser, *subcommands(parser).values()):
            for action in one._actions:
                if action.option_strings and "--help" not in action.option_strings:
                    yield name, tuple(action.option_strings)


@pytest.mark.parametrize(("command", "names"), sorted(set(flags())), ids=lambda value: str(value))
def test_every_flag_is_in_the_readme(command: str, names: tuple[str, ...]) -> None:
    assert any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", README) for name in names), f"{command} {names}"


@pytest.mark.parametrize("command", subcommands())
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"geungeo {command}" in README


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_in_the_readme(field: str) -> None:
    assert f"`GEUNGEO_{field.upper()}`" in README


def test_no_flag_of_the_readme_is_made_up() -> None:
    known = {name for _, names in flags() for name in names} | {"--help", "--version"}
    shown = set(re.findall(r"geungeo [^\n`]*?(--[a-z][a-z-]+)", README)) - {"--index-url"}
    assert shown <= known


def test_the_page_of_errors_is_what_the_code_says() -> None:
    assert (ROOT / "docs" / "errors.md").read_text("utf-8") == errors.render(), "run python -m scripts.docs.errors"


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 6, 7, 8, 130])
def test_every_exit_code_is_in_the_readme(code: int) -> None:
    (line,) = re.findall(r"Exit codes:[^\n]*\n[^\n]*\n", README)
    assert re.search(rf"\b{code} \w", line)
