"""Two searches and one fusion, against a slow twin that scores every passage there is."""

import zlib
from collections.abc import Iterator

import pytest

from index.articles import Article
from index.encoder import Vectors
from index.engine import Engine
from index.filters import EVERYTHING, And, In, Range, Where
from rag.aliases import Aliases
from rag.answers import Filters, Mode
from rag.question import Question, read_question
from rag.retrieval import (
    CANDIDATES,
    DENSE_FLOOR,
    DENSE_SPAN,
    DENSE_WEIGHT,
    RESCORED,
    rank_passages,
    to_where,
)
from tests.fakes import ARTICLES, HashEncoder, RegexSplitter
from tests.rag_support import GROUPS, build_index, open_engine

WORDS = ["서울", "부산", "항만", "도서관", "축제", "예산", "매출", "매출액", "법인", "회사", "기업", "AX", "목표", "비빔밥", "드라마", "부두", "장서", "2024년", "4조6000억원", "열렸다"]
SOURCES = ("부산일보", "매일신문", None)
DATES = ("2023-05-20", "2024-10-03", None, "2025-01-15")
QUESTIONS = ("AX 법인의 매출 목표는?", "부산 항만 예산", "비빔밥 축제", "드라마", "없는말 zzz", "2024년 4조6000억원")


def made_up(number: int) -> Article:
    """Three sentences whose words are drawn by the number alone."""
    picks = [WORDS[zlib.crc32(f"{number}-{place}".encode()) % len(WORDS)] for place in range(12)]
    text = " ".join(" ".join(picks[start : start + 4]) + "." for start in (0, 4, 8))
    return Article(f"글-{number}", picks[0], text, SOURCES[number % 3], None, DATES[number % 4])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("retrieval")
    twins = [Article(f"쌍-{number}", "같은 글", "같은 드라마 같은 축제.") for number in range(4)]
    build_index(folder, [*ARTICLES, *map(made_up, range(150)), *twins])
    engine = open_engine(folder)
    yield engine
    engine.close()


def asked(text: str) -> tuple[Question, Vectors]:
    question = read_question(text, RegexSplitter(), Aliases(GROUPS, RegexSplitter()))
    return question, HashEncoder().encode_query(question.text)


def slow_twin(engine: Engine, question: Question, vector: Vectors, where: Where, mode: Mode, k: int = 0) -> dict[int, tuple]:
    """seq → (dense, lexical, mixed) of every candidate: all passages scored, then cut as the candidates are."""
    total = engine.manifest.passages
    dense = dict(engine.search_dense(vector, total, where))
    lexical = dict(engine.search_lexical(question.lexical(), total, where))
    best = max(lexical.values(), default=0.0)

    def first(scores: dict[int, float]) -> set[int]:
        return set(sorted(scores, key=lambda seq: (-scores[seq], seq))[: max(CANDIDATES, k)])

    def mixed(seq: int, cosine: float) -> float:
        dense_half = DENSE_WEIGHT * (cosine - DENSE_FLOOR)
        word_half = lexical.get(seq, 0.0) / best if best else 0.0
        if mode is Mode.DENSE:
            return dense_half / (DENSE_WEIGHT * DENSE_SPAN)
        return word_half if mode is Mode.LEXICAL else (dense_half + word_half) / (DENSE_WEIGHT * DENSE_SPAN + 1)

    def with_best_sentence(seq: int) -> float:
        passage = engine.passages([seq])[seq]
        rows = engine.sentences(passage.article_id, passage.start, passage.end)
        return (dense[seq] + max(float(row.vector @ vector[0]) for row in rows)) / 2

    candidates = (set() if mode is Mode.LEXICAL else first(dense)) | (set() if mode is Mode.DENSE else first(lexical))
    sums = {seq: mixed(seq, dense[seq]) for seq in candidates}
    if mode is Mode.HYBRID:
        best_first = sorted(sums, key=lambda seq: (-sums[seq], seq))[:RESCORED]
        sums |= {seq: mixed(seq, with_best_sentence(seq)) for seq in best_first}
    return {
        seq: (
            None if mode is Mode.LEXICAL else dense[seq],
            None if mode is Mode.DENSE else lexical.get(seq, 0.0),
            sums[seq],
        )
        for seq in candidates
    }


FILTERS = [
    Filters(),
    Filters(source="부산일보"),
    Filters(date_from="2024-01-01"),
    Filters(date_to="2024-10-03"),
    Filters(date_from="2024-10-03", date_to="2024-10-03"),
    Filters(article_ids=("글-1", "글-7", "부산-항만")),
    Filters(source="매일신문", date_from="2023-01-01", article_ids=tuple(f"글-{number}" for number in range(50))),
]


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("text", QUESTIONS)
def test_every_value_is_the_slow_twins(engine: Engine, text: str, mode: Mode) -> None:
    question, vector = asked(text)
    twin = slow_twin(engine, question, vector, EVERYTHING, mode)
    found = rank_passages(engine, question, vector, where=EVERYTHING, mode=mode, k=CANDIDATES)
    assert [one.seq for one in found] == sorted(twin, key=lambda seq: (-twin[seq][2], seq))[:CANDIDATES]
    for one in found:
        dense, lexical, mixed = twin[one.seq]
        assert one.scores.dense == pytest.approx(dense, abs=1e-5) if dense is not None else one.scores.dense is None
        assert one.scores.lexical == pytest.approx(lexical, rel=1e-5) if lexical is not None else one.scores.lexical is None
        assert one.scores.fused == pytest.approx(min(1.0, max(0.0, mixed)), abs=1e-5)


@pytest.mark.parametrize("filters", FILTERS[1:])
@pytest.mark.parametrize("text", QUESTIONS[:3])
def test_filters_are_exact_and_inside_the_search(engine: Engine, text: str, filters: Filters) -> None:
    question, vector = asked(text)
    where = to_where(filters)
    twin = slow_twin(engine, question, vector, where, Mode.HYBRID, 200)
    found = rank_passages(engine, question, vector, where=where, mode=Mode.HYBRID, k=200)
    assert {one.seq for one in found} == set(twin)
    assert found
    for passage in engine.passages([one.seq for one in found]).values():
        assert holds(filters, engine.article(passage.article_id))


def holds(filters: Filters, article: Article) -> bool:
    date = article.published_at
    return (
        (filters.article_ids is None or article.id in filters.article_ids)
        and (filters.source is None or article.source == filters.source)
        and (filters.date_from is None or (date is not None and date >= filters.date_from))
        and (filters.date_to is None or (date is not None and date <= filters.date_to))
    )


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "filters",
    [
        Filters(article_ids=()),
        Filters(source="없는 신문"),
        Filters(source='부산일보" OR 1=1 --'),
        Filters(date_from="2030-01-01"),
        Filters(date_from="2024-12-31", date_to="2024-01-01"),
    ],
)
def test_filters_that_leave_nothing(engine: Engine, filters: Filters, mode: Mode) -> None:
    question, vector = asked(QUESTIONS[0])
    assert rank_passages(engine, question, vector, where=to_where(filters), mode=mode, k=10) == []


def test_hybrid_candidates_have_both_scores(engine: Engine) -> None:
    for text in QUESTIONS:
        question, vector = asked(text)
        for one in rank_passages(engine, question, vector, where=EVERYTHING, mode=Mode.HYBRID, k=200):
            assert one.scores.dense is not None
            assert one.scores.lexical is not None


def test_nothing_in_common_is_a_lexical_score_of_nought(engine: Engine) -> None:
    question, vector = asked("ⓩ")
    (first, *_) = rank_passages(engine, question, vector, where=EVERYTHING, mode=Mode.HYBRID, k=3)
    assert first.scores.lexical == 0.0
    assert rank_passages(engine, question, vector, where=EVERYTHING, mode=Mode.LEXICAL, k=3) == []


def test_ties_are_broken_by_place_and_stay_so(engine: Engine) -> None:
    question, vector = asked("같은 드라마")
    runs = [rank_passages(engine, question, vector, where=EVERYTHING, mode=mode, k=4) for mode in Mode for _ in range(2)]
    for run in runs:
        passages = engine.passages([one.seq for one in run])
        assert [passages[one.seq].article_id for one in run] == [f"쌍-{number}" for number in range(4)]
    assert runs[0::2] == runs[1::2]


@pytest.mark.parametrize("k", [1, 5, CANDIDATES])
def test_k_bounds_the_ranking_and_nothing_else(engine: Engine, k: int) -> None:
    question, vector = asked(QUESTIONS[1])
    everything = rank_passages(engine, question, vector, where=EVERYTHING, mode=Mode.HYBRID, k=CANDIDATES)
    found = rank_passages(engine, question, vector, where=EVERYTHING, mode=Mode.HYBRID, k=k)
    assert found == everything[:k]


def test_a_k_beyond_the_candidates_ranks_everything(engine: Engine) -> None:
    question, vector = asked(QUESTIONS[1])
    found = rank_passages(engine, question, vector, where=EVERYTHING, mode=Mode.HYBRID, k=10_000)
    assert len(found) == engine.manifest.passages


@pytest.mark.parametrize(
    ("filters", "where"),
    [
        (Filters(), EVERYTHING),
        (Filters(source="가"), And((In("source", ("가",)),))),
        (Filters(article_ids=()), And((In("article_id", ()),))),
        (Filters(date_from="2024-01-01"), And((Range("published_at", "2024-01-01", None),))),
        (
            Filters("2024-01-01", "2024-02-01", "가", ("나",)),
            And((In("article_id", ("나",)), In("source", ("가",)), Range("published_at", "2024-01-01", "2024-02-01"))),
        ),
    ],
)
def test_to_where(filters: Filters, where: Where) -> None:
    assert to_where(filters) == where
