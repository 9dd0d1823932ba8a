"""From a folder into a PostgreSQL and back: nothing is lost, nothing is embedded again, and nothing is overwritten."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from index.doctor import check_up, examine, repair
from index.errors import CorruptIndexError, UsageError
from index.ingest import remove_articles
from index.postgres.address import read_address
from index.store.gold_rows import GoldRecord
from index.store.store import Store
from index.system.locking import write_lock
from index.truth import moving
from index.truth.attachment import attach
from index.truth.documents import shared_file
from index.truth.moving import move_to_folder, move_to_shared
from index.truth.writing import catch_up, reading, writing
from tests.index.truth.test_nodes import Node
from tests.support.fakes import ARTICLES, FESTIVAL, LIBRARY, PORT

GOLD = GoldRecord(0, "1", "질문", "right", PORT.id, 0, 3, "ab", "local", "2024")


@pytest.fixture
def alone(tmp_path: Path) -> Node:
    """A folder of its own with a past: something was replaced, something deleted, and more is kept beside the articles."""
    node = Node(tmp_path / "alone")
    node.put(*ARTICLES)
    node.put(replace(PORT, title="제목\x00둘"))
    node.put(replace(LIBRARY, id="마지막"))
    remove_articles(node.folder, ["마지막", FESTIVAL.id])
    with writing(node.folder) as truth:
        truth.note_files([("d", "a\x00", PORT.id, "1", "x")])
        truth.add_gold(GOLD)
    (node.folder / "keys.json").write_bytes(b"keys")
    return node


def test_there_and_back_again(alone: Node, database: str, tmp_path: Path) -> None:
    assert move_to_shared(alone.folder, read_address(database)) == (3, 3)
    node = Node(tmp_path / "node", database)
    assert catch_up(node.folder)
    assert node.rows() == alone.rows()
    assert (node.folder / "keys.json").read_bytes() == b"keys"
    with reading(node.folder) as truth:
        assert [row.path for row in truth.files("d")] == ["a\x00"]
        assert [row.question for row in truth.gold()] == ["질문"]
    back = Node(tmp_path / "back")
    assert move_to_folder(read_address(database), back.folder) == (3, 3)
    assert (back.rows(), back.state()) == (alone.rows(), alone.state())
    assert (back.folder / "keys.json").read_bytes() == b"keys"
    with reading(back.folder) as truth:
        assert [row.path for row in truth.files("d")] == ["a\x00"]
        assert [row.question for row in truth.gold()] == ["질문"]
    assert examine(back.folder) == []


def test_numbers_go_on_where_they_were(alone: Node, database: str, tmp_path: Path) -> None:
    """A number of something deleted would be taken for it by a node that has not heard of the deletion."""
    move_to_shared(alone.folder, read_address(database))
    node, back = Node(tmp_path / "node", database), Node(tmp_path / "back")
    move_to_folder(read_address(database), back.folder)
    for one in (node, alone, back):
        one.put(replace(FESTIVAL, id="새것"))
    assert node.rows() == alone.rows() == back.rows()


def test_nothing_is_overwritten(alone: Node, database: str, tmp_path: Path) -> None:
    address = read_address(database)
    with pytest.raises(UsageError):
        move_to_shared(tmp_path / "empty", address)
    move_to_shared(alone.folder, address)
    with pytest.raises(UsageError):
        move_to_shared(alone.folder, address)
    with pytest.raises(UsageError):
        move_to_folder(address, alone.folder)
    attach(tmp_path / "node", database)
    for work in (
        lambda: move_to_folder(address, tmp_path / "node"),
        lambda: move_to_shared(tmp_path / "node", address),
    ):
        with pytest.raises(UsageError):
            work()


def test_keys_that_nodes_share_already_are_not_overwritten(alone: Node, database: str, tmp_path: Path) -> None:
    """A PostgreSQL without an article has no version, and is not empty for that."""
    node = tmp_path / "node"
    attach(node, database)
    with shared_file(node, "keys.json"):
        (node / "keys.json").write_bytes(b"shared")
    with pytest.raises(UsageError, match="비어 있지 않은"):
        move_to_shared(alone.folder, read_address(database))
    assert not catch_up(node)
    assert (node / "keys.json").read_bytes() == b"shared"


def test_what_was_put_into_the_folder_meanwhile_is_not_overwritten(
    alone: Node, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_to_shared(alone.folder, read_address(database))
    back = Node(tmp_path / "back")

    def lock_after_another(folder: Path, wait: float = 0.0) -> AbstractContextManager[None]:
        back.put(LIBRARY)
        return write_lock(folder, wait)

    monkeypatch.setattr(moving, "write_lock", lock_after_another)
    with pytest.raises(UsageError, match="비어 있지 않은"):
        move_to_folder(read_address(database), back.folder)
    with reading(back.folder) as truth:
        assert truth.counts()[0] == 1
        assert truth.content_hash(LIBRARY.id) is not None


class TestDoctor:
    @pytest.fixture
    def node(self, tmp_path: Path, database: str) -> Node:
        node = Node(tmp_path / "node", database)
        node.put(*ARTICLES)
        return node

    def test_a_sound_node(self, node: Node) -> None:
        found = {one.name: [str(complaint) for complaint in one.complaints] for one in check_up(node.folder)}
        quick = found.pop("truth")  # the server of the tests has its durability switched off, and the doctor says so
        assert [re.findall(r"ALTER SYSTEM SET (\w+) = on", one) for one in quick] == [["fsync"], ["full_page_writes"]]
        assert not any("백업" in one for one in quick)  # nothing is damaged
        assert set(found) == {
            "fingerprints", "leftovers", "database", "articles", "passages", "files", "generation", "truth_articles", "copy",
        }  # fmt: skip
        assert not any(found.values())

    def test_damage_in_the_shared_truth(self, node: Node, database: str) -> None:
        from index.postgres.store import PostgresStore

        with closing(PostgresStore(read_address(database), "write")) as truth, truth.connection.transaction() as db:
            db.execute("UPDATE passages SET context = ? WHERE article = 1", ("다른 말",))
        found = {one.name: one.complaints for one in check_up(node.folder)}
        assert isinstance(found["truth_articles"][0], CorruptIndexError)
        assert not found["articles"]

    def test_a_copy_that_lost_a_passage_is_copied_again(self, node: Node) -> None:
        whole = node.rows()
        with closing(Store(node.folder, writable=True)) as copy, copy.connection.transaction() as db:
            db.execute("DELETE FROM passages WHERE seq = 2")
        assert next(one for one in check_up(node.folder) if one.name == "copy").complaints
        repair(node.folder)
        assert node.rows() == whole
        assert not next(one for one in check_up(node.folder) if one.name == "copy").complaints


def test_what_one_node_changes_of_a_shared_file_the_others_have(
    tmp_path: Path, new_database: Callable[[], str]
) -> None:
    address = new_database()
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        attach(folder, address)
    with shared_file(here, "keys.json"):
        (here / "keys.json").write_bytes(b"first")
    with shared_file(there, "keys.json"):
        assert (there / "keys.json").read_bytes() == b"first"
        (there / "keys.json").write_bytes(b"second")
    catch_up(here)
    assert (here / "keys.json").read_bytes() == b"second"


def test_who_follows_meanwhile_does_not_undo_what_is_being_changed(tmp_path: Path, database: str) -> None:
    """A server looks for what others have written while a command line on the same folder revokes a key."""
    node = tmp_path / "node"
    attach(node, database)
    with shared_file(node, "keys.json"):
        (node / "keys.json").write_bytes(b"in force")
    with ThreadPoolExecutor(1) as pool:
        with shared_file(node, "keys.json"):
            (node / "keys.json").write_bytes(b"revoked")
            following = pool.submit(catch_up, node)
            with pytest.raises(TimeoutError):
                following.result(0.5)
        following.result()
    assert (node / "keys.json").read_bytes() == b"revoked"
    attach(tmp_path / "other", database)
    catch_up(tmp_path / "other")
    assert (tmp_path / "other" / "keys.json").read_bytes() == b"revoked"
