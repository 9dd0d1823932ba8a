"""What the HTTP service of any node must find again: jobs with what they are to do, and replies to ``Idempotency-Key``.

Who is at a job or a reply holds an advisory lock on it, on one connection a node: PostgreSQL lets go of it when the node is
gone, and then another may take it up. Nobody's clock is asked.
"""

import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from index.errors import GeungeoError, silent_truth
from index.truth.attachment import address_of

if TYPE_CHECKING:
    from index.postgres.address import Address
    from index.postgres.database import PostgresDatabase
    from index.postgres.store import PostgresStore

PIECE = 1024 * 1024  # bytes of a part that are in memory at a time
_ENDED_KEPT = 1000  # jobs
_REPLIES_KEPT = "1 day"
_PATIENCE = 20.0  # seconds that a thread waits for the one that is asking; it may be putting a large upload there


class KeptJob(NamedTuple):
    """A job as the truth has it; ``told`` is what is said of it, ``task`` what it is to do, None where nobody else could."""

    id: str
    owner: str
    created_at: str
    ended: bool
    tries: int
    told: bytes
    task: bytes | None


class KeptReply(NamedTuple):
    """What was answered to a request with a key; ``status`` 0 while another node is still at it."""

    digest: bytes
    status: int
    headers: bytes
    body: bytes


_JOB = "SELECT id, owner, created_at, ended, tries, told, task FROM jobs"


class SharedWork:
    """One node's hand on it. Safe to call from any thread; each call raises TruthAwayError, StorageError."""

    def __init__(self, folder: Path) -> None:
        """Share the work of ``folder``, a node's copy of a shared truth."""
        self._folder = folder
        self._lock = threading.RLock()
        self._truth: PostgresStore | None = None
        self._held: set[str] = set()

    def close(self) -> None:
        """Let go of everything: what is not finished may be taken up by another node.

        Where another thread gets no answer of the truth, its connection is let go of when the process ends.
        """
        if not self._lock.acquire(timeout=_PATIENCE):
            return
        try:
            if self._truth is not None:
                self._truth.close()
            self._truth = None
            self._held.clear()
        finally:
            self._lock.release()

    def keep(self, job: KeptJob, parts: Iterable[tuple[str, Iterable[bytes]]] = ()) -> None:
        """Note a new job of this node, and the (name, pieces) that it needs; the oldest that ended are forgotten."""
        with self._writing() as db:
            self._hold(db, job.id)
            db.execute(
                "INSERT INTO jobs (id, owner, created_at, ended, tries, told, task) VALUES (?, ?, ?, ?, ?, ?, ?)", job
            )
            for part, (name, pieces) in enumerate(parts):
                for place, piece in enumerate(pieces):
                    db.execute("INSERT INTO job_parts VALUES (?, ?, ?, ?, ?)", (job.id, part, place, name, piece))
            db.execute(
                "DELETE FROM jobs WHERE ended AND id NOT IN (SELECT id FROM jobs WHERE ended ORDER BY created_at DESC LIMIT ?)",
                (_ENDED_KEPT,),
            )

    def tell(self, job_id: str, told: bytes, *, ended: bool = False) -> None:
        """Note what is known now of a job of this node. One that ended needs its parts no more."""
        with self._writing() as db:
            db.execute("UPDATE jobs SET told = ?, ended = ? WHERE id = ?", (told, ended, job_id))
            if ended:
                db.execute("DELETE FROM job_parts WHERE job = ?", (job_id,))
        if ended:
            self.release(job_id)

    def release(self, job_id: str) -> None:
        """Let another node take the job up."""
        with self._writing() as db:
            self._let_go(db, job_id)

    def job(self, job_id: str) -> KeptJob | None:
        """Return any node's job."""
        with self._writing() as db:
            row = db.execute(f"{_JOB} WHERE id = ?", (job_id,)).fetchone()
            return None if row is None else KeptJob(*row)

    def newest(self, limit: int, owner: str | None) -> list[KeptJob]:
        """Return the last jobs of every node, those of ``owner`` alone where one is named."""
        with self._writing() as db:
            rows = db.execute(
                f"{_JOB} WHERE ?::text IS NULL OR owner = ? ORDER BY created_at DESC LIMIT ?", (owner, owner, limit)
            )
            return [KeptJob(*row) for row in rows]

    def take_up(self, own: Collection[str]) -> list[KeptJob]:
        """Return unfinished jobs that no node is at; they are this node's from now on. It is at ``own`` already."""
        taken = []
        with self._writing() as db:
            waiting = [name for (name,) in db.execute("SELECT id FROM jobs WHERE NOT ended ORDER BY created_at")]
            for job_id in waiting:
                if job_id in self._held or not self._hold(db, job_id):
                    continue
                if job_id in own:  # held again after the connection was lost
                    continue
                row = db.execute(f"{_JOB} WHERE id = ? AND NOT ended", (job_id,)).fetchone()
                if row is None:
                    self._let_go(db, job_id)
                    continue
                taken.append(KeptJob(*row))
        return taken

    def count_try(self, job_id: str) -> None:
        """Note that this node has begun a job that another left."""
        with self._writing() as db:
            db.execute("UPDATE jobs SET tries = tries + 1 WHERE id = ?", (job_id,))

    def parts(self, job_id: str) -> list[str]:
        """Return the names of what a job needs, in order."""
        with self._writing() as db:
            rows = db.execute(
                "SELECT part, min(name) FROM job_parts WHERE job = ? GROUP BY part ORDER BY part", (job_id,)
            )
            return [name for _, name in rows]

    def pieces(self, job_id: str, part: int) -> Iterator[bytes]:
        """Yield what one of them holds, piece by piece."""
        place = 0
        while True:
            with self._writing() as db:
                row = db.execute(
                    "SELECT body FROM job_parts WHERE job = ? AND part = ? AND place = ?", (job_id, part, place)
                ).fetchone()
            if row is None:
                return
            yield bytes(row[0])
            place += 1

    def begin_reply(self, caller: str, key: str, digest: bytes) -> KeptReply | None:
        """Return what is known of a request; None where this node is to answer it now."""
        name = _reply_name(caller, key)
        with self._writing() as db:
            db.execute(f"DELETE FROM replies WHERE made < now() - interval '{_REPLIES_KEPT}'")
            db.execute(
                "INSERT INTO replies (caller, key, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (caller, key, digest),
            )
            known = self._reply(db, caller, key)
            if known.status or known.digest != digest or not self._hold(db, name):
                return known
            known = self._reply(db, caller, key)  # as it is now that nobody else is at it
            if known.status:
                self._let_go(db, name)
            return known if known.status else None

    def keep_reply(self, caller: str, key: str, reply: KeptReply) -> None:
        """Note what this node answered."""
        with self._writing() as db:
            db.execute(
                "UPDATE replies SET status = ?, headers = ?, body = ? WHERE caller = ? AND key = ?",
                (reply.status, reply.headers, reply.body, caller, key),
            )
        with self._writing() as db:  # once it can be read
            self._let_go(db, _reply_name(caller, key))

    def forget_reply(self, caller: str, key: str) -> None:
        """Forget a request that failed: it may be tried again, at any node."""
        with self._writing() as db:
            db.execute("DELETE FROM replies WHERE caller = ? AND key = ? AND status = 0", (caller, key))
        with self._writing() as db:
            self._let_go(db, _reply_name(caller, key))

    def _reply(self, db: "PostgresDatabase", caller: str, key: str) -> KeptReply:
        row = db.execute(
            "SELECT digest, status, headers, body FROM replies WHERE caller = ? AND key = ?", (caller, key)
        ).fetchone()
        return KeptReply(*row) if row else KeptReply(b"", 0, b"", b"")

    def _hold(self, db: "PostgresDatabase", name: str) -> bool:
        """Return whether nobody else is at it; then this node is, until it lets go or is gone."""
        if name not in self._held and db.execute(f"SELECT pg_try_advisory_lock({_NUMBER})", (name,)).fetchone() == (
            True,
        ):
            self._held.add(name)
            return True
        return False

    def _let_go(self, db: "PostgresDatabase", name: str) -> None:
        if name in self._held:
            db.execute(f"SELECT pg_advisory_unlock({_NUMBER})", (name,))
            self._held.discard(name)

    @contextmanager
    def _writing(self) -> "Iterator[PostgresDatabase]":
        """Give the database inside a transaction; a connection that is lost takes what was held along."""
        if not self._lock.acquire(timeout=_PATIENCE):
            raise silent_truth(self._address.name)
        try:
            with self._open().connection.quietly() as db:
                yield db
        except GeungeoError:
            self.close()
            raise
        finally:
            self._lock.release()

    def _open(self) -> "PostgresStore":
        if self._truth is None:
            from index.postgres.store import PostgresStore

            self._truth = PostgresStore(self._address, "write")
        return self._truth

    @property
    def _address(self) -> "Address":
        address = address_of(self._folder)
        assert address is not None, "a folder that shares no truth"
        return address


_NUMBER = "hashtextextended(current_schema() || ' ' || ?::text, 0)"


def _reply_name(caller: str, key: str) -> str:
    return f"reply {len(caller)} {caller} {key}"
