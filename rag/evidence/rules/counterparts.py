"""Lines of two articles that say of the same thing what may differ: by their words or label apart from the values."""

import re

from index.articles import Article
from index.korean.terms import search_key
from index.structure.outline import Role
from rag.evidence.citing import values_asked
from rag.evidence.evidence import Evidence
from rag.evidence.expected import Meaning, day_of, read_meaning
from rag.evidence.rivals import read_narrowing, stem
from rag.evidence.standing import LONGEST_LINE
from rag.question.asked import Asked
from rag.values.qualifiers import Qualifier, QualifierKind, judge
from rag.values.typed_values import ValueKind

_Q = QualifierKind
_FIGURES, _SIGNS = re.compile(r"[\d\W_]+"), re.compile(r"[\W_]+")
_VALUES = re.compile(r"#+")  # a range is written with one value or with two
_PUT_RIGHT = re.compile(r"정정|변경|수정|(?:변경|정정|수정|개정)후|바름|바른곳|바로잡음")
NAMES = frozenset({ValueKind.PERSON, ValueKind.PLACE, ValueKind.ORGANISATION})
_WORD, _TOWN = re.compile(r"[가-힣A-Za-z]+"), re.compile(r"[가-힣]{2,}[시군구](?![가-힣])")
_DEPARTMENTS = frozenset({"과", "팀", "위원회"})
_ASKS = re.compile(r"얼마|언제|어디|누구|무엇|무슨|어느|어떤|어떻|며칠|몇")
_LEAST = 3  # letters: a line of fewer is in nobody's words
# What a line is about, where its title does not say it already; years, days and places may be what changed.
_NARROWS = frozenset(
    {_Q.AGE_GROUP, _Q.GRADE, _Q.ORDINAL, _Q.SIZE, _Q.SEASON, _Q.HALF, _Q.QUARTER, _Q.WEEKDAY, _Q.TIME_OF_DAY}
)


def text_shape(evidence: Evidence, *, names: bool) -> str:
    """Return the line's letters with a # for its values: 일비는하루#으로한다 of 일비는 하루 2만 5천원으로 한다.

    "" where hardly any are left. ``names`` says that people, places and organisations are values too.
    """
    pieces = [_FIGURES.sub("", piece) for piece in without_values(evidence, names=names)]
    return _VALUES.sub("#", "#".join(pieces)) if sum(map(len, pieces)) >= _LEAST else ""


def without_values(evidence: Evidence, *, names: bool) -> list[str]:
    """Return what stands before, between and behind the values of a line."""
    text, pieces, at = evidence.text, list[str](), 0
    for value in evidence.meaning.values:
        if names or value.kind not in NAMES:
            pieces.append(text[at : value.start])
            at = max(at, value.end)
    return [*pieces, text[at:]]


def shapes_of(evidence: Evidence) -> set[str]:
    """Return what tells that a line is another edition's: its shape, and its label with what it stands under.

    What a correction puts in the place of something (정정: under 참가비) is called as that is.
    """
    shapes = {text_shape(evidence, names=True)}
    label, above = _SIGNS.sub("", evidence.standing.label), "".join(above_of(evidence))
    if label and (above or evidence.standing.line.role is not Role.ROW):
        name = above if above and _PUT_RIGHT.fullmatch(label) else above + label
        shapes.add(f"{name}:")  # a heading of the same letters names no value
    return shapes - {""}


def above_of(evidence: Evidence) -> list[str]:
    """Return the letters of each line that it stands under."""
    return [_FIGURES.sub("", evidence.scope.text_of(at)) for at in evidence.standing.path]


def meanings_of(evidence: Evidence, *, titled: bool = True) -> list[Meaning]:
    """Return what a line says in values, then what the lines say that it stands under, and its title."""
    scope, published = evidence.scope, day_of(evidence.scope.article.published_at)
    around = [scope.text_of(at)[:LONGEST_LINE] for at in evidence.standing.path] + [scope.article.title] * titled
    return [evidence.meaning, *(read_meaning(text, published) for text in around)]


def is_of_same(read: Asked, first: Evidence, other: Evidence, *, edition: bool) -> bool:
    """Return whether nothing says that the other line is of something else than the first: another year, grade or matter.

    Of an ``edition`` of the same notice its whole text counts for what it is about.
    """
    held = [qualifier for meaning in meanings_of(other) for qualifier in meaning.qualifiers]
    published = day_of(other.scope.article.published_at)
    if judge(read.qualifiers, held, published=published).contradicted:
        return False
    if judge(_narrowing(read, first), _narrowing(read, other)).contradicted:
        return False
    own = _around(first) + search_key("#".join(without_values(first, names=False))).replace(" ", "")
    others = _around(other) + search_key(other.text).replace(" ", "")
    more = other.scope.article.text if edition else ""
    lacking = [word for word in read_narrowing(read.core).words if word not in others and word not in more]
    return not any(word in own for word in lacking)  # 도서관 of 도서관 전화번호, where the other line is of no library


def says_of_all(read: Asked, evidence: Evidence) -> bool:
    """Return whether a line, beside its values, what it stands under or its title say every word that the question narrows by.

    One word alone tells too little.
    """
    words = [word for word in read_narrowing(read.core).words if len(word) > 1 and not _ASKS.match(word)]
    said = _around(evidence) + search_key("#".join(without_values(evidence, names=False))).replace(" ", "")
    return len(words) > 1 and all(word in said for word in words)


def heads_of(read: Asked, evidence: Evidence) -> set[str]:
    """Return the words that the values asked for stand behind: 입장료 of 체험 입장료는 6천원이며 and 예산 of 3. 예산: 1,200만원."""
    found = (_WORD.findall(evidence.text, 0, value.start) for value in values_asked(read, evidence))
    heads = (stem(search_key(before[-1])) for before in found if before)
    return {head for head in heads if len(head) > 1}  # no 월 of 3월 2일


def are_of_one_house(first: Evidence, other: Evidence) -> bool:
    """Return whether two articles can be of one house and year: not 고운시 and 하늬군, by their titles and publishers."""
    pairs = (
        (_years(first.scope.article), _years(other.scope.article)),
        (_houses(first.scope.article), _houses(other.scope.article)),
    )
    return not any(one and another and one.isdisjoint(another) for one, another in pairs)


def _years(article: Article) -> set[str]:
    """Return the years that a title names, else the year of publication."""
    titled = read_meaning(article.title, day_of(article.published_at)).qualifiers
    named = {each.key for each in titled if each.kind is _Q.YEAR}
    return named or ({article.published_at[:4]} if article.published_at else set())


def _houses(article: Article) -> set[str]:
    """Return the towns and institutions of title and publisher; departments are of one house."""
    named = [each for text in (article.title, article.source or "") for each in read_meaning(text, None).qualifiers]
    institutions = {each.key for each in named if each.kind is _Q.ORGANISATION and each.family not in _DEPARTMENTS}
    return institutions | set(_TOWN.findall(f"{article.title} {article.source or ''}"))


def _around(evidence: Evidence) -> str:
    return evidence.scope.around(evidence.standing).replace(" ", "")


def _narrowing(read: Asked, evidence: Evidence) -> list[Qualifier]:
    """Return what the line is about by its qualifiers, without those of its title and of the values that are asked for."""
    title = read_meaning(evidence.scope.article.title, day_of(evidence.scope.article.published_at))
    known = {(qualifier.kind, qualifier.key) for qualifier in title.qualifiers}
    own, *above = meanings_of(evidence, titled=False)
    told = values_asked(read, evidence)
    outside = [each for each in own.qualifiers if not any(of.start < each.end and each.start < of.end for of in told)]
    found = [*outside, *(qualifier for meaning in above for qualifier in meaning.qualifiers)]
    return [each for each in found if each.kind in _NARROWS and (each.kind, each.key) not in known]
