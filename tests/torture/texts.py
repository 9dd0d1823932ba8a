"""Articles that are a function of their id and version, so that whoever finds one knows which it must be."""

import random
import re
import zlib

from index.articles import Article

_PLACES = ("부산", "대구", "전주", "광주", "제주", "강릉", "목포", "포항", "수원", "춘천", "여수", "울산")
_THINGS = ("부두", "도서관", "축제", "다리", "미술관", "시장", "공원", "철도", "병원", "학교", "항만", "극장")
_DEEDS = ("열었다", "지었다", "고쳤다", "옮겼다", "늘렸다", "줄였다", "맡겼다", "살렸다")
_MOST_SENTENCES = 14
_TITLE = re.compile(r"글 (\S+) 제(\d+)판")


def article(article_id: str, version: int) -> Article:
    """Its title names it, its first sentence holds a word that no other article and no other version has."""
    draw = random.Random(f"{article_id}/{version}")
    sentences = [f"이 글의 표지는 {marker(article_id, version)}."]
    for _ in range(draw.randrange(1, _MOST_SENTENCES)):
        amount = f"{draw.randrange(1, 999)}억 {draw.randrange(1, 9999)}만 원"
        sentences.append(
            f"{draw.choice(_PLACES)}의 {draw.choice(_PLACES)} {draw.choice(_THINGS)}을 {amount}에 {draw.choice(_DEEDS)}."
        )
    return Article(article_id, f"글 {article_id} 제{version}판", "\n".join(sentences), source="고문신문")


def marker(article_id: str, version: int) -> str:
    """A word of its own: 표 and eight hexadecimal figures."""
    return f"표{zlib.crc32(f'{article_id}#{version}'.encode()):08x}"


def version_in(title: str) -> tuple[str, int] | None:
    """(id, version) that a title names."""
    found = _TITLE.fullmatch(title)
    return (found[1], int(found[2])) if found else None


def record(article_id: str, version: int) -> dict[str, str]:
    """As JSON lines and HTTP have it."""
    one = article(article_id, version)
    return {"id": one.id, "title": one.title, "text": one.text, "source": one.source or ""}


def probes(count: int, seed: int = 50) -> list[str]:
    """Questions that many articles answer a little."""
    draw = random.Random(seed)
    return [f"{draw.choice(_PLACES)} {draw.choice(_THINGS)} {draw.choice(_DEEDS)}" for _ in range(count)]
