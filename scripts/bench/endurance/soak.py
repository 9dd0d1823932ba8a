"""A server under mixed reads and writes for half an hour: ``python -m scripts.bench.endurance.soak``.

Two clients ask, one writes: new articles, the same again, replacements, edits, deletions, uploads of text, tables and web
pages, what is refused. Memory of all its processes is taken every five seconds; what was acknowledged is read back at the
end. ``--out`` writes the table into its place in docs/results/reliability.md.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from scripts.bench.endurance.bounds import MIB, ROOT, memory, serving

BEGIN, END = "<!-- soak: begin, written by scripts/bench/endurance/soak.py -->", "<!-- soak: end -->"
_QUESTIONS = ("AX 법인의 매출 목표는?", "한빛대교 공사비는 얼마였나?", "다리는 언제 준공됐나?", "없는 일은 무엇인가?")
_HELD = 300  # articles at once
_WARM = 600.0  # seconds, after which memory shall be flat
_EVERY = 5.0


@dataclass
class Books:
    """What was acknowledged, what was answered, and memory over time."""

    texts: dict[str, str] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[float, int]] = field(default_factory=list)
    longest: dict[str, float] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def note(self, what: str, started: float, status: int) -> None:
        self.statuses[f"{what} {status}"] += 1
        self.longest[what] = max(self.longest.get(what, 0.0), time.monotonic() - started)


def _text(number: int, chance: random.Random) -> str:
    lines = [
        f"{number}번 다리의 공사비는 {chance.randrange(10, 900)}억원이었다." for _ in range(chance.randrange(1, 30))
    ]
    return f"한빛대교 {number}호가 2021년 5월 3일 준공됐다. " + "\n".join(lines)


def _ask(client: httpx.Client, books: Books, chance: random.Random) -> None:
    asks: list[tuple[str, Callable[[], httpx.Response]]] = [
        ("question", lambda: client.post("/v1/query", json={"question": chance.choice(_QUESTIONS)})),
        ("search", lambda: client.post("/v1/search", json={"question": chance.choice(_QUESTIONS), "top_k": 50})),
        ("listing", lambda: client.get("/v1/articles", params={"order": "newest", "q": "글"})),
        ("health", lambda: client.get("/healthz")),
    ]
    what, send = chance.choice(asks)
    started = time.monotonic()
    books.note(what, started, send().status_code)


def _put(client: httpx.Client, books: Books, chance: random.Random) -> None:
    number = chance.randrange(_HELD)
    text, started = _text(number, chance), time.monotonic()
    response = client.put(f"/v1/articles/글-{number}", json={"title": f"글 {number}", "text": text})
    books.note("write", started, response.status_code)
    if response.status_code in (200, 201):
        books.texts[f"글-{number}"] = text


def _delete(client: httpx.Client, books: Books, chance: random.Random) -> None:
    if not books.texts:
        return
    article_id, started = chance.choice(sorted(books.texts)), time.monotonic()
    response = client.delete(f"/v1/articles/{article_id}")
    books.note("deletion", started, response.status_code)
    if response.status_code in (202, 204):
        del books.texts[article_id]


def _edit(client: httpx.Client, books: Books, chance: random.Random) -> None:
    if not books.texts:
        return
    article_id, started = chance.choice(sorted(books.texts)), time.monotonic()
    response = client.patch(f"/v1/articles/{article_id}", json={"source": f"출처 {chance.randrange(100)}"})
    books.note("edit", started, response.status_code)


def _upload(client: httpx.Client, books: Books, chance: random.Random) -> None:
    number = chance.randrange(20)
    name, data = chance.choice(
        [
            (f"올림-{number}.txt", _text(number, chance)),
            (f"표-{number}.csv", "이름,값\n" + "".join(f"다리 {n},{n}억원\n" for n in range(chance.randrange(2, 400)))),
            (f"쪽-{number}.html", f"<html><body><h1>쪽 {number}</h1><p>{_text(number, chance)}</p></body></html>"),
            (f"줄-{number}.jsonl", "x\n" * 2000),
        ]
    )
    started = time.monotonic()
    response = client.post("/v1/files", files=[("files", (name, data.encode()))])
    books.note("upload", started, response.status_code)


def _write(client: httpx.Client, books: Books, chance: random.Random) -> None:
    chance.choice([_put, _put, _put, _edit, _delete, _upload])(client, books, chance)


def _goes_on(step: Callable[[httpx.Client, Books, random.Random], None], url: str, books: Books, seed: int) -> None:
    chance = random.Random(seed)
    with httpx.Client(base_url=url, timeout=120) as client:
        while not books.over.wait(0.05):
            try:
                step(client, books, chance)
            except httpx.HTTPError as error:
                books.statuses[type(error).__name__] += 1


def _weigh(pid: int, books: Books) -> None:
    began = time.monotonic()
    while not books.over.is_set():
        books.samples.append((time.monotonic() - began, memory(pid)))
        books.over.wait(_EVERY)


def _wrong(url: str, books: Books) -> int:
    """Return how many articles are not what was acknowledged last."""
    wrong = 0
    with httpx.Client(base_url=url, timeout=120) as client:
        for number in range(_HELD):
            response = client.get(f"/v1/articles/글-{number}")
            stored = response.json()["text"] if response.status_code == 200 else None
            wrong += stored != books.texts.get(f"글-{number}")
    return wrong


def soak(seconds: float, url: str, pid: int) -> tuple[Books, int]:
    """Return the books, and how many articles are wrong at the end."""
    books = Books()
    works = [(_ask, 1), (_ask, 2), (_write, 3)]
    threads = [threading.Thread(target=_goes_on, args=(step, url, books, seed)) for step, seed in works]
    threads.append(threading.Thread(target=_weigh, args=(pid, books)))
    for thread in threads:
        thread.start()
    with suppress(KeyboardInterrupt):
        books.over.wait(seconds)
    books.over.set()
    for thread in threads:
        thread.join()
    return books, _wrong(url, books)


def table(books: Books, wrong: int, seconds: float) -> str:
    every = [held for _, held in books.samples]
    warm = [held for at, held in books.samples if at >= min(_WARM, seconds / 3)] or every
    thirds = [warm[: len(warm) // 3], warm[len(warm) // 3 : 2 * len(warm) // 3], warm[2 * len(warm) // 3 :]]
    means = [sum(third) / len(third) / MIB for third in (thirds if len(warm) >= 3 else [warm])]
    counted = ", ".join(f"{count:,} × {what}" for what, count in sorted(books.statuses.items()))
    waits = ", ".join(f"{what} {longest:.2f} s" for what, longest in sorted(books.longest.items()))
    rows = [
        f"| minutes | {seconds / 60:.0f} |",
        f"| memory after the first {min(_WARM, seconds / 3) / 60:.0f} minutes, a third at a time | "
        + ", ".join(f"{mean:.0f} MB" for mean in means)
        + f" ({(means[-1] / means[0] - 1) * 100:+.1f} %) |",
        f"| least and most of it | {min(warm) / MIB:.0f}–{max(warm) / MIB:.0f} MB |",
        f"| answered | {counted} |",
        f"| longest waits | {waits} |",
        f"| articles at the end that are not what was acknowledged | {wrong} |",
    ]
    return "| | |\n|---|---|\n" + "\n".join(rows)


def write(body: str, out: Path) -> None:
    text = out.read_text("utf-8") if out.exists() else ""
    head = (
        "## Half an hour of reads and writes\n\n"
        "Two clients ask, one writes, on a machine of two virtual cores shared with other work, whose waits are therefore\n"
        "no measure (`python -m scripts.bench.endurance.soak`). Memory is what all processes of the server have of their own; bar: flat\n"
        "within 10 % after the first ten minutes.\n\n"
    )
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    out.write_text(f"{before.rstrip()}\n\n{BEGIN}\n\n{head}{body}\n\n{END}\n{after.lstrip()}".lstrip(), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    seconds = arguments.minutes * 60
    with tempfile.TemporaryDirectory() as folder, serving(arguments.root, Path(folder) / "data") as (url, pid):
        body = table(*soak(seconds, url, pid), seconds)
    print(body)
    if arguments.out:
        write(body, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
