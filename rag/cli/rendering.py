"""Answers for people in a terminal: plain when piped, with emphasis when watched. Article text is never markup."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from index.korean.terms import search_key
from index.text.characters import safe, safe_inner
from index.text.messages import say
from rag.answers import Answer, Citation, Hit, SearchResult, Written
from rag.wording import absence, included, nearness, notes, place_of

if TYPE_CHECKING:
    from rich.console import Console

_WORD = re.compile(r"[^\W_]{2,}")
_NUMBER = re.compile(r"\[(\s*\d+\s*)\]")  # as our citations are numbered


def show_answer(console: "Console", answer: Answer, lang: str) -> None:
    """Print the answer, then its numbered citations; or why there is none, and what comes nearest."""
    from rich.text import Text

    if not answer.answered:
        console.print(Text(say("not_found", lang), style="bold"))
        console.print(Text(f"({say(f'reason_{answer.reason}', lang)})", style="dim"))
        if answer.absent:
            console.print(Text(absence(answer.absent, lang), style="dim"))
        _show_included(console, answer, lang)
        if answer.passages:
            console.print()
            console.print(Text(say("nearest", lang), style="dim"))
            show_hits(console, answer.question, answer.passages[:3], lang)
        return
    for number, citation in enumerate(answer.citations, 1):
        marked = _marked(citation.quote, citation, style="bold underline")
        console.print(Text.assemble(*marked, (f" [{number}]", "cyan")))
    console.print()
    sure = f" · {say('certainty', lang)} {say(f'certainty_{answer.certainty}', lang)}" if answer.certainty else ""
    console.print(Text(f"{say('evidence', lang)}{sure}", style="dim"))
    for number, citation in enumerate(answer.citations, 1):
        _show_citation(console, number, citation, answer.question, lang)
    for line in notes(answer, lang):
        console.print(Text(line, style="yellow"))
    _show_included(console, answer, lang)
    if answer.expansions:
        console.print(Text(f"{say('expanded', lang)}: {safe(', '.join(answer.expansions))}", style="dim"))


def show_written(console: "Console", written: Iterable[Written], model: str, lang: str) -> None:
    """Print each sentence of a language model as it comes, with the numbers of its citations."""
    from rich.text import Text

    for number, sentence in enumerate(written):
        if not number:
            console.print()
            console.print(Text(say("written_by", lang, model=safe(model)), style="dim"))
        marks = "".join(f"[{citation + 1}]" for citation in sentence.citations)
        console.print(Text.assemble(safe(sentence.text), (f" {marks}", "cyan")))


def _show_included(console: "Console", found: Answer | SearchResult, lang: str) -> None:
    from rich.text import Text

    if line := included(found, lang):
        console.print(Text(line, style="dim"))


def show_result(console: "Console", result: SearchResult, lang: str) -> None:
    """Print the passages, below them what the question took up from those before it."""
    show_hits(console, result.question, result.hits, lang)
    _show_included(console, result, lang)


def show_hits(console: "Console", question: str, hits: Sequence[Hit], lang: str) -> None:
    """Print numbered passages, each with its article, its place and how near it is."""
    from rich.text import Text

    for hit in hits:
        title = _theirs(safe(hit.passage.title or hit.passage.article_id))
        source, date = hit.source or say("no_source", lang), hit.published_at or say("no_date", lang)
        about = " · ".join(part for part in ("", _theirs(safe(source)), date, nearness(hit, lang)) if part)
        console.print(Text.assemble((f"[{hit.rank}] ", "cyan"), (title, "bold"), (f" · {about}", "dim")))
        console.print(Text.assemble("    ", *_emphasised(_theirs(safe(hit.passage.text)), question)))
        console.print(Text(f"    {safe(hit.passage.id)}", style="dim"))


def _show_citation(console: "Console", number: int, citation: Citation, question: str, lang: str) -> None:
    from rich.text import Text

    source = citation.source or say("no_source", lang)
    date = citation.published_at or say("no_date", lang)
    title = _theirs(safe(citation.title or citation.article_id))
    console.print(
        Text.assemble((f"[{number}] ", "cyan"), (title, "bold"), (f" · {_theirs(safe(source))} · {date}", "dim"))
    )
    if under := place_of(citation, lang):
        console.print(Text(f"    {under}", style="dim"))
    console.print(Text.assemble("    “", *_emphasised(_theirs(safe(citation.quote)), question), "”"))
    console.print(Text(f"    {safe(citation.article_id)}:{citation.start}-{citation.end}", style="dim"))


def _marked(quote: str, citation: Citation, style: str) -> list["str | tuple[str, str]"]:
    """Return the quote in pieces, its highlights styled."""
    quote = _theirs(quote)
    parts: list[str | tuple[str, str]] = []
    at = 0
    for start, end in citation.highlights:
        first, last = start - citation.start, end - citation.start
        if first >= at:
            parts += [safe_inner(quote[at:first]), (safe_inner(quote[first:last]), style)]
            at = last
    return [*parts, safe_inner(quote[at:])]


def _theirs(text: str) -> str:
    """Return an article's text, with numbers in brackets that do not look like ours; as long as it was."""
    return _NUMBER.sub(r"［\1］", text)


def _emphasised(text: str, question: str) -> list["str | tuple[str, str]"]:
    """Return the text in pieces, words that share two letters in a row with the question emphasised."""
    asked = [word for word in _WORD.findall(search_key(question))]
    pairs = {word[letter : letter + 2] for word in asked for letter in range(len(word) - 1)}
    parts: list[str | tuple[str, str]] = []
    at = 0
    for match in _WORD.finditer(text):
        key = search_key(match.group())
        if any(key[letter : letter + 2] in pairs for letter in range(len(key) - 1)):
            parts += [text[at : match.start()], (match.group(), "yellow")]
            at = match.end()
    return [*parts, text[at:]]
