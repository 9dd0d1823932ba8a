"""The numbers that the fusion sees, worked out by hand on two-dimensional vectors."""

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from index.articles import Passage, Sentence, SpanKind
from index.store.rows import ReadPassage, SentenceRow
from rag.question.question import AnswerType, Question
from rag.ranking.fusion import FEATURES, Candidate, fusion_features
from rag.ranking.matching import MeaningMatcher, Prepared, WordMatcher, matched_weights, share
from rag.ranking.models import packaged_models


def unit(x: float, y: float) -> np.ndarray:
    vector = np.array([x, y], dtype=np.float32)
    return vector / np.linalg.norm(vector)


def question(words: tuple[str, ...] = ("매출", "목표")) -> Question:
    return Question(
        text="매출 목표는?", matched=((0, 2), (3, 5)), matched_words=("매출", "목표"), words=words,
        tags={}, aliases={}, bigrams=("매출", "목표"), kind=AnswerType.OTHER, expansions=(), core="매출 목표는?",
    )  # fmt: skip


def row(start: int, vector: np.ndarray, *words: np.ndarray) -> SentenceRow:
    """``words``: what its words mean; a word of these tests is its own meaning, written out."""
    written = tuple(f"{word[0]},{word[1]}" for word in words)
    return SentenceRow(Sentence("글", start, start + 10, SpanKind.BODY), written, vector)


def expect_words(words: Sequence[Sequence[str]], sentences: np.ndarray) -> np.ndarray:
    return np.stack([unit(*map(float, word.split(","))) for some in words for word in some])


def candidate(
    *rows: SentenceRow, dense: float = 0.8, lexical: float = 0.0, words: float = 0.0, title: str = ""
) -> Candidate:
    return Candidate(1, ReadPassage(Passage("글", title, 0, 30, "가" * 30), rows), dense, lexical, words)


def prepared(words: tuple[str, ...] = ("매출", "목표"), weights: tuple[float, ...] = (3.0, 1.0)) -> Prepared:
    asked, of_words = question(words), np.array(weights)
    return Prepared(
        asked,
        asked.lexical(),
        unit(1, 0)[None],
        of_words,
        matched_weights(asked, of_words),
        WordMatcher(asked),
        meanings(),
    )


def meanings() -> MeaningMatcher:
    return MeaningMatcher(np.stack([unit(1, 0), unit(0, 1)]), expect_words)


def features(*candidates: Candidate, asked: Prepared | None = None) -> list[dict[str, float]]:
    rows = fusion_features(asked or prepared(), candidates)
    assert rows.shape == (len(candidates), len(FEATURES))
    return [dict(zip(FEATURES, values.tolist(), strict=True)) for values in rows]


def test_bm25_is_a_share_of_the_best_candidates() -> None:
    first, second, third = features(candidate(lexical=12.0, words=3.0), candidate(lexical=6.0, words=6.0), candidate())
    assert (first["bm25"], second["bm25"], third["bm25"]) == (1.0, 0.5, 0.0)
    assert (first["bm25_words"], second["bm25_words"], third["bm25_words"]) == (0.5, 1.0, 0.0)


def test_no_word_in_common_anywhere_is_nought_and_no_division() -> None:
    (only,) = features(candidate())
    assert (only["bm25"], only["bm25_words"]) == (0.0, 0.0)


def test_the_best_sentence_and_a_passage_without_any() -> None:
    first, second = features(candidate(row(0, unit(0, 1)), row(10, unit(3, 4))), candidate(dense=0.7))
    assert first["sentence_cosine"] == pytest.approx(0.6)
    assert second["sentence_cosine"] == second["passage_cosine"] == 0.7


def test_maxsim_of_the_whole_of_two_in_a_row_and_of_the_worst_word() -> None:
    rows = row(0, unit(1, 0), unit(1, 0)), row(10, unit(1, 0)), row(20, unit(1, 0), unit(0, 1))
    (found,) = features(candidate(*rows))
    assert found["maxsim"] == pytest.approx(1.0)  # every word is met somewhere
    assert found["maxsim_pair"] == pytest.approx(0.75)  # never both in two sentences in a row; 매출 weighs 3 of 4
    assert found["maxsim_least"] == pytest.approx(1.0)
    (apart,) = features(candidate(*rows[:2]))
    assert (apart["maxsim"], apart["maxsim_least"]) == pytest.approx((0.75, 0.0))


def test_candidates_do_not_see_each_others_sentences() -> None:
    one, two = candidate(row(0, unit(1, 0), unit(1, 0))), candidate(row(10, unit(0, 1), unit(0, 1)))
    assert features(one, two) == [features(one)[0], features(two)[0]]


def test_title_coverage_is_weighted() -> None:
    found = features(candidate(title="올해 매출"), candidate(title="목표"), candidate(title="다른 말"))
    assert [row["title_coverage"] for row in found] == pytest.approx([0.75, 0.25, 0.0])


def test_an_encoder_without_word_vectors_leaves_them_open() -> None:
    wordless = replace(prepared(), meanings=MeaningMatcher(np.empty((0, 0), dtype=np.float32), expect_words))
    (found,) = features(candidate(row(0, unit(1, 0))), asked=wordless)
    assert all(np.isnan(found[name]) for name in ("maxsim", "maxsim_pair", "maxsim_least"))
    assert not any(np.isnan(found[name]) for name in FEATURES if not name.startswith("maxsim"))


def test_similarities_of_sentences_with_and_without_words() -> None:
    rows = [row(0, unit(1, 0)), row(10, unit(1, 0), unit(0, 1), unit(3, 4)), row(20, unit(1, 0))]
    assert meanings().match(rows) == pytest.approx(np.array([[0, 0], [0.6, 1.0], [0, 0]]), abs=1e-6)
    assert meanings().match([]).shape == (0, 2)


def test_the_value_of_a_number_is_no_word_with_a_meaning() -> None:
    number = SentenceRow(Sentence("글", 0, 10, SpanKind.BODY), ("#4600000000000",), unit(1, 0))
    assert meanings().match([number]).tolist() == [[0, 0]]


def test_a_word_is_expected_from_its_own_sentence() -> None:
    seen = []

    def expect(words: Sequence[Sequence[str]], sentences: np.ndarray) -> np.ndarray:
        seen.append(([*map(list, words)], sentences.tolist()))
        return expect_words(words, sentences)

    rows = [row(0, unit(1, 0)), row(10, unit(0, 1), unit(1, 0), unit(0, 1)), row(20, unit(3, 4), unit(1, 0))]
    MeaningMatcher(np.stack([unit(1, 0), unit(0, 1)]), expect).match(rows)
    assert seen == [([["1.0,0.0", "0.0,1.0"], ["1.0,0.0"]], [unit(0, 1).tolist(), unit(3, 4).tolist()])]


def test_a_compared_word_that_is_not_searched_weighs_as_the_commonest() -> None:
    assert prepared(("매출",), (3.0,)).matched_weights.tolist() == [3.0, 3.0]
    assert prepared().matched_weights.tolist() == [3.0, 1.0]


def test_nothing_with_weight_is_a_share_of_nought() -> None:
    assert share(np.ones((2, 0)), np.zeros(0)).tolist() == [0.0, 0.0]


def test_the_packaged_weights_are_of_these_features() -> None:
    assert packaged_models().fusion.features == FEATURES
    assert set(json.loads(files("rag").joinpath("data/models.json").read_text())) == {"fitted_by", "fusion"}
