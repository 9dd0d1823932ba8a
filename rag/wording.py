"""What goes with an answer in words, the same in the terminal, in a chat and over MCP: place, disagreement, absence.

``shown`` makes one harmless line of what an article or a question holds, for whoever reads it.
"""

from collections.abc import Callable, Iterator

from index.text.characters import safe
from index.text.messages import say
from rag.answers import Absent, Answer, Citation

_PLACES = ("clause", "label", "page", "sheet", "cell")
Shown = Callable[[str], str]


def place_of(citation: Citation, shown: Shown = safe) -> str:
    """Where a quote stands: its clause or label, and the headings it stands under; "" where the text tells none."""
    located = [str(citation.locator[name]) for name in _PLACES if name in citation.locator]
    return shown(" › ".join(dict.fromkeys([*citation.context, *located])))


def absence(absent: Absent, lang: str, shown: Shown = safe) -> str:
    """What was asked about and is not there, and what is there instead."""
    asked, held = shown(", ".join(absent.asked)), shown(", ".join(absent.held))
    return say("absent", lang, asked=asked, held=held) if held else say("absent_only", lang, asked=asked)


def notes(answer: Answer, lang: str, shown: Shown = safe) -> Iterator[str]:
    """Parts that were not found, and other values that other articles give."""
    for part in answer.parts:
        if not part.citations:
            yield say("part_missing", lang, part=shown(part.question))
    for conflict in answer.conflicts:
        citation = conflict.citation
        title, date = shown(citation.title or citation.article_id), citation.published_at or say("no_date", lang)
        yield say("conflict", lang, value=shown(conflict.value), title=title, date=shown(date))
