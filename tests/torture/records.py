"""What a section found, as a row of the table; and on which machine, as a record that the document is made from."""

import json
import math
import os
import platform
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import apsw

ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Row:
    """One row of the table. None where a column does not apply; ``skipped`` says why nothing was run."""

    faults: str
    what: str
    kill_points: int | None = None
    acknowledged: int | None = None
    lost: int | None = None
    torn: int | None = None
    wrong_answers: int | None = None
    recovery_p95_ms: float | None = None
    truncations: int | None = None
    flips: int | None = None
    undetected: int | None = None
    sizes: int | None = None
    false_acknowledgements: int | None = None
    note: str = ""
    skipped: str = ""
    complaints: list[str] = field(default_factory=list)  # the first few things that were not as they should be
    counted: bool = True  # False: another store, or a control: beside ours for comparison

    @property
    def faultless(self) -> bool:
        """Nothing lost, torn, wrong, undetected or falsely acknowledged, and nothing else to complain of."""
        counts = (self.lost, self.torn, self.wrong_answers, self.undetected, self.false_acknowledgements)
        return not any(counts) and not self.complaints


@dataclass(frozen=True, slots=True)
class Budget:
    """How much to do. ``work``: a folder on a real disk for what is made and broken; ``share``: 1 is the full tier."""

    seed: int
    work: Path
    share: float = 1.0
    quick: bool = False  # a few points of each kind instead of all
    minutes: float = math.inf  # that random kills may take, each store's
    since: float = field(default_factory=time.monotonic)

    def begun(self) -> "Budget":
        """The same, its minutes counted from now."""
        return replace(self, since=time.monotonic())

    def is_over(self) -> bool:
        return time.monotonic() - self.since > 60 * self.minutes

    def of(self, whole: int, least: int = 1) -> int:
        """So many of ``whole`` repetitions."""
        return max(least, round(whole * self.share))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that ``share`` of all are not above; NaN of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def p95_ms(seconds: Sequence[float]) -> float | None:
    return round(1000 * percentile(seconds, 0.95)) if seconds else None


def save(
    folder: Path, section: str, rows: Sequence[Row], budget: Budget, *, started: float, of: str, command: str
) -> Path:
    """The section's record, in place of its last one. ``of``: the commit that was tried."""
    record = {
        "section": section,
        "rows": [asdict(row) for row in rows],
        "seed": budget.seed,
        "share": budget.share,
        "seconds": round(time.time() - started),
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime(started)),
        "commit": of,
        "machine": machine(),
        "load": round(os.getloadavg()[1], 1),
        "command": command,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{section}.json"
    text = json.dumps(record, ensure_ascii=False, indent=1)
    path.write_text(text.replace(f"{budget.work}/", "") + "\n", "utf-8")  # no folder of this machine's
    return path


def commit() -> str:
    """Of the code that was tried; ``+`` where the product was changed since."""
    head = _git("rev-parse", "--short", "HEAD")
    return head + ("+" if _git("status", "--porcelain", "--", "index", "rag", "api") else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, Python {platform.python_version()}, "
        f"SQLite {apsw.sqlite_lib_version()}"
    )
