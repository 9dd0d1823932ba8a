"""What may stand before the words of a line: list numbers and bullets, clause numbers, marks of question and answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Kinds of numbering in the order in which a law nests them; the others nest in the order in which a text uses them.
CLAUSES = ("편", "장", "절", "관", "조", "항", "호", "목")
NOTES = frozenset({"※", "주)"})

_CIRCLED = "①-⑳㉑-㉟"
_BULLETS = "△▲▷▶▸►◇◆□■○●◎◯◦☆★☞✦❏❍❑❖▪▫‣⁃♦♠♣♥◈▣▤☑☐✓✔√➤➔➢→⇒↳◁◀◐◑∎＊"
_MARKERS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("편", r"제\s?\d+\s?편(?![가-힣])"),
        ("장", r"제\s?\d+\s?장(?![가-힣])"),
        ("절", r"제\s?\d+\s?절(?![가-힣])"),
        ("관", r"제\s?\d+\s?관(?![가-힣])"),
        (
            "조",
            r"제\s?\d+\s?조(?:의\s?\d+)?(?=\s*[(（【\[]|\s+\S|\s*$)(?!\s?(?:제\s?\d|에|의|를|은|는|와|과|및|부터|까지|각))",
        ),
        ("항", rf"[{_CIRCLED}]"),
        ("ㄱ원", r"[㉠-㉭]"),
        ("가원", r"[㉮-㉻]"),
        ("로마", r"(?:[Ⅰ-ⅻ]|[IVX]{1,4}(?=[.)]))\s?[.)]?(?=\s)"),
        ("호", r"\d{1,2}\.(?![\d.])(?=\s|[가-힣A-Za-z\"'“(])(?!\s?\d{1,2}\.\s?\(?[월화수목금토일\d~])"),
        ("목", r"[가나다라마바사아자차카타파하]\.(?=\s)"),
        ("1)", r"\d{1,2}\)"),
        ("가)", r"[가나다라마바사아자차카타파하]\)"),
        ("(1)", r"\(\d{1,2}\)"),
        ("(가)", r"\([가나다라마바사아자차카타파하]\)"),
        ("a.", r"[A-Za-z][.)](?=\s)"),
        ("※", r"※"),
        ("주)", r"(?:주|비고|참고)\s?\d{0,2}\s?[):](?=\s|\S)"),
        ("#", r"#{1,6}(?=\s)"),
        ("-", r"[-–—―−](?=\s|[가-힣])"),
        ("·", r"[·•∙ㆍ‧](?=\s|[가-힣])"),
        ("o", r"[oㅇ](?=\s+[가-힣(])"),
        ("*", r"\*{1,2}(?=\s)"),
        ("<", r"(?=[\[【〔<〈《][^\]】〕>〉》\n]{1,30}[\]】〕>〉》](?:\s|$))"),
    )
)
_DECIMAL = re.compile(r"(\d{1,2}(?:\.\d{1,2})+)\.?(?=\s)")
_BARE = re.compile(r"(\d{1,2})(?=\s+[가-힣])")
_QUESTION_MARK = re.compile(
    r"(?:[\[【<(〔]\s*)?(?:Q|q|질문|질의|문의|물음|문|묻)\s*(?:\d{1,3}(?:-\d{1,2})?)?(?:\s*[\]】>)〕]\s*[.:]?|\s*[.:)\-–]|(?<=\d)(?=\s))\s*"
)
_ANSWER_MARK = re.compile(
    r"(?:[\[【<(〔]\s*)?(?:A|a|답변|답|회신|대답|응답)\s*(?:\d{1,3}(?:-\d{1,2})?)?(?:\s*[\]】>)〕]\s*[.:]?|\s*[.:)\-–]|(?<=\d)(?=\s))\s*"
    r"|(?:→|⇒|=>|->|↳|☞|ㄴ|└)\s*"
)
_ASKS = re.compile(r"[?？]\s*[\"'”’)\]]*\s*$")


@dataclass(frozen=True, slots=True)
class Marker:
    """``kind`` tells siblings by; ``end`` is where the words begin; ``number`` is the marker as written."""

    kind: str
    end: int
    number: str


def read_marker(text: str) -> Marker | None:
    """Return the list or clause marker a line begins with; of ``# heading`` the kind tells the depth."""
    for kind, pattern in _MARKERS:
        if match := pattern.match(text):
            name = f"#{match.end()}" if kind == "#" else kind
            return Marker(name, _skip(text, match.end()), match.group().strip())
    if text and text[0] in _BULLETS:
        return Marker(text[0], _skip(text, 1), text[0])
    return None


def counted(lines: Sequence[str]) -> dict[int, Marker]:
    """Return, by place, the markers of lines that count up without a full stop ("1 대상", "2.1 요금")."""
    found: dict[int, Marker] = {}
    for pattern in (_DECIMAL, _BARE):
        matches = {number: match for number, line in enumerate(lines) if (match := pattern.match(line))}
        numbers = {number: tuple(map(int, match[1].split("."))) for number, match in matches.items()}
        ups = sum(
            following[:-1] == number[:-1] and following[-1] == number[-1] + 1
            for number, following in pairwise(numbers.values())
        )
        if ups and ups * 2 >= len(numbers) - 1:
            for number, match in matches.items():
                depth = match[1].count(".")
                found[number] = Marker(f"n{depth}", _skip(lines[number], match.end()), match[1])
    return found


def question_mark(text: str) -> int:
    """Return where the words of a marked question begin ("Q1.", "문)", "[질문]"), 0 where there is no such mark."""
    match = _QUESTION_MARK.match(text)
    return match.end() if match else 0


def answer_mark(text: str) -> int:
    """Return where the words of a marked answer begin ("A1.", "답:", "⇒"), 0 where there is no such mark."""
    match = _ANSWER_MARK.match(text)
    return match.end() if match else 0


def asks(text: str) -> bool:
    """Return whether the text ends as a question."""
    return _ASKS.search(text) is not None


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\xa0\u3000":
        place += 1
    return place
