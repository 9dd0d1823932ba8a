"""What is looked for in a PDF's bytes before PDFium sees them: streams that unpack without end, forms that draw themselves.

PDFium can neither be told a limit nor be interrupted. Objects inside compressed object streams are not looked into: the
clock and the memory limit of the process that reads hold for those.
"""

import re
import zlib

from index.errors import ReadError, UnpackingError

MAX_UNPACKED = 256 * 1024 * 1024  # of one stream
_RATIO = 1_032  # deflate packs no better
_CHUNK = 1024 * 1024
_STREAM = re.compile(rb"stream\r?\n")
_FLATE = re.compile(rb"/(?:FlateDecode|Fl)\b")
_LENGTH_BEFORE = 1_024  # where a stream's dictionary is looked for
_OBJECT = re.compile(rb"(\d{1,8})[ \r\n]+\d{1,5}[ \r\n]+obj\b")
_REFERENCE = re.compile(rb"(\d{1,8})[ \r\n]+\d{1,5}[ \r\n]+R\b")
_FORM = re.compile(rb"/Subtype\s*/Form\b")
_NO_RESOURCE = re.compile(rb"/Type\s*/(?:Pages?|Annot|Catalog|StructElem|StructTreeRoot|Font|OCG)\b")
_MAX_HEAD = 16 * 1024  # of an object, without its stream
_MAX_FORMS = 20_000


def check(data: bytes) -> None:
    """Raise UnpackingError or ReadError where ``data`` would never be read to its end."""
    _check_streams(data)
    if _FORM.search(data):
        _check_forms(data)


def _check_streams(data: bytes) -> None:
    for match in _STREAM.finditer(data):
        if data[max(0, match.start() - 3) : match.start()] == b"end":
            continue
        head = data[max(0, match.start() - _LENGTH_BEFORE) : match.start()]
        filters = len(_FLATE.findall(head[head.rfind(b" obj") + 1 :]))
        end = data.find(b"endstream", match.end())
        end = len(data) if end < 0 else end
        if filters and (end - match.end()) * _RATIO**filters > MAX_UNPACKED:
            _check_stream(memoryview(data)[match.end() : end], filters)


def _check_stream(packed: memoryview, filters: int) -> None:
    """Unpack a stream bit by bit, keeping nothing, until it ends or is too large."""
    layers = [zlib.decompressobj() for _ in range(min(filters, 4))]
    unpacked = [0] * len(layers)
    waiting: list[tuple[int, bytes]] = [
        (0, bytes(packed[start : start + _CHUNK])) for start in range(0, len(packed), _CHUNK)
    ][::-1]
    while waiting:
        layer, piece = waiting.pop()
        try:
            out = layers[layer].decompress(piece, _CHUNK)
        except zlib.error:
            return  # encrypted, or damaged: PDFium gives up there, too
        unpacked[layer] += len(out)
        if unpacked[layer] > MAX_UNPACKED:
            raise UnpackingError(
                f"풀면 {MAX_UNPACKED >> 20}MB가 넘는 부분이 있는 PDF입니다. 다시 저장하거나 나누어 넣으세요.",
                f"a stream of the PDF unpacks to more than {MAX_UNPACKED >> 20} MB. Save it anew or split it.",
            )
        if layers[layer].unconsumed_tail:
            waiting.append((layer, layers[layer].unconsumed_tail))
        if out and layer + 1 < len(layers):
            waiting.append((layer + 1, out))


def _check_forms(data: bytes) -> None:
    forms, references = _references(data)
    done: set[int] = set()
    for form in forms:
        if _has_cycle(form, references, forms, done):
            raise ReadError(
                f"자기 자신을 끝없이 그리는 PDF입니다(개체 {form}). 다른 프로그램으로 다시 저장해 넣으세요.",
                f"the PDF draws itself without end (object {form}). Save it anew with another program.",
            )


def _references(data: bytes) -> tuple[set[int], dict[int, tuple[int, ...]]]:
    """Return the forms, and what each form or resource refers to."""
    forms: set[int] = set()
    references: dict[int, tuple[int, ...]] = {}
    for match in _OBJECT.finditer(data):
        head = data[match.end() : match.end() + _MAX_HEAD]
        head = head[: min((at for at in (head.find(b"stream"), head.find(b"endobj")) if at >= 0), default=len(head))]
        if _NO_RESOURCE.search(head):
            continue
        number = int(match[1])
        if _FORM.search(head) and len(forms) < _MAX_FORMS:
            forms.add(number)
        references[number] = tuple(int(digits) for digits in _REFERENCE.findall(head))
    return forms, references


def _has_cycle(form: int, references: dict[int, tuple[int, ...]], forms: set[int], done: set[int]) -> bool:
    """Return whether a way from ``form`` leads back to a form on it; ``done`` keeps what leads to none."""
    path: set[int] = set()
    stack = [(form, False)]
    while stack:
        number, leaving = stack.pop()
        if leaving:
            path.discard(number)
            done.add(number)
        elif number in path:
            if number in forms:
                return True
        elif number not in done:
            path.add(number)
            stack.append((number, True))
            stack += [(other, False) for other in references.get(number, ())]
    return False
