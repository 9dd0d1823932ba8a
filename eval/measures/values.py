"""A marked value against the gold answers, as KorQuAD scores a reader: exact match, and F1 over characters.

Lim, Kim and Lee, "KorQuAD1.0" (arXiv 1909.07005): answers are compared in lower case, without quotation marks,
brackets and punctuation, and their overlap is counted in characters, because Korean words carry their particles.
"""

import string
from collections import Counter
from collections.abc import Sequence

_OPEN = str.maketrans(dict.fromkeys("'\"《》<>〈〉()‘’“”「」『』", " "))
_GONE = str.maketrans("", "", string.punctuation)


def normalized(text: str) -> str:
    """Return the text in lower case, without marks, with single spaces."""
    return " ".join(text.translate(_OPEN).lower().translate(_GONE).split())


def exact_match(value: str, answer: str) -> float:
    """Return 1.0 where value and answer are the same but for marks, case and repeated spaces, else 0.0."""
    return float(normalized(value) == normalized(answer))


def character_f1(value: str, answer: str) -> float:
    """Return the harmonic mean of the shares of characters (no spaces) that both hold, as often as both hold them."""
    own, gold = (Counter(normalized(text).replace(" ", "")) for text in (value, answer))
    shared = (own & gold).total()
    return 2 * shared / (own.total() + gold.total()) if shared else 0.0


def best_value(value: str, answers: Sequence[str]) -> tuple[float, float]:
    """Return (exact match, character F1), each against the answer that it fits best; at least one answer is given."""
    return max(exact_match(value, answer) for answer in answers), max(character_f1(value, answer) for answer in answers)
