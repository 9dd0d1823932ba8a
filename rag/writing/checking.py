"""Whether a written sentence says only what its own citations say: values, names, quoted strings and polarity."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum

from index.korean.numbers import canonical, find_numbers
from index.korean.terms import search_key
from rag.answers import Citation, Written
from rag.values.base import ValueKind
from rag.values.dates import covers
from rag.values.names import find_names, is_name
from rag.values.typed_values import Value, find_values, same_value
from rag.writing.prompts import SYSTEM


class Fault(StrEnum):
    """Why a written sentence is not shown."""

    UNCITED = "uncited"  # no citation, or one that is not there
    VALUE = "value"
    NAME = "name"
    QUOTE = "quote"
    POLARITY = "polarity"
    UNRELATED = "unrelated"  # its words are not those of what it cites
    LEAKED = "leaked"  # words of the prompt


_MARK = re.compile(r"\[\d{1,2}(?:\s*,\s*\d{1,2})*\]")
_LEAK = 12  # letters in a row of the prompt


def read_sentence(line: str) -> tuple[str, tuple[int, ...]]:
    """Return the text of a line and the numbers of its citations, as they are written: from 1."""
    rest, numbers = line.rstrip(), list[int]()
    rest = rest[: -rest.endswith((".", "。")) or None].rstrip()
    while (at := rest.rfind("[")) >= 0 and (found := _MARK.fullmatch(rest, at)):
        numbers = [*map(int, re.findall(r"\d+", found[0])), *numbers]
        rest = rest[:at].rstrip()
    return (rest.strip(" -*•\t"), tuple(dict.fromkeys(numbers))) if numbers else (line.strip(), ())


def check(line: str, citations: Sequence[Citation]) -> Written | Fault:
    """Return the sentence of a line where each of its facts stands in its own citations; else what is wrong with it."""
    text, numbers = read_sentence(line)
    if not text or not numbers or not all(0 < number <= len(citations) for number in numbers):
        return Fault.LEAKED if _leaks(text) else Fault.UNCITED
    support = [_support(citations[number - 1]) for number in numbers]
    quotes = [citations[number - 1].quote for number in numbers]
    fault = _fault(text, "\n".join(support), quotes)
    return fault or Written(text, tuple(number - 1 for number in numbers))


def _support(citation: Citation) -> str:
    """Return the quote and what it stands under: its headings, its title."""
    return "\n".join((citation.quote, *citation.context, citation.title))


def _fault(text: str, support: str, quotes: Sequence[str]) -> Fault | None:
    if _leaks(text):
        return Fault.LEAKED
    if not (_values_stand(text, "\n".join(quotes), support) and _numbers_stand(text, "\n".join(quotes), support)):
        return Fault.VALUE
    if not _quotes_stand(text, support):
        return Fault.QUOTE
    if not _names_stand(text, support):
        return Fault.NAME
    if _relation(text, support) < _RELATED:
        return Fault.UNRELATED
    return None if _same_polarity(text, quotes) else Fault.POLARITY


def _leaks(text: str) -> bool:
    key, prompt = _squeezed(text), _squeezed(SYSTEM)
    return any(key[start : start + _LEAK] in prompt for start in range(len(key) - _LEAK + 1))


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", search_key(text))


# --- values
_NAMES = frozenset({ValueKind.PERSON, ValueKind.PLACE, ValueKind.ORGANISATION})


def _values_stand(text: str, quotes: str, support: str) -> bool:
    """Return whether the sources hold every value in its unit: "3층" and "3명" are not the same, nor 5월 and 5월 3일.

    A heading bears out a value only where the quotes have none of its kind.
    """
    quoted, headed = find_values(quotes), find_values(support)
    kinds = {value.kind for value in quoted}
    said = (value for value in find_values(text) if value.kind not in _NAMES)
    return all(any(_stands(value, held) for held in (quoted if value.kind in kinds else headed)) for value in said)


def _numbers_stand(text: str, quotes: str, support: str) -> bool:
    """Return whether no number is said more often than quoted; a value's may stand in a heading or another form."""
    left = Counter(canonical(number.value) for number in find_numbers(quotes))
    headed = {canonical(number.value) for number in find_numbers(support)}
    spans = [(value.start, value.end) for value in find_values(text) if value.kind not in _NAMES]
    for number in find_numbers(text):
        key = canonical(number.value)
        left[key] -= 1
        of_value = any(first <= number.start and number.end <= last for first, last in spans)
        if left[key] < 0 and not (of_value and (key not in headed or left[key] == -1)):
            return False
    return True


def _stands(said: Value, held: Value) -> bool:
    if said.kind is not held.kind:
        return False
    if said.kind is ValueKind.DATE:  # 2024년 for 2024년 3월 says less; the other way round would say more
        return said.key == held.key or (_known(said.key, held.key) and covers(said.key, held.key))
    return same_value(said, held)


def _known(said: str, held: str) -> bool:
    """Return whether no part of the date is said that the text leaves open: year, month or day."""
    return all(
        (other != "??" and other != "????") or part == other
        for part, other in zip(said.split("-"), held.split("-"), strict=False)
    )


# --- names
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9.&+-]+")
_HANGUL_WORD = re.compile(r"[가-힣]{2,}")
_PARTICLE = re.compile(
    r"(?:입니다|이에요|예요|이고|이며|에게서|에서는|에서|에게|께서|으로|은|는|이|가|을|를|의|와|과|도|로|에|랑|만|씨|님)$"
)


def _names_stand(text: str, support: str) -> bool:
    """Return whether the sources hold every person, place, organisation, Latin word and possible whole Korean name."""
    key = _squeezed(support)
    return all(_squeezed(name) in key for name in _names(text, support))


def _names(text: str, support: str) -> Iterator[str]:
    yield from (text[value.start : value.end] for value in find_names(text))
    yield from _LATIN.findall(text)
    yield from (match[1] for match in _TITLED.finditer(text))
    words = set(_HANGUL_WORD.findall(support))
    for word in _HANGUL_WORD.findall(text):
        stem = _PARTICLE.sub("", word)
        if word not in words and 3 <= len(stem) <= 4 and is_name(stem):
            yield stem


_TITLED = re.compile(
    r"([가-힣]{2,6})\s?(?:대표|사장|회장|의장|위원장|팀장|과장|국장|실장|부장|차장|센터장|소장|원장|총장|장관|시장|군수|교수|박사|의원|감독|선수|기자|변호사|씨|님)(?![가-힣]{2})"
)


# --- quoted strings
_QUOTED = re.compile(
    r"[\"“]([^\"“”]{2,})[\"”]|['‘]([^'‘’]{2,})['’]|「([^」]{2,})」|『([^』]{2,})』|《([^》]{2,})》|〈([^〉]{2,})〉"
)


def _quotes_stand(text: str, support: str) -> bool:
    key = _squeezed(support)
    return all(_squeezed(next(filter(None, match.groups()))) in key for match in _QUOTED.finditer(text))


# --- polarity
_NEGATIVE = re.compile(
    r"않|못\s?[가-힣]|(?:^|\s)안\s|(?<=[가-힣])\s?안\s?[되돼됩]|없|아니|아닌|아님|불가|금지|제외|빠지|빠진|빼고|말\s?것|(?:지|하지)\s?[마말]|\bnot\b|n't\b"
)
_CLAUSES = re.compile(
    r"[.,;\n|]|(?<=[가-힣])(?:지만|으나|는데|은데|ᆫ데|(?<=[하되있없르리이])며|(?<=[하되있없이])고)(?=[\s,])|다만"
)
_OPPOSITES = (
    ("이상", "이하"), ("이상", "미만"), ("초과", "이하"), ("초과", "미만"), ("이내", "초과"), ("늘", "줄"), ("증가", "감소"),
    ("오르", "내리"), ("올랐", "내렸"), ("올라", "내려"), ("상승", "하락"), ("찬성", "반대"), ("허용", "금지"), ("가능", "불가"),
    ("유료", "무료"), ("이전", "이후"), ("최대", "최소"), ("포함", "제외"), ("인상", "인하"), ("흑자", "적자"), ("승소", "패소"),
    ("찬성", "기권"), ("합격", "불합격"), ("시작", "종료"), ("열", "닫"), ("많", "적"), ("높", "낮"), ("크", "작"),
)  # fmt: skip


def _same_polarity(text: str, quotes: Sequence[str]) -> bool:
    """Return whether the sentence denies as often as the clauses it comes from, and says no opposite of their words."""
    held = [clause for quote in quotes for clause in _clauses(quote)]
    pairs = [_pairs_of(clause) for clause in held]
    met = {max(range(len(held)), key=lambda at: _likeness(said, pairs[at])) for said in map(_pairs_of, _clauses(text))}
    if _denials(text) != sum(_denials(held[at]) for at in met):
        return False
    whole = "\n".join(quotes)
    return not any(
        _opposes(text, whole, word, other) or _opposes(text, whole, other, word) for word, other in _OPPOSITES
    )


def _denials(text: str) -> int:
    return len(_NEGATIVE.findall(text))


def _clauses(quote: str) -> list[str]:
    return [clause.strip() for clause in _CLAUSES.split(quote) if clause.strip()] or [quote]


def _pairs_of(clause: str) -> frozenset[str]:
    return frozenset(_pairs(_squeezed(clause)))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of pairs of syllables that both have, of all that either has."""
    return len(one & other) / len(one | other) if one or other else 0.0


def _opposes(text: str, whole: str, said: str, held: str) -> bool:
    return _has(text, said) and _has(whole, held) and not _has(whole, said)


def _has(text: str, word: str) -> bool:
    """Return whether the text holds the word; one syllable must begin a word, lest 열 be found in 진열."""
    return re.search(rf"(?<![가-힣]){word}" if len(word) == 1 else word, text) is not None


# --- words in common
_RELATED = 0.5
_EMPTY = re.compile(
    r"(?:입니다|합니다|됩니다|습니다|있습니다|이다|한다|된다|있다|하는|되는|있는|하며|이며|하고|그리고|또한|따라서|즉)$"
)


def _relation(text: str, support: str) -> float:
    """Return the share of the text's pairs of syllables that the support holds too, those of plain endings left out."""
    pairs = [pair for word in _WORD.findall(search_key(text)) for pair in _pairs(_EMPTY.sub("", word))]
    held = set(_pairs(_squeezed(support)))
    pairs = pairs or _pairs(_squeezed(text))
    return sum(pair in held for pair in pairs) / len(pairs) if pairs else 0.0


_WORD = re.compile(r"[^\W_]+")


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)]
