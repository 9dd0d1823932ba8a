"""tantivy's BM25 against the formula in plain Python: the same passages, the same values, the same order."""

import gc
import math
import os
import resource
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import CorruptIndexError
from index.korean.terms import bigrams
from index.search.filters import And, In, Range, Where
from index.search.lexical import BIGRAM_WEIGHT, LexicalIndex, LexicalQuery, _remembering, _remove
from index.search.segments import build_segments
from index.store.store import IndexRow

K1, B = 1.2, 0.75  # tantivy's

WORDS = ["서울", "부산", "항만", "도서관", "축제", "예산", "#4600000000000", "열리", "kt", "ai"]
TEXTS = [
    ("서울 도서관 열리", "서울에 도서관이 열렸다."),
    ("부산 항만 예산 #4600000000000", "부산 항만의 예산은 4조6000억원이다."),
    ("부산 축제 부산 축제 열리", "부산 축제, 부산의 축제가 열렸다."),
    ("kt ai ai ai 예산", "KT가 AI, AI, AI에 예산을 쓴다."),
    ("서울 축제", "서울 축제"),
    ("", "…"),
]


def row(seq: int, words: str, text: str, source: str | None = None, date: str | None = None) -> IndexRow:
    return IndexRow(seq, f"글-{seq // 10 % 3}", source, date, words, text)


ROWS = [
    row(10 * seq + 7, words, text, ("부산일보", "매일신문", None)[seq % 3], ("2024-10-03", None, "2023-05-20")[seq % 3])
    for seq, (words, text) in enumerate(TEXTS)
]


def build(folder: Path, rows: list[IndexRow]) -> LexicalIndex:
    LexicalIndex.build(folder / "lexical", rows)
    return LexicalIndex(folder / "lexical")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    return build(tmp_path_factory.mktemp("lexical"), ROWS)


def bm25(query: LexicalQuery, rows: list[IndexRow]) -> dict[int, float]:
    """Robertson and Zaragoza 2009, idf as Lucene has it: the slow twin.

    tantivy keeps a field's length in one byte, exact up to 40 terms; longer ones are rounded down.
    """
    fields = {
        "words": {row.seq: row.words.split() for row in rows},
        "bigrams": {row.seq: list(bigrams(row.text)) for row in rows},
    }
    parts = [("words", word, weight) for word, weight in query.words.items()]
    parts += [("bigrams", pair, BIGRAM_WEIGHT) for pair in dict.fromkeys(query.bigrams)]
    scores: Counter[int] = Counter()
    for field, term, weight in parts:
        documents = fields[field]
        mean = sum(map(len, documents.values())) / len(documents)
        frequency = sum(term in terms for terms in documents.values())
        idf = math.log(1 + (len(documents) - frequency + 0.5) / (frequency + 0.5))
        for seq, terms in documents.items():
            count = terms.count(term) if field == "words" else int(term in terms)
            if count:
                scores[seq] += weight * idf * count * (K1 + 1) / (count + K1 * (1 - B + B * len(terms) / mean))
    return dict(scores)


QUERIES = [
    LexicalQuery({"서울": 1.0}, ()),
    LexicalQuery({"부산": 1.0, "축제": 1.0}, ()),
    LexicalQuery({"부산": 1.0, "예산": 0.8, "없는말": 1.0}, ()),
    LexicalQuery({}, bigrams("부산 축제가")),
    LexicalQuery({"#4600000000000": 1.0, "예산": 1.0}, bigrams("예산은 4.6조?")),
    LexicalQuery({"ai": 1.0, "kt": 0.5}, bigrams("AI AI KT")),
]


def check(found: list[tuple[int, float]], exact: dict[int, float]) -> None:
    assert dict(found) == pytest.approx(exact, rel=1e-5)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


@pytest.mark.parametrize("query", QUERIES)
def test_search_equals_the_formula(index: LexicalIndex, query: LexicalQuery) -> None:
    exact = bm25(query, ROWS)
    check(index.search(query, 10), exact)
    best = sorted(exact.items(), key=lambda item: (-item[1], item[0]))
    assert [seq for seq, _ in index.search(query, 2)] == [seq for seq, _ in best[:2]]


@pytest.mark.parametrize("query", QUERIES)
def test_score_is_the_score_of_search(index: LexicalIndex, query: LexicalQuery) -> None:
    found = dict(index.search(query, 10))
    seqs = [row.seq for row in ROWS]
    assert index.score(query, seqs) == pytest.approx(found, rel=1e-6)
    assert index.score(query, seqs[2:4]) == pytest.approx(
        {seq: found[seq] for seq in seqs[2:4] if seq in found}, rel=1e-6
    )
    assert index.score(query, [999]) == {}
    assert index.score(query, []) == {}


FILTERS: list[tuple[Where, set[int]]] = [
    (And(), {7, 17, 27, 37, 47, 57}),
    (In("source", ("부산일보",)), {7, 37}),
    (In("source", ("부산일보", "매일신문")), {7, 17, 37, 47}),
    (In("source", ("부산",)), set()),  # no part of a name
    (In("source", ()), set()),
    (In("article_id", ("글-1",)), {17, 47}),
    (In("published_at", ("2024-10-03",)), {7, 37}),
    (Range("published_at", "2024-01-01", None), {7, 37}),
    (Range("published_at", None, "2024-10-02"), {27, 57}),
    (Range("published_at", None, None), {7, 27, 37, 57}),
    (Range("published_at", "2024-10-03", "2024-10-03"), {7, 37}),
    (And((In("source", ("부산일보",)), In("article_id", ("글-0",)))), {7, 37}),
    (And((In("source", ("부산일보",)), In("article_id", ("글-1",)))), set()),
    (And((And(), In("source", ("매일신문",)))), {17, 47}),
]


@pytest.mark.parametrize(("where", "allowed"), FILTERS)
def test_a_filter_leaves_the_rest_with_the_same_scores(index: LexicalIndex, where: Where, allowed: set[int]) -> None:
    for query in QUERIES:
        unfiltered = dict(index.search(query, 10))
        expected = {seq: score for seq, score in unfiltered.items() if seq in allowed}
        assert dict(index.search(query, 10, where)) == pytest.approx(expected, rel=1e-6)


def test_a_filter_comes_before_the_count(index: LexicalIndex) -> None:
    """The best one under the filter, though three others are better without it."""
    query = LexicalQuery({"부산": 1.0, "축제": 1.0, "예산": 0.01}, ())
    assert [seq for seq, _ in index.search(query, 1, In("article_id", ("글-0",)))] == [37]


@pytest.mark.parametrize(
    ("query", "k"), [(LexicalQuery({}, ()), 5), (QUERIES[0], 0), (LexicalQuery({"없는말": 1.0}, ()), 5)]
)
def test_nothing_asked_nothing_found(index: LexicalIndex, query: LexicalQuery, k: int) -> None:
    assert index.search(query, k) == []


def test_a_term_is_only_a_term(index: LexicalIndex) -> None:
    """No syntax of the engine's: what a question holds is looked up, letter for letter."""
    for word in ("words:서울", "서울*", '"서울"', "+서울", "(서울 OR 부산)", "서울~1", "*", "\x00", "[a TO b]"):
        assert index.search(LexicalQuery({word: 1.0}, (word,)), 5) == []


def test_document_frequency_counts_passages(index: LexicalIndex) -> None:
    assert {word: index.document_frequency(word) for word in WORDS} == {
        word: sum(word in words.split() for words, _ in TEXTS) for word in WORDS
    }


def test_length_of_a_long_passage_is_rounded_as_documented(tmp_path: Path) -> None:
    """300 terms are kept as 280 (a byte, 4 bits of mantissa): the score is between those of 280 and 300."""
    long = row(1, "서울 " + "부산 " * 299, "")
    other = row(2, "서울 항만", "")
    score = dict(build(tmp_path, [long, other]).search(LexicalQuery({"서울": 1.0}, ()), 2))[1]
    exact = bm25(LexicalQuery({"서울": 1.0}, ()), [long, other])[1]
    assert exact < score < 1.1 * exact


def test_an_empty_index_is_built_and_searched(tmp_path: Path) -> None:
    index = build(tmp_path, [])
    assert len(index) == 0
    assert index.search(QUERIES[1], 5) == []
    assert index.score(QUERIES[1], [1]) == {}


def test_a_folder_that_is_no_index_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{}", "utf-8")
    with pytest.raises(CorruptIndexError):
        LexicalIndex(tmp_path)
    with pytest.raises(CorruptIndexError):
        LexicalIndex(tmp_path / "없음")


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=12), min_size=1, max_size=12),
    st.dictionaries(st.sampled_from(WORDS), st.floats(0.1, 2.0), max_size=4),
    st.lists(st.sampled_from(["서울", "울에", "부산", "산항", "축제", "ai"]), max_size=3),
)
def test_search_equals_the_formula_for_any_corpus(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[list[str]], words: dict[str, float], pairs: list[str]
) -> None:
    texts = [" ".join(term for term in terms if not term.startswith("#")) for terms in corpus]  # 40 bigrams at most
    rows = [row(seq, " ".join(terms), text) for seq, (terms, text) in enumerate(zip(corpus, texts, strict=True))]
    query = LexicalQuery(words, tuple(pairs))
    check(build(tmp_path_factory.mktemp("corpus"), rows).search(query, 20), bm25(query, rows))


def test_a_disk_that_takes_no_more_is_an_error_of_the_disk(tmp_path: Path) -> None:
    """F11: tantivy raises ValueError for that too; it was answered with 500 instead of 507."""
    rows = [IndexRow(number, f"글-{number}", None, None, f"낱말{number}", f"글월 {number}") for number in range(200)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # bytes a file
    try:
        with pytest.raises(OSError, match="IO error"):
            build_segments(tmp_path / "segments", rows)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_panic_of_tantivy_is_a_damaged_index(index: LexicalIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """F7: a forged file that passes for whole; pyo3's PanicException is no Exception, and would end a thread."""

    class PanicException(BaseException):
        pass

    class Panicking:
        def __getattr__(self, name: str) -> object:
            raise PanicException

    monkeypatch.setattr(index, "_searcher", Panicking())
    monkeypatch.setattr(index, "_frequency", _remembering(Panicking(), Path("lexical")))
    for ask in (
        lambda: index.search(LexicalQuery({"서울": 1.0}, ()), 5),
        lambda: index.document_frequency("서울"),
    ):
        with pytest.raises(CorruptIndexError, match="doctor --repair"):
            ask()


def test_a_lock_that_comes_while_its_folder_is_emptied_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, links = shutil.rmtree, tmp_path / "links"
    links.mkdir()
    interrupted: list[Path] = []

    def interrupted_once(folder: Path, *, ignore_errors: bool) -> None:
        assert ignore_errors
        if interrupted:
            remove(folder)
        interrupted.append(folder)

    monkeypatch.setattr(shutil, "rmtree", interrupted_once)
    _remove(links)
    assert len(interrupted) == 2
    assert not links.exists()


def test_what_stands_in_for_a_folder_nobody_may_write_to_lives_as_long_as_its_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tantivy writes a lock into it from a thread of its own after opening: taken away before, one in 80 failed."""
    build(tmp_path, ROWS)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "links"))
    (tmp_path / "links").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    index = LexicalIndex(tmp_path / "lexical")
    (links,) = (tmp_path / "links").iterdir()
    assert (links / "meta.json").is_symlink()
    check(index.search(QUERIES[0], 10), bm25(QUERIES[0], ROWS))
    del index
    gc.collect()
    assert list((tmp_path / "links").iterdir()) == []
