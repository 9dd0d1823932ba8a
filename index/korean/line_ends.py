"""Kiwi's reading of two line ends, with and without a space between them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

_WORDS = 2  # on either side: more of them change 1 line end in 1,000 and take twice as long
_MAX_CHARS = 24


class KiwiJoiner:
    """Judges line ends for :func:`index.reading.pdf.line_joins.joined`."""

    def __init__(self, kiwi: "Kiwi") -> None:
        self._kiwi = kiwi

    def scores(self, ends: Sequence[tuple[str, str]]) -> list[float]:
        """Return for each the log probability of ``a + b`` over that of ``a + " " + b``; 0 where both read the same."""
        texts: dict[str, float] = {}
        pairs = [_readings(before, after) for before, after in ends]
        for pair in pairs:
            texts.update(dict.fromkeys(pair, 0.0))
        for text, analyses in zip(texts, self._kiwi.analyze(list(texts), top_n=1), strict=True):
            texts[text] = analyses[0][1]
        return [texts[glued] - texts[parted] for glued, parted in pairs]


def shortened(before: str, after: str) -> tuple[str, str]:
    """Return what of two line ends is looked at."""
    return " ".join(before.split()[-_WORDS:])[-_MAX_CHARS:], " ".join(after.split()[:_WORDS])[:_MAX_CHARS]


def _readings(before: str, after: str) -> tuple[str, str]:
    before, after = shortened(before, after)
    return before + after, f"{before} {after}"
