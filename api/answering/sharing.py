"""A pipeline that answers in several processes, one question at a time in each."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from api.answering.worker import NotAnsweredError, Worker
from api.answering.worker_spawner import WorkerSpawner
from index.articles import Article
from index.engine import Engine
from index.errors import GeungeoError
from rag.answerer import Answerer
from rag.answers import UNWATCHED, Answer, ArticleView, Hit, IndexInfo, Query, SearchResult, Watch

logger = logging.getLogger(__name__)
T = TypeVar("T")
_OFTEN = 60.0  # seconds: one that is lost again within them is replaced only after a pause
_PAUSE = 10.0
_HERE = 0  # the first slot; the others are the workers'


class SharedPipeline:
    """Another :class:`rag.answerer.Answerer`, and workers beside it.

    A question is answered here while nobody else's is, else in a worker; when all are taken, the next waits. What a
    worker cannot answer any more is answered here.
    """

    def __init__(self, here: Answerer, workers: Sequence[Worker], spawner: WorkerSpawner | None = None) -> None:
        """Share questions among this process and ``workers``; with a ``spawner`` a lost worker is replaced."""
        self._here = here
        self._workers = list(workers)
        self._spawner = spawner
        self._replacing = threading.Lock()
        self._replaced_at = dict.fromkeys(range(1, 1 + len(self._workers)), -_OFTEN)
        self._closed = False
        self._refused_elsewhere = 0
        self._changed = threading.Condition()
        self._free = {_HERE} | {slot for slot, worker in enumerate(self._workers, 1) if _survives(worker.refresh)}
        for slot in self._replaced_at.keys() - self._free:
            self._replace_later(slot)

    def ask(self, query: Query, watch: Watch = UNWATCHED) -> Answer:
        """Ask here or in another process; otherwise as the protocol Answerer says."""
        return self._shared("ask", self._here.ask, query, watch)

    def search(self, query: Query, watch: Watch = UNWATCHED) -> SearchResult:
        """Search here or in another process; otherwise as the protocol Answerer says."""
        return self._shared("search", self._here.search, query, watch)

    def article(self, article_id: str) -> Article:
        """Return the article. Raises NotFoundError."""
        return self._here.article(article_id)

    def article_view(self, article_id: str) -> ArticleView:
        """Return the article with its spans. Raises NotFoundError."""
        return self._here.article_view(article_id)

    def snapshot(self) -> Engine:
        """Return the generation that answers here."""
        return self._here.snapshot()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count tokens in this process; otherwise as the protocol Answerer says."""
        return self._here.count_tokens(texts)

    def info(self) -> IndexInfo:
        """Return the generation that answers here."""
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
        with self._replacing:
            self._closed = True
            for worker in self._workers:
                worker.close()
            if self._spawner:
                self._spawner.close()
        self._here.close()

    def _refresh_idle(self) -> None:
        """Move the idle processes to the newest generation: files of an old one take room while they are open."""
        with self._changed:
            idle = self._free - {_HERE}
            self._free -= idle
        left = {slot for slot in idle if _survives(self._workers[slot - 1].refresh)}
        with self._changed:
            self._free |= left
            self._changed.notify_all()
        for slot in idle - left:
            self._replace_later(slot)

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
        """Give the first that is free, once there is one."""
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
            elif worker.is_lost:
                self._replace_later(slot)
            else:
                threading.Thread(
                    target=self._await, args=(slot, worker), name="geungeo-silent-process", daemon=True
                ).start()

    def _give_back(self, slot: int) -> None:
        with self._changed:
            self._free.add(slot)
            self._changed.notify()

    def _await(self, slot: int, worker: Worker) -> None:
        """Take a process back that answers again: a machine that stood still for a while shall not lose it for good."""
        if worker.comes_back() and _survives(worker.refresh):
            logger.warning("an answering process that was silent for a while answers again")
            self._give_back(slot)
        else:
            logger.error("an answering process is silent; the others go on")
            self._replace_later(slot)

    def _replace_later(self, slot: int) -> None:
        if self._spawner:
            threading.Thread(target=self._replace, args=(slot,), name="geungeo-new-process", daemon=True).start()

    def _replace(self, slot: int) -> None:
        """Replace a lost worker at once; later where it is lost again soon, or where there was no room for another.

        What kills one may kill the next.
        """
        time.sleep(max(0.0, min(_PAUSE, self._replaced_at[slot] + _OFTEN - time.monotonic())))
        with self._replacing:
            if self._closed or self._spawner is None:
                return
            self._replaced_at[slot] = time.monotonic()
            lost = self._workers[slot - 1]
            try:
                self._workers[slot - 1] = self._spawner.worker()
            except NotAnsweredError:
                logger.error("a lost answering process cannot be replaced; the others go on")
                return
            except OSError:
                logger.error("a lost answering process cannot be replaced now; the others go on")
                self._replace_later(slot)
                return
            lost.close()
        if _survives(self._workers[slot - 1].refresh):
            logger.warning("a lost answering process was replaced")
            self._give_back(slot)
        else:
            self._replace_later(slot)


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
