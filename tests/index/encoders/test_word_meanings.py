"""What words are expected to mean, against its slow twin: a sum for each word of each sentence."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index.encoders.word_meanings import ExpectedMeanings, WordMeanings
from tests.support.fakes import hashed

DIM, WORD_DIM = 24, 7
DRAW = np.random.default_rng(4)
MEANINGS = WordMeanings(*(DRAW.standard_normal(shape).astype(np.float32) for shape in (DIM, (DIM, WORD_DIM), (DIM, WORD_DIM), (DIM, WORD_DIM), WORD_DIM)))  # fmt: skip
SENTENCES = hashed(["부산에서 축제가 열렸다", "비빔밥", "드라마"], DIM)
WORDS = [("부산", "축제", "열리"), (), ("드라마", "부산")]


class Embedder:
    """Says what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, words: Sequence[str]) -> np.ndarray:
        self.asked += words
        return hashed(words, DIM)


def slow(words: Sequence[Sequence[str]], sentences: np.ndarray) -> np.ndarray:
    found = [
        hashed([word], DIM)[0] @ MEANINGS.of_word + sentence @ MEANINGS.of_sentence + MEANINGS.constant
        for some, sentence in zip(words, sentences, strict=True)
        for word in some
    ]
    return np.stack([vector / np.linalg.norm(vector) for vector in found])


@pytest.mark.parametrize("remembered", [0, 1, 3, 100])
def test_the_sum_of_both_parts_however_much_is_remembered(remembered: int) -> None:
    expected = ExpectedMeanings(MEANINGS, Embedder(), remembered)
    for _ in range(3):
        np.testing.assert_allclose(expected(WORDS, SENTENCES), slow(WORDS, SENTENCES), atol=1e-5)
        np.testing.assert_allclose(expected(WORDS[::-1], SENTENCES), slow(WORDS[::-1], SENTENCES), atol=1e-5)


def test_a_word_is_embedded_once() -> None:
    embed = Embedder()
    expected = ExpectedMeanings(MEANINGS, embed)
    expected(WORDS, SENTENCES)
    expected(WORDS[::-1], SENTENCES)
    assert embed.asked == ["부산", "축제", "열리", "드라마"]


def test_no_word_at_all() -> None:
    expected = ExpectedMeanings(MEANINGS, Embedder())
    assert expected([], SENTENCES[:0]).shape == (0, WORD_DIM)
    assert expected([(), ()], SENTENCES[:2]).shape == (0, WORD_DIM)


def test_threads_may_share_it() -> None:
    """Each gets its own words' rows while others make it forget theirs."""
    expected = ExpectedMeanings(MEANINGS, Embedder(), 40)
    many = [[(f"낱말{number % 97}", f"말{number % 31}"), ("부산",)] for number in range(400)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda words: expected(words, SENTENCES[:2]), many))
    for rows, words in zip(found, many, strict=True):
        np.testing.assert_allclose(rows, slow(words, SENTENCES[:2]), atol=1e-5)


def test_states_in_context_are_unit_rows_without_what_all_share() -> None:
    states = DRAW.standard_normal((5, DIM)).astype(np.float32)
    found = MEANINGS.in_context(states)
    exact = (states / np.linalg.norm(states, axis=1, keepdims=True) - MEANINGS.mean) @ MEANINGS.components
    np.testing.assert_allclose(found, exact / np.linalg.norm(exact, axis=1, keepdims=True), atol=1e-5)
