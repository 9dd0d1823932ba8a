"""A written sentence is shown only where its own citations say it."""

import random
import re
import time

import pytest

from rag.answers import Citation, Written
from rag.writing.checking import Fault, check, read_sentence
from tests.support.scripted_writer import CASES, ERRORS, cases, passes, right, tried_wrong


def cite(quote: str, title: str = "한빛전자 공시", *context: str) -> Citation:
    return Citation("a", title, None, None, None, 0, len(quote), quote, 0.9, context=context)


MONEY = cite("2024년 매출은 1조 2,400억 원이다.")
PARKING = cite("② 카드로 낼 수 있으나, 현금영수증은 발급하지 않는다.", "주차장 안내")
PERSON = cite("담당 팀장은 이도현이며 전화는 055-712-3111이다.", "업무분장")


@pytest.mark.parametrize(
    ("line", "citation"),
    [
        ("2024년 매출은 1조 2400억 원입니다. [1]", MONEY),
        ("매출은 12,400억원이다[1].", MONEY),
        ("카드로 낼 수 있습니다. [1]", PARKING),
        ("현금영수증은 발급하지 않습니다. [1]", PARKING),
        ("이도현 팀장의 전화는 055-712-3111입니다. [1]", PERSON),
    ],
)
def test_what_the_citation_says_in_other_words_passes(line: str, citation: Citation) -> None:
    found = check(line, [citation])
    assert isinstance(found, Written)
    assert found.citations == (0,)


@pytest.mark.parametrize(
    ("line", "citation", "fault"),
    [
        ("2024년 매출은 1조 2,500억 원입니다. [1]", MONEY, Fault.VALUE),
        ("2023년 매출은 1조 2,400억 원입니다. [1]", MONEY, Fault.VALUE),
        ("2024년 3월 매출은 1조 2,400억 원입니다. [1]", MONEY, Fault.VALUE),
        ("2024년 매출은 1조 2,400억 달러입니다. [1]", MONEY, Fault.VALUE),
        ("2024년 매출은 1조 2,400억 원입니다.", MONEY, Fault.UNCITED),
        ("2024년 매출은 1조 2,400억 원입니다. [2]", MONEY, Fault.UNCITED),
        ("카드로 낼 수 없습니다. [1]", PARKING, Fault.POLARITY),
        ("현금영수증은 발급합니다. [1]", PARKING, Fault.POLARITY),
        ("심해솔 팀장의 전화는 055-712-3111입니다. [1]", PERSON, Fault.NAME),
        ('매출은 "사상 최대"인 1조 2,400억 원이다. [1]', MONEY, Fault.QUOTE),
        ("주민들은 이 소식을 크게 반겼다고 전해진다. [1]", MONEY, Fault.UNRELATED),
        ("인용문에 있는 사실만 씁니다. [1]", MONEY, Fault.LEAKED),
    ],
)
def test_what_it_does_not_say_is_dropped(line: str, citation: Citation, fault: Fault) -> None:
    assert check(line, [citation]) is fault


def test_each_sentence_is_held_against_its_own_citation() -> None:
    other = cite("2023년 매출은 9,800억 원이었다.")
    assert isinstance(check("2023년 매출은 9,800억 원이었습니다. [2]", [MONEY, other]), Written)
    assert check("2023년 매출은 9,800억 원이었습니다. [1]", [MONEY, other]) is Fault.VALUE


def test_citations_are_read_wherever_a_model_puts_its_full_stop() -> None:
    assert read_sentence("- 매출은 늘었다 [1][3].") == ("매출은 늘었다", (1, 3))
    assert read_sentence("매출은 늘었다. [1, 2]") == ("매출은 늘었다.", (1, 2))
    assert read_sentence("매출은 늘었다.") == ("매출은 늘었다.", ())


def test_of_a_right_writer_almost_nothing_is_dropped() -> None:
    shown = [passes(case, line) for case in cases(CASES) for line in right(case)]
    assert len(shown) >= CASES
    assert shown.count(False) <= 0.03 * len(shown)


@pytest.mark.parametrize("kind", ERRORS)
def test_nothing_of_a_writer_that_errs_is_let_through(kind: str) -> None:
    tried = tried_wrong(kind)
    assert len(tried) >= 15  # of so many answers a line can be spoiled in this way
    assert [line for case, line in tried if passes(case, line)] == []


@pytest.mark.parametrize(
    ("quote", "line"),
    [
        ("가", f"[1]{' ' * 3_900}나"),  # never ended
        ("가,가나 " * 400, "가,가나 " * 800),  # 47 s
        ("1조" * 1_000, "1조" * 1_900),  # 6 s
        ("가", "[1] " * 1_000),
    ],
)
def test_a_long_line_is_soon_checked(quote: str, line: str) -> None:
    """4,000 letters are what a writer may send; while a pattern doubles back nobody else is answered."""
    began = time.process_time()
    check(f"{line} [1]", [cite(quote)])
    assert time.process_time() - began < 8.0


def test_marks_are_read_as_they_were_when_they_were_looked_for_slowly() -> None:
    slow = re.compile(r"\s*((?:\[\d{1,2}(?:\s*,\s*\d{1,2})*\]\s*)+)\s*[.。]?\s*$")
    choose = random.Random(7).choice
    pieces = ["가", "[1]", "[12]", "[1, 2]", "[3 ,1]", " ", ".", "。", "[", "]", "-", "[100]"]
    marked = 0
    for _ in range(20_000):
        line = "".join(choose(pieces) for _ in range(6))
        found = slow.search(line)
        numbers = tuple(dict.fromkeys(map(int, re.findall(r"\d+", found[1])))) if found else ()
        expected = (line[: found.start()].strip(" -*•\t"), numbers) if found else (line.strip(), ())
        assert read_sentence(line) == expected, line
        marked += found is not None
    assert marked > 1_000
