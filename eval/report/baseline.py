"""Is it better or worse than an earlier report? A paired bootstrap over the questions both asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.measures.bootstrap import difference, intervals, point
from eval.measures.catalogue import BY_KEY
from eval.measures.metrics import measured
from eval.results import Cited, Report, Row, row_from_record
from index.errors import StorageError, UsageError

COMPACT = "geungeo-baseline-1"
_DIGITS = 4


def compact_row(row: Row) -> dict[str, Any]:
    """Return id, verdicts and values; ``cited`` is how many citations were exact, of how many."""
    return {
        "id": row.id,
        "answerable": row.answerable,
        "asked": row.asked,
        "answered": row.answered,
        "confidence": round(row.confidence, _DIGITS),
        "right": row.right,
        "cited": [sum(cited.exact for cited in row.citations), len(row.citations)],
        "values": {key: round(value, _DIGITS) for key, value in row.values.items()},
    }


def row_from_compact(record: Mapping[str, Any]) -> Row:
    """Return a row with those numbers and no text. Raises TypeError, KeyError or ValueError where it is no such row."""
    exact, total = record["cited"]
    return Row(
        id=record["id"],
        question="",
        half=None,
        type=None,
        tags=(),
        answerable=record["answerable"],
        why="",
        relevant={},
        expected=(),
        ranking=(),
        asked=record["asked"],
        answered=record["answered"],
        confidence=record["confidence"],
        timed=False,
        citations=tuple(Cited("", "", 0, 0, "", number < exact, None) for number in range(total)),
        right=record["right"],
        values=record["values"],
    )


LEAST_CHANGE = 0.0005  # what a report's three decimals can show
# Less is no failure: processors with and without int8 dot products round differently between the products, so the same code
# answers a few questions differently.
LEAST_DROP = 0.01


@dataclass(frozen=True, slots=True)
class Change:
    """One measure, then and now, over the shared questions; ``low`` to ``high`` holds 95 % of the differences."""

    key: str
    before: float
    after: float
    difference: float  # after - before
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """``worse`` or ``better`` where the whole interval lies on that side of 0 and the change can be seen, else ``same``."""
        if self.low <= 0 <= self.high or abs(self.difference) < LEAST_CHANGE:
            return "same"
        return "better" if (self.low > 0) == BY_KEY[self.key].higher_is_better else "worse"

    @property
    def is_drop(self) -> bool:
        """A significant loss of a measure that gates, larger than by another kind of processor."""
        return self.verdict == "worse" and BY_KEY[self.key].gate and abs(self.difference) >= LEAST_DROP


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every shared measure of two reports on the same data set."""

    baseline: str  # the file
    baseline_commit: str | None
    baseline_created_at: str | None
    shared: int  # questions
    changes: tuple[Change, ...]

    @property
    def drops(self) -> tuple[Change, ...]:
        """Return the changes that fail the comparison (:attr:`Change.is_drop`)."""
        return tuple(change for change in self.changes if change.is_drop)


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier ``report.json``, as far as it is compared."""

    path: Path
    name: str
    sha256: str  # of the data set
    commit: str | None
    created_at: str | None
    rows: tuple[Row, ...]
    protocol: str = "alone"

    def require_same_data(self, name: str, sha256: str, protocol: str = "alone") -> None:
        """Raise UsageError where it was made on other articles, questions or verdicts, or in another protocol."""
        if self.protocol != protocol:
            raise UsageError(
                f"기준 보고서({self.path})는 {self.protocol} 방식입니다. 지금은 {protocol}입니다.",
                f"the baseline ({self.path}) was made by the protocol {self.protocol}, this one is {protocol}.",
            )
        if self.sha256 != sha256:
            raise UsageError(
                f"기준 보고서({self.path})는 다른 데이터로 만들었습니다: {self.name} {self.sha256[:12]} ≠ "
                f"{name} {sha256[:12]}. 같은 데이터 세트로 기준 보고서를 다시 만드세요.",
                f"the baseline ({self.path}) was made on other data: {self.name} {self.sha256[:12]} is not "
                f"{name} {sha256[:12]}. Make the baseline again on this data set.",
            )


def load_baseline(path: Path) -> Baseline:
    """Return the ``report.json`` at ``path``. Raises UsageError where it cannot be read or is no report."""
    try:
        record = json.loads(path.read_text("utf-8"))
        made, data = record["provenance"], record["dataset"]
        read = row_from_compact if record.get("format") == COMPACT else row_from_record
        rows = tuple(read(row) for row in record["rows"])
        protocol = record.get("settings", {}).get("protocol", "alone")
        return Baseline(path, data["name"], data["sha256"], made.get("commit"), made.get("created_at"), rows, protocol)
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise UsageError(
            f"기준 보고서를 읽을 수 없습니다({message}).", f"baseline cannot be read ({message})."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"geungeo eval이 쓴 report.json이 아닙니다: {path}", f"{path} is no report.json of geungeo eval."
        ) from None


def save_baseline(report: Report, path: Path) -> None:
    """Write ids and numbers of a report, no text: small enough to commit, and free of the data's licence.

    Raises StorageError.
    """
    record = {
        "format": COMPACT,
        "dataset": {key: report.dataset[key] for key in ("name", "sha256", "questions", "articles")},
        "settings": dict(report.settings),
        "provenance": dict(report.provenance),
        "index": dict(report.index),
    }
    head = json.dumps(record, ensure_ascii=False, indent=1)[:-2]
    rows = ",\n".join(json.dumps(compact_row(row), ensure_ascii=False) for row in report.rows)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{head},\n "rows": [\n{rows}\n]}}\n', "utf-8", newline="\n")
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise StorageError(
            f"기준을 쓸 수 없습니다({message}).", f"the baseline cannot be written ({message})."
        ) from error


def compare(report: Report, baseline: Baseline) -> Comparison:
    """Return the report against the baseline. Raises UsageError where the two cannot be compared."""
    protocol = report.settings.get("protocol", "alone")
    baseline.require_same_data(report.dataset["name"], report.dataset["sha256"], protocol)
    before = {row.id: row for row in baseline.rows}
    shared = [row for row in report.rows if row.id in before]
    if not shared:
        raise UsageError(
            f"기준 보고서({baseline.path})와 함께 물은 질문이 없습니다. --half와 --sample을 그때와 같게 하세요.",
            f"no question is shared with the baseline ({baseline.path}). Use the same half and sample.",
        )
    changed = changes(shared, [before[row.id] for row in shared])
    return Comparison(str(baseline.path), baseline.commit, baseline.created_at, len(shared), changed)


def changes(after: Sequence[Row], before: Sequence[Row]) -> tuple[Change, ...]:
    """Return the paired bootstrap of every measure both define.

    The rows must be of the same questions in the same order.
    """
    now, then = measured(after), measured(before)
    n, keys = len(after), [key for key in now if key in then]
    values = {key: (point(then[key].statistic, n), point(now[key].statistic, n)) for key in keys}
    bounds = intervals({key: difference(now[key].statistic, then[key].statistic) for key in keys}, n)
    return tuple(Change(key, old, new, new - old, *bounds[key]) for key, (old, new) in values.items())
