"""What a question in a conversation leaves out: its words one by one, and whether it can stand alone."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise

from index.korean.sentences import Token


class Lacks(StrEnum):
    """What keeps a question from standing alone."""

    NOTHING = "nothing"
    REFERENT = "referent"  # 그건, 그 회사, 거기: what it points at is named in no word of its own
    SUBJECT = "subject"  # 신청 방법은?, 얼마야?: only attributes and words that ask
    PREDICATE = "predicate"  # 2023년은?, 부산은?: only what is put in another's place
    PERHAPS = "perhaps"  # 수거 요일은?: few words, and none that tells whether they are of the same subject


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question, completed, the sentence its answer cited first, and that one's or else the nearest article."""

    question: str
    quote: str = ""
    title: str = ""
    article: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """``question[start:end]`` is a word without its particles, ``last`` the end with them; ``verbal``: 결제되나요, 신청할."""

    text: str
    start: int
    end: int
    last: int
    sort: "Sort"
    nouns: tuple[str, ...] = ()
    proper: bool = False
    verbal: bool = False


class Sort(StrEnum):
    """What a word does in its question."""

    TOPIC = "topic"
    ATTRIBUTE = "attribute"
    ASKS = "asks"
    POINTS = "points"
    DESCRIBES = "describes"  # 빨간, before what it describes
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Pointer:
    """그 회사, 거기: ``question[start:end]`` points at ``noun`` of an earlier turn; ``particle`` is fused into it (그건)."""

    start: int
    end: int
    noun: str
    particle: str = ""


_NOUN_TAGS = frozenset({"NNG", "NNP", "NR", "XR", "SL", "SH", "SN", "XPN", "XSN", "NNB", "W_SERIAL"})
_TAIL_TAGS = ("J", "E", "VCP", "VCN", "SF", "SP", "SE", "XSV", "XSA", "SSC", "VX")
_ASKING = re.compile(
    r"(?:누구|누가|누굴|어디|언제|얼마|무엇|무슨|뭐|뭘|뭔|뭡|무얼|어느|어떤|어떠|어떻|어떡|어찌|왜|어째|몇|며칠|어딘|얼만)"
)
_OPENERS = re.compile(r"^\s*(?:그럼|그러면|그렇다면|그런데|근데|그리고|아니|아|참|또|혹시)[,\s]+")
_SIGNALS = re.compile(r"^\s*(?:그럼|그러면|그렇다면|그런데|근데|그리고)[,\s]")
_ATTRIBUTE_END = re.compile(
    r"(?:[가-힣](?:비용|금액|요금|기간|일정|시간|방법|번호|장소|자격|인원|서류|담당자|연락처|날짜|기한|마감일|예정일|시행일|이유|절차|요건|조건|대상|가격|기준|주소))$"
)
_DEMONSTRATIVES = frozenset({"그", "이", "그런", "이런", "해당", "위"})
PEOPLE = frozenset(
    [
        "대통령",
        "후보",
        "의원",
        "장관",
        "총리",
        "시장",
        "교수",
        "대표",
        "사장",
        "회장",
        "팀장",
        "감독",
        "선수",
        "씨",
        "군",
        "양",
        "박사",
        "위원",
        "과장",
        "부장",
        "차장",
        "대리",
    ]
)
_POINTING = {
    "그것": "", "그거": "", "이것": "", "이거": "", "저것": "", "저거": "", "거기": "곳", "여기": "곳", "그곳": "곳", "이곳": "곳",
    "그분": "사람", "이분": "사람", "그이": "사람", "그녀": "사람", "그": "사람", "그들": "사람", "그쪽": "곳", "이쪽": "곳", "걔": "사람", "게": "",
}  # fmt: skip
_POINTING_TIMES = re.compile(r"(?:그때|그날|그해|그달|이때|그당시|그다음|그담|그전|그후|그뒤)$")
_TOPIC_LIMIT = 2  # words of a question that may still belong to the turn before


@cache
def _attributes() -> frozenset[str]:
    """Return the packaged words for what anything can have: 기간, 요금, 담당자."""
    lines = files("rag").joinpath("data/attributes.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def words_of(question: str, tokens: Sequence[Token]) -> list[Word]:
    """Return the words of a question between its spaces, each without what is glued to its end; what is in quotes is one."""
    return [
        _word(question, match.start(), match.end(), [t for t in tokens if match.start() <= t.start < match.end()])
        for match in _WORD.finditer(question)
    ]


_OPENING = "'‘\"“"
_WORD = re.compile(r"(?:'[^'\n]{2,40}'|‘[^’\n]{2,40}’|\"[^\"\n]{2,40}\"|“[^”\n]{2,40}”)\S*|\S+")


def _word(question: str, start: int, last: int, tokens: Sequence[Token]) -> Word:
    kept = list(tokens)
    while kept and ((kept[-1].tag.startswith(_TAIL_TAGS) and _is_tail(kept)) or kept[-1].form == "요"):
        kept.pop()
    end = max((token.end for token in kept), default=start)
    end = min(end, last)
    first = min((token.start for token in kept), default=start)
    text = question[first:end].strip("?!.,~'\"‘’“”")
    nouns = tuple(token.form for token in kept if token.tag.split("-")[0] in _NOUN_TAGS)
    proper = any(token.tag == "NNP" for token in kept)
    verbal = any(token.tag.startswith(("XSV", "XSA", "VX")) for token in tokens)
    sort = Sort.ASKS if _ASKING.match(question, first) else _sort(text, kept, nouns)
    if question[start] in _OPENING and text:  # a name, whatever its words are
        return Word(text, first, max(end, first), last, Sort.TOPIC, nouns, proper=True)
    sort = Sort.DESCRIBES if [token.tag.split("-")[0] for token in tokens] == ["VA", "ETM"] else sort
    return Word(text, first, max(end, first), last, sort, nouns, proper, verbal)


def _is_tail(kept: Sequence[Token]) -> bool:
    """Return whether the word ends in a tail: a closing bracket is one only where none of the word opens it: 요가(저녁)."""
    return kept[-1].tag != "SSC" or all(token.tag != "SSO" for token in kept)


def _sort(text: str, kept: Sequence[Token], nouns: tuple[str, ...]) -> Sort:
    if not text:
        return Sort.OTHER
    if kept and (kept[0].tag == "NP" or _POINTING_TIMES.match(text)):
        return (
            Sort.POINTS if text in _POINTING or kept[0].form in _POINTING or _POINTING_TIMES.match(text) else Sort.OTHER
        )
    misread = any(token.tag.startswith(("VV", "VA", "MAG")) for token in kept)  # 안전화, a name that Kiwi does not know
    if not nouns or (misread and not kept[-1].tag.startswith("NN")):
        return Sort.OTHER
    if text in _attributes() or _ATTRIBUTE_END.search(text) or (not misread and _attributes().issuperset(nouns)):
        return Sort.ATTRIBUTE
    return Sort.TOPIC


def find_pointer(question: str, words: Sequence[Word], tokens: Sequence[Token]) -> Pointer | None:
    """Return the first word that points at another turn; None where what it points at stands before it in the question."""
    named = False
    for word in words:
        inside = [token for token in tokens if word.start <= token.start < word.last]
        if not named and (pointer := _pointer(question, word, words, inside)):
            return pointer
        named = named or word.sort is Sort.TOPIC
    return None


def _pointer(question: str, word: Word, words: Sequence[Word], tokens: Sequence[Token]) -> Pointer | None:
    if not tokens:
        return None
    first = tokens[0]
    if first.tag == "NP" and first.form in _POINTING and first.start == word.start:
        fused = "" if question[first.start : first.end] == first.form else _fused(tokens)
        return Pointer(first.start, tokens[1].end if fused else first.end, _POINTING[first.form], fused)
    if match := _POINTING_TIMES.match(word.text):
        return Pointer(word.start, word.start + match.end(), "때")
    if question[word.start : word.last] in _DEMONSTRATIVES:
        return _demonstrative(first.form, word, words)
    return None


def _fused(tokens: Sequence[Token]) -> str:
    """Return the particle that is fused with it: 는 of 그건, 가 of 그게, 를 of 그걸."""
    return {"ᆫ": "는", "ᆯ": "를"}.get(tokens[1].form, "가" if tokens[1].tag == "JKS" else "") if len(tokens) > 1 else ""


def _demonstrative(form: str, word: Word, words: Sequence[Word]) -> Pointer | None:
    following = next((following for following in words if following.start >= word.last), None)
    if following is None or following.sort not in (Sort.TOPIC, Sort.ATTRIBUTE):
        return None
    noun = following.nouns[0] if following.nouns else following.text
    if form == "이" and following.text in PEOPLE:
        return None  # 이 대통령: a name
    if form == "위" and word.start:
        return None
    if noun in ("전", "후", "뒤", "다음", "당시", "때", "날", "해"):
        return Pointer(word.start, following.end, "때")
    return Pointer(word.start, following.end, following.text)


def lacks(question: str, words: Sequence[Word], pointer: Pointer | None) -> Lacks:
    """Return what the question lacks, told by its form alone."""
    if pointer is not None:
        return Lacks.REFERENT
    topics = [word for word in words if word.sort is Sort.TOPIC]
    if not topics:
        said = any(word.sort in (Sort.ATTRIBUTE, Sort.ASKS, Sort.POINTS) for word in words)
        return Lacks.SUBJECT if said and len(words) <= _LONGEST else Lacks.NOTHING
    if sum(_ROUGH_VALUE.match(word.text) is None for word in topics) > _TOPIC_LIMIT or len(words) > _LONGEST:
        return Lacks.NOTHING
    if _is_fragment(question, words):
        return Lacks.PREDICATE
    return Lacks.PERHAPS


_LONGEST = 8
_ROUGH_VALUE = re.compile(r"\d")
_FRAGMENT_END = re.compile(
    r"(?:은|는|도|은요|는요|도요|에는|에는요|에선|에서는|이면|면|이라면|라면|일\s?때는?요?|의?\s?경우는?요?|의?\s?경우에는?요?|요)\s*[?？.!]*\s*$"
)


def _is_fragment(question: str, words: Sequence[Word]) -> bool:
    """Return whether the question is one name or noun with 은, 도 or 면, and nothing asks: 부산은?, 그럼 어린이는요?."""
    told = [word for word in words if not _OPENERS.match(question[word.start : word.last] + " ")]
    return (
        bool(told)
        and len(told) <= _TOPIC_LIMIT
        and told[-1].sort is not Sort.DESCRIBES
        and all(word.sort in (Sort.TOPIC, Sort.DESCRIBES) or word.text in ("경우", "때") for word in told)
        and all(_joins(question, before) or after.text == "경우" for before, after in pairwise(told))
        and _FRAGMENT_END.match(question, told[-1].end) is not None
    )


def _joins(question: str, word: Word) -> bool:
    """Return whether the word belongs to the one behind it: 취득세 감면, 빨간 텀블러."""
    return question[word.end : word.last] == "" or word.sort is Sort.DESCRIBES


def goes_on(question: str) -> bool:
    """Return whether the question says itself that it goes on from another: 그럼, 그리고."""
    return _SIGNALS.match(question) is not None


def topic_words(words: Iterable[Word]) -> list[Word]:
    """Return what a question is about: names and nouns, without what it asks of them and without 발견되면."""
    return [word for word in words if word.sort is Sort.TOPIC and not word.verbal and len(word.text) > 1]
