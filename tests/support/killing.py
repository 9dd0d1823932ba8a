"""Processes to be killed: one that forks a child a task, killed at a failpoint without loading all anew; one that leaves all
as it is."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.articles import Article
from index.engine import Engine
from index.ingest import Ingestor, IngestReport, remove_articles
from index.store.store import Store
from index.system import failpoints
from tests.support.fakes import HashEncoder, RegexSplitter, open_index

ROOT = Path(__file__).parents[2]


def add(folder: str, *records: dict[str, Any]) -> None:
    """Ingest, and say of each article on standard output when it was acknowledged."""
    told: set[str] = set()

    def progress(report: IngestReport) -> None:
        for article_id in {*report.added, *report.replaced} - told:
            told.add(article_id)
            print("ACK", article_id, flush=True)

    Ingestor(Path(folder), HashEncoder(), RegexSplitter()).ingest(
        [Article(**record) for record in records], progress=progress, wait=5.0
    )


def remove(folder: str, *ids: str) -> None:
    remove_articles(Path(folder), ids, wait=5.0)
    print("REMOVED", flush=True)


def open_and_close(folder: str) -> None:
    open_index(Path(folder), RegexSplitter()).close()


def open_as_made(folder: str) -> None:
    """Whatever encoder and Korean analysis made the index."""
    as_made(Path(folder)).close()


def as_made(folder: Path) -> Engine:
    store = Store(folder)
    encoder, analysis = store.meta("encoder"), store.meta("analysis")
    store.close()
    return Engine.open(folder, encoder=encoder or "", analysis=analysis or "")


def left_by(code: str, *arguments: object) -> str:
    """What a new process prints that runs ``code`` and then ends as a killed one does: nothing is closed or put in order.

    A fork of the tests' own process has none of its threads but the locks that they held, and where it fails it goes on as a
    second pytest.
    """
    ending = "\nimport os, sys\nsys.stdout.flush()\nos._exit(0)"
    command = [sys.executable, "-c", code + ending, *map(str, arguments)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


class Killer:
    """Runs the functions above in a child that dies where it is told to."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def run(self, name: str, *arguments: object, failpoint: str = "") -> tuple[int, list[str]]:
        """(exit code, minus the signal where it was killed; the lines it printed)."""
        task = {"name": name, "arguments": arguments, "failpoint": failpoint}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(task).encode() + b"\n")
        self._process.stdin.flush()
        lines: list[str] = []
        while not (line := self._process.stdout.readline().decode().strip()).startswith("EXIT "):
            assert line, "the forking process itself has died"
            lines.append(line)
        return int(line[5:]), lines


@contextmanager
def killer() -> Iterator[Killer]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.killing"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Killer(process)
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


def _serve() -> None:
    for line in sys.stdin:
        task = json.loads(line)
        pid = os.fork()
        if not pid:
            _run(task)
        _, status = os.waitpid(pid, 0)
        print("EXIT", os.waitstatus_to_exitcode(status), flush=True)


def _run(task: dict[str, Any]) -> None:
    code = 1
    try:
        if task["failpoint"]:
            os.environ[failpoints.VARIABLE] = task["failpoint"]
        globals()[task["name"]](*task["arguments"])
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    import faiss  # noqa: F401  (once, in the parent)
    import tantivy  # noqa: F401

    _serve()
