"""Where in a cited sentence the asked-for value or name stands, when that can be told, and where it ends."""

import re
from collections.abc import Callable, Sequence

from index.korean.numbers import canonical, find_numbers
from index.korean.sentences import Token
from rag.evidence.answer_types import expected_unit
from rag.question.question import AnswerType, Question

_UNIT = re.compile(
    r"\s?(?:여\s?)?(?:원|달러|엔|유로|명|개|곳|건|%|퍼센트|배|년|월|일|시간|시|분기|분|초|주|회|차례|위|살|세|점|대|척|석|"
    r"가지|권|편|장|톤|㎏|kg|km|㎞|㎡|m|GB|TB|MW|포인트|억|조|만)*(?:\s?(?:이상|이하|미만|가량|정도|안팎|규모))?"
)
_DATE = re.compile(
    r"(?:\d{4}\s?년\s?)?(?:(?:지난해|올해|내년|작년|지난|이듬해|오는|내달|이달|지난\s?달|다음\s?달)\s?)?"
    r"(?:\d{1,2}\s?월\s?(?:\d{1,2}\s?일)?|\d{1,2}\s?일|\d{4}\s?년|\d{1,2}\s?년\s?(?:말|초)?|\d\s?분기\s?(?:말|초|중)?)(?:\([가-힣 ]+\))?"
    r"|\d{4}[.\-]\d{1,2}[.\-]\d{1,2}|(?:지난해|올해|내년|작년|올)\s?(?:안|말|초|상반기|하반기|\d분기\s?중?)?"
)
_TITLE = "(?:대표|사장|회장|부사장|장관|차관|총장|사무총장|교수|의원|위원장|본부장|단장|부문장|CEO|의장)"
_LABELLED = re.compile(  # a word of its own that is no title and does not end in a 조사 or 어미 no name ends in
    rf"(?<![가-힣])(?!{_TITLE})[가-힣]{{2,4}}(?<![는를을에와과의로며고던된])(?<!에서|에게)(?=\s(?:[가-힣A-Z/·]{{1,14}}\s)?{_TITLE})"
)
_PARTICLES = frozenset(
    {"JKS", "JKO", "JKC", "JKG", "JKB"}
)  # of case; 부터, 까지 and 만 are JX and part of what is said
_TOPIC = frozenset({"은", "는", "ᆫ"})


def find_highlights(question: Question, text: str, start: int) -> tuple[tuple[int, int], ...]:
    """Return the article's code points of what answers; ``text`` is the cited sentence, which begins at ``start``.

    Numbers and dates that the question itself names are not answers to it.
    """
    if question.kind is AnswerType.NUMBER:
        spans = _numbers(question, text)
    elif question.kind is AnswerType.DATE:
        spans = [match.span() for match in _DATE.finditer(text) if match.group().strip() not in question.text]
    elif question.kind is AnswerType.PERSON:
        spans = [match.span() for match in _LABELLED.finditer(text) if match.group() not in question.text]
    else:
        spans = []
    trimmed = (_trim(text, *span) for span in spans)
    return tuple((start + first, start + last) for first, last in trimmed if last > first)


def _numbers(question: Question, text: str) -> list[tuple[int, int]]:
    """Return the spans of numbers that are not the question's own; only those in the unit asked for, if any."""
    asked = {canonical(number.value) for number in find_numbers(question.text)}
    found = []
    for number in find_numbers(text):
        unit = _UNIT.match(text, number.end)
        if canonical(number.value) not in asked:
            found.append((number.start, unit.end() if unit else number.end))
    wanted = expected_unit(question.text)
    fitting = [(first, last) for first, last in found if wanted and wanted.search(text[first:last])]
    return fitting or found


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def without_particles(text: str, start: int, end: int, tokenize: Callable[[str], Sequence[Token]]) -> int:
    """Return where the value ``text[start:end]`` of a sentence ends without particles, copula and full stop behind it.

    At least its first morpheme stays. What ends in a verb stays whole: 보지 않습니다 says nothing without its ending.
    """
    inside = [token for token in tokenize(text) if start <= token.start < end]
    while len(inside) > 1 and (last := _hanging(inside)):
        del inside[-last:]
    return min(end, inside[-1].end) if inside else end


def _hanging(tokens: Sequence[Token]) -> int:
    """Count the last morphemes that are no part of the value."""
    tag, form = tokens[-1].tag.partition("-")[0], tokens[-1].form
    if tag in _PARTICLES or tag == "SF" or (tag == "JX" and form in _TOPIC):
        return 1
    return 2 if tag == "EF" and len(tokens) > 2 and tokens[-2].tag.startswith("VCP") else 0
