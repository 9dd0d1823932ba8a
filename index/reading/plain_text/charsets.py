"""Text whose sender or author says which charset it is in, which may be a lie."""

import codecs
import re

from index.errors import EncodingError
from index.reading.plain_text.decoding import decode

# What is called EUC-KR holds the syllables that only its extension has.
_NAMES = re.compile(
    r"(?:x-)?(?:euc[-_]?kr|ks_?c_?5601.*|ksc?-?5601.*|korean|windows-949|cp-?949|ms949|uhc)", re.IGNORECASE
)
_ANY_BYTES = frozenset({"ascii", "iso8859-1", "cp1252", "latin-1", "iso8859-15"})  # names given by default
_DAMAGE = 0.001  # of the letters, where a few bytes are broken


def decode_as(data: bytes, charset: str | None) -> str:
    """Return the text of ``data``, which is said to be in ``charset``.

    Valid UTF-8 is read as such whatever is said; else what is said, where that fits; else what index.reading.plain_text.decoding
    finds. Raises EncodingError where nothing does.
    """
    name = _codec(charset)
    if name is None or name in _ANY_BYTES or name == "utf-8" or _is_utf8(data):
        try:
            return decode(data)
        except EncodingError:
            if name is None or name == "ascii":
                raise
    try:
        return data.decode(name or "utf-8").removeprefix("\ufeff")
    except UnicodeError:
        text = data.decode(name or "utf-8", "replace")
        if text.count("\ufffd") <= _DAMAGE * len(text):
            return text
        return decode(data)


def _codec(charset: str | None) -> str | None:
    """Return Python's name of the charset, None for none or one it does not know."""
    charset = (charset or "").strip().strip("\"'")
    if _NAMES.fullmatch(charset):
        return "cp949"
    try:
        info = codecs.lookup(charset)
    except (LookupError, ValueError):
        return None
    return info.name if getattr(info, "_is_text_encoding", True) else None


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
