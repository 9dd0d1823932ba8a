"""Packages: nothing in them is trusted, and what is refused says why and what to do."""

import io
import time
import zipfile
from collections.abc import Callable

import pytest

from index.errors import EmptyTextError, ReadError, UnpackingError
from index.reading.composing.metadata import properties
from index.reading.containers import bounds, xml
from index.reading.containers.package import Package
from index.reading.containers.xml import events, tree
from index.reading.office import docx, pptx
from index.reading.spreadsheets import sheets
from tests.support.office_files import SPACES, core, data, ole, package, row, w_p, xlsx
from tests.support.office_files import docx as make_docx
from tests.support.office_files import pptx as make_pptx

READERS = [docx.read, pptx.read, sheets.read]
LAUGHS = '<!DOCTYPE d [<!ENTITY a "laugh"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("content", [b"", b"PK", b"hello", b"PK\x05\x06" + bytes(18), bytes(1000)])
def test_what_is_no_package_is_refused(read: Callable[..., object], content: bytes) -> None:
    with pytest.raises(ReadError) as caught:
        read(content, "a")
    assert caught.value.korean != caught.value.english


@pytest.mark.parametrize("read", READERS)
def test_a_password_is_named(read: Callable[..., object]) -> None:
    with pytest.raises(ReadError, match="암호"):
        read(ole({"EncryptionInfo": b"x", "EncryptedPackage": b"y"}), "a.docx")


@pytest.mark.parametrize("read", [docx.read, pptx.read])
def test_a_format_of_before_2007_is_named(read: Callable[..., object]) -> None:
    with pytest.raises(ReadError, match="2007 이전"):
        read(ole({"WordDocument": b"x"}), "a.doc")


def test_entities_are_refused() -> None:
    for declared in (LAUGHS, '<!DOCTYPE d SYSTEM "file:///etc/passwd">', "<!DOCTYPE d>"):
        body = f"{declared}<w:document {SPACES}><w:body>{w_p('가')}</w:body></w:document>"
        made = package({"word/document.xml": body})
        with pytest.raises(ReadError, match="DOCTYPE"):
            docx.read(made, "a.docx")
        with pytest.raises(ReadError, match="DOCTYPE"):
            list(events(body.encode("utf-16"), "a"))


def test_depth_has_a_limit() -> None:
    assert len(list(events(b"<a>" * 200 + b"</a>" * 200, "a"))) == 400
    with pytest.raises(UnpackingError, match="200"):
        list(events(b"<a>" * 201 + b"</a>" * 201, "a"))
    for tag in ("w:sdt", "w:tbl><w:tr><w:tc", "mc:AlternateContent"):
        close = "".join(f"</{name}>" for name in reversed(tag.split("><")))
        with pytest.raises(UnpackingError):
            docx.read(make_docx(f"<{tag}>" * 1000 + w_p("가") + close * 1000), "a.docx")


def test_a_bomb_is_refused_in_time() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file, file.open("word/document.xml", "w") as member:
        for _ in range(70):
            member.write(bytes(1 << 20))
    begun = time.process_time()
    with pytest.raises(UnpackingError, match="64 MB"):
        docx.read(made.getvalue(), "a.docx")
    assert time.process_time() - begun < 10


def test_a_document_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_DOCUMENT", 1000)
    file = Package(package({"a": bytes(600), "b": bytes(600)}), "x")
    assert len(file.read("a")) == 600
    with pytest.raises(UnpackingError):
        file.read("b")


def test_members_have_a_limit() -> None:
    with pytest.raises(UnpackingError, match="5000"):
        Package(package({f"{n}": "" for n in range(5001)}), "x")


def test_elements_of_a_tree_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MAX_NODES", 5)
    with pytest.raises(UnpackingError):
        tree(b"<a>" + b"<b/>" * 10 + b"</a>", "x")


def test_a_broken_member_is_named() -> None:
    made = bytearray(make_docx(w_p("가" * 500)))
    place = made.find(b"word/document.xml") + len("word/document.xml") + 5
    made[place : place + 8] = bytes(8)
    with pytest.raises(ReadError, match=r"word/document\.xml"):
        docx.read(bytes(made), "a.docx")


def test_names_may_be_written_in_any_way() -> None:
    body = f"<w:document {SPACES}><w:body>{w_p('가나')}</w:body></w:document>"
    assert docx.read(package({"Word\\Document.XML": body}), "a.docx").text == "가나"


def test_characters_that_xml_forbids_are_passed_over() -> None:
    assert docx.read(make_docx(w_p("가&#x1;나\x02다&#11;")), "a.docx").text == "가나다"


def test_empty_documents_say_so() -> None:
    for made, read in (
        (make_docx("<w:p/>"), docx.read),
        (make_pptx([""]), pptx.read),
        (xlsx({"가": data()}), sheets.read),
    ):
        with pytest.raises(EmptyTextError):
            read(made, "a")


def test_a_document_of_another_kind_is_refused() -> None:
    book = xlsx({"가": data(row(1, "나"))})
    for read in (docx.read, pptx.read):
        with pytest.raises(ReadError):
            read(book, "a")
    with pytest.raises(ReadError):
        sheets.read(make_docx(w_p("가")), "a.xlsx")
    with pytest.raises(ReadError, match="HTML"):
        sheets.read(b"\xef\xbb\xbf <html><table>", "a.xls")


def test_properties_are_given_as_they_are_known() -> None:
    document = docx.read(make_docx(w_p("가"), core=core("예산안", "홍길동", "2025-03-05T01:02:03Z")), "a.docx")
    assert (document.title, document.author, document.published_at) == ("예산안", "홍길동", "2025-03-05")
    assert document.known_by == dict.fromkeys(("title", "author", "published_at"), "properties")


@pytest.mark.parametrize("title", ["PowerPoint 프레젠테이션", "제목 없음", "Untitled", "슬라이드 1", ""])
def test_what_programs_fill_in_is_no_title(title: str) -> None:
    found = properties({"title": title, "creator": "python-docx", "modified": "1601-01-01"})
    assert (found.title, found.author, found.published_at, found.known_by) == (None, None, None, {})


@pytest.mark.parametrize("size", [10_000, pytest.param(1_000_000, marks=pytest.mark.full)])
def test_tags_have_a_limit_that_is_seen_before_reading(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    begun = time.process_time()
    monkeypatch.setattr("index.reading.containers.package.MAX_TAGS", size * 9 // 10)
    monkeypatch.setattr("index.reading.office.docx_flow._MAX_BLOCKS", size // 2)
    with pytest.raises(UnpackingError, match=f"태그 {size * 9 // 10:,}개"):
        docx.read(make_docx("<a/>" * size), "a.docx")
    with pytest.raises(UnpackingError, match=f"문단과 셀, 한도 {size // 2:,}개"):
        docx.read(make_docx("<w:p/>" * (size * 6 // 10)), "a.docx")
    assert time.process_time() - begun < 60
