"""A connection to the shared truth: always to the primary, with settings of its own, whatever server, role or address say."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from index.errors import StorageError
from index.truth.writing import catch_up, reading, writing
from tests.index.truth.test_nodes import Node
from tests.support.fakes import LIBRARY, PORT
from tests.support.postgres import Server, why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
STRANGE = replace(PORT, id="똠방각하😀", title="뷁 ㎞ 😀")


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The hosts of a standby that never catches up, and of the primary: one article here, two there."""
    primary = Server().start()
    node = Node(tmp_path_factory.mktemp("node"), primary.uri())
    node.put(PORT)
    standby = Server(("fsync=off", "recovery_min_apply_delay=1h"), clone_of=primary).start()
    node.put(LIBRARY)
    yield f"postgresql://geungeo@127.0.0.1:{standby.port},127.0.0.1:{primary.port}/postgres"
    standby.remove()
    primary.remove()


class TestSeveralHosts:
    @pytest.mark.parametrize("asked", ["", "?target_session_attrs=any", "?target_session_attrs=prefer-standby"])
    def test_a_standby_that_is_behind_is_never_read(self, behind: str, asked: str) -> None:
        from index.postgres.address import read_address
        from index.postgres.store import PostgresStore, Purpose

        for purpose in get_args(Purpose):
            with closing(PostgresStore(read_address(behind + asked), purpose)) as truth:
                assert truth.counts() == (2, 2), purpose

    def test_nor_where_the_environment_asks_for_it(
        self, behind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PGTARGETSESSIONATTRS", "standby")
        node = Node(tmp_path, behind)
        assert catch_up(node.folder)
        assert len(node.rows()["articles"]) == 2
        with reading(node.folder) as truth:
            assert truth.counts() == (2, 2)

    def test_a_primary_that_is_set_to_be_read_only_can_be_read(self, database: str, tmp_path: Path) -> None:
        Node(tmp_path / "a", database).put(PORT)
        node = Node(tmp_path / "b", f"{database}%20-cdefault_transaction_read_only%3Don")
        with reading(node.folder) as truth:
            assert truth.counts() == (1, 1)


class TestSettings:
    @pytest.mark.parametrize("name", ["statement_timeout", "transaction_timeout"])
    def test_no_limit_of_the_server_cancels_a_write(
        self, postgres: Server, database: str, tmp_path: Path, name: str
    ) -> None:
        """A COMMIT that waits for the standby would be taken for done."""
        if not _is_known(postgres, name):
            pytest.skip(f"this PostgreSQL has no {name}")
        node = Node(tmp_path, f"{database}%20-c{name}%3D200")
        with writing(node.folder) as truth, truth.connection.transaction() as db:  # type: ignore[attr-defined]
            db.execute("SELECT pg_sleep(0.5)")
        node.put(PORT)

    def test_a_release_is_asked_for_nothing_that_it_does_not_know(self) -> None:
        from index.postgres.store import session_settings

        older, newer = session_settings(160_009), session_settings(170_000)
        assert set(newer) - set(older) == {"SET transaction_timeout = 0"}

    def test_who_embeds_for_long_is_not_cut_off(self, database: str, tmp_path: Path) -> None:
        """A server may end the sessions that say nothing, and with the writer's its lock."""
        node = Node(tmp_path, f"{database}%20-cidle_session_timeout%3D200")
        with writing(node.folder, 5.0) as truth:
            time.sleep(0.6)
            truth.set_meta("a", "b")

    def test_who_waited_for_a_lock_sees_what_its_holder_wrote(self, database: str, tmp_path: Path) -> None:
        node = Node(tmp_path, f"{database}%20-cdefault_transaction_isolation%3Dserializable")
        with writing(node.folder) as truth, truth.connection.transaction() as db:  # type: ignore[attr-defined]
            assert db.execute("SHOW transaction_isolation").fetchone() == ("read committed",)


class TestLetters:
    """Offices have an encoding of their own in the environment of many machines."""

    @pytest.mark.parametrize("encoding", ["EUC_KR", "UHC"])
    def test_every_letter_whatever_the_environment_says(
        self, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
    ) -> None:
        monkeypatch.setenv("PGCLIENTENCODING", encoding)
        node = Node(tmp_path, database)
        node.put(STRANGE)
        with reading(node.folder) as truth:
            assert truth.article(STRANGE.id) == STRANGE

    def test_whatever_the_address_says(self, database: str, tmp_path: Path) -> None:
        Node(tmp_path, f"{database}&client_encoding=EUC_KR").put(STRANGE)

    @pytest.mark.parametrize("encoding", ["EUC_KR", "SQL_ASCII"])
    def test_a_database_without_all_letters_is_refused(self, postgres: Server, tmp_path: Path, encoding: str) -> None:
        import psycopg

        name = f"in_{encoding.lower()}"
        with psycopg.connect(postgres.uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0")
        with pytest.raises(StorageError, match="ENCODING 'UTF8'"):
            Node(tmp_path, postgres.uri(name)).put(PORT)


def _is_known(server: Server, name: str) -> bool:
    import psycopg

    with psycopg.connect(server.uri()) as connection:
        return connection.execute("SELECT 1 FROM pg_settings WHERE name = %s", (name,)).fetchone() is not None
