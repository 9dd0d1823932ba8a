"""Is a question still answered when it is typed otherwise?"""

from collections.abc import Callable, Sequence

from eval.datasets import GoldQuestion
from eval.results import Kept
from eval.system import System


def robustness(
    system: System, questions: Sequence[GoldQuestion], progress: Callable[[int, int], None] | None = None
) -> tuple[Kept, ...]:
    """Not measured yet."""
    return ()
