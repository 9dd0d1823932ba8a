"""What goes with an answer in words, the same in the terminal, in a chat and over MCP: place, disagreement, absence.

``shown`` makes one harmless line of what an article or a question holds, for whoever reads it.
"""

from collections.abc import Callable, Iterator, Mapping

from index.text.characters import safe
from index.text.messages import say
from rag.answers import Absent, Answer, Citation, Hit, SearchResult

Shown = Callable[[str], str]


def place_of(citation: Citation, lang: str, shown: Shown = safe) -> str:
    """Say where a quote stands: its page, cell or row in the file, the headings above it, its clause or label.

    "" where neither the file nor the text tells any.
    """
    locator = citation.locator
    names = ("clause",) if "row" in locator else ("clause", "label")  # a row's label is read in the quote
    located = [str(locator[name]) for name in names if name in locator]
    return shown(" › ".join(dict.fromkeys([*_in_file(locator, lang), *citation.context, *located])))


def _in_file(locator: Mapping[str, str | int], lang: str) -> Iterator[str]:
    """Yield the places in the file in words: 3쪽, 예산!B2, 표 4, 2행."""
    if "page" in locator:
        yield say("place_page", lang, page=locator["page"])
    if "sheet" in locator:
        sheet = locator["sheet"]
        yield f"{sheet}!{locator['cell']}" if "cell" in locator else say("place_sheet", lang, sheet=sheet)
    row = locator.get("row")
    if isinstance(row, int):  # else it is what the text calls the row
        key = "place_table_row" if "table" in locator else "place_row"
        yield say(key, lang, table=locator.get("table"), row=row)


_VERY_NEAR, _NEAR = 0.6, 0.25  # chances that the passage's article is the right one


def nearness(hit: Hit, lang: str) -> str:
    """Say how near a passage is to the question; "" after a search by words alone, which cannot tell."""
    if hit.scores.dense is None:
        return ""
    chance = hit.scores.fused
    return say("very_near" if chance >= _VERY_NEAR else "near" if chance >= _NEAR else "less_near", lang)


def absence(absent: Absent, lang: str, shown: Shown = safe) -> str:
    """Return what was asked about and is not there, and what is there instead."""
    asked, held = shown(", ".join(absent.asked)), shown(", ".join(absent.held))
    return say("absent", lang, asked=asked, held=held) if held else say("absent_only", lang, asked=asked)


def included(found: Answer | SearchResult, lang: str, shown: Shown = safe) -> str:
    """Return what was added to the question from those before it; "" where nothing was."""
    return say("included", lang, added=shown(" ".join(found.added))) if found.added else ""


def notes(answer: Answer, lang: str, shown: Shown = safe) -> Iterator[str]:
    """Yield a line for each part that was not found, and for each other value that another article gives."""
    for part in answer.parts:
        if not part.citations:
            yield say("part_missing", lang, part=shown(part.question))
    for conflict in answer.conflicts:
        citation = conflict.citation
        title, date = shown(citation.title or citation.article_id), citation.published_at or say("no_date", lang)
        yield say("conflict", lang, value=shown(conflict.value), title=title, date=shown(date))
