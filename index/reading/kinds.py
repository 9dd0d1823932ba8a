"""Which kind of document a file is, by what it begins with and then by its suffix; and why other kinds are not read.

A suffix alone is never believed: a workbook may be a web page under its name, a ``.hwp`` the zip of a ``.hwpx``.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass

from index.errors import ReadError, UnsupportedError

TEXT_SUFFIXES = (".txt", ".md", ".markdown")
LINES_SUFFIXES = (".jsonl", ".jsonl.gz")
# The kind that a suffix promises. What is named "" is read if its first bytes say what it is.
DOCUMENT_SUFFIXES: Mapping[str, str] = {
    ".hwp": "hwp", ".hwt": "hwp", ".hwpx": "hwpx", ".hwtx": "hwpx", ".pdf": "pdf",
    ".docx": "docx", ".docm": "docx", ".dotx": "docx", ".pptx": "pptx", ".pptm": "pptx", ".ppsx": "pptx",
    ".xlsx": "sheets", ".xlsm": "sheets", ".xls": "sheets", ".xlsb": "sheets", ".ods": "sheets",
    ".csv": "csv", ".tsv": "csv", ".html": "html", ".htm": "html", ".xhtml": "html", ".eml": "eml",
}  # fmt: skip
# Of the reader of each kind: raised when it reads otherwise, so that files read by an older one are read again.
VERSIONS: Mapping[str, int] = {
    "hwp": 4, "hwpx": 4, "pdf": 3, "docx": 4, "pptx": 2, "sheets": 3, "csv": 4, "html": 2, "eml": 2,
}  # fmt: skip
READABLE_SUFFIXES = (*TEXT_SUFFIXES, *LINES_SUFFIXES, *DOCUMENT_SUFFIXES)
# What people are told is read: the best known suffixes of each kind. The page says the same (api/page/files/base/words.js).
SHOWN_KINDS = "HWP, HWPX, PDF, DOCX, PPTX, XLSX, XLS, XLSB, ODS, CSV, HTML, EML, TXT, MD, JSONL"
MAX_DOCUMENT_BYTES = 512 * 1024 * 1024
HEAD = 4_096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_HWP3 = b"HWP Document File V"
_PROMISING = (b"%PDF-", _OLE, _ZIP, _HWP3, b"{\\rtf")
_HTML = (b"<!doctype html", b"<html")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind that is not read: its name in both languages, and what to do."""

    korean: str
    english: str
    korean_cure: str
    english_cure: str

    def error(self) -> UnsupportedError:
        """Return what is raised for a file of it."""
        return UnsupportedError(
            f"{self.korean}: 읽지 않는 형식입니다. {self.korean_cure}",
            f"{self.english}: not a format that is read. {self.english_cure}",
        )


def _save_as(korean: str, english: str, other: str, program: str = "원래 프로그램") -> Refusal:
    return Refusal(korean, english, f"{program}에서 {other}로 저장해 넣으세요.", f"Save it as {other} and add that.")


_DOC = _save_as("Word 97–2003 문서(DOC)", "Word 97–2003 document (DOC)", "DOCX", "Word나 한글")
_PPT = _save_as("PowerPoint 97–2003 문서(PPT)", "PowerPoint 97–2003 document (PPT)", "PPTX", "PowerPoint")
_MSG = _save_as("Outlook 메일(MSG)", "Outlook mail (MSG)", "EML", "Outlook")
_RTF = _save_as("서식 있는 텍스트(RTF)", "rich text (RTF)", "DOCX", "Word나 한글")
_ODF = _save_as("LibreOffice 문서(ODT, ODP)", "OpenDocument text or slides (ODT, ODP)", "DOCX나 PDF", "LibreOffice")
_HANCOM = _save_as("한셀, 한쇼 문서", "Hancom Cell or Show document", "XLSX나 PPTX", "한컴오피스")
_MHT = _save_as("웹 보관 파일(MHT)", "web archive (MHT)", "HTML", "브라우저")
_ARCHIVE = Refusal("압축 파일", "archive", "압축을 풀어 안의 파일을 넣으세요.", "Unpack it and add what is in it.")
_PICTURE = Refusal(
    "그림", "picture", "글이 든 그림이면 원본 문서를 넣으세요.", "Add the document that it was made from."
)
_SOUND = Refusal(
    "소리나 동영상", "sound or video", "받아쓴 글을 텍스트 파일로 넣으세요.", "Add a transcript as a text file."
)
_DATA = Refusal(
    "데이터나 코드",
    "data or code",
    "글이라면 .txt로, 표라면 .csv로 저장해 넣으세요.",
    "Save text as .txt, tables as .csv.",
)
_PROGRAM = Refusal(
    "프로그램", "program", "문서가 아니면 폴더에서 빼세요.", "Take it out of the folder if it is no document."
)
_REFUSED: Mapping[Refusal, str] = {
    _DOC: ".doc .dot .wbk", _PPT: ".ppt .pps .pot", _MSG: ".msg .pst", _RTF: ".rtf", _ODF: ".odt .odp .ott",
    _HANCOM: ".cell .nxl .show .hpt", _MHT: ".mht .mhtml",
    _ARCHIVE: ".zip .7z .rar .gz .tgz .tar .alz .egg .xz .bz2 .cab .iso .jar",
    _PICTURE: ".png .jpg .jpeg .gif .bmp .tif .tiff .webp .svg .heic .ico .psd .ai .dwg",
    _SOUND: ".mp3 .wav .m4a .ogg .flac .wma .mp4 .mov .avi .mkv .wmv .webm",
    _DATA: ".json .xml .yaml .yml .toml .ini .py .js .css .sql .db .sqlite .parquet .log .tmp .bak .hml",
    _PROGRAM: ".exe .dll .msi .so .dmg .apk .bat .sh .lnk .url .ttf .otf .pyc",
}  # fmt: skip
_REFUSED_SUFFIX = {suffix: refusal for refusal, suffixes in _REFUSED.items() for suffix in suffixes.split()}
_IN_OLE: Mapping[str, str | Refusal] = {  # by the name of a stream or storage at the root
    "hwpsummaryinformation": "hwp", "bodytext": "hwp", "workbook": "sheets",
    "book": "sheets", "worddocument": _DOC, "powerpoint document": _PPT, "__properties_version1.0": _MSG,
}  # fmt: skip
_IN_ZIP = {"contents/": "hwpx", "word/": "docx", "ppt/": "pptx", "xl/": "sheets"}
_SYSTEM_NAMES = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r", "__init__.py"})
_SYSTEM_FOLDERS = frozenset({"__macosx", "$recycle.bin", "system volume information", "lost+found", "__pycache__"})


def is_system_file(parts: tuple[str, ...]) -> bool:
    """Return whether a path inside a folder is no document of anybody's: hidden, an editor's lock, a thumbnail."""
    name = parts[-1].lower()
    return (
        any(part.startswith(".") or part.lower() in _SYSTEM_FOLDERS for part in parts)
        or name in _SYSTEM_NAMES
        or name.startswith(("~$", ".~lock"))
    )


def suffix_of(name: str) -> str:
    """Return the suffix by which a file is read, in small letters: ``.jsonl.gz`` rather than ``.gz``; "" for none of these."""
    name = name.lower()
    return max((suffix for suffix in READABLE_SUFFIXES if name.endswith(suffix)), key=len, default="")


def is_document(name: str, head: bytes) -> bool:
    """Return whether a reader of documents is to look at a file: its suffix is one's, or its first bytes are."""
    suffix = suffix_of(name)
    return suffix in DOCUMENT_SUFFIXES or (not suffix and _last(name) not in _REFUSED_SUFFIX and _promises(head))


def unsupported(name: str) -> UnsupportedError:
    """Return the error that says why a file with that name is not read."""
    suffix = _last(name)
    if refusal := _REFUSED_SUFFIX.get(suffix):
        return refusal.error()
    shown = suffix or "확장자 없음"
    return UnsupportedError(
        f"모르는 형식({shown}): 읽는 형식은 한글 {SHOWN_KINDS}입니다. 그중 하나로 저장해 넣으세요.",
        f"unknown format ({suffix or 'no suffix'}): {SHOWN_KINDS} are read. Save it as one of them.",
    )


def identify(data: bytes, name: str) -> str:
    """Return the kind of a document's bytes. Raises UnsupportedError for kinds that are not read, ReadError for locked ones."""
    promised = DOCUMENT_SUFFIXES.get(suffix_of(name), "")
    found = _by_magic(data, promised)
    if isinstance(found, Refusal):
        raise found.error()
    if not (found or promised):
        raise unsupported(name)
    return found or promised


def _by_magic(data: bytes, promised: str) -> str | Refusal:
    head = data[:HEAD]
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:256].lower()
    if b"%PDF-" in head[:1024] and promised in ("", "pdf"):
        return "pdf"
    if head.startswith(_OLE):
        return _in_ole(data) or promised
    if head.startswith(_ZIP):
        return _in_zip(data, promised)
    if head.startswith(_HWP3) or b"<HWPML" in head:
        return "hwp"
    if start.startswith(b"{\\rtf"):
        return _RTF
    if promised in ("hwp", "docx", "sheets", "pptx") and start.startswith(_HTML):
        return "html"
    return ""


def _in_ole(data: bytes) -> str | Refusal:
    """Return a document's kind by the names at the root of a compound file, "" where they say nothing."""
    import olefile  # here, as below: only the process that reads needs it

    from index.reading.containers.bounds import locked

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            names = {entry[0].lower().strip("\x05\x01") for entry in container.listdir(streams=True, storages=True)}
    except Exception:  # olefile raises whatever a damaged file makes it raise
        return ""
    if "encryptedpackage" in names:
        raise locked()
    return next((kind for name, kind in _IN_OLE.items() if name in names), "")


def _in_zip(data: bytes, promised: str) -> str | Refusal:
    from index.reading.containers.package import Package

    try:
        names = Package(data, "").names
    except ReadError:
        return promised or _ARCHIVE  # the reader of its suffix says what is wrong
    for start, kind in _IN_ZIP.items():
        if any(name.startswith(start) for name in names) and (kind != "hwpx" or _holds_section(names)):
            return kind
    if "content.xml" in names:
        return "sheets" if promised == "sheets" or b"opendocument.spreadsheet" in data[:200] else _ODF
    return promised or _ARCHIVE


def _holds_section(names: tuple[str, ...]) -> bool:
    return any(name.startswith("contents/section") for name in names)


def _promises(head: bytes) -> bool:
    return head.startswith(_PROMISING)


def _last(name: str) -> str:
    stem, dot, suffix = name.lower().rpartition(".")
    return f".{suffix}" if dot and stem and len(suffix) <= 10 else ""
