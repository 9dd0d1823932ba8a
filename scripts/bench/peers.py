"""Ingest and questions against txtai, Haystack and LlamaIndex, with the same weights, documents and questions.

    python -m scripts.bench.peers --data ../shared/data [--documents 1000] [--questions 200] [--peers ...]

Each peer gets an environment of its own (made once, under --environments; versions below) and is set up as its own
documentation recommends, hybrid (scripts/peers). One after the other, each in a process of its own, they index the
same documents: all of easylaw_senior_qa and welfare_qa and the first of easylaw, to ``--documents`` in all; then answer the
same questions of both sets, thirty passages each, folded to documents. Ingest counts from the first document until
everything is on the disk and searchable; loading before it is told apart. Memory is the whole process tree's, the most
at any moment. With --peers the others stay in the record as they are, if it is of the same documents and questions.
"""

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.measures.ranking import retrieval_scores
from scripts.bench.common import (
    RESULTS,
    ROOT,
    SENTENCE_TRANSFORMERS,
    TORCH,
    environment,
    environments_folder,
    folder_mb,
    milliseconds,
    watched,
    write_record,
)
from scripts.bench.encoder import TORCH_PACKAGES, write_torch_model

SETS = ("easylaw_senior_qa", "welfare_qa")
PEERS = {
    "txtai": ("txtai==9.14.0",),
    "haystack": ("haystack-ai==3.4.0", "sentence-transformers-haystack==2.0.0"),
    "llamaindex": (
        "llama-index-core==0.14.25",
        "llama-index-embeddings-huggingface==0.8.0",
        "llama-index-retrievers-bm25==0.8.0",
    ),
}
OURS = "geungeo"
PASSAGES = 30  # a question: enough to fold ten documents
_SEED = 7


def read_lines(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [json.loads(line) for line in text.split("\n") if line]


def documents(data: Path, count: int) -> list[dict[str, str]]:
    """Return the documents with questions, then the first of easylaw that are not empty."""
    found = [row for name in SETS for row in read_lines(data / name / "corpus.jsonl")]
    found += [row for row in read_lines(data / "easylaw" / "corpus.jsonl.gz") if row["text"].strip()]
    return [{key: document[key] for key in ("id", "title", "text")} for document in found[:count]]


def questions(data: Path, count: int) -> tuple[list[dict[str, str]], dict[str, dict[str, int]]]:
    """Return all questions of the smaller set and as many of the larger as make up ``count``; and what is relevant."""
    relevant: dict[str, dict[str, int]] = {}
    asked: list[dict[str, str]] = []
    for name in SETS:
        for line in (data / name / "qrels.tsv").read_text("utf-8").splitlines():
            question, document, grade = line.split("\t")
            relevant.setdefault(question, {})[document] = int(grade)
        judged = [row for row in read_lines(data / name / "queries.jsonl") if row["id"] in relevant]
        kept = random.Random(_SEED).sample(judged, min(len(judged), count - len(asked)))
        asked += [{"id": query["id"], "text": query["text"], "set": name} for query in kept]
    return asked, {question["id"]: relevant[question["id"]] for question in asked}


def run(name: str, python: Path, files: tuple[Path, Path, Path], work: Path) -> dict[str, Any]:
    """Return what the peer says of itself, its peak of memory in each phase, and its disk."""
    corpus, asked, model = files
    arguments = ("--corpus", corpus, "--questions", asked, "--model", model, "--work", work, "--k", str(PASSAGES))
    command = [str(part) for part in (python, "-m", "scripts.peers.run_peer", name, *arguments)]
    settings = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "true",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=settings)
    assert process.stdout is not None
    peaks: dict[str, float] = {}
    with watched(process.pid) as peak:
        phase, last = "start", ""
        for line in process.stdout:
            peaks[phase], last = peak.mb, line
            if line.startswith("phase "):
                phase, peak.mb = line.split()[1], 0.0
    if process.wait():
        raise SystemExit(f"{name} ended with {process.returncode}")
    told: dict[str, Any] = json.loads(last)
    return told | {"peak_mb": peaks, "disk_mb": folder_mb(work / "data")}


def summary(
    found: dict[str, Any], relevant: dict[str, dict[str, int]], asked: Sequence[dict[str, str]]
) -> dict[str, Any]:
    """Return a record's row."""
    rankings = {
        key: tuple((document, 1.0 / rank) for rank, document in enumerate(ranking, 1))
        for key, ranking in found["ranking"].items()
    }
    scores = retrieval_scores(relevant, rankings)
    sets = {"all": list(relevant)} | {
        name: [question["id"] for question in asked if question["set"] == name] for name in SETS
    }
    row = {
        "setup": found["setup"],
        "load_average": round(os.getloadavg()[0], 1),
        "load_s": round(found["load_s"], 1),
        "ingest_s": round(found["ingest_s"], 1),
        "passages": found["passages"],
        "query": milliseconds(found["query_s"]),
        "ndcg10": {
            name: round(sum(scores[key]["nDCG@10"] for key in keys) / len(keys), 4)
            for name, keys in sets.items()
            if keys
        },
        "peak_ingest_mb": max(found["peak_mb"].get(phase, 0.0) for phase in ("load", "ingest")),
        "peak_query_mb": found["peak_mb"].get("query", 0.0),
        "disk_mb": found["disk_mb"],
    }
    return row | ({"ask": milliseconds(found["ask_s"])} if "ask_s" in found else {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of data sets")
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--peers", nargs="+", choices=(OURS, *PEERS), default=[OURS, *PEERS])
    parser.add_argument("--environments", type=Path, help="where they are kept (default: the cache folder)")
    parser.add_argument("--out", type=Path, help="instead of docs/results/performance")
    arguments = parser.parse_args()
    corpus = documents(arguments.data, arguments.documents)
    asked, relevant = questions(arguments.data, arguments.questions)
    pythons = {OURS: Path(sys.executable)} | {
        name: environment(
            arguments.environments or environments_folder(), name, (TORCH, SENTENCE_TRANSFORMERS, *packages)
        )
        for name, packages in PEERS.items()
        if name in arguments.peers
    }
    torch = None  # ours has its weights in the package
    if any(name != OURS for name in arguments.peers):
        torch = environment(arguments.environments or environments_folder(), "st", TORCH_PACKAGES)
    before = os.getloadavg()[0]
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        files = _write(Path(scratch), corpus, asked, torch)
        for name in arguments.peers:
            work = Path(scratch, name)
            rows[name] = summary(run(name, pythons[name], files, work), relevant, asked)
            print(name, json.dumps(rows[name], ensure_ascii=False), file=sys.stderr, flush=True)
    text_mb = sum(len(corpu["text"].encode()) for corpu in corpus) / 1e6
    content: dict[str, Any] = {"documents": len(corpus), "text_mb": round(text_mb, 2), "questions": len(asked)}
    path = arguments.out or RESULTS / "peers.json"
    earlier = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    if all(earlier.get(key) == value for key, value in content.items()):
        rows = earlier["peers"] | rows
    content["peers"] = {name: rows[name] for name in (OURS, *PEERS) if name in rows}
    content["versions"] = {name: list(packages) for name, packages in PEERS.items()}
    write_record("peers", before, content, path)


def _write(
    scratch: Path, corpus: Sequence[object], asked: Sequence[object], torch: Path | None
) -> tuple[Path, Path, Path]:
    """Corpus, questions and the weights as sentence-transformers reads them."""
    paths = scratch / "corpus.jsonl", scratch / "questions.jsonl"
    for path, records in zip(paths, (corpus, asked), strict=True):
        path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), "utf-8")
    if torch:
        write_torch_model(torch, scratch)
    return *paths, scratch / "torch"


if __name__ == "__main__":
    main()
