"""Bytes to text: which encoding a Korean file is in, decided by rules and never by "the first codec that decodes".

``gb18030`` and ``big5`` decode CP949 bytes into Chinese without an error, CP949 decodes most of theirs into Hangul, and
statistical detectors fail on short texts, so: byte-order mark, then strict UTF-8, then strict CP949 if the result
reads as Korean, else a refusal.
"""

import codecs
from collections import Counter

from index.errors import EncodingError
from index.text.characters import OTHER_ENCODING

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The 300 commonest syllables of five public sets, 92 % of all syllables there, commonest first.
_COMMON = frozenset(
    "이다는의에하지로을가한기고은서인사대자원시를으수도리상정스어부니해장있제전아일과나여주보라국소년비용"
    "성적신만위경등동공관구학되우그화들업중유문입터세금교게면조계며요와청방연월개트급생영내재선진통단치미"
    "합행었간모했후발산드무할것당및회거마된양체분건명료식민데법종실역반호안였운활또육음형출노직러프매능차"
    "본오르포복물설애받타임결바강작력심증야담려피때속근현점각습센외특함히크최록배카준군감초예따환집루별않"
    "번까약두추질권판없독불확레처디표련천태파래른달품됩액던험같평득변토황취말남저필류알코립격람병족목키많"
    "더술향축검편항온절버택브접돌규머범커았린난색메네석령누창책든북란름열존언훈견테참티량날플총채악림올왕"
)
# Of the letters beyond ASCII. Of Korean texts of 16 characters 4 in 1,000 fall below it, of Chinese and Japanese ones
# read as CP949 1 and 5 in 1,000 lie above it (scripts/bench/reading/decoding.py); longer texts do neither.
_KOREAN_SHARE = 0.3


def decode(data: bytes, encoding: str | None = None) -> str:
    """Return the text of ``data``. Raises EncodingError naming the byte offset where no encoding fits."""
    if encoding:
        return _strict(data, encoding)
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strict(data, name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as utf8_error:
        offset = utf8_error.start
    else:
        return _not_garbled(text)
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError:
        raise _unknown(offset) from None
    if not reads_as_korean(text) or OTHER_ENCODING.search(text):
        raise _unknown(offset)
    return text


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"{encoding} 인코딩으로 읽을 수 없습니다: {error.start + 1}번째 바이트. UTF-8로 저장하거나 --encoding을 바꾸세요.",
            f"not valid {encoding} at byte {error.start}. Save the file as UTF-8 or change --encoding.",
        ) from None
    except (LookupError, UnicodeError):  # no codec of that name, or one that is no encoding of files
        raise EncodingError(
            f"모르는 인코딩 이름입니다: {encoding}. utf-8이나 cp949 같은 이름을 쓰세요.",
            f"unknown encoding name: {encoding}. Name one such as utf-8 or cp949.",
        ) from None


def _not_garbled(text: str) -> str:
    """Return ``text``, or raise where it only looks like UTF-8.

    It may be other encodings' bytes, or Korean that was once read as Latin-1 (``¾È³ç``).
    """
    if strange := OTHER_ENCODING.search(text):
        raise _unknown(len(text[: strange.start()].encode()))
    if not text.isascii() and max(text) <= "\xff":
        data = text.encode("latin-1")
        if any(reads_as_korean(data.decode(codec, "ignore")) for codec in ("utf-8", "cp949")):
            raise _unknown(next(position for position, char in enumerate(text) if char > "\x7f"))
    return text


def reads_as_korean(text: str) -> bool:
    """Return whether a text is Korean, by how common its syllables are.

    ㅋㅋ and ㅠㅠ count for nothing, since Japanese kana look like them.
    """
    letters = {
        char: count
        for char, count in Counter(text).items()
        if char > "\x7f" and char.isalpha() and not "ㄱ" <= char <= "ㆎ"
    }
    common = sum(count for char, count in letters.items() if char in _COMMON)
    return common > _KOREAN_SHARE * sum(letters.values())


def _unknown(offset: int) -> EncodingError:
    return EncodingError(
        f"문자 인코딩을 알 수 없습니다: {offset + 1}번째 바이트. UTF-8로 저장하거나 --encoding으로 알려 주세요.",
        f"unknown character encoding at byte {offset}. Save the file as UTF-8 or name it with --encoding.",
    )
