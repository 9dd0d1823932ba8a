"""Mail files (.eml): the body as text, the subject as title, the date, the sender, and the attachments.

Charsets are not taken at their word: what is called EUC-KR is CP949, and what fits no declared charset is read as
index.reading.plain_text.decoding finds it.
"""

import codecs
import email
import email.errors
import email.header
import email.policy
import email.utils
from collections.abc import Iterator
from email.message import Message

from index.articles import Span, SpanKind
from index.errors import EmptyTextError, EncodingError, ReadError, UnpackingError
from index.korean.terms import strip_ignorable
from index.reading.composing.composer import Document
from index.reading.composing.dates import first_date
from index.reading.plain_text.charsets import decode_as
from index.reading.web.html import visible_text
from index.text.characters import normalize

MAX_BYTES = 256 * 1024 * 1024
MAX_PARTS = 5_000
MAX_DEPTH = 100
MAX_PART = 64 * 1024 * 1024
_QUOTED = ("-----Original Message-----", "-----원본 메시지-----", "--------- 원본 메일 ---------")
_NAME_LENGTH = 200
_STUB = 4  # times as much in a mail's page: what stands beside it says only that there is one


def read(data: bytes, name: str) -> Document:
    """Return the text of a mail; its attachments are documents of their own, unread.

    Raises ReadError where it is no mail, or holds neither text nor an attachment.
    """
    if len(data) > MAX_BYTES:
        raise ReadError(
            f"{MAX_BYTES >> 20}MB보다 큰 메일입니다. 첨부파일을 따로 저장해 넣으세요.",
            f"a mail larger than {MAX_BYTES >> 20} MB. Save its attachments by themselves.",
        )
    message = _parse(data)
    bodies: list[str] = []
    attachments: list[tuple[str, bytes]] = []
    for part in _parts(message):
        if _is_attachment(part):
            attachments.append((_file_name(part, len(attachments) + 1), _content(part)))
        elif text := _text(part).strip():
            bodies.append(text)
    text = normalize("\n\n".join(bodies))
    if not strip_ignorable(text).strip() and not attachments:
        raise EmptyTextError(
            "본문도 첨부파일도 없는 메일입니다. 메일 프로그램에서 다시 저장해 넣으세요.",
            "a mail without text and attachments. Save it anew from the mail program.",
        )
    return _document(message, text, attachments)


def _parse(data: bytes) -> Message:
    try:
        message = email.message_from_bytes(data.removeprefix(codecs.BOM_UTF8), policy=email.policy.compat32)
    except (RecursionError, ValueError, LookupError, TypeError, IndexError) as error:
        raise ReadError(
            "메일 파일이 깨져 읽을 수 없습니다. 메일 프로그램에서 다시 저장해 넣으세요.",
            f"the mail is damaged ({type(error).__name__}). Save it anew.",
        ) from None
    if not any(message.get(key) for key in ("from", "subject", "date", "content-type", "received", "to")):
        raise ReadError(
            "메일 파일이 아닙니다: 머리글(From, Subject, Date)이 없습니다. 메일 프로그램에서 .eml로 저장해 넣으세요.",
            "no mail: it has no headers. Save it as .eml from the mail program.",
        )
    return message


def _parts(message: Message) -> Iterator[Message]:
    """Yield what holds content, in order; of alternatives the plain text, or the last that is not empty where that says far more."""
    stack = [(message, 0)]
    count = 0
    while stack:
        part, depth = stack.pop()
        count += 1
        if count > MAX_PARTS or depth > MAX_DEPTH:
            raise UnpackingError(
                "메일에 부분이 너무 많거나 너무 깊습니다. 첨부파일을 따로 저장해 넣으세요.",
                "the mail has too many parts, or too deep ones. Save its attachments by themselves.",
            )
        children = part.get_payload()
        if not isinstance(children, list) or part.get_content_maintype() != "multipart":
            yield part
            continue
        inner = [child for child in children if isinstance(child, Message)]
        if part.get_content_subtype() == "alternative":
            inner = _chosen(inner)
        stack += [(child, depth + 1) for child in reversed(inner)]


def _chosen(alternatives: list[Message]) -> list[Message]:
    """Return the alternative to read, and what is attached to another: Apple Mail attaches within the rich one."""
    plain = [part for part in alternatives if part.get_content_type() == "text/plain"]
    rich = [part for part in alternatives if part.get_content_type() != "text/plain"]
    said = next(((part, length) for part in plain if (length := len(_text(part).strip()))), None)
    shown = next(((part, length) for part in reversed(rich) if (length := _letters(part))), None)
    read, length = shown or said or (None, 0)
    if said is not None and _STUB * said[1] >= length:
        read = said[0]
    attached = [inner for part in rich if part is not read for inner in _inside(part) if _is_attachment(inner)]
    return [read, *attached] if read is not None else rich or alternatives[:1]


def _letters(part: Message) -> int:
    """Return how much text a part shows, those in it included; nothing where that cannot be read."""
    shown = [inner for inner in _inside(part) if inner.get_content_type() in ("text/html", "text/plain")]
    try:
        return sum(len(_text(inner).strip()) for inner in shown if not _is_attachment(inner))
    except ReadError:
        return 0


def _inside(message: Message) -> Iterator[Message]:
    """Yield what holds content, in order, of all alternatives, and no deeper than a mail may go."""
    stack = [(message, 0)]
    while stack:
        part, depth = stack.pop()
        children = part.get_payload()
        if not isinstance(children, list) or part.get_content_maintype() != "multipart":
            yield part
        elif depth <= MAX_DEPTH:
            stack += [(child, depth + 1) for child in reversed(children) if isinstance(child, Message)]


def _is_attachment(part: Message) -> bool:
    """Return whether a part has a file name or says that it is attached; pictures inside an HTML body are not."""
    if part.get_content_maintype() == "multipart":
        return False
    if part.get_content_disposition() == "attachment" or part.get_content_type() == "message/rfc822":
        return True
    if part.get("content-id") and part.get_content_maintype() == "image":
        return False
    named = part.get_filename() is not None or part.get_param("name") is not None
    return named or part.get_content_maintype() not in ("text", "image")


def _content(part: Message) -> bytes:
    """Return the bytes of a part, without its transfer encoding; those of a mail inside as a file of its own."""
    payload = part.get_payload()
    if isinstance(payload, list):
        inner = payload[0] if payload else None
        content: object = inner.as_bytes() if isinstance(inner, Message) else b""
    else:
        content = part.get_payload(decode=True)
    content = content if isinstance(content, bytes) else b""
    if len(content) > MAX_PART:
        raise UnpackingError(
            f"{MAX_PART >> 20}MB보다 큰 부분이 있는 메일입니다. 첨부파일을 따로 넣으세요.",
            f"a part of the mail is larger than {MAX_PART >> 20} MB. Give the attachment alone.",
        )
    return content


def _text(part: Message) -> str:
    if part.get_content_maintype() != "text":
        return ""
    content, charset = _content(part), _parameter(part, "charset")
    try:
        if part.get_content_subtype() == "html":
            return visible_text(content, charset)
        text = decode_as(content, charset).replace("\r\n", "\n").replace("\r", "\n")
    except EncodingError:
        raise EncodingError(
            "메일 본문의 문자 인코딩을 알 수 없습니다. 메일 프로그램에서 UTF-8로 다시 저장해 넣으세요.",
            "unknown character encoding of the mail's text. Save the mail anew as UTF-8.",
        ) from None
    if (_parameter(part, "format") or "").lower() != "flowed":
        return text
    return _reflowed(text, parted=(_parameter(part, "delsp") or "").lower() != "yes")


def _reflowed(text: str, *, parted: bool) -> str:
    """Return text whose program broke its lines (RFC 3676) as it was written: a blank at a line's end says that it goes on.

    ``parted``: that blank is the text's own.
    """
    lines: list[str] = []
    around: str | None = None  # the marks of quotation before the line that goes on
    for line in text.split("\n"):
        words = line.lstrip(">")
        quotation = line[: len(line) - len(words)]
        words = words[1:] if words.startswith(" ") else words
        goes_on = words.endswith(" ") and words != "-- "
        if goes_on and not parted:
            words = words[:-1]
        if around == quotation and words != "-- ":
            lines[-1] += words
        else:
            lines.append(f"{quotation} {words}" if quotation else words)
        around = quotation if goes_on else None
    return "\n".join(lines)


def _parameter(part: Message, key: str) -> str | None:
    """Return a parameter of the content type, also where it was written against the rules."""
    try:
        value = part.get_param(key)
    except (ValueError, LookupError, TypeError):
        return None
    return email.utils.collapse_rfc2231_value(value) if value is not None else None


def _file_name(part: Message, number: int) -> str:
    """Return the name of an attachment as its sender wrote it, without any folder; ``attachment-N`` for none."""
    suffix = ".eml" if part.get_content_type() == "message/rfc822" else ""
    name = _named(part).replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if char.isprintable()).strip()[-_NAME_LENGTH:]
    return name if name not in ("", ".", "..") else f"attachment-{number}{suffix}"


def _named(part: Message) -> str:
    """Return the file name that a part gives, in whichever of the ways that programs write it; "" for none."""
    for header, key in (("content-disposition", "filename"), ("content-type", "name")):
        written = Message()
        written["content-type"] = _piece("".join(_raw_header(part, header).splitlines()), None)
        try:
            value = written.get_param(key)
        except (ValueError, LookupError, TypeError):
            continue
        if isinstance(value, tuple):  # RFC 2231: its letters are bytes by now, said to be in a charset
            charset, _, letters = value
            is_bytes = all(letter <= "\xff" for letter in letters)
            return normalize(_piece(letters.encode("latin-1"), charset or "") if is_bytes else letters)
        if value:
            return _decoded(value)
    return ""


def _header(message: Message, key: str) -> str:
    """Return a header as people read it, "" for none."""
    return _decoded(_raw_header(message, key))


def _raw_header(message: Message, key: str) -> str:
    """Return a header as it is written, bytes beyond ASCII as surrogates."""
    return next((str(value) for name, value in message.raw_items() if name.lower() == key), "")


def _decoded(raw: str) -> str:
    """Return encoded words, and bytes that should have been encoded, as text."""
    try:
        pieces = email.header.decode_header(raw)
    except (email.errors.HeaderParseError, ValueError):
        pieces = [(raw, None)]
    return normalize(" ".join("".join(_piece(*piece) for piece in pieces).split()))


def _beside(piece: bytes) -> str:
    """Return what stands beside encoded words, which ``decode_header`` escapes, but for a backslash of its own."""
    try:
        text = piece.decode("raw-unicode-escape")
        text.encode("utf-8", "surrogateescape")
    except UnicodeError:
        return piece.decode("latin-1")
    return text


def _piece(text: str | bytes, charset: str | None) -> str:
    if isinstance(text, bytes) and charset is None:
        text = _beside(text)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    if isinstance(text, str) and charset is None and not any("\udc80" <= char <= "\udcff" for char in text):
        return text
    try:
        return decode_as(data, charset)
    except EncodingError:
        return data.decode("utf-8", "replace")


def _document(message: Message, text: str, attachments: list[tuple[str, bytes]]) -> Document:
    title, sent = _header(message, "subject"), _date(message)
    name, address = email.utils.parseaddr(_raw_header(message, "from"))  # before a comma comes out of an encoded word
    author = _decoded(name or address)
    known = {"title": title and "Subject", "published_at": sent and "Date", "author": author and "From"}
    return Document(
        text,
        title=title or None,
        published_at=sent or None,
        author=author or None,
        spans=tuple(_quotation(text)),
        known_by={field: label for field, label in known.items() if label},
        attachments=tuple(attachments),
    )


def _date(message: Message) -> str:
    """Return the day on the sender's clock, "" for none."""
    written = _header(message, "date")
    try:
        return email.utils.parsedate_to_datetime(written).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return first_date(written) or ""


def _quotation(text: str) -> Iterator[Span]:
    """Yield the lines that only say that an older mail follows."""
    start = 0
    for line in text.split("\n"):
        if line.strip() in _QUOTED:
            yield Span(start, start + len(line), SpanKind.NAVIGATION)
        start += len(line) + 1
