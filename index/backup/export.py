"""``geungeo export``: everything that cannot be derived again, from one snapshot, into one file that appears whole."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO

from index.backup.format import ARTICLES, FORMAT, GOLD, KIND, MANIFEST, VECTORS, BackupManifest, gold_line, to_record
from index.errors import StorageError
from index.search.publication import UNFINISHED
from index.store.store import Store
from index.store.vector_codecs import coding_for
from index.system.files import file_mode, sync_folder, written_whole


def export_backup(folder: Path, target: Path, progress: Callable[[int], None] = lambda done: None) -> BackupManifest:
    """Write a backup of the store as it is now; writers and readers go on meanwhile.

    ``progress`` is told how many articles are done. Raises StorageError, CorruptIndexError for a damaged article, and
    then there is no ``target``, or the one before.
    """
    store = Store(folder)
    try:
        if store.meta("encoder") == UNFINISHED:
            raise StorageError(
                "다시 만들기가 끝나지 않은 색인은 내보낼 수 없습니다. 마저 하세요: geungeo index --rebuild",
                "a rebuild was interrupted: nothing to export until it is finished: geungeo index --rebuild",
            )
        with written_whole(target, mode=file_mode()) as file:
            manifest = _write(store, file, progress)
        sync_folder(target.resolve().parent)
    except OSError as error:
        raise StorageError(
            f"백업을 쓸 수 없습니다: {target} ({error.strerror}). 디스크 공간과 권한을 확인하세요.",
            f"cannot write the backup {target} ({error.strerror}). Check disk space and permissions.",
        ) from error
    finally:
        store.close()
    return manifest


class _Counted:
    """A file that knows how much and what went into it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._size += len(data)

    def summary(self) -> tuple[str, int]:
        return self._digest.hexdigest(), self._size


def _write(store: Store, file: IO[bytes], progress: Callable[[int], None]) -> BackupManifest:
    """Write texts straight into the archive, vectors by way of a temporary file: a zip takes one member at a time."""
    ids = [listed.id for listed in store.list_articles()]
    coding = coding_for(store.meta("encoder"))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=1) as archive:
        with tempfile.TemporaryFile() as vectors:
            held = _Counted(vectors)
            with archive.open(ARTICLES, "w", force_zip64=True) as member:
                lines = _Counted(member)
                for done, article_id in enumerate(ids, start=1):
                    stored = store.stored_article(article_id)
                    line, data = to_record(stored, coding)
                    lines.write(line)
                    held.write(data)
                    progress(done)
            vectors.seek(0)
            with archive.open(zipfile.ZipInfo(VECTORS), "w", force_zip64=True) as member:
                while data := vectors.read(1 << 20):
                    member.write(data)
        manifest = BackupManifest(
            KIND, FORMAT, store.meta("encoder") or "", store.meta("analysis") or "", int(store.meta("dim") or 0), len(ids),
            store.counts()[1], {ARTICLES: lines.summary(), VECTORS: held.summary()} | _write_gold(store, archive),
            coding.number,
        )  # fmt: skip
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
    return manifest


def _write_gold(store: Store, archive: zipfile.ZipFile) -> dict[str, tuple[str, int]]:
    """Write what people said of answers, where they said anything, and return its summary under its name."""
    if not (records := store.gold()):
        return {}
    with archive.open(GOLD, "w", force_zip64=True) as member:
        lines = _Counted(member)
        for record in records:
            lines.write(gold_line(record))
    return {GOLD: lines.summary()}
