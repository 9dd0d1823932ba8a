"""A pipeline that answers in several processes, one question at a time in each."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from api.twin import NotAnsweredError, Twin
from rag.answers import Answer, Filters, IndexInfo, Mode, SearchResult
from rag.pipeline import NO_FILTERS, Pipeline
from rag.watching import UNWATCHED, Watch

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
        self._free = set(range(len(self._twins) + 1))
        self._changed = threading.Condition()
        for twin in self._twins:
            _without_loss(twin.open)

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
            for place in self._free - {_HERE}:
                _without_loss(self._twins[place - 1].refresh)
        return info

    def close(self) -> None:
        for twin in self._twins:
            twin.close()
        super().close()

    def _shared(self, method: str, here: Callable[..., T], watch: Watch, options: dict[str, Any]) -> T:
        with self._place() as place:
            if place != _HERE:
                try:
                    answer: T
                    generation = self.info().generation
                    answer, refused = self._twins[place - 1].answer(method, generation, watch, **options)
                    self.gate_failures += refused
                    return answer
                except NotAnsweredError:
                    logger.error("an answering process has failed; the first one answers its question")
            return here(**options, watch=watch)

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
            with self._changed:
                if place == _HERE or not self._twins[place - 1].is_lost:
                    self._free.add(place)
                    self._changed.notify()


def _without_loss(work: Callable[[], None]) -> None:
    try:
        work()
    except NotAnsweredError:
        logger.error("an answering process has ended")
