"""What the forked children do. Each prints what it acknowledges, as it does so, on standard output."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import apsw

from api.answering.backend import Backend
from api.app import Options
from api.limits import Limits
from api.server import make_server
from api.server import serve as serve_http
from index.articles import Article
from index.backup.export import export_backup
from index.backup.restore import import_backup
from index.doctor import examine
from index.doctor import repair as repair_index
from index.engine import is_new
from index.errors import GeungeoError
from index.ingest import Ingestor, IngestReport, remove_articles
from index.korean.parsing import analysis_fingerprint
from index.store.connection import Connection
from tests.support.fakes import HashEncoder, RegexSplitter, open_index
from tests.support.service_fakes import make_backend
from tests.torture import texts
from tests.torture.damage.damage import contents, digest

_LOCK_SECONDS = 5.0
NO_SYNC = "NO_SYNC"  # in the environment: nothing is synced
_BATCH = 4  # articles a transaction, so that one run commits several times


def ingest(folder: str, entries: Sequence[tuple[str, int]], wait: float = _LOCK_SECONDS) -> int:
    """(id, version) of each article, a few in a transaction; the exit code of the error that stopped it."""
    if os.environ.get(NO_SYNC):
        _forget_to_sync()
    told: set[str] = set()

    def progress(report: IngestReport) -> None:
        for article_id in {*report.added, *report.replaced, *report.unchanged} - told:
            told.add(article_id)
            print("ACK", article_id, dict(entries)[article_id], flush=True)

    for start in range(0, len(entries), _BATCH):
        articles = [texts.article(*entrie) for entrie in entries[start : start + _BATCH]]
        try:
            _ingestor(folder).ingest(articles, progress=progress, wait=wait)
        except GeungeoError as error:
            print("REFUSED", error.code, flush=True)
            return error.exit_code
    return 0


def _forget_to_sync() -> None:
    """What a disk that lies about fsync does; for the power cut that must lose something."""
    prepare = Connection._prepare

    def careless(self: Connection, db: apsw.Connection) -> None:
        prepare(self, db)
        list(db.execute("PRAGMA synchronous = OFF"))

    Connection._prepare = careless  # type: ignore[method-assign]
    os.fsync = lambda descriptor: None  # type: ignore[assignment]


def rebuild(folder: str) -> None:
    _ingestor(folder).ingest([], rebuild=True, wait=_LOCK_SECONDS)
    print("REBUILT", flush=True)


def remove(folder: str, ids: Sequence[str]) -> None:
    remove_articles(Path(folder), ids, wait=_LOCK_SECONDS)
    for article_id in ids:
        print("ACK", article_id, "-", flush=True)


def repair(folder: str) -> None:
    repair_index(Path(folder))
    print("REPAIRED", flush=True)


def take_in(folder: str, archive: str) -> None:
    """Import a backup; what it holds is acknowledged at its end."""
    encoder, analysis = HashEncoder().fingerprint, analysis_fingerprint(RegexSplitter())
    import_backup(Path(folder), Path(archive), encoder=encoder, analysis=analysis, wait=_LOCK_SECONDS)
    print("IMPORTED", flush=True)


def give_out(folder: str, archive: str) -> None:
    export_backup(Path(folder), Path(archive))


def open_and_close(folder: str) -> None:
    """Open, and so recover."""
    open_index(Path(folder), RegexSplitter()).close()
    print("READY", flush=True)


def load(folder: str) -> None:
    """Read all there is; says what came of it."""
    try:
        print("CONTENTS", digest(contents(Path(folder))), flush=True)
    except GeungeoError as error:
        print("REFUSED", error.code, flush=True)


def doctor(folder: str) -> int:
    complaints = examine(Path(folder))
    for complaint in complaints:
        print("COMPLAINT", complaint.english, flush=True)
    return len(complaints)


def hold_lock(folder: str, seconds: float) -> None:
    from index.system.locking import write_lock

    with write_lock(Path(folder)):
        print("HELD", flush=True)
        time.sleep(seconds)


def warm() -> None:
    """What every server does once and forked ones need not, pydantic's schemas above all; and what is imported late,
    by a child that may not read the interpreter's folder.
    """
    "localhost".encode("idna")
    make_server(lambda: _backend(Path()))


def serve(folder: str) -> None:
    """The whole service but for the model: a hash for an encoder, full stops for Kiwi."""
    options = Options(limits=Limits(rate=1e6, burst=10**6))
    serve_http(lambda: _backend(Path(folder)), options, port=0, announce=lambda url: print(url, flush=True))


def _backend(folder: Path) -> Backend:
    """The first index is made as api.answering.backend.load_backend makes it."""
    if is_new(folder):
        _ingestor(str(folder)).ingest([_first()], wait=60.0)
    return make_backend(folder)


FIRST = ("처음", 0)


def _first() -> Article:
    return texts.article(*FIRST)


def _ingestor(folder: str) -> Ingestor:
    return Ingestor(Path(folder), HashEncoder(), RegexSplitter())
