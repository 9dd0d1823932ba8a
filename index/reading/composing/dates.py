"""The date that a document gives itself, by the label that stands before it."""

import datetime
import re
from typing import NamedTuple

_LABEL = (
    r"등록일시|등록일자|등록일|작성일시|작성일자|작성일|게시일시|게시일자|게시일|공고일자|공고일|고시일자|발행일자|발행일|배포일시|배포일자"
    r"|배포일|보도일시|보도시점|보도일|입력일|입력|기사입력|승인|등록|게재일|시행일자|시행일|기안일|제정일|개정일|최종수정일|수정일"
)
_SHORT_DATE = r"['’‘](?P<short>\d\d)\s?[-./]\s?(?P<short_month>\d{1,2})\s?[-./]\s?(?P<short_day>\d{1,2})(?!\d)"
_DATE = r"(?P<year>(?:19|20)\d\d)\s?(?:년|[-./])\s{0,2}(?P<month>\d{1,2})\s?(?:월|[-./])\s{0,2}(?P<day>\d{1,2})(?!\d)"
_SPACED = re.sub(r"(?<=[가-힣])(?=[가-힣])", r"[ \\xa0]?", _LABEL)  # 등 록 일
_LABELLED = re.compile(rf"(?<![가-힣])(?P<label>{_SPACED})[\s:：|\]】()>]{{0,6}}(?:{_DATE}|{_SHORT_DATE})")
_ALONE = re.compile(_DATE)
_FIRST_SHORT = 70  # '70 is 1970
_CHANGED = ("수정", "개정", "시행")  # say less about when it appeared than any other


class KnownDate(NamedTuple):
    """``iso`` is YYYY-MM-DD; ``label`` the word that named it."""

    iso: str
    label: str


def labelled_date(text: str) -> KnownDate | None:
    """Return the first date of ``text`` with a label such as "등록일"; when it was changed only if nothing else is said."""
    found = [
        KnownDate(iso, "".join(match["label"].split()))
        for match in _LABELLED.finditer(text)
        if (iso := _iso(match) if match["year"] else _short_iso(match)) is not None
    ]
    first = [known for known in found if not known.label.startswith(_CHANGED) and "수정" not in known.label]
    return next(iter(first or found), None)


def first_date(text: str) -> str | None:
    """Return the first full date in ``text`` as YYYY-MM-DD."""
    return next((iso for match in _ALONE.finditer(text) if (iso := _iso(match)) is not None), None)


def _iso(match: re.Match[str]) -> str | None:
    return _day(int(match["year"]), match["month"], match["day"])


def _short_iso(match: re.Match[str]) -> str | None:
    year = int(match["short"])
    return _day(year + (1900 if year >= _FIRST_SHORT else 2000), match["short_month"], match["short_day"])


def _day(year: int, month: str, day: str) -> str | None:
    try:
        return datetime.date(year, int(month), int(day)).isoformat()
    except ValueError:
        return None
