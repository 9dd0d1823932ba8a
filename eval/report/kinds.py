"""The report's table by kind of question: how the first citation fared, in numbers and in a bar that needs no colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from eval.datasets.kinds import KINDS
from eval.measures.catalogue import BY_KEY, Measure
from eval.report.page import Say, words
from eval.report.pictures import shares_bar
from eval.results import Estimate, Report, Row

_COLUMNS = (
    "first_right",
    "wrong_first",
    "refused_answerable",
    "refused_unanswerable",
    "refusal_precision",
    "sure_and_wrong",
    "sure_right",
    "must_not_cited",
)


@dataclass(frozen=True, slots=True)
class KindLine:
    """One kind, or all of them: how many questions with and without an answer, and each column's measure."""

    name: str
    answerable: int
    unanswerable: int
    bar: Markup
    cells: tuple[Estimate | None, ...]


@dataclass(frozen=True, slots=True)
class KindTable:
    """Columns that some question defines, all kinds together first, then each kind."""

    columns: tuple[Measure, ...]
    lines: tuple[KindLine, ...]


def kind_table(report: Report, lang: str = "ko") -> KindTable | None:
    """Return the table, ``None`` where no question that was asked has a kind."""
    rows = [row for row in report.rows if row.asked and row.kind is not None]
    if not rows:
        return None
    keys = [key for key in _COLUMNS if key in report.measures]
    slices = report.breakdown.get("kind", {})
    say = words(lang)
    lines = [_line(say("모든 유형"), rows, report.measures, keys, say)]
    lines += [
        _line(kind_name(kind, lang), [row for row in rows if row.kind == kind], each.measures, keys, say)
        for kind, each in slices.items()
    ]
    return KindTable(tuple(BY_KEY[key] for key in keys), tuple(lines))


def kind_name(kind: str, lang: str) -> str:
    """Return ``표의 칸 (table_cell)``, in English ``table cell``; a kind of somebody's own stands as it is."""
    if lang == "en":
        return kind.replace("_", " ") if kind in KINDS else kind
    return f"{KINDS[kind]} ({kind})" if kind in KINDS else kind


def _line(name: str, rows: Sequence[Row], measures: Mapping[str, Estimate], keys: Sequence[str], say: Say) -> KindLine:
    answerable = sum(row.answerable for row in rows)
    mixed = 0 < answerable < len(rows)  # else every refusal is right, or none
    cells = tuple(measures.get(key) if mixed or key != "refusal_precision" else None for key in keys)
    return KindLine(name, answerable, len(rows) - answerable, _bar(rows, say), cells)


def _bar(rows: Sequence[Row], say: Say) -> Markup:
    """Draw right, abstained and wrong of all these questions; abstaining is right where nothing answers."""
    right = sum(row.values["right_overall"] for row in rows) / len(rows)
    silent = sum(row.values.get("refused_answerable", 0.0) for row in rows) / len(rows)
    return shares_bar(
        (
            (say("맞음"), "right", right),
            (say("잘못 기권"), "silent", silent),
            (say("틀림"), "wrong", 1 - right - silent),
        )
    )
