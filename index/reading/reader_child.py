"""The other side of :mod:`index.reading.reader_process`: reads documents until the one who asks is gone."""

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from time import process_time
from types import ModuleType
from typing import TYPE_CHECKING

from index.errors import GeungeoError, ReadError, unreadable_file
from index.korean.line_ends import shortened
from index.reading.composing.composer import Document
from index.reading.kinds import MAX_DOCUMENT_BYTES, VERSIONS, identify
from index.reading.plain_text.fitting import MAX_TEXT, text_too_long
from index.system.limits import in_use, limit_memory, set_processor_alarm
from index.system.spawned_process import READY

if TYPE_CHECKING:
    from index.korean.line_ends import KiwiJoiner

LOADING = "loading"  # time that is no document's; READY ends it
MARKUP = "markup"  # text that holds HTML: not a kind of file
_JUDGED_AT_ONCE = 256  # line ends; questions need Kiwi meanwhile
_MOST_JUDGED = 50_000  # line ends of a document: more than the longest that is taken has
_KEPT = 64 << 20  # bytes left behind by a document, after which a new process reads the next


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """What one document may take.

    ``seconds`` of the processor and one more for each ``bytes_a_second``; ``memory`` bytes beyond the process's own, and as
    many more as its file has beyond ``file``.
    """

    seconds: float = 30.0
    bytes_a_second: int = 500_000
    memory: int = 190 << 20
    file: int = 100 << 20

    def time_for(self, size: int) -> float:
        """Return the seconds for a document of ``size`` bytes."""
        return self.seconds + size / self.bytes_a_second

    def memory_for(self, size: int) -> int:
        """Return the bytes of memory for a document of ``size`` bytes, its file included."""
        return self.memory + max(0, size - self.file)


@dataclass(frozen=True, slots=True)
class Request:
    """A document by its path or by its bytes, and what it is called. ``kind`` "" asks what it is."""

    source: str | bytes
    name: str
    seconds: float
    kind: str = ""


@dataclass(frozen=True, slots=True)
class LineEnds:
    """Line ends that whoever asked for the document shall judge, a float for each; None where that fails."""

    ends: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Read:
    """A document, its kind and the version of the reader: "pdf-1"."""

    document: Document
    kind: str
    reader: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a document, and the processor's seconds that it took."""

    answer: Read | GeungeoError
    seconds: float


def serve(connection: Connection, limits: ReaderLimits, *, judged_there: bool = False) -> None:
    """Answer each request, Answered; end after one that left too much behind.

    ``judged_there``: whoever asks has Kiwi, and judges line ends itself.
    """
    joiner = _Joiner(connection, judged_there=judged_there)
    with contextlib.suppress(EOFError, OSError):
        connection.send(READY)
        base = in_use()
        while True:
            request: Request = connection.recv()
            memory = limits.memory_for(_size(request.source))
            joiner.seconds, joiner.memory = request.seconds, memory
            set_processor_alarm(request.seconds)
            limit_memory(memory)
            started = process_time()
            answer = _attempt(request, joiner, memory)
            limit_memory(None)
            set_processor_alarm(0)
            connection.send(Answered(answer, process_time() - started))
            if in_use() > base + joiner.own + _KEPT:
                break
    os._exit(0)  # nothing of ours needs to be put in order, and native threads may hang


def _size(source: str | bytes) -> int:
    with contextlib.suppress(OSError):
        return len(source) if isinstance(source, bytes) else Path(source).stat().st_size
    return 0


def _attempt(request: Request, joiner: "_Joiner", memory: int) -> Read | GeungeoError:
    try:
        return _read(request, joiner)
    except GeungeoError as error:
        return error
    except MemoryError:
        return too_costly(memory)
    except OSError as error:
        return unreadable_file(error.strerror or str(error) or type(error).__name__)
    except Exception as error:  # a reader's bug, or a file no reader foresaw
        return broken(type(error).__name__)


def _read(request: Request, joiner: "_Joiner") -> Read:
    data = request.source if isinstance(request.source, bytes) else _content(Path(request.source))
    if request.kind == MARKUP:
        from index.reading.web.html import read_markup

        return Read(read_markup(data.decode()), MARKUP, _version(MARKUP))
    kind = request.kind or identify(data, request.name)
    read: Callable[..., Document] = MODULES[kind]().read
    document = read(data, request.name, joiner) if kind == "pdf" else read(data, request.name)
    if len(document.text) > MAX_TEXT and not document.attachments:
        raise text_too_long(len(document.text))  # here already: it would be copied to a process that refuses it
    return Read(document, kind, _version(kind))


class _Joiner:
    """Kiwi, which judges the line ends of PDF files: that of whoever asks, or one loaded here when first needed.

    Neither its time nor its memory is a document's. ``own``: bytes that it takes here. ``seconds`` and ``memory``: what the
    document has, all of it once Kiwi is there.
    """

    def __init__(self, connection: Connection, *, judged_there: bool) -> None:
        self._connection = connection
        self._judged_there = judged_there
        self._loaded: KiwiJoiner | None = None
        self.own, self.seconds, self.memory = 0, 0.0, 0

    def scores(self, ends: Sequence[tuple[str, str]]) -> list[float]:
        """Return what :meth:`index.reading.pdf.line_joins.Joiner.scores` does."""
        if self._judged_there:
            return self._scores_there(ends[:_MOST_JUDGED]) + [0.0] * (len(ends) - _MOST_JUDGED)
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded.scores(ends)

    def _scores_there(self, ends: Sequence[tuple[str, str]]) -> list[float]:
        found: list[float] = []
        for first in range(0, len(ends), _JUDGED_AT_ONCE):
            self._connection.send(LineEnds([shortened(*end) for end in ends[first : first + _JUDGED_AT_ONCE]]))
            scores: list[float] | None = self._connection.recv()
            if scores is None:
                raise RuntimeError("line ends")
            found += scores
        return found

    def _load(self) -> "KiwiJoiner":
        from index.korean.line_ends import KiwiJoiner
        from index.korean.sentences import new_kiwi

        self._connection.send(LOADING)
        set_processor_alarm(0)
        limit_memory(None)
        before = in_use()
        kiwi = new_kiwi()
        kiwi.tokenize("글")
        self.own = in_use() - before
        limit_memory(self.memory)
        set_processor_alarm(self.seconds)
        self._connection.send(READY)
        return KiwiJoiner(kiwi)


MODULES: Mapping[str, Callable[[], ModuleType]] = {  # imported when the first document of the kind comes
    "hwp": lambda: import_module("index.reading.hancom.hwp"),
    "hwpx": lambda: import_module("index.reading.hancom.hwpx"),
    "pdf": lambda: import_module("index.reading.pdf.pdf"),
    "docx": lambda: import_module("index.reading.office.docx"),
    "pptx": lambda: import_module("index.reading.office.pptx"),
    "sheets": lambda: import_module("index.reading.spreadsheets.sheets"),
    "csv": lambda: import_module("index.reading.spreadsheets.csv_rows"),
    "html": lambda: import_module("index.reading.web.html"),
    "eml": lambda: import_module("index.reading.web.eml"),
}


def _version(kind: str) -> str:
    """Return the kind and the version of its reader, as ``pdf-1``."""
    return f"{kind}-{VERSIONS['html' if kind == MARKUP else kind]}"


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size > MAX_DOCUMENT_BYTES:
            limit = MAX_DOCUMENT_BYTES >> 20
            raise ReadError(f"{limit} MB보다 큽니다. 나누어 넣으세요.", f"larger than {limit} MB; split it.")
        return file.read()


def too_costly(memory: int) -> ReadError:
    """Return the error of a document that takes more than ``memory`` bytes."""
    limit = memory >> 20
    return ReadError(
        f"읽는 데 메모리가 {limit} MB 넘게 듭니다. 문서를 나누거나 원래 프로그램에서 다시 저장해 넣으세요.",
        f"takes more than {limit} MB of memory to read. Split it, or save it anew in its program.",
    )


def broken(what: str) -> ReadError:
    """Return the error of a document that its reader did not survive."""
    return ReadError(
        f"읽다가 멈췄습니다({what}): 파일이 깨졌거나 너무 복잡합니다. 원래 프로그램에서 다시 저장해 넣으세요.",
        f"its reader stopped ({what}): the file is damaged or too complex. Save it anew in its program.",
    )
