"""What an uploaded file is called: for people to read and to make an id of, never for the file system."""

import re

from index.articles import normalize
from index.reading.readers import LINES_SUFFIXES, TEXT_SUFFIXES

_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_MAX_STEM = 200
READABLE = TEXT_SUFFIXES + LINES_SUFFIXES


def display_name(name: str) -> str:
    """The last part of a path of any system, in NFC, without what cannot be seen; ``file`` where nothing is left."""
    last = _UNSEEN.sub("", normalize(name)).replace("\\", "/").rpartition("/")[2].strip()
    suffix = suffix_of(last)
    stem = last[: len(last) - len(suffix)].strip(". ")[:_MAX_STEM]
    return f"{stem or 'file'}{suffix}"


def suffix_of(name: str) -> str:
    """The suffix by which it would be read, or an empty string; ``.jsonl.gz`` rather than ``.gz``."""
    found = [suffix for suffix in READABLE if name.lower().endswith(suffix)]
    longest = max(found, key=len, default="")
    return name[len(name) - len(longest) :] if longest else ""


def stem_of(name: str) -> str:
    """The id of a text file, as ``geungeo index`` would give it."""
    return name[: len(name) - len(suffix_of(name))]
