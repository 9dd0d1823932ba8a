"""Publishing: the store's passages as the next generation, of which only the shards that changed are written anew.

Each new file: written, fsynced, checksummed; then the folders, the manifest, and one rename that makes it current.
"""

import ctypes
import errno
import os
import shutil
import sys
import uuid
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from index.errors import CorruptIndexError, EncoderMismatchError, storage_error
from index.search.embedded import EmbeddedMaker
from index.search.generation import (
    FOLDER,
    UNFINISHED_PREFIX,
    collect_garbage,
    numbers,
    path_of,
    remove_leftovers,
    verify,
)
from index.search.lexical import FOLDER as LEXICAL
from index.search.manifest import FORMAT, Manifest, Shard, read_manifest, synced_sha256, write_manifest
from index.search.milvus.address import engine_of
from index.search.shards import OldShard, Span, emptied, plan_shards
from index.store.store import Store
from index.system.failpoints import reach
from index.system.files import make_folder, sync_folder

UNFINISHED = "unfinished rebuild"  # stands in for the encoder until every vector is new
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


class Reuse(Enum):
    """How much of the generation before is believed."""

    RECORDED = "recorded"  # its manifest: whoever opens the new generation checks every file
    VERIFIED = "verified"  # only files that match their checksums: something may be damaged
    NOTHING = "nothing"


class Maker(Protocol):
    """Writes what is derived of passages to be searched, a shard at a time."""

    @property
    def origin(self) -> str:
        """Say what makes it, and for whom: shards of another origin are of no use."""

    @property
    def folders(self) -> tuple[str, ...]:
        """Name the folders that files are written to."""

    def begin(self, *, anew: bool) -> None:
        """Make ready, before anything is written. ``anew``: nothing of an earlier generation is gone on with."""

    def write(self, temporary: Path, span: Span) -> tuple[Shard, list[str]]:
        """Write a shard, and return it with the names of its files under ``temporary``."""

    def forget(self, span: Span) -> None:
        """Take away what is held of a range of which no passage is left."""

    def finish(self, temporary: Path, shards: tuple[Shard, ...]) -> list[str]:
        """Make one index of all shards, those taken over too, and return the names of its files."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """What the derived indexes are made for; shards made for anything else are of no use."""

    encoder: str
    analysis: str
    dim: int
    lexical: str


def publish_store(folder: Path, store: Store, *, reuse: Reuse = Reuse.RECORDED) -> Manifest:
    """Build the next generation from the store and make it current. The caller holds the write lock.

    Raises StorageError, CorruptIndexError for a store that no ingest ever filled, and EncoderMismatchError for one
    whose rebuild was interrupted: its vectors are of two encoders.
    """
    encoder, dim, analysis = _facts(folder, store)
    maker = maker_for(folder, store, encoder, dim)
    origin = _Origin(encoder, analysis, dim, maker.origin)
    base = None if reuse is Reuse.NOTHING else _newest_ancestor(folder, store, origin)
    remove_leftovers(folder)  # first: a full disk may need the room
    temporary = folder / FOLDER / f"{UNFINISHED_PREFIX}{uuid.uuid4().hex}"
    try:
        manifest = _Build(folder, temporary, store, origin, maker, base, verify=reuse is Reuse.VERIFIED).run()
    except OSError as error:
        raise storage_error(
            f"색인을 쓸 수 없습니다: {folder} ({error.strerror}). 디스크 공간과 권한을 확인하세요.",
            f"cannot write the index in {folder} ({error.strerror}). Check disk space and permissions.",
            error,
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        give_back_memory()
    reach("publish.collect")
    collect_garbage(folder, deleted_at=store.deleted_at)
    return manifest


def maker_for(folder: Path, store: Store, encoder: str, dim: int) -> Maker:
    """Return what makes the folder's index: of files in it, or in the Milvus that it names. Raises EngineAwayError."""
    address = engine_of(folder)
    if address is None:
        return EmbeddedMaker(store, encoder, dim)
    from index.search.milvus.publication import MilvusMaker

    return MilvusMaker(address, store, dim)


def _facts(folder: Path, store: Store) -> tuple[str, int, str]:
    """Return the encoder, the width of its vectors, and the Korean analysis."""
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
    return encoder, int(dim), analysis


def _newest_ancestor(folder: Path, store: Store, origin: _Origin) -> Manifest | None:
    """Return the newest generation made for the same end from this very store as it once was; not from another's."""
    for number in sorted(numbers(folder), reverse=True):
        try:
            manifest = read_manifest(path_of(folder, number))
        except CorruptIndexError:
            continue
        made_for = _Origin(manifest.encoder, manifest.analysis, manifest.dim, manifest.lexical)
        if made_for == origin and store.was_in_state(manifest.store_version, manifest.store_state):
            return manifest
    return None


class _Build:
    """One publication: plans, takes over or writes each shard, and seals the whole."""

    def __init__(
        self,
        folder: Path,
        temporary: Path,
        store: Store,
        origin: _Origin,
        maker: Maker,
        base: Manifest | None,
        *,
        verify: bool,
    ) -> None:
        self._folder = folder
        self._temporary = temporary
        self._store = store
        self._origin = origin
        self._maker = maker
        self._base = base
        self._base_path = path_of(folder, base.generation) if base else folder
        self._verify = verify
        self._files: dict[str, str] = {}

    def run(self) -> Manifest:
        make_folder(self._folder / FOLDER)
        for name in self._maker.folders:
            (self._temporary / name).mkdir(parents=True)
        self._maker.begin(anew=self._base is None)
        old = [OldShard(shard.high, shard.passages, self._usable(shard)) for shard in self._old]
        seqs = self._store.passage_seqs()
        shards = tuple(self._shard(span) for span in plan_shards(seqs, old))
        for span in emptied(seqs, old):
            self._maker.forget(span)
        for name in self._maker.finish(self._temporary, shards):
            self._seal(name)
        return self._finish(shards)

    @property
    def _old(self) -> tuple[Shard, ...]:
        return self._base.shards if self._base else ()

    def _usable(self, shard: Shard) -> bool:
        assert self._base is not None
        try:
            for name in self._names(shard):
                if self._verify:
                    verify(self._base_path / name, self._base.files[name])
                elif not (self._base_path / name).is_file():
                    return False
        except CorruptIndexError:
            return False
        return True

    def _names(self, shard: Shard) -> list[str]:
        """Return the names of the shard's files, as the manifest of the base lists them."""
        assert self._base is not None
        segments = tuple(f"{LEXICAL}/{str(segment['segment_id']).replace('-', '')}." for segment in shard.segments)
        return [shard.vectors, *(name for name in self._base.files if name.startswith(segments))]

    def _shard(self, span: Span) -> Shard:
        if span.kept is None:
            return self._written(span)
        shard = self._old[span.kept]
        for name in self._names(shard):
            reach("publish.link")
            self._take_over(name)
        return shard

    def _take_over(self, name: str) -> None:
        """Give the file a second name: it is on the disk already and never changes."""
        assert self._base is not None
        source, target = self._base_path / name, self._temporary / name
        try:
            os.link(source, target)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            shutil.copyfile(source, target)
            synced_sha256(target)
        self._files[name] = self._base.files[name]

    def _written(self, span: Span) -> Shard:
        shard, names = self._maker.write(self._temporary, span)
        for name in names:
            self._seal(name)
        return shard

    def _seal(self, name: str) -> None:
        reach("publish.fsync")
        self._files[name] = synced_sha256(self._temporary / name)

    def _finish(self, shards: tuple[Shard, ...]) -> Manifest:
        store, origin = self._store, self._origin
        number = max(numbers(self._folder), default=0) + 1
        articles, passages = store.counts()
        manifest = Manifest(
            FORMAT, number, store.version, store.state, origin.encoder, origin.analysis, origin.lexical, origin.dim,
            articles, passages, shards, self._files,
        )  # fmt: skip
        reach("publish.manifest")
        write_manifest(self._temporary, manifest)
        reach("publish.folders")
        for name in (*self._maker.folders, "."):
            sync_folder(self._temporary / name)
        reach("publish.rename")
        self._temporary.rename(path_of(self._folder, number))
        reach("publish.renamed")
        for directory in (self._folder / FOLDER, self._folder):
            sync_folder(directory)
        return manifest


def give_back_memory() -> None:
    """Give what was freed back to the system.

    glibc keeps what lies below anything still in use, a hundred megabytes in the end; with another C library this does nothing.
    """
    if trim := _malloc_trim():
        trim(0)


@cache
def _malloc_trim() -> Any:  # noqa: ANN401  (a foreign function, or None)
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
