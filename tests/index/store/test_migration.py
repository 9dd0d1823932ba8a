"""F31: a database of the format before is brought up to date, wherever that is interrupted; an older one is refused."""

import logging
import signal
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import apsw
import pytest

from index.doctor import examine
from index.errors import CorruptIndexError, ReadOnlyError
from index.search.generation import current_number
from index.store import connection, migration
from index.store.schema import FORMAT
from index.store.store import DATABASE, Store
from index.system import failpoints
from tests.support.fakes import ARTICLES, PORT, HashEncoder, RegexSplitter, make_index
from tests.support.killing import Killer, as_made, killer

FIXTURES = Path(__file__).parents[2] / "fixtures" / "indexes"
POINTS = [name for name in failpoints.NAMES if name.startswith("migrate.")]
TABLES = ("articles", "texts", "passages")


@pytest.fixture(params=sorted(migration.EARLIER))
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Made by the release of that format (tests/support/fakes.py: three articles, then all four, one of them changed)."""
    with tarfile.open(FIXTURES / f"format-{request.param}.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / f"index-format-{request.param}"


@pytest.fixture(scope="module")
def forking() -> Iterator[Killer]:
    with killer() as running:
        yield running


def check(folder: Path) -> None:
    engine = as_made(folder)
    assert [engine.article(article.id) for article in ARTICLES] == list(ARTICLES)
    for article in ARTICLES:
        ((seq, score),) = engine.search_dense(HashEncoder().encode_queries([f"{article.title}\n{article.text}"]), 1)
        assert engine.passages([seq])[seq].article_id == article.id
        assert score > 0.9
    engine.close()
    assert examine(folder) == []


def query(folder: Path, statement: str) -> list[tuple[object, ...]]:
    db = apsw.Connection(str(folder / DATABASE))
    rows = list(db.execute(statement))
    db.close()
    return rows


def format_of(folder: Path) -> object:
    ((number,),) = query(folder, "SELECT value FROM meta WHERE key = 'format'")
    return number


def test_the_steps_lead_from_the_oldest_format_to_this_one() -> None:
    assert migration.STEPS[0].source == migration.OLDEST
    assert migration.STEPS[-1].target == FORMAT
    assert all(step.target == later.source for step, later in pairwise(migration.STEPS))
    assert all(step.source < step.target for step in migration.STEPS)


def test_the_format_before_opens_and_says_so(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = format_of(folder)
    with caplog.at_level(logging.WARNING, "index.store.connection"):
        check(folder)
    assert format_of(folder) == str(FORMAT)
    assert current_number(folder) == (3 if before in ("4", "5") else 2)  # whose words do not know collections
    (said,) = [record.getMessage() for record in caplog.records if record.name == "index.store.connection"]
    assert f"새 형식으로 바꿉니다 ({before} → {FORMAT})" in said
    assert str(folder / DATABASE) in said


def test_its_tables_are_those_of_a_new_database(folder: Path, tmp_path: Path) -> None:
    Store(folder).close()
    make_index(tmp_path / "new", RegexSplitter())
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
    assert query(folder, schema) == query(tmp_path / "new", schema)


def test_its_rows_are_as_they_were(folder: Path) -> None:
    before = {table: query(folder, f"SELECT * FROM {table}") for table in TABLES}
    Store(folder).close()
    after = {table: query(folder, f"SELECT * FROM {table}") for table in TABLES}
    assert [row[: len(old)] for table in TABLES for row, old in zip(after[table], before[table], strict=True)] == [
        row for table in TABLES for row in before[table]
    ]


def test_it_takes_new_articles(folder: Path) -> None:
    store = Store(folder, writable=True)
    store.delete([PORT.id])
    store.close()
    engine = as_made(folder)
    assert engine.manifest.articles == len(ARTICLES) - 1
    engine.close()


@pytest.mark.parametrize("name", POINTS)
def test_killed_while_being_brought_up_to_date(folder: Path, forking: Killer, name: str) -> None:
    before = format_of(folder)
    code, _ = forking.run("open_as_made", str(folder), failpoint=f"{name}:1:kill")
    assert code == -signal.SIGKILL
    assert format_of(folder) == before
    check(folder)


def test_a_damaged_row_stays_refused(folder: Path) -> None:
    query(folder, f"UPDATE articles SET title = 'x' WHERE id = '{PORT.id}'")
    store = Store(folder)
    with pytest.raises(CorruptIndexError):
        store.article(PORT.id)
    assert [store.article(article.id) for article in ARTICLES[1:]] == list(ARTICLES[1:])
    store.close()


def test_a_disk_that_may_only_be_read_is_told_the_cure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def refused(*_: object) -> Iterator[None]:
        raise ReadOnlyError("읽기 전용", "read only")
        yield

    before = format_of(folder)
    monkeypatch.setattr(connection, "write_lock", refused)
    with pytest.raises(ReadOnlyError):
        Store(folder)
    assert format_of(folder) == before


@pytest.mark.parametrize("writable", [False, True])
@pytest.mark.parametrize("number", range(migration.OLDEST))
def test_an_older_format_is_refused_with_the_cure(tmp_path: Path, number: int, writable: bool) -> None:
    make_index(tmp_path, RegexSplitter())
    query(tmp_path, f"UPDATE meta SET value = '{number}' WHERE key = 'format'")
    with pytest.raises(CorruptIndexError) as caught:
        Store(tmp_path, writable=writable)
    assert str(tmp_path / DATABASE) in caught.value.korean
    assert f"형식 {number}, 이 버전은 {migration.OLDEST}부터" in caught.value.korean
    assert f"format {number}" in caught.value.english
    assert all("geungeo index PATH..." in text for text in (caught.value.korean, caught.value.english))
    assert format_of(tmp_path) == str(number)
