"""Clients that ask again as soon as they are answered; light, for they share the machine with the server."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


class Connection:
    """One keep-alive connection; a client any heavier would be what is measured."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body; (-1, b"") where the connection broke. One that was idle too long is opened again, once."""
        used = self._streams is not None
        status, answer = await self._exchange(method, path, body)
        return await self._exchange(method, path, body) if status < 0 and used else (status, answer)

    async def _exchange(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(*self._address)
            reader, writer = self._streams
            head = f"{method} {path} HTTP/1.1\r\nHost: {self._address[0]}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            start = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            answer = await reader.readexactly(int(start.split("content-length: ")[1].split("\r\n")[0]))
            if "connection: close" in start:
                self.close()
            return int(start.split(" ")[1]), answer
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return -1, b""

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@dataclass
class Load:
    """What a stretch of load came to: seconds of each answer, and how many questions were not answered."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    refused: int = 0


async def closed_loop(address: tuple[str, int], clients: int, seconds: float, bodies: Iterator[bytes]) -> Load:
    """Ask with so many clients, each again once it is answered; ``seconds`` of the result are those it really took."""
    load, started = Load(), time.perf_counter()

    async def client() -> None:
        connection = Connection(*address)
        while time.perf_counter() < started + seconds:
            asked = time.perf_counter()
            status, answer = await connection.send("POST", "/v1/query", next(bodies))
            if status == 200:
                load.times.append(time.perf_counter() - asked)
                load.bodies.append(answer)
            else:
                load.refused += 1
        connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    load.seconds = time.perf_counter() - started
    return load
