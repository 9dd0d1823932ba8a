"""An answer as one text with numbered footnotes, for clients that show nothing but text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from api.language import Language, choose_language
from index.text.characters import WEB_ADDRESS, safe, visible
from index.text.markdown import plain_id, plain_line
from index.text.messages import say
from rag.answers import Answer, Citation, Hit, Written
from rag.wording import absence, included, notes, place_of

_NEAREST = 3
_HANGUL = re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_MARKUP_IN_URLS = re.compile(r"[\[\]\\`*|]")


@dataclass(frozen=True, slots=True)
class Mark:
    """``text[start:end]`` of a reply is the quote of a citation that has a web address. Code points."""

    start: int
    end: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Reply:
    """``parts`` joined are the whole text; each is a line or more that can be sent on its own."""

    parts: tuple[str, ...]
    marks: tuple[Mark, ...]

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.parts)


def write_reply(answer: Answer, language: Language) -> Reply:
    """Return the cited sentences, each with its number, then a footnote for each; or that there is no evidence, and why."""
    if not answer.answered:
        return Reply(tuple(_refusal(answer, language)), ())
    numbered = list(enumerate(answer.citations, 1))
    sentences = [f"{plain_line(citation.quote)} [{number}]\n" for number, citation in numbered]
    footnotes = [_footnote(number, citation, language) for number, citation in numbered]
    said = [f"{line}\n" for line in (*notes(answer, language, plain_line), *_included(answer, language))]
    return Reply((*sentences, *said, *footnotes), tuple(_marks(answer.citations, sentences)))


def in_words(written: Sequence[Written], language: Language) -> list[str]:
    """Return what a language model wrote, to stand below a reply, a part each: the first says whose words they are."""
    lines = [
        f"{plain_line(sentence.text)} {''.join(f'[{number + 1}]' for number in sentence.citations)}\n"
        for sentence in written
    ]
    return [f"\n{say('written', language)}\n{line}" if not number else line for number, line in enumerate(lines)]


def _included(answer: Answer, language: Language) -> Iterator[str]:
    if line := included(answer, language, plain_line):
        yield f"({line})"


def reply_language(accept_language: str | None, question: str) -> Language:
    """Return what the client asks for; where it does not say, the language of the question."""
    if accept_language:
        return choose_language(accept_language)
    return "ko" if _HANGUL.search(question) else "en"


def web_url(url: str | None) -> str | None:
    """Return the address where it is http or https and nothing but an address, so that a client may make a link of it.

    What markdown would read in it is percent-encoded.
    """
    if not url or not WEB_ADDRESS.fullmatch(url) or visible(url) != url:
        return None
    return _MARKUP_IN_URLS.sub(lambda match: quote(match[0], safe=""), url)


def _marks(citations: tuple[Citation, ...], sentences: list[str]) -> Iterator[Mark]:
    at = 0
    for citation, sentence in zip(citations, sentences, strict=True):
        if url := web_url(citation.url):
            yield Mark(at, at + len(plain_line(citation.quote)), safe(citation.title or citation.article_id), url)
        at += len(sentence)


def _footnote(number: int, citation: Citation, language: Language) -> str:
    source = citation.source or say("no_source", language)
    date = citation.published_at or say("no_date", language)
    facts = [plain_line(citation.title or citation.article_id), plain_line(source), plain_line(date)]
    place = f"{plain_id(citation.article_id)}:{citation.start}-{citation.end}"
    address = web_url(citation.url)
    under = place_of(citation, language, plain_line)
    lines = [
        f"[{number}] {' · '.join(facts)}",
        *([under] if under else []),
        f"“{plain_line(citation.quote)}”",
        place,
        *([address] if address else []),
    ]
    return "".join(f"\n{line}" for line in lines) + "\n"


def _refusal(answer: Answer, language: Language) -> Iterator[str]:
    yield f"{say('not_found', language)} ({say(f'reason_{answer.reason}', language)})\n"
    if answer.absent:
        yield f"{absence(answer.absent, language, plain_line)}\n"
    yield from (f"{line}\n" for line in _included(answer, language))
    if answer.passages:
        yield f"\n{say('nearest', language)}\n"
        yield from (_nearest(hit) for hit in answer.passages[:_NEAREST])


def _nearest(hit: Hit) -> str:
    return f"- {plain_line(hit.passage.title or hit.passage.article_id)} ({plain_id(hit.passage.id)})\n"
