"""A changed bit in any stored column is noticed when it is read, and the doctor says so."""

import shutil
from dataclasses import replace
from pathlib import Path

import apsw
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.doctor import examine
from index.errors import CorruptIndexError
from index.store.checksums import SealBrokenError, check_row, crc_of, seal, unseal
from index.store.store import DATABASE, Store
from tests.support.fakes import ARTICLES, HashEncoder, PackagedFake, RegexSplitter, make_index
from tests.support.killing import as_made

COLUMNS = {
    "articles": ("id", "title", "source", "url", "published_at", "lang", "meta", "spans", "sha256", "crc"),
    "texts": ("start", "text", "crc"),
    "structures": ("structure", "crc"),
    "layouts": ("layout", "crc"),
    "passages": ("start", "end", "context", "context_words", "back", "sentences", "sentence_vectors", "vector", "crc"),
}
KEYS = {"articles": "seq", "texts": "article", "structures": "article", "layouts": "article", "passages": "seq"}


@given(st.binary(max_size=500), st.data())
def test_any_flipped_bit_breaks_the_seal(data: bytes, draw: st.DataObject) -> None:
    sealed = seal(data)
    assert unseal(sealed) == data
    place, bit = draw.draw(st.integers(0, len(sealed) - 1)), draw.draw(st.integers(0, 7))
    flipped = sealed[:place] + bytes([sealed[place] ^ 1 << bit]) + sealed[place + 1 :]
    for broken in (flipped, sealed[:-1], sealed + b"\x01", b""):
        with pytest.raises(SealBrokenError):
            unseal(broken)


@given(st.lists(st.none() | st.text() | st.integers(), min_size=1, max_size=5), st.data())
def test_a_row_is_its_fields_in_order(fields: list[str | int | None], draw: st.DataObject) -> None:
    check_row(crc_of(*fields), *fields)
    other = draw.draw(st.lists(st.none() | st.text() | st.integers(), min_size=1, max_size=5))
    if [None if field is None else str(field) for field in other] != [
        None if field is None else str(field) for field in fields
    ]:
        with pytest.raises(SealBrokenError):
            check_row(crc_of(*fields), *other)


@pytest.fixture(scope="module", params=[HashEncoder, PackagedFake])
def made(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Vectors in plain coding, and in that of the packaged encoder."""
    folder = tmp_path_factory.mktemp("made")
    make_index(folder, RegexSplitter(), encoder=request.param())
    store = Store(folder, writable=True)
    store.write([replace(store.stored_article(ARTICLES[-1].id), structure=b"structure", layout=b"layout")])
    store.close()
    as_made(folder).close()  # derived again
    return folder


def flipped(value: object) -> object:
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, str):
        return chr(ord(value[0]) ^ 1) + value[1:] if value else "\x01"
    return 1 if value is None else int(str(value)) ^ 1


def read_all(folder: Path) -> None:
    store = Store(folder)
    try:
        for article_id, *_ in list(store.list_articles()):
            text = store.article(article_id).text
            store.spans(article_id)
            store.structure(article_id)
            store.layout(article_id)
            store.sentences(article_id, 0, len(text))
        seqs, _ = store.vectors()
        store.passages(seqs.tolist())
        list(store.index_rows())
    finally:
        store.close()


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.full)])
def test_any_flipped_bit_of_a_sentence_is_noticed(made: Path, tmp_path: Path, step: int) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "data"))
    db = apsw.Connection(str(folder / DATABASE))
    for column in ("sentences", "sentence_vectors"):
        ((value,),) = db.execute(f"SELECT {column} FROM passages WHERE seq = 1")
        for place in range(0, len(value), step):
            broken = value[:place] + bytes([value[place] ^ 1 << place % 8]) + value[place + 1 :]
            db.execute(f"UPDATE passages SET {column} = ? WHERE seq = 1", (broken,))
            with pytest.raises(CorruptIndexError):
                read_all(folder)
        db.execute(f"UPDATE passages SET {column} = ? WHERE seq = 1", (value,))
    db.close()
    read_all(folder)


def test_bytes_side_by_side_are_not_as_good_as_two_others() -> None:
    assert len({crc_of(b"ab", b"c"), crc_of(b"a", b"bc"), crc_of(b"", b"abc"), crc_of("ab", "c")}) == 4


@pytest.mark.parametrize(("table", "column"), [(table, column) for table in COLUMNS for column in COLUMNS[table]])
def test_a_flipped_bit_in_any_column_is_noticed(made: Path, tmp_path: Path, table: str, column: str) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "data"))
    db = apsw.Connection(str(folder / DATABASE))
    key = KEYS[table]
    (number, value), *_ = db.execute(f'SELECT {key}, "{column}" FROM {table} ORDER BY {key}')
    db.execute(f'UPDATE {table} SET "{column}" = ? WHERE {key} = ?', (flipped(value), number))
    db.close()
    with pytest.raises(CorruptIndexError) as caught:
        read_all(folder)
    assert caught.value.exit_code == 4
    assert "doctor" in caught.value.english or "backup" in caught.value.english
    assert [error.exit_code for error in examine(folder)][:1] == [4]


@pytest.mark.parametrize("other", ["seq + 1", "99"])
def test_a_structure_that_went_to_another_article_is_found_by_the_doctor(
    made: Path, tmp_path: Path, other: str
) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "data"))
    db = apsw.Connection(str(folder / DATABASE))
    db.execute("DELETE FROM structures WHERE article <> (SELECT max(seq) FROM articles)")
    db.execute(f"UPDATE structures SET article = (SELECT {other} FROM articles ORDER BY seq LIMIT 1)")
    db.close()
    assert [complaint.exit_code for complaint in examine(folder)] == [4]


def test_a_flipped_vector_is_an_error_when_asked_and_never_a_score(made: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "data"))
    db = apsw.Connection(str(folder / DATABASE))
    for seq, value in list(db.execute("SELECT seq, vector FROM passages")):
        db.execute("UPDATE passages SET vector = ? WHERE seq = ?", (flipped(value), seq))
    db.close()
    engine = as_made(folder)
    with pytest.raises(CorruptIndexError, match="doctor"):
        engine.read_passages([1, 2])
    engine.close()


def test_a_damaged_place_is_refused_before_it_is_gone_to(made: Path, tmp_path: Path) -> None:
    """A text of a million million letters, or a thousand million passages back, would take for ever."""
    folder = Path(shutil.copytree(made, tmp_path / "data"))
    db = apsw.Connection(str(folder / DATABASE))
    for column in ("end", "back"):
        ((value,),) = db.execute(f'SELECT "{column}" FROM passages WHERE seq = 1')
        db.execute(f'UPDATE passages SET "{column}" = {10**12} WHERE seq = 1')
        with pytest.raises(CorruptIndexError):
            read_all(folder)
        db.execute(f'UPDATE passages SET "{column}" = ? WHERE seq = 1', (value,))
    db.close()
    read_all(folder)


def test_vectors_are_as_before(made: Path) -> None:
    store = Store(made)
    _, vectors = store.vectors()
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert len(vectors) == len(ARTICLES)
    store.close()
