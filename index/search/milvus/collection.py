"""One Milvus collection of passages, through pymilvus: short time-outs, and its errors as ours."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from index.errors import EngineAwayError, GeungeoError, UsageError
from index.search.milvus.address import Address
from index.search.milvus.expressions import between, id_of
from index.search.milvus.turns import OneTry, within
from index.search.milvus.weights import NO_TERM, Weights

if TYPE_CHECKING:
    from pymilvus import MilvusClient

CONNECT_SECONDS, READ_SECONDS, WRITE_SECONDS = 5.0, 5.0, 60.0
_START_SECONDS = 60.0  # of a milvus-lite, whose process begins with the connection
MOST = 16_384  # rows that one call may give
_ROWS = 500  # in one call: some megabytes
_NUMBERS = 10_000  # of passages that are asked for together
_STATE = "state"  # an id above all numbers
_KEYS = ("article", "source", "collection")
Given = TypeVar("Given")
_KEY_BYTES = 64  # of a hash, or of a state
_LEAST_SPARSE = (2, 4)  # the first server that has sparse vectors
_connected: dict[tuple[str, str, str], "MilvusClient"] = {}
_connecting: dict[tuple[str, str, str], OneTry] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """What is there of one passage: its vector (dim,), its side of BM25, the hashes that filters compare, and a checksum of all."""

    seq: int
    dense: npt.NDArray[np.float32]
    sparse: Weights
    keys: tuple[str, str, str]  # article, source, collection
    day: int
    crc: int


@dataclass(frozen=True, slots=True)
class Note:
    """Whose the rows are: of the store in that ``state``, which had so many ``passages``. Not fewer are there from then on.

    0 where nodes share a collection: one that is behind notes what another has deleted.
    """

    version: int
    state: str
    passages: int


class Collection:
    """Reads and writes one collection of an address. Safe to share between threads."""

    def __init__(self, address: Address, name: str, *, sparse: bool = True) -> None:
        """Name a collection; ``sparse``: for BM25 too. False only to try out a server before 2.4, which cannot."""
        self._address = address
        self._sparse = sparse
        self.name = name

    def exists(self) -> bool:
        """Return whether the collection is there."""
        with self._calls() as client:
            return bool(client.has_collection(self.name, timeout=READ_SECONDS))

    def create(self, dim: int) -> None:
        """Make it, empty, and have it searched."""
        from pymilvus import DataType, MilvusClient

        with self._calls() as client:
            schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=32)
            schema.add_field("dense", DataType.FLOAT_VECTOR, dim=dim)
            for key in _KEYS:
                schema.add_field(key, DataType.VARCHAR, max_length=_KEY_BYTES)
            schema.add_field("day", DataType.INT64)
            schema.add_field("crc", DataType.INT64)
            indexes = MilvusClient.prepare_index_params()
            indexes.add_index(
                "dense", index_type=self._address.index, metric_type="IP", params=_PARAMS.get(self._address.index, {})
            )
            if self._sparse:
                schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
                indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
            client.create_collection(
                self.name, schema=schema, index_params=indexes, consistency_level="Bounded", timeout=WRITE_SECONDS
            )

    def drop(self) -> None:
        """Remove it with all that is in it."""
        with self._calls() as client:
            client.drop_collection(self.name, timeout=WRITE_SECONDS)

    def upsert(self, rows: Iterable[Row]) -> None:
        """Write rows, each in place of what has its number."""
        remaining = iter(rows)
        while some := [_record(row) for row in islice(remaining, _ROWS)]:
            self._upsert(some)

    def delete(self, seqs: Sequence[int]) -> None:
        """Remove the passages of these numbers, those that are there."""
        with self._calls() as client:
            for start in range(0, len(seqs), _ROWS):
                client.delete(self.name, ids=[id_of(seq) for seq in seqs[start : start + _ROWS]], timeout=WRITE_SECONDS)

    def count(self, expression: str, *, strong: bool = True) -> int:
        """Return how many rows there are: all that were acknowledged before or, not ``strong``, some seconds before."""
        (found,) = self._read(expression, ["count(*)"], strong=strong)
        return int(found["count(*)"])

    def has_all_of(self, note: Note) -> bool:
        """Return whether all rows can be seen: one that takes over for a lost server shows only the newest at first."""
        return self.count(f'id != "{_STATE}"') >= note.passages

    def checksums(self, low: int, high: int) -> dict[int, int]:
        """Return {number: checksum} of ``low < seq <= high``, everything seen that was acknowledged before."""
        found: dict[int, int] = {}
        if low < high and not self.count(between(low, high)):
            return found
        for start in range(low, high, _NUMBERS):
            rows = self._read(between(start, min(start + _NUMBERS, high)), ["id", "crc"], limit=MOST)
            found |= {int(row["id"]): int(row["crc"]) for row in rows}
        return found

    def note(self, *, strong: bool = True) -> Note | None:
        """Return whose it is, or, not ``strong``, was some seconds before; None where nobody has noted that."""
        for row in self._read(f'id == "{_STATE}"', ["article", "crc"], strong=strong):
            version, _, state = str(row["article"]).partition(":")
            return Note(int(version), state, int(row["crc"]))
        return None

    def write_note(self, note: Note, dim: int) -> None:
        """Write whose it is, in a row that is above every passage."""
        vector = np.zeros(dim, dtype=np.float32)
        vector[0] = 1.0
        row = {"id": _STATE, "dense": vector, "sparse": {NO_TERM: 1.0}, "article": f"{note.version}:{note.state}"}
        self._upsert([{**dict.fromkeys(_KEYS, ""), "day": 0, "crc": note.passages, **row}])

    def nearest(self, vector: npt.NDArray[np.float32], k: int, expression: str) -> list[tuple[int, float]]:
        """Return the (number, inner product) of about the ``k`` nearest to a (dim,) vector, best first."""
        return self._search("dense", vector, k, expression)

    def heaviest(self, weights: Mapping[int, float], k: int, expression: str) -> list[tuple[int, float]]:
        """Return the (number, product) of the ``k`` that share most with ``weights``, best first."""
        return self._search("sparse", dict(weights), k, expression)

    def _upsert(self, records: list[dict[str, object]]) -> None:
        if not self._sparse:
            records = [{name: value for name, value in record.items() if name != "sparse"} for record in records]
        with self._calls() as client:
            client.upsert(self.name, records, timeout=WRITE_SECONDS)

    def _read(
        self, expression: str, fields: Sequence[str], *, strong: bool = True, **more: int
    ) -> list[Mapping[str, Any]]:
        level = "Strong" if strong else "Bounded"
        return self._asked(
            lambda client: list(
                client.query(
                    self.name, filter=expression, output_fields=list(fields), consistency_level=level,
                    timeout=READ_SECONDS, **more,
                )
            )
        )  # fmt: skip

    def _search(self, field: str, asked: object, k: int, expression: str) -> list[tuple[int, float]]:
        (hits,) = self._asked(
            lambda client: client.search(
                self.name, data=[asked], anns_field=field, limit=min(k, MOST), filter=expression, output_fields=["id"],
                search_params={"metric_type": "IP"}, timeout=READ_SECONDS,
            )
        )  # fmt: skip
        return [(int(hit["id"]), float(hit["distance"])) for hit in hits]

    def _asked(self, call: Callable[["MilvusClient"], Given]) -> Given:
        """Return what a reading call gives. Raises EngineAwayError in ``READ_SECONDS``, which pymilvus takes for each of its tries."""
        client = connect(self._address)

        def work() -> Given:
            with errors_of(self._address):
                return call(client)

        try:
            return within(READ_SECONDS, work)
        except TimeoutError:
            raise _away(self._address, f"no answer within {READ_SECONDS:g} s") from None

    @contextmanager
    def _calls(self) -> Iterator["MilvusClient"]:
        with errors_of(self._address):
            yield connect(self._address)


# Enough of the graph is gone through that hardly a near one is missed; a judgement, for what is found is compared exactly.
_PARAMS: dict[str, dict[str, int]] = {"HNSW": {"M": 24, "efConstruction": 256}, "IVF_FLAT": {"nlist": 1024}}


def connect(address: Address) -> "MilvusClient":
    """Return the connection of this process to an address, made where there is none. Raises UsageError, EngineAwayError."""
    require_pymilvus()
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # what it logs, our error says
    key = address.uri, address.secret, address.database

    def connected() -> None:
        if key not in _connected:
            _connected[key] = _new_connection(address)

    if key not in _connected:
        _connecting.setdefault(key, OneTry()).run(connected)
    return _connected[key]


def _new_connection(address: Address) -> "MilvusClient":
    from pymilvus import MilvusClient

    wait = _START_SECONDS if address.file else CONNECT_SECONDS
    with errors_of(address):
        return MilvusClient(uri=address.uri, token=address.secret, db_name=address.database, timeout=wait)


def server_version(address: Address) -> str:
    """Return what the server says that it is; empty where it says nothing, as a milvus-lite."""
    client = connect(address)
    if address.file:
        return ""
    with errors_of(address):
        return str(client.get_server_version(timeout=READ_SECONDS))


def unseen(name: str) -> EngineAwayError:
    """Return the error for a collection of which not all can be seen."""
    return EngineAwayError(
        f"Milvus의 컬렉션 {name}에서 대목이 다 보이지 않습니다. 잃은 서버의 몫을 다른 서버가 넘겨받는 중이면 곧 보입니다. 계속되면 다시 "
        "채우세요: geungeo doctor --repair",
        f"not all passages can be seen in the Milvus collection {name}. Where a server takes over for a lost one they soon "
        "can; where it lasts, fill it again: geungeo doctor --repair",
    )


def has_sparse(version: str) -> bool:
    """Return whether a server of that version has sparse vectors; one that says nothing has."""
    numbers = tuple(int(part) for part in version.removeprefix("v").split(".")[:2] if part.isdecimal())
    return len(numbers) < len(_LEAST_SPARSE) or numbers >= _LEAST_SPARSE


def require_pymilvus() -> None:
    """Raise UsageError where the extra is not installed."""
    from importlib.util import find_spec

    if find_spec("pymilvus") is None:
        raise UsageError(
            "Milvus를 쓰려면 먼저 설치하세요: pip install 'geungeo[milvus]'",
            "Milvus needs the extra: pip install 'geungeo[milvus]'",
        )


@contextmanager
def errors_of(address: Address) -> Iterator[None]:
    """Raise EngineAwayError, with the cure and without the password, for whatever pymilvus raises."""
    import grpc
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except GeungeoError:
        raise
    except (MilvusException, grpc.RpcError, grpc.FutureTimeoutError) as error:
        said = " ".join(str(getattr(error, "message", "") or type(error).__name__).split())[:200]
        said = said.replace(address.secret, "***") if address.secret else said
        raise _away(address, said) from None  # whose frames hold the token


def _away(address: Address, said: str) -> EngineAwayError:
    return EngineAwayError(
        f"Milvus를 쓸 수 없습니다: {address.name} ({said}). 서버가 떠 있는지, 주소와 MILVUS_TOKEN이 맞는지 확인하세요.",
        f"the Milvus is away: {address.name} ({said}). Check that it runs, and address and MILVUS_TOKEN.",
    )


def _record(row: Row) -> dict[str, object]:
    record: dict[str, object] = {"id": id_of(row.seq), "dense": row.dense, "day": row.day, "crc": row.crc}
    return record | {"sparse": row.sparse} | dict(zip(_KEYS, row.keys, strict=True))
