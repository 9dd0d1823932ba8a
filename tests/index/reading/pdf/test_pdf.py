"""PDF files: exact text, paragraphs, pages, and what is refused with a reason."""

import pypdfium2.raw as pdfium
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption

from index.articles import Place, SpanKind
from index.errors import EmptyTextError, ReadError, UnpackingError
from index.reading.composing.composer import Document
from index.reading.pdf import pdf
from tests.support import pdf_files
from tests.support.pdf_files import paragraph, pdf_file

BODY = (
    "시는 내년부터 모든 도서관의 열람실을 밤 열 시까",
    "지 열기로 하였다. 회원은 누구나 이용할 수 있으며",
    "주말에는 쉰다.",
)


def read(data: bytes) -> Document:
    return pdf.read(data, "시험.pdf")


def refusal(data: bytes, kind: type[ReadError] = ReadError) -> ReadError:
    with pytest.raises(kind) as caught:
        read(data)
    assert caught.value.korean
    assert caught.value.english
    return caught.value


def furniture(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.spans if span.kind is SpanKind.FURNITURE]


def test_lines_of_a_paragraph_are_one_line_and_a_broken_word_is_whole() -> None:
    document = read(pdf_file([paragraph(*BODY)]))
    assert document.text == (
        "시는 내년부터 모든 도서관의 열람실을 밤 열 시까지 열기로 하였다. 회원은 누구나 이용할 수 있으며 주말에는 쉰다."
    )


def test_each_line_end_inside_a_paragraph_is_kept_as_a_place() -> None:
    document = read(pdf_file([paragraph(*BODY)]))
    ends = [(document.text[place.start : place.end], place.page, place.line_end) for place in document.places]
    assert ends == [(BODY[0], 1, "joined"), (BODY[1], 1, "split"), (BODY[2], 1, None)]


def test_a_blank_at_a_lines_end_is_a_space_whatever_the_words_say() -> None:
    lines = ("모든 주민에게 알린 바와 같이 시의 새 도서관은 도서 ", "관리 규정에 따라 운영한다.")
    assert "도서 관리 규정" in read(pdf_file([paragraph(*lines)])).text


def test_a_bracket_below_a_label_is_parted_from_it() -> None:
    others = paragraph("추진(4월)과 개최(5월)", "완료(6월)와 보고(7월)", "지원금(국비)과 부담금(시비)", top=500)
    label = [(72.0, 700.0, "정부지원금"), (85.0, 686.0, "(70%)")]
    assert read(pdf_file([[*label, *others]])).text.startswith("정부지원금 (70%)\n")


def test_paragraphs_bullets_and_short_lines_stay_lines_of_their_own() -> None:
    lines = ("□ 도서관 운영 시간을 밤 열 시까지로 늘리기로 함", "□ 주말 휴관", "1. 신청 기간", "2. 신청 방법")
    assert read(pdf_file([paragraph(*lines)])).text == "\n".join(lines)


def test_what_stands_far_apart_in_a_line_is_a_row() -> None:
    rows = [(72.0, 700.0, "구분"), (250.0, 700.0, "수수료"), (72.0, 680.0, "침대"), (250.0, 680.0, "8,000원")]
    assert read(pdf_file([rows])).text == "구분\t수수료\n침대\t8,000원"


def numbered_pages(count: int) -> bytes:
    head = (72.0, 810.0, "도서관 운영 규정")
    return pdf_file(
        [
            [head, *paragraph(f"제{n}조 이 조는 {'가나다라마'[n % 5]} 항목을 정한다."), (290.0, 30.0, f"- {n} -")]
            for n in range(1, count + 1)
        ]
    )


def test_head_and_foot_lines_are_page_furniture() -> None:
    document = read(numbered_pages(4))
    assert furniture(document) == [text for n in range(1, 5) for text in ("도서관 운영 규정", f"- {n} -")]
    assert document.text.count("\n") == 11


def test_two_pages_have_no_head_line_but_a_page_number() -> None:
    assert furniture(read(numbered_pages(2))) == ["- 1 -", "- 2 -"]


def test_places_say_the_page() -> None:
    document = read(numbered_pages(4))
    found = document.text.index("제3조")
    assert next(place.page for place in document.places if place.start <= found < place.end) == 3


def test_a_paragraph_over_two_pages_is_whole_and_the_foot_line_comes_behind_it() -> None:
    first = [*paragraph("첫 쪽의 글이다.", top=700), (72.0, 100.0, BODY[0]), (290.0, 30.0, "- 1 -")]
    second = [*paragraph(*BODY[1:], top=780), (290.0, 30.0, "- 2 -")]
    document = read(pdf_file([first, second]))
    assert "밤 열 시까지 열기로" in document.text
    pages = [place.page for place in document.places]
    assert pages[0] == 1
    assert pages[-1] == 2
    assert furniture(document) == ["- 1 -", "- 2 -"]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_reads_the_same(degrees: int) -> None:
    turned = read(pdf_file([paragraph(*BODY, top=500)], turned=degrees))
    assert turned.text == read(pdf_file([paragraph(*BODY, top=500)])).text


def test_places_and_spans_are_in_order_and_inside_the_text() -> None:
    document = read(numbered_pages(5))
    for stretches in (document.places, document.spans):
        edges = [edge for stretch in stretches for edge in (stretch.start, stretch.end)]
        assert edges == sorted(edges)
        assert edges[-1] <= len(document.text)


def test_title_and_author_from_the_properties() -> None:
    document = read(pdf_file([paragraph(*BODY)], title="도서관 운영 계획", author="김하나"))
    assert (document.title, document.author) == ("도서관 운영 계획", "김하나")
    assert document.known_by == {"title": "properties", "author": "properties"}


def test_a_file_name_is_no_title_but_the_largest_line_is() -> None:
    lines = [(72.0, 780.0, "도서관 운영 계획"), *paragraph("등록일 2025. 3. 4.", *BODY)]
    document = read(pdf_file([lines], title="계획(최종).hwp", author="user", sizes={"도서관 운영 계획": 24}))
    assert (document.title, document.author) == ("도서관 운영 계획", None)
    assert document.known_by == {"title": "largest line"}


def test_nothing_is_invented() -> None:
    document = read(pdf_file([paragraph(*BODY)]))
    assert (document.title, document.author, document.published_at, document.source) == (None, None, None, None)


def test_a_password_is_refused() -> None:
    error = refusal(pdf_file([paragraph(*BODY)], encryption=StandardEncryption("열쇠", "주인", canPrint=0)))
    assert "비밀번호" in error.korean


def test_an_owner_who_forbids_to_copy_is_obeyed_unless_told_otherwise() -> None:
    data = pdf_file([paragraph(*BODY)], encryption=StandardEncryption("", "주인", canCopy=0))
    assert "복사를 막아" in refusal(data).korean
    assert pdf.read(data, "시험.pdf", ignore_permissions=True).text


def test_a_scanned_file_names_its_pages() -> None:
    assert refusal(pdf_file([None, None]), EmptyTextError).korean.startswith("1–2쪽에 글자가 없습니다")


def test_a_page_without_text_among_others_is_a_warning() -> None:
    document = read(pdf_file([None, paragraph(*BODY), [], None, None]))
    assert document.warnings == ("1, 4–5쪽은 그림만 있고 글자가 없어 읽지 못했습니다(스캔).",)
    assert document.places[0].page == 2


def test_an_empty_page_is_no_scan() -> None:
    assert refusal(pdf_file([[]]), EmptyTextError).korean.startswith("빈 PDF")


def test_a_page_whose_font_hides_its_letters_is_refused_by_name() -> None:
    error = refusal(pdf_files.without_unicode())
    assert error.korean.startswith("1쪽의 글꼴에 글자 정보(ToUnicode)가 없어")


def test_a_line_that_nobody_can_read_is_hidden_and_the_page_named() -> None:
    readable = b"The library opens its reading rooms until ten in the evening from January on."
    document = read(pdf_files.without_unicode(8, readable))
    (hidden,) = [span for span in document.spans if span.kind is SpanKind.HIDDEN]
    assert document.text[hidden.end :].strip() == readable.decode()
    assert document.warnings == ("1쪽의 일부 글은 글꼴에 글자 정보가 없어 알아볼 수 없습니다.",)


def test_a_font_may_claim_numbers_that_are_no_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdfium, "FPDFText_GetText", lambda *_: 0)
    monkeypatch.setattr(pdfium, "FPDFText_GetUnicode", lambda _text, _place: 0x110000)
    assert set(read(pdf_file([paragraph("글")])).text) == {"\ufffd"}


@pytest.mark.parametrize(
    "data",
    [
        pdf_file([paragraph(*BODY)]),
        pdf_files.with_its_font(b"BT /F 10 Tf 50 700 Td (abc d* 1d) Tj 0 -20 Td (dd) Tj ET"),
        pdf_files.without_unicode(8, b"The library opens its reading rooms co- operating with the schools."),
    ],
)
def test_a_page_asked_for_at_once_reads_as_letter_by_letter(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = read(data)
    monkeypatch.setattr(pdfium, "FPDFText_GetText", lambda *_: 0)
    assert read(data) == at_once


@pytest.mark.parametrize("megabytes", [16, pytest.param(256, marks=pytest.mark.full)])
def test_bombs_end(monkeypatch: pytest.MonkeyPatch, megabytes: int) -> None:
    monkeypatch.setattr("index.reading.pdf.guard.MAX_UNPACKED", megabytes << 20)
    assert f"{megabytes}MB" in refusal(pdf_files.bomb(megabytes + megabytes // 6), UnpackingError).korean


def test_a_form_that_draws_itself_is_refused() -> None:
    assert "끝없이" in refusal(pdf_files.self_drawing_form()).korean


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.7\n" + b"\x00" * 500, b"plain text"])
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    assert "깨졌습니다" in refusal(data).korean


def test_too_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_PAGES", 2)
    assert "3 pages" in refusal(numbered_pages(3)).english


def test_a_joiner_is_asked_once_for_all_line_ends() -> None:
    class Never:
        asked = 0

        def scores(self, ends: list[tuple[str, str]]) -> list[float]:
            self.asked += 1
            return [-8.0] * len(ends)

    joiner = Never()
    document = pdf.read(pdf_file([paragraph(*BODY)]), "시험.pdf", joiner)
    assert joiner.asked == 1
    assert Place(0, len(BODY[0]), page=1, line_end="split") == document.places[0]


def test_a_sentence_that_ends_on_the_next_line_begins_no_list() -> None:
    lines = ("회원은 누구나 도서관의 모든 열람실을 이용할 수 있", "다. 다만 공휴일에는 쉰다.")
    assert read(pdf_file([paragraph(*lines)])).text == "".join(lines)


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    left = paragraph("시는 내년부터 모든 도서관의 열람", "실을 늘린다. 회원은 누구나 이용할", x=60, top=760)
    right = paragraph("수 있으며 책을 빌릴 수 있고 하루", "열 권까지 빌릴 수 있다고 정하였다.", x=320, top=760)
    document = read(pdf_file([[*left, *right]]))
    assert "누구나 이용할 수 있으며 책을" in document.text
    assert "\n" not in document.text


def test_a_repeated_sentence_is_no_head_line() -> None:
    pages = [[(72.0, 780.0, f"[{n}] 다음 글을 읽고 물음에 답하시오."), *paragraph("글" * n)] for n in range(1, 5)]
    assert furniture(read(pdf_file(pages))) == []


def test_larger_letters_are_headings() -> None:
    lines = [(72.0, 780.0, "도서관 운영 계획"), *paragraph(*BODY), (72.0, 500.0, "둘째 장"), *paragraph(*BODY, top=470)]
    document = read(pdf_file([lines], sizes={"도서관 운영 계획": 24, "둘째 장": 16}))
    headings = [document.text[span.start : span.end] for span in document.spans if span.kind is SpanKind.SUBHEADLINE]
    assert headings == ["도서관 운영 계획", "둘째 장"]
