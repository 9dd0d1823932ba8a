"""A pipeline that answers in several processes, one question at a time in each."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from api.answering.worker import NotAnsweredError, Twin
from index.errors import GeungeoError
from rag.answers import UNWATCHED, Answer, Filters, Hit, IndexInfo, Mode, SearchResult, Watch
from rag.pipeline import NO_FILTERS, Pipeline

logger = logging.getLogger(__name__)
T = TypeVar("T")
_HERE = 0  # the first place; the others are the twins'


class SharedPipeline(Pipeline):
    """As Pipeline: here while nobody else is answered here, else in a twin; when all are taken, the next waits.

    What a twin cannot answer any more is answered here.
    """

    def __init__(self, *arguments: Any, twins: Sequence[Twin]) -> None:  # noqa: ANN401  (Pipeline's own)
        super().__init__(*arguments)
        self._twins = tuple(twins)
        self._changed = threading.Condition()
        self._free = {_HERE} | {place for place, twin in enumerate(self._twins, 1) if _survives(twin.refresh)}

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
        """Of the idle twins too: the files of an old generation take room for as long as one has them open."""
        info = super().refresh()
        with self._changed:
            idle = self._free - {_HERE}
            self._free -= idle
        left = {place for place in idle if _survives(self._twins[place - 1].refresh)}
        with self._changed:
            self._free |= left
            self._changed.notify_all()
        return info

    @property
    def processes(self) -> int:
        return 1 + sum(twin.is_alive for twin in self._twins)

    def close(self) -> None:
        for twin in self._twins:
            twin.close()
        super().close()

    def _shared(self, method: str, here: Callable[..., T], watch: Watch, options: dict[str, Any]) -> T:
        watch = _Once(watch)
        with self._place() as place:
            if place != _HERE:
                try:
                    answer: T = self._elsewhere(self._twins[place - 1], method, watch, options)
                    return answer
                except NotAnsweredError:
                    logger.error("an answering process has failed; the first one answers its question")
            return here(**options, watch=watch)

    def _elsewhere(self, twin: Twin, method: str, watch: Watch, options: dict[str, Any]) -> Any:  # noqa: ANN401
        generation = self.info().generation
        answer, refused = twin.answer(method, generation, watch, **options)
        self.gate_failures += refused
        if answer.index.generation > generation:  # or an article that it cites might not be found here
            with suppress(GeungeoError):
                super().refresh()
        return answer

    @contextmanager
    def _place(self) -> Iterator[int]:
        """The first that is free, once there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._free)
            place = min(self._free)
            self._free.remove(place)
        try:
            yield place
        finally:
            twin = None if place == _HERE else self._twins[place - 1]
            if twin is None or not (twin.is_lost or twin.is_silent):
                self._give_back(place)
            elif not twin.is_lost:
                threading.Thread(
                    target=self._await, args=(place, twin), name="geungeo-silent-process", daemon=True
                ).start()

    def _give_back(self, place: int) -> None:
        with self._changed:
            self._free.add(place)
            self._changed.notify()

    def _await(self, place: int, twin: Twin) -> None:
        """A machine that stood still for a while, as one short of memory does, shall not halve what is answered for good."""
        if twin.comes_back() and _survives(twin.refresh):
            logger.warning("an answering process that was silent for a while answers again")
            self._give_back(place)
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
