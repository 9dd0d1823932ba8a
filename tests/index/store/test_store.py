"""The database: what goes in comes out, what is deleted is gone, and damage is an error and never an answer."""

import random
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import numpy as np
import pytest

from index.articles import Article, Passage, Sentence, Span, SpanKind
from index.errors import CorruptIndexError, LockedError, NotFoundError, StorageError
from index.store.article_rows import TextPart, read_texts
from index.store.packing import pack_sentences, pack_text
from index.store.store import (
    DATABASE,
    EmptyStoreError,
    IndexRow,
    PassageRow,
    SentenceRow,
    Store,
    StoredArticle,
    check_sqlite_version,
)
from tests.support.fakes import ARTICLES, FESTIVAL, LIBRARY, PORT, hashed

DIM = 64
PAGE = 16_384  # bytes of the database that are written together


def stored(article: Article, *, content_hash: str = "5e") -> StoredArticle:
    """An article as one passage of two halves; the first is a headline, a byline follows the second."""
    half, last = len(article.text) // 2, len(article.text) - 2
    sentences = (
        Sentence(article.id, 0, half, SpanKind.HEADLINE),
        Sentence(article.id, half, last),
    )
    texts = [article.text[sentence.start : sentence.end] for sentence in sentences]
    passage = Passage(article.id, article.title, 0, last, article.text[:last], sentences, "왜 그랬나?")
    rows = [
        SentenceRow(sentence, tuple(text.split()), hashed([text], DIM)[0])
        for sentence, text in zip(sentences, texts, strict=True)
    ]
    spans = (Span(0, half, SpanKind.HEADLINE), Span(half, last), Span(last, last + 2, SpanKind.BYLINE))
    row = PassageRow(passage, ("제목", "말"), hashed([article.text], DIM)[0])
    return StoredArticle(article, content_hash, spans, tuple(rows), (row,))


def words_of(one: StoredArticle) -> list[bytes]:
    """The sentences' words as they lie in the file."""
    sentences = [(row.sentence, row.words) for row in one.sentences]
    return [pack_sentences(row.passage, sentences) for row in one.passages]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path, writable=True)
    yield store
    store.close()


@pytest.fixture
def filled(store: Store) -> Store:
    store.write(map(stored, ARTICLES))
    return store


class TestRoundTrip:
    @pytest.mark.parametrize("article", ARTICLES, ids=[article.id for article in ARTICLES])
    def test_article_spans_and_hashes(self, filled: Store, article: Article) -> None:
        assert filled.article(article.id) == article
        assert filled.spans(article.id) == list(stored(article).spans)
        assert filled.content_hash(article.id) == "5e"
        assert filled.recorded_sha256(article.id) == article.sha256

    def test_passages_with_their_sentences(self, filled: Store) -> None:
        found = filled.passages([1, 2, 3, 4, 99])
        assert list(found.values()) == [stored(article).passages[0].passage for article in ARTICLES]
        assert list(found) == [1, 2, 3, 4]
        assert filled.passages([]) == {}

    def test_sentences_words_and_vectors(self, filled: Store) -> None:
        expected = stored(PORT).sentences
        found = filled.sentences(PORT.id, 0, len(PORT.text))
        assert [(row.sentence, row.words) for row in found] == [(row.sentence, row.words) for row in expected]
        for row, wanted in zip(found, expected, strict=True):
            assert row.vector.dtype == np.float32
            assert row.vector @ wanted.vector > 0.999
            assert np.linalg.norm(row.vector) == pytest.approx(1, abs=1e-6)
        assert filled.sentences(PORT.id, 1, len(PORT.text)) != []
        assert [row.sentence for row in filled.sentences(PORT.id, 1, len(PORT.text))] == [expected[1].sentence]

    def test_passage_vectors_are_unit_rows_in_order(self, filled: Store) -> None:
        seqs, vectors = filled.vectors()
        exact = np.stack([stored(article).passages[0].vector for article in ARTICLES])
        assert seqs.tolist() == [1, 2, 3, 4]
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(vectors, exact, atol=5e-4)  # float16 on disk
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)

    def test_more_are_named_than_a_statement_takes(self, filled: Store) -> None:
        """Where a crowd of near copies makes a search look deeper and deeper."""
        many = np.arange(50_000, 0, -1)
        assert filled.vectors_of(many)[0].tolist() == [1, 2, 3, 4]
        assert list(filled.read_passages(many.tolist())) == [1, 2, 3, 4]

    def test_rows_for_the_lexical_index(self, filled: Store) -> None:
        row = stored(LIBRARY)
        words = f"제목 말 {' '.join(word for sentence in row.sentences for word in sentence.words)}"
        text = f"{LIBRARY.title}\n왜 그랬나?\n{row.passages[0].passage.text}"
        assert list(filled.index_rows())[1] == IndexRow(2, LIBRARY.id, "매일신문", "2025-01-15", words, text)

    def test_listing_and_counts(self, filled: Store) -> None:
        listed = list(filled.list_articles())
        assert [row[:5] for row in listed] == [
            (article.id, article.title, article.source, article.published_at, 1)
            for article in sorted(ARTICLES, key=lambda article: article.id)
        ]
        assert [row.id for row in sorted(listed, key=lambda row: row.added)] == [article.id for article in ARTICLES]
        assert filled.counts() == (4, 4)

    def test_texts_sqlite_finds_hard(self, store: Store) -> None:
        """Offsets are code points: emoji, Hanja beyond the BMP, and a NUL, at which SQLite's substr ends a text."""
        for text in (
            "앞\x00뒤의 글자다 끝",
            "👨\u200d👩\u200d👧 가족과 𠮷野家 🇰🇷 축제",
            "\ufeff한글\r\n둘째\u2028줄",
            "'; DROP TABLE articles; --",
        ):
            article = Article("까다로운 글", "제\x00목", text, source="'\"")
            store.write([stored(article)])
            (passage,) = store.passages(store.vectors()[0].tolist()).values()
            assert passage.text == text[:-2]
            assert store.article(article.id) == article
            assert next(iter(store.index_rows())).text == f"제\x00목\n왜 그랬나?\n{text[:-2]}"

    def test_an_article_without_a_passage_is_kept(self, store: Store) -> None:
        store.write([replace(stored(PORT), sentences=(), passages=())])
        assert store.article(PORT.id) == PORT
        assert store.counts() == (1, 0)
        assert next(iter(store.list_articles())).passages == 0
        assert store.vectors()[1].shape == (0, 0)

    @pytest.mark.parametrize("ask", [Store.article, Store.spans])
    def test_an_unknown_article(self, filled: Store, ask) -> None:
        with pytest.raises(NotFoundError, match="없음"):
            ask(filled, "없음")
        assert filled.content_hash("없음") is None
        assert filled.recorded_sha256("없음") is None
        assert filled.sentences("없음", 0, 10) == []

    def test_filtered_gives_the_passages_of_matching_articles(self, filled: Store) -> None:
        assert filled.filtered("a.source = ?", ["부산일보"]).tolist() == [1, 3]
        assert filled.filtered("TRUE", []).tolist() == [1, 2, 3, 4]
        assert filled.filtered("FALSE", []).dtype == np.int64

    def test_what_is_written_is_there_after_reopening(self, filled: Store, tmp_path: Path) -> None:
        filled.close()
        reader = Store(tmp_path)
        assert [reader.article(article.id) for article in ARTICLES] == list(ARTICLES)
        reader.close()


class TestSharedSentences:
    """Each of four passages of two sentences begins with the last one of the passage before; then one stands alone."""

    @pytest.fixture
    def overlapping(self) -> StoredArticle:
        text = " ".join(f"{number}번째 문장은 {'가나다라마바'[number]} 이야기다." for number in range(6)) * 200
        length = len(text) // 200 // 6
        sentences = [Sentence("겹침", start, start + length - 1) for start in range(0, 6 * length, length)]
        rows = tuple(
            SentenceRow(sentence, (f"말{place}",), hashed([f"{place}"], DIM)[0])
            for place, sentence in enumerate(sentences)
        )
        parts = [sentences[start : start + 2] for start in range(4)] + [sentences[5:]]
        passages = tuple(
            PassageRow(
                Passage("겹침", "제목", part[0].start, part[-1].end, text[part[0].start : part[-1].end], tuple(part)),
                ("제목",), hashed([f"대목 {place}"], DIM)[0],
            )
            for place, part in enumerate(parts)
        )  # fmt: skip
        return StoredArticle(Article("겹침", "제목", text), "", (), rows, passages)

    def test_each_passage_read_alone_has_them_all(self, filled: Store, overlapping: StoredArticle) -> None:
        filled.write([overlapping])
        for seq, row in enumerate(overlapping.passages, start=5):
            (found,) = filled.read_passages([seq]).values()
            assert found.passage == row.passage
            for sentence in found.sentences:
                (wanted,) = [each for each in overlapping.sentences if each.sentence == sentence.sentence]
                assert sentence.words == wanted.words
                assert sentence.vector @ wanted.vector > 0.999

    def test_together_as_alone(self, filled: Store, overlapping: StoredArticle) -> None:
        filled.write([overlapping])
        together = filled.read_passages(range(1, 10))
        for seq in range(1, 10):
            (alone,) = filled.read_passages([seq]).values()
            assert alone.passage == together[seq].passage
            assert [row.words for row in alone.sentences] == [row.words for row in together[seq].sentences]

    def test_the_lexical_index_takes_a_shared_one_s_words_for_both(
        self, filled: Store, overlapping: StoredArticle
    ) -> None:
        filled.write([overlapping])
        words = [row.words for row in filled.index_rows(4)]
        assert words == ["제목 말0 말1", "제목 말1 말2", "제목 말2 말3", "제목 말3 말4", "제목 말5"]
        assert [row.words for row in filled.index_rows(5, 6)] == words[
            1:2
        ]  # the one that keeps 말1 lies before the range

    def test_each_is_written_once_and_given_back_once(self, filled: Store, overlapping: StoredArticle) -> None:
        filled.write([overlapping])
        found = filled.stored_article("겹침")
        assert [row.sentence for row in found.sentences] == [row.sentence for row in overlapping.sentences]
        assert [row.passage for row in found.passages] == [row.passage for row in overlapping.passages]

    def test_without_the_row_that_keeps_one_it_is_damaged(self, filled: Store, overlapping: StoredArticle) -> None:
        filled.write([overlapping])
        filled.connection._db.execute("DELETE FROM passages WHERE seq = 6")
        assert filled.read_passages([5])
        with pytest.raises(CorruptIndexError):
            filled.read_passages([7])

    def test_texts_are_read_across_their_blocks(self, filled: Store, overlapping: StoredArticle) -> None:
        text = overlapping.article.text
        assert len(text) > 5_000
        filled.write([overlapping])
        ((number,),) = filled.connection._db.execute("SELECT seq FROM articles WHERE id = '겹침'")
        parts = [(0, 1), (4_095, 4_097), (4_096, 4_097), (4_000, 9_000), (0, len(text)), (len(text) - 1, len(text))]
        assert read_texts(filled.connection._db, [TextPart(number, *part) for part in parts]) == [
            text[start:end] for start, end in parts
        ]
        assert filled.article("겹침").text == text


class TestStructure:
    """What is known of how an article's text is built: bytes that the store keeps as they are."""

    STRUCTURE = b"\x00\x01 structure \xff" * 40

    @pytest.fixture
    def structured(self, filled: Store) -> Store:
        filled.write([replace(stored(PORT), structure=self.STRUCTURE), replace(stored(LIBRARY), structure=b"")])
        return filled

    def test_comes_back_where_one_was_written(self, structured: Store) -> None:
        assert structured.structure(PORT.id) == structured.stored_article(PORT.id).structure == self.STRUCTURE
        assert structured.structure(LIBRARY.id) == b""
        assert structured.structure(FESTIVAL.id) is structured.stored_article(FESTIVAL.id).structure is None
        assert structured.structure("없음") is None

    def test_goes_with_its_article(self, structured: Store, tmp_path: Path) -> None:
        structured.delete([PORT.id])
        assert structured.structure(PORT.id) is None
        structured.write([stored(PORT)])
        assert structured.structure(PORT.id) is None
        assert structured.connection.check() == []
        structured.close()
        assert self.STRUCTURE not in (tmp_path / DATABASE).read_bytes()

    def test_is_replaced_with_its_article(self, structured: Store) -> None:
        structured.write([replace(stored(PORT), structure=b"other")])
        assert structured.structure(PORT.id) == b"other"

    def test_is_of_the_same_transaction(self, filled: Store) -> None:
        def broken() -> Iterator[StoredArticle]:
            yield replace(stored(PORT), structure=self.STRUCTURE)
            raise RuntimeError

        with pytest.raises(RuntimeError):
            filled.write(broken())
        assert filled.structure(PORT.id) is None


class TestWriting:
    def test_a_second_write_replaces_the_first_whole(self, filled: Store) -> None:
        changed = replace(PORT, title="새 제목", text="완전히 다른 글이다. 부두는 없다.", meta={})
        filled.write([stored(changed, content_hash="be")])
        assert filled.article(PORT.id) == changed
        assert filled.counts() == (4, 4)
        assert filled.passages([1]) == {}  # the old passage's number is never used again
        assert filled.passages([5])[5].text == changed.text[:-2]
        assert len(filled.sentences(PORT.id, 0, 1000)) == 2

    def test_numbers_of_deleted_passages_are_never_used_again(self, filled: Store) -> None:
        filled.delete([article.id for article in ARTICLES])
        filled.write([stored(PORT)])
        assert filled.vectors()[0].tolist() == [5]

    def test_version_grows_and_state_changes_with_every_write(self, store: Store) -> None:
        seen = [(store.version, store.state)]
        for change in (
            lambda: store.write([stored(PORT)]),
            lambda: store.write([stored(PORT)]),
            lambda: store.delete([PORT.id]),
            lambda: store.write([]),
        ):
            change()
            seen.append((store.version, store.state))
        assert [version for version, _ in seen] == [0, 1, 2, 3, 4]
        assert len({state for _, state in seen}) == 5

    def test_two_stores_of_one_version_are_in_different_states(self, tmp_path: Path) -> None:
        states = []
        for name in ("a", "b"):
            store = Store(tmp_path / name, writable=True)
            store.write([stored(PORT)])
            states.append(store.state)
            store.close()
        assert states[0] != states[1]

    def test_a_failed_write_leaves_nothing(self, filled: Store) -> None:
        def broken() -> Iterator[StoredArticle]:
            yield stored(replace(PORT, title="반쯤 쓴 글"))
            yield stored(Article("새 글", "", "새로운 글이다."))
            raise RuntimeError

        with pytest.raises(RuntimeError):
            filled.write(broken())
        assert filled.article(PORT.id) == PORT
        assert filled.content_hash("새 글") is None
        assert (filled.version, filled.counts()) == (1, (4, 4))

    def test_delete_says_how_many_there_were(self, filled: Store) -> None:
        assert filled.delete([PORT.id, "없음", FESTIVAL.id]) == 2
        assert filled.counts() == (2, 2)
        assert filled.delete([]) == 0

    def test_deleted_text_is_gone_from_the_bytes_of_the_file(self, filled: Store, tmp_path: Path) -> None:
        def held() -> bytes:
            checkpointed = Store(tmp_path, writable=True)
            checkpointed.connection._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            checkpointed.close()
            return b"".join(path.read_bytes() for path in tmp_path.iterdir())

        secrets = [pack_text(PORT.text), PORT.title.encode(), "김하늘".encode(), *words_of(stored(PORT))]
        before = held()
        assert all(secret in before for secret in secrets)
        filled.delete([PORT.id])
        after = held()
        assert [secret for secret in secrets if secret in after] == []
        assert pack_text(LIBRARY.text) in after

    def test_a_writer_is_durable_and_overwrites(self, store: Store) -> None:
        pragmas = {name: store.connection._db.pragma(name) for name in ("journal_mode", "synchronous", "secure_delete")}
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
        assert store.connection._db.pragma("foreign_keys") == 1

    def test_a_new_one_wastes_little_of_its_pages(self, filled: Store, tmp_path: Path) -> None:
        assert filled.connection._db.pragma("page_size") == PAGE
        assert Store(tmp_path).connection._db.pragma("page_size") == PAGE  # and stays so

    def test_replaced_text_is_gone_too(self, filled: Store, tmp_path: Path) -> None:
        old = [pack_text(PORT.text), *words_of(stored(PORT))]
        filled.write([stored(replace(PORT, text="짧은 글이다."))])
        filled.close()
        data = (tmp_path / DATABASE).read_bytes()
        assert [text for text in old if text in data] == []

    def test_meta(self, store: Store) -> None:
        assert store.meta("encoder") is None
        store.set_meta("encoder", "해시-64")
        store.set_meta("encoder", "해시-128")
        assert store.meta("encoder") == "해시-128"


class TestSnapshots:
    def test_a_reader_sees_the_store_as_it_was_when_opened(self, filled: Store, tmp_path: Path) -> None:
        reader = Store(tmp_path)
        filled.delete([PORT.id])
        filled.write([stored(replace(LIBRARY, text="고친 글이다. 도서관은 없다."))])
        assert (reader.version, reader.counts()) == (1, (4, 4))
        assert reader.article(PORT.id) == PORT
        assert reader.article(LIBRARY.id) == LIBRARY
        assert reader.passages([1])[1].article_id == PORT.id
        reader.close()
        later = Store(tmp_path)
        assert (later.version, later.counts()) == (3, (3, 3))
        later.close()

    def test_threads_may_share_a_reader(self, filled: Store, tmp_path: Path) -> None:
        reader = Store(tmp_path)
        wrong: list[object] = []

        def read() -> None:
            for _ in range(50):
                for article in ARTICLES:
                    if reader.article(article.id) != article or len(reader.passages([1, 2, 3, 4])) != 4:
                        wrong.append(article.id)

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        reader.close()
        assert wrong == []


class TestSqliteVersion:
    """F18: a SQLite with the WAL-reset bug is refused."""

    @pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.7.0", "2.8.17", "3.9.99"])
    def test_too_old(self, version: str) -> None:
        with pytest.raises(StorageError, match=version):
            check_sqlite_version(version)

    @pytest.mark.parametrize("version", ["3.51.3", "3.51.10", "3.54.1", "4.0.0"])
    def test_new_enough(self, version: str) -> None:
        check_sqlite_version(version)

    def test_a_store_does_not_open_on_one(self, filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.40.1")
        with pytest.raises(StorageError, match=r"3\.40\.1"):
            Store(tmp_path)

    def test_the_one_we_run_on_is_what_apsw_brings(self) -> None:
        check_sqlite_version(apsw.sqlite_lib_version())
        assert apsw.using_amalgamation


def read_everything(folder: Path) -> None:
    """Whatever an answer may need."""
    store = Store(folder)
    try:
        for article in ARTICLES:
            found = store.article(article.id)
            assert found.text == article.text
            assert len(store.sentences(article.id, 0, len(article.text))) <= 2
            store.spans(article.id)
            store.structure(article.id)
        for passage in store.passages(range(1, 10)).values():
            original = next(article for article in ARTICLES if article.id == passage.article_id)
            assert passage.text == original.text[passage.start : passage.end]
        list(store.index_rows())
        store.vectors()
    finally:
        store.close()


class TestDamage:
    """F8: an error, or the right text; never another text and never an error that is not ours."""

    @pytest.fixture
    def whole(self, filled: Store, tmp_path: Path) -> bytes:
        filled.close()
        return (tmp_path / DATABASE).read_bytes()

    def damaged(self, folder: Path, data: bytes) -> bool:
        """Whether it was noticed; a wrong text would fail inside."""
        (folder / DATABASE).write_bytes(data)
        for side in ("-wal", "-shm"):
            (folder / f"{DATABASE}{side}").unlink(missing_ok=True)
        try:
            read_everything(folder)
        except (CorruptIndexError, NotFoundError):
            return True
        return False

    def test_undamaged_is_no_damage(self, whole: bytes, tmp_path: Path) -> None:
        assert not self.damaged(tmp_path, whole)

    @pytest.mark.parametrize("garbage", [b"no database at all", bytes(4096), b"SQLite format 3\x00" + b"\xff" * 4080])
    def test_a_file_that_is_no_database(self, whole: bytes, tmp_path: Path, garbage: bytes) -> None:
        assert self.damaged(tmp_path, garbage + whole[len(garbage) :])
        assert self.damaged(tmp_path, garbage)

    def test_truncation_to_any_page(self, whole: bytes, tmp_path: Path) -> None:
        for length in range(0, len(whole), PAGE):
            assert self.damaged(tmp_path, whole[:length]), length

    def test_an_empty_file_is_an_empty_database_and_says_so(self, whole: bytes, tmp_path: Path) -> None:
        (tmp_path / DATABASE).write_bytes(b"")
        with pytest.raises(EmptyStoreError):
            Store(tmp_path)

    def test_a_page_of_zeros(self, whole: bytes, tmp_path: Path) -> None:
        used = [place for place in range(0, len(whole), PAGE) if any(whole[place : place + PAGE])]
        noticed = [self.damaged(tmp_path, whole[:place] + bytes(PAGE) + whole[place + PAGE :]) for place in used]
        assert noticed[0]
        assert (
            sum(noticed) >= len(noticed) - 6
        )  # indexes, the tables of files and of verdicts: nobody needs them for reading an article by its id

    def test_a_flipped_bit_anywhere(self, whole: bytes, tmp_path: Path) -> None:
        """Of 300 places, three in each page of a hundred: the texts that are read are right, or there is an error."""
        places = [*range(0, 100, 3), *range(100, len(whole), len(whole) // 200)]
        noticed = [
            self.damaged(tmp_path, whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
            for place in places
        ]
        assert any(noticed)

    @pytest.mark.parametrize("article", ARTICLES, ids=[article.id for article in ARTICLES])
    def test_a_changed_letter_in_a_stored_text_is_always_noticed(
        self, whole: bytes, tmp_path: Path, article: Article
    ) -> None:
        """4조6000억 must never come out as 5조6000억, though SQLite finds nothing wrong with such a page."""
        encoded = pack_text(article.text)
        assert whole.count(encoded) == 1
        at = whole.index(encoded)
        for offset in (0, len(encoded) // 2, len(encoded) - 1):
            assert self.damaged(tmp_path, whole[: at + offset] + b"5" + whole[at + offset + 1 :])

    def test_another_format_is_refused(self, whole: bytes, tmp_path: Path) -> None:
        store = Store(tmp_path, writable=True)
        store.set_meta("format", "99")
        store.close()
        with pytest.raises(CorruptIndexError, match="99"):
            Store(tmp_path)

    def test_check_lists_what_sqlite_finds(self, whole: bytes, tmp_path: Path) -> None:
        (tmp_path / DATABASE).write_bytes(whole)
        store = Store(tmp_path)
        assert store.connection.check() == []
        store.close()

    def test_a_missing_file_is_no_empty_store(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError):
            Store(tmp_path / "없음")
        assert not (tmp_path / "없음").exists()


def test_a_full_disk_is_said_to_be_one_and_the_next_write_goes_on(filled: Store) -> None:
    """F11: SQLite rolls back by itself where it has no room; to roll back again is an error that hid the first."""
    before = filled.counts()
    # Half a page each when packed: four pages, and there is room for two.
    texts = [random.Random(number).randbytes(8_000).hex() for number in range(8)]
    many = [stored(replace(PORT, id=f"글-{number}", text=text)) for number, text in enumerate(texts)]
    (pages,) = next(filled.connection._db.execute("PRAGMA page_count"))
    list(filled.connection._db.execute(f"PRAGMA max_page_count = {pages + 2}"))
    with pytest.raises(StorageError, match="full"):
        filled.write(many)
    assert filled.counts() == before
    list(filled.connection._db.execute("PRAGMA max_page_count = 1000000"))
    filled.write(many)
    assert filled.counts()[0] == before[0] + len(many)


@pytest.mark.parametrize("pages", [1, 2, 4, 6])
def test_a_disk_that_is_full_from_the_first_page_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    """Whichever page is the first without room."""
    made = apsw.Connection

    def small(*arguments: object, **more: object) -> apsw.Connection:
        connection = made(*arguments, **more)  # type: ignore[arg-type]
        list(connection.execute(f"PRAGMA max_page_count = {pages}"))
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(apsw, "Connection", small)
        with pytest.raises(StorageError, match="full"):
            Store(tmp_path, writable=True)
    Store(tmp_path, writable=True).close()


def test_a_database_that_another_holds_for_long_is_said_to_be_in_use(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who empties a large write-ahead log on a slow disk lets nobody write meanwhile."""
    monkeypatch.setattr("index.store.connection._BUSY_MS", 20)
    other = apsw.Connection(str(tmp_path / DATABASE))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LockedError):
        Store(tmp_path, writable=True)
    other.execute("ROLLBACK")
    Store(tmp_path, writable=True).close()
    other.close()


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the locks as Linux lists them")
def test_who_opens_it_to_write_leaves_the_locks_of_who_reads(store: Store, tmp_path: Path) -> None:
    """Closing any descriptor of a file drops all locks of the process on it; then others take the database for unused."""
    reader = Store(tmp_path)
    place = f":{(tmp_path / DATABASE).stat().st_ino} "

    def locks() -> list[str]:
        return [line for line in Path("/proc/locks").read_text("ascii").splitlines() if place in line]

    assert locks()
    writer = Store(tmp_path, writable=True)
    assert locks()
    writer.close()
    assert locks()
    reader.close()
