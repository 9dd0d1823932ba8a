"""A value that is named outright: every word of the question stands in the line, its label or what it stands under.

"음악회 관람료는 얼마인가요?" and, under the title 음악회, the line "관람료: 무료": no model need say how near the two are.
"""

import re
from collections.abc import Sequence

from index.korean.terms import search_key
from index.structure.outline import Role, named_cells, row_cells
from rag.evidence.evidence import Evidence
from rag.evidence.expected import WANTED, agreement, day_of, read_meaning, wanted_values
from rag.evidence.rivals import stem
from rag.evidence.standing import MARKER, is_inside
from rag.question.asked import Asked, Asks
from rag.question.question import Question

_LEAST_WORDS = 2  # what it is of, and what is asked of it
_NEVER = frozenset({Asks.YES_NO, Asks.COMPARISON, Asks.REASON})
_TOPIC = re.compile(rf"{MARKER}(?P<what>[가-힣A-Za-z0-9]+(?:\s[가-힣A-Za-z0-9]+)?)[은는]\s")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*\s?[가-힣%]?")
_CLAUSE_WORDS = re.compile(r"제?\s?\d+\s?[조항호](?:의\s?\d+)?")
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_ASKS = re.compile(r"누[구가굴군]|어[디느떤떻]|언제|며칠|몇|얼마|무[엇슨]|뭐|뭘|뭔|알려|궁금|말해|가르쳐")
_ASKING = re.compile(r"무엇|무슨|뭐|뭔|어떤|어떻|내용|규정|알려|설명|말해|정하|되어|인가|나요|있나|하나")
_OCCASION = {
    Asks.DATE: re.compile(r"^(?:일\s?시|일\s?자|날\s?짜|때|언제)$"),
    Asks.TIME: re.compile(r"^(?:일\s?시|시\s?각|때|언제)$"),
    Asks.PLACE: re.compile(r"^(?:장\s?소|곳|어디)$"),
}
_HELD = frozenset({"열리", "열", "하", "있", "되", "개최", "시작", "요일"})  # says only that it takes place


def names_outright(question: Question, read: Asked, ranked: Sequence[Evidence]) -> bool:
    """Return whether the first line alone is what the question names word for word, with a value of the kind asked for."""
    if not ranked or len(read.parts) > 1 or read.kinds & _NEVER or question.circumstances:
        return False
    if read.kinds == {Asks.CLAUSE}:
        return _is_clause(read, ranked)
    words = _subject(read.core)
    if _is_occasion(question, read, ranked):
        return True
    if len(words) < _LEAST_WORDS or any(question.tags.get(word, "").startswith("V") for word in question.words):
        return False
    first = ranked[0]
    if not _named(words, read, first):
        return False
    return not any(other.text != first.text and _named(words, read, other) for other in ranked[1:])


def _subject(question: str) -> list[str]:
    """Return the words before the one that asks, without particles: "음악회 관람료는 얼마인가요?" has 음악회 and 관람료."""
    asks = _ASKS.search(question)
    return [stem(word) for word in _WORD.findall(search_key(question[: asks.start() if asks else None]))]


def _is_clause(read: Asked, ranked: Sequence[Evidence]) -> bool:
    """Return whether the first line is the clause asked for, of the only document that has it and what else is named."""
    first = ranked[0]
    if not read.clause or not is_inside(first.standing.clause, read.clause):
        return False
    around = search_key(f"{first.scope.around(first.standing)} {first.text}").replace(" ", "")
    rest = _WORD.findall(search_key(_CLAUSE_WORDS.sub(" ", read.core)))
    if any(stem(word) not in around for word in rest if len(word) > 1 and not _ASKING.match(word)):
        return False
    mine = first.scope.article.id
    return not any(line.scope.article.id != mine and is_inside(line.standing.clause, read.clause) for line in ranked)


def _is_occasion(question: Question, read: Asked, ranked: Sequence[Evidence]) -> bool:
    """Return whether it is asked when or where that takes place which the title names, and the first line says it."""
    words, forms = _subject(read.core), [form for kind, form in _OCCASION.items() if kind in read.kinds]
    if not read.kinds <= {*_OCCASION, Asks.PERIOD} or read.values:
        return False
    if not words or not _HELD.issuperset(set(question.words) - set(words)):
        return False

    def says_it(line: Evidence) -> bool:
        title = search_key(line.scope.article.title).replace(" ", "")
        return all(word in title for word in words) and any(form.search(line.standing.name) for form in forms)

    first = ranked[0]
    return says_it(first) and not any(other.text != first.text and says_it(other) for other in ranked[1:])


def _named(words: Sequence[str], read: Asked, line: Evidence) -> bool:
    letters = search_key(f"{line.text} {line.scope.around(line.standing)}").replace(" ", "")
    if not all(word in letters for word in words) or not all(figure in letters for figure in _figures(read.core)):
        return False
    heads = [search_key(head).replace(" ", "") for head in _heads(line)]
    if not any(len(head) > 1 and (words[-1] in head or head in words[-1]) for head in heads):
        return False
    published, held = day_of(line.scope.article.published_at), line.meaning
    told = _is_cell(words, line) or (wanted_values(read, held.values) and not line.standing.line.columns)
    if read.kinds & WANTED.keys() and not told:
        return False
    above = [read_meaning(line.scope.text_of(at)[:200], published).qualifiers for at in line.standing.path]
    title = read_meaning(line.scope.article.title, published).qualifiers
    qualifiers = [*held.qualifiers, *(qualifier for found in above for qualifier in found), *title]
    return len(agreement(read.qualifiers, qualifiers, published).met) == len(read.qualifiers)


def _is_cell(words: Sequence[str], line: Evidence) -> bool:
    """Return whether a row has something in the only column that is called what is asked for: 주말 요금, 요금."""
    asked, last = "".join(words), words[-1]
    text, own = line.scope.article.text, line.standing.line
    row = named_cells(text, line.scope.outline.lines, own) if own.role is Role.ROW else []
    cells = [(search_key(name).replace(" ", ""), cell) for name, cell in row]
    whole = [cell for name, cell in cells if name and asked.endswith(name)]
    named = whole or [cell for name, cell in cells if last in name]
    return len(named) == 1 and any(letter.isalnum() for letter in text[named[0].start : named[0].end])


def _figures(question: str) -> list[str]:
    return [search_key(match.group()).replace(" ", "") for match in _FIGURE.finditer(question)]


def _heads(line: Evidence) -> list[str]:
    """Return what a line says of itself what it is: its label, its topic, the columns of a row."""
    heads = [line.standing.name] if line.standing.label else []
    if match := _TOPIC.match(line.text):
        heads.append(match["what"])
    if line.standing.line.role is Role.ROW:
        text, lines = line.scope.article.text, line.scope.outline.lines
        for at in line.standing.line.columns:
            heads += [text[cell.start : cell.end] for cell in row_cells(text, lines[at])]
    return heads
