"""How long people wait for the first thing they see: ``--help``, an answer, a server that is ready.

    python -m scripts.bench.start [--data DATA_FOLDER] [--rounds 7]

Each is a process of its own, from the command until its last line (help, answer) or until /readyz says 200 (server).
Without --data the packaged articles are indexed first. ``import_ms``: what ``python -X importtime`` counts.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from scripts.bench.common import ROOT, timed, write_record
from scripts.bench.scale import serving

QUESTION = "KT는 2027년까지 AI에 얼마를 투자하나?"
BARS = {"help_s": 0.3, "ask_s": 2.0, "ready_s": 4.0}


def command(*arguments: str) -> list[str]:
    """Return the command that runs ``geungeo`` as its console script starts it."""
    return [sys.executable, "-c", "import sys; from rag.cli import main; sys.exit(main())", *arguments]


def run(*arguments: str) -> None:
    subprocess.run(command(*arguments), check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ready(folder: Path) -> float:
    with serving(folder) as (_, _, seconds):
        return seconds


def import_ms(*arguments: str) -> list[tuple[str, float]]:
    """Return the ten modules of one command that cost most by themselves."""
    process = subprocess.run(
        [sys.executable, "-X", "importtime", *command(*arguments)[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [
        line.removeprefix("import time:").split("|")
        for line in process.stderr.splitlines()
        if line.startswith("import")
    ]
    found = [(name.strip(), int(own) / 1000) for own, _, name in rows[1:]]
    return sorted(found, key=lambda pair: -pair[1])[:10]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, help="instead of docs/results/performance")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.data or Path(scratch)
        if arguments.data is None:
            run("index", "--data", str(folder), str(ROOT / "seeds"))
        works: dict[str, Callable[[], float]] = {
            "help_s": lambda: timed(lambda: run("--help"))[0],
            "ask_s": lambda: timed(lambda: run("ask", "--data", str(folder), QUESTION))[0],
            "ready_s": lambda: ready(folder),
        }
        times: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(arguments.rounds):
            for name, work in works.items():
                times[name].append(round(work(), 3))
        imports = import_ms("--help")
    medians = {name: round(statistics.median(values), 2) for name, values in times.items()}
    content = {"medians": medians, "bars": BARS, "all": times, "help_imports_ms": imports}
    write_record("start", before, content, arguments.out)
    print(json.dumps(content, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
