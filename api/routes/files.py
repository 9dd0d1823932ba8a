"""Files over HTTP: received to the disk, then read and stored as a job."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from api.access.access import Caller, caller_of, require
from api.access.keys import Scope
from api.articles.jobs import Job, told_results
from api.articles.library import Library, unwritable
from api.articles.shared_jobs import Parts, Task, file_pieces
from api.articles.uploads import (
    Received,
    ReceivedFile,
    discard,
    display_name,
    receive_multipart,
    require_bounded,
    stem_of,
    suffix_of,
    suffix_on_disk,
)
from api.articles.writer import Work, Writer, finish_job
from api.http.body import declared_length, too_large
from api.limits import MAX_UPLOAD_ARTICLES, MAX_UPLOAD_BYTES, MAX_WASTED_SECONDS
from api.openapi.describe import FILES, ORIGINAL
from api.problems.problems import ProblemError
from api.routes.jobs import job_accepted, keep_for_others
from api.schemas.errors import FieldError
from api.schemas.questions import iso_date
from api.services import Used
from index.articles import Article
from index.editing import edited, put_into
from index.errors import GeungeoError, ReadError, StorageError
from index.ingest import IngestReport
from index.reading.documents import Failure
from index.reading.kinds import LINES_SUFFIXES
from index.reading.plain_text.fitting import MAX_COLLECTION
from index.reading.reader_process import ReaderProcess
from index.reading.readers import count_articles, read_articles
from index.system.held_folders import HeldFolder
from index.text.characters import id_as_stored, normalize

router = APIRouter()
UPLOAD = "files"  # the kind of task
_FIELDS = ("title", "source", "published_at", "collection")
_MAX_FIELD = 2000
_ORIGINAL_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox"
}  # whatever it holds, and whoever shows it


@router.post("/v1/files", dependencies=[Depends(require(Scope.WRITE))], **FILES)
async def upload(request: Request, services: Used) -> Response:
    """Take in files that ``geungeo index`` reads; 202 and a job. ``title``, ``source``, ``published_at``: for text files."""
    library = services.holder.library()
    _require_multipart(request)
    services.writer.require_room()
    folder: HeldFolder | None = None
    job: Job | None = None
    try:
        with services.uploads.hold(caller_of(request).id):
            folder, received = await _received(request, library)
        names = _require_files(received)
        fields = _require_fields(received.fields)
        job = Job(caller_of(request).id)
        upload = _Upload(folder, received.files, names, fields, caller_of(request))
        parts = [(name, file_pieces(file.path)) for name, file in zip(names, received.files, strict=True)]
        await keep_for_others(services, library, job, Task(UPLOAD, upload.caller, fields), parts)
        services.writer.submit(job, _store_files(services.writer, library, upload))
    except BaseException:
        if job is not None:
            finish_job(job, ProblemError("busy"))  # or another node would store later what was refused
        if folder is not None:
            folder.remove()
        raise
    return (await job_accepted(request, services, job)).response()


def upload_work(writer: Writer, library: Library, task: Task, parts: Parts) -> Work:
    """Return what the writer is to do about files that another node took in. Raises StorageError."""
    folder, files = library.upload_folder(), []
    try:
        for number, (name, pieces) in enumerate(parts):
            path = folder.path / f"{number}"
            with path.open("xb") as file:
                file.writelines(pieces)
            files.append(ReceivedFile(name, path))
    except OSError as error:
        folder.remove()
        raise unwritable(folder.path, error) from error
    except BaseException:
        folder.remove()
        raise
    names = [file.name for file in files]
    return _store_files(writer, library, _Upload(folder, files, names, task.fields, task.caller))


async def _received(request: Request, library: Library) -> tuple[HeldFolder, Received]:
    """Return what came, and the folder where it is, which is gone again where something was wrong with it.

    Where the disk is full the rest is read and thrown away: a client that is cut off while it sends sees a broken
    connection and never the problem.
    """
    stream, folder = request.stream(), None
    try:
        folder = await run_in_threadpool(library.upload_folder)
        return folder, await receive_multipart(request.headers["content-type"], stream, folder.path)
    except BaseException as error:
        if folder is not None:
            folder.remove()
        if isinstance(error, StorageError):
            await discard(stream, MAX_UPLOAD_BYTES)
        raise


def _require_multipart(request: Request) -> None:
    types = request.headers.getlist("content-type")
    if len(types) != 1 or types[0].partition(";")[0].strip().lower() != "multipart/form-data":
        raise ProblemError("unsupported_media_type", headers={"Accept-Post": "multipart/form-data"})
    if "content-encoding" in request.headers:
        raise ProblemError("unsupported_media_type", headers={"Accept-Encoding": "identity"})
    if declared_length(request.headers) > MAX_UPLOAD_BYTES:
        raise too_large(MAX_UPLOAD_BYTES, close=True)


def _require_files(received: Received) -> list[str]:
    """Return the display name of each file. Raises ProblemError where there is nothing to read among them."""
    if not received.files:
        raise ProblemError("invalid_request", [FieldError(pointer="", code="missing", parameter="files")])
    names = [display_name(file.name) for file in received.files]
    if not any(map(suffix_of, names)):
        raise ProblemError("unsupported_type")
    return names


def _require_fields(fields: dict[str, str]) -> dict[str, str]:
    """Return the fields in NFC. Raises ProblemError for one that we do not know or that does not fit."""
    for name, value in fields.items():
        if name not in _FIELDS:
            raise ProblemError("invalid_request", [FieldError(pointer="", code="unknown_field")])
        if len(value) > (MAX_COLLECTION if name == "collection" else _MAX_FIELD):
            raise ProblemError("invalid_request", [FieldError(pointer="", code="too_long", parameter=name)])
    date = fields.get("published_at")
    try:
        if date:
            iso_date(date)
    except ValueError:
        raise ProblemError(
            "invalid_request", [FieldError(pointer="", code="not_a_date", parameter="published_at")]
        ) from None
    return {name: normalize(value).strip() for name, value in fields.items() if value.strip()}


@router.get("/v1/originals/{article_id:path}", dependencies=[Depends(require(Scope.ASK))], **ORIGINAL)
async def original(article_id: str, request: Request, services: Used) -> Response:
    """Return the file an article was read from, where it is kept: to be saved, never shown as a page of this site."""
    library, stored_id = services.holder.library(), id_as_stored(article_id)
    within = caller_of(request).collections
    kept = await services.lookups.look(request, lambda: library.original(stored_id, within))
    if kept is None:
        raise ProblemError("original_not_kept")
    headers = {"Content-Length": str(kept.size), "Content-Disposition": _attachment(kept.name), **_ORIGINAL_HEADERS}
    pieces = iterate_in_threadpool(kept.pieces())
    return StreamingResponse(pieces, media_type="application/octet-stream", headers=headers)


def _attachment(name: str) -> str:
    """Return RFC 6266's header for a file's name, which may hold any letters."""
    shown = display_name(name)
    return f"attachment; filename=\"original{suffix_on_disk(shown)}\"; filename*=UTF-8''{quote(shown, safe='')}"


@dataclass(frozen=True, slots=True)
class _Upload:
    """Files as they came, what to call each, what is said of them, and who sent them."""

    folder: HeldFolder
    files: list[ReceivedFile]
    names: list[str]
    fields: dict[str, str]
    caller: Caller

    def placed(self, items: Iterator[Article | Failure]) -> Iterator[Article | Failure]:
        """Yield the items in the collection that was named, else where they say, else where the caller's articles go."""
        named = put_into(self.fields.get("collection"), items)
        return put_into(self.caller.home, named, unless_said=True)


def _store_files(writer: Writer, library: Library, upload: _Upload) -> Work:
    """Read and store them; the folder goes when the job ends, however it ends."""

    def work(job: Job) -> None:
        try:
            paths = [_with_suffix(file.path, name) for file, name in zip(upload.files, upload.names, strict=True)]
            shown = {str(path): name for path, name in zip(paths, upload.names, strict=True)}
            refused = {str(path): error for path in paths if (error := _unbounded(path))}
            job.total = len(refused) + count_articles([path for path in paths if str(path) not in refused])

            def progress(report: IngestReport) -> None:
                job.tell(told_results(report, shown), report.done, report.failures.total)

            items = upload.placed(_so_many(_read_files(library.document_reader(), shown, refused, upload.fields)))
            report, job.generation = library.store(
                writer.until_closed(items), progress, of_files=True, within=upload.caller.collections
            )
            progress(report)
            job.total = report.done
        finally:
            upload.folder.remove()

    return work


def _with_suffix(path: Path, name: str) -> Path:
    """Rename the file to a number and a suffix, by which it is read."""
    return path.rename(path.with_name(path.name + suffix_on_disk(name)))


def _unbounded(path: Path) -> GeungeoError | None:
    """Return what is wrong with a file that must not be looked into."""
    try:
        require_bounded(path)
    except GeungeoError as error:
        return error
    return None


def _so_many(items: Iterator[Article | Failure]) -> Iterator[Article | Failure]:
    yield from islice(items, MAX_UPLOAD_ARTICLES)
    if next(items, None) is not None:
        most = f"{MAX_UPLOAD_ARTICLES:,}"
        yield Failure(
            "",
            ReadError(
                f"한 번에 {most}건까지만 받습니다. 나머지는 파일을 나누어 다시 올리세요.",
                f"{most} articles are taken in one upload. Split the file and upload the rest again.",
            ),
        )


def _read_files(
    process: ReaderProcess, shown: dict[str, str], refused: dict[str, GeungeoError], fields: dict[str, str]
) -> Iterator[Article | Failure]:
    """Yield what is in the files; once reading has cost too much for nothing, the rest is not looked into."""
    wasted = 0.0
    with closing(process) as reader:
        for path, name in shown.items():
            if path in refused or wasted >= MAX_WASTED_SECONDS:
                yield Failure(path, refused.get(path) or _not_looked_into())
                continue
            spent, is_read = reader.spent, False
            for item in read_articles([Path(path)], reader=reader):
                is_read = is_read or isinstance(item, Article)
                if isinstance(item, Article) and not path.endswith(LINES_SUFFIXES):
                    item = _named(item, Path(path), name, fields)
                yield item
            wasted += 0.0 if is_read else reader.spent - spent


def _not_looked_into() -> ReadError:
    return ReadError(
        "앞의 파일들이 읽히지 않으면서 너무 오래 걸려 이 파일은 보지 않았습니다. 읽히지 않은 파일을 빼고 다시 올리세요.",
        "not looked into: the files before it took too long and could not be read. Upload it again without those.",
    )


def _named(article: Article, path: Path, name: str, fields: dict[str, str]) -> Article:
    """Return the article with an id made of the file's name, and behind it that of what is attached to the file."""
    stem = stem_of(name)
    own = stem_of(path.name)
    article_id = stem + article.id[len(own) :]
    is_unnamed = article.title == own or article.meta.get("title_basis") == "file name"
    title = (
        PurePosixPath(article_id).stem if is_unnamed and article_id != stem else stem if is_unnamed else article.title
    )
    original = article.original
    if original is not None and not isinstance(original.content, bytes):  # what is attached to it has its own name
        original = replace(original, name=name)
    return edited(replace(article, id=article_id, title=title, original=original), fields)
