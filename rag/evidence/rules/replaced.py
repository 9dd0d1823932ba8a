"""What takes the place of what stood before: 45일 이내 → 60일 이내, 17:00이 아니라 18:00, 18시 30분(19시 아님).

Where a line says in so many words that a value gives way to another, it answers in place of the line that still has that value.
"""

import re
from collections.abc import Sequence

from index.articles import Article
from index.korean.terms import search_key
from rag.evidence.citing import values_asked
from rag.evidence.editions import read_edition
from rag.evidence.evidence import Evidence
from rag.evidence.expected import WANTED
from rag.evidence.rivals import stem
from rag.evidence.rules.counterparts import without_values
from rag.evidence.rules.siblings import ASKS_FORMER
from rag.question.asked import Asked, Asks
from rag.values.typed_values import Value, same_value

_ARROW = r"→|⇒|➔|->|=>"
_TOLD = r"잘못|적|알|안내|보[내낸]|찍|올|표기|게시"  # 11월 3일로 적었으나 11월 4일이 맞습니다
_GIVES_WAY = re.compile(  # what stands between a value and the one that takes its place
    rf"[^.;]{{0,20}}?(?:{_ARROW}|[이가은는]?\s?아니라\s|에서\s|[을를]\s|(?:으로|로|라고)\s?(?:{_TOLD})[가-힣]*)"
)
_IS_DENIED = re.compile(r"\s?[이가은는]?\s?(?:아님|아닙니다|아니고|아니며)")
_CHANGES = re.compile(
    rf"{_ARROW}|아니라|아님|아닙니다|아니고|아니며|바꾸|바꿉|바뀌|바뀐|바꿈|변경|미루|미룹|미뤄|늦추|늦춥|당기|당깁|당겨|늘리|늘립|늘어|늘려"
    r"|줄이|줄입|줄어|줄여|올리|올립|올라|오르|내리|내립|내려|고치|고칩|고쳐|고침|정정|수정|조정|옮기|옮깁|연장|단축|바로잡|[이가]\s맞|잘못"
    r"|[을를]\s\S.{0,20}(?<!\s)으?로(?:\s?\(.{1,60}\))?$"
)
_SIDES = re.compile(rf"\s*(?:{_ARROW}|[이가]\s?아니라\s|[을를]\s(?=.{{1,20}}(?<!\s)으?로(?:\s|$)))\s*")
_WRAPPING = re.compile(r"[^가-힣A-Za-z0-9.,:~∼%/-]+")
_PART = re.compile(r"\s?[/,;|]\s")  # between the several things that one line tells
_WORD = re.compile(r"[가-힣A-Za-z]{2,}")
_SORTS_OF_NOTICE = frozenset({
    "안내", "안내문", "공고", "공고문", "알림", "알림문", "공지", "공지문", "정정", "변경", "수정", "개정",
    "바로잡음", "바로잡기", "고침", "바뀐", "바뀜", "연기", "일정", "일부", "사항", "관련", "내용", "계획",
    "모집", "신청", "접수", "사업", "지원", "결과",
})  # fmt: skip
_LEAST = 3  # letters of what gives way word for word
_MOST_VALUES = 20  # of a line that tells a change; what holds more is a table


def replaced_by(read: Asked, ranked: Sequence[Evidence]) -> int | None:
    """Return the place among ``ranked`` of the line that says what holds in place of the first, None where none does."""
    if not ranked or ASKS_FORMER.search(read.core) or read.kinds & {Asks.REASON, Asks.METHOD}:
        return None
    first = ranked[0]
    for place, other in enumerate(ranked[1:], 1):
        if _CHANGES.search(other.text) and _follows(first, other) and _is_replaced(read, first, other):
            return place
    return None


def _follows(first: Evidence, other: Evidence) -> bool:
    """Return whether a line can change what another says: further down in its article, or in one as new on the same matter."""
    own, its = first.scope.article, other.scope.article
    if own.id == its.id:
        return other.row.sentence.start > first.row.sentence.start
    if own.published_at and its.published_at and own.published_at > its.published_at:
        return False
    return read_edition(own).series == read_edition(its).series or not _subjects(own).isdisjoint(_subjects(its))


def _subjects(article: Article) -> set[str]:
    """Return the words of a title that say what it is about, not what sort of notice it is."""
    return {stem(word) for word in _WORD.findall(search_key(article.title))} - _SORTS_OF_NOTICE


def _is_replaced(read: Asked, first: Evidence, other: Evidence) -> bool:
    """Return whether the other line says that a value of the first, of the kind asked for, has given way to another."""
    if max(len(line.meaning.values) for line in (first, other)) > _MOST_VALUES or not _is_of_same(read, first, other):
        return False
    told = values_asked(read, first) if read.kinds & WANTED.keys() else first.meaning.values
    given_up = [old for old in other.meaning.values if _holds_no_more(first, other, old)]
    gone = [value.start for value in told if any(same_value(old, value) for old in given_up)]
    return any(_is_asked_part(read, first, start, told) for start in (*gone, *_word_for_word(first, other)))


def _is_of_same(read: Asked, first: Evidence, other: Evidence) -> bool:
    """Return whether a line names something that the first or the question names; one of values alone need not."""
    apart = _CHANGES.sub(" ", search_key(" ".join(without_values(other, names=False))))
    words = {stem(word) for word in _WORD.findall(apart)} - _SORTS_OF_NOTICE
    named = search_key(f"{first.with_path} {read.core}").replace(" ", "")
    return not words or any(word in named for word in words)


def _holds_no_more(first: Evidence, other: Evidence, old: Value) -> bool:
    """Return whether a line has a value in place of another of its own, and the first line has nothing of that."""
    text, values, held = other.text, other.meaning.values, first.meaning.values
    others = [value for value in values if value is not old]
    if gone := _GIVES_WAY.match(text, old.end):
        others = [value for value in others if value.start >= gone.end()]
    elif not _IS_DENIED.match(text, old.end):
        return False
    of_any_kind = gone is not None and "아니라" in gone.group()  # 24시간이 아니라 07~23시
    come = [value for value in others if of_any_kind or value.kind is old.kind]
    return any(not any(same_value(value, mine) for mine in held) for value in come)


def _word_for_word(first: Evidence, other: Evidence) -> list[int]:
    """Return where in the first line the words stand that give way in the other; none where their successors stand there too."""
    sides = _SIDES.split(other.text)
    if len(sides) != 2:
        return []
    old, new = (_WRAPPING.sub(" ", side).split() for side in sides)
    sure = "→" in other.text or read_edition(other.scope.article).corrects
    for begin in range(len(old)):
        gone, come = " ".join(old[begin:]), " ".join(new[: len(old) - begin]).rstrip(".,")
        if len(gone) >= _LEAST and gone in first.text and come not in first.text:
            return [first.text.index(gone)] if sure or any(sign.isdigit() for sign in gone) else []
    return []


def _is_asked_part(read: Asked, first: Evidence, start: int, told: Sequence[Value]) -> bool:
    """Return whether, of several values that a line tells, what stands at ``start`` is as near the question as any other."""
    ends = [match.start() for match in _PART.finditer(first.text)]
    parts = [search_key(first.text[begin:end]) for begin, end in zip([0, *ends], [*ends, None], strict=True)]
    words = {stem(word) for word in _WORD.findall(search_key(read.core))}
    met = [sum(word in part for word in words) for part in parts]

    def of(position: int) -> int:
        return met[sum(end <= position for end in ends)]

    return of(start) >= max((of(value.start) for value in told), default=0)
