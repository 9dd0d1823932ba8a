"""The doctor: a whole index has no complaints, a damaged one has one that names the cure; repair cures what it can."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import apsw
import numpy as np
import pytest

from index.articles import Article
from index.doctor import check_up, examine, repair
from index.errors import CorruptIndexError, StorageError, UnfinishedError
from index.ingest import remove_articles
from index.korean.sentences import SentenceSplitter
from index.search.generation import current_number
from index.search.manifest import read_manifest, write_manifest
from index.search.vectors import VectorShard
from index.store.store import DATABASE, Store
from index.system.locking import write_lock
from tests.support.fakes import ARTICLES, PORT, make_index, open_index, spoil


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, splitter: SentenceSplitter) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_index(folder, splitter, [PORT])
    make_index(folder, splitter)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "data"))


def unfinished(folder: Path) -> str:
    """What a killed run left, which the next one heals: no damage, and so no exit code."""
    (found,) = examine(folder)
    assert isinstance(found, UnfinishedError)
    assert found.exit_code == 0
    assert "by itself" in found.english
    assert "저절로" in found.korean
    return found.english


def complaints(folder: Path) -> list[str]:
    found = examine(folder)
    assert all(isinstance(error, CorruptIndexError) and error.exit_code == 4 for error in found)
    return [error.english for error in found]


def change(folder: Path, statement: str, *values: object) -> None:
    """Alter the database behind the store's back, as a damaged disk or a curious hand does."""
    db = apsw.Connection(str(folder / DATABASE))
    list(db.execute(statement, values))
    db.close()


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith((".lock", "-shm", "-wal"))
    }


def test_a_whole_index_has_no_complaints_and_is_not_touched(folder: Path) -> None:
    before = snapshot(folder)
    assert examine(folder) == []
    assert snapshot(folder) == before


@pytest.mark.parametrize("name", ["vectors/*.faiss", "manifest.json", "lexical/meta.json", "lexical/*.term"])
def test_damaged_generation_is_named_and_repaired(folder: Path, splitter: SentenceSplitter, name: str) -> None:
    (path,) = (folder / "generations" / "000002").glob(name)
    spoil(path, path.stat().st_size - 1)
    (complaint,) = complaints(folder)
    assert complaint.startswith("index file damaged")
    assert complaint.endswith("geungeo doctor --repair")
    repair(folder)
    assert complaints(folder) == []
    engine = open_index(folder, splitter)
    assert engine.manifest.generation == 3
    assert engine.article(PORT.id) == PORT
    engine.close()


def test_no_generation_at_all_is_repaired(folder: Path) -> None:
    shutil.rmtree(folder / "generations")
    unfinished(folder)
    repair(folder)
    assert (complaints(folder), current_number(folder)) == ([], 1)


def test_a_generation_older_than_the_store_is_repaired(folder: Path) -> None:
    store = Store(folder, writable=True)
    store.delete([PORT.id])
    store.close()
    assert "not in the index yet" in unfinished(folder)
    repair(folder)
    assert complaints(folder) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE texts SET text = x'00' WHERE article = (SELECT seq FROM articles WHERE id = ?)",
        "UPDATE articles SET title = title || '?' WHERE id = ?",
        "UPDATE articles SET published_at = '2025-10-03' WHERE id = ?",
        "UPDATE articles SET meta = '{}' WHERE id = ?",
        "UPDATE articles SET meta = '{' WHERE id = ?",
        "UPDATE articles SET spans = '[[0, 1, \"몸\"]]' WHERE id = ?",
        "UPDATE texts SET text = CAST(x'ff' AS TEXT) WHERE article = (SELECT seq FROM articles WHERE id = ?)",
        "DELETE FROM texts WHERE article = (SELECT seq FROM articles WHERE id = ?)",
    ],
)
def test_an_altered_article_is_found_though_sqlite_sees_nothing(folder: Path, statement: str) -> None:
    change(folder, statement, PORT.id)
    (complaint,) = complaints(folder)
    assert "damaged" in complaint or PORT.id in complaint


def test_a_damaged_page_is_a_complaint_and_no_crash(folder: Path) -> None:
    data = (folder / DATABASE).read_bytes()
    for place in range(0, len(data), 16_384):
        (folder / DATABASE).write_bytes(data[:place] + b"\xff" * 512 + data[place + 512 :])
        assert complaints(folder) != [], place // 16_384


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:5000], lambda data: b"?" * len(data)])
def test_a_database_that_is_none(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    (folder / DATABASE).write_bytes(damage((folder / DATABASE).read_bytes()))
    assert len(complaints(folder)) == 1


def test_a_missing_database(folder: Path) -> None:
    (folder / DATABASE).unlink()
    (complaint,) = examine(folder)
    assert isinstance(complaint, StorageError)


def test_lost_writes_are_told_and_repair_goes_on_with_what_is_left(folder: Path, splitter: SentenceSplitter) -> None:
    before = (folder / DATABASE).read_bytes()
    make_index(folder, splitter, [Article("새-글", "새 글", "새 글이 왔다.")])
    (folder / DATABASE).write_bytes(before)
    (complaint,) = complaints(folder)
    assert "lost its latest writes" in complaint
    with pytest.raises(CorruptIndexError, match="doctor --repair"):
        open_index(folder, splitter)
    with pytest.raises(CorruptIndexError, match="doctor --repair"):
        make_index(folder, splitter)
    repair(folder)
    assert complaints(folder) == []
    engine = open_index(folder, splitter)
    assert [engine.article(article.id) for article in ARTICLES] == list(ARTICLES)
    engine.close()


def test_every_check_says_what_it_looked_at(folder: Path) -> None:
    found = {finding.name: finding.detail for finding in check_up(folder)}
    assert list(found) == ["fingerprints", "leftovers", "database", "articles", "passages", "files", "generation"]
    assert found["database"].startswith("SQLite 3.")
    assert (found["articles"], found["generation"]) == ("4", "2")


def test_another_encoder_is_a_complaint(folder: Path) -> None:
    (complaint,) = examine(folder, encoder="bge-m3")
    assert complaint.exit_code == 5
    assert "--rebuild" in complaint.english
    assert examine(folder, encoder="hash-64-16") == []


def test_what_an_interrupted_run_left_is_named_and_removed(folder: Path) -> None:
    left = folder / "generations" / ".new-abc" / "lexical"
    left.mkdir(parents=True)
    (left / "x.term").write_bytes(b"half")
    assert ".new-abc" in unfinished(folder)
    with write_lock(folder):  # somebody is at work: it may be theirs
        assert complaints(folder) == []
    repair(folder)
    assert complaints(folder) == []
    assert not left.exists()


def test_a_file_that_is_no_part_of_the_index(folder: Path) -> None:
    (folder / "generations" / "000002" / "lexical" / "x.term").write_bytes(b"?")
    (complaint,) = complaints(folder)
    assert "x.term" in complaint
    repair(folder)
    assert complaints(folder) == []


def test_a_forged_generation_is_noticed(folder: Path) -> None:
    """F10 with every checksum made right again: the same passages, the vectors of others."""
    path = folder / "generations" / "000002"
    (file,) = (path / "vectors").iterdir()
    shard = VectorShard.open(file)
    forged = VectorShard.build(shard.seqs, shard.vectors_at(np.arange(len(shard))[::-1]), 64).to_bytes()
    file.unlink()  # a new file: the old one is mapped
    file.write_bytes(forged)
    manifest = read_manifest(path)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    write_manifest(path, replace(manifest, files={**manifest.files, f"vectors/{file.name}": digest}))
    (complaint,) = complaints(folder)
    assert "does not match the database" in complaint
    repair(folder)
    assert complaints(folder) == []


def test_a_generation_that_outlived_a_removal(folder: Path) -> None:
    kept = shutil.copytree(folder / "generations" / "000002", folder / "kept")
    remove_articles(folder, [PORT.id])
    Path(kept).rename(folder / "generations" / "000002")
    assert "000002" in unfinished(folder)
    repair(folder)
    assert complaints(folder) == []
