"""Text of articles for whoever reads markdown: what it would turn into a link, a picture or a line of ours stays letters."""

import re

from index.text.characters import visible

_MARKUP = re.compile(r"[\\`*_\[\]<~$]|&(?=#?\w+;)|(?<=www)\.|(?<=http):|(?<=https):|(?<=ftp):", re.IGNORECASE)
_MARKUP_OF_IDS = re.compile(r"[\\`\[\]<]|&(?=#?\w+;)|(?<=http):|(?<=https):", re.IGNORECASE)
_NUMBERED = re.compile(r"^(\s*)\[(\s*\d+\s*)\]", re.MULTILINE)  # as our footnotes begin
_LINE_START = re.compile(r"^([ \t]*)([-+>#=](?=[\s#=>+-]|$)|\d{1,9}(?=[.)]\s))", re.MULTILINE)


def plain(text: str) -> str:
    """Return markdown that shows the text, line by line, and no more; what would be obeyed is shown by its number.

    A bracketed number where a line begins gets full-width brackets, or it would look like a footnote of ours.
    """
    shown = _NUMBERED.sub(r"\1［\2］", visible(text))
    return _LINE_START.sub(_escaped_start, _MARKUP.sub(r"\\\g<0>", shown))


def plain_line(text: str) -> str:
    """Return the same on one line."""
    return plain(" ".join(text.replace("\r", "\n").split("\n")).strip())


def plain_id(text: str) -> str:
    """Return an article's id on one line, with as little escaped as will do: it is copied."""
    return _MARKUP_OF_IDS.sub(r"\\\g<0>", visible(" ".join(text.splitlines())).strip())


def _escaped_start(found: re.Match[str]) -> str:
    """Return a mark with its backslash: before the mark, but after a number."""
    indent, mark = found.groups()
    return f"{indent[:3]}{mark}\\" if mark.isdigit() else f"{indent[:3]}\\{mark}"
