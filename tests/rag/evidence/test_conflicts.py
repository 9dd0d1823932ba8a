"""Editions of one notice, other values in other articles, and qualifiers that the articles lack."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from index.articles import Article
from rag.evidence.absence import absent_qualifiers
from rag.evidence.conflicts import find_conflicts
from rag.evidence.editions import read_edition
from rag.evidence.evidence import Evidence
from rag.evidence.expected import agreement, day_of, in_unit, named_values, read_meaning, wanted_values
from rag.evidence.rules.newest import newest_of
from rag.question.asked import read_asked
from rag.values.qualifiers import find_qualifiers
from tests.support.evidence_support import evidence_of, lines_of, scope_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2023년 벚꽃축제 안내", "2024년 벚꽃축제 안내"),
        ("제12회 벚꽃축제 안내", "제13회 벚꽃축제 안내"),
        ("상반기 정기점검 안내", "하반기 정기점검 안내"),
        ("2024학년도 1학기 수강 신청", "2023학년도 2학기 수강 신청"),
        ("채용 공고", "채용 정정 공고"),
        ("휴가 계획(안)", "휴가 계획"),
        ("3/4분기 실적", "2/4분기 실적"),
        ("여비 규정", "여비 규정(2026. 1. 1. 일부개정)"),
        ("여비 규정", "여비 규정 [시행 2026. 1. 1.]"),
    ],
)
def test_editions_of_one_notice(one: str, other: str) -> None:
    assert read_edition(Article("가", one, "글")).series == read_edition(Article("나", other, "글")).series


@pytest.mark.parametrize(("one", "other"), [("벚꽃축제 안내", "단풍축제 안내"), ("2024년", "2025년"), ("", "")])
def test_no_editions(one: str, other: str) -> None:
    assert read_edition(Article("가", one, "글")).series != read_edition(Article("나", other, "글")).series


@pytest.mark.parametrize(
    ("title", "published", "expected"),
    [
        ("2023년 안내", "2022-12-01", "2022-12-01"),
        ("2023년 안내", None, "2023"),
        ("안내", None, ""),
    ],
)
def test_what_orders_editions(title: str, published: str | None, expected: str) -> None:
    assert read_edition(Article("가", title, "글", published_at=published)).date == expected


@pytest.mark.parametrize(
    ("title", "corrects"),
    [("채용 정정공고", True), ("변경 공고", True), ("[바로잡습니다] 요금", True), ("채용 공고", False)],
)
def test_corrections(title: str, corrects: bool) -> None:
    assert read_edition(Article("가", title, "글")).corrects is corrects


def fees(*years_and_lines: tuple[str, str]) -> list[Evidence]:
    return [
        evidence_of(scope_of(line, f"{year}년 벚꽃축제 안내", f"{year}-03-02", f"축제-{year}"), line)
        for year, line in years_and_lines
    ]


def conflicts(
    ranked: list[Evidence], scores: list[float] | None = None, question: str = "참가비는 얼마인가요?"
) -> list[tuple[str, str]]:
    read = read_asked(question)
    found = find_conflicts(read, ranked, np.array(scores or [0.0] * len(ranked)))
    return [(other.text, other.evidence.scope.article.id) for other in found]


def test_another_edition_gives_another_value() -> None:
    ranked = fees(
        ("2025", "참가비는 6천원입니다."), ("2024", "참가비는 5천원입니다."), ("2023", "참가비는 모두 4천원.")
    )
    assert conflicts(ranked) == [("5천원", "축제-2024"), ("4천원", "축제-2023")]


def test_the_same_value_otherwise_written_is_none() -> None:
    assert conflicts(fees(("2025", "참가비는 6천원입니다."), ("2024", "참가비는 6,000원입니다."))) == []


def test_another_notice_conflicts_only_in_the_same_words() -> None:
    first = fees(("2025", "참가비는 6천원입니다."))
    other = [
        evidence_of(scope_of(line, "단풍축제", None, line), line)
        for line in ("참가비는 9천원입니다.", "입장료는 1천원이다.")
    ]
    assert conflicts(first + other) == [("9천원", "참가비는 9천원입니다.")]


def told(*titles_and_lines: tuple[str, str]) -> list[Evidence]:
    return [evidence_of(scope_of(line, title, None, title), line) for title, line in titles_and_lines]


@pytest.mark.parametrize(
    ("question", "first", "other"),
    [
        ("전화번호는 무엇인가요?", ("주민센터", "02-123-4567"), ("도서관", "02-765-4321")),
        ("전화번호는 무엇인가요?", ("주민센터", "☎ 전화: 02-123-4567"), ("도서관", "☎ 전화: 02-765-4321")),
        (
            "주민센터 전화번호는 무엇인가요?",
            ("주민센터 안내", "대표 전화번호는 02-123-4567입니다."),
            ("도서관 안내", "대표 전화번호는 02-765-4321입니다."),
        ),
        (
            "2학년 점심시간은 언제인가요?",
            ("2학년 안내", "점심시간은 12시 30분부터입니다."),
            ("1학년 안내", "점심시간은 11시 30분부터입니다."),
        ),
        (
            "2023년 예산은 얼마인가요?",
            ("2023년 예산 안내", "예산은 모두 5억원이다."),
            ("2024년 예산 안내", "예산은 모두 6억원이다."),
        ),
    ],
)
def test_what_is_of_something_else_does_not_conflict(
    question: str, first: tuple[str, str], other: tuple[str, str]
) -> None:
    assert conflicts(told(first, other), question=question) == []


def test_the_year_of_publication_tells_an_edition_of_another_year() -> None:
    ranked = [
        evidence_of(scope_of(line, "벚꽃축제 안내", f"{year}-03-02", year), line)
        for year, line in (("2025", "참가비는 6천원입니다."), ("2024", "참가비는 5천원입니다."))
    ]
    assert conflicts(ranked, question="벚꽃축제 참가비는 얼마인가요?") == [("5천원", "2024")]
    assert conflicts(ranked, question="2025년 벚꽃축제 참가비는 얼마인가요?") == []


def test_the_same_notice_of_one_place_told_twice_conflicts() -> None:
    line = "대표 전화번호는 02-{}-4567입니다."
    ranked = told(("주민센터 안내", line.format(123)), ("우리 동네 주민센터", line.format(321)))
    assert conflicts(ranked, question="주민센터 전화번호는 무엇인가요?") == [("02-321-4567", "우리 동네 주민센터")]


def test_a_sentence_much_worse_or_without_a_value_does_not_conflict() -> None:
    ranked = fees(
        ("2025", "참가비는 6천원입니다."), ("2024", "참가비 한 사람에 5천원씩"), ("2023", "참가비는 따로 알립니다.")
    )
    assert conflicts(ranked, [5.0, 2.1, 1.8]) == [("5천원", "축제-2024")]
    assert conflicts(ranked, [5.0, 1.9, 1.8]) == []
    assert conflicts(ranked[::2]) == []
    assert conflicts(ranked[2:] + ranked[:2]) == []  # what is cited gives no value itself
    assert conflicts([]) == []


def test_the_same_line_of_another_edition_conflicts_however_far_behind_it_is_found() -> None:
    ranked = fees(("2025", "참가비는 6천원입니다."), ("2024", "참가비는 5천원입니다."))
    assert conflicts(ranked, [5.0, -5.0]) == [("5천원", "축제-2024")]


def test_an_edition_that_gives_the_same_value_in_another_line_too_does_not_conflict() -> None:
    ranked = fees(
        ("2025", "참가비는 모두 6천원."), ("2024", "한 모둠의 참가비는 1만원이다."), ("2024", "참가비: 6,000원")
    )
    assert conflicts(ranked) == []


@pytest.mark.parametrize(
    ("question", "first", "other", "found"),
    [
        ("숙박비는 얼마인가요?", "숙박비는 하루 7만 5천원이다.", "숙박비는 하루 9만원이다.", ["9만원"]),
        ("담당자는 누구인가요?", "접수: 문화과 추민재 주무관", "접수: 문화과 진가온 주무관", ["진가온"]),
        ("장소는 어디인가요?", "장소: 새뜰도서관 3층", "장소: 새뜰문화회관 2층", ["새뜰문화회관 2층"]),
        ("신청 기간은 언제인가요?", "기간: 3. 2. ~ 3. 20.", "기간: 3. 2. ~ 3. 27.", ["3. 2. ~ 3. 27."]),
        ("운영 시간은 언제인가요?", "시간: 10:00 ~ 18:00", "시간: 09:00 ~ 18:00", ["09:00 ~ 18:00"]),
        ("언제 열리나요?", "일시: 5월 9일(토) 14:00", "일시: 5월 8일(금) 14:00", ["5월 8일(금) 14:00"]),
        ("모집 인원은 몇 명인가요?", "인원: 30명", "인원: 2개 반 25명", ["25명"]),
        ("요금은 얼마인가요?", "요금: 2천원", "요금: 무료", ["무료"]),
        ("대회는 언제 열리나요?", "대회는 5월 9일 오후 2시에 연다.", "대회는 5. 9.(토) 14:00에 연다.", []),
        ("신청 기간은 며칠인가요?", "기간: 30일", "기간: 한 달", []),
        ("모집 인원은 몇 명인가요?", "인원: 30명", "인원: 2개 반", []),
        ("어른 요금은 얼마인가요?", "어른 요금: 5천원", "어린이 요금: 3천원", []),
        ("요금은 얼마인가요?", "어른 요금은 5천원", "어린이 요금은 3천원", []),
        ("장소는 어디인가요?", "장소: 고운시청 3층 대회의실", "장소: 3층 대회의실", []),
    ],
)
def test_what_differs_between_editions(question: str, first: str, other: str, found: list[str]) -> None:
    ranked = fees(("2025", first), ("2024", other))
    assert [value for value, _ in conflicts(ranked, [5.0, -5.0] if found else None, question)] == found


def table(year: int, *rows: str) -> Evidence:
    header = "| 시설 | 평일 요금 | 주말 요금 |\n|---|---|---|"
    return evidence_of(scope_of("\n".join([header, *rows]), f"{year}년 대관 요금", f"{year}-01-05", str(year)), rows[0])


def test_of_a_row_the_column_that_is_asked_for_conflicts() -> None:
    ranked = [table(2025, "| 농구장 | 4만원 | 7만원 |"), table(2024, "| 농구장 | 3만원 | 6만원 |")]
    assert conflicts(ranked, question="농구장 주말 요금은 얼마인가요?") == [("6만원", "2024")]
    ranked = [table(2025, "| 농구장 | 4만원 | 7만원 |"), table(2024, "| 농구장 | 4만원 | 6만원 |")]
    assert conflicts(ranked, question="농구장 평일 요금은 얼마인가요?") == []


def test_notices_that_are_told_apart_by_their_number_alone_are_no_editions_of_each_other() -> None:
    ranked = [
        evidence_of(scope_of(f"{topic} 지원 사업을 공고한다.\n{line}", f"공고 제2026-{number}호", day, topic), line)
        for topic, line, number, day in (
            ("청년 월세", "지원금은 월 10만원이다.", 12, "2026-03-02"),
            ("신혼부부 전세", "지원금은 월 15만원이다.", 48, "2026-03-05"),
        )
    ]
    read = read_asked("청년 월세 지원금은 얼마인가요?")
    assert newest_of(read, ranked) is None
    assert conflicts(ranked, question=read.core) == []
    assert newest_of(read_asked("지원금은 얼마인가요?"), ranked) == 1


def planned(title: str, line: str, published: str = "2026-08-03", source: str | None = None) -> Evidence:
    evidence = evidence_of(scope_of(line, title, published, title), line)
    article = replace(evidence.scope.article, source=source)
    return replace(evidence, scope=replace(evidence.scope, article=article))


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (planned("준비위원회 제2차 회의록", "의결: 한마음 체육대회 예산은 1,500만원으로 늘리기로 함."), ["1,500만원"]),
        (planned("준비위원회 제2차 회의록", "의결: 한마음 체육대회 예산은 1,200만원으로 하기로 함."), []),
        (planned("한마음 체육대회 결과", "예산 집행액: 1,080만원"), []),
        (planned("솔내구 체육 행사 예산", "구민 걷기대회 예산: 800만원"), []),
        (planned("한마음 체육대회 보고", "예산: 900만원", "2025-08-03"), []),
        (planned("한마음 체육대회 보고", "예산: 900만원", source="하늬군"), []),
    ],
)
def test_what_became_of_a_plan_conflicts_with_it(other: Evidence, found: list[str]) -> None:
    plan = planned("한마음 체육대회 운영 계획", "3. 예산: 1,200만원", source="솔내군")
    told = conflicts([plan, other], [5.0, -5.0], question="한마음 체육대회 예산은 얼마인가요?")
    assert [value for value, _ in told] == found


def test_at_most_three_articles_and_one_value_each() -> None:
    ranked = fees(*((str(year), f"참가비는 {year - 2010}천원입니다.") for year in range(2020, 2026)))
    assert len(conflicts([ranked[0], ranked[1], *ranked[1:]])) == 3


@pytest.mark.parametrize(
    ("question", "line", "asked", "held"),
    [
        ("2022년 걷기대회 참가비는 얼마인가요?", "2024년 걷기대회 참가비는 1만원이다.", ("2022년",), ("2024년",)),
        ("일요일 버스는 몇 시에 떠나나요?", "금요일 버스는 8시에 떠난다.", ("일요일",), ("금요일",)),
        ("7급 여비는 얼마인가요?", "5급 여비는 2만원이다.", ("7급",), ("5급",)),
        ("겨울 교실 참가비는 얼마인가요?", "여름 교실 참가비는 1만원이다.", ("겨울",), ("여름",)),
        ("상반기 점검 결함은 몇 건인가요?", "하반기 점검 결함은 7건이다.", ("상반기",), ("하반기",)),
        ("제4차 회의는 언제인가요?", "제3차 회의는 5월에 연다.", ("제4차",), ("제3차",)),
    ],
)
def test_what_is_named_and_not_there(question: str, line: str, asked: tuple[str, ...], held: tuple[str, ...]) -> None:
    found = absent_qualifiers(read_asked(question), lines_of(scope_of(line)))
    assert found is not None
    assert (found.asked, found.held) == (asked, held)


@pytest.mark.parametrize(
    ("question", "line", "title"),
    [
        ("2024년 참가비는 얼마인가요?", "2024년 참가비는 1만원이다.", "안내"),
        ("2024년 참가비는 얼마인가요?", "참가비는 1만원이다.", "2024년 축제"),
        ("2024년 참가비는 얼마인가요?", "참가비는 1만원이다.", "축제"),
        ("참가비는 얼마인가요?", "2024년 참가비는 1만원이다.", "안내"),
    ],
)
def test_nothing_is_absent(question: str, line: str, title: str) -> None:
    assert absent_qualifiers(read_asked(question), lines_of(scope_of(line, title))) is None


def test_a_heading_above_may_hold_it() -> None:
    text = "2024년 요금\n- 어른: 3천원\n2023년 요금\n- 어른: 2천원"
    (line,) = [sentence for sentence in lines_of(scope_of(text)) if "2천원" in sentence.text]
    assert absent_qualifiers(read_asked("2023년 어른 요금은 얼마인가요?"), [line]) is None
    assert absent_qualifiers(read_asked("2024년 어른 요금은 얼마인가요?"), []) is None


def test_of_a_very_long_line_above_only_the_beginning_is_read() -> None:
    text = f"| 나이 | 2024년 요금 {'가 ' * 1_000}2023년 요금 |\n|---|---|\n| 어른 | 3천원 |"
    (line,) = [sentence for sentence in lines_of(scope_of(text)) if "3천원" in sentence.text]
    found = absent_qualifiers(read_asked("2023년 어른 요금은 얼마인가요?"), [line])
    assert found is not None
    assert found.held == ("2024년",)


@pytest.mark.parametrize(
    ("question", "text", "wanted"),
    [
        ("수강료는 얼마인가요?", "수강료는 3만원이고 정원은 20명이다.", ["3만원"]),
        ("정원은 몇 명인가요?", "수강료는 3만원이고 정원은 20명이다.", ["20명"]),
        ("3만원짜리 말고 얼마인가요?", "3만원과 5만원이 있다.", ["5만원"]),
        ("언제 여나요?", "5월 3일 오전 9시에 연다.", ["5월 3일", "오전 9시"]),
        ("무엇인가요?", "5월 3일 오전 9시에 연다.", []),
    ],
)
def test_values_of_the_kind_asked_for(question: str, text: str, wanted: list[str]) -> None:
    found = wanted_values(read_asked(question), read_meaning(text, None).values)
    assert [text[qualifier.start : qualifier.end] for qualifier in found] == wanted


@pytest.mark.parametrize(
    ("text", "negative"),
    [
        ("쓸 수 없다.", True),
        ("감면하지 않는다.", True),
        ("교육 대상에서 뺀다.", True),
        ("출입을 금지한다.", True),
        ("받지 못한다.", True),
        ("대상에서 제외한다.", True),
        ("쓸 수 있다.", False),
        ("감면한다.", False),
        ("대상이 아니면 낸다.", False),
    ],
)
def test_what_denies(text: str, negative: bool) -> None:
    assert read_meaning(text, None).negative is negative


def test_units_and_named_values() -> None:
    values = read_meaning("무더위쉼터 52곳에 300명", None).values
    assert in_unit(read_asked("모두 몇 곳인가요?"), values)
    assert not in_unit(read_asked("모두 몇 권인가요?"), values)
    assert named_values(read_asked("300명이 간 곳은?"), values) == 1


def test_met_and_contradicted() -> None:
    found = agreement(find_qualifiers("2023년 9급"), find_qualifiers("2024년 9급"), None)
    assert [kind.value for kind in found.met] == ["grade"]
    assert [kind.value for kind in found.contradicted] == ["year"]
    assert [qualifier.key for qualifier in found.instead] == ["2024"]


@pytest.mark.parametrize(
    ("published", "day"),
    [("2024-05-02", date(2024, 5, 2)), ("2024-05", None), ("2024", None), ("", None), (None, None)],
)
def test_the_day_of_publication(published: str | None, day: date | None) -> None:
    assert day_of(published) == day


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("관람료 | 무료(사전 예약)", ["무료"]),
        ("연체료는 받지 않습니다.", ["연체료는 받지 않습니다"]),
        ("요금은 없으며 학생증을 보입니다.", ["요금은 없으며"]),
        ("현금은 받지 않고 카드로만 냅니다.", []),
        ("자료는 없습니다. 준비가 없습니다.", []),
    ],
)
def test_that_it_is_free_is_an_amount(text: str, amounts: list[str]) -> None:
    values = wanted_values(read_asked("얼마인가요?"), read_meaning(text, None).values)
    assert [text[value.start : value.end] for value in values] == amounts


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("건강검진은 몇 년에 한 번 받나요?", 1),
        ("건강검진은 누가 받나요?", 1),
        ("2023년 건강검진은 누가 받나요?", None),
    ],
)
def test_a_line_of_the_newest_edition_by_its_label(question: str, place: int | None) -> None:
    years = (("2023", "건강검진: 2년에 한 번"), ("2024", "건강검진: 해마다 한 번"), ("2024", "통근 버스: 5개 노선"))
    ranked = [
        evidence_of(scope_of(line, f"{year}년 복지 안내", article_id=f"{year} {line}"), line) for year, line in years
    ]
    assert newest_of(read_asked(question), ranked) == place


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("축제 주말 참가비는 얼마인가요?", 1),
        ("축제 5월 참가비는 얼마인가요?", None),
        ("2023년 축제 참가비는 얼마인가요?", None),
        ("2022년 축제 참가비는 얼마인가요?", None),
    ],
)
def test_what_every_edition_holds_names_none(question: str, place: int | None) -> None:
    ranked = [
        evidence_of(
            scope_of(f"{month}월 내내 연다.\n주말 참가비: {fee}", f"{year}년 축제", f"{year}-03-02", year), line
        )
        for year, month, fee in (("2023", 5, "3천원"), ("2024", 6, "4천원"))
        for line in [f"주말 참가비: {fee}"]
    ]
    assert newest_of(read_asked(question), ranked) == place


@pytest.mark.parametrize(
    ("question", "place"), [("축제 체험 입장료는 얼마예요?", 1), ("축제 주차비는 얼마예요?", None)]
)
def test_a_line_of_the_newest_edition_by_the_word_before_its_value(question: str, place: int | None) -> None:
    years = (("2025", "체험 입장료는 5천원입니다."), ("2026", "체험 입장료는 6천원이며 7세 이하는 무료입니다."))
    ranked = [evidence_of(scope_of(line, f"{year}년 축제 안내", f"{year}-08-25", year), line) for year, line in years]
    if place is None:
        ranked[0] = evidence_of(
            scope_of("주차비는 3천원입니다.", "2025년 축제 안내", "2025-08-25", "2025"), "주차비는 3천원입니다."
        )
    assert newest_of(read_asked(question), ranked) == place


def test_a_correction_leads_before_what_it_corrects() -> None:
    notice = "1. 장소: 강당\n2. 참가비: 2만원"
    put_right = "1. 참가비\n- 당초: 2만원\n- 정정: 1만 5천원"
    ranked = [
        evidence_of(scope_of(notice, "수영대회 공고", "2026-06-01", "공고"), "2. 참가비: 2만원"),
        *lines_of(scope_of(put_right, "수영대회 공고 정정", "2026-06-01", "정정")),
    ]
    place = newest_of(read_asked("수영대회 참가비는 얼마인가요?"), ranked)
    assert place is not None
    assert ranked[place].text == "- 정정: 1만 5천원"
    assert conflicts([ranked[place], ranked[0]], [2.0, -5.0]) == [("2만원", "공고")]
