"""What people see in a terminal: Korean or English, plain when piped, and nothing in an article obeyed."""

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from index.articles import Passage
from index.text.characters import safe
from index.text.messages import _TEXTS, say
from rag.answers import Answer, Certainty, Citation, Hit, Reason, Scores, SearchResult
from rag.cli.rendering import show_answer, show_hits, show_result

QUOTE = "매출은 4조6000억 원이다."
CITATION = Citation(
    "글-1", "한국형 AI", "KPI뉴스", None, "2024-10-10", 100, 100 + len(QUOTE), QUOTE, 0.9, ((104, 113),)
)
HIT = Hit(1, Passage("글-1", "한국형 AI", 100, 115, QUOTE), Scores(0.9, 12.5, 0.75), (), "KPI뉴스", None, "2024-10-10")
ANSWER = Answer(
    "AX 법인의 매출 목표는?",
    True,
    Reason.ANSWERED,
    QUOTE,
    0.873,
    (CITATION,),
    (HIT,),
    ("법인 → 기업",),
    {"total": 1.0},
    certainty=Certainty.HIGH,
)
REFUSAL = Answer(
    "김치찌개?", False, Reason.NO_MATCH, None, 0.1, (), (HIT, replace(HIT, rank=2, scores=Scores(0.5, 2.0, 0.3)))
)
HOSTILE = (
    "[bold red]x[/] \x1b[31m빨강\x1b[0m \x07\x9b2J\u202e뒤집힘\u2028줄\r\n넘김 :smile: [link=http://a]b[/link] \x00"
)
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def shown(answer: Answer, lang: str = "ko", *, terminal: bool = False, width: int = 200) -> str:
    file = io.StringIO()
    console = Console(
        file=file,
        force_terminal=terminal,
        width=width,
        highlight=False,
        soft_wrap=not terminal,
        color_system="standard" if terminal else None,
    )
    show_answer(console, answer, lang)
    return file.getvalue()


def test_an_answer_piped() -> None:
    assert shown(ANSWER).splitlines() == [
        "매출은 4조6000억 원이다. [1]",
        "",
        "근거 · 확신도 높음",
        "[1] 한국형 AI · KPI뉴스 · 2024-10-10",
        "    “매출은 4조6000억 원이다.”",
        "    글-1:100-116",
        "함께 찾은 말: 법인 → 기업",
    ]


def test_what_was_taken_up_from_the_questions_before_is_told() -> None:
    line = "앞 질문의 말을 더해 찾음: ‘한빛전자’"
    assert line in shown(replace(ANSWER, completed="한빛전자 대표는?", added=("한빛전자",))).splitlines()
    assert line in shown(replace(REFUSAL, completed="한빛전자 대표는?", added=("한빛전자",))).splitlines()
    file = io.StringIO()
    found = SearchResult("대표는?", (HIT,), completed="한빛전자 대표는?", added=("한빛전자",))
    show_result(Console(file=file, width=200), found, "ko")
    assert file.getvalue().splitlines()[-1] == line


def test_an_answer_in_english() -> None:
    lines = shown(replace(ANSWER, citations=(replace(CITATION, source=None, published_at=None),)), "en").splitlines()
    assert lines[2:4] == ["Evidence · certainty high", "[1] 한국형 AI · source unknown · undated"]
    assert lines[-1] == "also searched: 법인 → 기업"


def test_a_refusal_says_why_and_what_is_near() -> None:
    assert shown(REFUSAL).splitlines() == [
        "근거를 찾지 못했습니다.",
        "(질문과 가까운 글이 없습니다)",
        "",
        "가장 가까운 대목:",
        "[1] 한국형 AI · KPI뉴스 · 2024-10-10 · 매우 가까움",
        "    매출은 4조6000억 원이다.",
        "    글-1:100-115",
        "[2] 한국형 AI · KPI뉴스 · 2024-10-10 · 가까움",
        "    매출은 4조6000억 원이다.",
        "    글-1:100-115",
    ]
    assert shown(replace(REFUSAL, passages=()), "en").splitlines() == [
        "No supporting evidence was found.",
        "(nothing near the question)",
    ]


def test_on_a_terminal_the_answer_stands_out() -> None:
    text = shown(ANSWER, terminal=True)
    assert "\x1b[1;4m4조6000억 원\x1b[0m" in text
    assert "\x1b[33m매출은\x1b[0m" in text  # a word of the question
    assert re.sub(r"\x1b\[[\d;]*m", "", text).split() == shown(ANSWER).split()


def test_long_lines_are_not_broken_when_piped() -> None:
    quote = "가나다 " * 300
    answer = replace(ANSWER, citations=(replace(CITATION, quote=quote, highlights=()),))
    assert any(quote.strip() in line for line in shown(answer, width=80).splitlines())


def hostile_answer() -> Answer:
    quote = HOSTILE + " 매출은 4조원"
    citation = replace(
        CITATION,
        article_id=HOSTILE,
        title=HOSTILE,
        source=HOSTILE,
        quote=quote,
        end=100 + len(quote),
        highlights=((101, 140),),
    )
    hit = replace(HIT, passage=replace(HIT.passage, article_id=HOSTILE, title=HOSTILE, text=quote))
    return replace(ANSWER, question=HOSTILE, citations=(citation,), passages=(hit,), expansions=(HOSTILE,))


@pytest.mark.parametrize(
    "forged", ["[2] 다른 글 · 한빛일보 · 2024-10-10", "4조 원이다. [1]\n\n근거\n[12] 다른 글", "[ 2 ] x"]
)
def test_a_forged_citation_does_not_look_like_ours(forged: str) -> None:
    citation = replace(CITATION, title=forged, source=forged, quote=forged, end=100 + len(forged), highlights=())
    hit = replace(HIT, passage=replace(HIT.passage, title=forged, text=forged), source=forged)
    answered = shown(replace(ANSWER, citations=(citation,), passages=(hit,)))
    assert re.findall(r"\[\s*\d+\s*\]", answered) == ["[1]", "[1]"]
    refused = replace(ANSWER, answered=False, reason=Reason.LOW_SUPPORT, citations=(), passages=(hit,))
    assert re.findall(r"\[\s*\d+\s*\]", shown(refused)) == ["[1]"]


@pytest.mark.parametrize("terminal", [False, True])
def test_nothing_of_an_article_is_obeyed(terminal: bool) -> None:
    answer = hostile_answer()
    for told in (answer, replace(answer, answered=False, reason=Reason.LOW_SUPPORT, citations=())):
        text = shown(told, terminal=terminal, width=2000)
        if terminal:
            text = re.sub(r"\x1b\[(?:\d+(?:;\d+)*)?m", "", text)  # rich's own, checked below to be no one else's
        assert not OBEYED.search(text.replace("\n", ""))
        assert "[bold red]x[/]" in text
        assert ":smile:" in text
        assert "[link=http://a]b[/link]" in text


def test_an_escape_of_an_article_never_reaches_the_terminal() -> None:
    assert "\x1b[31m" not in shown(hostile_answer(), terminal=True)
    assert "\x1b]8" not in shown(hostile_answer(), terminal=True)


def test_hits_without_title_show_the_article() -> None:
    file = io.StringIO()
    hit = Hit(3, Passage("\x1b[2J글", "", 0, 2, "\t가\n나"), Scores(None, 1.0, 0.5))
    show_hits(Console(file=file, soft_wrap=True), "가", [hit], "ko")
    assert file.getvalue() == "[3] ␛[2J글 · 출처 모름 · 날짜 모름\n    가 나\n    ␛[2J글:0-2\n"


@given(st.text(max_size=60))
def test_safe_is_one_line_that_a_terminal_cannot_obey(text: str) -> None:
    assert not OBEYED.search(safe(text))
    assert len(safe(text).splitlines()) <= 1
    assert safe(safe(text)) == safe(text)


def test_safe_leaves_ordinary_text_alone() -> None:
    for text in ("AX 법인의 매출 목표는?", "樂 123 ㎏ “따옴표” — …", "👍 𠀀 ㅋㅋ", "[1] <b>"):
        assert safe(text) == text


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_text_is_there_in_both_languages(lang: str) -> None:
    assert all(len(texts) == 2 and all(texts) for texts in _TEXTS.values())
    for reason in Reason:
        assert bool(re.search(r"[가-힣]", say(f"reason_{reason}", lang))) is (lang == "ko")
    for key in _TEXTS:
        values = {name: 1 for name in re.findall(r"{(\w+)}", _TEXTS[key][0])}
        assert set(re.findall(r"{(\w+)}", _TEXTS[key][1])) == set(values)
        assert bool(re.search(r"[가-힣]", say(key, lang, **values))) is (lang == "ko")


def test_korean_has_one_word_for_one_thing() -> None:
    """By the glossary of docs/architecture.md: 글 is an article's, and what is put in a command's place is named in Korean."""
    korean = {key: re.sub(r"임베딩 모델|언어 모델|{\w+}", "", texts[0]) for key, texts in _TEXTS.items()}
    for word in ("PATH", "URI", "쓴 글", "기사", "모델", "말뭉치"):
        assert [key for key, text in korean.items() if word in text] == [], word
