"""Editions of one notice: the same title but for its year, number or correction mark."""

import re
from dataclasses import dataclass
from functools import lru_cache

from index.articles import Article

_CORRECTS = re.compile(r"정정|변경\s?공고|변경\s?안내|수정\s?공고|재공고|개정판|바로잡")
_VARIES = re.compile(
    r"[\[(（［][^\])）］]{0,30}(?:시행|제정|개정|정정|변경)[^\])）］]{0,30}[\])）］]|(?:일부|전부|전면)\s?개정|정정|변경|수정|재공고|재안내|개정|초안|최종|확정|바로잡습니다|\(안\)|제?\s?\d[\d.,\-/~\s]*(?:년도?|학년도|월|일|차|회|호|기|분기|학기|판)?"
    r"|상반기|하반기|상·하반기|[일이삼사]분기"
)
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Edition:
    """``series`` is equal for editions of one notice, ``date`` orders them, ``corrects`` says that it mends another."""

    series: str
    date: str
    corrects: bool

    @property
    def order(self) -> tuple[str, bool]:
        """By date; a correction comes after what it corrects on the same day."""
        return self.date, self.corrects


def read_edition(article: Article) -> Edition:
    """Read an article's edition from title and date; an undated one has its title's year, else none."""
    series, year, corrects = _read_title(article.title)
    return Edition(series or article.id, article.published_at or year, corrects)


@lru_cache(maxsize=1_000)  # every sentence of a question asks for its own
def _read_title(title: str) -> tuple[str, str, bool]:
    """Return what is left of a title without what varies, its year, and whether it says that it corrects."""
    year = _YEAR.search(title)
    series = re.sub(r"\W", "", _VARIES.sub("", title))
    return series, year.group() if year else "", _CORRECTS.search(title) is not None
