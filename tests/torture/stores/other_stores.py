"""The random kills of F3 on two other embedded stores, and on ours in the same harness: one writer, pipe for acknowledgements.

Each other store has a virtual environment of its own, made here from the package index, and is used as its
documentation says for what must last.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np

from index.articles import Article
from tests.support.fakes import hashed
from tests.torture import texts
from tests.torture.ledger import Found, Ledger
from tests.torture.records import ROOT, Budget, Row, p95_ms
from tests.torture.stores.other_child import DIM

_PACKAGES = {"geungeo": "", "chromadb": "chromadb==1.5.9", "lancedb": "lancedb==0.40.0"}
_KILLS = 200
_ARTICLES = 60
_MOST_SECONDS = 2.0
_ASKED = 8  # articles looked for by their own vector after each restart
_NEAREST = 10


def run(budget: Budget) -> Iterator[Row]:
    for name in _PACKAGES:
        yield _row(budget, name)


def _row(budget: Budget, name: str) -> Row:
    row = Row(
        "F3", f"{name}: SIGKILL at a random moment (0–{_MOST_SECONDS:g} s) of one writer", counted=name == "geungeo"
    )
    python = sys.executable if name == "geungeo" else _python_of(budget.work, name, row)
    if python is None:
        return row
    run_of = _Run(python, name, budget.work / f"data-{name}", random.Random(budget.seed))
    kills, budget = budget.of(_KILLS, 3), budget.begun()
    try:
        while run_of.lives < kills and not (run_of.lives and budget.is_over()):
            run_of.live()
        run_of.look()
    except _DoesNotStartError as error:
        run_of.found.torn += 1
        run_of.found.complain(f"does not start again: {error}")
    row.kill_points, row.acknowledged = run_of.lives, run_of.ledger.acknowledged
    row.lost, row.torn, row.wrong_answers = run_of.found.lost, run_of.found.torn, run_of.found.wrong
    row.recovery_p95_ms, row.complaints = p95_ms(run_of.ready), run_of.found.complaints
    row.what = f"{run_of.version}: " + row.what.partition(": ")[2]
    row.note = f"{run_of.settings}; recovery counts from the start of Python, its imports included"
    return row


def _python_of(work: Path, name: str, row: Row) -> str | None:
    """Of an environment that holds that store alone; ``row`` says why where it cannot be made."""
    folder = work / f"venv-{name}"
    python = folder / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
        subprocess.run([python, "-m", "pip", "install", "-q", _PACKAGES[name]], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        row.skipped = f"{_PACKAGES[name]} cannot be installed here: {error.stderr.decode()[-200:].strip()}"
        return None
    return str(python)


class _DoesNotStartError(Exception):
    """The store cannot be opened any more."""


@dataclass
class _Run:
    """One store over all its lives."""

    python: str
    name: str
    folder: Path
    draw: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    found: Found = field(default_factory=Found)
    ready: list[float] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    lives: int = 0
    version: str = ""
    settings: str = ""

    def __post_init__(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def live(self) -> None:
        """Start, look at everything, write until killed."""
        process = self._start()
        self._look_at(process)
        timer = Timer(self.draw.uniform(0, _MOST_SECONDS), process.process.kill)
        timer.start()
        try:
            while True:
                self._write(process)
        except (OSError, EOFError):
            pass
        timer.join()
        code = process.process.wait()
        said = process.end()
        if code != -signal.SIGKILL:
            self.found.complain(f"ended by itself with {code}: {said}")
        self.lives += 1

    def look(self) -> None:
        """After the last kill."""
        process = self._start()
        self._look_at(process)
        process.end()

    def _start(self) -> "_Process":
        started = time.perf_counter()
        process = _Process(self.python, self.name, self.folder)
        try:
            said = process.read()
        except EOFError:
            raise _DoesNotStartError(process.end()) from None
        self.ready.append(time.perf_counter() - started)
        self.version, self.settings = said["version"], said["settings"]
        return process

    def _look_at(self, process: "_Process") -> None:
        try:
            everything = process.do("everything")
            held = [
                Article(article_id, text.partition("\n")[0], text.partition("\n")[2], source="고문신문")
                for article_id, text in everything
            ]
            self.found.add(self.ledger.judge_all(held))
            for article in self.draw.sample(held, min(_ASKED, len(held))):
                near = process.do("nearest", vector=vector_of(article), count=_NEAREST)
                if article.id not in near:
                    self.found.wrong += 1
                    self.found.complain(f"{article.title} is not found by its own vector: {near}")
        except (OSError, EOFError):
            raise _DoesNotStartError(process.end()) from None

    def _write(self, process: "_Process") -> None:
        held = [number for number in self.numbers if self.ledger.certain(number) is not None]
        if held and self.draw.random() < 0.18:
            self._change(process, {self.draw.choice(held): None})
        else:
            ids = [f"글-{n}" for n in self.draw.sample(range(_ARTICLES), self.draw.randrange(1, 7))]
            self.numbers |= {article_id: self.numbers.get(article_id, 0) + 1 for article_id in ids}
            self._change(process, {article_id: self.numbers[article_id] for article_id in ids})

    def _change(self, process: "_Process", states: dict[str, int | None]) -> None:
        for entry in states.items():
            self.ledger.begin(*entry)
        articles = [texts.article(state, version) for state, version in states.items() if version is not None]
        if articles:
            whole = [f"{article.title}\n{article.text}" for article in articles]
            process.do("put", ids=list(states), texts=whole, vectors=[vector_of(article) for article in articles])
        else:
            process.do("delete", ids=list(states))
        for entry in states.items():
            self.ledger.acknowledge(*entry)


def vector_of(article: Article) -> list[float]:
    """As our hash encoder gives it to the article's first passage."""
    vector: list[float] = np.round(hashed([f"{article.title}\n{article.text}"], DIM)[0], 6).tolist()
    return vector


class _Process:
    """A child that is told by JSON lines; EOFError and OSError once it is dead."""

    def __init__(self, python: str, name: str, folder: Path) -> None:
        self._errors = (folder.parent / f"{name}.log").open("w+b")
        command = [python, str(Path(__file__).with_name("other_child.py")), name, str(folder)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=environment, cwd=ROOT
        )

    def do(self, name: str, **values: object) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": name, **values}).encode() + b"\n")
        self.process.stdin.flush()
        return self.read()

    def read(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return json.loads(line)

    def end(self) -> str:
        """The end of what it complained of."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()[-300:]
        self._errors.close()
        return said
