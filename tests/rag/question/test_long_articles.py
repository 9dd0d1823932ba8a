"""A conversation over an article that somebody has filled with what takes long to look through."""

import itertools
import random
import re
import time

import pytest

from index.korean.sentences import SentenceSplitter
from rag.pipeline import _MOST_OF_ARTICLE, _around
from rag.question.completion import _LABEL, complete
from rag.question.parallels import _Place, _Places, _places
from rag.question.turns import Turn

_SECONDS = 15.0  # of the processor, on a busy machine: it takes .5, and took minutes and more
_ARTICLES = {
    "spaces": "서울 부산 " + " " * 40_000 + "끝",
    "empty lines": "서울 부산 " + "\n" * 40_000 + "끝",
    "items in one line": ", ".join(["서울 주차", "부산 주차"] * 5_000),
    "lines of one kind": "서울 주차 9\n" * 4_000 + "부산 주차 9\n" * 4_000,
    "brackets": "교육비(" * 12_000,
}
_AFTER = ("부산은?", "그럼 어린이는 얼마예요?", "교육비는?", "주차요금은요?")


@pytest.mark.model
@pytest.mark.parametrize("name", _ARTICLES)
def test_a_question_is_completed_soon(splitter: SentenceSplitter, name: str) -> None:
    tokenize = splitter.tokenize
    tokenize("미리 읽는다.")
    turn = Turn("서울 주차 요금은 얼마예요?", "서울 주차 요금은 1000원이다", "주차", _ARTICLES[name])
    began = time.process_time()
    for question in _AFTER:
        assert complete(question, [turn], tokenize).question
    assert time.process_time() - began < _SECONDS


def test_a_label_is_what_it_was_when_it_was_looked_for_slowly() -> None:
    slow = r"(?:^|[|\t(○●□■◦•▪▶·①-⑳-]|\d[.)]|[가-하][.)]|\s{{2,}})\s*{0}\s*(?:(?:\([^)\n]*\))?\s*[:：]|(?:은|는)\s)"
    choose = random.Random(7).choice
    pieces = ["값", "값", ":", " ", " ", "\n", "(", ")", "은 ", "1.", "가)", "·", "ㄴ", "\t"]
    found = set()
    for _ in range(20_000):
        text = "".join(choose(pieces) for _ in range(9))
        expected = re.search(slow.format("값"), text, re.MULTILINE) is not None
        assert (re.search(_LABEL.format("값"), text, re.MULTILINE) is not None) == expected, text
        found.add(expected)
    assert found == {True, False}


def test_places_are_alike_as_they_were_when_each_was_compared_with_each() -> None:
    def is_like(place: _Place, other: _Place) -> bool:
        if place.line == other.line:
            return place.rest == other.rest and (place.columns == 1 or place.heads)
        return (place.mark, place.columns, place.number) == (other.mark, other.columns, other.number)

    choose = random.Random(7).choice
    pieces = ["서울", "부산", " 1", ", ", "  ", " | ", "\n", "\n", "1) ", "- ", " 주차"]
    found = 0
    for _ in range(3_000):
        article = "".join(choose(pieces) for _ in range(24))
        mine = list(_places("서울", article))
        for place in itertools.islice(_places("부산", article), 8):
            expected = next((other for other in mine if is_like(place, other)), None)
            assert _Places(mine).first_like(place) is expected, article
            found += expected is not None
    assert found > 100


def test_of_a_long_article_a_turn_has_what_is_around_its_place() -> None:
    text = "".join(f"{number}째 줄이다.\n" for number in range(20_000))
    for place in (0, text.index("9999째"), len(text) - 1):
        part = _around(text, place)
        assert len(part) <= _MOST_OF_ARTICLE
        assert text[place : place + 8] in part
        assert f"\n{part}" in f"\n{text}"
    assert _around("짧은 글이다.", 3) == "짧은 글이다."
    assert len(_around("가" * 200_000, 100_000)) == _MOST_OF_ARTICLE
