"""``answers.csv``: every question with what came back and what was expected, for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from eval.results import Row

COLUMNS = (
    "id",
    "kind",
    "question",
    "answered",
    "reason",
    "confidence",
    "certainty",
    "first_quote",
    "right",
    "expected",
)
_CALCULATED = ("=", "+", "-", "@", "\t", "\n")  # how a formula may begin, by whoever wrote the question or the article
_MARK = "\ufeff"  # without it a spreadsheet takes the Korean for another encoding


def answers_csv(rows: Sequence[Row], lang: str = "ko") -> str:
    """Return the questions that were asked, a line each under a heading."""
    return csv_text([COLUMNS, *(_cells(row, lang) for row in rows if row.asked)])


def csv_text(lines: Iterable[Sequence[str]]) -> str:
    """Return the lines for a spreadsheet: texts as they are, but one that would be calculated begins with an apostrophe."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerows(map(_safe_cell, line) for line in lines)
    return _MARK + sheet.getvalue()


def _safe_cell(text: str) -> str:
    cell = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if cell.startswith(_CALCULATED) else cell


def is_right(row: Row) -> bool | None:
    """Return whether it answered or abstained rightly; ``None`` where the data set cannot tell."""
    if not row.answerable:
        return not row.answered
    if "first_right" in row.values:
        return row.values["first_right"] == 1
    return row.answered and row.right if row.right is not None else None


def _cells(row: Row, lang: str) -> tuple[str, ...]:
    right = is_right(row)
    return (
        row.id,
        row.kind or "",
        row.question,
        _yes(row.answered),
        row.reason or "",
        f"{row.confidence:.4f}",
        row.certainty or "",
        row.citations[0].quote if row.answered and row.citations else "",
        "" if right is None else _yes(right),
        expected_text(row, lang),
    )


def expected_text(row: Row, lang: str) -> str:
    """Return the answers, any of which is right; for a question that nothing answers, what is missing."""
    if not row.answerable:
        return f"({'no answer' if lang == 'en' else '답 없음'}) {row.why}".strip()
    return " | ".join(dict.fromkeys(expected.text for expected in row.expected if not expected.evidence))


def _yes(verdict: bool) -> str:
    return "yes" if verdict else "no"
