"""How an asking thread tells of its progress; whoever listens may end the question by raising."""

from collections.abc import Sequence

from rag.answers import Hit


class Watch:
    """Called in the thread that asks; what a method raises ends the question and reaches the caller. Does nothing."""

    def stage(self, name: str) -> None:
        """The stage ``name`` (a key of ``timings_ms``) begins."""

    def passages(self, hits: Sequence[Hit]) -> None:
        """The passages that will come with the answer are ranked."""


UNWATCHED = Watch()
