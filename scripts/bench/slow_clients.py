"""Slow clients (F21, slowhttptest) and very many of them (F23) against a running server, told as sentences."""

import asyncio
import os
import resource
import shutil
import time
from collections import Counter
from collections.abc import Iterator

from scripts.bench.http_load import Connection
from scripts.bench.server import closed_loop, ms, resident

MANY = 10_000
_AT_ONCE = 500  # connections being opened
_SLOW = 500
_SLOW_SECONDS = 30
_BACK_SECONDS = 30
_WAYS = {
    "slow heads (-H)": ("-H", "-t", "POST"),
    "slow bodies (-B)": ("-B", "-s", "60000", "-f", "application/json"),
    "slow reading (-X)": ("-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-t", "GET"),
}


def open_files(process_id: int) -> int:
    return len(os.listdir(f"/proc/{process_id}/fd"))  # noqa: PTH208  (names are enough)


async def slow_clients(address: tuple[str, int], process_id: int, bodies: Iterator[bytes]) -> list[str]:
    """Return what one client that asks all the while notices of 500 slow ones, in each way."""
    if not shutil.which("slowhttptest"):
        return ["not run: slowhttptest is not installed"]
    quiet = await closed_loop(address, 1, 5, bodies)
    told = [f"without them a question took {ms(quiet.answered, 95)} ms (p95)"]
    for name, arguments in _WAYS.items():
        before, held = open_files(process_id), 0
        path = "/openapi.json" if "-X" in arguments else "/v1/query"
        command = ("slowhttptest", "-c", str(_SLOW), "-r", "200", "-i", "5", "-l", str(_SLOW_SECONDS), *arguments)
        tool = await asyncio.create_subprocess_exec(
            *command, "-u", f"http://{address[0]}:{address[1]}{path}", stdout=asyncio.subprocess.DEVNULL
        )
        load = asyncio.create_task(closed_loop(address, 1, _SLOW_SECONDS, bodies))
        while not load.done():
            await asyncio.sleep(0.1)
            held = max(held, open_files(process_id) - before)
        await tool.wait()
        asked = sum(load.result().statuses.values())
        told.append(
            f"{name}: at most {held} connections held at once, {len(load.result().answered)} of {asked} questions "
            f"answered, p95 {ms(load.result().answered, 95)} ms"
        )
    return told


async def many_connections(address: tuple[str, int], process_id: int, bodies: Iterator[bytes]) -> str:
    """Let each client ask once and stay, then all leave, and say what came of it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < MANY + 100:
        return f"not run: {hard} open files are allowed"
    files, memory, door = open_files(process_id), resident(process_id), asyncio.Semaphore(_AT_ONCE)
    statuses, most, connections = Counter[int](), 0.0, [Connection(*address) for _ in range(MANY)]

    async def one(connection: Connection) -> None:
        async with door:
            status, _ = await connection.send("POST", "/v1/query", next(bodies))
        statuses[status] += 1

    started = time.perf_counter()
    work = asyncio.gather(*(one(connection) for connection in connections))
    while not work.done():
        await asyncio.sleep(0.1)
        most = max(most, resident(process_id))
    held, took = open_files(process_id) - files, time.perf_counter() - started
    for connection in connections:
        connection.close()
    back = time.perf_counter()
    health, _ = await Connection(*address).send("GET", "/healthz")
    healthy = time.perf_counter() - back
    while open_files(process_id) > files + 2 and time.perf_counter() - back < _BACK_SECONDS:
        await asyncio.sleep(0.05)
    odd = {code: count for code, count in statuses.items() if code not in (200, 429, 503, -1)}
    return (
        f"{MANY:,} connections that ask once and stay, in {took:.0f} s: {statuses[200]} answered, "
        f"{statuses[503] + statuses[429]} refused with 503 or 429, {statuses[-1]} closed, anything else: {odd or 'nothing'}; "
        f"{held} still open at the end; memory grew by {most - memory:.0f} MB at most; health then answered {health} after "
        f"{healthy * 1000:.0f} ms, and {time.perf_counter() - back:.1f} s after they left "
        f"{open_files(process_id) - files} of their file descriptors were left"
    )
