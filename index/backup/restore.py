"""``geungeo import``: a backup into a store, without embedding anything again.

The archive is read as data: no member's name is ever a path. All of it is checked, record by record, before the
first article is written.
"""

import hashlib
import json
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO

from index.backup.format import (
    ARTICLES,
    FORMAT,
    GOLD,
    KIND,
    MANIFEST,
    VECTORS,
    BackupManifest,
    from_record,
    gold_of,
)
from index.engine import require_same_encoder
from index.errors import CorruptIndexError, EncoderMismatchError, ReadError
from index.ingest import IngestReport, keeping_files
from index.reading.documents import Failure
from index.reading.plain_text.fitting import require_fits
from index.store.gold_rows import GoldRecord
from index.store.rows import StoredArticle
from index.store.truth import Truth
from index.store.vector_codecs import coding_numbered
from index.truth.writing import publish, require_whole, writing

_MOST_MANIFEST = 1 << 20  # bytes
_MOST_LINE = 64 << 20
_MOST_GOLD_LINE = 1 << 16
_MOST_RATIO = 200  # of unpacked to packed: real articles reach ten
_AT_ONCE = 200  # articles written and acknowledged together


def import_backup(
    folder: Path,
    source: Path,
    *,
    encoder: str,
    analysis: str,
    progress: Callable[[IngestReport], None] = lambda report: None,
    wait: float = 0.0,
) -> IngestReport:
    """Take every article of the backup that is not there already, replacing those of the same id, and publish.

    ``encoder`` and ``analysis`` are those of the settings. Raises ReadError for a file that cannot be
    read, CorruptIndexError for one that is no whole backup, EncoderMismatchError for one of another encoder, and what
    the store raises.
    """
    try:
        with source.open("rb") as file, zipfile.ZipFile(file) as archive:
            manifest = _check(archive, source)
            _require_fingerprints(manifest, encoder, analysis)
            with writing(folder, wait) as truth:
                return _store(folder, truth, archive, manifest, progress)
    except ReadError as error:
        raise _unreadable(source, error.korean, error.english) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _unreadable(source, str(error)) from error
    except OSError as error:
        raise ReadError(
            f"백업을 읽을 수 없습니다: {source} ({error.strerror}). 경로와 권한을 확인하세요.",
            f"cannot read the backup {source} ({error.strerror}). Check its path and permissions.",
        ) from error


def _check(archive: zipfile.ZipFile, source: Path) -> BackupManifest:
    """Check every member, checksum, record and count of a backup, and return its manifest."""
    _check_members(archive, source)
    manifest = _manifest(archive, source)
    for name in manifest.files:
        with archive.open(name) as member:
            digest = hashlib.sha256()
            while data := member.read(1 << 20):
                digest.update(data)
        if (digest.hexdigest(), archive.getinfo(name).file_size) != tuple(manifest.files[name]):
            raise _unreadable(source, name)
    articles = passages = 0
    ids = set()
    for stored in _records(archive, manifest):
        articles += 1
        passages += len(stored.passages)
        ids.add(stored.article.id)
    if not (articles == len(ids) == manifest.articles and passages == manifest.passages):
        raise _unreadable(source, "글이나 대목의 수가 다름", "counts")
    _gold(archive, manifest)
    return manifest


def _check_members(archive: zipfile.ZipFile, source: Path) -> None:
    """Require exactly the members there should be: plain files, no larger than such files ever are."""
    members = archive.infolist()
    names = [member.filename for member in members]
    if sorted(names) != sorted((MANIFEST, ARTICLES, VECTORS, *([GOLD] if GOLD in names else []))):
        raise _unreadable(source, "들어 있는 파일이 다름", "members")
    packed = source.stat().st_size
    for member in members:
        mode = member.external_attr >> 16
        if member.flag_bits & 1 or (mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
            raise _unreadable(source, member.filename)
    if sum(member.file_size for member in members) > _MOST_RATIO * packed + _MOST_MANIFEST:
        raise _unreadable(source, "풀면 너무 큼", "too large when unpacked")
    if archive.getinfo(MANIFEST).file_size > _MOST_MANIFEST:
        raise _unreadable(source, MANIFEST)


def _manifest(archive: zipfile.ZipFile, source: Path) -> BackupManifest:
    try:
        record = json.loads(archive.read(MANIFEST))
        if record["kind"] == KIND:
            _require_format(record["format"], source)
        manifest = BackupManifest.from_record(record)
        known = manifest.kind == KIND and {*manifest.files, MANIFEST} == set(archive.namelist())
        numbers = (manifest.format, manifest.dim, manifest.articles, manifest.passages)
        known = known and all(type(number) is int and number >= 0 for number in numbers) and manifest.dim > 0
        coding_numbered(manifest.coding)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _unreadable(source, MANIFEST) from None
    if not known:
        raise _unreadable(source, MANIFEST)
    return manifest


def _require_format(found: int, source: Path) -> None:
    """Raise CorruptIndexError for a backup of another release, which need not have the same fields."""
    if found > FORMAT:
        raise CorruptIndexError(
            f"더 새로운 버전이 만든 백업입니다: {source} (형식 {found}). geungeo를 새 버전으로 올리세요.",
            f"{source} was made by a later release (format {found}). Upgrade geungeo.",
        )
    if found < FORMAT:
        raise CorruptIndexError(
            f"읽을 수 없는 옛 형식의 백업입니다: {source} (형식 {found}). 압축을 풀고 글을 이 버전으로 다시 색인하세요: "
            f"geungeo index {ARTICLES}",
            f"{source} is of an earlier format that is no longer read (format {found}). Unpack it and index the "
            f"articles again with this release: geungeo index {ARTICLES}",
        )


def _records(archive: zipfile.ZipFile, manifest: BackupManifest) -> Iterator[StoredArticle]:
    with ExitStack() as stack:
        lines = stack.enter_context(archive.open(ARTICLES))
        vectors = stack.enter_context(archive.open(VECTORS))
        while line := lines.readline(_MOST_LINE):
            yield from_record(line, lambda size: _exactly(vectors, size), manifest)
        if vectors.read(1):
            raise ReadError("벡터가 글보다 많습니다.", "there are more vectors than articles.")


def _gold(archive: zipfile.ZipFile, manifest: BackupManifest) -> list[GoldRecord]:
    """Return what people said of answers. Raises ReadError."""
    if GOLD not in manifest.files:
        return []
    with archive.open(GOLD) as lines:
        return [gold_of(line) for line in iter(lambda: lines.readline(_MOST_GOLD_LINE), b"")]


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size) if size else b""
    if len(data) != size:
        raise ReadError("벡터가 모자랍니다.", "vectors are missing.")
    return data


def _require_fingerprints(manifest: BackupManifest, encoder: str, analysis: str) -> None:
    for made_with, wanted in ((manifest.encoder, encoder), (manifest.analysis, analysis)):
        if made_with != wanted:
            raise EncoderMismatchError(
                f"이 백업은 {made_with}로 만들었고 지금 설정은 {wanted}입니다. 압축을 풀고 글을 다시 색인하세요: "
                f"geungeo index {ARTICLES}",
                f"this backup was made with {made_with}, the settings ask for {wanted}. Unpack it and index the "
                f"articles again: geungeo index {ARTICLES}",
            )


def _store(
    folder: Path,
    truth: Truth,
    archive: zipfile.ZipFile,
    manifest: BackupManifest,
    progress: Callable[[IngestReport], None],
) -> IngestReport:
    report = IngestReport()
    require_whole(folder, truth)
    if truth.version:
        require_same_encoder(truth, encoder=manifest.encoder, analysis=manifest.analysis)
    for key, value in (("encoder", manifest.encoder), ("analysis", manifest.analysis), ("dim", str(manifest.dim))):
        truth.set_meta(key, value)
    records = _records(archive, manifest)
    while batch := list(islice(records, _AT_ONCE)):
        _write(folder, truth, batch, report)
        progress(report)
    _store_gold(truth, _gold(archive, manifest))
    report.manifest = publish(folder, truth) if truth.version else None
    return report


def _store_gold(truth: Truth, records: list[GoldRecord]) -> None:
    """Keep those that are new, of articles that are there: what is said of one goes with it."""
    known = {record.id for record in truth.gold()}
    new = [record for record in records if record.id not in known]
    truth.add_gold(
        *(record for record in new if record.article is None or truth.content_hash(record.article) is not None)
    )


def _write(folder: Path, store: Truth, batch: list[StoredArticle], report: IngestReport) -> None:
    batch = [stored for stored in batch if _fits(stored, report)]
    known = {stored.article.id: store.content_hash(stored.article.id) for stored in batch}
    changed = [stored for stored in batch if known[stored.article.id] != stored.content_hash]
    if changed:
        with keeping_files(folder, store, [stored.article for stored in changed]):
            store.write(changed)
    for stored in batch:
        hashed = known[stored.article.id]
        kept = (
            report.added if hashed is None else report.unchanged if hashed == stored.content_hash else report.replaced
        )
        kept.append(stored.article.id)


def _fits(stored: StoredArticle, report: IngestReport) -> bool:
    """Return whether an article fits, as one from any other source must; report it as a failure where not."""
    try:
        require_fits(stored.article)
    except ReadError as error:
        report.failures.append(Failure(stored.article.id, error))
        return False
    return True


def _unreadable(source: Path, korean: str, english: str | None = None) -> CorruptIndexError:
    """Return the error of a file that is no whole backup, with what is wrong; a name is the same in both languages."""
    return CorruptIndexError(
        f"온전한 geungeo 백업이 아닙니다: {source} ({korean}). geungeo export로 만든 파일인지, 다 옮겨졌는지 확인하세요.",
        f"not a whole geungeo backup: {source} ({english or korean}). Check that geungeo export made it and that all of it arrived.",
    )
