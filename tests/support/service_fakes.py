"""The whole service over a small index of its own, with the hash encoder: fast, and nothing in it is pretended."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from fastapi import FastAPI

from api.answering.backend import Backend
from api.answering.encoder_queue import QueuedEncoder
from api.app import Options, create_app
from api.articles.library import Library
from index.articles import Article
from index.ingest import Ingestor
from index.korean.parser_process import ParserProcess
from rag.pipeline import Pipeline
from rag.question.aliases import Aliases
from tests.support.fakes import ARTICLES, HashEncoder, RegexSplitter
from tests.support.rag_support import GROUPS, build_index, hand_models, open_engine

Step = Callable[[httpx.AsyncClient], Any]


def put_index(folder: Path, make: Callable[[Path], None] = build_index) -> None:
    """What ``make`` would put into ``folder``. It is made once a run: each time it waits for the disk, again and again."""
    for name, data in _made_once(make).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@cache
def _made_once(make: Callable[[Path], None]) -> dict[str, bytes]:
    """In memory, and so nobody's to change or to clear away, whoever forks meanwhile."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        make(folder)
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def make_backend(
    folder: Path,
    articles: Sequence[Article] = ARTICLES,
    parser: ParserProcess | None = None,
    *,
    originals: bool = False,
) -> Backend:
    """An index in ``folder``, made if need be, behind the queue that the server has."""
    splitter = RegexSplitter()
    if not (folder / "geungeo.db").exists():
        put_index(folder) if articles is ARTICLES else build_index(folder, articles)
    encoder = QueuedEncoder(HashEncoder())
    pipeline = Pipeline(
        lambda: open_engine(folder, encoder, splitter), encoder, splitter, Aliases(GROUPS, splitter), hand_models()
    )
    library = Library(folder, Ingestor(folder, encoder, splitter, parser, originals=originals), pipeline)
    closers = (encoder.close,) if parser is None else (parser.end, encoder.close)
    return Backend(pipeline, library, lambda: encoder.waiting, closers)


def make_shared_backend(folder: Path, address: str, *, follows: bool = True) -> Backend:
    """A node over the PostgreSQL at ``address``; ``follows`` leaves out the thread that hears of others' writes."""
    from index.truth.attachment import attach
    from index.truth.following import Follower
    from index.truth.writing import catch_up_or_go_on

    splitter, encoder = RegexSplitter(), HashEncoder()
    known = attach(folder, address)
    catch_up_or_go_on(folder)
    if not (folder / "geungeo.db").exists():
        build_index(folder, ARTICLES[:1])
    pipeline = Pipeline(
        lambda: open_engine(folder, encoder, splitter), encoder, splitter, Aliases(GROUPS, splitter), hand_models()
    )
    follower = Follower(folder, known, pipeline.refresh)
    if follows:
        follower.start()
    library = Library(folder, Ingestor(folder, encoder, splitter), pipeline, follower)
    return Backend(pipeline, library, closers=(follower.close,))


def make_service(folder: Path, options: Options | None = None, *, originals: bool = False) -> FastAPI:
    return create_app(make_backend(folder, originals=originals), options or Options())


@asynccontextmanager
async def client_of(app: FastAPI, *, address: str = "127.0.0.1", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client in the same process, at ``address``."""
    transport = httpx.ASGITransport(app, client=(address, 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        yield client


def with_client(app: FastAPI, step: Step, **headers: str) -> Any:
    """Run ``step`` with a client."""

    async def run() -> Any:
        async with client_of(app, **headers) as client:
            return await step(client)

    return asyncio.run(run())


async def job_of(client: httpx.AsyncClient, response: httpx.Response, seconds: float = 60.0) -> dict[str, Any]:
    """The finished job that a 202 promised."""
    assert response.status_code == 202, response.text
    for _ in range(int(seconds / 0.02)):
        job: dict[str, Any] = (await client.get(response.headers["location"])).json()
        if job["state"] in ("done", "failed"):
            return job
        await asyncio.sleep(0.02)
    raise AssertionError(job)
