"""Load on a running server: ``python -m scripts.bench.server [--url URL] [--out FILE]``.

Closed loop with 1, 4 and 16 clients first (each asks again as soon as it is answered), then an open loop at 2 and 10 times
the best of them (questions come whether or not the last was answered, as from real people), with health asked all the
while. At last silent sockets are opened and questions go on until the last of them is closed. Without ``--url`` a server
is started over the packaged articles in a folder of its own. Every question is asked once, so that no vector is
remembered. ``--out`` keeps the figures as JSON (docs/results/performance/server.json).
"""

import argparse
import asyncio
import itertools
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scripts.bench.common import ROOT
from scripts.bench.http_load import Connection

GOLD = ROOT / "eval" / "data" / "seeds.jsonl"
_READY_SECONDS = 120
_OPEN_CONNECTIONS = 256
_SILENT = 2000


@dataclass
class Load:
    """What a stretch of load came to; times in seconds."""

    name: str
    seconds: float
    answered: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    health: list[float] = field(default_factory=list)

    def figures(self, megabytes: float) -> dict[str, object]:
        """Return a row of the table; ``refused`` are 429 and 503, ``unsent`` found every connection waiting."""
        known = {200, 429, 503, -3}
        return {
            "load": self.name,
            "answered_a_second": round(len(self.answered) / self.seconds, 1),
            **{f"p{percentile}_ms": ms(self.answered, percentile) for percentile in (50, 95, 99)},
            "refused": self.statuses[503] + self.statuses[429],
            "unsent": self.statuses[-3],
            "anything_else": sum(count for status, count in self.statuses.items() if status not in known),
            "health_asked": len(self.health),
            "slowest_health_ms": ms(self.health, 100),
            "resident_mb": round(megabytes),
        }


def ms(times: list[float], percentile: int) -> int:
    """Return that percentile in milliseconds, -1 where there is nothing."""
    if not times:
        return -1
    return round(sorted(times)[min(len(times) - 1, len(times) * percentile // 100)] * 1000)


def table(rows: list[dict[str, object]]) -> str:
    lines = [" | ".join(rows[0]), " | ".join("---" for _ in rows[0])]
    lines += [" | ".join(str(value) for value in row.values()) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def questions() -> Iterator[bytes]:
    """Yield the gold questions again and again, each time with another number behind them."""
    gold = [json.loads(line)["question"] for line in GOLD.read_text("utf-8").splitlines()]
    for turn in itertools.count():
        for text in gold:
            yield json.dumps({"question": f"{text} ({turn})"}).encode()


async def ask(connection: Connection, body: bytes, load: Load, since: float) -> None:
    status, _ = await connection.send("POST", "/v1/query", body)
    load.statuses[status] += 1
    if status == 200:
        load.answered.append(time.perf_counter() - since)


async def watch_health(address: tuple[str, int], load: Load) -> None:
    connection = Connection(*address)
    while True:
        start = time.perf_counter()
        if (await connection.send("GET", "/healthz"))[0] != 200:
            load.statuses[-2] += 1
        load.health.append(time.perf_counter() - start)
        await asyncio.sleep(0.1)


async def closed_loop(address: tuple[str, int], clients: int, seconds: float, bodies: Iterator[bytes]) -> Load:
    load = Load(f"closed, {clients}", seconds)
    until = time.perf_counter() + seconds

    async def client() -> None:
        connection = Connection(*address)
        while time.perf_counter() < until:
            await ask(connection, next(bodies), load, time.perf_counter())
        connection.close()

    await _watched(address, load, [client() for _ in range(clients)])
    return load


async def open_loop(address: tuple[str, int], rate: float, seconds: float, bodies: Iterator[bytes], name: str) -> Load:
    """Count times from when a question was due, so that a queue on our side shows too."""
    load = Load(name, seconds)
    free = [Connection(*address) for _ in range(_OPEN_CONNECTIONS)]

    async def one(due: float) -> None:
        if not free:
            load.statuses[-3] += 1  # every connection is waiting: the question is not even sent
            return
        connection = free.pop()
        await ask(connection, next(bodies), load, due)
        free.append(connection)

    async def source() -> None:
        start = time.perf_counter()
        tasks = []
        for number in range(int(rate * seconds)):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(one(due)))
        await asyncio.gather(*tasks)

    await _watched(address, load, [source()])
    for connection in free:
        connection.close()
    return load


async def _watched(address: tuple[str, int], load: Load, work: Sequence[Awaitable[None]]) -> None:
    health = asyncio.create_task(watch_health(address, load))
    await asyncio.gather(*work)
    health.cancel()


def resident(process_id: int | None) -> float:
    """MB of the server, 0 where it is not ours."""
    if process_id is None:
        return 0.0
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{process_id}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


@contextmanager
def server(url: str | None) -> Iterator[tuple[str, int | None]]:
    """Yield (address, process id) of the one at ``url``, or of one of our own."""
    if url is not None:
        yield url, None
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "rag.cli",
            "serve",
            "--port",
            "0",
            "--rate",
            "100000",
            "--data",
            f"{folder}/data",
        ]
        log = Path(folder) / "log"  # a pipe that nobody reads would fill up and stop the server
        with log.open("wb") as out:
            process = subprocess.Popen(command, stderr=out, cwd=ROOT)
        try:
            yield _address(log), process.pid
        finally:
            process.terminate()
            process.wait(30)


def _address(log: Path) -> str:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        for line in log.read_text("utf-8").splitlines():
            if line.startswith("geungeo: http"):
                return line.split()[1]
        time.sleep(0.05)
    raise SystemExit("the server did not start")


async def silent_sockets(address: tuple[str, int], bodies: Iterator[bytes], count: int = _SILENT) -> dict[str, object]:
    """Open all at once; one client asks until the last of them is closed, for a minute at most."""
    start = time.perf_counter()
    sockets = [socket.create_connection(address, timeout=30) for _ in range(count)]
    opened = time.perf_counter()
    waiting = set(sockets)
    for socket_ in sockets:
        socket_.setblocking(False)
    load, connection = Load("silent", 1.0), Connection(*address)
    while waiting and time.perf_counter() - opened < 60:
        await ask(connection, next(bodies), load, time.perf_counter())
        waiting = {held for held in waiting if not _is_closed(held)}
    seconds = time.perf_counter() - opened
    for socket_ in sockets:
        socket_.close()
    connection.close()
    return {
        "sockets": count, "opened_in_s": round(opened - start, 1), "all_closed_after_s": round(seconds, 1),
        "left": len(waiting), "asked": sum(load.statuses.values()), "answered": len(load.answered),
        "slowest_answer_ms": ms(load.answered, 100),
    }  # fmt: skip


def _is_closed(one: socket.socket) -> bool:
    try:
        return one.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


async def run(url: str, process_id: int | None, seconds: float, silent: int) -> dict[str, Any]:
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or 80)
    connection = Connection(*address)
    until = time.monotonic() + _READY_SECONDS
    while (await connection.send("GET", "/readyz"))[0] != 200:
        if time.monotonic() > until:
            raise SystemExit("the server is not ready")
        await asyncio.sleep(0.2)
    bodies, rows, best = questions(), [], 0.0
    for clients in (1, 4, 16):
        load = await closed_loop(address, clients, seconds, bodies)
        best = max(best, len(load.answered) / seconds)
        rows.append(load.figures(resident(process_id)))
    goodput = {}
    for times in (2, 10):
        load = await open_loop(address, times * best, seconds, bodies, f"open, {times} x {best:.0f}/s")
        goodput[f"{times} x"] = round(len(load.answered) / load.seconds / best, 2)
        rows.append(load.figures(resident(process_id)))
    told = await silent_sockets(address, bodies, silent)
    return {"loads": rows, "answered_of_the_most": goodput, "silent_sockets": told}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load")
    parser.add_argument("--silent", type=int, default=_SILENT, help="sockets that send nothing")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    with server(arguments.url) as (url, process_id):
        figures = asyncio.run(run(url, process_id, arguments.seconds, arguments.silent))
    machine = {
        "processors": os.cpu_count(), "python": platform.python_version(), "load_average_before": round(before, 1),
        "load_average_after": round(os.getloadavg()[0], 1), "seconds_each": arguments.seconds,
    }  # fmt: skip
    print(table(figures["loads"]))
    print(json.dumps({name: figures[name] for name in ("answered_of_the_most", "silent_sockets")} | machine, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps({"machine": machine} | figures, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
