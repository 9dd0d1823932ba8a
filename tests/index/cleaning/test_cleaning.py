"""The cleaner against labelled pages, against plain texts where nothing may be marked, and against arbitrary text."""

import gzip
import json
import time
import unicodedata
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import Span, SpanKind
from index.cleaning.mark import explain, mark_spans
from index.cleaning.rules import INLINE_PREFIXES, INLINE_SUFFIXES, LINE_RULES

ROOT = Path(__file__).parents[3]
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
FIXTURES = ROOT / "tests" / "fixtures" / "cleaning"
LABELS = FIXTURES / "labels"
PAGES = sorted((FIXTURES / "pages").glob("*.txt"))
PLAIN = ["public_notice", "plain_report"]
DATA = ROOT.parent / "shared" / "data"

GROUPS = {
    "captions": {SpanKind.CAPTION, SpanKind.DUPLICATE},
    "bylines": {SpanKind.BYLINE},
    "page": {SpanKind.COPYRIGHT, SpanKind.RELATED, SpanKind.COMMENTS, SpanKind.NAVIGATION, SpanKind.SPAM},
    "heads": {SpanKind.HEADLINE, SpanKind.SUBHEADLINE, SpanKind.QUESTION},
    "marked": {kind for kind in SpanKind if not kind.is_content},
}
MATCH = 0.8  # least overlap, intersection over union in code points, of a predicted and a labelled span


class Figures(NamedTuple):
    """Precision and recall, of spans and of non-space characters; 1.0 where the divisor is nought."""

    span_precision: float
    span_recall: float
    char_precision: float
    char_recall: float


def labelled_spans(page: Path) -> tuple[str, list[Span]]:
    """A page's text and its labels; what is not labelled is BODY."""
    text = page.read_text(encoding="utf-8")
    spans = []
    for label in json.loads((LABELS / f"{page.stem}.json").read_text(encoding="utf-8")):
        start = -1
        for _ in range(label.get("occurrence", 1)):
            start = text.index(label["quote"], start + 1)
        spans.append(Span(start, start + len(label["quote"]), SpanKind(label["kind"])))
    return text, spans


def overlap(a: Span, b: Span) -> float:
    """Intersection over union."""
    common = min(a.end, b.end) - max(a.start, b.start)
    return max(0, common) / (max(a.end, b.end) - min(a.start, b.start))


def matched(spans: list[Span], others: list[Span]) -> int:
    return sum(any(overlap(span, other) >= MATCH for other in others) for span in spans)


def letters(text: str, spans: list[Span]) -> set[int]:
    return {at for span in spans for at in range(span.start, span.end) if not text[at].isspace()}


def ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def measure(pages: list[Path], kinds: set[SpanKind], *, with_title: bool) -> Figures:
    """Figures over all the pages together for spans of ``kinds``."""
    counts = [0] * 7
    for page in pages:
        text, labels = labelled_spans(page)
        headlines = [text[span.start : span.end] for span in labels if span.kind is SpanKind.HEADLINE]
        title = headlines[0] if with_title and headlines else ""
        found = [span for span in mark_spans(text, title) if span.kind in kinds]
        wanted = [span for span in labels if span.kind in kinds]
        found_at, wanted_at = letters(text, found), letters(text, wanted)
        page_counts = (matched(found, wanted), len(found), matched(wanted, found), len(wanted))
        page_letters = (len(found_at & wanted_at), len(found_at), len(wanted_at))
        counts = [a + b for a, b in zip(counts, (*page_counts, *page_letters), strict=True)]
    right, found_n, got, wanted_n, common, found_c, wanted_c = counts
    return Figures(ratio(right, found_n), ratio(got, wanted_n), ratio(common, found_c), ratio(common, wanted_c))


@pytest.mark.parametrize("with_title", [False, True], ids=["no title", "title"])
@pytest.mark.parametrize("group", GROUPS)
def test_seeds(group: str, with_title: bool) -> None:
    figures = measure(SEEDS, GROUPS[group], with_title=with_title)
    assert min(figures) >= 0.95, figures


@pytest.mark.parametrize("with_title", [False, True], ids=["no title", "title"])
@pytest.mark.parametrize("group", GROUPS)
def test_other_pages(group: str, with_title: bool) -> None:
    figures = measure(PAGES, GROUPS[group], with_title=with_title)
    assert min(figures) >= 0.9, figures


@pytest.mark.parametrize("page", [*SEEDS, *PAGES], ids=lambda page: page.stem)
def test_no_body_is_lost(page: Path) -> None:
    """Whatever else may be wrong on a page, no unlabelled character may be marked as furniture."""
    text, labels = labelled_spans(page)
    marked = letters(text, [span for span in mark_spans(text) if not span.kind.is_content])
    body = set(range(len(text))) - letters(text, labels)
    assert "".join(text[at] for at in sorted(marked & body)) == ""


# --- nothing to mark

SENTENCE = "신청은 주민센터를 방문하거나 누리집에서 할 수 있습니다."
UNMARKED = {
    "period": f"{SENTENCE}\n신청 기간: 3월 1일~3월 31일\n등록: 2024. 3. 1. 10:00 ~ 2024. 3. 5. 18:00",
    "contact": f"{SENTENCE}\n문의: 복지정책과 02-123-4567\n이메일: help@city.example\nhelp@city.example",
    "bullets": f"추진 계획\n△ 예산 3억 원\n◇ 대상\n▶ 소상공인\n- 언제까지인가?\n- 3월 말까지\n{SENTENCE}",
    "table": f"이용 시간\n| 구분 | 시간 |\n| --- | --- |\n| ▲ 증가 |\n| 평일 | 9시 |\n{SENTENCE}\n| 담당 | 홍길동 |",
    "contest": f"제5기 어린이 기자 모집\n{SENTENCE}\n사진: 증명사진\n글자 크기: 11pt\n(중식 제공)\n댓글 작성",
    "rights": f"규정 해설\n저작권자의 허락 없이 무단 전재를 금지한다는 조항이다.\n{SENTENCE}\n- 뉴스 무단 전재 금지",
    "numbers": f"날씨 자료\n20.1℃\n맑음\n정치\n경제\n{SENTENCE}\n1위\n2024. 3. 1.\n비",
    "manual": f"화면 구성\n홈 > 설정 > 알림\n로그인 회원가입 검색\n{SENTENCE}\n공유 인쇄 스크랩\nURL 복사",
    "missing": f"사람을 찾습니다\n{SENTENCE}\n제보는 경찰청 112로\n연락처 02-000-0000",
    "issues": f"정책 관련 이슈\n{SENTENCE}\n주요 이슈\n의견 1\n(단위=조원)\n관련 기사\n{SENTENCE}",
    "picture": f"지도 설명\n![지도](map.png)\n강의실 전경/내부\n옛 모습/현재 모습\n{SENTENCE}\n끝",
}


def test_plain_pages_stay_whole() -> None:
    for name in PLAIN:
        text = (FIXTURES / "pages" / f"{name}.txt").read_text(encoding="utf-8")
        assert {span.kind for span in mark_spans(text)} == {SpanKind.BODY}, name


@pytest.mark.parametrize("name", UNMARKED)
def test_plain_text_is_not_marked(name: str) -> None:
    text = UNMARKED[name]
    marked = [piece.text for piece in explain(text) if piece.kind is not None and piece.rule != "image"]
    assert marked == []


@pytest.mark.parametrize(
    "line",
    [
        "신청 기간: 3월 1일~3월 31일",
        "관련기사",
        "저작권자 © 가나일보 무단전재 및 재배포 금지",
        "홍길동 기자",
        "댓글 0",
        "맑음",
    ],
)
def test_one_line_is_never_dropped(line: str) -> None:
    assert mark_spans(line) == [Span(0, len(line), SpanKind.BODY)]


def test_a_page_of_furniture_alone_stays_body() -> None:
    text = "관련기사\n저작권자 © 가나일보 무단전재 및 재배포 금지\n댓글 0"
    assert mark_spans(text) == [Span(0, len(text), SpanKind.BODY)]


@pytest.mark.parametrize("name", ["easylaw", "welfare_qa", "korquad1", "autorag_ko_embed"])
def test_real_plain_documents_stay_whole(name: str) -> None:
    """Laws, welfare schemes, wiki passages and pages of reports; the one line marked is a true byline."""
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent: the measuring data is not part of the repository")
    total = marked = 0
    for document in islice(read_documents(folder), 300):
        total += len(document["text"])
        spans = mark_spans(unicodedata.normalize("NFC", document["text"]), document["title"])
        marked += sum(span.end - span.start for span in spans if not span.kind.is_content)
    assert marked <= 0.0002 * total


def read_documents(folder: Path) -> Iterator[dict[str, str]]:
    plain = folder / "corpus.jsonl"
    with plain.open(encoding="utf-8") if plain.exists() else gzip.open(f"{plain}.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


# --- single rules

ARTICLE = "정부는 오늘 새로운 청년 정책을 발표했다. 이번 정책은 청년의 주거 안정과 취업 지원을 핵심으로 한다."


def kept(text: str) -> str:
    return "\n".join(text[span.start : span.end] for span in mark_spans(text) if span.kind.is_content)


@pytest.mark.parametrize(
    "tail",
    [
        " 홍길동 기자 gildong@gana.example",
        "홍길동기자 gildong@gana.example",
        " 세종 홍길동 기자",
        " 홍길동 인턴기자·임꺽정 기자",
        " 홍길동 문화부 기자 gildong@gana.example (콘텐츠본부) 사진=장길산",
        " (사진=가나일보)",
        " 홍길동 기자 gildong@gana.example Copyright © 가나일보. All rights reserved. 무단 전재 및 재배포 금지.",
        "<저작권자(c) 가나통신, 무단 전재-재배포 금지>",
        "\n홍길동 기자 a@gana.example, 임꺽정 기자 b@gana.example",
        "\n[가나통신]",
        "\n가나 / 홍길동 특파원",
    ],
)
def test_bylines_and_rights_after_the_article(tail: str) -> None:
    assert kept(f"청년 정책 발표\n{ARTICLE}{tail}") == f"청년 정책 발표\n{ARTICLE}"


@pytest.mark.parametrize(
    "prefix",
    ["[가나저널=홍길동 기자] ", "(서울=가나통신) 홍길동 기자 = ", "[가나신문/홍길동기자]", "뉴욕=홍길동 특파원 = "],
)
def test_inline_byline_before_the_article(prefix: str) -> None:
    text = f"청년 정책 발표\n{prefix}{ARTICLE}"
    spans = {text[span.start : span.end]: span.kind for span in mark_spans(text)}
    assert spans[prefix.strip()] is SpanKind.BYLINE
    assert spans[ARTICLE] is SpanKind.BODY


def test_byline_of_a_long_one_line_article() -> None:
    text = f"(서울=가나통신) 홍길동 기자 = {ARTICLE * 3} 홍길동 기자 gildong@gana.example"
    assert [span.kind for span in mark_spans(text)] == [SpanKind.BYLINE, SpanKind.BODY, SpanKind.BYLINE]


def test_title_repeated_and_cut_off() -> None:
    title = "청년 월세 지원 다음 달부터 시작한다"
    text = f"{title}\n청년 월세 지원 다음 달부터…\n홍길동 기자\n{ARTICLE}"
    assert [span.kind for span in mark_spans(text, title)] == [
        SpanKind.HEADLINE,
        SpanKind.DUPLICATE,
        SpanKind.BYLINE,
        SpanKind.BODY,
    ]


def test_body_lines_are_one_span_over_their_line_ends() -> None:
    text = f"  {ARTICLE}\r\n\r\n{ARTICLE} \r\n"
    assert mark_spans(text) == [Span(2, len(text) - 3, SpanKind.BODY)]


def test_markdown_headings() -> None:
    text = f"# 청년 정책\n{ARTICLE}\n## 대상\n{ARTICLE}"
    kinds = [span.kind for span in mark_spans(text)]
    assert kinds == [SpanKind.HEADLINE, SpanKind.BODY, SpanKind.SUBHEADLINE, SpanKind.BODY]


def test_a_copyright_line_does_not_end_a_page_that_goes_on() -> None:
    text = f"홍길동 기자\n{ARTICLE}\n저작권자 © 가나일보 무단전재 금지\n{ARTICLE}\n신청 서류\n신청서 1부"
    assert kept(text).endswith("신청 서류\n신청서 1부")


def test_rule_names_are_unique() -> None:
    names = [rule.name for rule in LINE_RULES] + [rule.name for rule in INLINE_PREFIXES + INLINE_SUFFIXES]
    assert len(names) == len(set(names))


# --- any text at all

FURNITURE = [
    "홍길동 기자",
    "a@b.kr",
    "저작권자 ©",
    "관련기사",
    "댓글 0",
    "[사진=KT]",
    "![]() |",
    "| ▲ 모습 |",
    "-왜인가?",
    "▶ 답",
]
ALPHABET = "가나다각힣 ab1.?!,\"'“”…=/|[](){}<>#-▶◇△ⓒ©@\n\r\t\u00a0\u200b\u2028\u0301\u1112\u1161\U0001f600"
WORDS = st.one_of(st.sampled_from(FURNITURE), st.text(ALPHABET, max_size=12), st.text(max_size=5))
TEXTS = st.lists(WORDS, max_size=30).flatmap(
    lambda words: st.sampled_from([" ", "\n", "\r\n", ""]).map(lambda s: s.join(words))
)


@given(TEXTS, st.one_of(st.just(""), WORDS), st.sampled_from(["NFC", "NFD"]))
@settings(max_examples=120, deadline=None)
def test_spans_are_ordered_disjoint_and_cover_every_letter(text: str, title: str, form: str) -> None:
    text = unicodedata.normalize(form, text)  # type: ignore[arg-type]
    spans = mark_spans(text, title)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert letters(text, spans) == {at for at, char in enumerate(text) if not char.isspace()}
    assert not any(text[span.start].isspace() or text[span.end - 1].isspace() for span in spans)
    assert not spans or any(span.kind.is_content for span in spans)


@given(TEXTS)
@settings(max_examples=50, deadline=None)
def test_same_text_same_spans(text: str) -> None:
    assert mark_spans(text) == mark_spans(text)


LONG = {
    "line ends": "\n" * 10**6,
    "spaces": " " * 10**6,
    "one line": "가나다 기자 " * 150_000,
    "brackets": "[" * 10**6 + "\n끝",
    "slashes": "/가=" * 350_000 + "\n끝",
    "sentences": "다. " * 350_000,
    "signs": "\n".join(f"{number}{'ⓒ' * 110}" for number in range(1_000)),
    "words": "\n".join(f"{number} {'가나 ' * 35}" for number in range(1_000)),
    "names": "\n".join(f"{number}{'가·' * 55}" for number in range(1_000)),
    "prose": "\n".join(f"{number} {ARTICLE}" for number in range(5_000)),
}


@pytest.mark.parametrize("name", LONG)
def test_no_text_takes_long(name: str) -> None:
    start = time.thread_time()
    mark_spans(LONG[name])
    assert time.thread_time() - start < 2
