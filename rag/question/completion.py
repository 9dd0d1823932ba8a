"""A question that cannot stand alone, completed from the turns before it: 신청 방법은? after one about a scheme."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from index.korean.sentences import Token
from rag.question.asked import Asks, read_asked
from rag.question.parallels import parallel, qualifiers_of, stands_in
from rag.question.turns import (
    Lacks,
    Pointer,
    Sort,
    Turn,
    Word,
    find_pointer,
    goes_on,
    lacks,
    topic_words,
    words_of,
)
from rag.values.typed_values import ValueKind, find_values

Tokenize = Callable[[str], Sequence[Token]]


class Completion(StrEnum):
    """What became of a question that was asked after others."""

    ALONE = "alone"  # it stands alone, and is asked as it is
    COMPLETED = "completed"
    IMPOSSIBLE = "impossible"  # it cannot stand alone, and no turn before it says what it is about


@dataclass(frozen=True, slots=True)
class Completed:
    """``question`` is what is searched; ``added`` the words of earlier turns in it, in their order."""

    question: str
    added: tuple[str, ...] = ()
    outcome: Completion = Completion.ALONE


@dataclass(frozen=True, slots=True)
class _Read:
    """A question and its words."""

    text: str
    words: tuple[Word, ...]
    pointer: Pointer | None
    lacks: Lacks

    @property
    def topics(self) -> list[Word]:
        return topic_words(self.words)


def depends(question: str, tokenize: Tokenize) -> bool:
    """Whether a question could need the turns before it; where not, nobody has to know them."""
    return _read(question, tokenize).lacks is not Lacks.NOTHING


def complete(question: str, turns: Sequence[Turn], tokenize: Tokenize) -> Completed:
    """Return the question with what it leaves out, from the latest of ``turns`` (oldest first) that says what it is about."""
    asked = _read(question, tokenize)
    if asked.lacks is Lacks.NOTHING:
        return Completed(question)
    for turn in reversed(turns):
        before = _read(turn.question, tokenize)
        if before.topics:
            return _completed(asked, before, turn)
    impossible = asked.lacks in (Lacks.REFERENT, Lacks.SUBJECT)
    return Completed(question, outcome=Completion.IMPOSSIBLE if impossible else Completion.ALONE)


def _read(question: str, tokenize: Tokenize) -> _Read:
    tokens = tokenize(question)
    words = words_of(question, tokens)
    pointer = find_pointer(question, words, tokens)
    return _Read(question, tuple(words), pointer, lacks(question, words, pointer))


def _completed(asked: _Read, before: _Read, turn: Turn) -> Completed:
    if asked.pointer is not None:
        return _pointed(asked, asked.pointer, before, turn)
    if asked.lacks is Lacks.SUBJECT:
        return _prefixed(asked, before, turn)
    if asked.lacks is Lacks.PREDICATE:
        return _fragment(asked, before, turn)
    if not _belongs(asked, before, turn):
        return Completed(asked.text)
    return _same_question(asked, before, turn) or _prefixed(asked, before, turn)


# --- of the same subject?
def _belongs(asked: _Read, before: _Read, turn: Turn) -> bool:
    """Whether a question of few words is of the subject of the turn: its article holds them all, and none names a subject."""
    if _names_subject(asked, before, turn):
        return False
    return goes_on(asked.text) or all(_held(word, turn) or qualifiers_of(word) for word in asked.topics)


def _names_subject(asked: _Read, before: _Read, turn: Turn) -> bool:
    known = {word.text for word in before.topics}
    return any(
        word.text in known or (len(word.text) > 1 and stands_in(word.text, turn.title)) or _is_name(word.text)
        for word in asked.topics
    )


def _is_name(text: str) -> bool:
    """누리솔시청, 고슬제과: a name that says of itself what it is the name of."""
    return len(text) >= _LONG_NAME and any(
        value.kind in (ValueKind.ORGANISATION, ValueKind.PLACE) and value.end - value.start >= _LONG_NAME
        for value in find_values(text)
    )


_LONG_NAME = 4


def _held(word: Word, turn: Turn) -> bool:
    return bool(turn.article) and (
        stands_in(word.text, turn.article) or all(stands_in(noun, turn.article) for noun in word.nouns)
    )


# --- the subject in front
def _prefixed(asked: _Read, before: _Read, turn: Turn) -> Completed:
    """Return the topic of the turn before the question, without the words that those of the question take the place of."""
    replaced = [one for word in asked.topics for one in parallel(word, before.topics, turn.article)]
    held = {word.text for word in asked.words}
    topic = [word.text for word in before.topics if word not in replaced and word.text not in held][:_MOST_TOPIC]
    return _made(f"{' '.join(topic)} {_without_opener(asked.text)}", topic)


_MOST_TOPIC = 6
_OPENER = re.compile(r"^\s*(?:그럼|그러면|그렇다면|그런데|근데|그리고|참|혹시)[,\s]+")


def _without_opener(question: str) -> str:
    return _OPENER.sub("", question)


def _made(question: str, added: Sequence[str]) -> Completed:
    return Completed(question.strip(), tuple(added), Completion.COMPLETED)


# --- 부산은?
def _fragment(asked: _Read, before: _Read, turn: Turn) -> Completed:
    """Return the earlier question with the fragment in the place of what it is parallel to, or beside its topic."""
    word = _whole(asked)
    if _names_subject(asked, before, turn) and not qualifiers_of(word):
        return Completed(asked.text)
    if others := parallel(word, before.topics, turn.article):
        return _substituted(word, others, before)
    if _is_attribute(word, turn):
        return _prefixed(asked, before, turn)
    if qualifiers_of(word) or _held(word, turn):
        return _narrowed(word, before)
    if goes_on(asked.text) or len(asked.topics) == 1:
        return _prefixed(asked, before, turn)
    return Completed(asked.text)


def _whole(asked: _Read) -> Word:
    """Return the topic words of a question as one."""
    first, last = asked.topics[0], asked.topics[-1]
    nouns = tuple(noun for word in asked.topics for noun in word.nouns)
    text = asked.text[first.start : last.end].strip()
    return replace(
        first, text=text, end=last.end, last=last.last, nouns=nouns, proper=any(w.proper for w in asked.topics)
    )


_LABEL = r"(?:^|[|\t(○●□■◦•▪▶·-]|\d[.)]|[가-하][.)]|\s{{2,}})\s*{}\s*(?:\([^)\n]*\))?\s*[:：]"


def _is_attribute(word: Word, turn: Turn) -> bool:
    """Whether the article gives it as a label: 교육비: 5만원."""
    return re.search(_LABEL.format(re.escape(word.text)), turn.article, re.MULTILINE) is not None


def _same_question(asked: _Read, before: _Read, turn: Turn) -> Completed | None:
    """어린이는 얼마예요? after a question that asks how much: that question, for children."""
    if any(word.sort is Sort.ATTRIBUTE for word in asked.words) or not asked.topics:
        return None
    kinds = read_asked(asked.text).kinds - {Asks.OTHER, Asks.YES_NO}
    if not kinds or not kinds & read_asked(before.text).kinds:
        return None
    if not all(word.sort in (Sort.TOPIC, Sort.ASKS) or goes_on(asked.text) for word in asked.words):
        return None
    word = _whole(asked)
    if others := parallel(word, before.topics, turn.article):
        return _substituted(word, others, before)
    return _narrowed(word, before) if qualifiers_of(word) else None


def _substituted(word: Word, others: Sequence[Word], before: _Read) -> Completed:
    question = _put(before.text, others[0].start, others[-1].end, word.text)
    kept = [one.text for one in before.words if one not in others and one.sort in (Sort.TOPIC, Sort.ATTRIBUTE)]
    return _made(question, kept)


def _narrowed(word: Word, before: _Read) -> Completed:
    """Return the earlier question with the word right before what it asks about."""
    place = next((one.start for one in before.words if one.sort in (Sort.ATTRIBUTE, Sort.ASKS)), before.topics[-1].last)
    question = f"{before.text[:place].rstrip()} {word.text} {before.text[place:].lstrip()}"
    return _made(question, [one.text for one in before.words if one.sort in (Sort.TOPIC, Sort.ATTRIBUTE)])


# --- 그 회사, 거기
def _pointed(asked: _Read, pointer: Pointer, before: _Read, turn: Turn) -> Completed:
    """Return what the pointer stands for in its place: the value that answered the turn, or its topic."""
    topic = [word.text for word in before.topics][:_MOST_TOPIC]
    if value := _value(pointer, turn):
        subject = " ".join(word for word in topic if word not in value)
        question = _put(asked.text, pointer.start, pointer.end, value, pointer.particle)
        return _made(f"{subject} {_without_opener(question)}", [*subject.split(), value])
    if pointer.noun == "때":
        kept = asked.text if asked.text[pointer.start : pointer.end] != "그때" else _cut(asked.text, pointer)
        return _made(f"{' '.join(topic)} {_without_opener(kept)}", topic)
    named = pointer.noun not in _GENERAL and not any(pointer.noun in word for word in topic)
    subject = " ".join([*topic, *([pointer.noun] if named else [])])
    return _made(_without_opener(_put(asked.text, pointer.start, pointer.end, subject, pointer.particle)), topic)


_GENERAL = frozenset(
    ["", "곳", "사람", "때", "경우", "것", "거", "회사", "건", "문제", "내용", "글", "문서", "기사", "데"]
)
_VALUES = {
    "사람": (Asks.PERSON, ValueKind.PERSON),
    "회사": (Asks.ORGANISATION, ValueKind.ORGANISATION),
    "기관": (Asks.ORGANISATION, ValueKind.ORGANISATION),
    "업체": (Asks.ORGANISATION, ValueKind.ORGANISATION),
    "단체": (Asks.ORGANISATION, ValueKind.ORGANISATION),
    "부서": (Asks.ORGANISATION, ValueKind.ORGANISATION),
    "곳": (Asks.PLACE, ValueKind.PLACE),
    "장소": (Asks.PLACE, ValueKind.PLACE),
    "때": (Asks.DATE, ValueKind.DATE),
}


def _value(pointer: Pointer, turn: Turn) -> str:
    """Return what the turn asked for and the pointer means: the name of 그분 after a question who it is; "" where it is not told."""
    if pointer.noun not in _VALUES or not turn.quote:
        return ""
    asks, kind = _VALUES[pointer.noun]
    if asks not in read_asked(turn.question).kinds:
        return ""
    named = {value.key for value in find_values(turn.question)}
    values = find_values(turn.quote)
    others = [one for one in values if one.kind is not kind and one.kind in (ValueKind.ORGANISATION, ValueKind.PLACE)]
    found = (
        value for value in values
        if value.kind is kind and value.key not in named and not any(one.start <= value.start < one.end for one in others)
    )  # fmt: skip
    return next((turn.quote[value.start : value.end] for value in found), "")


def _cut(text: str, pointer: Pointer) -> str:
    return text[: pointer.start] + text[pointer.end :].lstrip("에는의 ")


# --- particles
_PARTICLES = {"은": "는", "이": "가", "을": "를", "과": "와", "으로": "로"}
_OPEN = {closed: opened for closed, opened in _PARTICLES.items()} | {opened: opened for opened in _PARTICLES.values()}
_CLOSED = {opened: closed for closed, opened in _PARTICLES.items()} | {closed: closed for closed in _PARTICLES}
_FOLLOWING = re.compile(r"(?:으로|은|는|이|가|을|를|과|와|로)(?=\s|[?？.!]|$)")


def _put(text: str, start: int, end: int, word: str, particle: str = "") -> str:
    """Return the text with ``word`` from ``start`` to ``end``, and the particle behind it in the form that fits the word."""
    rest = particle + text[end:]
    if following := _FOLLOWING.match(rest):
        forms = _CLOSED if _ends_closed(word, following[0]) else _OPEN
        rest = forms.get(following[0], following[0]) + rest[following.end() :]
    return text[:start] + word + rest


def _ends_closed(word: str, particle: str) -> bool:
    """Whether the word ends in a consonant; before 로, ㄹ is as open as a vowel."""
    final = (ord(word[-1]) - 0xAC00) % 28 if "가" <= word[-1] <= "힣" else 0
    return bool(final) and not (final == 8 and particle in ("로", "으로"))
