"""Generations: published whole or not at all; a damaged one is passed over, never used (F6, F7, F9, F10)."""

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from index.errors import CorruptIndexError, EncoderMismatchError, StorageError
from index.korean.sentences import SentenceSplitter
from index.search import embedded, publication
from index.search.generation import (
    KEPT,
    collect_garbage,
    current_number,
    open_current,
    require_not_older,
    verify_newest,
)
from index.search.manifest import FORMAT, NewerFormatError
from index.search.publication import UNFINISHED, publish_store
from index.search.vectors import ROUNDING
from index.store.store import DATABASE, Store
from tests.support.fakes import ARTICLES, FESTIVAL, LIBRARY, PORT, HashEncoder, make_index

ENCODER = HashEncoder()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, splitter: SentenceSplitter) -> Path:
    """A data folder with two generations: of one article, then of all."""
    folder = tmp_path_factory.mktemp("made")
    make_index(folder, splitter, [PORT])
    make_index(folder, splitter)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return Path(shutil.copytree(made, tmp_path / "data"))


def newest(folder: Path) -> Path:
    return folder / "generations" / f"{current_number(folder):06d}"


def files(folder: Path) -> list[Path]:
    """Every file of the newest generation that anything is read from."""
    return sorted(path for path in newest(folder).rglob("*") if path.is_file() and path.suffix != ".lock")


def opened(folder: Path) -> int | None:
    found = open_current(folder)
    return found and found.manifest.generation


def test_manifest_says_what_the_generation_was_made_of(folder: Path) -> None:
    manifest = open_current(folder).manifest
    store = Store(folder)
    assert (manifest.generation, manifest.store_version, manifest.store_state) == (2, store.version, store.state)
    assert (manifest.articles, manifest.passages) == store.counts() == (4, 4)
    assert (manifest.encoder, manifest.dim) == (ENCODER.fingerprint, ENCODER.dim)
    assert set(manifest.files) == {path.relative_to(newest(folder)).as_posix() for path in files(folder)} - {
        "manifest.json"
    }
    store.close()


def test_both_indexes_hold_the_passages_of_the_store(folder: Path) -> None:
    found = open_current(folder)
    store = Store(folder)
    seqs, vectors = store.vectors()
    for seq, vector in zip(seqs, vectors, strict=True):
        ((best, score),) = found.index.vectors.search(vector[None], 1, store.vectors_of)
        assert (best, score) == (seq, pytest.approx(1, abs=ROUNDING))
    assert len(found.index.vectors) == len(found.index.lexical) == len(seqs)
    store.close()


def test_publishing_makes_the_next_one_current_and_keeps_one_before(folder: Path) -> None:
    held = open_current(folder)
    store = Store(folder, writable=True)
    numbers = [publish_store(folder, store).generation for _ in range(3)]
    store.close()
    assert numbers == [3, 4, 5]
    assert sorted(path.name for path in (folder / "generations").iterdir()) == ["000004", "000005"]
    assert KEPT == 2
    assert opened(folder) == 5
    assert (
        len(
            held.index.vectors.search(
                ENCODER.encode_queries(["부산"]), 9, lambda seqs: (seqs, ENCODER.encode_queries([]))
            )
        )
        == 4
    )  # whoever holds an older one goes on
    assert held.index.lexical.document_frequency("부산") >= 0


def test_no_generation_yet(tmp_path: Path) -> None:
    assert (current_number(tmp_path), open_current(tmp_path)) == (0, None)
    verify_newest(tmp_path)


def test_a_store_that_was_never_filled_cannot_be_published(tmp_path: Path) -> None:
    store = Store(tmp_path, writable=True)
    with pytest.raises(CorruptIndexError, match="geungeo index"):
        publish_store(tmp_path, store)
    store.close()
    assert current_number(tmp_path) == 0


def test_a_store_of_two_encoders_cannot_be_published(folder: Path) -> None:
    store = Store(folder, writable=True)
    store.set_meta("encoder", UNFINISHED)
    with pytest.raises(EncoderMismatchError, match="--rebuild"):
        publish_store(folder, store)
    store.close()


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut to 1": lambda data: data[:1],
    "cut in half": lambda data: data[: len(data) // 2],
    "last byte lost": lambda data: data[:-1],
    "junk appended": lambda data: data + b"\x00",
    "first bit": lambda data: bytes([data[0] ^ 1]) + data[1:] if data else b"\x01",
    "last bit": lambda data: data[:-1] + bytes([data[-1] ^ 0x80]) if data else b"\x80",
    "zeros": lambda data: bytes(len(data)) if any(data) else b"\x00\x00",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_file_damaged_falls_back_to_the_generation_before(folder: Path, damage: str) -> None:
    for path in files(folder):
        data = path.read_bytes()
        broken = DAMAGES[damage](data)
        if broken == data:  # an empty file cut short is itself
            continue
        path.write_bytes(broken)
        assert opened(folder) == 1, path.name
        with pytest.raises(CorruptIndexError, match="doctor --repair"):
            verify_newest(folder)
        path.write_bytes(data)
    assert opened(folder) == 2


def test_each_file_missing_falls_back_too(folder: Path) -> None:
    for path in files(folder):
        data = path.read_bytes()
        path.unlink()
        assert opened(folder) == 1, path.name
        path.write_bytes(data)


def test_a_thousand_flipped_bits_are_all_noticed(folder: Path) -> None:
    draw = random.Random(7)
    for path in files(folder):
        data = path.read_bytes()
        for _ in range(1000 // len(files(folder)) if data else 0):
            place = draw.randrange(len(data))
            path.write_bytes(data[:place] + bytes([data[place] ^ 1 << draw.randrange(8)]) + data[place + 1 :])
            if path.name != "manifest.json" or json.loads(data) != _json(path):  # a space more or less is no damage
                with pytest.raises(CorruptIndexError):
                    verify_newest(folder)
        path.write_bytes(data)
    verify_newest(folder)


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


@pytest.mark.parametrize("manifest", [b"", b"{", b"[]", b"{}", b"null", b"\xff\xfe", b'{"format": 1}', b"[" * 10_000])
def test_manifest_of_garbage(folder: Path, manifest: bytes) -> None:
    (newest(folder) / "manifest.json").write_bytes(manifest)
    assert opened(folder) == 1


def test_manifest_edited_by_hand_is_refused(folder: Path) -> None:
    """Every figure in it is under its own checksum."""
    path = newest(folder) / "manifest.json"
    whole = json.loads(path.read_bytes())
    for key in whole:
        path.write_text(json.dumps({**whole, key: 99}))
        assert opened(folder) == 1, key
        path.write_text(json.dumps({name: value for name, value in whole.items() if name != key}))
        assert opened(folder) == 1, key
    path.write_text(json.dumps({**whole, "new": 1}))
    assert opened(folder) == 1


def test_faiss_file_of_another_generation_is_noticed(folder: Path, splitter: SentenceSplitter) -> None:
    """F10: as many vectors, another corpus: mem0's wrong memory with score 1.0."""
    make_index(folder / "other", splitter, ARTICLES[::-1])
    (ours,), (theirs,) = (newest(data).glob("vectors/*.faiss") for data in (folder, folder / "other"))
    assert ours.stat().st_size == theirs.stat().st_size
    ours.write_bytes(theirs.read_bytes())
    assert opened(folder) == 1


def test_a_generation_under_another_number_is_refused(folder: Path) -> None:
    shutil.copytree(folder / "generations" / "000001", folder / "generations" / "000007")
    assert current_number(folder) == 7
    assert opened(folder) == 2


def test_all_damaged_is_none(folder: Path) -> None:
    for path in (folder / "generations").rglob("manifest.json"):
        path.unlink()
    assert open_current(folder) is None


def test_leftovers_of_interrupted_builds_are_collected(folder: Path) -> None:
    root = folder / "generations"
    for name in (".new-abc", ".new-def"):
        (root / name / "lexical").mkdir(parents=True)
        (root / name / "vectors.faiss").write_bytes(b"half")
    (root / "메모.txt").write_text("손대지 마세요", "utf-8")
    assert opened(folder) == 2
    collect_garbage(folder)
    assert sorted(path.name for path in root.iterdir()) == ["000001", "000002", "메모.txt"]
    collect_garbage(folder, kept=1)
    assert sorted(path.name for path in root.iterdir()) == ["000002", "메모.txt"]


@pytest.mark.parametrize(
    "step", ["VectorShard.build_in_turn", "build_segments", "compose", "synced_sha256", "write_manifest", "sync_folder"]
)
def test_a_build_that_fails_at_any_step_leaves_the_current_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    module = publication if hasattr(publication, step) else embedded
    owner, _, name = step.rpartition(".")
    monkeypatch.setattr(getattr(module, owner) if owner else module, name, full)
    store = Store(folder, writable=True)
    store.delete([PORT.id])
    with pytest.raises(StorageError, match="No space left"):
        publish_store(folder, store)
    store.close()
    monkeypatch.undo()
    assert opened(folder) == 2
    assert not list((folder / "generations").glob(".new-*"))


def test_a_later_format_is_refused_and_not_overwritten(folder: Path) -> None:
    """F31, N+1: nothing is wrong with it, so nothing is derived in its place."""
    path = newest(folder) / "manifest.json"
    record = json.loads(path.read_bytes())
    record = {**record, "format": FORMAT + 1, "something": "new"}
    del record["sha256"]
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps({**record, "sha256": digest}))
    with pytest.raises(NewerFormatError, match="맞는 버전"):
        open_current(folder)


def test_a_store_older_than_its_generations_is_noticed(folder: Path, splitter: SentenceSplitter) -> None:
    """F8: a deleted -wal takes the last writes with it, and SQLite says nothing."""
    before = (folder / DATABASE).read_bytes()
    make_index(folder, splitter, [FESTIVAL, LIBRARY, PORT.__class__("새-글", "새 글", "새 글이 왔다.")])
    store = Store(folder)
    require_not_older(folder, store)
    store.close()
    (folder / DATABASE).write_bytes(before)
    store = Store(folder)
    with pytest.raises(CorruptIndexError, match="doctor --repair"):
        require_not_older(folder, store)
    store.close()
