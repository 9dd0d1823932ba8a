"""What must hold after every restart: all articles as the oracle says, the doctor content, answers as of a clean build."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from index.articles import Article
from index.doctor import examine
from index.encoders.base import Vectors
from index.engine import Engine, is_new
from index.errors import GeungeoError
from index.korean.terms import bigrams
from index.search.lexical import LexicalQuery
from tests.support.fakes import HashEncoder, RegexSplitter, make_index, open_index
from tests.torture import texts
from tests.torture.ledger import Found, Ledger

PROBES = tuple(texts.probes(50))
_TOP = 10
_SAME = 1e-4  # of scores: single-precision sums over the same numbers in another order
_MEMORY = Path("/dev/shm")
Ranking = list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Inspection:
    """``ready``: seconds from the beginning of opening until the first answer."""

    found: Found
    ready: float


def inspect(folder: Path, ledger: Ledger, *, clean: bool = True) -> Inspection:
    """Open, and so recover, the index of ``folder`` and look at all of it. ``clean``: build it anew to compare with."""
    started = time.perf_counter()
    try:
        if is_new(folder):
            return Inspection(ledger.judge_all([]), time.perf_counter() - started)
        engine = open_index(folder, RegexSplitter())
        try:
            answer(engine, PROBES[0])
            ready = time.perf_counter() - started
            return Inspection(_look(folder, engine, ledger, clean=clean), ready)
        finally:
            engine.close()
    except GeungeoError as error:
        found = ledger.judge_all([])
        found.torn += 1
        found.complain(f"refused: {error.english}")
        return Inspection(found, time.perf_counter() - started)


def _look(folder: Path, engine: Engine, ledger: Ledger, *, clean: bool) -> Found:
    articles = [engine.article(row[0]) for row in engine.list_articles()]
    found = ledger.judge_all(articles)
    found.add(_doctor(folder))
    if clean:
        found.add(compare(answers(engine), answers_of_clean_build(articles)))
    return found


def _doctor(folder: Path) -> Found:
    complaints = [error.english for error in examine(folder)]
    return Found(torn=len(complaints), complaints=complaints)


def answer(engine: Engine, question: str) -> tuple[Ranking, Ranking]:
    """The ten best passages by vector and by words."""
    dense = engine.search_dense(_vector(question), _TOP)
    query = LexicalQuery(dict.fromkeys(question.split(), 1.0), bigrams(question))
    lexical = engine.search_lexical(query, _TOP)
    passages = engine.passages([seq for seq, _ in (*dense, *lexical)])
    return [(passages[seq].id, score) for seq, score in dense], [(passages[seq].id, score) for seq, score in lexical]


@lru_cache(maxsize=len(PROBES))
def _vector(question: str) -> Vectors:
    return HashEncoder().encode_queries([question])


def answers(engine: Engine) -> list[Ranking]:
    """To every probe, both ways."""
    return [ranking for probe in PROBES for ranking in answer(engine, probe)]


def answers_of_clean_build(articles: Sequence[Article]) -> list[Ranking]:
    """Of an index made of these articles from nothing."""
    return _answers_of_clean_build(
        tuple((article.id, article.title, article.text, article.source) for article in articles)
    )


@lru_cache(maxsize=64)
def _answers_of_clean_build(fields: tuple[tuple[str, str, str, str | None], ...]) -> list[Ranking]:
    """Kept, for many crashes end in the same few states."""
    folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        if not fields:
            return [[] for _ in range(2 * len(PROBES))]
        articles = [Article(name, title, text, source=source) for name, title, text, source in fields]
        make_index(folder, RegexSplitter(), articles)
        engine = open_index(folder, RegexSplitter())
        try:
            return answers(engine)
        finally:
            engine.close()
    finally:
        shutil.rmtree(folder)


def compare(given: Sequence[Ranking], right: Sequence[Ranking]) -> Found:
    """How many rankings differ; passages of equal scores may change places, at the cut too."""
    found = Found()
    for number, (ours, theirs) in enumerate(zip(given, right, strict=True)):
        if not same_ranking(ours, theirs):
            found.wrong += 1
            found.complain(f"{PROBES[number // 2]!r} gave {ours[:3]} and not {theirs[:3]}")
    return found


def same_ranking(one: Ranking, other: Ranking) -> bool:
    if len(one) != len(other):
        return False
    if any(abs(a - b) > _SAME * max(1.0, abs(b)) for (_, a), (_, b) in zip(one, other, strict=True)):
        return False
    if not one:
        return True
    edge = other[-1][1] + 2 * _SAME * max(1.0, abs(other[-1][1]))
    return {name for name, score in one if score > edge} == {name for name, score in other if score > edge} or (
        {name for name, _ in one} == {name for name, _ in other}
    )
