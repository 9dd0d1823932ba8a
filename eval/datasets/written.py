"""Documents and questions written by hand in one readable text file, every answer located in its document.

A file holds documents that belong together (``@doc ID``, ``title: date: source:``, ``---``, the text, ``@end``), then
questions on them: ``q:`` the question, ``kind:``, ``e:`` a line of a document that answers, ``a:`` the answer inside it,
``n:`` what the first citation must not hold, ``d:`` which document where ``e:`` stands in several, or ``x:`` what is
absent where nothing answers. A question with ``p:`` is only proposed, and no part of the set until that line is deleted.
A line that begins with ``#`` is a comment. docs/office-gold.md tells how to write one.

Nothing is skipped in silence: whatever is wrong is a fault that names file and line.
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from eval.datasets.kinds import KINDS
from eval.datasets.records import failure
from index.errors import ReadError
from index.text.characters import normalize

_HEADERS = ("title", "date", "source")
_MARKS = ("kind", "e", "a", "n", "d", "x", "p")
_MARK = re.compile(rf"({'|'.join(_MARKS)}):(.*)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHORTEST_ANSWER = 2  # characters; one digit may do


@dataclass(frozen=True, slots=True)
class Place:
    """``text == document.text[start:end]`` in code points."""

    document: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class WrittenDocument:
    """One document; ``where`` is its ``file:line``."""

    id: str
    title: str
    text: str
    date: str | None
    source: str | None
    where: str


@dataclass(frozen=True, slots=True)
class WrittenQuestion:
    """One question. It has ``evidence`` and ``answers``, or else ``absent`` says what the documents lack."""

    id: str
    text: str
    kind: str
    evidence: tuple[Place, ...]
    answers: tuple[Place, ...]
    must_not: tuple[str, ...]
    absent: str
    where: str


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a file or a folder of them, and everything that is wrong with it. ``proposed`` were not accepted yet."""

    documents: tuple[WrittenDocument, ...] = ()
    questions: tuple[WrittenQuestion, ...] = ()
    faults: tuple[ReadError, ...] = ()
    proposed: int = 0


@dataclass(slots=True)
class _Draft:
    """A question as it stands, before its evidence is looked up."""

    id: str
    text: str
    line: int
    marks: dict[str, list[str]] = field(default_factory=lambda: {mark: [] for mark in _MARKS})


def is_written(folder: Path) -> bool:
    """Return whether some text file of the folder, or of one in it, holds a document of this form."""
    return any(line.startswith("@doc ") for path in _files(folder) for line in _lines(path))


def read_folder(folder: Path) -> Written:
    """Read every ``*.txt`` of the folder and of those in it, in order of path, ids checked across files.

    Raises ReadError for an unreadable file.
    """
    parts = [read_file(path) for path in _files(folder)]
    documents = tuple(document for part in parts for document in part.documents)
    questions = tuple(question for part in parts for question in part.questions)
    faults = [fault for part in parts for fault in part.faults]
    return Written(documents, questions, (*faults, *_repeated(documents)), sum(part.proposed for part in parts))


def read_file(path: Path) -> Written:
    """Read one file. Raises ReadError where it cannot be read at all; what is wrong inside is among ``faults``."""
    return _Reader(path).read()


class _Reader:
    """Reads one file line by line and gathers its faults."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = _lines(path)
        self._documents: list[WrittenDocument] = []
        self._drafts: list[_Draft] = []
        self._faults: list[ReadError] = []

    def read(self) -> Written:
        place = 0
        while place < len(self._lines):
            if self._lines[place].startswith("@doc "):
                place = self._document(place)
            else:
                self._line(place)
                place += 1
        accepted = [draft for draft in self._drafts if not draft.marks["p"]]
        questions = [self._question(draft) for draft in accepted]
        proposed = len(self._drafts) - len(accepted)
        return Written(tuple(self._documents), tuple(questions), tuple(self._faults), proposed)

    def _fault(self, place: int, korean: str, english: str) -> None:
        self._faults.append(failure(self._where(place), korean, english))

    def _where(self, place: int) -> str:
        return f"{self._path}:{place + 1}"

    def _document(self, first: int) -> int:
        """Read the document that begins at line ``first``; the line after it."""
        head = self._find("---", first + 1)
        end = self._find("@end", head + 1)
        if end == len(self._lines):
            self._fault(first, "문서에 '---'나 '@end'가 없습니다", "the document lacks '---' or '@end'")
            return end
        fields = self._headers(first + 1, head)
        text = "\n".join(self._lines[head + 1 : end]).strip("\n")
        document_id = self._lines[first].removeprefix("@doc ").strip()
        if not (document_id and fields.get("title") and text.strip()):
            self._fault(
                first, "문서에는 id, 제목(title), 본문이 있어야 합니다", "a document needs an id, a title and a text"
            )
        date, source = fields.get("date") or None, fields.get("source") or None
        self._documents.append(
            WrittenDocument(document_id, fields.get("title", ""), text, date, source, self._where(first))
        )
        return end + 1

    def _find(self, mark: str, place: int) -> int:
        """Return the next line that is ``mark``.

        The number of lines where none is, or another document begins first.
        """
        while place < len(self._lines) and self._lines[place].rstrip() != mark:
            if self._lines[place].startswith("@doc "):
                return len(self._lines)
            place += 1
        return min(place, len(self._lines))

    def _headers(self, first: int, end: int) -> dict[str, str]:
        fields: dict[str, str] = {}
        for number in range(first, end):
            name, _, value = self._lines[number].partition(":")
            if name not in _HEADERS or name in fields:
                known = ", ".join(_HEADERS)
                self._fault(
                    number,
                    f"문서 머리의 이름이 아닙니다: {name!r} (가능: {known})",
                    f"no header: {name!r} (known: {known})",
                )
            fields[name] = value.strip()
            if name == "date" and not _is_date(value.strip()):
                self._fault(number, f"날짜가 아닙니다: {value.strip()!r}", f"no date: {value.strip()!r}")
        return fields

    def _line(self, place: int) -> None:
        """Read a line between documents: a question begins, or something is said of it."""
        line = self._lines[place]
        if line.startswith("q:"):
            number = len(self._drafts) + 1
            self._drafts.append(_Draft(f"{self._path.stem}-{number:02d}", line[2:].strip(), place))
            return
        found = _MARK.fullmatch(line)
        if found and self._drafts:
            if not found[2].strip():
                self._fault(place, f"{found[1]}: 뒤가 비어 있습니다", f"nothing stands after {found[1]}:")
            self._drafts[-1].marks[found[1]].append(found[2].strip())
        elif line.strip() and not line.startswith("#"):
            self._fault(place, f"알 수 없는 줄입니다: {line[:40]!r}", f"what is this line? {line[:40]!r}")

    def _question(self, draft: _Draft) -> WrittenQuestion:
        marks = draft.marks
        self._check_shape(draft)
        evidence = tuple(place for text in marks["e"] if (place := self._evidence(draft, text)) is not None)
        answers = tuple(place for text in marks["a"] for place in self._answer(draft, text, evidence))
        self._check_must_not(draft)
        return WrittenQuestion(
            draft.id,
            draft.text,
            "".join(marks["kind"][:1]),
            evidence,
            answers,
            tuple(marks["n"]),
            " / ".join(marks["x"]),
            self._where(draft.line),
        )

    def _check_shape(self, draft: _Draft) -> None:
        marks, line = draft.marks, draft.line
        if not draft.text:
            self._fault(line, "질문이 비어 있습니다", "the question is empty")
        if len(marks["kind"]) != 1 or marks["kind"][0] not in KINDS:
            name = ", ".join(marks["kind"])
            self._fault(
                line, f"kind:에는 정해진 유형 하나만 적으세요: {name!r}", f"kind must be one that is known: {name!r}"
            )
        if bool(marks["e"]) == bool(marks["x"]):
            self._fault(
                line, "e:(근거)와 x:(없는 것) 가운데 하나만 있어야 합니다", "it needs either e: or x:, not both"
            )
        if bool(marks["e"]) != bool(marks["a"]):
            self._fault(line, "e:와 a:는 함께 있어야 합니다", "e: and a: go together")
        known = {document.id for document in self._documents}
        for name in marks["d"]:
            if name not in known:
                self._fault(line, f"그런 문서가 없습니다: {name}", f"no such document: {name}")

    def _evidence(self, draft: _Draft, text: str) -> Place | None:
        """Return the only place where the text stands, in the documents that the question names if it names some."""
        wanted = draft.marks["d"]
        places = [
            Place(document.id, start, start + len(text), text)
            for document in self._documents
            if text and (not wanted or document.id in wanted)
            for start in _starts(document.text, text)
        ]
        if not places:
            self._fault(
                draft.line, f"e:가 문서에 그대로 있지 않습니다: {text[:50]!r}", f"e: is in no document: {text[:50]!r}"
            )
        elif len(places) > 1:
            korean = f"e:가 {len(places)}곳에 있습니다. 더 길게 쓰거나 d:로 문서를 밝히세요: {text[:50]!r}"
            self._fault(
                draft.line, korean, f"e: stands in {len(places)} places; make it longer or name d: {text[:50]!r}"
            )
        return places[0] if places else None

    def _answer(self, draft: _Draft, text: str, evidence: Iterable[Place]) -> list[Place]:
        """Return every place of the answer inside the evidence."""
        if len(text.replace(" ", "")) < _SHORTEST_ANSWER and not text.isdigit():
            self._fault(draft.line, f"a:가 너무 짧습니다: {text!r}", f"a: is too short to tell: {text!r}")
        places = [
            Place(place.document, place.start + start, place.start + start + len(text), text)
            for place in evidence
            for start in _starts(place.text, text)
        ]
        if not places:
            self._fault(draft.line, f"a:가 어느 e: 안에도 없습니다: {text!r}", f"a: is inside no e: {text!r}")
        return places

    def _check_must_not(self, draft: _Draft) -> None:
        for text in draft.marks["n"]:
            if not any(text in document.text for document in self._documents):
                self._fault(draft.line, f"n:이 어느 문서에도 없습니다: {text!r}", f"n: is in no document: {text!r}")
            if any(answer in text for answer in draft.marks["a"]):
                self._fault(draft.line, f"n:에 정답이 들어 있습니다: {text!r}", f"n: holds an answer: {text!r}")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.txt") if path.is_file())


def _lines(path: Path) -> list[str]:
    """Return the file's lines in NFC. Raises ReadError."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise failure(str(path), f"읽을 수 없습니다({error})", f"cannot be read ({error})") from error
    return normalize(text).replace("\r\n", "\n").split("\n")


def _starts(text: str, wanted: str) -> Iterator[int]:
    """Yield each place where ``wanted`` begins in ``text``, overlaps left out."""
    place = text.find(wanted) if wanted else -1
    while place >= 0:
        yield place
        place = text.find(wanted, place + len(wanted))


def _is_date(text: str) -> bool:
    try:
        return not text or (_DATE.fullmatch(text) is not None and bool(datetime.date.fromisoformat(text)))
    except ValueError:
        return False


def _repeated(documents: Iterable[WrittenDocument]) -> Iterator[ReadError]:
    seen: dict[str, str] = {}
    for document in documents:
        if document.id in seen:
            before = seen[document.id]
            yield failure(
                document.where,
                f"문서 id가 {before}에도 있습니다: {document.id}",
                f"document id also in {before}: {document.id}",
            )
        seen.setdefault(document.id, document.where)
