"""What searching promises, wherever it is done: the same tests over the files of a generation and over a Milvus."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.articles import Article
from index.doctor import examine
from index.engine import Engine
from index.ingest import remove_articles
from index.korean.terms import bigrams
from index.search.filters import And, In, Range, Where
from index.search.lexical import LexicalQuery
from index.search.milvus.address import attach, engine_of
from index.search.vectors import ROUNDING
from index.store.store import Store
from tests.index.search.milvus.lite import milvus
from tests.support.fakes import (
    ARTICLES,
    FESTIVAL,
    LIBRARY,
    PORT,
    UNDATED,
    HashEncoder,
    RegexSplitter,
    make_index,
    open_index,
)

__all__ = ["milvus"]
ENCODER, SPLITTER = HashEncoder(), RegexSplitter()
QUESTIONS = ("부산항 부두", "한글 도서관은 2026년에", "비빔밥 축제 12만3456명", "없는말")


@pytest.fixture(params=["embedded", "milvus"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data folder that is searched one way or the other, with the four articles in it."""
    if request.param == "milvus":
        attach(tmp_path, request.getfixturevalue("milvus"))
    make_index(tmp_path, SPLITTER)
    assert (engine_of(tmp_path) is not None) == (request.param == "milvus")
    assert (tmp_path / "generations/000001/lexical").exists() == (request.param == "embedded")
    return tmp_path


@pytest.fixture
def engine(folder: Path) -> Engine:
    return open_index(folder, SPLITTER)


def vector(question: str) -> "np.ndarray":
    return ENCODER.encode_queries([question])


def query(question: str) -> LexicalQuery:
    return LexicalQuery(dict.fromkeys(question.split(), 1.0), bigrams(question))


def ids(engine: Engine, hits: list[tuple[int, float]]) -> list[str]:
    passages = engine.passages([seq for seq, _ in hits])
    return [passages[seq].article_id for seq, _ in hits]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_nearest_are_nearest_by_their_cosines(engine: Engine, folder: Path, question: str) -> None:
    with closing(Store(folder)) as store:
        seqs, rows = store.vectors()
    exact = dict(zip(seqs.tolist(), (rows @ vector(question)[0]).tolist(), strict=True))
    found = engine.search_dense(vector(question), 3)
    assert [seq for seq, _ in found] == sorted(exact, key=lambda seq: -exact[seq])[:3]
    assert dict(found) == pytest.approx({seq: exact[seq] for seq, _ in found}, abs=8 * ROUNDING)
    assert engine.score_dense(vector(question), [2, 4, 99]) == pytest.approx(
        {seq: exact[seq] for seq in (2, 4)}, abs=8 * ROUNDING
    )
    assert engine.search_dense(vector(question), 0) == []


@pytest.mark.parametrize(
    ("question", "best"),
    [(QUESTIONS[0], [PORT.id]), (QUESTIONS[1], [LIBRARY.id]), (QUESTIONS[2], [FESTIVAL.id]), (QUESTIONS[3], [])],
)
def test_the_best_by_words_shares_most(engine: Engine, question: str, best: list[str]) -> None:
    found = engine.search_lexical(query(question), 3)
    assert ids(engine, found)[:1] == best
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert engine.score_lexical(query(question), [1, 2, 3, 4]) == pytest.approx(
        dict(engine.search_lexical(query(question), 9)), rel=1e-5
    )


def test_a_rare_word_tells_more_and_a_weight_counts(engine: Engine) -> None:
    words = LexicalQuery({"3일": 1.0, "없었다": 1.0}, ())
    port, festival = engine.score_lexical(words, [1])[1], engine.score_lexical(words, [3])[3]
    halved = engine.score_lexical(LexicalQuery({"3일": 0.5, "없었다": 1.0}, ()), [1, 3])
    assert halved == pytest.approx({1: port / 2, 3: festival}, rel=1e-5)
    both = engine.score_lexical(LexicalQuery({"부산항": 1.0, "없던말": 1.0}, ()), [1, 2, 3, 4])
    assert both.keys() == {1}


def test_how_many_passages_hold_a_word_or_a_pair(engine: Engine) -> None:
    assert [engine.document_frequency(word) for word in ("도서관을", "축제", "다시", "없던말")] == [1, 1, 1, 0]
    assert engine.pair_frequency("도서") == 1
    assert engine.pair_frequency("갸갹") == 0


@pytest.mark.parametrize(
    ("where", "left"),
    [
        (In("source", ("부산일보",)), {PORT.id, FESTIVAL.id}),
        (In("article_id", (LIBRARY.id, UNDATED.id)), {LIBRARY.id, UNDATED.id}),
        (In("article_id", ()), set()),
        (In("collection", ("모음",)), set()),
        (Range("published_at", "2024-10-03", None), {PORT.id, LIBRARY.id}),
        (Range("published_at", "2023", "2024-10-03"), {PORT.id, FESTIVAL.id}),
        (And((In("source", ("부산일보",)), Range("published_at", None, "2023-12-31"))), {FESTIVAL.id}),
        (And(), {article.id for article in ARTICLES}),
    ],
)
def test_a_filter_leaves_exactly_what_fits_it(engine: Engine, where: Where, left: set[str]) -> None:
    asked = LexicalQuery({}, bigrams(" ".join(article.text for article in ARTICLES)))
    assert set(ids(engine, engine.search_dense(vector("아무것"), 9, where))) == left
    assert set(ids(engine, engine.search_lexical(asked, 9, where))) == left


@pytest.mark.parametrize("hard", ['" or id != "', "\\", "'", "{x}", "한\n글", "😀", "%", "\x00"])
def test_any_letter_in_what_is_filtered(folder: Path, hard: str) -> None:
    make_index(folder, SPLITTER, [replace(PORT, id=f"글{hard}", source=hard, collection=hard)])
    with closing(open_index(folder, SPLITTER)) as engine:
        for where in (In("source", (hard,)), In("article_id", (f"글{hard}",)), In("collection", (hard,))):
            assert ids(engine, engine.search_dense(vector("부산항"), 9, where)) == [f"글{hard}"]


def test_what_is_written_is_found_and_what_is_gone_is_not(folder: Path) -> None:
    changed = replace(PORT, text="부산항만공사는 갈매기를 키운다.")
    make_index(folder, SPLITTER, [changed, Article("새글", "두루미", "두루미가 왔다.")])
    remove_articles(folder, [FESTIVAL.id])
    with closing(open_index(folder, SPLITTER)) as engine:
        everything = {LIBRARY.id, UNDATED.id, PORT.id, "새글"}
        assert set(ids(engine, engine.search_dense(vector("부두"), 9))) == everything
        assert ids(engine, engine.search_lexical(LexicalQuery({"갈매기를": 1.0}, ()), 9)) == [PORT.id]
        assert ids(engine, engine.search_lexical(LexicalQuery({"두루미가": 1.0}, ()), 9)) == ["새글"]
        assert engine.search_lexical(LexicalQuery({"축제가": 1.0, "부두를": 1.0}, ()), 9) == []
        assert (engine.document_frequency("축제가"), engine.document_frequency("두루미가")) == (0, 1)
    assert examine(folder) == []


def test_whoever_opened_it_before_a_write_goes_on(folder: Path, engine: Engine) -> None:
    before = ids(engine, engine.search_dense(vector("부두"), 9))
    make_index(folder, SPLITTER, [Article("새글", "두루미", "두루미가 왔다.")])
    assert ids(engine, engine.search_dense(vector("부두"), 9)) == before
    assert engine.search_lexical(LexicalQuery({"두루미가": 1.0}, ()), 9) == []
    remove_articles(folder, [PORT.id])
    assert set(before) - set(ids(engine, engine.search_dense(vector("부두"), 9))) <= {PORT.id}


def test_nothing_is_left_of_everything(folder: Path) -> None:
    remove_articles(folder, [article.id for article in ARTICLES])
    with closing(open_index(folder, SPLITTER)) as engine:
        assert engine.search_dense(vector("부두"), 9) == engine.search_lexical(query("부두를"), 9) == []
    assert examine(folder) == []
