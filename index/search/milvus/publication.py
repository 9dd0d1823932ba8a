"""Brings a Milvus to what the store holds: new passages first, each seen to be there, then those that are gone removed."""

import uuid
from collections.abc import Iterator
from pathlib import Path

from index.search.manifest import Shard
from index.search.milvus.address import Address
from index.search.milvus.collection import Collection, Note, Row, unseen
from index.search.milvus.rows import rows_of
from index.search.milvus.statistics import count_terms, to_bytes
from index.search.milvus.weights import Weights
from index.search.shards import Span
from index.store.store import Store

FOLDER = "statistics"
ENGINE = "milvus-1"  # and the number of how rows are made
# In the store's notes: what tells its collection from those of others.
_NAMED = "collection"
SHARED = "shared_collection"  # the same, of all nodes that share a truth, which notes it


class MilvusMaker:
    """See :class:`index.search.publication.Maker`. Of a shard a node keeps how many passages hold each word."""

    folders: tuple[str, ...] = (FOLDER,)

    def __init__(self, address: Address, store: Store, dim: int) -> None:
        self._store = store
        self._dim = dim
        self._gone: list[int] = []
        self._note: Note | None = None
        self._collection = self._own_collection(address)
        self.origin = f"{ENGINE} {address.text} {self._collection.name}"

    def _own_collection(self, address: Address) -> Collection:
        """Return this store's, another than before where a store that went another way since (a copy, a backup) writes to that.

        Nodes that share a truth share one: each brings it to what the truth held when it looked last.
        """
        if (shared := self._store.meta(SHARED)) is not None:
            return Collection(address, f"{address.collection}_{shared}")
        token = self._store.meta(_NAMED)
        if token is not None:
            known = Collection(address, f"{address.collection}_{token}")
            self._note = known.note() if known.exists() else None
            if self._note is None or self._store.was_in_state(self._note.version, self._note.state):
                return known
        token = new_token()
        self._store.set_meta(_NAMED, token)
        return Collection(address, f"{address.collection}_{token}")

    def begin(self, *, anew: bool) -> None:
        """Make the collection where there is none. Raises EngineAwayError where it is to be gone on with and is not all to be seen."""
        if not self._collection.exists():
            self._collection.create(self._dim)
        elif not anew:
            note = self._note or self._collection.note()
            if note is None or not self._collection.has_all_of(note):
                raise unseen(self._collection.name)

    def write(self, temporary: Path, span: Span) -> tuple[Shard, list[str]]:
        """Write what differs of a span, and the shard's statistics; return its files too."""
        there = self._collection.checksums(span.low, span.high)
        seen, terms = set[int](), list[Weights]()

        def changed() -> Iterator[Row]:
            for row in rows_of(self._store, span.low, span.high):
                seen.add(row.seq)
                terms.append(row.sparse)
                if there.get(row.seq) != row.crc:
                    yield row

        self._collection.upsert(changed())
        written = self._collection.checksums(span.low, span.high).keys()
        if not seen <= written:
            raise unseen(self._collection.name)
        self._gone += sorted((there.keys() | written) - seen)
        name = f"{FOLDER}/{uuid.uuid4().hex}.npy"
        (temporary / name).write_bytes(to_bytes(count_terms(terms)))
        return Shard(span.high, span.count, name, ()), [name]

    def forget(self, span: Span) -> None:
        """Have all rows of the span removed in the end."""
        self._gone += self._collection.checksums(span.low, span.high)

    def finish(self, temporary: Path, shards: tuple[Shard, ...]) -> list[str]:
        """Note whose passages these are, and then remove what is gone: who still answers from before can tell why."""
        passages = 0 if self._store.meta(SHARED) is not None else sum(shard.passages for shard in shards)
        self._collection.write_note(Note(self._store.version, self._store.state, passages), self._dim)
        self._collection.delete(self._gone)
        return []


def new_token() -> str:
    """Draw what tells a collection from others."""
    return uuid.uuid4().hex[:8]
