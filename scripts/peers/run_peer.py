"""One peer, in an environment of its own: index the corpus, ask every question, say how long it took.

    python -m scripts.peers.run_peer NAME --corpus corpus.jsonl --questions questions.jsonl --model FOLDER --work FOLDER --k 30

Runs where nothing of geungeo is installed: standard library and the peer only. Prints one line of JSON, and before it
``phase NAME`` lines that tell whoever watches its memory where it is.
"""

import argparse
import importlib
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def seconds(work: Callable[[], Result]) -> tuple[float, Result]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def folded(ids: list[str]) -> list[str]:
    """Documents by their best passage."""
    return list(dict.fromkeys(ids))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    for flag in ("--corpus", "--questions", "--model", "--work"):
        parser.add_argument(flag, type=Path, required=True)
    parser.add_argument("--k", type=int, default=30)
    arguments = parser.parse_args()
    documents, questions = read(arguments.corpus), read(arguments.questions)
    print("phase load", flush=True)
    load, peer = seconds(
        lambda: importlib.import_module(f"scripts.peers.{arguments.name}_peer").Peer(arguments.model, arguments.work)
    )
    print("phase ingest", flush=True)
    ingest, passages = seconds(lambda: peer.ingest(documents))
    print("phase query", flush=True)
    if hasattr(peer, "ready"):
        peer.ready()
    for question in questions[:3]:
        peer.search(question | {"text": question["text"] + " ?"}, arguments.k)
    times, ranking = [], {}
    for question in questions:
        taken, found = seconds(partial(peer.search, question, arguments.k))
        times.append(taken)
        ranking[question["id"]] = folded(found)
    result = {"load_s": load, "ingest_s": ingest, "passages": passages, "query_s": times, "ranking": ranking}
    if hasattr(peer, "ask"):
        result["ask_s"] = [seconds(partial(peer.ask, question))[0] for question in questions]
    print(json.dumps(result | {"setup": peer.setup}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
