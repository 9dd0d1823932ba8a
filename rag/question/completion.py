"""A question that cannot stand alone, completed from the turns before it: 신청 방법은? after one about a scheme."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from index.korean.sentences import Token
from rag.question.asked import Asks, read_asked
from rag.question.parallels import parallel, qualifiers_of, split_tables, stands_in
from rag.question.turns import (
    PEOPLE,
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
from rag.values.base import words
from rag.values.names import is_name
from rag.values.typed_values import ValueKind, find_values

Tokenize = Callable[[str], Sequence[Token]]


class Completion(StrEnum):
    """What became of a question that was asked after others."""

    ALONE = "alone"  # it stands alone, and is asked as it is
    COMPLETED = "completed"
    IMPOSSIBLE = "impossible"  # it cannot stand alone, and no turn before it says what it is about


@dataclass(frozen=True, slots=True)
class Completed:
    """``question`` is what is searched; ``added`` the words of earlier turns in it, in their order.

    ``wider`` asks of the turn's whole article in place of the part of it that the turn was about.
    """

    question: str
    added: tuple[str, ...] = ()
    outcome: Completion = Completion.ALONE
    wider: "Completed | None" = None


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

    @property
    def subject(self) -> list[Word]:
        """What another question may be about too: where nothing else is asked, the last word is what was asked of it."""
        asks = any(word.sort in (Sort.ATTRIBUTE, Sort.ASKS) or word.verbal for word in self.words)
        return self.topics if asks or len(self.topics) < _WITH_ATTRIBUTE else self.topics[:-1]


_WITH_ATTRIBUTE = 4  # topic words of which one may be an attribute


def depends(question: str, tokenize: Tokenize) -> bool:
    """Return whether a question could need the turns before it; where it cannot, they need not be looked up."""
    return _read(question, tokenize).lacks is not Lacks.NOTHING


def complete(question: str, turns: Sequence[Turn], tokenize: Tokenize) -> Completed:
    """Return the question with what it leaves out, from the latest of ``turns`` (oldest first) that says what it is about."""
    asked = _read(question, tokenize)
    if asked.lacks is Lacks.NOTHING:
        return Completed(question)
    for turn in reversed(turns):
        before = _read(turn.question, tokenize)
        if before.subject:
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
    """Return whether a short question is of the turn's subject: its article holds the words, none names a subject."""
    if _repeats(asked, before, turn) or any(word.proper or _is_name(word.text) for word in asked.topics):
        return False
    return goes_on(asked.text) or all(_held(word, turn) or qualifiers_of(word) for word in asked.topics)


def _repeats(asked: _Read, before: _Read, turn: Turn) -> bool:
    """Return whether the question names the subject of the turn again, as one that begins anew does."""
    known = {word.text for word in before.subject}
    return any(word.text in known or stands_in(word.text, turn.title) for word in asked.topics)


def _is_name(text: str) -> bool:
    """Return whether it is a name that says of itself what it is the name of: 누리솔시청, 고슬제과."""
    return text.endswith("씨") or (
        len(text) >= _LONG_NAME
        and any(
            value.kind in (ValueKind.ORGANISATION, ValueKind.PLACE) and value.end - value.start >= _LONG_NAME
            for value in find_values(text)
        )
    )


_LONG_NAME = 4


def _held(word: Word, turn: Turn) -> bool:
    return bool(turn.article) and (
        stands_in(word.text, turn.article) or all(stands_in(noun, turn.article) for noun in word.nouns)
    )


# --- the subject in front
def _prefixed(asked: _Read, before: _Read, turn: Turn) -> Completed:
    """Return the topic of the turn before the question, without the words that those of the question take the place of."""
    replaced = [other for word in asked.topics for other in parallel(word, before.subject, turn.article)]
    held = {word.text for word in asked.words}
    kept = [word.text for word in before.subject if word not in replaced and word.text not in held]
    topic = _of_the_whole(asked, kept, turn) or kept[:_MOST_TOPIC]
    if Asks.REASON in read_asked(asked.text).kinds and all(word.sort is not Sort.OTHER for word in asked.words):
        return _made(f"{_told(before)} {_without_opener(asked.text)}", topic)
    made = _made(f"{_as_told(topic, before)} {_without_opener(asked.text)}", topic)
    whole = [word for word in topic if stands_in(word, turn.title)]
    if not whole or len(whole) == len(topic):
        return made
    return replace(made, wider=_made(f"{' '.join(whole)} {_without_opener(asked.text)}", whole))


def _of_the_whole(asked: _Read, topic: Sequence[str], turn: Turn) -> list[str]:
    """Return the topic without a row of a table, where what is asked stands outside the table; none where it is not so."""
    rows, rest = split_tables(turn.article)
    attributes = [word.text for word in asked.words if word.sort is Sort.ATTRIBUTE]
    if not rows or not any(stands_in(attribute, rest) and not stands_in(attribute, rows) for attribute in attributes):
        return []
    kept = [word for word in topic if not stands_in(word, rows)]
    named = [
        word for word in re.findall(r"[가-힣A-Za-z0-9]+", turn.title) if word not in kept and word not in _EMPTY_TITLE
    ]
    return [*kept, *named][:_MOST_TOPIC] if len(kept) < len(topic) else []


def _as_told(topic: Sequence[str], before: _Read) -> str:
    """Return the words beside each other, in quotes what the turn has in quotes: it goes on being one name."""
    return " ".join(
        next((f"{mark}{word}{end}" for mark, end in _QUOTES if f"{mark}{word}{end}" in before.text), word)
        for word in topic
    )


_QUOTES = (("'", "'"), ("‘", "’"), ('"', '"'), ("“", "”"))
_EMPTY_TITLE = words("안내 공고 공지 알림 모집 결과 보고 보고서 자료 계획 현황 목록")


def _told(before: _Read) -> str:
    """Return what a question says without the words that ask, so that it can be asked why."""
    told = [word for word in before.words if word.sort is not Sort.ASKS]
    ends = [word.last for word in told[:-1]] + [
        word.end if word.sort in (Sort.TOPIC, Sort.ATTRIBUTE) else word.last for word in told[-1:]
    ]
    return " ".join(before.text[word.start : end].strip("?？.! ") for word, end in zip(told, ends, strict=True))


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
    if others := parallel(word, before.subject, turn.article):
        other_unit = _AMOUNT.search(word.text) and _COUNTED.search(before.text, others[-1].end)
        return _instead(asked, others[0], before) if other_unit else _substituted(word, others, before)
    if _is_name(word.text) or (_repeats(asked, before, turn) and not qualifiers_of(word)):
        return Completed(asked.text)
    if _is_attribute(word, turn):
        return _prefixed(asked, before, turn)
    if _held(word, turn) and not qualifiers_of(word) and (part := _part_asked_of(word, before, turn)):
        counted = _COUNTED.search(before.text, part.end)
        return _instead(asked, part, before) if counted else _substituted(word, [part], before)
    if qualifiers_of(word) or _held(word, turn):
        return _narrowed(word, before)
    if goes_on(asked.text) or len(asked.topics) == 1:
        return _prefixed(asked, before, turn)
    return Completed(asked.text)


def _instead(asked: _Read, other: Word, before: _Read) -> Completed:
    """Return what the earlier question says before the word, and then the question as it is."""
    kept = [word.text for word in before.words if word.last <= other.start and word.sort is not Sort.ASKS]
    return _made(f"{before.text[: other.start].rstrip()} {_without_opener(asked.text)}", kept)


_AMOUNT = re.compile(r"[가-힣](?:액|률|율|량)$")  # 판매액: is not asked in the unit that 생산량 was
_COUNTED = re.compile(r"몇\s?\S")


def _part_asked_of(word: Word, before: _Read, turn: Turn) -> Word | None:
    """Return 아이스팩 of 고운뫼시에서 아이스팩은 어디에 버려요: a part of the article, which is what the question was about."""
    marked = (other for other in before.subject if before.text[other.end : other.last] in ("은", "는"))
    parts = (part for part in marked if _held(part, turn) and not stands_in(part.text, turn.title))
    return next((part for part in parts if not _said_of(part, word, turn.article)), None)


def _said_of(one: Word, other: Word, article: str) -> bool:
    """Return whether one line of the article holds both words: 조명, 선반의 수선은 을이 한다."""
    return any(stands_in(one.text, line) and stands_in(other.text, line) for line in article.splitlines())


def _whole(asked: _Read) -> Word:
    """Return the topic words of a question as one."""
    told = [word for word in asked.words if word.sort is not Sort.OTHER or word.nouns]
    first, last = told[0], [word for word in told if word.sort is Sort.TOPIC][-1]
    nouns = tuple(noun for word in told for noun in word.nouns)
    text = asked.text[first.start : last.end].strip()
    return replace(
        first, text=text, end=last.end, last=last.last, nouns=nouns, proper=any(w.proper for w in asked.topics)
    )


# Nothing in it is repeated without an end but one run of spaces: an article is 500,000 letters of anybody's.
_LABEL = (
    r"(?:(?:^|[|\t(○●□■◦•▪▶·①-⑳-]|\d[.)]|[가-하][.)])\s?|\s\s){0}"
    r"\s*(?:(?:\([^)\n]{{0,200}}\)\s{{0,20}})?[:：]|(?:은|는)\s)"
)


def _is_attribute(word: Word, turn: Turn) -> bool:
    """Return whether the article gives a value for the word: 교육비: 5만원, ② 월 차임은 이천팔백만원으로."""
    return re.search(_LABEL.format(re.escape(word.text)), turn.article, re.MULTILINE) is not None


def _same_question(asked: _Read, before: _Read, turn: Turn) -> Completed | None:
    """Complete 어린이는 얼마예요? after a question that asks how much into that question, for children."""
    if any(word.sort is Sort.ATTRIBUTE for word in asked.words) or not asked.topics:
        return None
    kinds = read_asked(asked.text).kinds - {Asks.OTHER, Asks.YES_NO}
    if not kinds or not kinds & read_asked(before.text).kinds:
        return None
    if not all(word.sort in (Sort.TOPIC, Sort.ASKS) or goes_on(asked.text) for word in asked.words):
        return None
    word = _whole(asked)
    if others := parallel(word, before.subject, turn.article):
        return _substituted(word, others, before)
    return _narrowed(word, before) if qualifiers_of(word) else None


def _substituted(word: Word, others: Sequence[Word], before: _Read) -> Completed:
    question = _put(before.text, others[0].start, others[-1].end, word.text)
    kept = [other.text for other in before.words if other not in others and other.sort in (Sort.TOPIC, Sort.ATTRIBUTE)]
    return _made(question, kept)


def _narrowed(word: Word, before: _Read) -> Completed:
    """Return the earlier question with the word right before what it asks about."""
    place = next(
        (other.start for other in before.words if other.sort in (Sort.ATTRIBUTE, Sort.ASKS)), before.subject[-1].last
    )
    question = f"{before.text[:place].rstrip()} {word.text} {before.text[place:].lstrip()}"
    return _made(question, [other.text for other in before.words if other.sort in (Sort.TOPIC, Sort.ATTRIBUTE)])


# --- 그 회사, 거기
def _pointed(asked: _Read, pointer: Pointer, before: _Read, turn: Turn) -> Completed:
    """Return what the pointer stands for in its place: the value that answered the turn, or its topic."""
    topic = [word.text for word in before.subject][:_MOST_TOPIC]
    if Asks.REASON in read_asked(asked.text[pointer.start : pointer.end]).kinds:
        reason = f"{_told(before)} {asked.text[pointer.start :].partition(' ')[2]}"
        return _made(reason, topic)
    if value := _value(pointer, turn):
        subject = " ".join(word for word in topic if word not in value)
        value = f"{value} {pointer.noun}" if pointer.noun in PEOPLE else value
        question = _put(asked.text, pointer.start, pointer.end, value, pointer.particle)
        return _made(f"{subject} {_without_opener(question)}", [*subject.split(), value])
    if pointer.noun == "때":
        kept = asked.text if asked.text[pointer.start : pointer.end] != "그때" else _cut(asked.text, pointer)
        return _made(f"{' '.join(topic)} {_without_opener(kept)}", topic)
    if pointer.noun in _DOCUMENTS and pointer.noun in turn.title:
        title = turn.title[: turn.title.rindex(pointer.noun) + len(pointer.noun)]
        return _made(
            _without_opener(_put(asked.text, pointer.start, pointer.end, title, pointer.particle)), title.split()
        )
    named = pointer.noun not in _GENERAL and not any(pointer.noun in word for word in topic)
    subject = _as_told([*topic, *([pointer.noun] if named else [])], before)
    return _made(_without_opener(_put(asked.text, pointer.start, pointer.end, subject, pointer.particle)), topic)


_GENERAL = frozenset(
    ["", "곳", "사람", "때", "경우", "것", "거", "회사", "건", "문제", "내용", "글", "문서", "기사", "데"]
)
_DOCUMENTS = words(
    "규정 규칙 조례 법 법률 약관 계약서 협약 공고 공고문 공지 안내 안내서 안내문 보고서 자료 지침 내규 회칙 정관 기사 인터뷰 회의록 통계 조사 요금표"
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
    noun = "사람" if pointer.noun in PEOPLE else pointer.noun
    if noun not in _VALUES or not turn.quote:
        return ""
    asks, kind = _VALUES[noun]
    if asks not in read_asked(turn.question).kinds:
        return ""
    if kind is ValueKind.PERSON and (name := _behind_role(turn)):
        return name
    named = {value.key for value in find_values(turn.question)}
    values = find_values(turn.quote)
    others = [
        value for value in values if value.kind is not kind and value.kind in (ValueKind.ORGANISATION, ValueKind.PLACE)
    ]
    found = (
        value for value in values
        if value.kind is kind and value.key not in named and not any(other.start <= value.start < other.end for other in others)
    )  # fmt: skip
    name = next((turn.quote[value.start : value.end] for value in found), "")
    return name or (_name_in(turn) if kind is ValueKind.PERSON else "")


def _name_in(turn: Turn, after: int = 0) -> str:
    """Return the first word of the quote that can be a whole name and is not the question's."""
    found = re.findall(r"[가-힣]{3,4}", turn.quote[after:])
    return next((word for word in found if is_name(word) and word not in turn.question), "")


def _behind_role(turn: Turn) -> str:
    """Return the name behind the role that was asked for: 뇌하람 of 회장 어진솔과 부회장 뇌하람, where the vice president was."""
    roles = sorted(re.findall(r"[가-힣]{2,}", turn.question), key=turn.quote.rfind)
    placed = [turn.quote.find(role) for role in roles if role in turn.quote and role in _ROLES]
    return _name_in(turn, placed[-1]) if placed else ""


_ROLES = words("회장 부회장 대표 위원장 팀장 소장 원장 센터장 단장 감독 강사 담당 담당자 기사 점장 교수 의장")


def _cut(text: str, pointer: Pointer) -> str:
    return text[: pointer.start] + _TIME_PARTICLE.sub("", text[pointer.end :])


_TIME_PARTICLE = re.compile(r"^(?:에는|에도|엔|에|는|의|도)?(?:\s+|(?=[?？.!]|$))")


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
    """Return whether the word ends in a consonant; before 로, ㄹ is as open as a vowel."""
    final = (ord(word[-1]) - 0xAC00) % 28 if "가" <= word[-1] <= "힣" else 0
    return bool(final) and not (final == 8 and particle in ("로", "으로"))
