"""What the truth promises, wherever it lies: the same tests over SQLite and over PostgreSQL."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.articles import Article
from index.errors import CorruptIndexError, NotFoundError, StorageError
from index.search.filters import And, In, Range, Where, to_sql
from index.store.gold_rows import GoldRecord
from index.store.store import EmptyStoreError, Store
from index.store.truth import Truth
from tests.index.store.test_store import stored
from tests.support.fakes import ARTICLES, FESTIVAL, LIBRARY, PORT

Opened = Callable[..., Any]
HARD = ("\x00", "\x10", "\x10\x00\x10", "가\x00나\x10다", "😀", "ㄱ", "'", '"', "\\", "%s", "?", "한\n글", "\x1e")


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """Opens the same truth again and again; all are closed in the end."""
    held: list[Any] = []
    if request.param == "postgresql":
        address = request.getfixturevalue("database")

    def open_one(*, writable: bool = False) -> Any:
        if request.param == "sqlite":
            one: Any = Store(tmp_path, writable=writable)
        else:
            from index.postgres.address import read_address
            from index.postgres.store import PostgresStore

            one = PostgresStore(read_address(address), "write" if writable else "snapshot")
        held.append(one)
        return one

    yield open_one
    for one in held:
        one.close()


@pytest.fixture
def truth(opened: Opened) -> Truth:
    return opened(writable=True)


@pytest.fixture
def filled(truth: Truth) -> Truth:
    truth.write(map(stored, ARTICLES))
    return truth


def test_nothing_was_ever_written(opened: Opened) -> None:
    with pytest.raises((EmptyStoreError, StorageError)):
        opened()


class TestArticles:
    @pytest.mark.parametrize("article", ARTICLES, ids=[one.id for one in ARTICLES])
    def test_come_back_as_they_were_given(self, filled: Truth, article: Article) -> None:
        assert filled.article(article.id) == article
        assert filled.described(article.id) == replace(article, text="")
        assert filled.spans(article.id) == list(stored(article).spans)
        assert filled.content_hash(article.id) == "5e"
        assert filled.recorded_sha256(article.id) == article.sha256
        label = (article.source, article.url, article.published_at, article.collection)
        assert filled.labels([article.id])[article.id] == label

    def test_whole_with_their_vectors(self, filled: Truth, truth: Truth) -> None:
        found = filled.stored_article(PORT.id)
        wanted = stored(PORT)
        assert (found.article, found.content_hash, found.spans) == (PORT, "5e", wanted.spans)
        assert [(row.sentence, row.words) for row in found.sentences] == [
            (row.sentence, row.words) for row in wanted.sentences
        ]
        truth.write([found])
        again = truth.stored_article(PORT.id)
        np.testing.assert_array_equal(again.passages[0].vector, found.passages[0].vector)

    @pytest.mark.parametrize("text", HARD)
    def test_any_letter_in_any_field(self, truth: Truth, text: str) -> None:
        given = Article(f"id{text}", f"제목{text}", f"{text}글 한 편이다. {text}끝.", f"출처{text}", text, "2024-01-01", "ko", {text: text}, text)  # fmt: skip
        other = replace(given, id=f"다른{text}", source="출처")
        truth.write([stored(given), stored(other)])
        assert truth.article(given.id) == given
        assert truth.filtered(*to_sql(In("source", (f"출처{text}",)))).tolist() == [1]
        assert {one.id for one in truth.list_articles()} == {given.id, other.id}

    @pytest.mark.parametrize("name", ["article", "spans", "stored_article"])
    def test_one_that_is_not_there(self, filled: Truth, name: str) -> None:
        with pytest.raises(NotFoundError):
            getattr(filled, name)("없음")

    @pytest.mark.parametrize("name", ["described", "content_hash", "recorded_sha256", "structure", "layout"])
    def test_nothing_is_known_of_one_that_is_not_there(self, filled: Truth, name: str) -> None:
        assert getattr(filled, name)("없음") is None

    def test_listed_by_the_letters_of_their_ids(self, truth: Truth) -> None:
        ids = ["b", "a-2", "a1", "A", "가", "a 3", "Z", "_"]
        truth.write([stored(replace(PORT, id=one)) for one in ids])
        assert [one.id for one in truth.list_articles()] == sorted(ids)
        assert [one.added for one in truth.list_articles()] == [ids.index(one) + 1 for one in sorted(ids)]
        assert truth.counts() == (8, 8)

    def test_structure_and_layout(self, truth: Truth) -> None:
        truth.write([replace(stored(PORT), structure=b"\x00s", layout=b"\x00\xffl"), stored(LIBRARY)])
        assert (truth.structure(PORT.id), truth.layout(PORT.id)) == (b"\x00s", b"\x00\xffl")
        assert (truth.structure(LIBRARY.id), truth.layout(LIBRARY.id)) == (None, None)


class TestPassages:
    def test_with_sentences_words_and_vectors(self, filled: Truth) -> None:
        assert list(filled.passages([1, 2, 3, 4, 99]).values()) == [stored(one).passages[0].passage for one in ARTICLES]
        row = filled.read_passages([1])[1].sentences[0]
        assert (row.sentence, tuple(row.words)) == (
            stored(ARTICLES[0]).sentences[0].sentence,
            tuple(stored(ARTICLES[0]).sentences[0].words),
        )
        assert len(filled.sentences(PORT.id, 0, len(PORT.text))) == 2
        assert filled.passages([]) == {} == filled.labels([])

    def test_vectors_in_order(self, filled: Truth) -> None:
        seqs, vectors = filled.vectors()
        assert seqs.tolist() == [1, 2, 3, 4] == filled.passage_seqs().tolist()
        assert filled.vectors(1, 3)[0].tolist() == [2, 3]
        assert filled.vectors_of(np.array([4, 2, 77]))[0].tolist() == [2, 4]
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)

    def test_more_are_named_than_a_statement_takes(self, filled: Truth) -> None:
        assert list(filled.read_passages(list(range(70_000, 0, -1)))) == [1, 2, 3, 4]

    def test_for_the_lexical_index(self, filled: Truth) -> None:
        rows = list(filled.index_rows())
        assert [row.seq for row in rows] == [1, 2, 3, 4]
        assert rows[1].article_id == ARTICLES[1].id
        assert [row.seq for row in filled.index_rows(2, 3)] == [3]

    @pytest.mark.parametrize(
        ("where", "ids"),
        [
            (In("article_id", (PORT.id, LIBRARY.id)), {PORT.id, LIBRARY.id}),
            (In("article_id", ()), set()),
            (In("collection", ("없음",)), set()),
            (Range("published_at", "2024-10", None), {PORT.id, LIBRARY.id}),
            (Range("published_at", None, "2024-12-31"), {PORT.id, FESTIVAL.id}),
            (And((In("source", ("부산일보",)), Range("published_at", "2024", None))), {PORT.id}),
            (And(), {one.id for one in ARTICLES}),
        ],
    )
    def test_filters(self, filled: Truth, where: Where, ids: set[str]) -> None:
        found = filled.passages(filled.filtered(*to_sql(where)).tolist())
        assert {one.article_id for one in found.values()} == ids
        assert filled.has_article(*to_sql(where)) is bool(ids)


class TestWrites:
    def test_a_second_write_replaces_the_first(self, filled: Truth) -> None:
        before = filled.stored_article(PORT.id)
        changed = replace(PORT, text=f"{PORT.text} 한 문장 더.")
        filled.write([stored(changed)])
        assert filled.article(PORT.id) == changed
        assert filled.counts() == (4, 4)
        assert filled.passage_seqs().tolist()[-1] == 5
        assert before.article == PORT

    def test_numbers_are_never_given_twice(self, filled: Truth) -> None:
        filled.delete([FESTIVAL.id, ARTICLES[-1].id])
        filled.write([stored(FESTIVAL)])
        assert filled.passage_seqs().max() == 5

    def test_version_and_state(self, opened: Opened, truth: Truth) -> None:
        assert (truth.version, truth.state, truth.deleted_at) == (0, "0", 0)
        states = []
        for number, one in enumerate(ARTICLES, 1):
            truth.write([stored(one)])
            assert truth.version == number
            states.append(truth.state)
        assert len(set(states)) == 4
        assert [truth.was_in_state(number, state) for number, state in enumerate(states, 1)] == [True] * 4
        assert not truth.was_in_state(2, states[2])
        assert truth.delete([PORT.id]) == 1
        assert truth.deleted_at == 5
        truth.set_meta("encoder", "x")
        assert (truth.version, truth.meta("encoder"), truth.meta("nothing")) == (5, "x", None)
        assert opened().state == truth.state

    def test_a_write_that_fails_leaves_nothing(self, opened: Opened, filled: Truth) -> None:
        def broken() -> Iterator[Any]:
            yield stored(replace(PORT, id="새것"))
            raise KeyError("half way")

        state = filled.state
        with pytest.raises(KeyError):
            filled.write(broken())
        assert filled.state == state == opened().state
        assert filled.described("새것") is None

    def test_delete_counts_and_takes_all_with_it(self, filled: Truth) -> None:
        assert filled.delete([PORT.id, "없음", LIBRARY.id]) == 2
        assert filled.counts() == (2, 2)
        assert filled.described(PORT.id) is None
        assert filled.delete([PORT.id]) == 0

    def test_a_snapshot_stays_as_it_was(self, opened: Opened, filled: Truth) -> None:
        reader = opened()
        seen = reader.state, [one.id for one in reader.list_articles()]
        filled.delete([PORT.id])
        filled.write([stored(replace(LIBRARY, title="다른 제목"))])
        assert (reader.state, [one.id for one in reader.list_articles()]) == seen
        assert reader.article(PORT.id) == PORT
        assert reader.article(LIBRARY.id) == LIBRARY
        assert opened().described(PORT.id) is None

    def test_damage_is_an_error_and_never_an_article(self, filled: Any) -> None:
        with filled.connection.transaction() as db:
            db.execute("UPDATE articles SET title = ? WHERE id = ?", ("다른 제목", PORT.id))
        for ask in (filled.article, filled.stored_article, filled.described):
            with pytest.raises(CorruptIndexError):
                ask(PORT.id)
        with pytest.raises(CorruptIndexError):
            filled.read_passages([1, 2, 3, 4])

    def test_a_sound_one_has_no_complaints(self, filled: Any) -> None:
        assert filled.check() == []


class TestBeside:
    def test_files(self, filled: Truth) -> None:
        filled.note_files(
            [("d", "a.txt", PORT.id, "1", "5e"), ("d", "b.txt", PORT.id, "2", "5e"), ("e", "a", PORT.id, "3", "")]
        )
        filled.note_files([("d", "a.txt", PORT.id, "9", "5f")], [("d", "b.txt", PORT.id)])
        assert [(row.path, row.digest, row.content_hash) for row in filled.files("d")] == [("a.txt", "9", "5f")]
        assert [row.digest for row in filled.files("e", "a")] == ["3"]
        assert filled.files("e", "b") == []
        assert len(filled.files_of(PORT.id)) == 2
        assert filled.is_elsewhere(PORT.id, "d")
        assert not filled.is_elsewhere(LIBRARY.id, "d")
        filled.delete([PORT.id])
        assert filled.files("e") == []

    def test_gold(self, filled: Truth) -> None:
        records = [
            GoldRecord(0, name, f"질문\x00{name}", "right", PORT.id, 0, 3, "ab", "local", f"2024-0{name}")
            for name in ("2", "1")
        ]
        for one in records:
            filled.add_gold(one)
        assert [row.id for row in filled.gold()] == ["1", "2"]
        assert filled.gold()[0].question == "질문\x001"
        assert (filled.delete_gold("1"), filled.delete_gold("1")) == (1, 0)
        filled.delete([PORT.id])
        assert filled.gold() == []
