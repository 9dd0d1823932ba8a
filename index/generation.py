"""Generations: immutable folders of derived index files, published by one rename, opened only when every checksum fits.

``generations/000007/`` holds ``vectors.faiss``, ``lexical/`` and, written last, ``manifest.json``. The current
generation is the highest whole one, so a crash at any instant leaves the one before it in force.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from index.errors import CorruptIndexError, EncoderMismatchError, StorageError
from index.lexical import FOLDER as LEXICAL
from index.lexical import LexicalIndex
from index.store import Store
from index.vectors import FILE as VECTORS
from index.vectors import VectorIndex

FORMAT = 1
MANIFEST = "manifest.json"
KEPT = 2  # the current generation and the one before it, which readers may still hold
UNFINISHED = "unfinished rebuild"  # stands in for the encoder until every vector is new
_CHECKSUM = "sha256"  # of the rest of the manifest


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation was made of. ``files`` maps relative paths to sha256."""

    format: int
    generation: int
    store_version: int
    store_state: str
    encoder: str
    analysis: str
    dim: int
    articles: int
    passages: int
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Generation:
    """One opened generation; its files never change."""

    manifest: Manifest
    vectors: VectorIndex
    lexical: LexicalIndex


def publish_store(folder: Path, store: Store) -> Manifest:
    """Build the next generation from the store and make it current. The caller holds the write lock.

    Raises StorageError, CorruptIndexError for a store that no ingest ever filled, and EncoderMismatchError for one
    whose rebuild was interrupted: its vectors are of two encoders.
    """
    encoder, analysis, dim = (store.meta(key) for key in ("encoder", "analysis", "dim"))
    if encoder is None or analysis is None or dim is None:
        raise CorruptIndexError(
            f"데이터베이스에 색인한 글이 없습니다: {folder}. geungeo index PATH... 로 만드세요.",
            f"the database in {folder} was never filled. Make an index: geungeo index PATH...",
        )
    if encoder == UNFINISHED:
        raise EncoderMismatchError(
            f"다시 만들기가 끝나지 않았습니다: {folder}. 마저 하세요: geungeo index --rebuild",
            f"the rebuild of {folder} was interrupted. Finish it: geungeo index --rebuild",
        )
    return _publish(folder, store, encoder=encoder, analysis=analysis, dim=int(dim))


def _publish(folder: Path, store: Store, *, encoder: str, analysis: str, dim: int) -> Manifest:
    root = folder / "generations"
    temporary = root / f".new-{uuid.uuid4().hex}"
    try:
        temporary.mkdir(parents=True)
        seqs, vectors = store.vectors()
        (temporary / VECTORS).write_bytes(VectorIndex.build(seqs, vectors, dim).to_bytes())
        LexicalIndex.build(temporary / LEXICAL, store.index_rows())
        articles, passages = store.counts()
        number = max(_numbers(root), default=0) + 1
        files = {path.relative_to(temporary).as_posix(): _synced_sha256(path) for path in _files(temporary)}
        version, state = store.version, store.state
        manifest = Manifest(FORMAT, number, version, state, encoder, analysis, dim, articles, passages, files)
        record = asdict(manifest)
        (temporary / MANIFEST).write_text(json.dumps({**record, _CHECKSUM: _record_sha256(record)}, indent=1))
        _synced_sha256(temporary / MANIFEST)
        for directory in (temporary / LEXICAL, temporary):
            _sync_folder(directory)
        temporary.rename(root / f"{number:06d}")
        _sync_folder(root)
    except OSError as error:
        raise StorageError(
            f"색인을 쓸 수 없습니다: {root} ({error.strerror}). 디스크 공간과 권한을 확인하세요.",
            f"cannot write the index in {root} ({error.strerror}). Check disk space and permissions.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    collect_garbage(folder)
    return manifest


def current_number(folder: Path) -> int:
    """The number of the newest published generation, 0 when there is none. Cheap: one folder listing."""
    return max(_numbers(folder / "generations"), default=0)


def open_current(folder: Path) -> Generation | None:
    """The newest generation that is whole, or None. A damaged one is passed over for the one before it."""
    root = folder / "generations"
    for number in sorted(_numbers(root), reverse=True):
        try:
            return _open(root / f"{number:06d}")
        except CorruptIndexError:
            continue
    return None


def verify_newest(folder: Path) -> None:
    """Raise CorruptIndexError where a file of the newest generation is missing or changed."""
    number = current_number(folder)
    if number:
        _verify(folder / "generations" / f"{number:06d}")


def require_not_older(folder: Path, store: Store) -> None:
    """Raise CorruptIndexError for a store that lost writes from which a generation has been made already.

    That is what a deleted or damaged ``geungeo.db-wal`` looks like, which SQLite itself takes for no write at all.
    The caller holds the write lock, or opened the generation before the store.
    """
    for number in _numbers(folder / "generations"):
        try:
            made_from = _read_manifest(folder / "generations" / f"{number:06d}" / MANIFEST).store_version
        except CorruptIndexError:
            continue
        if made_from > store.version:
            raise writes_lost(folder) if store.version else database_gone(folder)


def collect_garbage(folder: Path, kept: int = KEPT) -> None:
    """Remove all but the newest ``kept`` generations and what interrupted builds left. Needs the write lock."""
    root = folder / "generations"
    for number in sorted(_numbers(root), reverse=True)[kept:]:
        shutil.rmtree(root / f"{number:06d}", ignore_errors=True)
    for leftover in root.glob(".new-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _open(path: Path) -> Generation:
    manifest, vector_bytes = _verify(path)
    return Generation(manifest, VectorIndex.from_bytes(vector_bytes, path / VECTORS), LexicalIndex(path / LEXICAL))


def _verify(path: Path) -> tuple[Manifest, bytes]:
    """The manifest and the vector file's bytes (read once, so that what was checked is what is used)."""
    manifest = _read_manifest(path / MANIFEST)
    vector_bytes = b""
    for name, expected in manifest.files.items():
        try:
            data = (path / name).read_bytes()
        except OSError:
            raise _damaged(path / name) from None
        if hashlib.sha256(data).hexdigest() != expected:
            raise _damaged(path / name)
        if name == VECTORS:
            vector_bytes = data
    return manifest, vector_bytes


def _read_manifest(path: Path) -> Manifest:
    try:
        record = json.loads(path.read_bytes())
        whole = record.pop(_CHECKSUM) == _record_sha256(record)
        manifest = Manifest(**record)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise _damaged(path) from None
    if not whole or manifest.format != FORMAT or manifest.generation != int(path.parent.name):
        raise _damaged(path)
    return manifest


def _record_sha256(record: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _damaged(path: Path) -> CorruptIndexError:
    return CorruptIndexError(
        f"색인 파일이 손상되었습니다: {path}. geungeo doctor --repair로 다시 만드세요.",
        f"index file damaged: {path}. Rebuild it: geungeo doctor --repair",
    )


def writes_lost(folder: Path) -> CorruptIndexError:
    return CorruptIndexError(
        f"마지막에 쓴 글이 데이터베이스에 없습니다: {folder}. 백업에서 되살리거나, 남은 글로 계속하세요: geungeo doctor --repair",
        f"the database in {folder} lost its latest writes. Restore a backup, or go on with what is left:"
        " geungeo doctor --repair",
    )


def database_gone(folder: Path) -> CorruptIndexError:
    return CorruptIndexError(
        f"데이터베이스가 없어졌습니다: {folder}. 백업에서 되살리거나, 이 폴더를 지우고 다시 색인하세요.",
        f"the database in {folder} is gone. Restore a backup, or delete the folder and index again.",
    )


def _numbers(root: Path) -> Iterator[int]:
    try:
        names = [path.name for path in root.iterdir()]
    except OSError:
        return
    yield from (int(name) for name in names if name.isdecimal())


def _files(folder: Path) -> list[Path]:
    """Everything but lock files, which tantivy leaves and nobody reads."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".lock"))


def _synced_sha256(path: Path) -> str:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
