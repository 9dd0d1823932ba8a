"""The one form that letters are kept in; the table of invisible and control characters, and which of them are taken out of what."""

import re
import unicodedata
from itertools import groupby
from typing import Literal

# Ranges for a character class, each character in one group only.
_C0 = r"\x00-\x08\x0b-\x1f\x7f"  # without the two below
_C1 = r"\x80-\x9f"
_TAB_AND_LINE_FEED = r"\t\n"
_SOFT_HYPHEN = r"\xad"
_ARABIC_MARK = r"\u061c"  # a direction mark, and the only one outside U+2000
_DIRECTION_MARKS = r"\u200e\u200f"
_EMBEDDINGS = r"\u202a-\u202e"  # these and the isolates turn around what is shown after them
_ISOLATES = r"\u2066-\u2069"
_LINE_SEPARATORS = r"\u2028\u2029"
_BYTE_ORDER_MARK = r"\ufeff"
_JOINERS = r"\u200b\u200c\u2060"
_EMOJI_JOINER = r"\u200d"
_OPERATORS = r"\u2061-\u2065\u206a-\u206f"  # invisible times, plus, digit shapes
_HANGUL_FILLERS = r"\u115f\u1160\u3164\uffa0"
_MARKS_OF_SCRIPTS = r"\u034f\u17b4\u17b5\u180e"  # grapheme joiner, Khmer vowels, Mongolian separator
_VARIATION_SELECTORS = r"\ufe00-\ufe0f"
_TAGS = r"\U000e0000-\U000e0fff"
_SURROGATES = r"\ud800-\udfff"
_NONCHARACTERS = r"\ufffe\uffff"

_CONTROLS = _C0 + _C1
_ZERO_WIDTH = _JOINERS + _BYTE_ORDER_MARK
_DIRECTIONS = _DIRECTION_MARKS + _EMBEDDINGS + _ISOLATES
_UNSEEN = _SOFT_HYPHEN + _DIRECTIONS + _ZERO_WIDTH + _EMOJI_JOINER + _OPERATORS + _HANGUL_FILLERS + _TAGS


def _any_of(*groups: str) -> re.Pattern[str]:
    return re.compile(f"[{''.join(groups)}]")


# What nobody sees and nobody means: search keys are without it.
IGNORABLE = _any_of(_UNSEEN, _MARKS_OF_SCRIPTS, _VARIATION_SELECTORS)

# What Kiwi must not see: lone surrogates crash it, zero-width characters become words, line breaks end words.
UNREADABLE = _any_of(
    _SURROGATES, _CONTROLS, _TAB_AND_LINE_FEED, _SOFT_HYPHEN, _ZERO_WIDTH, _DIRECTION_MARKS, _EMBEDDINGS,
    _LINE_SEPARATORS,
)  # fmt: skip

# What a file of Hangul, and one of PDF, holds beside its text.
UNWRITTEN = _any_of(_C0, _SURROGATES, _NONCHARACTERS)
UNPRINTED = _any_of(_C0, _BYTE_ORDER_MARK, _NONCHARACTERS)

# What must not be in the name of a file that is shown.
UNSEEN_IN_NAMES = _any_of(_CONTROLS, _TAB_AND_LINE_FEED, _ARABIC_MARK, _LINE_SEPARATORS, _UNSEEN)

# What a terminal, or whatever shows a log, would obey.
OBEYED_IN_LOGS = _any_of(_CONTROLS, _ARABIC_MARK, _DIRECTIONS, _LINE_SEPARATORS)
_SHOWN_AS_MARKS = _any_of(_CONTROLS, _ARABIC_MARK, _DIRECTIONS, _LINE_SEPARATORS, _TAGS)
_WITHOUT_WIDTH = _any_of(_ZERO_WIDTH, _EMOJI_JOINER, _OPERATORS)  # a terminal may count them as cells

# A line: what stands between two ends of lines as ``str.splitlines`` knows them.
LINE = re.compile(rf"[^\n\r\v\f\x1c-\x1e\x85{_LINE_SEPARATORS}]+")

# What XML 1.0 forbids and files hold all the same, in bytes of UTF-8 or another encoding that begins with ASCII.
XML_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")

# What other encodings hold that pass for UTF-8: UTF-16 without a mark, and ISO-2022.
OTHER_ENCODING = re.compile(r"[\x00\x0e\x0f]|\x1b\$")

# A web address within a text: white space, controls, angle brackets and quotes end it.
WEB_ADDRESS = re.compile(rf"https?://[^\s{_C0}<>\"]+", re.IGNORECASE)

# What is trimmed off both ends of a sentence: white space, and what shows nothing.
BLANKS = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x2010)))
BLANKS += "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff\xad\x00"

# What stands around the words of a line, and where a page of a PDF has no ink.
BLANKS_OF_LINES = " \t\xa0\u3000\ufeff\u200b"
INKLESS = frozenset(" \t\xa0\u3000\u2002\u2003\u2009\u200b\x00")
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Mn", "Me"})  # of Unicode: controls, formats, marks upon another letter
_BLANK_BRAILLE = chr(0x2800)  # a sign of no dots, which no category tells


# A run that may hold marks alone. Python puts marks into their order by moving each past all others: minutes for a text of
# them, in which nothing else of the process goes on.
_PILED = re.compile(r"(?:[^\w\s\x00-\x7f]|[\uff9e\uff9f]){40,}")


def normalize(text: str) -> str:
    """Return the NFC, so that one syllable is one code point however the file spelled it (macOS writes NFD)."""
    return normal_form("NFC", text)


def id_as_stored(text: str) -> str:
    """Return an article's id as it is stored: NFC, without blanks around it."""
    return normalize(text).strip()


def normal_form(form: Literal["NFC", "NFKC"], text: str) -> str:
    """Return what ``unicodedata.normalize`` does, also in time where marks are piled without end."""
    if text.isascii():
        return text
    decomposed: Literal["NFD", "NFKD"] = "NFD" if form == "NFC" else "NFKD"
    return unicodedata.normalize(form, _PILED.sub(lambda run: _in_order(decomposed, run[0]), text))


def _in_order(form: Literal["NFD", "NFKD"], run: str) -> str:
    """Decompose letter by letter, and sort the marks between two letters by class, those of one class left as they are."""
    letters = [letter for char in run for letter in unicodedata.normalize(form, char)]
    groups = groupby(letters, key=lambda letter: unicodedata.combining(letter) > 0)
    return "".join(
        "".join(sorted(group, key=unicodedata.combining) if are_marks else group) for are_marks, group in groups
    )


def is_visible(text: str) -> bool:
    """Return whether anything can be seen: not only spaces, controls, characters without width, or lone marks."""
    return any(
        not char.isspace() and unicodedata.category(char) not in _UNSEEN_CATEGORIES and char != _BLANK_BRAILLE
        for char in IGNORABLE.sub("", text)
    )


def safe(text: str) -> str:
    """Return the text on one line, what a terminal would obey (escape sequences, direction marks) as visible marks."""
    return safe_inner(text).strip()


def safe_inner(text: str) -> str:
    """Return what :func:`safe` does, with the spaces at both ends kept."""
    return _WITHOUT_WIDTH.sub("", visible(text.replace("\r", " ").replace("\n", " ")))


def visible(text: str) -> str:
    """Return the text with a mark for each character that would be obeyed instead of shown: ␛, ⟨U+202E⟩. Lines stay."""
    return _SHOWN_AS_MARKS.sub(_mark, text.replace("\r\n", "\n"))


def _mark(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < ord(" "):
        return chr(0x2400 + code)  # the picture of a control character
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
