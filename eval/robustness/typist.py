"""What a form of a question may use besides its text; the parts of a syllable."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.korean.sentences import Token
from rag.question.keyboard import take_apart

Tokenize = Callable[[str], Sequence[Token]]


@dataclass(frozen=True, slots=True)
class Typist:
    """Dice of its own, Kiwi's morphemes and the alias groups."""

    random: random.Random
    tokenize: Tokenize
    aliases: Sequence[Sequence[str]] = ()


Change = Callable[[str, Typist], str | None]


def is_syllable(char: str) -> bool:
    """Return whether a character is a Hangul syllable."""
    return len(take_apart(char)) > 1


def has_final(syllable: str) -> bool:
    """Return whether a Hangul syllable ends in a consonant."""
    return len(take_apart(syllable)) > 2
