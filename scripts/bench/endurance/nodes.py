"""Nodes over one PostgreSQL: are their answers those of an embedded store, when is a write seen, what is lost by kills.

``python -m scripts.bench.endurance.nodes [--kills 500] [--only equal seen kills catching_up first] [--out nodes.json]``

A PostgreSQL is started for it on 127.0.0.1, as an unprivileged user, with a synchronous standby for the kills. Answers
are compared with the packaged encoder and Kiwi over ``--like``, a data folder of one's own (without it, over the packaged
articles) on the questions of ``--questions``. For the rest nodes are processes of the service with an encoder that is there
at once: an outside oracle, which knows what was acknowledged and nothing else, writes to them and asks them while nodes,
primary and standby are killed (-9).
"""

import argparse
import asyncio
import itertools
import json
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from index.postgres.address import read_address
from index.truth.attachment import attach
from index.truth.moving import move_to_shared
from index.truth.writing import catch_up
from scripts.bench.http_load import closed_loop
from scripts.bench.scale import serving
from tests.support.postgres import Server, why_not

ROOT = Path(__file__).resolve().parents[3]
DURABLE = ("wal_keep_size=256MB",)
STANDBY = "standby"
_SECONDS = 120.0
_PAUSE = 0.01
_CLIENTS = 4
_TURNS = 3
_GONE = "gone"
KINDS = ("node", "node", "node", "primary", "standby")


class Cluster:
    """A primary and, where wanted, a synchronous standby of it, which change places when the primary is killed."""

    def __init__(self, *, with_standby: bool) -> None:
        self.primary = Server(DURABLE).start()
        self.standby: Server | None = None
        self.ports = [self.primary.port]
        if with_standby:
            self.add_standby()

    def add_standby(self) -> None:
        """Copy the primary, and let it wait for the copy from now on."""
        self.standby = Server((*DURABLE, f"cluster_name={STANDBY}"), clone_of=self.primary).start()
        self.ports = [self.primary.port, self.standby.port]
        self._wait_for_standby("*")

    def _wait_for_standby(self, names: str) -> None:
        import psycopg

        with psycopg.connect(self.primary.uri(), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
            connection.execute("SELECT pg_reload_conf()")

    @property
    def address(self) -> str:
        """Both hosts, as nodes are told."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        return f"postgresql://geungeo@{hosts}/postgres"

    def kill_primary(self) -> None:
        """Kill it; the standby takes its place where there is one, else it starts again."""
        self.primary.kill()
        if self.standby is None:
            self.primary.start()
            return
        lost, self.primary = self.primary, self.standby
        self.primary.run("pg_ctl", "promote", "-D", self.primary.data, "-w")
        self._wait_for_standby("")  # it stands alone until there is another
        lost.remove()
        self.add_standby()

    def kill_standby(self) -> None:
        """Kill it and start it again; the primary waits for it meanwhile, and nothing is acknowledged."""
        assert self.standby is not None
        self.standby.kill()
        self.standby.start()

    def remove(self) -> None:
        for one in (self.primary, self.standby):
            if one is not None:
                one.remove()


class Node:
    """A process of the service."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)
        self.start(address)

    def start(self, address: str) -> None:
        command = [
            sys.executable,
            "-m",
            "scripts.bench.endurance.light_node",
            str(self.folder),
            address,
            str(self.port),
        ]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log, stdout=log)

    def is_ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def wait(self) -> None:
        _until(self.is_ready, f"{self.folder.name} is ready")

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def text_of(self, name: str) -> str | None:
        """Return the text of an article as this node has it. Raises httpx.HTTPError where it does not say."""
        answer = self.client.get(f"/v1/articles/{name}")
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return str(answer.json()["text"])

    def has(self, name: str) -> bool:
        """Return whether it has the article."""
        return self.text_of(name) is not None

    def catch_up(self) -> bool:
        """Return whether it promises that what was acknowledged before is seen now."""
        asked = {"question": "글", "own_writes": True, "top_k": 1}
        with suppress(httpx.TransportError):
            return self.client.post("/v1/search", json=asked).status_code == 200
        return False


@dataclass
class Oracle:
    """What was acknowledged of each article, and what was sent since without an answer: either may be so."""

    acknowledged: dict[str, str | None] = field(default_factory=dict)
    unsure: dict[str, set[str | None]] = field(default_factory=dict)
    writes: int = 0
    lost: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    ghosts: list[str] = field(default_factory=list)
    checks: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, node: Node, name: str, text: str | None) -> None:
        """Send one write and note what came of it."""
        with self.lock:
            self.unsure.setdefault(name, set()).add(text)
        try:
            if text is None:
                answer = node.client.delete(f"/v1/articles/{name}")
            else:
                answer = node.client.put(f"/v1/articles/{name}", json={"title": name, "text": text})
        except httpx.TransportError:
            return
        if answer.status_code in (200, 201, 204) or (text is None and answer.status_code in (202, 404)):
            with self.lock:
                self.acknowledged[name] = text
                self.unsure[name] = set()
                self.writes += 1

    def check(self, node: Node, names: list[str], into: Callable[[str, str | None], None]) -> None:
        """Compare what the node has, once it has promised to have all, with what may be so."""
        with self.lock:
            before = {name: {self.acknowledged.get(name), *self.unsure.get(name, ())} for name in names}
        if not node.catch_up():
            return
        for name in names:
            with suppress(httpx.HTTPError):
                found = node.text_of(name)
                with self.lock:  # written meanwhile: that may be so too
                    allowed = before[name] | {self.acknowledged.get(name), *self.unsure.get(name, ())}
                self.checks += 1
                if found not in allowed:
                    into(name, found)

    def has_more_than(self, writes: int) -> bool:
        """Return whether more than so many were acknowledged."""
        return self.writes > writes

    def note_wrong(self, name: str, found: str | None) -> None:
        (self.ghosts if self.acknowledged.get(name) is None else self.lost if found is None else self.stale).append(
            name
        )


class Load:
    """One client that writes all the while, to one node after another."""

    def __init__(self, nodes: list[Node], oracle: Oracle, seed: int) -> None:
        self._nodes, self._oracle, self._random = nodes, oracle, random.Random(seed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        number = 0
        while not self._ended.wait(_PAUSE):
            number += 1
            name = f"a{self._random.randrange(60)}"
            text = None if self._random.random() < 0.2 else f"{name}의 글 {number}번째다. 길이는 {number}m다."
            self._oracle.write(self._random.choice(self._nodes), name, text)

    def end(self) -> None:
        self._ended.set()
        self._thread.join()


def kills(work: Path, count: int, seed: int, *, with_standby: bool) -> dict[str, Any]:
    """Kill again and again under load, look after each kill, and at everything in the end."""
    chance = random.Random(seed)
    cluster = Cluster(with_standby=with_standby)
    oracle, back, killed = Oracle(), dict[str, list[float]](), dict[str, int]()
    with ExitStack() as undo:
        undo.callback(cluster.remove)
        nodes = _nodes(work, cluster.address, 3, undo)
        load = Load(nodes, oracle, seed)
        undo.callback(load.end)
        for _ in range(count):
            time.sleep(chance.uniform(0.05, 0.5))
            kind = chance.choice(KINDS if with_standby else KINDS[:-1])
            began = time.monotonic()
            _kill(kind, cluster, nodes, chance)
            _until(partial(oracle.has_more_than, oracle.writes), "something is acknowledged again")
            back.setdefault(kind, []).append(time.monotonic() - began)
            killed[kind] = killed.get(kind, 0) + 1
            oracle.check(
                chance.choice(nodes),
                chance.sample(sorted(oracle.acknowledged), min(5, len(oracle.acknowledged))),
                oracle.note_wrong,
            )
        load.end()
        for node in nodes:
            node.wait()
            _until(node.catch_up, "the node has everything")
            oracle.check(node, sorted(oracle.acknowledged), oracle.note_wrong)
        same = len({_state(node.folder) for node in nodes}) == 1
    return {
        "kills": killed, "acknowledged": oracle.writes, "checks": oracle.checks, "lost": oracle.lost, "stale": oracle.stale,
        "ghosts": oracle.ghosts, "nodes_end_alike": same,
        "seconds_until_acknowledged_again": {kind: _spread(values) for kind, values in back.items()},
    }  # fmt: skip


def _kill(kind: str, cluster: Cluster, nodes: list[Node], chance: random.Random) -> None:
    if kind == "node":
        node = chance.choice(nodes)
        node.kill()
        node.start(cluster.address)
    elif kind == "primary":
        cluster.kill_primary()
        for node in nodes:  # told of the new standby as an operator would: by the address they are started with
            node.kill()
            node.start(cluster.address)
    else:
        cluster.kill_standby()


def seen(work: Path, writes: int) -> dict[str, Any]:
    """Time from a write's acknowledgement by one node until each other has it, without asking for one's own writes."""
    cluster = Cluster(with_standby=False)
    with ExitStack() as undo:
        undo.callback(cluster.remove)
        nodes = _nodes(work, cluster.address, 3, undo)
        waited = []
        for number in range(writes):
            writer, *others = nodes[number % 3 :] + nodes[: number % 3]
            writer.client.put(
                f"/v1/articles/n{number}", json={"title": "글", "text": f"{number}번째 글이다."}
            ).raise_for_status()
            began = time.monotonic()
            for node in others:
                _until(partial(node.has, f"n{number}"), "the write is seen", 0.005)
                waited.append(time.monotonic() - began)
    return {"writes": writes, "seconds_until_seen": _spread(waited)}


def catching_up(work: Path, articles: int) -> dict[str, Any]:
    """Time a node that was away for so many articles, one write each, until it has them."""
    cluster = Cluster(with_standby=False)
    with ExitStack() as undo:
        undo.callback(cluster.remove)
        (node,) = _nodes(work, cluster.address, 1, undo)
        away = work / "away"
        attach(away, cluster.address)
        catch_up(away)
        for number in range(articles):
            node.client.put(
                f"/v1/articles/n{number}", json={"title": "글", "text": f"{number}번째 글이다. " * 20}
            ).raise_for_status()
        began = time.monotonic()
        catch_up(away)
        return {"articles": articles, "seconds": round(time.monotonic() - began, 3)}


def first(work: Path, like: Path, questions: Path, seconds: float) -> dict[str, Any]:
    """Time an empty node until it could answer from all that a folder holds, and the moving of it there.

    Then the folder and the node are asked in turns, for ``seconds`` each time, by clients that ask again when answered.
    """
    cluster = Cluster(with_standby=False)
    with ExitStack() as undo:
        undo.callback(cluster.remove)
        began = time.monotonic()
        articles, passages = move_to_shared(like, read_address(cluster.address))
        moved = time.monotonic()
        attach(work / "first", cluster.address)
        catch_up(work / "first")
        ended = time.monotonic()
        size = sum(path.stat().st_size for path in (work / "first").rglob("*") if path.is_file())
        own = sum(path.stat().st_size for path in like.rglob("*") if path.is_file())
        asked = _answers_a_second({"embedded": like, "node": work / "first"}, questions, seconds)
    return {
        "articles": articles, "passages": passages, "seconds_to_move": round(moved - began, 2),
        "seconds_to_derive": round(ended - moved, 2), "node_bytes": size, "embedded_bytes": own,
        "answers_per_s": asked,
    }  # fmt: skip


def _answers_a_second(folders: dict[str, Path], questions: Path, seconds: float) -> dict[str, list[float]]:
    """Return what a server over each folder answers to four clients, asked in turns: the machine is the same to all."""
    asked = [json.dumps({"question": text}).encode() for text in _texts(questions)]
    rates: dict[str, list[float]] = {name: [] for name in folders}
    for name, folder in [*folders.items()] * _TURNS:
        bodies = itertools.cycle(asked)
        with serving(folder) as (address, _, _):
            asyncio.run(closed_loop(address, _CLIENTS, seconds / 4, bodies))  # to warm up
            load = asyncio.run(closed_loop(address, _CLIENTS, seconds, bodies))
            if load.refused:
                raise SystemExit(f"{load.refused} questions were not answered by the {name} one")
            rates[name].append(round(len(load.times) / load.seconds, 1))
    return rates


def _texts(questions: Path) -> list[str]:
    records = map(json.loads, questions.read_text("utf-8").splitlines())
    return [str(record.get("text") or record["question"]) for record in records]


def equal(work: Path, like: Path | None, questions: Path, most: int) -> dict[str, Any]:
    """Ask the same of the embedded store and of a node that has only seen the PostgreSQL."""
    from rag.answers import Query
    from rag.loading import build_seeds, load_tools, open_pipeline
    from rag.schemas import AnswerResponse
    from rag.settings import load_settings

    alone, node = load_settings(data=like or work / "alone"), load_settings(data=work / "node")
    tools = load_tools(alone)
    build_seeds(alone, tools, "en")
    cluster = Cluster(with_standby=False)
    with ExitStack() as undo:
        undo.callback(cluster.remove)
        move_to_shared(alone.data, read_address(cluster.address))
        attach(node.data, cluster.address)
        catch_up(node.data)
        here, there = open_pipeline(alone, tools), open_pipeline(node, tools)
        asked = _texts(questions)[:most]
        differing, answered = [], 0
        for text in asked:
            bodies = [AnswerResponse.from_answer(one.ask(Query(text))).model_dump() for one in (here, there)]
            answered += bodies[0]["answered"]
            for body in bodies:
                body.pop("timings_ms")
                body["index"].pop("generation")
            if bodies[0] != bodies[1]:
                differing.append(text)
        here.close()
        there.close()
    return {"questions": len(asked), "answered": answered, "differing": differing}


def _nodes(work: Path, address: str, count: int, undo: ExitStack) -> list[Node]:
    nodes = []
    for number in range(count):
        node = Node(work / f"node{number}", address)
        undo.callback(node.kill)
        nodes.append(node)
        node.wait()
    return nodes


def _state(folder: Path) -> str:
    from contextlib import closing

    from index.store.store import Store

    with closing(Store(folder)) as store:
        return store.state


def _until(done: Callable[[], bool], what: str, pause: float = 0.05) -> None:
    until = time.monotonic() + _SECONDS
    while not done():
        if time.monotonic() > until:
            raise SystemExit(f"waited {_SECONDS:.0f} s until {what}")
        time.sleep(pause)


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 3),
        "p95": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 3),
        "most": round(ordered[-1], 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[*_PARTS], choices=[*_PARTS])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--without-standby", action="store_true")
    parser.add_argument("--writes", type=int, default=100, help="timed until they are seen")
    parser.add_argument("--articles", type=int, default=100, help="that a node has missed")
    parser.add_argument("--like", type=Path, help="a data folder")
    parser.add_argument("--questions", type=Path, default=ROOT / "eval" / "data" / "seeds.jsonl")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="of each turn of asking at a node and an embedded store"
    )
    parser.add_argument("--most", type=int, default=300, help="questions")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if (reason := why_not()) is not None:
        raise SystemExit(reason)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing that was started is left standing
    record = dict(_measured(arguments))
    if arguments.out:
        arguments.out.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _measured(arguments: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in arguments.only:
        work = Path(tempfile.mkdtemp(prefix=f"geungeo-{name}-", dir=arguments.work))
        try:
            measured = _PARTS[name](work, arguments)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        print(f"{name}: {json.dumps(measured, ensure_ascii=False)}", flush=True)
        yield name, measured


def _like(work: Path, arguments: argparse.Namespace) -> Path:
    """Return the folder that was named, or one of the packaged articles made now."""
    if arguments.like:
        return Path(arguments.like)
    from rag.loading import build_seeds, load_tools
    from rag.settings import load_settings

    settings = load_settings(data=work / "alone")
    build_seeds(settings, load_tools(settings), "en")
    return settings.data


_PARTS: dict[str, Callable[[Path, argparse.Namespace], dict[str, Any]]] = {
    "equal": lambda work, given: equal(work, given.like, given.questions, given.most),
    "seen": lambda work, given: seen(work, given.writes),
    "kills": lambda work, given: kills(work, given.kills, given.seed, with_standby=not given.without_standby),
    "catching_up": lambda work, given: catching_up(work, given.articles),
    "first": lambda work, given: first(work, _like(work, given), given.questions, given.seconds),
}

if __name__ == "__main__":
    main()
