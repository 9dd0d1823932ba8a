"""A generation's manifest: what it was made of, the checksum of every file, and one over the manifest itself."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from index.errors import CorruptIndexError
from index.search.segments import Segment

FORMAT = 6  # raise it when files are written otherwise: a generation of an earlier format is derived again
MANIFEST = "manifest.json"
_CHECKSUM = "sha256"  # of the rest of the manifest


class NewerFormatError(CorruptIndexError):
    """Written by a later release: nothing is wrong with it, but nothing may be concluded from it here either."""

    code = "newer_format"


@dataclass(frozen=True, slots=True)
class Shard:
    """The passages above the shard before it, up to number ``high``: one FAISS file, and tantivy's segments where it has any."""

    high: int
    passages: int
    vectors: str  # relative path; where a Milvus is searched, of how many passages hold each word
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation was made of. ``files`` maps relative paths to sha256."""

    format: int
    generation: int
    store_version: int
    store_state: str
    encoder: str
    analysis: str
    lexical: str  # the library that wrote the segments, or the Milvus that is searched
    dim: int
    articles: int
    passages: int
    shards: tuple[Shard, ...]
    files: Mapping[str, str]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest, durable when this returns, the folder's entry for it aside."""
    record = json.loads(json.dumps(asdict(manifest)))
    path = folder / MANIFEST
    path.write_text(json.dumps({**record, _CHECKSUM: _record_sha256(record)}, indent=1), "utf-8")
    synced_sha256(path)


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest in a folder.

    Raises CorruptIndexError unless it is whole, of this format, and lies where it says; NewerFormatError.
    """
    path = folder / MANIFEST
    try:
        record = json.loads(path.read_bytes())
        whole = record.pop(_CHECKSUM) == _record_sha256(record)
        if whole and record["format"] > FORMAT:
            raise _newer(path, record["format"])
        shards = tuple(Shard(**{**shard, "segments": tuple(shard["segments"])}) for shard in record.pop("shards"))
        manifest = Manifest(**record, shards=shards)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise damaged(path) from None
    if not whole or manifest.format != FORMAT or manifest.generation != int(folder.name):
        raise damaged(path)
    return manifest


def store_version_of(folder: Path) -> int:
    """Return the store's version that a generation of any format was made from; 0 if its manifest is unreadable."""
    try:
        record = json.loads((folder / MANIFEST).read_bytes())
        whole = record.pop(_CHECKSUM) == _record_sha256(record)
        return int(record["store_version"]) if whole else 0
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return 0


def synced_sha256(path: Path) -> str:
    """Put the file on the disk; its checksum."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged(path: Path) -> CorruptIndexError:
    """Return the error for a file that is not as its manifest says."""
    return CorruptIndexError(
        f"색인 파일이 손상되었습니다: {path}. geungeo doctor --repair로 다시 만드세요.",
        f"index file damaged: {path}. Rebuild it: geungeo doctor --repair",
    )


def _newer(path: Path, found: object) -> NewerFormatError:
    return NewerFormatError(
        f"{path}의 형식은 {found}인데 이 버전은 {FORMAT}까지 읽습니다. 맞는 버전을 쓰거나 geungeo doctor --repair로 다시 만드세요.",
        f"{path} has format {found}, this release reads up to {FORMAT}. Use the matching release, or derive it again:"
        " geungeo doctor --repair",
    )


def _record_sha256(record: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
