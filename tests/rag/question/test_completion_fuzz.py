"""Whatever is typed after whatever else: a question comes out, and nothing is raised."""

import random

import pytest

from index.korean.sentences import SentenceSplitter
from rag.question.completion import Completion, complete
from rag.question.turns import Turn

pytestmark = pytest.mark.model
PIECES = [
    "그건",
    "그게",
    "그",
    "이",
    "해당",
    "거기",
    "그때",
    "그",
    "회사",
    "그분",
    "부산은",
    "배는",
    "2023년은",
    "얼마야",
    "왜",
    "이유는",
    "신청",
    "방법은",
    "경우는",
    "면",
    "도요",
    "요",
    "?",
    "!!",
    "…",
    "ㅋㅋ",
    "ｱ",
    "가",
    "1",
    "한빛전자",
    "Robot",
    "그럼",
    "그리고",
    "에서",
    "의",
    "을",
    "(",
    ")",
    "[",
    "|",
    "😀",
    "ᄀ",
    "그날은",
    "이",
    "대통령",
    "위",
    "3층은",
    "토요일에는",
    "그",
    "전에는",
    "(저녁)",
    "무엇",
    "누구",
    "어디",
]


@pytest.mark.parametrize("seed", range(4))
def test_it_holds_for_any_words(splitter: SentenceSplitter, seed: int) -> None:
    rng = random.Random(seed)

    def words() -> str:
        return rng.choice(["", " "]).join(rng.choices(PIECES, k=rng.randrange(1, 7))) + rng.choice(
            ["", "?", "는?", "은요?"]
        )

    for _ in range(40):
        turns = [
            Turn(words(), words(), words(), f"{words()}: {words()}\n{words()} | {words()}")
            for _ in range(rng.randrange(3))
        ]
        question = words()
        made = complete(question, turns, splitter.tokenize)
        assert made.question.strip() or not question.strip()
        assert (made.outcome is Completion.COMPLETED) == (made.question != question) or not made.added
