"""Questions as they are searched: the words that count, what is asked for, and every way of writing the same thing."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import UsageError
from index.korean.sentences import SentenceSplitter
from rag.question.aliases import Aliases
from rag.question.question import (
    ALIAS_WEIGHT,
    MAX_QUESTION,
    AnswerType,
    EmptyQuestionError,
    Question,
    QuestionTooLongError,
    answer_type,
    check_question,
    read_question,
)
from tests.support.rag_support import GROUPS

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def aliases(splitter: SentenceSplitter) -> Aliases:
    return Aliases(GROUPS, splitter)


@pytest.fixture(scope="module")
def read(splitter: SentenceSplitter, aliases: Aliases):
    return lambda text: read_question(text, splitter, aliases)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("AX 법인의 매출 목표는?", ("ax", "법인", "매출", "목표")),
        ("KT의 매출은 얼마인가요?", ("kt", "매출")),
        ("이 기사에서 KT가 언제 무엇을 했는지 알려 주세요", ("kt",)),
        ("부산항, 부산항, 부산항", ("부산항",)),
        ("김치찌개 맛있게 끓이는 법", ("김치찌개", "맛있", "끓이")),
        ("4조6000억원은 무엇인가", ("4", "조", "6000", "억", "#4600000000000")),
    ],
)
def test_words_are_the_content_and_not_the_asking(read, text: str, words: tuple[str, ...]) -> None:
    assert read(text).words == words


def test_a_question_of_asking_words_alone_keeps_them(read) -> None:
    assert read("답은?").words == ("답",)


def test_a_question_without_any_word_has_bigrams_still(read) -> None:
    assert read("ㅋㅋㅠㅠ").words == ()
    assert read("ㅋㅋㅠㅠ").bigrams == ("ㅋㅋ", "ㅋㅠ", "ㅠㅠ")


def test_spacing_free(read) -> None:
    spaced, run_together = read("AX 법인의 매출 목표는?"), read("AX법인의매출목표는?")
    assert run_together.words == spaced.words
    assert run_together.kind == spaced.kind
    assert set(spaced.bigrams) <= set(run_together.bigrams)


def test_english(read) -> None:
    question = read("What is the revenue target of the AX company?")
    assert question.words == ("revenue", "target", "ax", "company")
    assert question.expansions == ("AX → AI 전환",)


def test_every_matched_word_is_the_slice_it_names(read) -> None:
    question = read("  AX 법인의 2024년 1분기 매출 목표는?")
    assert [question.text[start:end].lower() for start, end in question.matched] == list(question.matched_words)
    assert question.tags["ax"] == "SL"
    assert question.tags["법인"] == "NNG"


def test_alias_words_weigh_less_than_asked_ones(read) -> None:
    question = read("AX 법인의 매출 목표는?")
    weights = question.lexical().words
    assert {word: weights[word] for word in question.words} == dict.fromkeys(question.words, 1.0)
    assert weights["회사"] == weights["기업"] == ALIAS_WEIGHT < 1
    assert question.aliases["회사"] == ("법인",)
    assert question.aliases["전환"] == ("ax",)
    assert question.expansions == ("AX → AI 전환", "법인 → 회사", "법인 → 기업", "매출 → 매출액")


def test_a_word_that_is_asked_for_is_no_alias_as_well(read) -> None:
    question = read("법인과 회사의 차이")
    assert "회사" not in question.aliases
    assert question.lexical().words["회사"] == 1.0


ANSWER_TYPES = [
    ("언제 설립되나요?", AnswerType.DATE),
    ("몇 년에 시작했나?", AnswerType.DATE),
    ("몇 월 며칠인가", AnswerType.DATE),
    ("신청 기한은?", AnswerType.DATE),
    ("When was it founded?", AnswerType.DATE),
    ("몇 년간 이어지나?", AnswerType.NUMBER),
    ("며칠 동안인가", AnswerType.DATE),
    ("얼마를 투자하나", AnswerType.NUMBER),
    ("몇 명이 왔나", AnswerType.NUMBER),
    ("AX 법인의 매출 목표는?", AnswerType.NUMBER),
    ("How much does it cost?", AnswerType.NUMBER),
    ("누가 말했나", AnswerType.PERSON),
    ("대표의 이름은?", AnswerType.PERSON),
    ("Who said so?", AnswerType.PERSON),
    ("어디에서 열렸나", AnswerType.PLACE),
    ("어느 나라인가", AnswerType.PLACE),
    ("where is it", AnswerType.PLACE),
    ("왜 손잡았나", AnswerType.REASON),
    ("돌아선 까닭은", AnswerType.REASON),
    ("Why?", AnswerType.REASON),
    ("두 회사는 무엇을 하나", AnswerType.OTHER),
    ("somewhere over", AnswerType.OTHER),
    ("", AnswerType.OTHER),
    ("ＨＯＷ ＭＵＣＨ", AnswerType.NUMBER),
    (unicodedata.normalize("NFD", "언제"), AnswerType.DATE),
]


@pytest.mark.parametrize(("text", "kind"), ANSWER_TYPES)
def test_answer_type(text: str, kind: AnswerType) -> None:
    assert answer_type(text) is kind


def same(one: Question, other: Question) -> bool:
    return (one.words, one.bigrams, one.kind, one.aliases, one.expansions) == (
        other.words, other.bigrams, other.kind, other.aliases, other.expansions,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "form"),
    [
        ("T1-nfd", unicodedata.normalize("NFD", "AX 법인의 매출 123은?")),
        ("T5-filler", "AX 법\u3164인의 매\u115f출\u1160 123은?\uffa0"),
        ("T6-zero-width", "A\u200bX 법\u200d인의 매\ufeff출 12\u20603은?"),
        ("T6-bidi", "\u202eAX 법인의\u2066 매출\u2069 123은?"),
        ("T6-tags", "AX 법인의\U000e0041 매출 12\u00ad3은?"),
        ("T8-full-width", "ＡＸ 법인의 매출 １２３은？"),
        ("T8-spaces", "AX\u00a0법인의\u3000매출 123은?"),
        ("T9-variation", "AX 법인의 매출 123은?\ufe0f"),
        ("blanks", "\n AX 법인의 매출 123은? \t"),
    ],
)
def test_forms_of_one_question_are_one_question(read, row: str, form: str) -> None:
    assert same(read(form), read("AX 법인의 매출 123은?")), row


def test_t4_compatibility_jamo_are_not_composed(read) -> None:
    assert read("ㄱㅏ").bigrams == ("ㄱㅏ",)
    assert read("ㄱㅅ 뜻").bigrams == ("ㄱㅅ", "뜻")


def test_t8_hanja_compatibility_forms(read) -> None:
    assert same(read("\uf95c의 뜻"), read("樂의 뜻"))


def test_t9_offsets_hold_beyond_the_basic_plane(read) -> None:
    question = read("👨\u200d👩\u200d👧 가족 𠀀 축제는 🇰🇷 어디?")
    assert "가족" in question.words
    assert [question.text[start:end] for start, end in question.matched if end - start > 1][:2] == ["가족", "축제"]


@pytest.mark.parametrize(
    "text", ["", "   \n", "\u200b\ufeff", "\u3164\u115f\u1160\uffa0", "?!… —", "\u202e\u2066", "👍"]
)
def test_h4_a_question_that_says_nothing(text: str) -> None:
    with pytest.raises(EmptyQuestionError) as caught:
        check_question(text)
    assert caught.value.code == "empty_question"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "text", ["가" * (MAX_QUESTION + 1), "가" + "\ufdfa" * 200, unicodedata.normalize("NFD", "한" * 700)]
)
def test_h5_too_long_before_or_after_folding(text: str) -> None:
    with pytest.raises(QuestionTooLongError) as caught:
        check_question(text)
    assert caught.value.code == "question_too_long"
    assert text[:9] not in caught.value.message("en")


@pytest.mark.parametrize("text", ["가" * MAX_QUESTION, "a", "ㅋ", "１"])
def test_questions_that_are_fine_come_back_unchanged(text: str) -> None:
    assert check_question(text) is text


@pytest.mark.parametrize("text", ["가\ud800", "\udcff나"])
def test_h3_lone_surrogates(text: str) -> None:
    with pytest.raises(UsageError, match="유니코드") as caught:
        check_question(text)
    assert "Unicode" in caught.value.english


LETTERS = st.text(st.sampled_from("가나한글각ᄒᆞᆫㄱㅏAaｘ１2조억 \n\u200b\u3164👍𠀀樂?!.,'\"은는"), max_size=30)


@settings(max_examples=60, deadline=None)
@given(LETTERS)
def test_any_text_is_read(read, text: str) -> None:
    question = read(text)
    assert all(0 <= start < end <= len(question.text) for start, end in question.matched)
    assert len(question.matched) == len(question.matched_words)
    assert len(set(question.words)) == len(question.words)
    assert same(read(unicodedata.normalize("NFD", text)), question)
