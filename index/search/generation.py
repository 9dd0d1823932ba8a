"""Generations: immutable folders of derived index files, opened only when every checksum fits.

``generations/000007/`` holds ``vectors/*.faiss``, ``lexical/`` (or, where a Milvus is searched, ``statistics/``) and, written last, ``manifest.json``; files that two
generations have in common are one file with two names. The current generation is the highest whole one, so a crash at
any instant leaves the one before it in force. :mod:`index.search.publication` makes them.
"""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from index.errors import CorruptIndexError, UsageError
from index.search.embedded import EmbeddedIndex
from index.search.lexical import FOLDER as LEXICAL
from index.search.lexical import LexicalIndex
from index.search.manifest import MANIFEST, Manifest, NewerFormatError, damaged, read_manifest, store_version_of
from index.search.milvus.address import engine_of, read_address, with_secret
from index.search.searching import SearchIndex
from index.search.stamps import Stamps
from index.search.vectors import VectorIndex, VectorShard
from index.store.store import Store

FOLDER = "generations"
KEPT = 2  # the current generation and the one before it, which readers may still hold
UNFINISHED_PREFIX = ".new-"
# By folder of generations, checksum and time of the last write: a server that moves to the next generation reads only what is new in it.
_shards_in_use: WeakValueDictionary[tuple[Path, str, float], VectorShard] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Generation:
    """One opened generation; its files are never changed by us, and ``stamps`` tells when somebody else does."""

    manifest: Manifest
    index: SearchIndex
    path: Path
    stamps: Stamps

    def verify_file(self, turn: int) -> None:
        """Read one of its files, each in its ``turn``. Raises CorruptIndexError where it is not what was written."""
        names = sorted(self.manifest.files)
        if names and self.path.exists():
            name = names[turn % len(names)]
            try:
                verify(self.path / name, self.manifest.files[name])
            except CorruptIndexError:
                _forget_shards(self.path.parent)
                raise


def current_number(folder: Path) -> int:
    """Return the number of the newest published generation, 0 when there is none. Cheap: one folder listing."""
    return max(numbers(folder), default=0)


def numbers(folder: Path) -> Iterator[int]:
    """Yield the numbers of all generations of a data folder."""
    try:
        names = [path.name for path in (folder / FOLDER).iterdir()]
    except OSError:
        return
    yield from (int(name) for name in names if name.isdecimal())


def path_of(folder: Path, number: int) -> Path:
    """Return the folder of a generation by its number."""
    return folder / FOLDER / f"{number:06d}"


def open_current(folder: Path) -> Generation | None:
    """Return the newest generation that is whole, or None. A damaged one is passed over for the one before it.

    Raises NewerFormatError.
    """
    for number in sorted(numbers(folder), reverse=True):
        try:
            return _open(path_of(folder, number))
        except NewerFormatError:
            raise
        except CorruptIndexError:
            continue
    return None


def verify_newest(folder: Path) -> None:
    """Raise CorruptIndexError where a file of the newest generation is missing or changed."""
    number = current_number(folder)
    if number:
        path = path_of(folder, number)
        for name, expected in read_manifest(path).files.items():
            verify(path / name, expected)


def require_not_older(folder: Path, store: Store) -> None:
    """Raise CorruptIndexError for a store that lost writes from which a generation has been made already.

    That is what a deleted or damaged ``geungeo.db-wal`` looks like, which SQLite itself takes for no write at all.
    The caller holds the write lock, or opened the generation before the store.
    """
    for number in numbers(folder):
        if store_version_of(path_of(folder, number)) > store.version:
            raise writes_lost(folder) if store.version else database_gone(folder)


def collect_garbage(folder: Path, kept: int = KEPT, *, deleted_at: int = 0) -> None:
    """Remove all but the newest ``kept`` generations and what interrupted builds left. Needs the write lock.

    None made before the store's version ``deleted_at`` is kept either: it still holds the words of what was deleted.
    """
    for age, number in enumerate(sorted(numbers(folder), reverse=True)):
        if age >= kept or (age > 0 and store_version_of(path_of(folder, number)) < deleted_at):
            shutil.rmtree(path_of(folder, number), ignore_errors=True)
    remove_leftovers(folder)


def outlived(folder: Path, deleted_at: int) -> list[Path]:
    """Return generations before the newest that hold words deleted since, for a removal was killed before it could collect."""
    older = sorted(numbers(folder))[:-1]
    return [path for path in (path_of(folder, number) for number in older) if store_version_of(path) < deleted_at]


def remove_leftovers(folder: Path) -> None:
    """Delete what builds that died left. Needs the write lock."""
    for leftover in (folder / FOLDER).glob(f"{UNFINISHED_PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def verify(path: Path, expected: str) -> None:
    """Raise CorruptIndexError where the file is not what its manifest says."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise damaged(path) from None
    if found != expected:
        raise damaged(path)


def _open(path: Path) -> Generation:
    manifest = read_manifest(path)
    stamps = Stamps(path / name for name in manifest.files)
    if is_of_milvus(manifest):
        for name, expected in manifest.files.items():
            verify(path / name, expected)
        return Generation(manifest, _milvus_index(path, manifest), path, stamps)
    vectors = [_vector_shard(path / shard.vectors, manifest.files.get(shard.vectors, "")) for shard in manifest.shards]
    in_shards = {shard.vectors for shard in manifest.shards}
    for name, expected in manifest.files.items():
        if name not in in_shards:
            verify(path / name, expected)
    return Generation(manifest, EmbeddedIndex(VectorIndex(vectors), LexicalIndex(path / LEXICAL)), path, stamps)


def is_of_milvus(manifest: Manifest) -> bool:
    """Return whether the generation is searched in a Milvus."""
    return manifest.lexical.startswith("milvus-")


def is_made_for(folder: Path, manifest: Manifest) -> bool:
    """Return whether the generation is searched where the folder says. Raises CorruptIndexError."""
    address = engine_of(folder)
    if address is None or not is_of_milvus(manifest):
        return address is None and not is_of_milvus(manifest)
    return _named(manifest)[0] == address.text


def _named(manifest: Manifest) -> tuple[str, str]:
    """Return the address of a Milvus, in which earlier releases left blanks, and the name of the collection."""
    address, _, name = manifest.lexical.partition(" ")[2].rpartition(" ")
    return address, name


def _milvus_index(path: Path, manifest: Manifest) -> SearchIndex:
    from index.search.milvus.collection import Collection
    from index.search.milvus.searching import MilvusIndex
    from index.search.milvus.statistics import Statistics

    given, name = _named(manifest)
    try:
        address = read_address(given)
    except UsageError:
        raise damaged(path / MANIFEST) from None
    collection = Collection(with_secret(path.parents[1], address), name)
    high = manifest.shards[-1].high if manifest.shards else 0
    statistics = Statistics([path / shard.vectors for shard in manifest.shards])
    return MilvusIndex(collection, statistics, high, manifest.passages, manifest.store_state)


def _vector_shard(path: Path, expected: str) -> VectorShard:
    try:
        key = (path.parents[2], expected, path.stat().st_mtime)
    except OSError:
        raise damaged(path) from None
    shard = _shards_in_use.get(key)
    if shard is None:
        verify(path, expected)
        shard = _shards_in_use[key] = VectorShard.open(path)
    return shard


def _forget_shards(generations: Path) -> None:
    """Forget which shards were verified, so that whoever opens a generation next verifies each."""
    for key in [key for key in _shards_in_use if key[0] == generations]:
        _shards_in_use.pop(key, None)


def writes_lost(folder: Path) -> CorruptIndexError:
    """Return the error for a database that is older than its index."""
    return CorruptIndexError(
        f"마지막에 쓴 글이 데이터베이스에 없습니다: {folder}. 백업에서 되살리거나, 남은 글로 계속하세요: geungeo doctor --repair",
        f"the database in {folder} lost its latest writes. Restore a backup, or go on with what is left:"
        " geungeo doctor --repair",
    )


def database_gone(folder: Path) -> CorruptIndexError:
    """Return the error for an index without its database."""
    return CorruptIndexError(
        f"데이터베이스가 없어졌습니다: {folder}. 백업에서 되살리거나, 이 폴더를 지우고 다시 색인하세요.",
        f"the database in {folder} is gone. Restore a backup, or delete the folder and index again.",
    )
