"""Mistyped questions: changed where the index knows only what was meant, left alone everywhere else."""

from collections.abc import Callable

import pytest

from index.korean.sentences import SentenceSplitter
from rag.question.aliases import Aliases
from rag.question.question import read_question
from rag.question.repair import repair
from tests.support.rag_support import GROUPS

pytestmark = pytest.mark.model
KNOWN = {
    "ax",
    "kt",
    "ms",
    "ai",
    "법인",
    "매출",
    "목표",
    "한국",
    "협력",
    "사업",
    "재가",
    "궁",
    "2024",
    "기업",
    "인공지능",
}


@pytest.fixture(scope="module")
def fix(splitter: SentenceSplitter) -> Callable[[str], str]:
    return lambda text: repair(text, splitter, lambda word: int(word in KNOWN)).text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ㅁㅌ qjqdls", "ax 법인"),
        ("ㅁㅌ qjqdlsdml aocnf ahrvysms?", "ax 법인의 매출 목표는?"),
        ("AX qjqdls의 aocnf", "AX 법인의 매출"),
        ("dkssud", "안녕"),
        ("ㅏㅅdml 매출", "kt의 매출"),
        ("ㅡㄴ와 ㅏㅅ의 협력", "ms와 kt의 협력"),
        ("KT tkdjqdms djEjgrp ehlsk", "KT 사업은 어떻게 되나"),
        ("韓國의 企業", "한국의 기업"),
        ("2024sus aocnf", "2024년 매출"),
        ("KTsms MSdhk guqfurgksmsrk", "KT는 MS와 협력하는가"),
    ],
)
def test_what_was_meant(fix: Callable[[str], str], typed: str, meant: str) -> None:
    assert fix(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "AX 법인의 매출 목표는?",
        "AI data world work with right",  # every one of the last four is whole syllables on a Korean keyboard
        "What work does KT do for the AX company?",
        "work 법인",  # 재가 is known, work is not
        "rnd 매출",  # 궁
        "GPT KT",
        "ㅋㅋㅠㅠ ㄱㅅ",
        "tesla nvidia toto",
        "who?",
        "龘龘 매출",
        "樂의 뜻",
        "경제 뉴스",
        "",
    ],
)
def test_what_is_right_stays(fix: Callable[[str], str], text: str) -> None:
    assert fix(text) == text


def test_a_word_the_index_knows_is_what_it_says(splitter: SentenceSplitter) -> None:
    assert repair("qjqdls", splitter, lambda word: 1).changes == ()
    assert repair("韓國", splitter, lambda word: 1).changes == ()


def test_the_answer_says_what_was_read(splitter: SentenceSplitter) -> None:
    aliases = Aliases(GROUPS, splitter)
    question = read_question("ㅁㅌ qjqdls", splitter, aliases, lambda word: int(word in KNOWN))
    assert question.text == "ax 법인"
    assert question.expansions == ("ㅁㅌ → ax", "qjqdls → 법인", "법인 → 기업")


def test_an_alias_the_index_does_not_hold_is_not_searched(splitter: SentenceSplitter) -> None:
    aliases = Aliases(GROUPS, splitter)
    question = read_question("AX 법인", splitter, aliases, lambda word: int(word in ("ax", "법인", "전환", "기업")))
    assert question.expansions == ("법인 → 기업",)
    assert set(question.lexical().words) == {"ax", "법인", "기업"}
