"""Evidence to citations: which sentences are quoted, how far each quote reaches, and where it stands."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from index.structure.outline import Role
from rag.answers import Citation
from rag.evidence.evidence import Evidence
from rag.evidence.expected import day_of, in_unit, read_meaning, wanted_values
from rag.evidence.highlight import find_highlights
from rag.question.asked import Asked, Asks
from rag.question.question import Question
from rag.ranking.matching import Values

MAX_CITATIONS = 3
MAX_LISTED = 12
_SUPPORTING_MARGIN = 1.2  # in logits: a further sentence is cited when it is this near the first
_TERMINAL = re.compile(r"(?<=[.!?。])[\"'”’)\]]*\s+(?=\S)")
_MAX_QUOTE = 600
_CONTEXT = 80  # characters of a heading that are shown
_LISTED = frozenset({Role.ITEM, Role.ROW})


def choose(read: Asked, ranked: Sequence[Evidence], scores: Values) -> list[Evidence]:
    """The best sentence and those that say as much; the whole list where a list is asked for."""
    if not ranked:
        return []
    best = ranked[0]
    chosen, texts = [best], {best.text}
    if Asks.LIST in read.kinds or Asks.COMPARISON in read.kinds:
        for other in _siblings(best, ranked):
            if other.text not in texts and len(chosen) < MAX_LISTED:
                texts.add(other.text)
                chosen.append(other)
        if len(chosen) > 1:
            return [best, *sorted(chosen[1:], key=lambda one: one.row.sentence.start)]
    for other, score in zip(ranked[1:], scores[1:], strict=True):
        if len(chosen) == MAX_CITATIONS or score < scores[0] - _SUPPORTING_MARGIN:
            break
        if other.text not in texts:
            texts.add(other.text)
            chosen.append(other)
    return chosen


def _siblings(best: Evidence, ranked: Iterable[Evidence]) -> list[Evidence]:
    """The other items of the list that the best sentence is one of, or the items under it."""
    line, place = best.standing.line, best.standing.place
    return [
        one
        for one in ranked
        if one is not best
        and one.scope.article.id == best.scope.article.id
        and one.standing.line.role in _LISTED
        and (
            (one.standing.line.parent == line.parent and one.standing.line.role is line.role and line.role in _LISTED)
            or one.standing.line.parent == place
        )
    ]


def make_citation(question: Question, read: Asked, evidence: Evidence) -> Citation:
    """The quote with its place; a piece of a sentence is made whole again."""
    article = evidence.scope.article
    start, end = whole_sentence(article.text, evidence)
    quote = article.text[start:end]
    return Citation(
        article_id=article.id,
        title=article.title,
        source=article.source,
        url=article.url,
        published_at=article.published_at,
        start=start,
        end=end,
        quote=quote,
        score=evidence.hit.scores.fused,
        highlights=marks(question, read, quote, start, day_of(article.published_at)),
        context=context_of(evidence),
        locator=locator_of(evidence),
    )


def marks(
    question: Question, read: Asked, quote: str, start: int, published: date | None
) -> tuple[tuple[int, int], ...]:
    """Spans, in the article's code points, of the values of the kind asked for; in the unit asked for where one has it."""
    wanted = wanted_values(read, read_meaning(quote, published).values)
    fitting = [value for value in wanted if in_unit(read, [value])] if read.unit else wanted
    if values := fitting or wanted:
        return tuple((start + value.start, start + value.end) for value in values)
    return find_highlights(question, quote, start)


def whole_sentence(text: str, evidence: Evidence) -> tuple[int, int]:
    """Where the sentence begins and ends that the evidence is, or is a piece of: cut for the encoder, it was too long."""
    sentence, line = evidence.row.sentence, evidence.standing.line
    start, end = sentence.start, sentence.end
    if evidence.standing.place < 0 or not line.start <= start < end <= line.end:
        return start, end
    before, after = text[line.start : start], text[end : line.end]
    bounds = [0, *(match.end() for match in _TERMINAL.finditer(before))]
    first = line.start + bounds[-1] if before.strip() and not _closes(before) else start
    following = _TERMINAL.search(after)
    last = end if _closes(text[start:end]) else end + (following.start() if following else len(after))
    if last - first > _MAX_QUOTE or (first, last) == (start, end):
        return start, end
    piece = text[first:last]
    return first + len(piece) - len(piece.lstrip()), first + len(piece.rstrip())


def _closes(text: str) -> bool:
    return re.search(r"[.!?。:：)\]」』”’\"']\s*$", text) is not None


def context_of(evidence: Evidence) -> tuple[str, ...]:
    """What the quote stands under, outermost first: headings, an item's parents, a row's column names."""
    scope, own = evidence.scope, evidence.text
    lines = [" ".join(scope.text_of(place).split())[:_CONTEXT] for place in evidence.standing.path]
    return tuple(line for line in lines if line and line not in own)


def locator_of(evidence: Evidence) -> Mapping[str, str | int]:
    """Where in the document the quote stands, as far as its text tells: clause, label, line."""
    standing = evidence.standing
    located: dict[str, str | int] = {}
    if standing.clause:
        located["clause"] = standing.clause
    if standing.label and standing.line.role is not Role.ROW:
        located["label"] = " ".join(standing.label.split()).rstrip(" :：")
    if standing.line.role is Role.ROW:
        located["row"] = " ".join(standing.label.split())
    if standing.place >= 0:
        located["line"] = standing.place + 1
    return located
