"""Compare engines for the lexical half on the same Korean terms: tantivy, SQLite FTS5, bm25s.

    python -m scripts.bench.lexical [--data ../shared/data] [--limit DOCUMENTS] [--work FOLDER] [--rounds 3]
        [--engines tantivy fts5 bm25s]

The laws of ``easylaw`` are cut into passages of about 400 characters; words and bigrams are computed once (Kiwi takes
minutes) and kept in the work folder. bm25s must be installed beside. Every measurement runs in a process of its own, engines in turn, with the same
200 questions. ``easylaw`` without its last 100 documents is built and searched; those 100 are then added, and the first
100 deleted. Agreement with an exact BM25, nDCG@10 and filters are measured on the questions' own small corpora. Prints
a Markdown table; docs/results/lexical-engines.md has the reasoning.

One step alone, for instance to watch what it makes durable:
    strace -f -y -e trace=fsync,fdatasync,rename python -m scripts.bench.lexical --step update --engine fts5
"""

import argparse
import gzip
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib.metadata import distribution, version
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple, Protocol
from unittest.mock import patch

from index.articles import Span
from index.korean.sentences import ParsedSentence, SentenceSplitter
from index.korean.terms import TERMS_VERSION, bigrams, word_terms
from index.search import lexical
from index.search.filters import In
from index.search.lexical import BIGRAM_WEIGHT, LexicalIndex, LexicalQuery
from index.store.store import IndexRow
from index.text.characters import normalize

K = 60
CHANGED = 100  # documents added, and deleted; of a small --limit, a quarter
QUESTIONS = {"easylaw_senior_qa": 74, "welfare_qa": 126}
K1, B = 1.2, 0.75  # what tantivy and FTS5 have fixed
Hits = list[tuple[int, float]]
Figures = dict[str, Any]  # numbers, and a few lists and truths, as JSON has them


class Engine(Protocol):
    """An index in one folder. Searching opens it lazily."""

    def __init__(self, folder: Path) -> None: ...
    def build(self, rows: Sequence[IndexRow]) -> None: ...
    def search(self, query: LexicalQuery, k: int, articles: Sequence[str] | None = None) -> Hits: ...
    def add(self, rows: Sequence[IndexRow], everything: Sequence[IndexRow]) -> None: ...
    def delete(self, articles: Sequence[str], left: Sequence[IndexRow]) -> None: ...
    def __len__(self) -> int: ...


class Tantivy:
    """The project's own index, and the writer behind it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _index(self) -> LexicalIndex:
        return LexicalIndex(self._folder)

    def build(self, rows: Sequence[IndexRow]) -> None:
        LexicalIndex.build(self._folder, rows)

    def search(self, query: LexicalQuery, k: int, articles: Sequence[str] | None = None) -> Hits:
        return self._index.search(query, k, None if articles is None else In("article_id", tuple(articles)))

    def add(self, rows: Sequence[IndexRow], everything: Sequence[IndexRow]) -> None:
        self._write(rows, ())

    def delete(self, articles: Sequence[str], left: Sequence[IndexRow]) -> None:
        self._write((), articles)

    def _write(self, rows: Sequence[IndexRow], deleted: Sequence[str]) -> None:
        import tantivy

        index = tantivy.Index(lexical.schema(), path=str(self._folder), reuse=True)
        lexical._register(index)
        writer = index.writer(heap_size=64_000_000, num_threads=1)
        for article in deleted:
            writer.delete_documents_by_term("article_id", article)
        for row in rows:
            writer.add_document(lexical._document(row))
        writer.commit()
        self.__dict__.pop("_index", None)

    def __len__(self) -> int:
        return len(self._index)


class Fts5:
    """A contentless FTS5 table of two columns; one transaction for each change, WAL and ``synchronous=FULL``."""

    # "ascii" takes every other character as part of a word; with all ASCII marks added, only spaces separate terms.
    _MARKS = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum()).replace("'", "''''")
    _SCHEMA = f"""
        CREATE VIRTUAL TABLE terms USING fts5(words, bigrams, content='', contentless_delete=1,
            tokenize="ascii tokenchars '{_MARKS.replace('"', '""')}'");
        CREATE TABLE rows(seq INTEGER PRIMARY KEY, article TEXT NOT NULL);
        CREATE INDEX rows_by_article ON rows(article);
        INSERT INTO terms(terms, rank) VALUES ('rank', 'bm25(1.0, {BIGRAM_WEIGHT})');
    """

    def __init__(self, folder: Path) -> None:
        import apsw

        folder.mkdir(parents=True, exist_ok=True)
        self._db = apsw.Connection(str(folder / "lexical.db"))
        self._db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA mmap_size = 4000000000")

    def build(self, rows: Sequence[IndexRow]) -> None:
        self._db.execute(self._SCHEMA)
        self.add(rows, rows)
        self._db.execute("INSERT INTO terms(terms) VALUES ('optimize'); PRAGMA wal_checkpoint(TRUNCATE)")

    def search(self, query: LexicalQuery, k: int, articles: Sequence[str] | None = None) -> Hits:
        fields = (("words", query.words), ("bigrams", dict.fromkeys(query.bigrams)))
        match = " OR ".join(f"{name} : ({' OR '.join(map(_quoted, terms))})" for name, terms in fields if terms)
        where = "" if articles is None else f"AND rowid IN (SELECT seq FROM rows WHERE article IN ({_marks(articles)}))"
        sql = f"SELECT rowid, -rank FROM terms WHERE terms MATCH ? {where} ORDER BY rank LIMIT ?"
        return [(int(seq), float(score)) for seq, score in self._db.execute(sql, (match, *(articles or ()), k))]

    def add(self, rows: Sequence[IndexRow], everything: Sequence[IndexRow]) -> None:
        with self._db:
            self._db.executemany("INSERT INTO rows VALUES (?, ?)", ((row.seq, row.article_id) for row in rows))
            terms = ((row.seq, row.words, row.text) for row in rows)
            self._db.executemany("INSERT INTO terms(rowid, words, bigrams) VALUES (?, ?, ?)", terms)

    def delete(self, articles: Sequence[str], left: Sequence[IndexRow]) -> None:
        chosen = f"article IN ({_marks(articles)})"
        with self._db:
            self._db.execute(f"DELETE FROM terms WHERE rowid IN (SELECT seq FROM rows WHERE {chosen})", articles)
            self._db.execute(f"DELETE FROM rows WHERE {chosen}", articles)

    def __len__(self) -> int:
        return sum(int(count) for (count,) in self._db.execute("SELECT count(*) FROM terms"))


class Bm25s:
    """Two score matrices, memory-mapped, added at search time. Any change is a new build."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _halves(self) -> tuple[Any, Any, list[tuple[int, str]]]:
        import bm25s

        words, pairs = (bm25s.BM25.load(self._folder / name, mmap=True) for name in ("words", "bigrams"))
        return words, pairs, json.loads((self._folder / "rows.json").read_text())

    def build(self, rows: Sequence[IndexRow]) -> None:
        import bm25s

        for name, texts in (("words", (row.words for row in rows)), ("bigrams", (row.text for row in rows))):
            half = bm25s.BM25(method="lucene", k1=K1, b=B, backend="numpy")
            half.index([text.split() for text in texts], show_progress=False)
            half.save(self._folder / name, show_progress=False)
        (self._folder / "rows.json").write_text(json.dumps([[row.seq, row.article_id] for row in rows]))
        self.__dict__.pop("_halves", None)

    def search(self, query: LexicalQuery, k: int, articles: Sequence[str] | None = None) -> Hits:
        import numpy as np

        words, pairs, rows = self._halves
        total = np.zeros(len(rows), dtype=np.float32)
        for half, terms, weight in ((words, query.words, 1.0), (pairs, dict.fromkeys(query.bigrams), BIGRAM_WEIGHT)):
            if terms:
                total += weight * half.get_scores_from_ids(half.get_tokens_ids(list(terms)))
        if articles is not None:
            chosen = set(articles)
            total *= np.fromiter((article in chosen for _, article in rows), dtype=bool, count=len(rows))
        best = np.sort(np.argpartition(-total, min(k, len(total)) - 1)[:k])
        ranked = best[np.argsort(-total[best], kind="stable")]
        return [(rows[i][0], float(total[i])) for i in ranked if total[i] > 0]

    def add(self, rows: Sequence[IndexRow], everything: Sequence[IndexRow]) -> None:
        self.build(everything)

    def delete(self, articles: Sequence[str], left: Sequence[IndexRow]) -> None:
        self.build(left)

    def __len__(self) -> int:
        return len(self._halves[2])


ENGINES: dict[str, type[Engine]] = {"tantivy": Tantivy, "fts5": Fts5, "bm25s": Bm25s}
PACKAGES = {"tantivy": "tantivy", "fts5": "apsw", "bm25s": "bm25s"}


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


class Exact:
    """BM25 of both fields by the formula, passage by passage: slow, and what the others are compared with."""

    def __init__(self, rows: Sequence[IndexRow]) -> None:
        self._seqs = [row.seq for row in rows]
        self._fields = [_Field(row.words for row in rows), _Field(row.text for row in rows)]

    def scores(self, query: LexicalQuery) -> dict[int, float]:
        weights = (query.words, dict.fromkeys(query.bigrams, BIGRAM_WEIGHT))
        parts = [field.scores(terms) for field, terms in zip(self._fields, weights, strict=True)]
        return {seq: sum(both) for seq, *both in zip(self._seqs, *parts, strict=True)}


class _Field:
    def __init__(self, texts: Iterable[str]) -> None:
        self._counts = [Counter(text.split()) for text in texts]
        self._lengths = [counts.total() for counts in self._counts]
        self._frequency = Counter(term for counts in self._counts for term in counts)

    def scores(self, weights: Mapping[str, float]) -> list[float]:
        size = len(self._counts)
        mean = sum(self._lengths) / size
        found = ((term, weight, self._frequency[term]) for term, weight in weights.items())
        idf = {term: weight * math.log(1 + (size - n + 0.5) / (n + 0.5)) for term, weight, n in found}
        return [
            sum(
                idf[term] * counts[term] * (K1 + 1) / (counts[term] + K1 * (1 - B + B * length / mean))
                for term in idf
                if term in counts
            )
            for counts, length in zip(self._counts, self._lengths, strict=True)
        ]


# ------------------------------------------------------------------------------------------------------------- terms


def prepare(data: Path, work: Path, limit: int | None) -> None:
    """Write the terms of all passages and questions, unless they are there."""
    if (work / "done").exists():
        return
    work.mkdir(parents=True, exist_ok=True)
    splitter = SentenceSplitter()
    start = time.perf_counter()
    laws = islice(read_records(data / "easylaw" / "corpus.jsonl.gz"), limit)
    own = (record for name in QUESTIONS for record in read_records(data / name / "corpus.jsonl"))
    count = [write_rows(work / f"{name}.jsonl", splitter, texts) for name, texts in (("full", laws), ("small", own))]
    with (work / "questions.jsonl").open("w", encoding="utf-8") as file:
        for identifier, text in questions(data):
            words = word_terms(splitter.tokenize(text), text)
            print(json.dumps([identifier, list(dict.fromkeys(words)), list(bigrams(text))]), file=file)
    (work / "done").touch()
    print(f"terms of {count[0]} + {count[1]} passages: {time.perf_counter() - start:.0f} s", file=sys.stderr)


def read_records(path: Path) -> Iterator[dict[str, str]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def questions(data: Path) -> Iterator[tuple[str, str]]:
    """Evenly taken from each set."""
    for name, count in QUESTIONS.items():
        records = list(read_records(data / name / "queries.jsonl"))
        for i in range(count):
            record = records[i * len(records) // count]
            yield record["id"], normalize(record["text"])


def write_rows(path: Path, splitter: SentenceSplitter, records: Iterable[dict[str, str]]) -> int:
    """Write ``[article, words, bigrams]`` of each passage, one a line, and return how many."""
    kept: list[tuple[str, str]] = []

    def articles() -> Iterator[tuple[str, list[Span]]]:
        for record in records:
            text = normalize(record["text"])
            kept.append((record["id"], text))
            yield text, [Span(0, len(text))]

    count = 0
    with path.open("w", encoding="utf-8") as file:
        for number, sentences in enumerate(splitter.parse_many(articles())):
            article, text = kept[number]
            for passage in cut_passages(sentences):
                terms = [
                    word
                    for sentence in passage
                    for word in word_terms(sentence.tokens, text[sentence.start : sentence.end])
                ]
                pairs = bigrams(text[passage[0].start : passage[-1].end])
                print(json.dumps([article, " ".join(terms), " ".join(pairs)], ensure_ascii=False), file=file)
                count += 1
    return count


def cut_passages(sentences: Sequence[ParsedSentence], characters: int = 400) -> Iterator[list[ParsedSentence]]:
    passage: list[ParsedSentence] = []
    for sentence in sentences:
        if passage and sentence.end - passage[0].start > characters:
            yield passage
            passage = []
        passage.append(sentence)
    if passage:
        yield passage


class Rows(NamedTuple):
    """All passages; those built first, those added, those left after the deletion."""

    all: list[IndexRow]
    built: list[IndexRow]
    added: list[IndexRow]
    left: list[IndexRow]
    deleted: list[str]


def ready_made(text: str) -> tuple[str, ...]:
    """Stand in for ``bigrams``: rows carry theirs, joined by spaces, for every engine alike."""
    return tuple(text.split())


def read_rows(path: Path) -> Rows:
    with path.open(encoding="utf-8") as file:
        records = map(json.loads, file)
        rows = [IndexRow(seq, article, None, None, words, pairs) for seq, (article, words, pairs) in enumerate(records)]
    articles = list(dict.fromkeys(row.article_id for row in rows))
    changed = min(CHANGED, len(articles) // 4)
    late, early = set(articles[-changed:]), set(articles[:changed])
    built = [row for row in rows if row.article_id not in late]
    left = [row for row in rows if row.article_id not in early]
    return Rows(rows, built, rows[len(built) :], left, articles[:changed])


def read_questions(work: Path) -> dict[str, LexicalQuery]:
    records = (json.loads(line) for line in (work / "questions.jsonl").read_text(encoding="utf-8").splitlines())
    return {key: LexicalQuery(dict.fromkeys(words, 1.0), tuple(pairs)) for key, words, pairs in records}


# ------------------------------------------------------------------------------------------------------------- steps


def build(engine: type[Engine], work: Path, folder: Path) -> Figures:
    """Return a new index of the first documents."""
    rows = read_rows(work / "full.jsonl").built
    shutil.rmtree(folder, ignore_errors=True)
    before = memory("VmRSS")
    start = time.perf_counter()
    index = engine(folder)
    index.build(rows)
    seconds = time.perf_counter() - start
    grown = memory("VmHWM") - before
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"build_s": seconds, "build_mb": grown, "disk_mb": size / 1e6, "passages": len(index)}


def search(engine: type[Engine], work: Path, folder: Path) -> Figures:
    """Open, ask all questions once to warm up, then measure."""
    queries = list(read_questions(work).values())
    before = memory("VmRSS")
    start = time.perf_counter()
    index = engine(folder)
    index.search(queries[0], K)
    first = time.perf_counter() - start
    for query in queries:
        index.search(query, K)
    times = [timed(index, query) for query in queries for _ in range(3)]
    percentiles = quantiles(times, n=20)
    figures = {"open_ms": first * 1000, "p50_ms": median(times), "p95_ms": percentiles[18]}
    return figures | {"rss_mb": memory("VmHWM"), "before_mb": before, "private_mb": memory("RssAnon")}


def timed(index: Engine, query: LexicalQuery) -> float:
    start = time.perf_counter()
    index.search(query, K)
    return (time.perf_counter() - start) * 1000


def update(engine: type[Engine], work: Path, folder: Path) -> Figures:
    """Add the last documents to a copy of the index, then delete the first; compare with a new build."""
    rows = read_rows(work / "full.jsonl")
    copy, new = folder.with_name(folder.name + "-copy"), folder.with_name(folder.name + "-new")
    for path in (copy, new):
        shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(folder, copy)
    index, fresh = engine(copy), engine(new)
    figures = change(index, rows)
    fresh.build(rows.left)
    pairs = [(index.search(query, K), fresh.search(query, K)) for query in read_questions(work).values()]
    same_top = sum(agreement(hits, defaultdict(float, wanted)) for hits, wanted in pairs) / len(pairs)
    same = sum(same_scores(hits[:10], wanted[:10]) for hits, wanted in pairs) / len(pairs)
    return figures | {"ghosts": count_ghosts(index, rows), "as_new_10": same_top, "as_new": same}


def change(index: Engine, rows: Rows) -> Figures:
    """Seconds until a search sees each change."""
    last = rows.added[-1]
    probe = LexicalQuery(dict.fromkeys(last.words.split(), 1.0), ())
    start = time.perf_counter()
    index.add(rows.added, rows.all)
    found = bool(index.search(probe, 1, [last.article_id]))
    middle, with_added = time.perf_counter(), len(index)
    index.delete(rows.deleted, rows.left)
    gone = not index.search(probe, 1, rows.deleted)
    seconds = {"add_s": middle - start, "delete_s": time.perf_counter() - middle}
    counts = {"counts": [with_added, len(index)], "expected": [len(rows.all), len(rows.left)]}
    return seconds | counts | {"found": found and gone}


def same_scores(hits: Hits, others: Hits) -> bool:
    pairs = zip(hits, others, strict=False)
    return len(hits) == len(others) and all(math.isclose(pair, other, rel_tol=1e-4) for (_, pair), (_, other) in pairs)


def count_ghosts(index: Engine, rows: Rows) -> int:
    """Count the deleted passages that a search for their own words still finds."""
    gone = {row.seq for row in rows.all} - {row.seq for row in rows.left}
    asked = [row for row in rows.all if row.seq in gone][::20]
    queries = (LexicalQuery(dict.fromkeys(row.words.split(), 1.0), ()) for row in asked if row.words)
    return sum(seq in gone for query in queries for seq, _ in index.search(query, K))


def quality(engine: type[Engine], work: Path, folder: Path) -> Figures:
    """Measure against the exact BM25, the judgments and the unfiltered ranking, on the questions' own corpora."""
    rows = read_rows(work / "small.jsonl").all
    shutil.rmtree(folder, ignore_errors=True)
    index = engine(folder)
    index.build(rows)
    queries = read_questions(work)
    exact = Exact(rows)
    scores = {key: exact.scores(query) for key, query in queries.items()}
    hits = {key: index.search(query, K) for key, query in queries.items()}
    chosen = sorted({row.article_id for row in rows})[::7]
    filtered = [filter_is_exact(index, rows, query, chosen) for query in islice(queries.values(), 0, None, 5)]
    return {
        "same_10": sum(agreement(hits[key], scores[key]) for key in queries) / len(queries),
        "same_1": sum(is_best(hits[key], scores[key]) for key in queries) / len(queries),
        "ndcg": ndcg(hits, rows, work), "filtered": [sum(filtered), len(filtered)], "small": len(rows),
    }  # fmt: skip


def agreement(hits: Hits, exact: Mapping[int, float], k: int = 10) -> float:
    """Share of the top 10 that are in the exact top 10; any of several with equal scores will do."""
    best = sorted(exact.values(), reverse=True)[:k]
    return sum(exact[seq] >= best[-1] - 1e-6 for seq, _ in hits[:k]) / len(best) if best else float(not hits)


def is_best(hits: Hits, exact: Mapping[int, float]) -> bool:
    """Return whether the first is the exact first, or there is none where nothing matches."""
    best = max(exact.values())
    return exact[hits[0][0]] >= best - 1e-6 if hits else best == 0


def filter_is_exact(index: Engine, rows: Sequence[IndexRow], query: LexicalQuery, chosen: Sequence[str]) -> bool:
    """Return whether a filtered search gives what filtering the whole ranking afterwards gives, in full."""
    allowed = {row.seq for row in rows if row.article_id in chosen}
    wanted = [hit for hit in index.search(query, len(rows)) if hit[0] in allowed][:K]
    found = index.search(query, K, chosen)
    return same_scores(found, wanted) and all(seq in allowed for seq, _ in found)


def ndcg(hits: Mapping[str, Hits], rows: Sequence[IndexRow], work: Path) -> float:
    """Return the mean nDCG@10 of articles, each at its best passage."""
    import ir_measures

    run: dict[str, dict[str, float]] = defaultdict(dict)
    for key, found in hits.items():
        for seq, score in found:
            run[key].setdefault(rows[seq].article_id, score)
    judged = json.loads((work / "qrels.json").read_text())
    return float(ir_measures.calc_aggregate([ir_measures.nDCG @ 10], judged, run)[ir_measures.nDCG @ 10])


def memory(name: str) -> float:
    """Return a line of this process's status, in MB (1,000,000 bytes)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(name)


STEPS = {"build": build, "search": search, "update": update, "quality": quality}


# ------------------------------------------------------------------------------------------------------------ report


def run_step(step: str, engine: str) -> Figures:
    """Run one step in a process of its own, with the options of this one."""
    command = [sys.executable, "-m", "scripts.bench.lexical", *sys.argv[1:], "--step", step, "--engine", engine]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    print(f"{engine} {step}: {done.stdout.strip()}", file=sys.stderr)
    figures: Figures = json.loads(done.stdout)
    return figures


def measure(rounds: int, engines: Sequence[str]) -> dict[str, Figures]:
    """Measure each engine in turn; of the search rounds, the median of each figure."""
    results: dict[str, Figures] = {name: {} for name in engines}
    for step in ("build", "update", "quality"):
        for name in engines:
            results[name] |= run_step(step, name)
    searched = [{name: run_step("search", name) for name in engines} for _ in range(rounds)]
    for name in engines:
        results[name] |= {key: median(round_[name][key] for round_ in searched) for key in searched[0][name]}
        results[name]["install_mb"] = installed_size(PACKAGES[name])
    return results


def installed_size(package: str) -> float:
    files = distribution(package).files or ()
    paths = (Path(str(file.locate())) for file in files)
    return sum(path.stat().st_size for path in paths if path.exists()) / 1e6


LINES = (
    ("build, s", "{build_s:.1f}"),
    ("memory while building, beyond the terms, MB", "{build_mb:.0f}"),
    ("index on disk, MB", "{disk_mb:.0f}"),
    ("add 100 documents until searchable, s", "{add_s:.2f} (seen: {found})"),
    ("delete 100 documents until gone, s", "{delete_s:.2f} (ghosts: {ghosts})"),
    ("passages after add, after delete", "{counts} of {expected}"),
    ("after both, top 10 as in a new build: passages, scores", "{as_new_10:.3f}, {as_new:.3f}"),
    ("open and first query, ms", "{open_ms:.0f}"),
    ("query p50, ms", "{p50_ms:.1f}"),
    ("query p95, ms", "{p95_ms:.1f}"),
    ("peak memory of the searching process, MB", "{rss_mb:.0f} (before opening {before_mb:.0f})"),
    ("of it private at the end, MB", "{private_mb:.0f}"),
    ("top 10 as the exact BM25", "{same_10:.3f}"),
    ("first as the exact BM25", "{same_1:.3f}"),
    ("nDCG@10 on the questions' corpora", "{ndcg:.3f}"),
    ("filtered top 60 exact", "{filtered}"),
    ("installed, MB", "{install_mb:.1f}"),
)


def report(results: Mapping[str, Mapping[str, object]], load: str) -> str:
    heads = [f"{name} ({PACKAGES[name]} {version(PACKAGES[name])})" for name in results]
    lines = [f"| | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for title, form in LINES:
        lines.append(f"| {title} | {' | '.join(form.format(**result) for result in results.values())} |")
    one = next(iter(results.values()))
    sizes = f"{one['passages']} passages searched, {one['small']} in the questions' corpora, load average {load}"
    return "\n".join([*lines, "", sizes])


def write_judgments(data: Path, work: Path) -> None:
    asked = read_questions(work)
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for name in QUESTIONS:
        for line in (data / name / "qrels.tsv").read_text().splitlines():
            key, article, grade = line.split("\t")
            if key in asked:
                judged[key][article] = int(grade)
    (work / "qrels.json").write_text(json.dumps(judged))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--limit", type=int, help="only so many documents of easylaw")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "geungeo-bench-lexical")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--step", choices=STEPS, help="one step alone, on what an earlier run left in --work")
    parser.add_argument("--engine", choices=ENGINES, default="tantivy")
    options = parser.parse_args()
    if options.limit is not None and options.limit < 4:
        parser.error("--limit must be at least 4: some documents are added, others deleted")
    work = options.work / f"terms-{TERMS_VERSION}-{options.limit or 'all'}"
    if options.step:
        folder = work / (f"{options.engine}-quality" if options.step == "quality" else options.engine)
        with patch.object(lexical, "bigrams", ready_made):
            print(json.dumps(STEPS[options.step](ENGINES[options.engine], work, folder)))
        return 0
    if not (options.data / "easylaw").is_dir():
        print(f"no {options.data / 'easylaw'}: give the folder of the data sets with --data", file=sys.stderr)
        return 1
    prepare(options.data, work, options.limit)
    write_judgments(options.data, work)
    before = os.getloadavg()[0]
    results = measure(options.rounds, options.engines)
    print(report(results, f"{before:.1f} before, {os.getloadavg()[0]:.1f} after"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
