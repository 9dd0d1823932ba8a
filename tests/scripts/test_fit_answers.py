"""What the fit of the trees keeps and counts; growing them takes hours and is no test."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from index.articles import Passage
from rag.answers import Hit, Scores
from rag.evidence.features import FEATURES
from scripts.fit.examples import Example, load_examples, save_examples

needs_fit = pytest.mark.skipif(
    not (find_spec("lightgbm") and find_spec("sklearn")), reason="growing the trees needs the extra fit"
)


def example(name: str, right: list[bool], **changes: object) -> Example:
    count = len(right)
    hits = [Hit(1, Passage("글", "제목", 3, 9, "여섯 글자"), Scores(None, 2.5, 0.5))]
    matrix = np.arange(count * len(FEATURES), dtype=np.float32).reshape(count, len(FEATURES))
    one = Example(
        "office-train",
        name,
        "표",
        any(right),
        0.5,
        hits,
        matrix,
        np.array(right, dtype=bool),
        ["글"] * count,
        list(range(count)),
        ["말."] * count,
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def test_examples_come_back_as_they_were(tmp_path: Path) -> None:
    kept = [example("doc01-1", [True, False]), example("doc01-2", []), example("doc02-1", [False], kind="")]
    save_examples(tmp_path / "part.npz", kept)
    found = load_examples(tmp_path / "part.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["part.npz"]
    for before, again in zip(kept, found, strict=True):
        assert again.matrix.tolist() == before.matrix.tolist()
        assert again.right.tolist() == before.right.tolist()
        assert again.right.dtype == np.bool_
        for name in ("part", "id", "kind", "answerable", "weight", "articles", "starts", "quotes"):
            assert getattr(again, name) == getattr(before, name)
        (hit,) = again.hits
        assert (hit.rank, hit.scores, hit.passage.id) == (1, Scores(None, 2.5, 0.5), "글:3-9")
        assert hit.passage.text == ""  # the models do not look at it


def test_no_examples(tmp_path: Path) -> None:
    save_examples(tmp_path / "none.npz", [])
    assert load_examples(tmp_path / "none.npz") == []


@needs_fit
def test_an_unanswered_question_lacks_the_answer() -> None:
    from scripts.fit import answers

    unanswered = answers.without_answer(example("doc01-1", [True, False, False]))
    assert not unanswered.answerable
    assert unanswered.weight == 0.5 * answers.UNANSWERED_WEIGHT
    assert unanswered.right.tolist() == [False, False]
    assert unanswered.matrix[0, 0] == len(FEATURES)  # the first row is gone
    assert len(unanswered.articles) == len(unanswered.quotes) == 2


@needs_fit
@pytest.mark.parametrize("right", [[False, False], [True, True], []])
def test_what_has_no_answer_or_nothing_else_is_not_asked_without_it(right: list[bool]) -> None:
    from scripts.fit import answers

    assert answers.without_answer(example("doc01-1", right)) is None


@needs_fit
def test_questions_of_one_file_share_a_fold() -> None:
    from scripts.fit import answers

    assert answers.hash_of("office-train", "doc01-1") == answers.hash_of("office-swapped", "doc01-2-swapped")
    assert answers.hash_of("office-train", "doc01-1") != answers.hash_of("office-train", "doc02-1")
    assert answers.hash_of("korquad", "q7") == answers.hash_of("korquad-less", "q7-less")


@needs_fit
def test_the_threshold_is_where_answers_gain_most() -> None:
    from scripts.fit import answers

    chances = np.array([0.9] * 60 + [0.6] * 30 + [0.3] * 40)
    right = np.array([True] * 60 + [True] * 24 + [False] * 6 + [True] * 10 + [False] * 30)
    threshold, (high, medium) = answers.chosen(chances, right)
    assert 0.3 < threshold <= 0.6  # 0.3 would gain 10 and cost .75 · 30
    assert 0.6 < high <= 0.9
    assert medium <= 0.6  # 84 of 90


@needs_fit
def test_the_second_look_is_at_the_best() -> None:
    from scripts.fit import answers

    asked = example("doc01-1", [False, True, False])
    usual = answers.usual_of([asked])
    look = answers.second_look(asked, np.array([0.1, 2.0, -1.0]), usual, fold=3)
    assert look.right
    assert (look.fold, look.weight) == (3, 0.5)
    assert answers.second_look(example("doc01-1", [False, True]), np.array([2.0, 1.0]), usual).right is False


@needs_fit
def test_letters_alone_are_compared() -> None:
    from scripts.fit import answers

    assert answers.squeezed("4조 6000억 원") == answers.squeezed("4조6000억원")
    assert answers.day_of("2024-05-02").day == 2
    assert answers.day_of("2024-05") is None
