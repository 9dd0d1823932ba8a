"""Embedding by many machines: who indexes puts passages into the shared truth, and whoever helps takes some of them.

A portion belongs to whoever has its row locked. Who is killed loses the lock with its connection, and with it one portion of
work; who hangs is waited for a while, and then its portion is embedded by the one who indexes.
"""

import io
import json
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.encoders.base import Encoder, EncoderInput, PassageVectors
from index.errors import TruthAwayError
from index.truth.attachment import address_of

if TYPE_CHECKING:
    from index.postgres.store import PostgresConnection, PostgresStore

PORTION = 32  # passages: about a second of work
_LOOK_SECONDS = 0.1
_PATIENCE = 60.0  # seconds without a portion coming back
_AGAIN_SECONDS = 2.0  # until an absent truth is tried again
_HELPERS = "hashtextextended(current_schema() || ' helpers', 0)"


class SharedEmbedding:
    """Embeds with the help of those who run :func:`help_embedding` on the same truth, and alone where there is nobody.

    For the one who holds the writer's lock: there is one ingest at a time.
    """

    passages_at_once = 16 * PORTION
    characters_at_once = 600_000

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        """Embed for ``folder``, a node's copy of a shared truth."""
        self._encoder = encoder
        self._folder = folder

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        """Return one result per input, in order. Raises TruthAwayError, StorageError."""
        portions = [inputs[start : start + PORTION] for start in range(0, len(inputs), PORTION)]
        with closing(_open(self._folder)) as truth:
            _clear(truth.connection)
            if len(portions) > 1 and _is_helped(truth.connection):
                embedded = self._with_helpers(truth.connection, portions)
            else:
                embedded = [self._encoder.encode_passages(portion) for portion in portions]
        return [vectors for portion in embedded for vectors in portion]

    def _with_helpers(
        self, connection: "PostgresConnection", portions: Sequence[Sequence[EncoderInput]]
    ) -> list[list[PassageVectors]]:
        run = uuid.uuid4().hex  # what somebody who hangs still holds of an earlier one is none of this
        with connection.quietly() as db:
            db.executemany(
                "INSERT INTO embedding (run, portion, encoder, inputs) VALUES (?, ?, ?, ?)",
                [(run, number, self._encoder.fingerprint, _packed(portion)) for number, portion in enumerate(portions)],
            )
        found: dict[int, list[PassageVectors]] = {}
        last = time.monotonic()
        while len(found) < len(portions):
            came = _collected(connection, run, portions, found)
            if came or embed_one(connection, self._encoder):
                last = time.monotonic()
            elif time.monotonic() - last > _PATIENCE:
                number = next(number for number in range(len(portions)) if number not in found)
                found[number] = self._encoder.encode_passages(portions[number])
            else:
                time.sleep(_LOOK_SECONDS)
        _clear(connection)
        return [found[number] for number in range(len(portions))]


def help_embedding(
    folder: Path, encoder: Encoder, stop: threading.Event, tell: Callable[[int | TruthAwayError], None]
) -> None:
    """Embed for whoever indexes into the truth of ``folder``, until ``stop`` is set.

    ``tell`` is called with how many passages were embedded, and with what is wrong while the truth is away.
    """
    while not stop.is_set():
        try:
            with closing(_open(folder)) as truth:
                with truth.connection.guard() as db:
                    db.execute(f"SELECT pg_advisory_lock_shared({_HELPERS})")
                while not stop.is_set():
                    if count := embed_one(truth.connection, encoder):
                        tell(count)
                    else:
                        stop.wait(_LOOK_SECONDS)
        except TruthAwayError as error:
            tell(error)
            stop.wait(_AGAIN_SECONDS)


def embed_one(connection: "PostgresConnection", encoder: Encoder) -> int:
    """Embed a portion that nobody else is at, and return how many passages it held; 0 where there is none.

    Its row is locked meanwhile. Portions for another encoder are left to others.
    """
    own = "vectors IS NULL AND encoder = ?"
    with connection.guard() as db:
        if db.execute(f"SELECT EXISTS (SELECT FROM embedding WHERE {own})", (encoder.fingerprint,)).fetchone() != (
            True,
        ):
            return 0
    with connection.quietly() as db:
        row = db.execute(
            f"SELECT id, inputs FROM embedding WHERE {own} ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
            (encoder.fingerprint,),
        ).fetchone()
        if row is None:
            return 0
        inputs = _unpacked(bytes(row[1]))
        vectors = _packed_vectors(encoder.encode_passages(inputs))
        db.execute("UPDATE embedding SET vectors = ? WHERE id = ?", (vectors, row[0]))
    return len(inputs)


def _collected(
    connection: "PostgresConnection",
    run: str,
    portions: Sequence[Sequence[EncoderInput]],
    found: dict[int, list[PassageVectors]],
) -> bool:
    """Add the portions that came back to ``found``; return whether there were new ones."""
    with connection.guard() as db:
        done = [
            number
            for (number,) in db.execute("SELECT portion FROM embedding WHERE run = ? AND vectors IS NOT NULL", (run,))
        ]
        new = [number for number in done if number not in found]
        for number in new:
            row = db.execute("SELECT vectors FROM embedding WHERE run = ? AND portion = ?", (run, number)).fetchone()
            assert row is not None, "nobody else clears while the writer's lock is held"
            found[number] = _unpacked_vectors(bytes(row[0]), portions[number])
    return bool(new)


def _clear(connection: "PostgresConnection") -> None:
    """Take away what is left, but for what somebody who hangs still holds: that is taken away once it lets go."""
    with connection.quietly() as db:
        db.execute("DELETE FROM embedding WHERE id IN (SELECT id FROM embedding FOR UPDATE SKIP LOCKED)")


def _is_helped(connection: "PostgresConnection") -> bool:
    """Return whether anybody is there to help: they share a lock, which nobody can have alone then."""
    with connection.guard() as db:
        alone = db.execute(f"SELECT pg_try_advisory_lock({_HELPERS})").fetchone() == (True,)
        if alone:
            db.execute(f"SELECT pg_advisory_unlock({_HELPERS})")
    return not alone


def _open(folder: Path) -> "PostgresStore":
    from index.postgres.store import PostgresStore

    address = address_of(folder)
    assert address is not None, "a folder that shares no truth"
    return PostgresStore(address, "write")


def _packed(inputs: Sequence[EncoderInput]) -> bytes:
    return json.dumps([[each.context, each.text, each.sentences] for each in inputs], ensure_ascii=False).encode()


def _unpacked(data: bytes) -> list[EncoderInput]:
    return [
        EncoderInput(context, text, tuple((start, end) for start, end in sentences))
        for context, text, sentences in json.loads(data)
    ]


def _packed_vectors(vectors: Sequence[PassageVectors]) -> bytes:
    file = io.BytesIO()
    passages = np.stack([each.passage for each in vectors])
    np.savez(
        file, allow_pickle=False, passages=passages, sentences=np.concatenate([each.sentences for each in vectors])
    )
    return file.getvalue()


def _unpacked_vectors(data: bytes, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        passages, sentences = arrays["passages"], arrays["sentences"]
    ends = np.cumsum([len(each.sentences) for each in inputs])[:-1]
    return [PassageVectors(*both) for both in zip(passages, np.split(sentences, ends), strict=True)]
