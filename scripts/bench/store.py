"""How long the store takes: adding to a large index, removing from it, opening it, and deriving it again.

    python -m scripts.bench.store [--passages 200000] [--like DATA_FOLDER] [--rounds 5] [--kills 20] [--scratch FOLDER]

Articles are those of DATA_FOLDER (any index; without it the packaged seeds are indexed first) repeated under new ids,
each copy's vectors moved a little, so that texts, terms and row sizes are real and vectors are all different. No text
is embedded: the figures are what a publication costs beyond that. ``--kills`` kills an ingest between its commit and
its publication and measures the next opening until it can answer.
"""

import argparse
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from index.articles import Article, Passage
from index.encoders.base import Vectors
from index.engine import Engine
from index.ingest import content_hash
from index.korean.terms import bigrams
from index.search.embedded import EmbeddedIndex
from index.search.generation import current_number, open_current, path_of
from index.search.lexical import LexicalQuery
from index.search.manifest import read_manifest
from index.search.publication import Reuse, publish_store
from index.search.vectors import VectorShard
from index.store.store import PassageRow, SentenceRow, Store, StoredArticle
from index.system import failpoints
from scripts.bench.common import ROOT

_JITTER = 0.05
_COMMIT = 200  # articles a transaction
_QUESTIONS = ("기초연금은 누가 받나요", "AX 법인의 매출 목표", "육아휴직 급여", "신청 서류와 기간", "서울 부산")


def main() -> None:
    arguments = _arguments()
    if arguments.child:
        _write_once(arguments.child, arguments.like, arguments.rounds)
        return
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        folder = Path(scratch, "data")
        source = arguments.like or _index_seeds(Path(scratch, "seeds"))
        templates = list(_stored_articles(source))
        store = _filled(folder, source, templates, arguments.passages)
        report: dict[str, object] = {"sqlite_mb": round((folder / "geungeo.db").stat().st_size / 1e6)}
        report |= _derive(folder, store)
        report |= _change(folder, store, templates, arguments.rounds)
        encoder, analysis = store.meta("encoder") or "", store.meta("analysis") or ""
        store.close()
        report |= _open(folder, encoder, analysis)
        report |= _recover(folder, source, encoder, analysis, arguments.kills)
        print(json.dumps(report, indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=200_000)
    parser.add_argument("--like", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--scratch", type=Path, help="where to make the index; needs about 15 kB a passage")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _index_seeds(folder: Path) -> Path:
    command = [sys.executable, "-m", "rag.cli", "index", "--data", str(folder), str(ROOT / "seeds")]
    subprocess.run(command, check=True, cwd=ROOT, stdout=sys.stderr)  # standard output is the report's
    return folder


def _stored_articles(source: Path) -> Iterator[StoredArticle]:
    store = Store(source)
    seqs, vectors = store.vectors()
    owned: dict[str, list[PassageRow]] = {}
    for (_, passage), vector in zip(sorted(store.passages(seqs.tolist()).items()), vectors, strict=True):
        owned.setdefault(passage.article_id, []).append(PassageRow(passage, tuple(passage.title.split()), vector))
    for article_id, passages in owned.items():
        article = store.article(article_id)
        sentences = tuple(store.sentences(article_id, 0, len(article.text)))
        yield StoredArticle(article, "", tuple(store.spans(article_id)), sentences, tuple(passages))
    store.close()


def _copies(templates: list[StoredArticle], prefix: str) -> Iterator[StoredArticle]:
    draw = np.random.default_rng(7)
    for number, template in enumerate(cycle(templates)):
        article = replace(template.article, id=f"{prefix}-{number}", meta={})
        passages = tuple(
            PassageRow(_renamed(row.passage, article), row.context_words, _moved(row.vector, draw))
            for row in template.passages
        )
        sentences = tuple(
            SentenceRow(replace(row.sentence, article_id=article.id), row.words, row.vector)
            for row in template.sentences
        )
        yield StoredArticle(article, content_hash(article), template.spans, sentences, passages)


def _renamed(passage: Passage, article: Article) -> Passage:
    return replace(passage, article_id=article.id)


def _moved(vector: Vectors, draw: np.random.Generator) -> Vectors:
    moved = vector + draw.normal(0, _JITTER / len(vector) ** 0.5, len(vector)).astype(np.float32)
    return np.asarray(moved / np.linalg.norm(moved), dtype=np.float32)


def _filled(folder: Path, source: Path, templates: list[StoredArticle], passages: int) -> Store:
    store, old = Store(folder, writable=True), Store(source)
    for key in ("encoder", "analysis", "dim"):
        store.set_meta(key, old.meta(key) or "")
    old.close()
    copies, held, started = _copies(templates, "글"), 0, time.perf_counter()
    while held < passages:
        batch = list(islice(copies, _COMMIT))
        store.write(batch)
        held += sum(len(article.passages) for article in batch)
    print(f"{held} passages stored in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return store


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _derive(folder: Path, store: Store) -> dict[str, object]:
    """Time publishing all of it anew, and each half alone."""
    dim, passages = int(store.meta("dim") or 0), store.counts()[1]
    whole = _timed(lambda: publish_store(folder, store, reuse=Reuse.NOTHING))

    def vectors() -> None:
        for low, high in _bounds(folder):
            (folder / "bench.faiss").write_bytes(VectorShard.build(*store.vectors(low, high), dim).to_bytes())

    seconds = _timed(vectors)
    (folder / "bench.faiss").unlink()
    shards = len(read_manifest(path_of(folder, current_number(folder))).shards)
    return {
        "passages": passages,
        "shards": shards,
        "derive_all_s": round(whole, 2),
        "vectors_per_s": round(passages / seconds),
        "everything_per_s": round(passages / whole),
    }


def _bounds(folder: Path) -> list[tuple[int, int]]:
    highs = [shard.high for shard in read_manifest(path_of(folder, current_number(folder))).shards]
    return list(zip([0, *highs], highs, strict=False))


def _change(folder: Path, store: Store, templates: list[StoredArticle], rounds: int) -> dict[str, object]:
    """Add a hundred articles, and remove one, ``rounds`` times.

    Return the seconds of store and publication together.
    """
    copies = _copies(templates, "새")
    added, removed = [], []
    for number in range(rounds):
        added.append(_timed(partial(_add, folder, store, list(islice(copies, 100)))))
        removed.append(_timed(partial(_remove, folder, store, f"글-{number * 37}")))
    return {
        "add_100_articles_s": [round(seconds, 2) for seconds in added],
        "remove_1_article_s": [round(seconds, 2) for seconds in removed],
    }


def _add(folder: Path, store: Store, batch: list[StoredArticle]) -> None:
    store.write(batch)
    publish_store(folder, store)


def _remove(folder: Path, store: Store, article_id: str) -> None:
    store.delete([article_id])
    publish_store(folder, store)


def _open(folder: Path, encoder: str, analysis: str) -> dict[str, object]:
    opened = [_timed(lambda: Engine.open(folder, encoder=encoder, analysis=analysis).close()) for _ in range(3)]
    held = open_current(folder)
    again = [_timed(lambda: open_current(folder)) for _ in range(3)]
    assert held is not None
    assert isinstance(held.index, EmbeddedIndex)
    store = Store(folder)
    query = store.vectors(0, 50)[1][:1]
    dense = [_timed(partial(held.index.vectors.search, query, 60, store.vectors_of)) for _ in range(20)]
    store.close()
    asked = [LexicalQuery(dict.fromkeys(text.split(), 1.0), bigrams(text)) for text in _QUESTIONS]
    lexical = [_timed(partial(held.index.lexical.search, query, 60)) for query in asked * 4]
    return {
        "open_s": round(statistics.median(opened), 2),
        "move_to_next_generation_s": round(statistics.median(again), 2),
        "dense_ms": round(1000 * statistics.median(dense), 2),
        "lexical_ms": round(1000 * statistics.median(lexical), 2),
    }


def _recover(folder: Path, source: Path, encoder: str, analysis: str, kills: int) -> dict[str, object]:
    """Seconds from the start of opening until the first answer, after a kill between commit and publication."""

    def ready() -> None:
        engine = Engine.open(folder, encoder=encoder, analysis=analysis)
        engine.search_lexical(LexicalQuery({"서울": 1.0}, ()), 10)
        engine.close()

    seconds = []
    for number in range(kills):
        child = [sys.executable, "-m", "scripts.bench.store", "--child", str(folder), "--like", str(source)]
        child += ["--rounds", str(number)]
        environment = {**os.environ, failpoints.VARIABLE: "store.committed:1:kill"}
        code = subprocess.run(child, env=environment, check=False).returncode
        if code != -signal.SIGKILL:
            raise SystemExit(f"the writer was to be killed and ended with {code}")
        seconds.append(_timed(ready))
    if not seconds:
        return {}
    worst = sorted(seconds)[max(0, math.ceil(0.95 * len(seconds)) - 1)]
    return {"recovery_p50_s": round(statistics.median(seconds), 2), "recovery_p95_s": round(worst, 2)}


def _write_once(folder: Path, source: Path, number: int) -> None:
    """Write ten articles, in a process that a failpoint kills after the commit."""
    store = Store(folder, writable=True)
    store.write(islice(_copies(list(_stored_articles(source)), f"죽음{number}"), 10))


if __name__ == "__main__":
    main()
