"""What one permitted request or upload costs a server, and what others notice: ``python -m scripts.bench.endurance.bounds``.

A server of its own on the packaged articles; beside each case its health is asked ten times a second and a question twice.
``--root`` serves another checkout (the one before, for instance) with this one's cases; ``--out`` writes the table into the
place for it in docs/results/security.md, beside the rows of the same cases there.
"""

import argparse
import gzip
import io
import json
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from index.reading.plain_text.fitting import MAX_SENTENCES, MAX_TEXT

ROOT = Path(__file__).resolve().parents[3]
MIB = 1 << 20
BEGIN, END = "<!-- bounds: begin, written by scripts/bench/endurance/bounds.py -->", "<!-- bounds: end -->"
_TEXT = "한빛대교가 2021년 5월 3일 준공됐다. 공사비는 320억원이었다. 다리는 길이 1.2km로, 하루 3만 대가 지난다.\n"
_QUESTION = {"question": "AX 법인의 매출 목표는?"}
_PSS = re.compile(r"^Pss_Anon:\s+(\d+) kB", re.MULTILINE)


@dataclass
class Meters:
    """What is seen beside a case; seconds and bytes."""

    health: float = 0.0
    question: float = 0.0
    sleep: float = 0.0
    start: int = 0
    peak: int = 0
    over: threading.Event = field(default_factory=threading.Event)


class Client:
    """Sends the cases to one server; ``begin`` is called when a case is made and goes out."""

    def __init__(self, url: str, size: float, most: float, begin: Callable[[], None]) -> None:
        self.begin = begin
        self.http = httpx.Client(base_url=url, timeout=most)
        self.size = size
        self.most = most

    def of(self, number: int) -> int:
        """Return ``number`` at full size."""
        return max(1, int(number * self.size))

    def upload(self, name: str, data: bytes, *more: tuple[str, bytes]) -> str:
        """Upload files and say how the job ended."""
        self.begin()
        response = self.http.post("/v1/files", files=[("files", file) for file in ((name, data), *more)])
        if response.status_code != 202:
            return str(response.status_code)
        until = time.monotonic() + self.most
        while time.monotonic() < until:
            job = self.http.get(response.headers["location"]).json()
            if job["state"] in ("done", "failed"):
                return f"{job['state']}, {job['done'] - job['failed']:,} taken, {job['failed']:,} refused"
            time.sleep(0.3)
        return f"not over after {self.most:.0f} s: {job['done']:,} done"

    def post(self, path: str, body: bytes, times: int = 1, more: Mapping[str, str] | None = None) -> str:
        """Return the statuses of so many at once."""
        headers = {"Content-Type": "application/json", **(more or {})}
        return self.at_once(times, lambda: self.http.post(path, content=body, headers=headers))

    def at_once(self, times: int, send: Callable[[], httpx.Response]) -> str:
        """Return the statuses of so many at once."""
        self.begin()
        with ThreadPoolExecutor(times) as pool:
            found = list(pool.map(lambda _: str(send().status_code), range(times)))
        return ", ".join(f"{found.count(status)} × {status}" for status in sorted(set(found)))


def _lines(records: Iterator[dict[str, str]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def packed_line(client: Client) -> str:
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as file:
        for _ in range(client.of(1024)):
            file.write(b"x" * MIB)
    return client.upload("a.jsonl.gz", packed.getvalue())


def bad_lines(client: Client) -> str:
    return client.upload("a.jsonl", b"x\n" * client.of(1_000_000))


def chats(client: Client) -> str:
    body = b'{"messages":[' + b'{"role":"user","content":""},' * client.of(35_000)
    return client.post("/v1/chat/completions", body + b'{"role":"user","content":"?"}]}', 6)


def batch_of_values(client: Client) -> str:
    return client.post("/v1/articles", b'{"articles":[' + b"[]," * client.of(5_500_000) + b"0]}")


def batches(client: Client) -> str:
    """Send articles that are read whole and refused for one field, so that only reading is measured."""
    text = _TEXT * client.of(105)
    articles = [{"id": f"{number}", "text": text, "unknown": ""} for number in range(1000)]
    return client.post("/v1/articles", json.dumps({"articles": articles}, ensure_ascii=False).encode(), 6)


def tiny_articles(client: Client) -> str:
    return client.upload(
        "a.jsonl", _lines({"id": f"작은-{n}", "text": f"{n}번째 글이다."} for n in range(client.of(100_000)))
    )


def great_article(client: Client) -> str:
    return client.upload("20MB.txt", _TEXT.encode() * client.of(140_000))


def longest_article(client: Client) -> str:
    """Upload an article with nearly as many sentences as there may be."""
    lines = (f"{n}번째 줄에는 다리의 공사비가 {n}억원이라고 적혀 있다." for n in range(MAX_SENTENCES - 100))
    return client.upload("긴글.txt", "\n".join(lines)[: client.of(MAX_TEXT)].encode())


def blank_lines(client: Client) -> str:
    return client.upload("a.jsonl", b"\n" * client.of(100 * MIB - 4096))


def repeated_fields(client: Client) -> str:
    part = b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nx\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    return client.post("/v1/files", part * client.of(1_000_000) + b"--b--\r\n", more=headers)


def replays(client: Client) -> str:
    """Send one batch many times under one key; all but the first wait for its reply."""
    articles = [{"id": f"{number}", "text": _TEXT * client.of(100)} for number in range(40)]
    articles += [{"id": f"x{number}", "text": "x" * 16_000, "unknown": ""} for number in range(client.of(900))]
    body = json.dumps({"articles": articles}, ensure_ascii=False).encode()
    return client.post("/v1/articles", body, 24, {"Idempotency-Key": "k"})


def listings(client: Client) -> str:
    return client.at_once(60, lambda: client.http.get("/v1/articles", params={"q": "글", "order": "title"}))


def documents(client: Client) -> str:
    """Upload documents as large as they may be, of tags, cells and parts alone."""
    size = client.of(31 * MIB)
    page, table = b"<html><body>" + b"<b>x" * (size // 4), b"a,b,c\n" * (size // 6)
    mail = b"Subject: a\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    mail += b"--b\nContent-Type: text/plain\n\nx\n" * (size // 31)
    return client.upload("쪽.html", page, ("표.csv", table), ("편지.eml", mail))


def same_text(client: Client) -> str:
    return client.upload("a.jsonl", _lines({"id": f"같은-{n}", "text": _TEXT} for n in range(client.of(3000))))


def many_lines(client: Client) -> str:
    return client.upload("줄.txt", "".join(f"{n}번 줄\n" for n in range(client.of(50_000))).encode())


def no_space(client: Client) -> str:
    return client.upload("한낱말.txt", ("가나다라마바사아자차" * 100_000)[: client.of(MAX_TEXT)].encode())


def writes(client: Client) -> str:
    client.begin()
    for number in range(client.of(500)):
        body = {"title": f"글 {number}", "text": f"{number}번째 글이다. {_TEXT}"}
        client.http.put(f"/v1/articles/쓰기-{number % 50}", json=body).raise_for_status()
    return f"{client.of(500)} × 20x"


_INTRODUCTION = """\
## The dearest requests that are let in

One at a time on a server of its own, while its health is asked ten times a second and a question twice
(`python -m scripts.bench.endurance.bounds`). Memory is what all its processes, the one that reads articles included, have grown by
since it has read one; bars: 256 MB, and on a quiet machine half a second for health and two for a question. The last column is by
how much a sleep of a tenth of a second was too long meanwhile: what the machine itself adds to every wait."""
CASES: dict[str, tuple[str, Callable[[Client], str]]] = {
    "packed_line": ("a line of 1 GiB in 1 MB of .jsonl.gz", packed_line),
    "bad_lines": ("a million lines `x`", bad_lines),
    "blank": ("100 MB of line ends in a .jsonl", blank_lines),
    "fields": ("60 MB of one form field, a million times", repeated_fields),
    "documents": ("a page of tags, a table of cells and a mail of parts, 31 MB each", documents),
    "replays": ("24 batches of 15 MB under one `Idempotency-Key` at once", replays),
    "listings": ("60 listings at once", listings),
    "chats": ("six chats of 1 MB at once", chats),
    "values": ("a batch of 16 MB of `[]`", batch_of_values),
    "batches": ("six batches of 16 MB at once", batches),
    "no_space": (f"{MAX_TEXT:,} letters without a space", no_space),
    "longest": (f"an article of {MAX_SENTENCES - 100:,} sentences, nearly the most there may be", longest_article),
    "great": ("an article of 20 MB", great_article),
    "lines": ("an article of 50,000 lines", many_lines),
    "same": ("3,000 articles of one text", same_text),
    "writes": ("500 writes one after the other", writes),
    "tiny": ("100,000 tiny articles in one file", tiny_articles),
}


@contextmanager
def serving(root: Path, data: Path) -> Iterator[tuple[str, int]]:
    """Yield (its address, its process id) once it is ready."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rag.cli", "serve", "--port", str(port), "--data", str(data), "--rate", "100000"]
    with subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            until = time.monotonic() + 120
            while time.monotonic() < until:
                with suppress(httpx.HTTPError):
                    if httpx.get(f"{url}/readyz").status_code == 200:
                        break
                time.sleep(0.2)
            yield url, process.pid
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def measure(url: str, pid: int, case: Callable[[Client], str], size: float, most: float) -> tuple[str, float, Meters]:
    """Return (how it ended, after how many seconds, what was seen beside it)."""
    meters = Meters()
    warm = {"text": _TEXT}  # the parser loads with the first article: 460 MB that no case is to blame for
    httpx.put(f"{url}/v1/articles/첫글", json=warm, timeout=120)
    httpx.post(f"{url}/v1/query", json=_QUESTION, timeout=60)
    meters.start = meters.peak = memory(pid)
    watches = [
        threading.Thread(target=_ask, args=(url, meters, "health", 0.1)),
        threading.Thread(target=_ask, args=(url, meters, "question", 0.5)),
        threading.Thread(target=_weigh, args=(pid, meters)),
        threading.Thread(target=_sleep, args=(meters, 0.1)),
    ]
    started = 0.0

    def begin() -> None:
        nonlocal started
        started = time.monotonic()
        for watch in watches:
            watch.start()

    try:
        ended = case(Client(url, size, most, begin))
    except httpx.HTTPError as error:
        ended = type(error).__name__
    seconds = time.monotonic() - started
    meters.over.set()
    for watch in watches:
        watch.join()
    return ended, seconds, meters


def _ask(url: str, meters: Meters, what: str, pause: float) -> None:
    with httpx.Client(base_url=url, timeout=120) as client:
        while not meters.over.wait(pause):
            started = time.monotonic()
            with suppress(httpx.HTTPError):
                client.get("/healthz") if what == "health" else client.post("/v1/query", json=_QUESTION)
            setattr(meters, what, max(getattr(meters, what), time.monotonic() - started))


def _weigh(pid: int, meters: Meters) -> None:
    while not meters.over.wait(0.2):
        meters.peak = max(meters.peak, memory(pid))


def _sleep(meters: Meters, pause: float) -> None:
    """Note by how much a sleep is too long: what stands still then is the machine, and no server is to blame."""
    while not meters.over.is_set():
        started = time.monotonic()
        time.sleep(pause)
        meters.sleep = max(meters.sleep, time.monotonic() - started - pause)


def memory(pid: int) -> int:
    """Return the bytes of a process and those it started that are their own and no file's."""
    found = 0
    for process in (pid, *children(pid)):
        with suppress(OSError):
            match = _PSS.search(Path(f"/proc/{process}/smaps_rollup").read_text())
            found += 1024 * int(match[1]) if match else 0
    return found


def children(pid: int) -> list[int]:
    with suppress(OSError):
        found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        for task in Path(f"/proc/{pid}/task").iterdir():
            if task.name != str(pid):
                found += [int(child) for child in (task / "children").read_text().split()]
        return [*found, *(grand for child in found for grand in children(child))]
    return []


def row(name: str, ended: str, seconds: float, meters: Meters) -> str:
    grown = (meters.peak - meters.start) / MIB
    waits = " | ".join(f"{wait:.2f} s" for wait in (meters.health, meters.question, meters.sleep))
    return f"| {name} | {ended} | {seconds:.1f} s | {grown:.0f} MB | {waits} |"


def write(rows: list[str], out: Path, label: str) -> None:
    """Write the rows under ``label``, in place of the same cases there."""
    text = out.read_text("utf-8") if out.exists() else ""
    inside = text.partition(BEGIN)[2].partition(END)[0]
    kept = {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in inside.split("\n### ")[1:]}
    known = {line.split("|")[1]: line for line in kept.get(label, "").splitlines()[2:]}
    known |= {line.split("|")[1]: line for line in rows}
    head = (
        "| what is sent | how it ended | after | grew by at most | longest wait of health | of a question | of the machine |\n"
        + "|---" * 7
        + "|"
    )
    kept[label] = "\n".join([head, *known.values()])
    block = "\n\n".join([BEGIN, _INTRODUCTION, *(f"### {name}\n\n{body}" for name, body in kept.items()), END])
    before, _, after = text.partition(BEGIN)
    after = after.partition(END)[2]
    out.write_text(f"{before.rstrip()}\n\n{block}\n{after.lstrip()}".lstrip(), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--label", default="Now")
    parser.add_argument("--size", type=float, default=1.0, help="1 for the bounds themselves")
    parser.add_argument("--most", type=float, default=600.0, help="seconds of a case")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    for key in arguments.only:
        name, case = CASES[key]
        with tempfile.TemporaryDirectory() as folder, serving(arguments.root, Path(folder) / "data") as (url, pid):
            line = row(name, *measure(url, pid, case, arguments.size, arguments.most))
        print(line, flush=True)
        if arguments.out:
            write([line], arguments.out, arguments.label)
    return 0


if __name__ == "__main__":
    sys.exit(main())
