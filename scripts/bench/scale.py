"""What grows with the index: answers, answers a second, memory, disk, start, adding articles; and vectors alone.

    python -m scripts.bench.scale --like DATA_FOLDER --data ../shared/data [--passages 10000 50000 240000]
        [--vectors 240000 1000000] [--work FOLDER] [--only SIZE]

Indexes are made of DATA_FOLDER, one that ``geungeo index`` made (scripts/bench/scaled_index.py: real articles as far as they
go, beyond them real sentences put together and vectors drawn around real ones), and kept in --work. For each size
``geungeo serve`` is started, asked the questions of three sets over HTTP by 1, 4 and 16 clients that ask again as soon as
they are answered (every question once), and given new articles to embed and publish. ``--vectors``: searches among
drawn vectors only. --only measures one size into the record that is there.
"""

import argparse
import asyncio
import itertools
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from index.articles import Article, Passage
from index.encoders.base import Vectors
from index.search.coarse import codebook_for
from index.search.shards import capacity_for
from index.search.vectors import VectorIndex, VectorShard
from index.store.rows import PassageRow, StoredArticle
from index.store.store import Store
from scripts.bench.common import RESULTS, ROOT, folder_mb, milliseconds, own_mb, timed, tree_mb, write_record
from scripts.bench.http_load import Connection, Load, closed_loop
from scripts.bench.scaled_index import draw_around, fill

CLIENTS = (1, 4, 16)
_ADDED = 5  # times one article, and then twenty at once
_BATCH = 20
_NEAREST = 60
_SEARCHES = 200
_ASKED = ("welfare_qa", "korquad1", "kobest_boolq")
_WRITTEN = 5_000  # vectors in one transaction
_READY_SECONDS = 120


def measure(
    folder: Path, questions: Iterator[str], articles: Iterator[dict[str, str]], seconds: float
) -> dict[str, Any]:
    """Measure one index behind a server of its own."""
    found: dict[str, Any] = {"disk_mb": folder_mb(folder), "database_mb": _mb(folder / "geungeo.db"), **_text(folder)}
    with serving(folder, "--processes", "1") as (address, process_id, _):
        asyncio.run(closed_loop(address, 1, min(2.0, seconds), _bodies(questions)))
        loads = {
            clients: asyncio.run(closed_loop(address, clients, seconds, _bodies(questions))) for clients in CLIENTS[1:]
        }
        found["one_process"] = {f"clients_{clients}": _answers(load) for clients, load in loads.items()}
        found["one_process"] |= {"memory_asked_mb": tree_mb(process_id), "own_asked_mb": own_mb(process_id)}
    with serving(folder) as (address, process_id, ready):
        found |= {
            "ready_s": round(ready, 2),
            "memory_ready_mb": tree_mb(process_id),
            "own_ready_mb": own_mb(process_id),
        }
        asyncio.run(closed_loop(address, 1, min(2.0, seconds), _bodies(questions)))  # to warm up
        for clients in CLIENTS:
            load = asyncio.run(closed_loop(address, clients, seconds, _bodies(questions)))
            found[f"clients_{clients}"] = _answers(load)
            if clients == 1:
                found["stages_ms"] = _stages(load.bodies)
        found |= {"memory_asked_mb": tree_mb(process_id), "own_asked_mb": own_mb(process_id)}
        found["adding"] = asyncio.run(_adding(address, articles))
        found |= {"memory_written_mb": tree_mb(process_id), "own_written_mb": own_mb(process_id)}
    return found


def _answers(load: Load) -> dict[str, Any]:
    rate = round(len(load.times) / load.seconds, 1)
    return {"answers_per_s": rate, **milliseconds(load.times), "refused": load.refused}


def _bodies(questions: Iterator[str]) -> Iterator[bytes]:
    return (json.dumps({"question": question}).encode() for question in questions)


def _stages(bodies: list[bytes]) -> dict[str, dict[str, float]]:
    timings = [json.loads(body)["timings_ms"] for body in bodies]
    return {
        name: {
            key: value
            for key, value in milliseconds([timing[name] / 1000 for timing in timings if name in timing]).items()
        }
        for name in timings[0]
    }


def _mb(path: Path) -> float:
    return round(path.stat().st_size / 1e6, 1)


def _text(folder: Path) -> dict[str, Any]:
    store = Store(folder)
    try:
        texts = sum(len(store.article(row[0]).text.encode()) for row in list(store.list_articles()))
        return {"articles": store.counts()[0], "passages": store.counts()[1], "text_mb": round(texts / 1e6, 2)}
    finally:
        store.close()


async def _adding(address: tuple[str, int], articles: Iterator[dict[str, str]]) -> dict[str, float]:
    """Seconds from sending articles until they are answered from: embedding, store, publication."""
    connection = Connection(*address)

    async def send(count: int) -> float:
        body = json.dumps({"articles": list(itertools.islice(articles, count))}).encode()
        start = time.perf_counter()
        status, answer = await connection.send("POST", "/v1/articles", body)
        if status not in (200, 201):
            raise SystemExit(f"adding articles was answered with {status}: {answer[:300]!r}")
        return time.perf_counter() - start

    await send(1)
    one = [await send(1) for _ in range(_ADDED)]
    many = await send(_BATCH)
    connection.close()
    return {"one_article_s": round(statistics.median(one), 2), f"{_BATCH}_articles_s": round(many, 2)}


@contextmanager
def serving(folder: Path, *flags: str) -> Iterator[tuple[tuple[str, int], int, float]]:
    """Yield (address, process id, seconds from the command until ready)."""
    started = time.perf_counter()
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
        str(folder),
        *flags,
    ]
    with tempfile.NamedTemporaryFile("w+") as log:  # a pipe that nobody reads would fill up and stop the server
        process = subprocess.Popen(command, stderr=log, cwd=ROOT)
        try:
            address = _address(Path(log.name), process)
            asyncio.run(_until_ready(address))
            yield address, process.pid, time.perf_counter() - started
        finally:
            process.terminate()
            process.wait()


def _address(log: Path, process: "subprocess.Popen[bytes]") -> tuple[str, int]:
    while process.poll() is None:
        for line in log.read_text("utf-8").splitlines():
            if line.startswith("geungeo: http"):
                host, port = line.split()[1].removeprefix("http://").strip("/").split(":")
                return host, int(port)
        time.sleep(0.01)
    raise SystemExit("the server did not start")


async def _until_ready(address: tuple[str, int]) -> None:
    connection, until = Connection(*address), time.monotonic() + _READY_SECONDS
    while (await connection.send("GET", "/readyz"))[0] != 200:
        if time.monotonic() > until:
            raise SystemExit("the server is not ready")
        await asyncio.sleep(0.02)
    connection.close()


def measure_vectors(like: Path, counts: list[int]) -> dict[str, Any]:
    """Return the vector half alone: ``_NEAREST`` nearest among drawn vectors, as they are searched.

    In a fresh process each.
    """
    found = {}
    for count in counts:
        command = [sys.executable, "-m", "scripts.bench.scale", "--like", str(like), "--child", str(count)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        found[str(count)] = json.loads(output.splitlines()[-1])
    return found


def _search_vectors(like: Path, count: int) -> dict[str, Any]:
    """Measure searches among vectors in a database of their own, as passages of articles without a text."""
    random = np.random.default_rng(7)
    source = Store(like)
    pool, encoder = source.vectors()[1], source.meta("encoder") or ""
    source.close()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), writable=True)
        store.set_meta("encoder", encoder)
        for low in range(0, count, _WRITTEN):
            store.write([_bare_article(low, draw_around(pool, min(_WRITTEN, count - low), random))])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        shards = []
        for low in range(0, count, capacity_for(count)):
            seqs, vectors = store.vectors(low, low + capacity_for(count))
            shards.append(VectorShard.build(seqs, vectors, pool.shape[1], codebook_for(encoder)))
        index, read = VectorIndex(shards), store.vectors_of
        index.search(draw_around(pool, 1, random), _NEAREST, read)  # joins the codes
        queries = draw_around(pool, _SEARCHES, random)
        times = [timed(partial(index.search, query[None], _NEAREST, read))[0] for query in queries]
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        store.close()
    return {"vectors": len(index), "memory_mb": round(grown / 1024), **milliseconds(times)}


def _bare_article(number: int, vectors: Vectors) -> StoredArticle:
    article = Article(f"bare-{number}", "", "글")
    passage = Passage(article.id, "", 0, 1, "글", ())
    return StoredArticle(article, "", (), (), tuple(PassageRow(passage, (), vector) for vector in vectors))


def _questions(data: Path) -> Iterator[str]:
    files = [data / name / "queries.jsonl" for name in _ASKED]
    texts = [json.loads(line)["text"] for file in files for line in file.read_text("utf-8").splitlines()]
    yield from (texts[place] for place in np.random.default_rng(7).permutation(len(texts)))
    raise SystemExit("more was asked than there are questions")


def _new_articles(data: Path) -> Iterator[dict[str, str]]:
    lines = (data / "kobest_boolq" / "corpus.jsonl").read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        record = json.loads(line)
        yield {"id": f"new-{number}", "title": record["title"], "text": record["text"]}


def prepared(work: Path, like: Path, passages: int) -> Path:
    """Return the index of that size, made where it is missing; a copy to measure, for measuring writes to it."""
    kept = work / f"made-{passages}"
    if not (kept / "made.json").is_file():
        seconds, counts = timed(lambda: fill(kept, like, passages))
        (kept / "made.json").write_text(json.dumps(counts | {"made_in_s": round(seconds)}))
    copy = work / f"measured-{passages}"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(kept, copy)
    return copy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--like", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--passages", type=int, nargs="*", default=[10_000, 50_000, 240_000])
    parser.add_argument("--vectors", type=int, nargs="*", default=[10_000, 50_000, 240_000, 1_000_000])
    parser.add_argument("--work", type=Path, help="where to make the indexes; about 5 kB a passage, twice")
    parser.add_argument("--seconds", type=float, default=20.0, help="each number of clients asks")
    parser.add_argument("--only", type=int, help="measure this size again, and keep the others of the record")
    parser.add_argument("--out", type=Path, default=RESULTS / "scale.json")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(_search_vectors(arguments.like, arguments.child)))
        return
    before = os.getloadavg()[0]
    earlier = json.loads(arguments.out.read_text("utf-8")) if arguments.only and arguments.out.is_file() else {}
    sizes = [arguments.only] if arguments.only else arguments.passages
    found: dict[str, Any] = dict(earlier.get("sizes", {}))
    questions, articles = _questions(arguments.data), _new_articles(arguments.data)
    for passages in sizes:
        folder = prepared(arguments.work, arguments.like, passages)
        made = json.loads((folder / "made.json").read_text())
        (folder / "made.json").unlink()
        found[str(passages)] = made | measure(folder, questions, articles, arguments.seconds)
        print(passages, json.dumps(found[str(passages)]), file=sys.stderr, flush=True)
        shutil.rmtree(folder)
    vectors = earlier.get("vectors") or measure_vectors(arguments.like, arguments.vectors)
    write_record("scale", before, {"sizes": found, "vectors": vectors}, arguments.out)


if __name__ == "__main__":
    main()
