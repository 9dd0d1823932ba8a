"""The client that waits. Made of asynchronous.py by ``python -m scripts.release.sync_client``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

import httpx
from httpx_sse import EventSource

from api.client import calls
from api.client.calls import Call, Result
from api.client.errors import JobFailedError, JobPendingError, to_error
from api.client.transport import DEFAULT_URL, Retries, StreamEvent, httpx_settings, to_event, translated
from api.schemas.articles import BatchResponse, JobResponse, ListedBody, WrittenResponse
from index.articles import Article
from rag.answers import Filters, Mode
from rag.schemas import AnswerResponse, ArticleResponse, SearchResponse


class Client:
    """Safe to share between threads. ``timeout`` is seconds for each step of a request; ``language`` is that of errors."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        key: str | None = None,
        language: str = "ko",
        timeout: float = 30.0,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(transport=transport, **httpx_settings(url, key, language, timeout))
        self._retries = retries or Retries()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._http.close()

    def query(
        self,
        question: str,
        *,
        top_k: int = 5,
        filters: Filters | None = None,
        mode: Mode | str = Mode.HYBRID,
        as_of: date | None = None,
        context: Sequence[str] = (),
    ) -> AnswerResponse:
        """Return the answer, or why there is none.

        올해 and 지난달 are counted from ``as_of``, today if left out; ``context`` are the questions asked before.
        """
        return self._do(calls.query(calls.to_query(question, top_k, filters, mode, as_of, context)))

    def search(
        self,
        question: str,
        *,
        top_k: int = 10,
        filters: Filters | None = None,
        mode: Mode | str = Mode.HYBRID,
        as_of: date | None = None,
        context: Sequence[str] = (),
    ) -> SearchResponse:
        """Return the nearest passages, best first; ``context`` are the questions asked before."""
        return self._do(calls.search(calls.to_query(question, top_k, filters, mode, as_of, context)))

    def stream(
        self,
        question: str,
        *,
        top_k: int = 5,
        filters: Filters | None = None,
        mode: Mode | str = Mode.HYBRID,
        as_of: date | None = None,
        context: Sequence[str] = (),
    ) -> Iterator[StreamEvent]:
        """Yield the events of one question as they come: stages, passages, the answer, citations, done."""
        asked = calls.to_query(question, top_k, filters, mode, as_of, context)
        with self._opened(calls.stream(asked)) as response:
            with translated():
                for sent in EventSource(response).iter_sse():
                    if event := to_event(sent):
                        yield event

    def articles(
        self,
        *,
        source: str | None = None,
        collection: str | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        q: str | None = None,
        page_size: int = 100,
    ) -> Iterator[ListedBody]:
        """Yield every article that fits, by id; pages are fetched as they are needed."""
        said = {"source": source, "collection": collection, "date_from": date_from, "date_to": date_to, "q": q}
        params = {**said, "limit": page_size}
        page = self._do(calls.page(params, None))
        for article in page.articles:
            yield article
        while page.next_cursor is not None:
            page = self._do(calls.page(params, page.next_cursor))
            for article in page.articles:
                yield article

    def get(self, article_id: str) -> ArticleResponse:
        """Return the text that every offset counts in, and its marked spans."""
        return self._do(calls.get(article_id))

    def original(self, article_id: str) -> bytes:
        """Return the file that the article was read from; ``get`` has its name. Raises MissingError where none is kept."""
        return self._do(calls.original(article_id))

    def put(self, article: Article) -> WrittenResponse:
        """Store one article, new or in place of the one with its id."""
        return self._do(calls.put(article))

    def edit(self, article_id: str, changes: Mapping[str, str | None]) -> WrittenResponse:
        """Change title, source, url, published_at or collection; None empties one. Raises MissingError where there is no article."""
        return self._do(calls.edit(article_id, changes))

    def delete(self, article_id: str) -> None:
        """Delete an article for good. Raises MissingError where there is none."""
        self._do(calls.delete(article_id))

    def add(self, articles: Iterable[Article]) -> BatchResponse:
        """Store a batch, at most 1,000 and 16 MiB; one that is refused does not stop the rest."""
        return self._do(calls.add(articles))

    def upload(self, paths: Iterable[Path | str]) -> JobResponse:
        """Send files that ``geungeo index`` reads; they are taken in behind this call (:meth:`wait`)."""
        return self._do(calls.upload(paths))

    def job(self, job_id: str) -> JobResponse:
        """Return how far an import has come. Raises MissingError for an id that is not known, or no more."""
        return self._do(calls.job(job_id))

    def wait(self, job: JobResponse | str, *, timeout: float = 3600.0, every: float = 0.5) -> JobResponse:
        """Return the job once it is done. Raises JobFailedError, and JobPendingError after ``timeout`` seconds."""
        until = monotonic() + timeout
        state = self.job(job) if isinstance(job, str) else job
        while not state.is_over:
            if monotonic() >= until:
                raise JobPendingError(state)
            sleep(every)
            state = self.job(state.id)
        if state.state == "failed":
            raise JobFailedError(state)
        return state

    def _do(self, call: Call[Result]) -> Result:
        with self._opened(call) as response:
            with translated():
                body = response.read()
            status = response.status_code
        if status == httpx.codes.ACCEPTED and call.from_job is not None:
            return call.from_job(self.wait(JobResponse.model_validate_json(body)))
        return call.read(body)

    @contextmanager
    def _opened(self, call: Call[Any]) -> Iterator[httpx.Response]:
        """Give the response, after retries, its body not read yet. Raises ClientError for anything but success."""
        for attempt in range(self._retries.most + 1):
            with ExitStack() as stack:
                with translated():
                    sent = self._http.stream(call.method, call.path, **call.arguments(stack))
                    response = stack.enter_context(sent)
                if response.is_success:
                    yield response
                    return
                with translated():
                    body = response.read()
            wait = self._retries.wait_after(attempt, response.status_code, response.headers.get("retry-after"))
            if wait is None:
                raise to_error(response.status_code, body)
            sleep(wait)
