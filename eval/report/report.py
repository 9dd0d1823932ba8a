"""The files of one evaluation: ``report.json``, ``report.html``, ``answers.csv``, ``run.trec`` and the judgements it is scored with."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval.measures.ranking import qrels_lines, run_lines
from eval.report.answers_table import answers_csv
from eval.report.baseline import Comparison
from eval.report.page import page
from eval.report.view import change_kind, view
from eval.results import Report, Row
from index.errors import StorageError

FORMAT = 1
_RANKS_KEPT = 10  # articles of each ranking in report.json; run.trec holds them all


def write_report(report: Report, folder: Path, comparison: Comparison | None = None, lang: str = "ko") -> Path:
    """Write the report into ``folder`` (made where it is missing) and return the HTML file. Raises StorageError.

    ``qrels.trec`` holds the judgements of the questions asked, with ids spelled as in ``run.trec``:
    ``ir_measures qrels.trec run.trec nDCG@10`` prints the report's number.
    """
    relevant = {row.id: row.relevant for row in report.rows if "nDCG@10" in row.values}
    files = {
        "report.json": json.dumps(to_record(report, comparison), ensure_ascii=False, indent=1, allow_nan=False),
        "run.trec": "".join(f"{line}\n" for line in run_lines({row.id: row.ranking for row in report.rows})),
        "qrels.trec": "".join(f"{line}\n" for line in qrels_lines(relevant)),
        "report.html": render(report, comparison, lang),
    }
    if any(row.asked for row in report.rows):
        files["answers.csv"] = answers_csv(report.rows, lang)
    write_files(files, folder, "보고서를", "the report")
    return folder / "report.html"


def write_files(files: Mapping[str, str], folder: Path, korean: str, english: str) -> None:
    """Write each file by its name, what they are in both languages for the error. Raises StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8", newline="\n")
    except OSError as error:
        message = f"{error.filename or folder}: {error.strerror}"
        raise StorageError(
            f"{korean} 쓸 수 없습니다({message}).", f"{english} cannot be written ({message})."
        ) from error


def to_record(report: Report, comparison: Comparison | None = None) -> dict[str, Any]:
    """Return what ``report.json`` holds: the aggregates first, then a row a question, the comparison last."""
    record = {"format": FORMAT, **dataclasses.asdict(report)}
    record["rows"] = [_row_record(row) for row in report.rows]
    if comparison is not None:
        record["comparison"] = {
            **dataclasses.asdict(comparison),
            "changes": [{**dataclasses.asdict(change), "verdict": change.verdict} for change in comparison.changes],
            "drops": [drop.key for drop in comparison.drops],
        }
    return record


def render(report: Report, comparison: Comparison | None = None, lang: str = "ko") -> str:
    """Return the page: one file, nothing fetched, every string from outside escaped."""
    return page("report.html.j2", lang, **view(report, comparison, lang), change_kind=change_kind)


def _row_record(row: Row) -> dict[str, Any]:
    return dataclasses.asdict(dataclasses.replace(row, ranking=row.ranking[:_RANKS_KEPT]))
