"""Read mutated files until the count is reached: ``python -m tests.support.fuzz_readers FORMAT FIRST COUNT``.

Prints each number before its file is read. Ends with 0, or dies as a reader's process may: of the clock, of its memory,
of PDFium. Any exception that no reader should raise ends it with 1.
"""

import contextlib
import random
import resource
import signal
import sys
from collections.abc import Callable

from index.articles import Place, Span
from index.errors import GeungeoError
from index.reading.composing.composer import Document
from index.reading.pdf import pdf
from index.reading.web import eml, html
from tests.support.pdf_files import bomb, paragraph, pdf_file, without_unicode

SECONDS = 20
MEMORY = 2 * 1024**3
READERS: dict[str, Callable[[bytes, str], Document]] = {"pdf": pdf.read, "html": html.read, "eml": eml.read}
_LINES = ("시는 내년부터 모든 도서관의 열람실을 밤 열 시까", "지 열기로 하였다. 회원은 누구나 이용할 수 있다.")
_PAGE = (
    "<html><head><meta charset=utf-8><title>제목</title></head><body><nav><a href=1>메뉴</a></nav><div class=content>"
    "<table><tr><th colspan=2>가</th></tr><tr><td rowspan=3>나</td><td>다<br>라</td></tr></table><p>글이다.</p></div></body></html>"
)
_MAIL = (
    "From: =?utf-8?B?6rmA?= <a@b.kr>\nSubject: =?ks_c_5601-1987?B?sPjB9g==?=\nDate: Tue, 4 Mar 2025 10:00:00 +0900\n"
    'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset=euc-kr\n\n글이다.\n'
    "--b\nContent-Type: application/pdf; name*=utf-8''%EC%98%88.pdf\nContent-Transfer-Encoding: base64\n\nUEs=\n--b--\n"
)


def seeds(kind: str) -> list[bytes]:
    """Whole files to begin with."""
    if kind == "pdf":
        two = [paragraph(*_LINES), [(72.0, 700.0, "구분"), (250.0, 700.0, "금액")]]
        return [pdf_file(two, title="제목"), without_unicode(), bomb(1)]
    return [(_PAGE if kind == "html" else _MAIL).encode()]


def mutated(data: bytes, choice: random.Random) -> bytes:
    """A few bytes changed, cut out, doubled or exchanged with others of the file."""
    out = bytearray(data)
    for _ in range(choice.randint(1, 8)):
        at, size = choice.randrange(len(out)), choice.choice((1, 1, 2, 4, 16, 200))
        how = choice.randrange(5)
        if how == 0:
            out[at : at + size] = choice.randbytes(size)
        elif how == 1:
            del out[at : at + size]
        elif how == 2:
            out[at:at] = out[at : at + size] * choice.randint(1, 20)
        elif how == 3:
            source = choice.randrange(len(out))
            out[at : at + size] = out[source : source + size]
        else:
            out[at] = choice.choice(b"0123456789<>[]/() \x00\xff")
        if not out:
            out = bytearray(b"\x00")
    return bytes(out)


def check(document: Document) -> None:
    """What must hold of every document."""
    for stretches in (document.places, document.spans):
        end = 0
        for stretch in stretches:
            assert isinstance(stretch, Place | Span)
            assert end <= stretch.start <= stretch.end <= len(document.text)
            end = stretch.end


def main(kind: str, first: int, count: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    files = seeds(kind)
    for number in range(first, first + count):
        print(number, flush=True)
        choice = random.Random(f"{kind}{number}")
        data = mutated(choice.choice(files), choice)
        signal.alarm(SECONDS)
        with contextlib.suppress(GeungeoError, MemoryError):
            check(READERS[kind](data, "fuzz"))
        signal.alarm(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
