"""A pipeline that answers in several processes, one question at a time in each."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from api.answering.worker import NotAnsweredError, Worker
from index.articles import Article
from index.engine import Engine
from index.errors import GeungeoError
from rag.answerer import Answerer
from rag.answers import UNWATCHED, Answer, ArticleView, Hit, IndexInfo, Query, SearchResult, Watch

logger = logging.getLogger(__name__)
T = TypeVar("T")
_HERE = 0  # the first slot; the others are the workers'


class SharedPipeline:
    """Another :class:`rag.answerer.Answerer`, and workers beside it: a question is answered here while nobody else's is,
    else in a worker; when all are taken, the next waits. What a worker cannot answer any more is answered here.
    """

    def __init__(self, here: Answerer, workers: Sequence[Worker]) -> None:
        self._here = here
        self._workers = tuple(workers)
        self._refused_elsewhere = 0
        self._changed = threading.Condition()
        self._free = {_HERE} | {slot for slot, worker in enumerate(self._workers, 1) if _survives(worker.refresh)}

    def ask(self, query: Query, watch: Watch = UNWATCHED) -> Answer:
        """As Answerer."""
        return self._shared("ask", self._here.ask, query, watch)

    def search(self, query: Query, watch: Watch = UNWATCHED) -> SearchResult:
        """As Answerer."""
        return self._shared("search", self._here.search, query, watch)

    def article(self, article_id: str) -> Article:
        """Raises NotFoundError."""
        return self._here.article(article_id)

    def article_view(self, article_id: str) -> ArticleView:
        """Raises NotFoundError."""
        return self._here.article_view(article_id)

    def snapshot(self) -> Engine:
        """The generation that answers here."""
        return self._here.snapshot()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As Answerer."""
        return self._here.count_tokens(texts)

    def info(self) -> IndexInfo:
        """The generation that answers here."""
        return self._here.info()

    def refresh(self) -> IndexInfo:
        """Take up the newest generation now, the idle workers too. Raises what opening it raises."""
        info = self._here.refresh()
        self._refresh_idle()
        return info

    def keep_fresh(self) -> None:
        """Take up what somebody else has published, the idle workers too. What fails is logged once."""
        self._here.keep_fresh()
        self._refresh_idle()

    @property
    def processes(self) -> int:
        """That answer, this one included."""
        return 1 + sum(worker.is_alive for worker in self._workers)

    @property
    def gate_failures(self) -> int:
        """Citations refused so far, wherever that was."""
        return self._here.gate_failures + self._refused_elsewhere

    def close(self) -> None:
        """End the workers and let go of the index. May be called more than once."""
        for worker in self._workers:
            worker.close()
        self._here.close()

    def _refresh_idle(self) -> None:
        """The files of an old generation take room for as long as one has them open."""
        with self._changed:
            idle = self._free - {_HERE}
            self._free -= idle
        left = {slot for slot in idle if _survives(self._workers[slot - 1].refresh)}
        with self._changed:
            self._free |= left
            self._changed.notify_all()

    def _shared(self, method: str, ask_here: Callable[[Query, Watch], T], query: Query, watch: Watch) -> T:
        watch = _Once(watch)
        with self._slot() as slot:
            if slot != _HERE:
                try:
                    answer: T = self._elsewhere(self._workers[slot - 1], method, query, watch)
                    return answer
                except NotAnsweredError:
                    logger.error("an answering process has failed; the first one answers its question")
            return ask_here(query, watch)

    def _elsewhere(self, worker: Worker, method: str, query: Query, watch: Watch) -> Any:  # noqa: ANN401
        generation = self.info().generation
        answer, refused = worker.answer(method, generation, query, watch)
        self._refused_elsewhere += refused
        if answer.index.generation > generation:  # or an article that it cites might not be found here
            with suppress(GeungeoError):
                self._here.refresh()
        return answer

    @contextmanager
    def _slot(self) -> Iterator[int]:
        """The first that is free, once there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._free)
            slot = min(self._free)
            self._free.remove(slot)
        try:
            yield slot
        finally:
            worker = None if slot == _HERE else self._workers[slot - 1]
            if worker is None or not (worker.is_lost or worker.is_silent):
                self._give_back(slot)
            elif not worker.is_lost:
                threading.Thread(
                    target=self._await, args=(slot, worker), name="geungeo-silent-process", daemon=True
                ).start()

    def _give_back(self, slot: int) -> None:
        with self._changed:
            self._free.add(slot)
            self._changed.notify()

    def _await(self, slot: int, worker: Worker) -> None:
        """A machine that stood still for a while, as one short of memory does, shall not halve what is answered for good."""
        if worker.comes_back() and _survives(worker.refresh):
            logger.warning("an answering process that was silent for a while answers again")
            self._give_back(slot)
        else:
            logger.error("an answering process is silent; the others go on")


def _survives(work: Callable[[], None]) -> bool:
    try:
        work()
    except NotAnsweredError:
        logger.error("an answering process has ended; the others go on")
        return False
    return True


class _Once(Watch):
    """Passes on what was not told before: a question that is answered a second time begins anew."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._told: set[str] = set()

    def stage(self, name: str) -> None:
        if name not in self._told:
            self._told.add(name)
            self._watch.stage(name)

    def passages(self, hits: Sequence[Hit]) -> None:
        if "passages" not in self._told:
            self._told.add("passages")
            self._watch.passages(hits)
