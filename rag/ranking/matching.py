"""How a question's words meet a text: by their letters, and by their meaning in context. No judgement, only numbers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.encoders.base import Encoder, Vectors
from index.engine import Engine
from index.korean.terms import NUMBER_MARK, bigrams
from index.search.lexical import LexicalQuery
from index.store.rows import SentenceRow
from rag.question.question import Question

_SOFT_FLOOR = 0.5  # a word met only in part of its letters counts from half of them on

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question with all that is derived from it and one generation of the index, computed once.

    ``whole`` (1, dim) is a unit row. ``weights`` (len(question.words),) say how telling each word is, ``matched_weights``
    (len(question.matched),) the same of the words compared in context. ``matcher`` meets texts by their letters,
    ``meanings`` sentences by what their words mean.
    """

    question: Question
    lexical: LexicalQuery
    whole: Vectors
    weights: Values
    matched_weights: Values
    matcher: "WordMatcher"
    meanings: "MeaningMatcher"


def prepare(engine: Engine, encoder: Encoder, question: Question) -> Prepared:
    """Compute everything about the question that both ranking and evidence need."""
    weights = term_weights(engine, question)
    return Prepared(
        question,
        question.lexical(),
        _whole(encoder, question),
        weights,
        matched_weights(question, weights),
        WordMatcher(question),
        MeaningMatcher(encoder.encode_words(question.text, question.matched), encoder.expect_words),
    )


def _whole(encoder: Encoder, question: Question) -> Vectors:
    """Return (1, dim): of a long question the normalised mean of what it asks and all that it says."""
    if question.core == question.text:
        return encoder.encode_queries([question.text])
    both = encoder.encode_queries([question.core, question.text]).mean(axis=0, keepdims=True)
    return np.asarray(both / np.linalg.norm(both), dtype=np.float32)


def term_weights(engine: Engine, question: Question) -> Values:
    """Return (words,) inverse document frequency over passages (Robertson and Zaragoza 2009): how telling each word is.

    A word of a long question's circumstances tells less.
    """
    total = engine.manifest.passages
    frequencies = np.array([engine.document_frequency(word) for word in question.words], dtype=np.float64)
    places: Values = np.array([question.weight(word) for word in question.words])
    return inverse_frequency(frequencies, total) * places


def inverse_frequency(frequencies: Values, total: int) -> Values:
    """Return BM25's weight of words that ``frequencies`` of ``total`` passages hold, in the shape of ``frequencies``."""
    return np.log(1 + (np.maximum(total - frequencies, 0) + 0.5) / (frequencies + 0.5))


def matched_weights(question: Question, weights: Values) -> Values:
    """Return (matched words,) the weight of each word compared in context, given the ``weights`` of those searched.

    That of the commonest for one not searched.
    """
    known = dict(zip(question.words, weights.tolist(), strict=True))
    least = min(known.values(), default=1.0)
    return np.array([known.get(word, least) for word in question.matched_words])


class WordMatcher:
    """How well texts meet the words of one question, which it has taken apart beforehand."""

    def __init__(self, question: Question) -> None:
        self._words = tuple(
            (
                word,
                frozenset(alias for alias, stands_for in question.aliases.items() if word in stands_for),
                bigrams(word) if len(word) > 2 else (),
            )
            for word in question.words
        )

    def match(self, words: Iterable[str], letters: str) -> Values:
        """Return (words,) 1 where the word itself is there, .8 for an alias, up to .6 for most of its letters.

        ``words`` are those of a text, ``letters`` its search key.
        """
        present, joined = set(words), letters.replace(" ", "")
        matches = np.zeros(len(self._words))
        for number, (word, aliases, pairs) in enumerate(self._words):
            if word in present or (len(word) > 1 and word in joined):
                matches[number] = 1.0
            elif not aliases.isdisjoint(present) or any(len(alias) > 1 and alias in joined for alias in aliases):
                matches[number] = 0.8
            elif pairs:
                share = sum(map(letters.__contains__, pairs)) / len(pairs)
                matches[number] = 0.6 * share if share >= _SOFT_FLOOR else 0.0
        return matches


class MeaningMatcher:
    """How near the words of sentences come to those of one question, by what they mean.

    ``words`` (question words, word_dim) are unit rows, ``expect_words`` is :meth:`index.encoders.base.Encoder.expect_words` of the
    same encoder. What was compared is remembered: a question looks at the best sentences twice.
    """

    def __init__(self, words: Vectors, expect_words: Callable[[Sequence[Sequence[str]], Vectors], Vectors]) -> None:
        self._words = words
        self._expect_words = expect_words
        self._compared: dict[tuple[str, int, int], Values] = {}

    def match(self, rows: Sequence[SentenceRow]) -> Values:
        """Return (sentences, question words): the cosine of each question word to the nearest word of each sentence.

        Of a sentence's words that is what they can be expected to mean there. A sentence without any has nothing near: 0.
        """
        keys = [(row.sentence.article_id, row.sentence.start, row.sentence.end) for row in rows]
        new = {key: row for key, row in zip(keys, rows, strict=True) if key not in self._compared}
        self._compared.update(zip(new, self._compare(list(new.values())), strict=True))
        return np.stack([self._compared[key] for key in keys]) if rows else np.zeros((0, len(self._words)))

    def _compare(self, rows: Sequence[SentenceRow]) -> Values:
        similar = np.zeros((len(rows), len(self._words)))
        words = [[word for word in row.words if word[0] != NUMBER_MARK] for row in rows]
        counted = [number for number, some in enumerate(words) if some]
        if counted and self._words.size:
            sentences = np.stack([rows[row].vector for row in counted])
            expected = self._expect_words([words[row] for row in counted], sentences)
            starts = np.cumsum([0, *(len(words[row]) for row in counted[:-1])])
            similar[counted] = np.maximum.reduceat(expected @ self._words.T, starts)
        return similar


def share(matches: Values, weights: Values) -> Values:
    """Return (rows,) the weighted mean of each row of ``matches``; 0 where nothing has weight."""
    total = float(weights.sum())
    return matches @ weights / total if total > 0 else np.zeros(len(matches))
