"""A pipeline that answers in several processes, one question at a time in each."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from api.answering.nursery import Nursery
from api.answering.worker import NotAnsweredError, Worker
from index.errors import GeungeoError
from rag.answers import UNWATCHED, Answer, Filters, Hit, IndexInfo, Mode, SearchResult, Watch
from rag.pipeline import NO_FILTERS, Pipeline

logger = logging.getLogger(__name__)
T = TypeVar("T")
_OFTEN = 60.0  # seconds: one that is lost again within them is replaced only after a pause
_PAUSE = 10.0
_HERE = 0  # the first slot; the others are the workers'


class SharedPipeline(Pipeline):
    """As Pipeline: here while nobody else is answered here, else in a worker; when all are taken, the next waits.

    What a worker cannot answer any more is answered here.
    """

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401  (Pipeline's own)
        workers: Sequence[Worker],
        nursery: Nursery | None = None,
    ) -> None:
        """Where there is a ``nursery``, a lost worker is replaced."""
        super().__init__(*arguments)
        self._workers = list(workers)
        self._nursery = nursery
        self._replacing = threading.Lock()
        self._replaced_at = dict.fromkeys(range(1, 1 + len(self._workers)), -_OFTEN)
        self._closed = False
        self._changed = threading.Condition()
        self._free = {_HERE} | {slot for slot, worker in enumerate(self._workers, 1) if _survives(worker.refresh)}

    def ask(
        self,
        question: str,
        *,
        top_k: int = 5,
        filters: Filters = NO_FILTERS,
        mode: Mode = Mode.HYBRID,
        watch: Watch = UNWATCHED,
    ) -> Answer:
        options = {"question": question, "top_k": top_k, "filters": filters, "mode": mode}
        return self._shared("ask", super().ask, watch, options)

    def search(
        self,
        question: str,
        *,
        top_k: int = 10,
        filters: Filters = NO_FILTERS,
        mode: Mode = Mode.HYBRID,
        diversity: float = 0.0,
        watch: Watch = UNWATCHED,
    ) -> SearchResult:
        options = {"question": question, "top_k": top_k, "filters": filters, "mode": mode, "diversity": diversity}
        return self._shared("search", super().search, watch, options)

    def refresh(self) -> IndexInfo:
        """Of the idle workers too: the files of an old generation take room for as long as one has them open."""
        info = super().refresh()
        with self._changed:
            idle = self._free - {_HERE}
            self._free -= idle
        left = {slot for slot in idle if _survives(self._workers[slot - 1].refresh)}
        with self._changed:
            self._free |= left
            self._changed.notify_all()
        for slot in idle - left:
            self._replace_later(slot)
        return info

    @property
    def processes(self) -> int:
        return 1 + sum(worker.is_alive for worker in self._workers)

    def close(self) -> None:
        with self._replacing:
            self._closed = True
            for worker in self._workers:
                worker.close()
            if self._nursery:
                self._nursery.close()
        super().close()

    def _shared(self, method: str, here: Callable[..., T], watch: Watch, options: dict[str, Any]) -> T:
        watch = _Once(watch)
        with self._slot() as slot:
            if slot != _HERE:
                try:
                    answer: T = self._elsewhere(self._workers[slot - 1], method, watch, options)
                    return answer
                except NotAnsweredError:
                    logger.error("an answering process has failed; the first one answers its question")
            return here(**options, watch=watch)

    def _elsewhere(self, worker: Worker, method: str, watch: Watch, options: dict[str, Any]) -> Any:  # noqa: ANN401
        generation = self.info().generation
        answer, refused = worker.answer(method, generation, watch, **options)
        self.gate_failures += refused
        if answer.index.generation > generation:  # or an article that it cites might not be found here
            with suppress(GeungeoError):
                super().refresh()
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
        """A machine that stood still for a while, as one short of memory does, shall not halve what is answered for good."""
        if worker.comes_back() and _survives(worker.refresh):
            logger.warning("an answering process that was silent for a while answers again")
            self._give_back(slot)
        else:
            logger.error("an answering process is silent; the others go on")
            self._replace_later(slot)

    def _replace_later(self, slot: int) -> None:
        if self._nursery:
            threading.Thread(target=self._replace, args=(slot,), name="geungeo-new-process", daemon=True).start()

    def _replace(self, slot: int) -> None:
        """At once, but for one that is lost again soon: what kills it may kill the next."""
        time.sleep(max(0.0, min(_PAUSE, self._replaced_at[slot] + _OFTEN - time.monotonic())))
        with self._replacing:
            if self._closed or self._nursery is None:
                return
            self._replaced_at[slot] = time.monotonic()
            lost = self._workers[slot - 1]
            try:
                self._workers[slot - 1] = self._nursery.worker()
            except NotAnsweredError:
                logger.error("a lost answering process cannot be replaced; the others go on")
                return
            lost.close()
        if _survives(self._workers[slot - 1].refresh):
            logger.warning("a lost answering process was replaced")
            self._give_back(slot)


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
