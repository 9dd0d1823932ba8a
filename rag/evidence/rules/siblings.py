"""Lines that stand side by side and say several things of one matter: which of them the question means.

당초 and 정정, what was said and what was decided, a rule and its exception: a reader tells them apart by label, not by words.
"""

import re
from collections.abc import Callable, Sequence

from index.korean.terms import search_key
from rag.evidence.evidence import Evidence
from rag.evidence.expected import WANTED, in_unit, wanted_values
from rag.evidence.rivals import stem
from rag.evidence.standing import MARKER
from rag.question.asked import Asked, Asks

_FORMER = re.compile(
    rf"{MARKER}(?:당초|종전|기존|(?:변경|정정|수정|개정)\s?전|틀림|틀린\s?곳|잘못된\s?[가-힣]+)\s?[:：|\t]"
)
_LATTER = re.compile(rf"{MARKER}(?:정정|변경|수정|(?:변경|정정|수정|개정)\s?후|바름|바른\s?곳|바로잡음)\s?[:：|\t]")
ASKS_FORMER = re.compile(
    r"당초|원래|처음|애초|기존|종전|이전에[는도]?\s|이전\s?(?:날짜|일정|금액|값|내용)|예전|옛|원안|잘못|틀[리린렸]|(?:변경|정정|수정|개정|바뀌|바꾸|고치)[가-힣]{0,3}\s?전"
)
_DECIDED = re.compile(rf"{MARKER}(?:(?:의결|결정|심의|회의|처리|논의)\s?(?:사항|결과|내용)?|결과|결론)\s?[:：|\t]")
_ASKS_DECIDED = re.compile(
    r"어떻게\s?(?:되[었나]|됐|됩|결정|처리(?:됐|되었|했|하였|하기로)|하기로|마무리)|통과|(?:가결|부결|의결|결론|결정)(?!권|자\s|기관|\s?정족수)|정해졌|정했|정하였|하기로\s?(?:했|하였|한)|보류"
)
_SAID = re.compile(r"제안|주장|말(?:했|한|씀)|발언|의견|하자고|자고\s")
_EXCLUDES = re.compile(
    r"^[^,，;(]*(?:제외(?:함|한다|합니다|됨|된다|됩니다)?|빠짐|빠진다|빠집니다|대상\s?아님|해당\s?없음)[.\s]*$"
)
_ASKS_EXCLUDED = re.compile(r"제외|빠지|빠진|빼[고는]|아닌|않는|없는|예외")
_CONDITION = re.compile(r"(?P<what>[가-힣]{2,6})(?:\s시|[인한일할될온올]\s?(?:경우|때))$")
_SAME_CONDITION = {
    "우천": re.compile(r"비[가는]?\s?(?:오|올|와|내)|우천"),
    "악천후": re.compile(r"날씨|비[가는]?\s?(?:오|올|와)"),
}
_ASKS_CASE = re.compile(r"[가-힣]면\s|(?:때|경우)[가-힣]{0,2}\s|(?<!몇)\s시(?:에는?|엔)?\s")  # 잃어버리면: of 분실 시
_WORD = re.compile(r"[가-힣A-Za-z0-9]{2,}")
_COUNTED = frozenset({Asks.PERIOD, Asks.COUNT, Asks.RATE, Asks.AGE, Asks.MEASURE})


def sibling_of(read: Asked, ranked: Sequence[Evidence]) -> int | None:
    """Return the place among ``ranked`` of the line beside the first that is meant in its stead, None where the first is."""
    if not ranked:
        return None
    return next((at for rule in _RULES if (at := rule(read, ranked)) is not None), None)


def corrected_of(read: Asked, ranked: Sequence[Evidence]) -> int | None:
    """Find, of 당초 and 정정, the line that holds now; the former one where the question asks what it was before."""
    wanted, other = (_FORMER, _LATTER) if ASKS_FORMER.search(read.core) else (_LATTER, _FORMER)
    if not other.search(_line(ranked[0])) or Asks.COMPARISON in read.kinds or Asks.YES_NO in read.kinds:
        return None
    place = ranked[0].standing.place
    near = place + (1 if wanted is _LATTER else -1)  # where no heading parts one matter from the next
    headed = ranked[0].standing.line.parent >= 0
    return _first_beside(
        ranked, lambda line: wanted.search(_line(line)) is not None and (headed or line.standing.place == near)
    )


def decided_of(read: Asked, ranked: Sequence[Evidence]) -> int | None:
    """Find, of what was said of a matter, what was decided, where the question asks for that."""
    if not _ASKS_DECIDED.search(read.core) or _SAID.search(read.core) or ranked[0].standing.line.parent < 0:
        return None
    if _DECIDED.search(_line(ranked[0])):
        return None
    return _first_beside(
        ranked,
        lambda line: bool(line.standing.label) and _DECIDED.search(_line(line)) is not None and _holds_kind(read, line),
    )


def unexcepted_of(read: Asked, ranked: Sequence[Evidence]) -> int | None:
    """Find, of those that a heading names, one that is meant by it, not one that it does without."""
    first = ranked[0]
    if first.standing.line.parent < 0 or not _EXCLUDES.search(first.text):
        return None
    if read.negative or Asks.YES_NO in read.kinds or _ASKS_EXCLUDED.search(read.core):
        return None
    own = _asked_words(read, first)
    return _first_beside(ranked, lambda line: not _EXCLUDES.search(line.text) and own <= _asked_words(read, line))


def unconditional_of(read: Asked, ranked: Sequence[Evidence]) -> int | None:
    """Find, of lines with a value of the kind, one that always holds, not one for a case the question does not name."""
    if not read.kinds & WANTED.keys() or not _is_other_case(read, ranked[0]):
        return None
    own = _asked_words(read, ranked[0])
    return _first_beside(
        ranked,
        lambda line: (
            bool(line.standing.label)
            and not _case(line)
            and _holds_kind(read, line)
            and own <= _asked_words(read, line)
        ),
    )


def counted_of(read: Asked, ranked: Sequence[Evidence]) -> int | None:
    """Find, of rows and items that are called the same, one with a value in the unit asked for: 몇 분마다, 30분."""
    first, label = ranked[0], _name(ranked[0])
    if not read.unit or not label or not read.kinds <= _COUNTED or _holds_unit(read, first):
        return None
    for at, other in enumerate(ranked[1:], 1):
        same = other.scope.article.id == first.scope.article.id and _name(other) == label
        if same and _holds_unit(read, other) and _asked_words(read, first) <= _asked_words(read, other):
            return at
    return None


def _holds_unit(read: Asked, evidence: Evidence) -> bool:
    return in_unit(read, wanted_values(read, evidence.meaning.values))


def _name(evidence: Evidence) -> str:
    return search_key(evidence.standing.label).replace(" ", "").strip(":：|")


_RULES: tuple[Callable[[Asked, Sequence[Evidence]], int | None], ...] = (
    corrected_of,
    decided_of,
    unexcepted_of,
    unconditional_of,
    counted_of,
)


def _first_beside(ranked: Sequence[Evidence], fits: Callable[[Evidence], bool]) -> int | None:
    """Return the place of the best line that fits, of those under the parent of the first."""
    first = ranked[0]
    for at, other in enumerate(ranked[1:], 1):
        same = (
            other.scope.article.id == first.scope.article.id
            and other.standing.line.parent == first.standing.line.parent
        )
        if same and other.standing.place != first.standing.place and fits(other):
            return at
    return None


def _line(evidence: Evidence) -> str:
    """Return the whole line that a sentence is of."""
    line = evidence.standing.line
    return evidence.scope.article.text[line.start : line.end] if evidence.standing.place >= 0 else evidence.text


def _holds_kind(read: Asked, evidence: Evidence) -> bool:
    """Return whether the line holds a value of the kind asked for; true where no kind is."""
    return not read.kinds & WANTED.keys() or bool(wanted_values(read, evidence.meaning.values))


def _asked_words(read: Asked, evidence: Evidence) -> set[str]:
    """Return the question's words that the line holds or stands under."""
    letters = search_key(evidence.with_path).replace(" ", "")
    return {word for word in map(stem, _WORD.findall(search_key(read.core))) if word in letters}


def _case(evidence: Evidence) -> str:
    """Return the case that a line's label names: 우천 of 우천 시."""
    match = _CONDITION.search(evidence.standing.name)
    return match["what"] if match else ""


def _is_other_case(read: Asked, evidence: Evidence) -> bool:
    case = _case(evidence)
    if not case or case[:2] in read.core or _ASKS_CASE.search(read.core):
        return False
    same = _SAME_CONDITION.get(case)
    return same is None or not same.search(read.core)
