"""Check the written gold questions and rewrite the table of docs/office-gold.md: ``python -m scripts.docs.office_gold``.

Every fault is named with file and line, and nothing is written then. The checks are those of ``geungeo eval check``
(eval/datasets/check.py, eval/datasets/written.py); a test says when the table is stale.
"""

import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from eval.datasets.check import check_folder
from eval.datasets.datasets import SPLITS, DataSet, load_folder
from eval.datasets.kinds import KINDS
from scripts.docs.evaluation import table

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "eval" / "data" / "office"
DOCUMENT = ROOT / "docs" / "office-gold.md"
_MARKED = re.compile(r"(<!-- table: counts -->\n).*?(<!-- end -->)", re.DOTALL)


def render(document: str) -> str:
    """Return the page with its table made anew. Raises ReadError for a faulty data set."""
    sets = {split: load_folder(FOLDER / split) for split in SPLITS}
    made = f"{_sizes(sets)}\n\n{_kinds(sets)}"
    return _MARKED.sub(lambda match: f"{match[1]}{made}\n{match[2]}", document)


def _sizes(sets: Mapping[str, DataSet]) -> str:
    head = ("split", "files", "documents", "questions", "answerable", "unanswerable", "with must-not")
    rows = [[split, *map(str, _size(split, own))] for split, own in sets.items()]
    totals = (sum(_size(split, own)[column] for split, own in sets.items()) for column in range(len(head) - 1))
    return table(head, [*rows, ["all", *map(str, totals)]])


def _size(split: str, own: DataSet) -> Sequence[int]:
    answerable = sum(question.answerable for question in own.questions)
    return (
        len(list((FOLDER / split).rglob("*.txt"))),
        len(own.articles),
        len(own.questions),
        answerable,
        len(own.questions) - answerable,
        sum(bool(question.must_not) for question in own.questions),
    )


def _kinds(sets: Mapping[str, DataSet]) -> str:
    """Answerable and unanswerable questions of each kind in each split."""
    counts = Counter((q.kind, split, q.answerable) for split, own in sets.items() for q in own.questions)
    rows = [
        [f"`{kind}` {korean}", *(_cell(counts, kind, split) for split in sets), _whole(counts, kind, sets)]
        for kind, korean in KINDS.items()
    ]
    return table(["kind (answerable + unanswerable)", *sets, "all"], rows)


def _cell(counts: Mapping[tuple[str | None, str, bool], int], kind: str, split: str) -> str:
    return _pair(counts.get((kind, split, True), 0), counts.get((kind, split, False), 0))


def _whole(counts: Mapping[tuple[str | None, str, bool], int], kind: str, splits: Mapping[str, DataSet]) -> str:
    return _pair(*(sum(counts.get((kind, split, answerable), 0) for split in splits) for answerable in (True, False)))


def _pair(answerable: int, unanswerable: int) -> str:
    return f"{answerable} + {unanswerable}" if unanswerable else str(answerable)


def main() -> int:
    checked = check_folder(FOLDER)
    for fault in checked.faults:
        print(fault.english, file=sys.stderr)
    print(f"{checked.articles} documents, {checked.questions} questions, {len(checked.faults)} faults")
    if not checked.faults:
        DOCUMENT.write_text(render(DOCUMENT.read_text("utf-8")), "utf-8", newline="\n")
    return int(bool(checked.faults))


if __name__ == "__main__":
    sys.exit(main())
