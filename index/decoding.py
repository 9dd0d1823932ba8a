"""Bytes to text: which encoding a Korean file is in, decided by rules and never by "the first codec that decodes".

``gb18030`` and ``big5`` decode CP949 bytes into Chinese without an error, and statistical detectors fail on short
texts, so: byte-order mark, then strict UTF-8, then strict CP949 if the result reads as Korean, else a refusal.
"""

import codecs

from index.errors import ReadError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KOREAN_SHARE = 0.5  # of the letters beyond ASCII that CP949 gives; Korean text is above .9, other bytes below .2


def decode(data: bytes, encoding: str | None = None) -> str:
    """The text of ``data``. Raises ReadError naming the byte offset where no encoding fits."""
    if encoding:
        return _strict(data, encoding)
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strict(data, name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as utf8_error:
        offset = utf8_error.start
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError:
        raise _unknown(offset) from None
    if not _reads_as_korean(text):
        raise _unknown(offset)
    return text


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        raise ReadError(f"모르는 인코딩 이름입니다: {encoding}", f"unknown encoding name: {encoding}") from None
    except UnicodeDecodeError as error:
        raise ReadError(
            f"{encoding}로 읽을 수 없습니다: {error.start}번째 바이트. 파일을 UTF-8로 저장하거나 --encoding을 바꾸세요.",
            f"not valid {encoding} at byte {error.start}. Save the file as UTF-8 or change --encoding.",
        ) from None


def _reads_as_korean(text: str) -> bool:
    beyond_ascii = [char for char in text if char > "\x7f"]
    hangul = sum("가" <= char <= "힣" for char in beyond_ascii)
    return hangul >= _KOREAN_SHARE * len(beyond_ascii)


def _unknown(offset: int) -> ReadError:
    return ReadError(
        f"문자 인코딩을 알 수 없습니다: {offset}번째 바이트. UTF-8로 저장하거나 --encoding으로 알려 주세요.",
        f"unknown character encoding at byte {offset}. Save the file as UTF-8 or name it with --encoding.",
    )
