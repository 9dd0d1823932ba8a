"""Two reports beside each other: every question that both asked, what each answered, and what became better or worse."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.report.answers_table import csv_text, expected_text, is_right
from eval.report.baseline import Baseline, Change, changes
from eval.report.page import page
from eval.report.report import write_files
from eval.report.view import number, signed
from eval.results import Row
from index.errors import UsageError

_ORDER = ("worse", "better", "other", "same")
_WORDS = {
    "worse": ("나빠짐", "worse"),
    "better": ("좋아짐", "better"),
    "other": ("답이 다름", "another answer"),
    "same": ("그대로", "same"),
    "right": ("맞음", "right"),
    "wrong": ("틀림", "wrong"),
    "abstained rightly": ("옳은 기권", "abstained rightly"),
    "abstained wrongly": ("잘못 기권", "abstained wrongly"),
    "unknown": ("판정 없음", "no verdict"),
    "not asked": ("묻지 않음", "not asked"),
}
_HEADS = (
    ("id", "질문", "기대한 것", "변화", "앞 판정", "앞 인용", "뒤 판정", "뒤 인용"),
    ("id", "question", "expected", "change", "verdict before", "quote before", "verdict after", "quote after"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """One question in both reports. ``change`` is worse, better, other (the quote alone differs) or same."""

    before: Row
    after: Row

    @property
    def change(self) -> str:
        """Say what became of the verdict and the quote."""
        then, now = is_right(self.before), is_right(self.after)
        if then != now and None not in (then, now):
            return "better" if now else "worse"
        return "same" if quote_of(self.before) == quote_of(self.after) else "other"


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Pairs, those that changed first, and every measure that both define."""

    before: Baseline
    after: Baseline
    pairs: tuple[Pair, ...]
    changes: tuple[Change, ...]

    def count(self, change: str) -> int:
        """Return how many questions changed so."""
        return sum(pair.change == change for pair in self.pairs)


def put_side_by_side(before: Baseline, after: Baseline) -> SideBySide:
    """Pair the questions of two reports. Raises UsageError where none is in both."""
    earlier = {row.id: row for row in before.rows}
    pairs = [Pair(earlier[row.id], row) for row in after.rows if row.id in earlier]
    if not pairs:
        raise UsageError(
            f"두 보고서에 함께 있는 질문이 없습니다: {before.path}, {after.path}.",
            f"no question is in both reports: {before.path}, {after.path}.",
        )
    ordered = sorted(pairs, key=lambda pair: (_ORDER.index(pair.change), pair.after.id))
    return SideBySide(
        before, after, tuple(ordered), changes([pair.after for pair in pairs], [pair.before for pair in pairs])
    )


def write_side_by_side(both: SideBySide, folder: Path, lang: str) -> Path:
    """Write ``compare.html`` and ``compare.csv`` and return the page. Raises StorageError."""
    files = {"compare.html": _page(both, lang), "compare.csv": csv_text(_lines(both, lang))}
    write_files(files, folder, "비교를", "the comparison")
    return folder / "compare.html"


def verdict(row: Row) -> str:
    """Return a key of the words: what became of one question in one report."""
    right = is_right(row)
    if not row.asked:
        return "not asked"
    if right is None:
        return "unknown"
    if row.answered:
        return "right" if right else "wrong"
    return "abstained rightly" if right else "abstained wrongly"


def quote_of(row: Row) -> str:
    """Return the first quote; "" where nothing was answered."""
    return row.citations[0].quote if row.answered and row.citations else ""


def word(key: str, lang: str) -> str:
    """Return a change or verdict as people read it."""
    return _WORDS[key][lang == "en"]


def _lines(both: SideBySide, lang: str) -> Iterator[Sequence[str]]:
    yield _HEADS[lang == "en"]
    for pair in both.pairs:
        verdicts = [(word(verdict(row), lang), quote_of(row)) for row in (pair.before, pair.after)]
        yield (
            pair.after.id,
            pair.after.question or pair.before.question,
            expected_text(pair.after, lang),
            word(pair.change, lang),
            *verdicts[0],
            *verdicts[1],
        )


def _page(both: SideBySide, lang: str) -> str:
    return page(
        "compare.html.j2",
        lang,
        both=both,
        heads=_HEADS[lang == "en"],
        lines=list(_lines(both, lang))[1:],
        kinds=[pair.change for pair in both.pairs],
        counts=[(word(change, lang), both.count(change)) for change in _ORDER],
        number=number,
        signed=signed,
    )
