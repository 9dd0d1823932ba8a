"""Questions that the articles here answer: made of their headings and labels, and each one asked before it is offered."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import chain, islice, zip_longest

from cachetools import LRUCache

from api.http.body import Room
from index.articles import Article
from index.structure.outline import Line, Outline, Role
from rag.answers import Answer, Certainty, Query

ARTICLES = 8  # the last that came in
OFFERED = 4
TRIED = 12  # questions asked for them
_OF_ONE = 4  # questions made of one article
_MOST_WAITING = 64  # for the questions that another one looks for: they hold no other place
_REMEMBERED = 64  # states of the library, for as many kinds of keys
_NAME = re.compile(r"[가-힣]+(?:[ ·][가-힣]+){0,2}")
_SENTENCE = re.compile(r"[다요까]$")
_LONGEST_NAME, _LONGEST_TITLE = 12, 40
_FIRST_SYLLABLE, _FINALS = 0xAC00, 28

Readable = tuple[Article, Outline]


class Examples:
    """Offers questions, and remembers them until something is written. For the event loop only."""

    def __init__(self) -> None:
        self._known: LRUCache[object, tuple[str, ...]] = LRUCache(_REMEMBERED)
        self._looking = asyncio.Lock()  # or all that open the page after an import would look for the same
        self._room = Room(_MOST_WAITING)

    async def offer(
        self,
        state: object,
        read: Callable[[], Awaitable[Sequence[Readable]]],
        ask: Callable[[Query], Awaitable[Answer]],
    ) -> tuple[str, ...]:
        """Return some that the articles of ``read`` answer; those of a ``state`` are looked for once.

        Raises ProblemError (busy) where too many wait for that, and what ``read`` and ``ask`` raise.
        """
        if state not in self._known:
            with self._room.hold(1):
                async with self._looking:
                    if state not in self._known:
                        self._known[state] = await _answered(await read(), ask)
        return self._known[state]


async def _answered(articles: Sequence[Readable], ask: Callable[[Query], Awaitable[Answer]]) -> tuple[str, ...]:
    """Return questions of each article in turn: those answered from that very article, not with low certainty."""
    made = ([(article.id, question) for question in questions_of(article, outline)] for article, outline in articles)
    found: list[str] = []
    for article_id, question in islice(filter(None, chain.from_iterable(zip_longest(*made))), TRIED):
        answer = await ask(Query(question))
        if answer.certainty in (Certainty.HIGH, Certainty.MEDIUM) and answer.citations[0].article_id == article_id:
            found.append(question)
        if len(found) == OFFERED:
            break
    return tuple(found)


def questions_of(article: Article, outline: Outline) -> Iterator[str]:
    """Yield what one might ask of an article that names its parts; nothing of one that does not."""
    title = " ".join(article.title.split())
    if not title or len(title) > _LONGEST_TITLE:
        return
    names = dict.fromkeys(filter(None, (_name_of(article.text, line) for line in outline.lines)))
    for name in islice((name for name in names if name not in title), _OF_ONE):
        yield f"{title}에서 {name}{_topic(name)}?"


def _name_of(text: str, line: Line) -> str:
    """Return the words of a label or a heading, "" where the line is neither or they name nothing by themselves."""
    if line.label > line.content:
        name = text[line.content : line.label].rstrip(" :：")
    elif line.role is Role.HEADING:
        name = text[line.content : line.end]
    else:
        return ""
    name = name.strip("* ")
    is_name = 1 < len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) and not _SENTENCE.search(name)
    return name if is_name else ""


def _topic(name: str) -> str:
    """Return the particle 은 or 는, by the last syllable."""
    return "은" if (ord(name[-1]) - _FIRST_SYLLABLE) % _FINALS else "는"
