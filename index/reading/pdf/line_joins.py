"""Whether a line of a page and the next one are parted by a space, or by nothing, because a word was broken.

Korean programs break lines inside words and leave no hyphen. What tells: a blank at the line's end; how the two ends
read (a Joiner, such as Kiwi); and the document itself, which writes most of its words inside a line, too.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from index.text.characters import normalize

LineEnd = tuple[str, str]  # two lines of one paragraph, the second following the first

# Lengths of the letters before and after a gap whose spacing elsewhere in the document is counted.
_WINDOWS = ((1, 1), (2, 2), (2, 3))
_PRIOR = 0.3  # of a count, so that one occurrence does not say everything
_CLIP = 8.0
_LONGEST = 6  # letters of a run: the widest window and its space
_MAX_TEXT = 1_000_000  # characters of a document that are looked at
_BLANKS = re.compile(r"\s+")
_HYPHEN = re.compile(r"[A-Za-z]-$")
_MIDDLE_DOT = re.compile(r"\S[·ㆍ‧・]$")
_SHORT_YEAR = re.compile(r"['’‘]\d\d(?!\d)")  # ’21년

# Logistic regressions: python -m scripts.fit.line_joins (easylaw, lines of 26 to 50 characters; no word of it is kept).
# Right of 1,500 line ends of other documents there: 97.4 % with Kiwi, 95.3 % without; Kiwi's score alone 80.5 %.
_WITH_JOINER = (
    *(1.42, 0.82, -1.06, 1.19, -0.09, 0.62, 0.96, 0.44, 0.14, 0.36, 0.27, 0.25, 0.22, 0.95, 0.52, 0.07, -1.52),
)
_ALONE = (0.9, 1.56, -0.25, 0.6, 0.86, 0.57, -0.01, 0.57, 0.13, 1.93, 1.47, 0.77, 0.83, 0.0, -1.05)


class Joiner(Protocol):
    """Judges how two line ends read."""

    def scores(self, ends: Sequence[LineEnd]) -> Sequence[float]:
        """Return for each the log probability of ``a + b`` over that of ``a + " " + b``; 0 where both read the same."""


class _Habits:
    """How a document spaces its letters, from the runs of letters inside its lines."""

    def __init__(self, lines: Iterable[str]) -> None:
        text = "\n".join(map(_padded, lines))[:_MAX_TEXT]
        shifted = [text[start:] for start in range(_LONGEST)]
        self._runs = Counter[str]()
        for length in range(2, _LONGEST + 1):
            self._runs.update(map("".join, zip(*shifted[:length], strict=False)))
        self._kinds = Counter[tuple[str, bool]]()
        for run, count in self._runs.items():
            if len(run) == 2 and " " not in run:
                self._kinds[_kind(run[0]) + _kind(run[1]), True] += count
            elif len(run) == 3 and run[1] == " ":
                self._kinds[_kind(run[0]) + _kind(run[2]), False] += count

    def window(self, before: str, after: str) -> float:
        """Return how much oftener the two stand side by side than parted by a space, as a logarithm."""
        return _log_ratio(self._runs[before + after], self._runs[f"{before} {after}"])

    def kinds(self, kinds: str) -> float:
        """Return the same for any two characters of these kinds."""
        return _log_ratio(self._kinds[kinds, True], self._kinds[kinds, False])

    def goes_on(self, before: str) -> float:
        """Return how much oftener a word goes on behind these letters than it ends, as a logarithm."""
        ends = self._runs[before + " "]
        return _log_ratio(self._runs[before] - ends, ends)

    def is_inside(self, after: str) -> float:
        """Return how much oftener these letters stand inside a word than at its start, as a logarithm."""
        starts = self._runs[" " + after]
        return _log_ratio(self._runs[after] - starts, starts)


def _log_ratio(joined_count: int, split_count: int) -> float:
    return math.log((joined_count + _PRIOR) / (split_count + _PRIOR))


def joined(ends: Sequence[LineEnd], lines: Iterable[str], joiner: Joiner | None = None) -> list[bool]:
    """Return for each line end whether nothing, not even a space, stands between the two lines.

    ``lines`` are all lines of the document: how it spaces its words elsewhere counts.
    """
    if not ends:
        return []
    habits = _Habits(lines)
    features = [_features(habits, *end) for end in ends]
    if joiner is None:
        return [_rule(*end, _weigh(_ALONE, row)) for end, row in zip(ends, features, strict=True)]
    scores = [max(-_CLIP, min(_CLIP, score)) for score in joiner.scores(ends)]
    rows = ([score, float(score == 0), *row] for score, row in zip(scores, features, strict=True))
    return [_rule(*end, _weigh(_WITH_JOINER, row)) for end, row in zip(ends, rows, strict=True)]


def _rule(before: str, after: str, score: float) -> bool:
    """Return whether the two join: what is certain goes before what is likely."""
    if before[-1:].isspace() or after[:1].isspace() or not before or not after:
        return False
    if normalize(before[-1] + after[0]) != before[-1] + after[0]:
        return False  # the two would become one letter
    if _HYPHEN.search(before) and after[0].isalpha():
        return True
    if _MIDDLE_DOT.search(before):
        return True
    kinds = _kind(before[-1]) + _kind(after[0])
    if kinds[0] == "h" and _SHORT_YEAR.match(after):
        return False
    return kinds not in ("ll", "dd") and score > 0


def _weigh(weights: Sequence[float], row: Sequence[float]) -> float:
    return weights[0] + sum(weight * value for weight, value in zip(weights[1:], row, strict=True))


def _features(habits: _Habits, before: str, after: str) -> list[float]:
    before, after = _padded(before)[:-1], _padded(after)[1:]
    if len(before) < 2 or len(after) < 2:
        return [0.0] * (len(_ALONE) - 1)
    kinds = _kind(before[-1]) + _kind(after[0])
    hangul = kinds == "hh"
    left, right = len(before.rpartition(" ")[2]), len(after.partition(" ")[0])
    sizes = (left == 1, right == 1, left == 2, right == 2, left >= 5)
    return [
        *(habits.window(before[-size:], after[:other]) for size, other in _WINDOWS),
        0.0 if hangul else habits.kinds(kinds),
        *(habits.goes_on(before[-size:]) for size in (2, 3)),
        *(habits.is_inside(after[:size]) for size in (2, 3)),
        *(float(hangul and size) for size in sizes),
        float(hangul),
    ]


def _padded(line: str) -> str:
    return f" {_BLANKS.sub(' ', line.strip())} "


def _kind(char: str) -> str:
    if "가" <= char <= "힣":
        return "h"
    if char.isdigit():
        return "d"
    return "l" if char.isalpha() else char
