"""A long ingest: passages a second, memory from minute to minute, and what an interruption costs.

    python -m scripts.bench.ingest ../shared/data/scale/passages.jsonl.gz [--articles 50000] [--interrupt 300] [--data FOLDER]

``geungeo index`` takes the first so many articles of the file, is interrupted after so many seconds as Ctrl-C does it,
and begins again; at last ``geungeo doctor`` looks at all of it. --data keeps the index. Memory is the whole process tree's: *own* without mapped
files.
"""

import argparse
import gzip
import itertools
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from index.store.connection import DATABASE
from scripts.bench.common import ROOT, folder_mb, own_mb, tree_mb, write_record
from scripts.bench.start import command

_INTERRUPTED = 130
_MINUTE = 60.0


def measure(source: Path, data: Path, interrupt: float | None) -> dict[str, Any]:
    """Measure one run of ``geungeo index``, to its end or until it is interrupted."""
    started = time.monotonic()
    samples: list[tuple[int, float, float]] = []  # seconds, own megabytes, all of them
    process = subprocess.Popen(command("index", str(source), "--data", str(data)), cwd=ROOT, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        ran = time.monotonic() - started
        if interrupt is not None and ran >= interrupt:
            process.send_signal(signal.SIGINT)
            process.wait(_MINUTE)
            break
        if ran >= _MINUTE * len(samples):
            samples.append((round(ran), own_mb(process.pid), tree_mb(process.pid)))
        time.sleep(0.2)
    seconds = time.monotonic() - started
    if process.returncode not in ((0,) if interrupt is None else (0, _INTERRUPTED)):
        raise SystemExit(f"geungeo index ended with {process.returncode}")
    return {"seconds": round(seconds, 1), "memory": samples, **counts(data)}


def counts(data: Path) -> dict[str, int]:
    """Count articles and passages; none where it was interrupted before it wrote any."""
    if not (data / DATABASE).exists():
        return {"articles": 0, "passages": 0}
    output = subprocess.run(
        command("status", "--json", "--data", str(data)), check=True, cwd=ROOT, stdout=subprocess.PIPE
    )
    status = json.loads(output.stdout)
    return {name: status[name] for name in ("articles", "passages")}


def head_of(file: Path, articles: int, target: Path) -> float:
    """Write its first articles. Megabytes of their texts."""
    texts = 0
    with gzip.open(file, "rt", encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        for line in itertools.islice(lines, articles):
            texts += len(json.loads(line)["text"].encode())
            out.write(line)
    return round(texts / 1e6, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--interrupt", type=float, default=300.0, help="seconds")
    parser.add_argument("--data", type=Path, help="a new folder for the index, else one that is removed")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # begun in the background we would ignore it, and so would our child
    with tempfile.TemporaryDirectory() as work:
        source, data = Path(work, "articles.jsonl"), (arguments.data or Path(work, "data")).resolve()
        text_mb = head_of(arguments.file, arguments.articles, source)
        first = measure(source, data, arguments.interrupt)
        second = measure(source, data, None)
        doctor = subprocess.run(
            command("doctor", "--data", str(data)), check=False, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        speed = round(second["passages"] / (first["seconds"] + second["seconds"]), 1)
        found = {
            "text_mb": text_mb,
            "interrupted": first,
            "whole": second,
            "passages_per_s": speed,
            "disk_mb": folder_mb(data),
        }
        write_record(
            "ingest", load, {**found, "doctor": [doctor.returncode, doctor.stdout.splitlines()]}, arguments.out
        )
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
