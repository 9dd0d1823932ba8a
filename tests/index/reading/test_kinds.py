"""What a file is, whatever it is called, and what is said of kinds that are not read."""

import pytest

from index.errors import ReadError, UnsupportedError
from index.reading import reader_child
from index.reading.kinds import (
    DOCUMENT_SUFFIXES,
    VERSIONS,
    identify,
    is_document,
    is_system_file,
    suffix_of,
    unsupported,
)
from tests.support import hwp_files, office_files

DOCX = office_files.docx(office_files.w_p("글이다."))


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"%PDF-1.4", "이름없음", "pdf"),
        (DOCX, "a.docx", "docx"),
        (DOCX, "a.hwp", "docx"),
        (hwp_files.hwpx(hwp_files.p(hwp_files.t("글"))), "a.hwp", "hwpx"),
        (b"HWP Document File V3.00", "a.hwp", "hwp"),  # whose reader says what to do
        (b"<html><table><tr><td>1</table>", "a.xls", "html"),
        (b"a,b", "a.csv", "csv"),
        (b"no zip at all", "a.docx", "docx"),
    ],
)
def test_a_kind_by_its_bytes(data: bytes, name: str, kind: str) -> None:
    assert identify(data, name) == kind


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (office_files.ole({"WordDocument": b"x" * 5000}), "a.docx", "DOC"),
        (office_files.ole({"PowerPoint Document": b"x" * 5000}), "a", "PPT"),
        (b"{\\rtf1 }", "a.hwp", "RTF"),
        (office_files.package({"a": b"1"}), "a", "archive"),
        (b"?", "a.xyz", "unknown format (.xyz)"),
    ],
)
def test_a_kind_that_is_not_read_is_named(data: bytes, name: str, words: str) -> None:
    with pytest.raises(UnsupportedError) as raised:
        identify(data, name)
    assert words in raised.value.english


def test_a_password_is_not_taken_for_another_kind() -> None:
    locked = office_files.ole({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"x" * 5000})
    with pytest.raises(ReadError, match="암호"):
        identify(locked, "a.docx")


@pytest.mark.parametrize("name", ["a.doc", "a.png", "a.zip", "a.mp4", "a.exe", "a.json", "a.odt", "a", "a.cell"])
def test_every_refusal_says_the_cure(name: str) -> None:
    error = unsupported(name)
    assert error.korean.endswith("요.")
    assert error.english.endswith(".")


@pytest.mark.parametrize(
    "path", ["Thumbs.db", "가/desktop.ini", ".DS_Store", "~$보고서.docx", ".git/config", "__MACOSX/a", "lost+found"]
)
def test_system_files(path: str) -> None:
    assert is_system_file(tuple(path.split("/")))
    assert not is_system_file(("보고서.docx",))


def test_suffixes() -> None:
    assert (suffix_of("A.JSONL.GZ"), suffix_of("a.hwp.txt"), suffix_of("a.gz")) == (".jsonl.gz", ".txt", "")
    assert is_document("a", b"%PDF-1.4")
    assert not is_document("a.zip", b"PK\x03\x04")


def test_every_kind_has_a_reader_and_its_version() -> None:
    assert set(DOCUMENT_SUFFIXES.values()) == VERSIONS.keys() == reader_child.MODULES.keys()
    assert all(callable(load().read) for load in reader_child.MODULES.values())
