"""A writer that errs in each known way over the evidence of the written office questions, and one that is right.

``python -m tests.support.scripted_writer`` counts over 300 questions what the check lets through, and what it drops.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from eval.datasets.written import Written as WrittenSet
from eval.datasets.written import WrittenQuestion, read_file
from rag.answers import Citation, Written
from rag.values.typed_values import Value, ValueKind, find_values
from rag.writing.checking import check

DATA = Path(__file__).resolve().parents[2] / "eval" / "data" / "office" / "train"
_NUMBER = re.compile(r"\d[\d,]*")
_LABEL = re.compile(r"^\W*(?:\d{1,2}[.)]|[가-하][.)])?\s*([가-힣][가-힣 ]{1,14}?)\s*[:：]\s*([^:：|]{2,60})$")
CASES = 300
_LOOKED_AT = 2000  # where few can be spoiled in a way, more are looked at
FOREIGN = ("선우하늘찬", "남궁별솔", "Zephyrine", "가온누리벌전자")


@dataclass(frozen=True)
class Case:
    """A question's cited sentences."""

    question: str
    citations: tuple[Citation, ...]


def cases(count: int) -> list[Case]:
    """The first ``count`` questions with evidence, drawn evenly from every file."""
    return _drawn()[:count]


@cache
def _drawn() -> list[Case]:
    files = [read_file(path) for path in sorted(DATA.rglob("*.txt"))]
    each = [list(_of(file)) for file in files]
    return [questions[at] for at in range(max(map(len, each))) for questions in each if at < len(questions)]


def _of(written: WrittenSet) -> Iterator[Case]:
    titles = {document.id: document.title for document in written.documents}
    for question in written.questions:
        if question.evidence:
            yield Case(question.text, tuple(_cited(question, titles)))


def _cited(question: WrittenQuestion, titles: dict[str, str]) -> Iterator[Citation]:
    for place in question.evidence:
        quote = place.text.strip()
        yield Citation(place.document, titles[place.document], None, None, None, place.start, place.end, quote, 0.9)


# --- what is right
def right(case: Case) -> Iterator[str]:
    """Sentences that the citations bear out: verbatim, as label and value, in other figures and other date forms."""
    for number, citation in enumerate(case.citations, 1):
        quote = " ".join(citation.quote.split())
        yield f"{quote} [{number}]"
        if label := _LABEL.match(quote):
            yield f"{label[1].strip()}: {label[2].strip()}입니다. [{number}]"
        yield from (
            f"{quote[: match.start]}{said}{quote[match.end :]} [{number}]" for match, said in _said_otherwise(quote)
        )


def _said_otherwise(quote: str) -> Iterator[tuple[Value, str]]:
    for value in find_values(quote):
        text = quote[value.start : value.end]
        if value.kind is ValueKind.DATE and re.fullmatch(r"20\d\d-\d\d-\d\d", value.key) and text.startswith("20"):
            year, month, day = value.key.split("-")
            yield value, f"{year}년 {int(month)}월 {int(day)}일"
        if value.kind is ValueKind.MONEY and re.fullmatch(r"\d[\d,]*원", text) and value.key.endswith("0000"):
            yield value, f"{int(value.key.split()[1]) // 10_000}만 원"


# --- what is wrong
def _other_number(quote: str, rng: random.Random) -> str | None:
    found = [match for match in _NUMBER.finditer(quote) if quote[match.end() : match.end() + 1] not in ("-", ".", ")")]
    if not found:
        return None
    one = rng.choice(found)
    digits = list(one[0])
    at = rng.choice([place for place, digit in enumerate(digits) if digit.isdigit()])
    digits[at] = rng.choice([digit for digit in "123456789" if digit != digits[at]])
    changed = quote[: one.start()] + "".join(digits) + quote[one.end() :]
    return changed if not _same_numbers(changed, quote) else None


def _same_numbers(one: str, other: str) -> bool:
    return set(_NUMBER.findall(one)) <= set(_NUMBER.findall(other))


def _other_unit(quote: str, rng: random.Random) -> str | None:
    units = [("명", "개"), ("원", "달러"), ("일", "개월"), ("회", "권"), ("%", "배"), ("시간", "일")]
    for unit, other in rng.sample(units, len(units)):
        if found := re.search(rf"\d{re.escape(unit)}(?![가-힣])", quote):
            return quote[: found.end() - len(unit)] + other + quote[found.end() :]
    return None


def _other_date(quote: str, rng: random.Random) -> str | None:
    for value in find_values(quote):
        if value.kind is ValueKind.DATE and re.fullmatch(r"[\d?]{4}-\d\d-\d\d", value.key):
            day = int(value.key[-2:])
            other = rng.choice([number for number in range(1, 29) if number != day and f"{number}" not in quote])
            return f"{quote[: value.start]}{int(value.key[5:7])}월 {other}일{quote[value.end :]}"
    return None


def _other_name(quote: str, rng: random.Random) -> str | None:
    for value in find_values(quote):
        if value.kind is ValueKind.PERSON and len(value.key) == 3:
            return quote.replace(value.key, rng.choice(["도나라", "천보라", "심해솔"]))
    return f"{rng.choice(FOREIGN[:2])} 팀장에 따르면 {quote}"


def _foreign_word(quote: str, rng: random.Random) -> str | None:
    return f"{FOREIGN[2 + rng.randrange(2)]}의 {quote}"


def _other_quote(quote: str, rng: random.Random) -> str | None:
    return f'{quote} 이를 "{rng.choice(["전혀 다른 말을 그대로 옮김", "모두가 기뻐했다는 후문"])}"이라고 적었다'


def _denied(quote: str, rng: random.Random) -> str | None:
    for ending, other in (("한다", "하지 않는다"), ("된다", "되지 않는다"), ("합니다", "하지 않습니다"), ("됩니다", "되지 않습니다"),
                          ("있다", "없다"), ("있습니다", "없습니다"), ("않는다", "는다"), ("없습니다", "있습니다"), ("없다", "있다")):  # fmt: skip
        if quote.rstrip(".").endswith(ending):
            return quote.rstrip(".").removesuffix(ending) + other
    return None


def _opposite(quote: str, rng: random.Random) -> str | None:
    for word, other in (("이상", "이하"), ("이내", "초과"), ("무료", "유료"), ("포함", "제외"), ("증가", "감소")):
        if word in quote and other not in quote:
            return quote.replace(word, other)
    return None


def _invented(quote: str, rng: random.Random) -> str | None:
    return rng.choice(
        ["주민들은 이 소식을 크게 반기며 축하했다고 한다", "전문가들은 앞으로 더 좋아질 것이라고 내다보았다"]
    )


ERRORS: dict[str, Callable[[str, random.Random], str | None]] = {
    "number": _other_number,
    "unit": _other_unit,
    "date": _other_date,
    "name": _other_name,
    "foreign": _foreign_word,
    "quote": _other_quote,
    "denied": _denied,
    "opposite": _opposite,
    "invented": _invented,
}


def wrong(case: Case, kind: str, rng: random.Random) -> str | None:
    """A sentence that errs in this way; None where the quote has nothing to err in."""
    quote = " ".join(case.citations[0].quote.split())
    changed = ERRORS[kind](quote, rng)
    return None if changed is None or changed == quote else f"{changed} [1]"


def tried_wrong(kind: str) -> list[tuple[Case, str]]:
    """As many cases that a line can be spoiled for in this way as there are, up to ``CASES``, with the line."""
    rng = random.Random(19)
    spoiled = ((case, line) for case in cases(_LOOKED_AT) if (line := wrong(case, kind, rng)) is not None)
    return list(islice(spoiled, CASES))


def passes(case: Case, line: str) -> bool:
    return isinstance(check(line, case.citations), Written)


def main() -> None:
    """Print the table of docs/answers/writer.md."""
    print("| what is written | sentences | shown |")
    print("|---|---:|---:|")
    said = [passes(case, line) for case in cases(CASES) for line in right(case)]
    print(f"| what its citation says, also in other figures and forms | {len(said)} | {sum(said)} |")
    for kind in ERRORS:
        found = [passes(case, line) for case, line in tried_wrong(kind)]
        print(f"| {kind} | {len(found)} | {sum(found)} |")


if __name__ == "__main__":
    main()
