"""What an article may be, whatever door it comes in by."""

import re

from index.articles import Article
from index.errors import ReadError

MAX_ID = 512
MAX_LINE = 2000  # characters of a title, a source, an address and whatever else is said of an article
MAX_COLLECTION = 100  # characters of its name
MAX_TITLE_ENDS = 20  # of sentences: a title is read with every passage
MAX_TEXT = 500_000  # characters, a thick book; cut up it takes some 500 bytes for each, in the server and its parser
MAX_SENTENCES = 10_000  # of one text, found in it; each takes some 24 kB while the article is read and written
MAX_TEXT_BYTES = 4 * MAX_TEXT  # in the encoding that takes most
MAX_RECORD_BYTES = 8 << 20  # of the JSON of one article, where every letter may be escaped
_SENTENCE_END = re.compile(r"[.!?。…！？]+(?=\s|$)|\n")


def require_fits(article: Article) -> None:
    """Raise ReadError naming what is too long."""
    if not 1 <= len(article.id) <= MAX_ID:
        raise _too_long("id", MAX_ID)
    if len(article.text) > MAX_TEXT:
        raise text_too_long(len(article.text))
    said = {"title": article.title, "source": article.source, "url": article.url, "lang": article.lang}
    for name, value in (said | dict(article.meta)).items():
        if len(value or "") > MAX_LINE:
            raise _too_long(name, MAX_LINE)
    if len(article.collection or "") > MAX_COLLECTION:
        raise _too_long("collection", MAX_COLLECTION)
    if has_too_many_sentences(article.title):
        raise ReadError(
            f"제목에 문장이 너무 많습니다({MAX_TITLE_ENDS}개까지). 짧은 제목만 남기고 나머지는 본문에 넣으세요.",
            f"title holds more than {MAX_TITLE_ENDS} sentences. Keep a short title and move the rest into text.",
        )


def has_too_many_sentences(title: str) -> bool:
    """Return whether a title is no title: more ends of sentences than one may have."""
    return sum(1 for _ in _SENTENCE_END.finditer(title[:MAX_LINE])) > MAX_TITLE_ENDS


def too_many_sentences(count: int) -> ReadError:
    """Return the error for an article of ``count`` sentences or lines."""
    return ReadError(
        f"글 하나에 문장이나 줄이 {MAX_SENTENCES:,}개를 넘습니다({count:,}개). 나누어 따로 넣으세요.",
        f"one article holds more than {MAX_SENTENCES:,} sentences or lines ({count:,}). Split it.",
    )


def text_too_long(length: int | None = None) -> ReadError:
    """Return the error of a text that is too long; ``length`` is in characters, where it is known."""
    korean, english = (f"({length:,}자)", f" ({length:,})") if length else ("", "")
    return ReadError(
        f"글 하나가 {MAX_TEXT:,}자를 넘습니다{korean}. 장이나 달별로 나누어 따로 넣으세요.",
        f"one article is longer than {MAX_TEXT:,} characters{english}. Split it, by chapter or by month.",
    )


def _too_long(name: str, limit: int) -> ReadError:
    return ReadError(
        f"‘{name}’ 값이 너무 깁니다({limit:,}자까지). 줄여서 다시 넣으세요.",
        f"{name} is too long ({limit:,} characters at most). Shorten it.",
    )
