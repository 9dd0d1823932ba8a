"""Nodes that share a PostgreSQL fill one collection: who comes second writes nothing twice."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from index.articles import Article
from index.ingest import remove_articles
from index.postgres.address import read_address
from index.search.generation import open_current
from index.search.milvus.address import attach
from index.search.milvus.collection import Collection, Row
from index.store.store import Store
from index.truth.moving import move_to_folder
from index.truth.writing import catch_up
from tests.index.search.milvus.lite import milvus
from tests.index.search.milvus.test_milvus import collection_of, found
from tests.index.truth.test_nodes import Node
from tests.support.fakes import ARTICLES, FESTIVAL

__all__ = ["milvus"]


def holds(node: Node) -> bool:
    """Whether what the node searches is exactly what its copy holds."""
    generation = open_current(node.folder)
    with closing(Store(node.folder)) as copy:
        return generation is not None and generation.index.holds(copy)


@pytest.fixture
def nodes(tmp_path: Path, database: str, milvus: str) -> list[Node]:
    made = [Node(tmp_path / str(number), database) for number in range(2)]
    for node in made:
        attach(node.folder, milvus)
    return made


def test_the_second_node_finds_everything_there(nodes: list[Node], monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = nodes
    here.put(*ARTICLES)
    written: list[int] = []
    upsert = Collection.upsert

    def counting(self: Collection, rows: Iterable[Row]) -> None:
        given = list(rows)
        written.extend(row.seq for row in given)
        upsert(self, given)

    monkeypatch.setattr(Collection, "upsert", counting)
    assert catch_up(there.folder)
    assert written == []
    assert collection_of(here.folder).name == collection_of(there.folder).name
    assert found(here.folder) == found(there.folder)
    there.put(Article("새글", "두루미", "두루미가 왔다."))
    assert written == [5]
    assert catch_up(here.folder)
    assert written == [5]
    assert all(map(holds, nodes))


def test_a_node_that_is_behind_goes_on_without_what_was_deleted(nodes: list[Node]) -> None:
    here, there = nodes
    here.put(*ARTICLES)
    catch_up(there.folder)
    before, _ = found(there.folder)
    with there.engine() as held:
        remove_articles(here.folder, [FESTIVAL.id])
        question = there.encoder.encode_queries(["부산항 부두"])
        assert {seq for seq, _ in held.search_dense(question, 9)} == set(before) - {3}
    catch_up(there.folder)
    assert found(here.folder) == found(there.folder)
    assert all(map(holds, nodes))


def test_a_folder_that_was_moved_away_has_its_own(
    nodes: list[Node], database: str, milvus: str, tmp_path: Path
) -> None:
    here, _ = nodes
    here.put(*ARTICLES)
    back = tmp_path / "back"
    attach(back, milvus)
    move_to_folder(read_address(database), back)
    assert collection_of(back).name != collection_of(here.folder).name
    with closing(Store(back)) as own:
        assert own.meta("shared_collection") is None
    assert found(back) == found(here.folder)
