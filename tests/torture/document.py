"""docs/results/reliability.md, written from the sections' records and from nothing else."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.torture.records import ROOT

PATH = ROOT / "docs" / "results" / "reliability.md"
_COLUMNS = {
    "kill points": "kill_points",
    "acknowledged": "acknowledged",
    "lost": "lost",
    "torn": "torn",
    "wrong answers": "wrong_answers",
    "recovery p95, ms": "recovery_p95_ms",
    "truncations": "truncations",
    "flips": "flips",
    "undetected": "undetected",
    "sizes": "sizes",
    "false acknowledgements": "false_acknowledgements",
}
_SUMS = ("kill_points", "acknowledged", "lost", "torn", "wrong_answers", "truncations", "flips", "undetected", "sizes",
         "false_acknowledgements")  # fmt: skip
_HEAD = """# Reliability results

<!-- written by python -m tests.torture -->

The store killed, cut off, starved and damaged, row by row of [testing.md](../testing.md) (F: faults). An oracle outside the
process keeps the books of what was acknowledged. After every crash the index is opened as a user would, and then:
every acknowledged article is there to the last byte, every other one wholly or not at all (**lost**, **torn**); the
doctor has no complaint; where it says so, the ten best passages for 50 questions, by vector and by words, are those of
an index built from nothing (**wrong answers**). **Undetected**: damage that changed an answer, or a damaged index file
that was opened. **False acknowledgements**: answered with success and not on the disk. An empty cell does not apply.
"""
_TAIL = """
## What is not promised, and not tried

Power loss on a disk that lies about fsync; writes that the disk reorders (no device-mapper here, so the power cut keeps
what was given to the device and loses all the rest); damage by someone who makes the checksums right again; a deleted
write-ahead log in the instant between an acknowledgement and its publication, which nothing can tell from a log that
was never written; network shares; more than one machine.
"""


def write_document(records: Path, sections: Sequence[str]) -> None:
    """Write the page from ``SECTION.json`` in ``records``; a section without one is named as not run."""
    PATH.write_text(made_of(records, sections), "utf-8")


def made_of(records: Path, sections: Sequence[str]) -> str:
    """Return the whole page as it is to be."""
    found, missing = [], []
    for section in sections:
        path = records / f"{section}.json"
        if path.is_file():
            found.append(json.loads(path.read_text("utf-8")))
        else:
            missing.append(section)
    return with_block_of(PATH, render(found, missing))


def with_block_of(path: Path, text: str) -> str:
    """Return ``text``, and behind it what another script has written into the document at ``path``."""
    _, begin, block = (path.read_text("utf-8") if path.is_file() else "").partition("<!-- soak: begin")
    return f"{text.rstrip()}\n\n{begin}{block}" if begin else text


def render(records: Sequence[dict[str, Any]], missing: Sequence[str] = ()) -> str:
    """Return the page but for what other scripts write into it; ``missing`` names the sections that have no record."""
    rows = [row for record in records for row in record["rows"]]
    ours = [row for row in rows if row["counted"]]
    others = [row for row in rows if not row["counted"]]
    text = _HEAD + "\n" + _verdict(ours, missing) + "\n" + _table(ours, total=True)
    if others:
        text += (
            "\n## For comparison\n\nOther stores in the same harness, and controls that must show a loss.\n\n"
            + _table(others)
        )
    text += "\n## Notes\n\n" + "".join(_note(row) for row in rows)
    text += (
        "\n## Runs\n\nThe records beside this page (`docs/results/reliability`) hold date and commit of each.\n\n"
        + _runs(records)
    )
    return text + _TAIL


def _verdict(rows: Sequence[dict[str, Any]], missing: Sequence[str]) -> str:
    skipped = [row for row in rows if row["skipped"]]
    faulty = [row for row in rows if _is_faulty(row)]
    verdict = f"**{len(rows) - len(skipped) - len(faulty)} of {len(rows)} rows without a fault"
    verdict += f", {len(faulty)} with one" if faulty else ""
    verdict += f", {len(skipped)} skipped" if skipped else ""
    left_out = f" Sections without a record, of which nothing is claimed: {', '.join(missing)}." if missing else ""
    return f"{verdict}.**{left_out}\n"


def _is_faulty(row: dict[str, Any]) -> bool:
    counts = ("lost", "torn", "wrong_answers", "undetected", "false_acknowledgements")
    return any(row[name] for name in counts) or bool(row["complaints"])


def _table(rows: Sequence[dict[str, Any]], *, total: bool = False) -> str:
    text = f"| | fault | {' | '.join(_COLUMNS)} |\n|---|---|{'---:|' * len(_COLUMNS)}\n"
    for row in rows:
        cells = (
            ["skipped"] + [""] * (len(_COLUMNS) - 1)
            if row["skipped"]
            else [_cell(row[key]) for key in _COLUMNS.values()]
        )
        text += f"| {row['faults']} | {row['what']} | {' | '.join(cells)} |\n"
    if total:
        sums = {name: sum(row[name] or 0 for row in rows) for name in _SUMS}
        cells = [f"**{_cell(sums[key])}**" if key in sums else "" for key in _COLUMNS.values()]
        text += f"| | **all** | {' | '.join(cells)} |\n"
    return text


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _note(row: dict[str, Any]) -> str:
    if row["skipped"]:
        return f"- {row['faults']}, {row['what']}: **skipped**, {row['skipped']}.\n"
    if not row["note"] and not row["complaints"]:
        return ""
    complaints = "".join(f"\n  - not as it should be: {complaint[:500]}" for complaint in row["complaints"])
    return f"- {row['faults']}, {row['what']}: {row['note'] or 'see below'}.{complaints}\n"


def _runs(records: Sequence[dict[str, Any]]) -> str:
    """Return by which command each section was run, on what, how long, and the machine's load over five minutes."""
    text = "".join(f"- {machine}\n" for machine in sorted({_without_kernel(record["machine"]) for record in records}))
    text += "\n| command | seconds | load |\n|---|---:|---:|\n"
    for record in records:
        text += f"| `{record['command']}` | {record['seconds']:,} | {record['load']} |\n"
    return text


def _without_kernel(machine: str) -> str:
    return re.sub(r"Linux [^,]+", "Linux", machine)
