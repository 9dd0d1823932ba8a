"""Rows of tables in every notation people type: pipes, tabs, aligned blanks, commas; and their column names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_RULE = re.compile(r"[\s|+:=\-–—―─━┄┈═╌┌┬┐├┼┤└┴┘│┃*_.]+")
_PIPES = re.compile(r"[|│┃｜]")
_WIDE = re.compile(r"\t+|[ \xa0\u3000]{2,}")
_DIGIT = re.compile(r"\d")
_NAMED_FIGURE = re.compile(
    r"\(?(?:(?:19|20)\d\d\s?(?:년도?|학년도)?|\d+\s?(?:차|월|년|년차|주|일|호|층|급|학년|반|회|기|분기|시간|인실|인|등급|단계|세대))\)?"
)
_COMMA_OR_QUOTE = re.compile('[",]')
_SENTENCE = re.compile(r"[가-힣][다요까죠]\.\s*$")
_COLON = re.compile(r"[가-힣)]\s?[:：]\s")


@dataclass(frozen=True, slots=True)
class Cell:
    """``text[start:end]`` of the line it stands in, without blanks around it; may be empty."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Table:
    """Places of lines: ``headers`` name the columns (none, one, or two), ``rows`` hold the values, ``rules`` neither."""

    headers: tuple[int, ...]
    rows: tuple[int, ...]
    rules: tuple[int, ...]


def is_rule(text: str) -> bool:
    """Return whether a line only draws: ``|---|---|``, ``━━━``."""
    return len(text.strip()) > 2 and _RULE.fullmatch(text) is not None


def notation(text: str) -> str:
    """Return how a line separates its cells, "" where it is no row. Offsets do not matter here."""
    if len(_PIPES.findall(text)) >= 2 or (text.count("|") == 1 and " | " in text):
        return "|"
    if "\t" in text.strip():
        return "\t"
    stripped = text.strip()
    if _WIDE.search(stripped) and not _SENTENCE.search(stripped):
        return "  "
    if stripped.count(",") >= 2 and ", " not in stripped and not _SENTENCE.search(stripped):
        return ","
    return ""


def cells(text: str, how: str | None = None) -> list[Cell]:
    """Return the cells of a row in order, by its notation or by ``how``."""
    how = notation(text) if how is None else how
    if how == "|":
        bounds = [match.span() for match in _PIPES.finditer(text)]
        outer = text.strip()
        first = bool(outer) and _PIPES.match(outer) is not None
        last = bool(outer) and _PIPES.match(outer[-1]) is not None
        return _between(text, bounds)[int(first) : None if not last else -1]
    if how == "\t":
        return _between(text, [match.span() for match in re.finditer("\t", text)])
    if how == "  ":
        return [
            cell for cell in _between(text, [match.span() for match in _WIDE.finditer(text)]) if cell.end > cell.start
        ]
    if how == ",":
        return _between(text, list(_commas(text)))
    return []


def find_tables(lines: Sequence[str]) -> list[Table]:
    """Return runs of rows of one notation, from the first line on; a rule or a blank cell does not end one.

    Tabs before and behind a line's words part blank cells: those that a merged cell leaves below and beside it.
    """
    tables: list[Table] = []
    place = 0
    while place < len(lines):
        how = notation(lines[place])
        if not how or is_rule(lines[place]):
            place += 1
            continue
        last, tabs = place, lines[place].count("\t")
        members: list[int] = []
        rules: list[int] = []
        while last < len(lines) and (is_rule(lines[last]) or _goes_on(lines[last], how, tabs)):
            (rules if is_rule(lines[last]) else members).append(last)
            last += 1
        rows = _without_indent([lines[member] for member in members])
        if _is_table(how, [cells(row, how) for row in rows], rows):
            tables.append(_with_headers(dict(zip(members, rows, strict=True)), how, rules))
        place = max(last, place + 1)
    return tables


def _goes_on(line: str, how: str, tabs: int) -> bool:
    """Return whether a line is another row; one cell among blank ones is where as many tabs part them."""
    return notation(line) == how or (how == "\t" and line.count("\t") == tabs > 1 and bool(line.strip()))


def _without_indent(rows: list[str]) -> list[str]:
    """Return the rows without the tabs that all of them begin with."""
    indent = min((len(row) - len(row.lstrip("\t")) for row in rows), default=0)
    return [row[indent:] for row in rows]


def _is_table(how: str, rows: Sequence[Sequence[Cell]], lines: Sequence[str]) -> bool:
    widths = [len(row) for row in rows]
    if how == "|":
        return max(widths) >= 2 and len(rows) >= 2
    if how == "\t":
        return len(rows) >= 2 or sum(cell.end > cell.start for cell in rows[0]) >= 3
    if how == ",":
        return len(rows) >= 3 and len(set(widths)) == 1
    labelled = sum(bool(_COLON.search(line)) for line in lines)
    wide = sum(width >= 3 for width in widths)
    return labelled * 2 < len(rows) and (wide >= 2 or (len(rows) >= 3 and min(widths) >= 2))


def _with_headers(rows: Mapping[int, str], how: str, rules: Sequence[int]) -> Table:
    """Return the table of ``rows`` by their places.

    Its first row names the columns where a rule follows it or only its first cell holds figures.
    """
    members = list(rows)
    texts = {place: [row[cell.start : cell.end] for cell in cells(row, how)] for place, row in rows.items()}
    named = [line for line in members[:3] if _names_columns(texts[line])]
    headers: list[int] = []
    if len(members) > 1 and (members[0] in named or members[0] + 1 in rules):
        headers.append(members[0])
        if len(members) > 3 and members[1] in named and len(texts[members[2]]) >= len(texts[members[1]]):
            later = any(_DIGIT.search(cell) for line in members[2:] for cell in texts[line][1:])
            blank = any(not cell for cell in texts[members[0]]) or len(texts[members[0]]) < len(texts[members[1]])
            if later and blank and members[0] + 1 not in rules:
                headers.append(members[1])
    return Table(tuple(headers), tuple(line for line in members if line not in headers), tuple(rules))


def _names_columns(row: Sequence[str]) -> bool:
    """Return whether a row names columns: figures that name one ("2024년", "16주") are no values.

    A row of nothing else but those is one of names too.
    """
    return len(row) > 1 and not any(_DIGIT.search(_NAMED_FIGURE.sub("", cell)) for cell in row[1:])


def _commas(text: str) -> Iterator[tuple[int, int]]:
    """Yield the bounds of each comma outside of quotes: behind it an even number of them is left."""
    left = text.count('"')
    for match in _COMMA_OR_QUOTE.finditer(text):
        if match[0] == '"':
            left -= 1
        elif left % 2 == 0:
            yield match.span()


def _between(text: str, bounds: Sequence[tuple[int, int]]) -> list[Cell]:
    edges = [0, *(edge for span in bounds for edge in span), len(text)]
    return [_trimmed(text, edges[edge], edges[edge + 1]) for edge in range(0, len(edges), 2)]


def _trimmed(text: str, start: int, end: int) -> Cell:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return Cell(start, max(start, end - (len(piece) - len(piece.rstrip()))))
