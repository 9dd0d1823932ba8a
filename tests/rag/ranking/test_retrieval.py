"""Two searches and one fusion, against a slow twin that scores every passage there is."""

import zlib
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.articles import Article
from index.engine import Engine
from index.search.filters import EVERYTHING, And, In, Range, Where
from index.search.lexical import LexicalQuery
from rag.answers import Filters, Hit, Mode
from rag.question.aliases import Aliases
from rag.question.question import read_question
from rag.ranking.fusion import Candidate, fusion_features
from rag.ranking.matching import Prepared, prepare
from rag.ranking.retrieval import CANDIDATES, DENSE_FLOOR, DENSE_SPAN, DENSE_WEIGHT, RESCORED, find_candidates, to_where
from rag.ranking.retrieval import rank_passages as rank_with
from tests.support.fakes import ARTICLES, HashEncoder, RegexSplitter
from tests.support.rag_support import GROUPS, HAND_FUSION, build_index, open_engine

WORDS = [
    "서울",
    "부산",
    "항만",
    "도서관",
    "축제",
    "예산",
    "매출",
    "매출액",
    "법인",
    "회사",
    "기업",
    "AX",
    "목표",
    "비빔밥",
    "드라마",
    "부두",
    "장서",
    "2024년",
    "4조6000억원",
    "열렸다",
]
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


def asked(engine: Engine, text: str) -> Prepared:
    return prepare(engine, HashEncoder(), read_question(text, RegexSplitter(), Aliases(GROUPS, RegexSplitter())))


def rank_passages(engine: Engine, question: Prepared, *, where: Where, mode: Mode, k: int) -> list[Hit]:
    return [passage.hit for passage in rank_with(engine, question, HAND_FUSION, where=where, mode=mode, k=k)]


@cache
def numbers(engine: Engine) -> dict[str, int]:
    """The engine's own number of each passage, which a hit does not show."""
    return {passage.id: seq for seq, passage in engine.passages(range(1, engine.manifest.passages + 1)).items()}


def seq_of(engine: Engine, hit: Hit) -> int:
    return numbers(engine)[hit.passage.id]


def slow_candidates(engine: Engine, question: Prepared, where: Where, k: int) -> dict[int, Candidate]:
    """All passages scored by both searches, then cut as the candidates are."""
    total = engine.manifest.passages
    dense = dict(engine.search_dense(question.whole, total, where))
    lexical = dict(engine.search_lexical(question.question.lexical(), total, where))
    words = dict(engine.search_lexical(LexicalQuery(question.question.lexical().words, ()), total, where))
    best = max(lexical.values(), default=0.0) or 1.0

    def first(scores: dict[int, float], count: int) -> list[int]:
        return sorted(scores, key=lambda seq: (-scores[seq], seq))[:count]

    found = {*first(dense, max(CANDIDATES, k)), *first(lexical, max(CANDIDATES, k))}
    looks = {seq: DENSE_WEIGHT * dense[seq] + lexical.get(seq, 0.0) / best for seq in found}
    read = engine.read_passages([*found])
    return {
        seq: Candidate(seq, read[seq], dense[seq], lexical.get(seq, 0.0), words.get(seq, 0.0))
        for seq in first(looks, max(RESCORED, k))
    }


def slow_twin(
    engine: Engine, question: Prepared, where: Where, mode: Mode, k: int
) -> dict[int, tuple[float | None, float | None, float]]:
    """seq → (dense, lexical, fused) of all that could be ranked."""
    total = engine.manifest.passages
    if mode is Mode.DENSE:
        found = engine.search_dense(question.whole, total, where)
        return {seq: (cosine, None, min(1.0, max(0.0, (cosine - DENSE_FLOOR) / DENSE_SPAN))) for seq, cosine in found}
    if mode is Mode.LEXICAL:
        found = engine.search_lexical(question.question.lexical(), total, where)
        return {seq: (None, score, score / found[0][1]) for seq, score in found}
    candidates = slow_candidates(engine, question, where, k)
    features = fusion_features(question, [*candidates.values()])
    chances = HAND_FUSION.probability(features)
    return {
        candidate.seq: (candidate.dense, candidate.lexical, float(chance))
        for candidate, chance in zip(candidates.values(), chances, strict=True)
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
    question = asked(engine, text)
    twin = slow_twin(engine, question, EVERYTHING, mode, CANDIDATES)
    found = rank_passages(engine, question, where=EVERYTHING, mode=mode, k=CANDIDATES)
    seqs = [seq_of(engine, hit) for hit in found]
    raw = {Mode.DENSE: 0, Mode.LEXICAL: 1, Mode.HYBRID: 2}[mode]
    assert seqs == sorted(twin, key=lambda seq: (-(twin[seq][raw] or 0.0), seq))[:CANDIDATES]
    assert [hit.rank for hit in found] == [*range(1, len(found) + 1)]
    for seq, hit in zip(seqs, found, strict=True):
        dense, lexical, fused = twin[seq]
        assert hit.scores.dense == (None if dense is None else pytest.approx(dense, abs=1e-5))
        assert hit.scores.lexical == (None if lexical is None else pytest.approx(lexical, rel=1e-5))
        assert hit.scores.fused == pytest.approx(fused, abs=1e-5)


@pytest.mark.parametrize("filters", FILTERS[1:])
@pytest.mark.parametrize("text", QUESTIONS[:3])
def test_filters_are_exact_and_inside_the_search(engine: Engine, text: str, filters: Filters) -> None:
    question = asked(engine, text)
    where = to_where(filters)
    twin = slow_twin(engine, question, where, Mode.HYBRID, 200)
    found = rank_passages(engine, question, where=where, mode=Mode.HYBRID, k=200)
    assert {seq_of(engine, hit) for hit in found} == set(twin)
    assert found
    for hit in found:
        assert holds(filters, engine.article(hit.passage.article_id))


BOUNDS = st.none() | st.sampled_from(["2023-05-20", "2024-01-01", "2024-10-03", "2024-10-04", "2025-06-30"])
ANY_FILTERS = st.builds(
    Filters,
    date_from=BOUNDS,
    date_to=BOUNDS,
    source=st.none() | st.sampled_from(["부산일보", "매일신문", "없는 신문", ""]),
    article_ids=st.none()
    | st.sets(st.sampled_from([*(f"글-{number}" for number in range(50)), "부산-항만", "쌍-1", "없는 글"])).map(tuple),
)


@given(filters=ANY_FILTERS, text=st.sampled_from(QUESTIONS), k=st.integers(1, 200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_filter_leaves_what_looking_at_every_article_leaves(
    engine: Engine, filters: Filters, text: str, k: int
) -> None:
    """Against a twin that searches everything without a filter and then asks each article itself."""
    question = asked(engine, text)
    where, total = to_where(filters), engine.manifest.passages
    owners = engine.passages(range(1, total + 1))
    for found, everything in (
        (engine.search_dense(question.whole, k, where), engine.search_dense(question.whole, total)),
        (
            engine.search_lexical(question.question.lexical(), k, where),
            engine.search_lexical(question.question.lexical(), total),
        ),
    ):
        kept = [hit for hit in everything if holds(filters, engine.article(owners[hit[0]].article_id))][:k]
        assert [seq for seq, _ in found] == [seq for seq, _ in kept]
        assert [score for _, score in found] == pytest.approx([score for _, score in kept], rel=1e-5)


@pytest.mark.parametrize("text", QUESTIONS)
def test_candidates_carry_their_sentences_and_every_score(engine: Engine, text: str) -> None:
    question = asked(engine, text)
    twin = slow_candidates(engine, question, EVERYTHING, RESCORED)
    found = {
        find_candidate.seq: find_candidate for find_candidate in find_candidates(engine, question, where=EVERYTHING)
    }
    assert found.keys() == twin.keys()
    for seq, candidate in found.items():
        assert candidate.read.passage == twin[seq].read.passage
        assert tuple(row.sentence for row in candidate.read.sentences) == candidate.read.passage.sentences != ()
        assert (candidate.dense, candidate.lexical, candidate.words) == pytest.approx(
            (twin[seq].dense, twin[seq].lexical, twin[seq].words), rel=1e-5, abs=1e-5
        )


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
    question = asked(engine, QUESTIONS[0])
    assert rank_passages(engine, question, where=to_where(filters), mode=mode, k=10) == []


def test_hybrid_candidates_have_both_scores(engine: Engine) -> None:
    for text in QUESTIONS:
        question = asked(engine, text)
        for passage in rank_passages(engine, question, where=EVERYTHING, mode=Mode.HYBRID, k=200):
            assert passage.scores.dense is not None
            assert passage.scores.lexical is not None


def test_nothing_in_common_is_a_lexical_score_of_nought(engine: Engine) -> None:
    question = asked(engine, "ⓩ")
    (first, *_) = rank_passages(engine, question, where=EVERYTHING, mode=Mode.HYBRID, k=3)
    assert first.scores.lexical == 0.0
    assert rank_passages(engine, question, where=EVERYTHING, mode=Mode.LEXICAL, k=3) == []


def test_ties_are_broken_by_place_and_stay_so(engine: Engine) -> None:
    question = asked(engine, "같은 드라마")
    runs = [rank_passages(engine, question, where=EVERYTHING, mode=mode, k=4) for mode in Mode for _ in range(2)]
    for run in runs:
        assert [hit.passage.article_id for hit in run] == [f"쌍-{number}" for number in range(4)]
    assert runs[0::2] == runs[1::2]


@pytest.mark.parametrize("k", [1, 5, CANDIDATES])
def test_k_bounds_the_ranking_and_nothing_else(engine: Engine, k: int) -> None:
    question = asked(engine, QUESTIONS[1])
    everything = rank_passages(engine, question, where=EVERYTHING, mode=Mode.HYBRID, k=CANDIDATES)
    found = rank_passages(engine, question, where=EVERYTHING, mode=Mode.HYBRID, k=k)
    assert found == everything[:k]


def test_a_k_beyond_the_candidates_ranks_everything(engine: Engine) -> None:
    question = asked(engine, QUESTIONS[1])
    found = rank_passages(engine, question, where=EVERYTHING, mode=Mode.HYBRID, k=10_000)
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
