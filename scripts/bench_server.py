"""Load on a running server: ``python scripts/bench_server.py [--url URL] [--seconds 10]``.

Closed loop with 1, 4 and 16 clients first (each asks again as soon as it is answered), then an open loop at 2 and 10 times
the best of them (questions come whether or not the last was answered, as from real people), with health asked all the
while. Without ``--url`` a server is started over the packaged articles in a folder of its own. Every question is asked
once, so that no vector is remembered.
"""

import argparse
import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

GOLD = Path(__file__).resolve().parent.parent / "eval" / "data" / "seeds.jsonl"
_READY_SECONDS = 120
_OPEN_CONNECTIONS = 256


@dataclass
class Load:
    """What a stretch of load came to; times in seconds."""

    name: str
    seconds: float
    answered: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    health: list[float] = field(default_factory=list)

    def row(self, megabytes: float) -> str:
        refused = sum(count for status, count in self.statuses.items() if status != 200)
        cells = [self.name, f"{len(self.answered) / self.seconds:.1f}", *(ms(self.answered, q) for q in (50, 95, 99))]
        return "| " + " | ".join([*cells, str(refused), ms(self.health, 100), f"{megabytes:.0f}"]) + " |"


def ms(times: list[float], percentile: int) -> str:
    if not times:
        return "-"
    return f"{sorted(times)[min(len(times) - 1, len(times) * percentile // 100)] * 1000:.0f}"


class Connection:
    """One keep-alive connection; a client any heavier would be what is measured."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, method: str, path: str, body: bytes = b"") -> int:
        """The status; -1 where the connection broke."""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(*self._address)
            reader, writer = self._streams
            head = f"{method} {path} HTTP/1.1\r\nHost: {self._address[0]}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            start = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            await reader.readexactly(int(start.split("content-length: ")[1].split("\r\n")[0]))
            if "connection: close" in start:
                self.close()
            return int(start.split(" ")[1])
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return -1

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def questions() -> Iterator[bytes]:
    """The gold questions again and again, each time with another number behind them."""
    gold = [json.loads(line)["question"] for line in GOLD.read_text("utf-8").splitlines()]
    for turn in itertools.count():
        for text in gold:
            yield json.dumps({"question": f"{text} ({turn})"}).encode()


async def ask(connection: Connection, body: bytes, load: Load, since: float) -> None:
    status = await connection.send("POST", "/v1/query", body)
    load.statuses[status] += 1
    if status == 200:
        load.answered.append(time.perf_counter() - since)


async def watch_health(address: tuple[str, int], load: Load) -> None:
    connection = Connection(*address)
    while True:
        start = time.perf_counter()
        if await connection.send("GET", "/healthz") != 200:
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
    """Times count from when a question was due, so that a queue on our side shows too."""
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


async def _watched(address: tuple[str, int], load: Load, work: list) -> None:  # type: ignore[type-arg]
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
    """(address, process id): the one at ``url``, or one of our own."""
    if url is not None:
        yield url, None
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "rag.cli", "serve", "--port", "0", "--rate", "100000", "--data", folder]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ)
        try:
            yield _address(process), process.pid
        finally:
            process.terminate()
            process.communicate()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("geungeo: http"):
            return line.split()[1]
    raise SystemExit("the server did not start")


async def run(url: str, process_id: int | None, seconds: float) -> list[str]:
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or 80)
    connection = Connection(*address)
    until = time.monotonic() + _READY_SECONDS
    while await connection.send("GET", "/readyz") != 200:
        if time.monotonic() > until:
            raise SystemExit("the server is not ready")
        await asyncio.sleep(0.2)
    bodies, rows, best = questions(), [], 0.0
    for clients in (1, 4, 16):
        load = await closed_loop(address, clients, seconds, bodies)
        best = max(best, len(load.answered) / seconds)
        rows.append(load.row(resident(process_id)))
    for times in (2, 10):
        load = await open_loop(address, times * best, seconds, bodies, f"open, {times} x {best:.0f}/s")
        rows.append(load.row(resident(process_id)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    with server(arguments.url) as (url, process_id):
        rows = asyncio.run(run(url, process_id, arguments.seconds))
    print(f"load average {os.getloadavg()[0]:.1f} at the end, {os.cpu_count()} processors\n")
    print("| load | answered/s | p50 ms | p95 ms | p99 ms | refused | slowest health ms | RSS MB |")
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
