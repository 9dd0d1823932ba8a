"""tantivy's segments as building blocks: immutable files that a new index takes over from an old one as they are.

A segment is written once, from a range of passages, and never holds a deleted one: where a passage goes, its segment
is written anew without it. So no deleted word stays in a file, and BM25's statistics, which tantivy would otherwise
count with the deleted passages in them (tantivy#798), are those of an index built from nothing.
"""

import errno
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from index.search.lexical import LexicalIndex, schema
from index.store.store import IndexRow

Segment = Mapping[str, Any]  # tantivy's own record of it, kept as it is
_META = "meta.json"


def library() -> str:
    """Return what wrote the segments; those of another release are not taken over."""
    return f"tantivy-{version('tantivy')}"


def build_segments(folder: Path, rows: Iterable[IndexRow]) -> tuple[Segment, ...]:
    """Write ``rows`` as segments (one, or a few where they are many) into ``folder``, which must not exist.

    Raises OSError.
    """
    with _disk_errors():
        LexicalIndex.build(folder, rows)
    return tuple(json.loads((folder / _META).read_bytes())["segments"])


def segment_files(folder: Path, segments: Sequence[Segment]) -> list[Path]:
    """Return the files in which the segments lie, in name order."""
    names = {str(segment["segment_id"]).replace("-", "") for segment in segments}
    return sorted(path for path in folder.iterdir() if path.name.partition(".")[0] in names)


def compose(folder: Path, segments: Sequence[Segment]) -> None:
    """Make ``folder``, where the segments' files lie already, the index of exactly these segments, in this order.

    Raises OSError.
    """
    import tantivy

    with _disk_errors():
        tantivy.Index(schema(), path=str(folder))  # writes the settings and the schema, with no segment yet
    path = folder / _META
    record = json.loads(path.read_bytes())
    path.write_text(json.dumps({**record, "segments": list(segments)}), "utf-8")
    for leftover in (*folder.glob(".tantivy-*.lock"), folder / ".managed.json"):
        leftover.unlink(missing_ok=True)  # only a writer needs them, and nobody writes here again


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Raise StorageError for tantivy's one error: while it writes what we made, that is the disk's."""
    try:
        yield
    except ValueError as error:
        raise OSError(errno.EIO, str(error)) from error
