"""The engine on a cluster of Milvus whose processes are killed: what becomes of questions and of what was acknowledged.

``python -m scripts.bench.endurance.milvus_cluster [--kills 9] [--passages 4000] [--out cluster.json]``

Needs, beside the extras ``milvus`` and ``test``, ``pip install milvus==2.3.5 'moto[server]' confluent-kafka`` and an etcd on
PATH (Debian: ``etcd-server``, which may also be unpacked with ``dpkg -x``). 2.3.5 is the last server on PyPI and has no sparse
vectors: collections are made without them here (``Collection(sparse=False)``, which nothing else does), and only the
half that searches for meaning is asked. Its S3 and its log are emulated, so what they would lose is not tried.

One client writes and two ask all the while, by the engine's own code, and know what was acknowledged; meanwhile one
process after another is killed (-9), left away for a while, and started again; then one hangs, and then all are killed.
Ends with 1 where something was lost, came back, was answered wrong, or was late.
"""

import argparse
import json
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from index.articles import Article
from index.doctor import examine
from index.encoders.base import EncoderInput, PassageVectors, Vectors
from index.engine import Engine
from index.errors import EngineAwayError, GeungeoError, NotFoundError
from index.ingest import Ingestor, remove_articles
from index.search.generation import open_current
from index.search.milvus import collection, publication, verifying
from index.search.milvus.address import attach, read_address
from index.search.milvus.collection import READ_SECONDS, Collection
from index.store.store import Store
from rag.freshness import NewestEngine
from scripts.bench.endurance.milvus_processes import QUERY_NODES, ROLES, URI, VERSION, Processes, alone, why_not
from tests.support.fakes import HashEncoder, RegexSplitter, hashed, open_index

if TYPE_CHECKING:
    from pymilvus import MilvusClient

DIM, DIRECTIONS, BEST = 384, 50, 10
HANGING = "proxy, which hangs"  # stopped and let go on, not killed
ALL = "all eight"
KILLED = (
    QUERY_NODES[0], "datanode", "proxy", "querycoord", QUERY_NODES[1], "rootcoord", "datacoord", HANGING, ALL,
)  # fmt: skip
_AWAY_SECONDS = 8.0  # before a process is started again; a query node stays away until the other has its part
_LATE_SECONDS = READ_SECONDS + 1.0  # the machine is busy with the cluster
_BETWEEN_SECONDS = 5.0  # of writing and asking between two kills
_STEADY = 5  # right answers in a row, and it is taken for back
_SECONDS = 180.0
_ENOUGH = {"FLAT": 1.0}  # of the ten nearest
_OF_A_GRAPH = 0.9  # which misses one now and then
_SAME = 0.9999  # the cosine of a passage and the very text that was asked for
_NAMES = 60  # of articles that are written again and again
_TOGETHER = 3  # of them, in one write
_WORDS = {True: "holds", False: "does not hold", None: "cannot be had"}
_SPLITTER = RegexSplitter()


class DrawnEncoder(HashEncoder):
    """A passage's vector is drawn by its text alone, about one of some directions: articles lie together, too."""

    def __init__(self) -> None:
        super().__init__("drawn", DIM)

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        return [
            PassageVectors(drawn(item.text)[0], hashed([item.text[start:end] for start, end in item.sentences], DIM))
            for item in inputs
        ]


ENCODER = DrawnEncoder()


def drawn(text: str) -> Vectors:
    """Return (1, DIM) float32 of unit length."""
    seed = zlib.crc32(text.encode())
    vector = np.random.default_rng(seed % DIRECTIONS).normal(size=DIM) + 0.7 * np.random.default_rng(seed).normal(
        size=DIM
    )
    unit: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)[None]
    return unit


def open_folder(folder: Path) -> Engine:
    return open_index(folder, _SPLITTER, ENCODER)


@dataclass
class Written:
    """What was acknowledged of each article, None where it was deleted, and what was sent since without success."""

    acknowledged: dict[str, str | None] = field(default_factory=dict)
    unsure: dict[str, set[str | None]] = field(default_factory=dict)
    newest: list[str] = field(default_factory=list)  # those of the last acknowledgement
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, texts: Mapping[str, str | None]) -> None:
        with self.lock:
            for name, text in texts.items():
                self.unsure.setdefault(name, set()).add(text)

    def acknowledge(self, texts: Mapping[str, str | None]) -> None:
        with self.lock:
            self.acknowledged |= texts
            self.unsure |= {name: set() for name in texts}
            self.newest = list(texts)

    def may_be(self, name: str) -> set[str | None]:
        with self.lock:
            return {self.acknowledged.get(name), *self.unsure.get(name, ())}


class Worker:
    """A thread that does one thing again and again, and can be held."""

    def __init__(self, work: Callable[[], None], pause: float) -> None:
        self._work, self._pause = work, pause
        self._ended, self._free, self._between = threading.Event(), threading.Event(), threading.Lock()
        self._free.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(self._pause):
            self._free.wait()
            with self._between:
                self._work()

    def hold(self) -> None:
        """Return once it stands still."""
        self._free.clear()
        with self._between:
            pass

    def go_on(self) -> None:
        self._free.set()

    def end(self) -> None:
        self._ended.set()
        self._free.set()
        self._thread.join()


class Writer:
    """Writes and deletes articles, a few at a time."""

    def __init__(self, folder: Path, written: Written, chance: random.Random) -> None:
        self._folder, self._written, self._random = folder, written, chance
        self._number = 0
        self.outcomes: list[tuple[float, float, str]] = []  # when it began, how long, what came of it

    def write(self) -> None:
        self._number += 1
        names = self._random.sample([f"a{number}" for number in range(_NAMES)], _TOGETHER)
        deletes = self._random.random() < 0.2
        texts = {name: None if deletes else f"{name} {self._number} 번째 글이다." for name in names}
        self._written.send(texts)
        began = time.monotonic()
        try:
            self._write(texts)
        except Exception as error:
            self.outcomes.append((began, time.monotonic() - began, _code(error)))
            return
        self.outcomes.append((began, time.monotonic() - began, "acknowledged"))
        self._written.acknowledge(texts)

    def _write(self, texts: Mapping[str, str | None]) -> None:
        articles = [Article(name, name, text) for name, text in texts.items() if text is not None]
        if articles:
            Ingestor(self._folder, ENCODER, _SPLITTER).ingest(articles, wait=30)
        else:
            remove_articles(self._folder, list(texts), wait=30)

    def is_back_since(self, moment: float) -> bool:
        """Return whether something that was written after the moment was acknowledged."""
        return any(began > moment and outcome == "acknowledged" for began, _, outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: when it was asked, how long it took, what came of it, and how many of the nearest were found."""

    began: float
    seconds: float
    outcome: str  # right, short, wrong, or the code of an error
    recall: float
    opening: float  # seconds before, until the newest generation was open
    detail: str


class Asker:
    """Asks for passages and compares what comes with the exact answer; every second time for one of the newest."""

    def __init__(self, folder: Path, written: Written, chance: random.Random, enough: float) -> None:
        """Take ``enough``, the share of the nearest that must be found for an answer to be right."""
        self._folder, self._written, self._random, self._enough = folder, written, chance, enough
        self._newest = NewestEngine(partial(open_folder, folder))
        self.asked: list[Asked] = []
        self._opening = 0.0

    def another(self) -> "Asker":
        """Return one who asks at the same time, noted together."""
        asker = Asker(self._folder, self._written, self._random, self._enough)
        asker.asked = self.asked
        return asker

    def ask(self) -> None:
        names = list(self._written.newest)
        name = self._random.choice(names) if names and self._random.random() < 0.5 else None
        began, self._opening = time.monotonic(), 0.0
        try:
            recall, outcome, detail = self._of_newest(name) if name else self._of_any()
        except Exception as error:
            recall, outcome, detail = 0.0, _code(error), getattr(error, "english", str(error))
        seconds = time.monotonic() - began - self._opening
        self.asked.append(Asked(began, seconds, outcome, recall, self._opening, detail))

    def _engine(self) -> Engine:
        began = time.monotonic()
        try:
            return self._newest.refresh()
        finally:
            self._opening = time.monotonic() - began

    def _of_any(self) -> tuple[float, str, str]:
        engine = self._engine()
        seqs, rows = _published(engine)
        vector = rows[self._random.randrange(len(rows))] + 0.02 * np.random.default_rng(len(self.asked)).normal(
            size=DIM
        )
        vector = (vector / np.linalg.norm(vector)).astype(np.float32)[None]
        return self._compared(engine, vector, seqs, rows)

    def _of_newest(self, name: str) -> tuple[float, str, str]:
        """Ask for an article that was acknowledged before: it must come first, as it was or as it may be since."""
        acknowledged, allowed = self._written.acknowledged[name], self._written.may_be(name)
        engine = self._engine()
        there = _text_of(engine, name)
        allowed |= self._written.may_be(name)
        if there not in allowed:
            return 0.0, "wrong", f"{name} is {there!r}, not of {allowed}"
        if there is None:
            return self._of_any()
        seqs, rows = _published(engine)
        vector = drawn(there)
        if there == acknowledged and not (rows @ vector[0] > _SAME).any():
            return 0.0, "wrong", f"{name} is acknowledged and not searched, generation {engine.manifest.generation}"
        return self._compared(engine, vector, seqs, rows)

    def _compared(
        self, engine: Engine, vector: Vectors, seqs: npt.NDArray[np.int64], rows: Vectors
    ) -> tuple[float, str, str]:
        nearness = rows @ vector[0]
        order = np.argsort(-nearness)[:BEST]
        exact = [int(seqs[place]) for place in order]
        found = [seq for seq, _ in engine.search_dense(vector, BEST)]
        missed = self._still_there(set(exact) - set(found))
        recall = 1 - len(missed) / len(exact)
        detail = f"question {len(self.asked)}: {found} without {missed}, generation {engine.manifest.generation}"
        if len(found) < BEST:
            return recall, "short", detail
        whole = recall >= self._enough and not (nearness[order[0]] > _SAME and exact[0] in missed)
        return recall, "right" if whole else "wrong", detail

    def _still_there(self, seqs: set[int]) -> set[int]:
        """Return those that no writer has replaced or deleted meanwhile: the others may be found or not."""
        with closing(Store(self._folder)) as store:
            found, _ = store.vectors_of(np.array(sorted(seqs), dtype=np.int64))
        return set(found.tolist())

    def is_back_since(self, moment: float) -> bool:
        """Return whether the last questions asked after the moment were all answered right."""
        last = [one.outcome for one in self.asked[-_STEADY:] if one.began > moment]
        return len(last) == _STEADY and set(last) == {"right"}


def _published(engine: Engine) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Return the passages of the generation: of a write that failed the store may hold more, which are not searched yet."""
    seqs, rows = engine._store.vectors()
    inside = seqs <= engine.manifest.shards[-1].high
    return seqs[inside], rows[inside]


def _code(error: Exception) -> str:
    return error.code if isinstance(error, GeungeoError) else type(error).__name__


def _text_of(engine: Engine, name: str) -> str | None:
    try:
        return engine.article(name).text
    except NotFoundError:
        return None


class Trial:
    """A data folder on the cluster, its two clients, and what was seen."""

    def __init__(self, folder: Path, processes: Processes, seed: int) -> None:
        self.folder, self.processes = folder, processes
        self.written = Written()
        self._random = random.Random(seed)
        self.wrong: list[str] = []
        self.writer: Writer
        self.asker: Asker

    def fill(self, passages: int) -> dict[str, Any]:
        began = time.monotonic()
        articles = [Article(f"b{number}", f"b{number}", f"{number}번 글은 그대로 있다.") for number in range(passages)]
        Ingestor(self.folder, ENCODER, _SPLITTER).ingest(articles)
        filled = time.monotonic()
        self._client().flush(self._name(), timeout=_SECONDS)
        until(lambda: len(self.placement()) == len(QUERY_NODES), "both query nodes have segments")
        return {
            "passages": passages,
            "seconds_to_fill": round(filled - began, 1),
            "seconds_until_on_both": round(time.monotonic() - filled, 1),
            "placement": self.placement(),
        }

    def compare(self, questions: int, enough: float) -> dict[str, Any]:
        """Ask while nothing is wrong."""
        self.writer = Writer(self.folder, self.written, self._random)
        self.asker = Asker(self.folder, self.written, self._random, enough)
        for _ in range(questions):
            self.asker.ask()
        return self._answers(self.asker.asked)

    def kill(self, what: str, workers: Sequence[Worker]) -> dict[str, Any]:
        """Kill it under load, start it again, wait until all is right, and look at everything."""
        time.sleep(_BETWEEN_SECONDS)
        asked, wrote, killed = len(self.asker.asked), len(self.writer.outcomes), time.monotonic()
        self._take_away(what)
        record: dict[str, Any] = {"killed": what}
        if what in QUERY_NODES:
            until(lambda: self.asker.is_back_since(killed), f"it answers without {what}")
            record["seconds_without_it"] = self._last_failure(asked, killed)
            until(lambda: len(self.placement()) == 1, f"all is on the query node that is left of {what}")
            record["placement_without_it"] = self.placement()
        else:
            time.sleep(_AWAY_SECONDS)
        started = time.monotonic()
        self._give_back(what)
        record["seconds_until_ready"] = round(time.monotonic() - started, 1)
        until(lambda: self.asker.is_back_since(started), f"it answers after {what}")
        until(lambda: self.writer.is_back_since(started), f"something is acknowledged after {what}")
        until(lambda: len(self.placement()) == len(QUERY_NODES), "both query nodes have segments")
        for worker in workers:
            worker.hold()
        record["seconds_until_right_again"] = self._last_failure(asked, killed)
        record |= self._found(asked, wrote)
        for worker in workers:
            worker.go_on()
        return record

    def _take_away(self, what: str) -> None:
        if what == HANGING:
            self.processes.hold("proxy")
        for role in () if what == HANGING else _roles(what):
            self.processes.kill(role)

    def _give_back(self, what: str) -> None:
        if what == HANGING:
            self.processes.release("proxy")
        for role in () if what == HANGING else _roles(what):
            self.processes.start(role)
        for role in _roles(what):
            self.processes.wait(role)

    def _found(self, asked: int, wrote: int) -> dict[str, Any]:
        """Return what came of questions and writes since, and what can be found now."""
        outcomes = self.writer.outcomes[wrote:]
        return {
            "questions": self._answers(self.asker.asked[asked:]),
            "writes": dict(Counter(outcome for *_, outcome in outcomes)),
            "slowest_write": round(max((seconds for _, seconds, _ in outcomes), default=0.0), 1),
            "placement": self.placement(),
            "amiss": self._look_at_everything(),
            "ended_by_themselves": self._revive(),
        }

    def _last_failure(self, asked: int, killed: float) -> float:
        """Return when, after the kill, the last question ended that was not answered right."""
        failed = [
            one.began + one.opening + one.seconds - killed for one in self.asker.asked[asked:] if one.outcome != "right"
        ]
        return round(max(failed, default=0.0), 1)

    def _revive(self) -> list[str]:
        """Start again what did not outlive the other, as whoever runs a cluster does."""
        ended = self.processes.ended()
        for role in ended:
            self.processes.start(role)
            self.processes.wait(role)
        return ended

    def _answers(self, asked: Sequence[Asked]) -> dict[str, Any]:
        answered = [one for one in asked if one.outcome == "right"]
        amiss = [
            one for one in asked if one.outcome not in ("right", EngineAwayError.code) or one.seconds > _LATE_SECONDS
        ]
        self.wrong += [f"{one.outcome} after {one.seconds:.1f} s: {one.detail}" for one in amiss]
        times = sorted(one.seconds for one in answered)
        return {
            **Counter(one.outcome for one in asked),
            "recall": round(statistics.fmean(one.recall for one in answered), 4) if answered else None,
            "median_ms": round(1000 * statistics.median(times)) if times else None,
            "slowest_answer": round(max(times, default=0.0), 2),
            "slowest_refusal": round(max((one.seconds for one in asked if one.outcome != "right"), default=0.0), 2),
            "slowest_opening": round(max((one.opening for one in asked), default=0.0), 2),
            "late": sum(one.seconds > _LATE_SECONDS for one in asked),
        }

    def _look_at_everything(self) -> list[str]:
        """Compare the truth with what was acknowledged, every row there with the truth (Strong), and ask for each article."""
        with closing(open_folder(self.folder)) as engine:
            amiss = [
                name for name in self.written.acknowledged if _text_of(engine, name) not in self.written.may_be(name)
            ]
            if engine.manifest.store_state != engine.state:
                amiss.append(f"engine of another state: {engine.manifest.store_state}")
            for name in self.written.acknowledged:
                if (text := _text_of(engine, name)) is not None:
                    ((seq, _), *_rest) = engine.search_dense(drawn(text), BEST)
                    if engine.passages([seq])[seq].article_id != name:
                        amiss.append(f"{name} is not found")
        amiss += [error.english for error in examine(self.folder)]
        self.wrong += amiss
        return amiss

    def placement(self) -> dict[str, dict[str, int]]:
        """Return of each query node how many sealed segments it has, and their rows."""
        found: dict[str, dict[str, int]] = {}
        for segment in self._client().list_loaded_segments(self._name(), timeout=READ_SECONDS):
            for node in segment.node_ids:
                one = found.setdefault(str(node), {"segments": 0, "rows": 0})
                one["segments"] += 1
                one["rows"] += segment.num_rows
        return found

    def _client(self) -> "MilvusClient":
        return collection.connect(read_address(f"milvus://{URI}"))

    def _name(self) -> str:
        generation = open_current(self.folder)
        assert generation is not None
        return generation.manifest.lexical.split(" ")[2]


def _roles(what: str) -> Sequence[str]:
    return {ALL: ROLES, HANGING: ("proxy",)}.get(what, (what,))


def until(done: Callable[[], bool], what: str) -> None:
    """Wait; what cannot be said meanwhile is not so."""
    end = time.monotonic() + _SECONDS
    while True:
        try:
            if done():
                return
        except Exception as error:
            what = f"{what.partition(' (')[0]} ({type(error).__name__})"
        if time.monotonic() > end:
            raise SystemExit(f"waited {_SECONDS:.0f} s until {what}")
        time.sleep(0.2)


def measure(work: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the record."""
    with ExitStack() as undo:
        began = time.monotonic()
        processes = Processes(work / "milvus", arguments.programs or work / "programs")
        undo.callback(processes.stop)
        processes.start_all()
        record: dict[str, Any] = {
            "milvus": VERSION,
            "index": arguments.index,
            "seconds_to_start": round(time.monotonic() - began, 1),
        }
        note("started", record)
        record["verified"] = note("verified", verified(arguments.passages // 2))
        dense_half = partial(Collection, sparse=False)
        undo.enter_context(patch.object(publication, "Collection", dense_half))
        undo.enter_context(patch.object(collection, "Collection", dense_half))
        folder = work / "folder"
        attach(folder, f"milvus://{URI}/trial?index={arguments.index}")
        trial = Trial(folder, processes, arguments.seed)
        record["filled"] = note("filled", trial.fill(arguments.passages))
        record["at_rest"] = note(
            "at rest", trial.compare(arguments.questions, _ENOUGH.get(arguments.index, _OF_A_GRAPH))
        )
        asking = [trial.asker.ask, trial.asker.another().ask]
        workers = [Worker(trial.writer.write, 0.2), *(Worker(ask, 0.2) for ask in asking)]
        for worker in workers:
            undo.callback(worker.end)
        record["kills"] = []
        for number in range(arguments.kills):
            role = KILLED[number % len(KILLED)]
            record["kills"].append(note(role, trial.kill(role, workers)))
        record["writes_acknowledged"] = sum(outcome == "acknowledged" for *_, outcome in trial.writer.outcomes)
        failed = [name for name, said in record["verified"].items() if said.startswith(_WORDS[False])]
        record["wrong"] = [*failed, *trial.wrong]
        return record


def verified(passages: int) -> dict[str, str]:
    """Return what ``geungeo engine verify`` says of it, by check."""
    return {
        check.name: f"{_WORDS[check.holds]}: {check.detail}"
        for check in verifying.verify(read_address(f"milvus://{URI}"), passages)
    }


def note(what: str, found: dict[str, Any]) -> dict[str, Any]:
    print(f"{what}: {json.dumps(found, ensure_ascii=False)}", flush=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=len(KILLED), help=f"one after another: {'; '.join(KILLED)}")
    parser.add_argument("--passages", type=int, default=4_000)
    parser.add_argument("--index", default="FLAT", help="AUTOINDEX misses some by itself, all the time")
    parser.add_argument("--questions", type=int, default=100, help="asked before anything is killed")
    parser.add_argument("--programs", type=Path, help="a folder where the server stays unpacked, for another time")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--keep", action="store_true", help="what the processes wrote")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if (reason := why_not()) is not None:
        raise SystemExit(reason)
    alone()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing that was started is left standing
    work = Path(tempfile.mkdtemp(prefix="geungeo-milvus-", dir=arguments.work))
    try:
        record = measure(work, arguments)
    finally:
        if not arguments.keep:
            shutil.rmtree(work, ignore_errors=True)
    print(json.dumps(record, ensure_ascii=False))
    if arguments.out:
        arguments.out.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return int(bool(record["wrong"]))


if __name__ == "__main__":
    sys.exit(main())
