"""What goes with an answer in words, the same in the terminal, in a chat and over MCP: place, disagreement, absence."""

from collections.abc import Iterator

from index.text.characters import safe
from index.text.messages import say
from rag.answers import Absent, Answer, Citation

_PLACES = ("clause", "label", "page", "sheet", "cell")


def place_of(citation: Citation) -> str:
    """Where a quote stands: its clause or label, and the headings it stands under; "" where the text tells none."""
    located = [str(citation.locator[name]) for name in _PLACES if name in citation.locator]
    return safe(" › ".join(dict.fromkeys([*citation.context, *located])))


def absence(absent: Absent, lang: str) -> str:
    """What was asked about and is not there, and what is there instead."""
    asked, held = safe(", ".join(absent.asked)), safe(", ".join(absent.held))
    return say("absent", lang, asked=asked, held=held) if held else say("absent_only", lang, asked=asked)


def notes(answer: Answer, lang: str) -> Iterator[str]:
    """Parts that were not found, and other values that other articles give."""
    for part in answer.parts:
        if not part.citations:
            yield say("part_missing", lang, part=safe(part.question))
    for conflict in answer.conflicts:
        citation = conflict.citation
        title, date = safe(citation.title or citation.article_id), citation.published_at or say("no_date", lang)
        yield say("conflict", lang, value=safe(conflict.value), title=title, date=date)
