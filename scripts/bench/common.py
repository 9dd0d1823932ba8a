"""What the benchmarks share: environments for what they compare with, memory, percentiles, records.

A record is ``docs/results/performance/NAME.json``: what was measured, on what machine, by which command.
``scripts/bench/performance.py`` makes the tables and plots of docs/performance.md of them.
"""

import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "results" / "performance"
THREADS = os.cpu_count() or 1
TORCH = "torch==2.13.0"
SENTENCE_TRANSFORMERS = "sentence-transformers==6.2.0"
_FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16")
_BYTES = 1_000_000
_SAMPLE_SECONDS = 0.5  # each look walks the page tables of all it looks at


def environment(root: Path, name: str, packages: Sequence[str]) -> Path:
    """Return the python of a virtual environment that holds exactly ``packages`` and what they need.

    Made where missing.
    """
    folder = root / name
    python, pins = folder / "bin" / "python", folder / "pins.txt"
    wanted = "\n".join(packages)
    if not (pins.is_file() and pins.read_text() == wanted):
        print(f"installing {', '.join(packages)}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        pins.write_text(wanted)
    return python


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def milliseconds(times: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 of times in seconds."""
    return {f"p{percent}_ms": round(1000 * percentile(times, percent), 2) for percent in (50, 95, 99)}


def folder_mb(folder: Path) -> float:
    """Bytes that the files take, each counted once however many names it has."""
    files = {(stat.st_dev, stat.st_ino): stat.st_size for stat in _stats(folder)}
    return round(sum(files.values()) / _BYTES, 1)


def _stats(folder: Path) -> Iterator[os.stat_result]:
    return (path.stat() for path in folder.rglob("*") if path.is_file())


def tree_mb(process_id: int) -> float:
    """Return what a process and all it started hold, pages they share counted once (proportional set size).

    Pages of mapped files count while they are in memory, though the system may take them back at any time.
    """
    return _tree_sum(process_id, "Pss:")


def own_mb(process_id: int) -> float:
    """Return what they hold without mapped files: what there must be memory for."""
    return _tree_sum(process_id, "Pss_Anon:")


def _tree_sum(process_id: int, figure: str) -> float:
    return round(sum(_held(process, figure) for process in _tree(process_id)) / _BYTES, 1)


def _tree(process_id: int) -> list[int]:
    found, waiting = [], [process_id]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for path in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting.extend(map(int, path.read_text().split()))
            except OSError:  # it has ended
                continue
    return found


def _held(process_id: int, figure: str) -> int:
    """Bytes; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(figure)), 0)


@dataclass
class Peak:
    """The most a process tree held while it was watched."""

    mb: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def watch(self, process_id: int) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            self.mb = max(self.mb, tree_mb(process_id))


@contextmanager
def watched(process_id: int) -> Iterator[Peak]:
    peak = Peak()
    thread = threading.Thread(target=peak.watch, args=(process_id,), daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        peak._stop.set()
        thread.join()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return (seconds, what came out)."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def machine() -> dict[str, Any]:
    """Return what a figure depends on beside the code."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    info = {line.split(":")[0].strip(): line.split(":", 1)[1].strip() for line in lines if ":" in line}
    flags = set(info.get("flags", "").split())
    return {
        "cpu": info.get("model name", platform.processor()),
        "features": [feature for feature in _FEATURES if feature in flags],
        "cores": THREADS,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("onnxruntime", "faiss-cpu", "tantivy", "kiwipiepy")},
    }


def write_record(name: str, started: float, content: Mapping[str, Any], target: Path | None = None) -> Path:
    """Write the record.

    ``started`` is the load average when it began, which tells of a machine that did something else.
    """
    command = [
        Path(argument).name if argument.startswith("/") else argument for argument in sys.orig_argv[1:]
    ]  # no folder of this machine's
    record = {
        "command": " ".join(["python", *command]),
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "machine": machine(),
        "load_average": [round(started, 1), round(os.getloadavg()[0], 1)],
        **content,
    }
    path = target or RESULTS / f"{name}.json"
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"wrote {path}", file=sys.stderr)
    return path


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def environments_folder() -> Path:
    """Return the folder where environments are kept unless told otherwise."""
    from platformdirs import user_cache_path

    return user_cache_path("geungeo", appauthor=False) / "bench-environments"
