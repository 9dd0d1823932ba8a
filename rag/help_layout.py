"""How help is laid out: what a command takes in one line, then each option with its default; Hangul counts two columns."""

import argparse
import unicodedata
from collections.abc import Iterable, Iterator

_WIDEST_NAME = 22  # columns; what stands behind a longer one begins on a line of its own
_NARROWEST = 20  # columns of what is said of an option
_GAP = 2


class HelpLayout(argparse.HelpFormatter):
    """argparse's formatter, which takes every letter to be one column wide and names every option before any other word.

    ``lang`` is "ko" or "en".
    """

    def __init__(self, prog: str, *, lang: str) -> None:
        super().__init__(prog)
        self._lang = lang
        self._names = 0  # columns of the widest name that has its text beside it

    def add_argument(self, action: argparse.Action) -> None:
        """Take up an option, or a command with those under it."""
        super().add_argument(action)
        if action.help is not argparse.SUPPRESS:
            widths = (self._current_indent + columns(self._format_action_invocation(row)) for row in _rows(action))
            self._names = max([self._names, *(width for width in widths if width <= _WIDEST_NAME)])

    def _format_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None,
    ) -> str:
        """Name what has to be given, and that there are options."""
        actions = list(actions)
        if prefix == "":  # asked for by argparse, as the name of the commands under this one
            return super()._format_usage(usage, actions, groups, prefix)
        needed = [group for group in groups if group.required]
        members = [action for group in needed for action in group._group_actions]
        named = [action for action in actions if not action.option_strings or action in members]
        line = super()._format_usage(usage, named, needed, prefix).rstrip()
        return f"{line} {'[options]' if self._lang == 'en' else '[옵션]'}\n\n"

    def _format_action(self, action: argparse.Action) -> str:
        return "".join(line for row in _rows(action) for line in self._lines_of(row))

    def _lines_of(self, action: argparse.Action) -> Iterator[str]:
        """Yield the name of an option and, beside it where there is room, what it is."""
        name = " " * self._current_indent + self._format_action_invocation(action)
        place = self._names + _GAP
        words = self._expand_help(action) if action.help else ""
        lines = wrapped(words, max(self._width - place, _NARROWEST))
        if columns(name) <= self._names and lines:
            yield f"{name}{' ' * (place - columns(name))}{lines.pop(0)}\n"
        else:
            yield f"{name}\n"
        yield from (f"{' ' * place}{line}\n" for line in lines)

    def _get_help_string(self, action: argparse.Action) -> str:
        """Return what an option is, with its default where that is not said already."""
        words = action.help or ""
        default = shown_default(action)
        if not default or "기본" in words or "default" in words:
            return words
        return f"{words} ({'default' if self._lang == 'en' else '기본'}: {default})"

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Return a description line by line: its own line ends stay."""
        return "\n".join(f"{indent}{part}" for line in text.splitlines() for part in wrapped(line, width) or [""])


def shown_default(action: argparse.Action) -> str:
    """Return what an option is where it is not given; "" where that is nothing."""
    default = action.default
    if default is None or default is False or default is argparse.SUPPRESS:
        return ""
    if isinstance(default, list):
        return ", ".join(map(str, default))
    return f"{default:g}" if isinstance(default, float) else str(default)


def _rows(action: argparse.Action) -> list[argparse.Action]:
    """Return what has a line of its own: an option, or each command that may stand in a place."""
    return action._choices_actions if isinstance(action, argparse._SubParsersAction) else [action]


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def wrapped(text: str, width: int) -> list[str]:
    """Return the text in lines of at most ``width`` columns, parted at blanks; a longer word has its own. Blanks before the first stay."""
    if not text.strip():
        return []
    if columns(text) <= width:
        return [text]
    lines: list[str] = []
    line = text[: len(text) - len(text.lstrip())]
    for word in text.split():
        if line.strip() and columns(line) + 1 + columns(word) > width:
            lines.append(line)
            line = word
        else:
            line += f" {word}" if line.strip() else word
    return [*lines, line]
