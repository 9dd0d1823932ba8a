"""What a document's properties say of it: title, author and date, without what programs fill in by themselves."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from index.text.characters import normalize

PROPERTIES = "properties"  # by which what they say is known
_LONGEST = 300
_JUNK_TITLE = re.compile(
    r"(?i)(?:microsoft )?(?:power\s?point|word|excel)?\s?(?:프레젠테이션|presentation|문서|document|워크시트|worksheet)?\s?\d*"
    r"|제목 ?없음|untitled|(?:슬라이드|slide|sheet|book|통합 문서)\s?\d*"
)
_JUNK_AUTHOR = re.compile(r"(?i)python-docx|openpyxl|apache poi|unknown|user|admin(?:istrator)?|windows ?사용자|사용자")


@dataclass(frozen=True, slots=True)
class Properties:
    """What a document says of itself, and how each is known."""

    title: str | None = None
    author: str | None = None
    published_at: str | None = None
    known_by: Mapping[str, str] = field(default_factory=dict)

    def titled(self, title: str, known_by: str) -> "Properties":
        """Return the properties with that title where they have none."""
        if self.title or not title or len(title) > 200:
            return self
        return Properties(title, self.author, self.published_at, {**self.known_by, "title": known_by})


def properties(given: Mapping[str, str]) -> Properties:
    """Return the properties told by the fields of Dublin Core: title, creator, modified and created."""
    title, author = _line(given.get("title", "")), _line(given.get("creator", ""))
    title = "" if _JUNK_TITLE.fullmatch(title) else title
    author = "" if _JUNK_AUTHOR.fullmatch(author) else author
    date = _day(given.get("modified", "")) or _day(given.get("created", ""))
    known = {"title": title, "author": author, "published_at": date}
    return Properties(title or None, author or None, date or None, {k: PROPERTIES for k, v in known.items() if v})


def _line(text: str) -> str:
    """Return the text as one line; "" where it is none, or none that anybody wrote."""
    line = " ".join(normalize(text.replace("\0", "")).split())
    return line if line.isprintable() and len(line) <= _LONGEST else ""


def _day(written: str) -> str:
    try:
        day = datetime.date.fromisoformat(written[:10])
    except ValueError:
        return ""
    return day.isoformat() if day.year >= 1990 else ""
