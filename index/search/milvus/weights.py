"""BM25 as a product of sparse vectors: what a passage brings to it, and what a question does.

A passage's side holds all but how rare a word is, which changes with every article. It is normed by a length that is part of
the release and not of an index, so a passage has the same numbers whenever and by whomever they are written.
"""

import math
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache

from index.korean.terms import bigrams
from index.search.lexical import BIGRAM_WEIGHT, LexicalQuery
from index.store.rows import IndexRow

K1, B = 1.2, 0.75  # as tantivy has them
# Of a passage, about those of KorQuAD's articles (50, 118) and of office documents (63, 106).
MEAN_WORDS, MEAN_PAIRS = 56.0, 110.0
NO_TERM = 0  # the number that stands in a passage without any term: a sparse vector may not be empty
_MOST = (1 << 32) - 2  # the highest number of a component that Milvus takes
_EXACT = 24  # tantivy keeps a longer length in eight bits: four digits of how much it is longer
Weights = dict[int, float]


@lru_cache(1 << 18)
def word_number(word: str) -> int:
    """Return the component of a word: no letter of it can be read from that."""
    return 1 + zlib.crc32(f"w{word}".encode("utf-8", "surrogatepass")) % _MOST


@lru_cache(1 << 17)
def pair_number(pair: str) -> int:
    """Return the component of a pair of letters."""
    return 1 + zlib.crc32(f"p{pair}".encode("utf-8", "surrogatepass")) % _MOST


def passage_weights(row: IndexRow) -> Weights:
    """Return a passage's side; how often it has a word counts, how often a pair does not."""
    words, pairs = row.words.split(), bigrams(row.text)
    word_norm, pair_norm = _norm(len(words), MEAN_WORDS), _norm(len(pairs), MEAN_PAIRS)
    weights = {word_number(word): _saturated(count, word_norm) for word, count in Counter(words).items()}
    return weights | {pair_number(pair): _saturated(1, pair_norm) for pair in set(pairs)} or {NO_TERM: 1.0}


def query_weights(query: LexicalQuery, frequency: Callable[[int], int], passages: int) -> Weights:
    """Return a question's side. ``frequency``: how many of so many ``passages`` have a component."""
    asked: Mapping[int, float] = {
        **{word_number(word): weight for word, weight in query.words.items()},
        **{pair_number(pair): BIGRAM_WEIGHT for pair in query.bigrams},
    }
    found = {number: frequency(number) for number in asked}
    return {number: weight * _rarity(found[number], passages) for number, weight in asked.items() if found[number]}


def _rarity(frequency: int, passages: int) -> float:
    return math.log(1 + (max(passages - frequency, 0) + 0.5) / (frequency + 0.5))


def _saturated(count: int, norm: float) -> float:
    return count * (K1 + 1) / (count + norm)


def _norm(length: int, mean: float) -> float:
    return K1 * (1 - B + B * _as_kept(length) / mean)


def _as_kept(length: int) -> int:
    if length < _EXACT:
        return length
    dropped = max((length - _EXACT).bit_length() - 4, 0)
    return _EXACT + (length - _EXACT >> dropped << dropped)
