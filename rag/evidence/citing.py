"""Evidence to citations: which sentences are quoted, how far each quote reaches, and where it stands."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from index.structure.outline import Role, named_cells, row_cells
from index.structure.tables import Cell
from rag.answers import Citation, locator_in_file
from rag.evidence.evidence import Evidence
from rag.evidence.expected import day_of, in_unit, read_meaning, wanted_values
from rag.evidence.highlight import find_highlights
from rag.question.asked import Asked, Asks
from rag.question.question import Question
from rag.ranking.matching import Values
from rag.values.typed_values import Value, ValueKind, same_value

MAX_CITATIONS = 3
MAX_LISTED = 12
_SUPPORTING_MARGIN = 1.2  # in logits: a further sentence is cited when it is this near the first
_TERMINAL = re.compile(r"(?<=[.!?。])[\"'”’)\]]*\s+(?=\S)")
_MAX_QUOTE = 600
_CONTEXT = 80  # characters of a heading that are shown
_LISTED = frozenset({Role.ITEM, Role.ROW})
_NO_FIGURES = frozenset({ValueKind.PHONE, ValueKind.CLAUSE})  # their digits count nothing
_ALL = re.compile(r"모두|총(?!무)|전부|전체|합계|합쳐|합하|통틀어|\btotal\b|\ball\b", re.IGNORECASE)
_BY_FORM = frozenset({Asks.MONEY, Asks.COUNT, Asks.PHONE})
_TOTAL = re.compile(r"(?:모두|총|전부|전체|합계|합쳐|합하여|합해|통틀어|도합)\s?[:은는]?\s?$")


def choose(read: Asked, ranked: Sequence[Evidence], scores: Values) -> list[Evidence]:
    """Return the best sentence and those that say as much; the whole list where a list is asked for."""
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
            return [best, *sorted(chosen[1:], key=lambda sentence: sentence.row.sentence.start)]
    for other, score in zip(ranked[1:], scores[1:], strict=True):
        if len(chosen) == MAX_CITATIONS or score < scores[0] - _SUPPORTING_MARGIN:
            break
        if other.text not in texts:
            texts.add(other.text)
            chosen.append(other)
    return chosen


def _siblings(best: Evidence, ranked: Iterable[Evidence]) -> list[Evidence]:
    """Return the other items of the list that the best sentence is one of, or the items under it."""
    line, place = best.standing.line, best.standing.place
    return [
        other
        for other in ranked
        if other is not best
        and other.scope.article.id == best.scope.article.id
        and other.standing.line.role in _LISTED
        and (
            (
                other.standing.line.parent == line.parent
                and other.standing.line.role is line.role
                and line.role in _LISTED
            )
            or other.standing.line.parent == place
        )
    ]


def make_citation(
    question: Question, read: Asked, evidence: Evidence, value: tuple[int, int] | None = None
) -> Citation:
    """Return the quote with its place; a piece of a sentence is made whole again. ``value`` is what a reader marked in it."""
    article = evidence.scope.article
    start, end = whole_sentence(article.text, evidence)
    quote = article.text[start:end]
    content = evidence.standing.line.content if evidence.standing.place >= 0 else start
    if value is not None and not (start <= value[0] < value[1] <= end and _in_one_cell(evidence, *value)):
        value = None
    highlights: tuple[tuple[int, int], ...] = ()
    if value is None or _by_form(read, evidence):
        spans = marks(question, read, quote, start, day_of(article.published_at), content)
        highlights = _in_column(read, evidence, spans)
    if value is not None and len(highlights) != 1:
        highlights = (value,)
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
        highlights=highlights,
        value=article.text[slice(*value)] if value else None,
        context=context_of(evidence),
        locator=locator_of(evidence, start, highlights),
    )


def _in_one_cell(evidence: Evidence, start: int, end: int) -> bool:
    """Return whether a value lies in one cell; true of what is no row."""
    line = evidence.standing.line
    if line.role is not Role.ROW or len(cells := row_cells(evidence.scope.article.text, line)) < 2:
        return True
    return any(cell.start <= start and end <= cell.end for cell in cells)


def _by_form(read: Asked, evidence: Evidence) -> bool:
    """Return whether form tells a value better than a reader: an amount, a number, the cell of a named column.

    With a day or a time goes what stands around it: 7월 18일까지, 오전 10시부터.
    """
    asked_about = any(named.kind is ValueKind.PHONE for named in read.values)
    return asked_about or bool(read.kinds & _BY_FORM) or bool(evidence.standing.line.columns)


def marks(
    question: Question, read: Asked, quote: str, start: int, published: date | None, content: int = 0
) -> tuple[tuple[int, int], ...]:
    """Return the article's code points of the values of the kind asked for, in the unit asked for where one has it.

    Of a phone number asked about the whole number. Nothing before ``content``: a list's own number answers nothing.
    """
    held = read_meaning(quote, published).values
    values = _asked_for(read, quote, held) or [
        value
        for value in held
        if value.kind is ValueKind.PHONE and any(same_value(value, named) for named in read.values)
    ]
    if values:
        return tuple((start + value.start, start + value.end) for value in values)
    if Asks.COUNT in read.kinds and read.unit:
        return ()
    whole = [(start + value.start, start + value.end) for value in held if value.kind in _NO_FIGURES]
    return tuple(
        (first, last)
        for first, last in find_highlights(question, quote, start)
        if first >= content and not any(first < end and begin < last for begin, end in whole)
    )


def values_asked(read: Asked, evidence: Evidence) -> list[Value]:
    """Return the values of a line that are asked for, of a row of a table those in the column that is named."""
    start = evidence.row.sentence.start
    values = {
        (start + value.start, start + value.end): value
        for value in _asked_for(read, evidence.text, evidence.meaning.values)
    }
    return [values[span] for span in _in_column(read, evidence, tuple(values))] if values else []


def _asked_for(read: Asked, quote: str, held: Sequence[Value]) -> list[Value]:
    """Return the values of the kind asked for: in the unit asked for where one is in it, of all together the total."""
    wanted = wanted_values(read, held)
    fitting = [value for value in wanted if in_unit(read, [value])] if read.unit else wanted
    return _total(read, quote, fitting or wanted)


def _total(read: Asked, quote: str, values: list[Value]) -> list[Value]:
    """Return the total alone where the question asks for all together, else all values."""
    sums = [value for value in values if _TOTAL.search(quote[: value.start])] if _ALL.search(read.core) else []
    return sums or values


def _in_column(read: Asked, evidence: Evidence, spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Return the values of a table row in the column that the question names, or, without values, its cell."""
    scope, line, sentence = evidence.scope, evidence.standing.line, evidence.row.sentence
    asked = _letters(read.core)
    row = named_cells(scope.article.text, scope.outline.lines, line) if len(spans) != 1 else []
    if not spans:
        cells = _cells_of(asked, row[1:])
        inside = tuple(cell for cell in cells if sentence.start <= cell[0] < cell[1] <= sentence.end)
        return inside if len(cells) == 1 else ()
    fits = [(cell, _named(asked, name)) for name, cell in row]
    of_span = [max((fit for cell, fit in fits if cell.start <= first < cell.end), default=0.0) for first, _ in spans]
    best = max(of_span, default=0.0)
    return tuple(span for span, fit in zip(spans, of_span, strict=True) if fit == best)


def _cells_of(asked: str, row: Sequence[tuple[str, Cell]]) -> list[tuple[int, int]]:
    """Return the cells whose columns the question names whole; of those under one name, the one it says last.

    휴일 당직자의 내선 names 휴일 당직자 and 휴일 내선, and asks for the second.
    """
    named = [(name.split(), cell) for name, cell in row if _named(asked, name) == 1.0]
    if len({words[0] for words, _ in named}) == 1:
        named = [max(named, key=lambda column: asked.rfind(_letters(column[0][-1])))]
    return [(cell.start, cell.end) for _, cell in named]


def _named(asked: str, head: str) -> float:
    """Return the share of a column name's pairs of letters that the question holds, of each of its words alike."""
    shares = [_share(asked, letters) for word in head.split() if (letters := _letters(word))]
    return sum(shares) / len(shares) if shares else 0.0


def _share(asked: str, letters: str) -> float:
    pairs = [letters[at : at + 2] for at in range(max(1, len(letters) - 1))]
    return sum(pair in asked for pair in pairs) / len(pairs)


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text)


def whole_sentence(text: str, evidence: Evidence) -> tuple[int, int]:
    """Return where the whole sentence begins and ends; the evidence may be a piece of one too long for the encoder."""
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
    """Return what the quote stands under, outermost first: headings, an item's parents, a row's column names."""
    scope, own = evidence.scope, evidence.text
    above = [*map(scope.text_of, evidence.standing.path), evidence.standing.group]
    lines = [" ".join(line.split())[:_CONTEXT] for line in above]
    return tuple(line for line in lines if line and line not in own)


def locator_of(evidence: Evidence, start: int, highlights: Sequence[tuple[int, int]] = ()) -> Mapping[str, str | int]:
    """Return where the quote stands, as far as the article's text and its file tell: clause, label, line, page, cell.

    Of a quote over several cells, the cell of the first value in it, where there is one.
    """
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
    at = highlights[0][0] if highlights else start
    in_file = locator_in_file(evidence.scope.place_at(at))
    if "row" in in_file and located.get("row"):
        located["label"] = located["row"]  # what the row is called; its number is the file's
    return located | in_file
