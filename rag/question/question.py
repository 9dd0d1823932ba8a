"""A question, read: its search words with their aliases, its bigrams, and what kind of thing it asks for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import starmap

from index.errors import UsageError
from index.korean.sentences import SentenceSplitter, Token
from index.korean.terms import bigrams, match_tokens, search_key, strip_ignorable, word_terms
from index.search.lexical import LexicalQuery
from index.text.characters import normalize
from rag.question.aliases import Aliases, Expansion, describe
from rag.question.asked import find_core
from rag.question.repair import Repaired, repair
from rag.question.spelling import Frequency

ALIAS_WEIGHT = 0.5  # of a word as asked; a judgement, not a measurement
CIRCUMSTANCE_WEIGHT = 0.3  # of a word in the sentences before the one that asks; likewise
# Words that ask rather than say what is asked about.
_ASKING = frozenset(
    [
        "얼마",
        "언제",
        "어디",
        "누구",
        "무엇",
        "뭐",
        "몇",
        "알리",
        "알려주",
        "말하",
        "말씀",
        "설명",
        "궁금",
        "대답",
        "답",
        "답변",
        "가르치",
        "묻",
        "질문",
        "기사",
        "내용",
        "뜻",
        "의미",
        "정확",
        "구체",
        "what",
        "when",
        "where",
        "who",
        "whom",
        "whose",
        "why",
        "how",
        "which",
        "is",
        "are",
        "was",
        "were",
        "the",
        "a",
        "an",
        "of",
        "to",
        "in",
        "on",
        "for",
        "does",
        "do",
        "did",
        "and",
        "or",
        "by",
        "much",
        "many",
        "long",
        "will",
        "with",
        "at",
        "from",
        "as",
        "it",
        "its",
        "be",
        "been",
        "has",
        "have",
        "had",
        "that",
        "this",
    ]
)
MAX_QUESTION = 2_000
_FULL_WIDTH = {0xFEE0 + code: code for code in range(0x21, 0x7F)}  # "ＡＸ" is "AX"; Kiwi takes it for symbols


class EmptyQuestionError(UsageError):
    """Nothing is left of the question once what cannot be seen is taken out."""

    code = "empty_question"


class QuestionTooLongError(UsageError):
    """The question is longer than one may be."""

    code = "question_too_long"


class AnswerType(StrEnum):
    """What kind of thing would answer."""

    NUMBER = "number"
    DATE = "date"
    PERSON = "person"
    PLACE = "place"
    REASON = "reason"
    OTHER = "other"


_TYPES = (
    (
        AnswerType.DATE,
        r"언제|몇\s*(?:년(?!\s*(?:간|동안|짜리|치))|월|일(?!간)|시|분기)|며칠|날짜|시기|시점|연도|일자|기한|마감"
        r"|\bwhen\b|what (?:year|date|day)",
    ),
    (
        AnswerType.NUMBER,
        r"얼마|몇|금액|액수|규모|비율|퍼센트|갯수|개수|인원|명수|가격|매출|이익|투자액|예산|순위|%"
        r"|\bhow (?:much|many|big|long|large|old)\b",
    ),
    (
        AnswerType.OTHER,  # asks for an organisation or a field, though it says 어디
        r"(?:단체|회사|기업|업체|기관|부처|통신사|방송사|제조사|운용사|은행|고객사|법인|대학|분야|부서)"
        r".{0,4}(?:어디|누구|어느|무엇|[는은](?:$|\?))",
    ),
    (AnswerType.PERSON, r"누구|누가|누굴|이름|인물|사람은|인사는|\bwho(?:m|se)?\b"),
    (AnswerType.PLACE, r"어디|장소|위치|어느\s*(?:나라|도시|지역|곳|호텔)|\bwhere\b"),
    (AnswerType.REASON, r"왜|이유|까닭|배경|(?<![만억천백십\d])(?<![만억천백십\d]\s)원인|때문|\bwhy\b"),
)
_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _TYPES)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is searched.

    ``text`` is what is embedded, ``matched`` the places in it of the words compared one by one, ``matched_words``
    their search keys. ``words`` are as asked, ``tags`` their Sejong tags; ``aliases`` maps a word searched instead
    to the words it stands for. Of a long question ``core`` are the sentences that ask; ``circumstances`` are
    those of its words that stand in the others alone: they say of what, and weigh less.
    """

    text: str
    matched: tuple[tuple[int, int], ...]
    matched_words: tuple[str, ...]
    words: tuple[str, ...]
    tags: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    bigrams: tuple[str, ...]
    kind: AnswerType
    expansions: tuple[str, ...]
    core: str
    circumstances: tuple[str, ...] = ()

    def lexical(self) -> LexicalQuery:
        """Return the words of the lexical search: those asked for at full weight, aliases and circumstances at less."""
        weights = dict.fromkeys(self.aliases, ALIAS_WEIGHT) | {word: self.weight(word) for word in self.words}
        return LexicalQuery(weights, self.bigrams)

    def weight(self, word: str) -> float:
        """Return the weight of one of ``words``: less for one of the circumstances."""
        return CIRCUMSTANCE_WEIGHT if word in self.circumstances else 1.0


def check_question(text: str) -> str:
    """Return the question if it says anything and is not too long; else UsageError (codes as over HTTP)."""
    if not any(char.isalnum() for char in strip_ignorable(text)):
        raise EmptyQuestionError("질문이 비어 있습니다.", "the question is empty.")
    length = max(len(text), len(search_key(text)))
    if length > MAX_QUESTION:
        raise QuestionTooLongError(
            f"질문이 {length}자입니다. {MAX_QUESTION}자까지 받습니다.",
            f"the question has {length} characters; {MAX_QUESTION} are allowed.",
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("질문에 올바르지 않은 유니코드가 있습니다.", "the question holds invalid Unicode.") from None
    return text


def read_question(
    text: str,
    splitter: SentenceSplitter,
    aliases: Aliases,
    frequency: Frequency | None = None,
    pair_frequency: Frequency = lambda _: 0,
) -> Question:
    """Normalise, repair, analyse and expand a question.

    ``frequency`` is how many passages of the index hold a word; without it nothing is repaired and every alias kept.
    ``pair_frequency`` is the same of a pair of letters; without it no name in Latin letters is read as Hangul.
    """
    typed = strip_ignorable(normalize(text)).translate(_FULL_WIDTH).strip()
    repaired = Repaired(typed) if frequency is None else repair(typed, splitter, frequency, pair_frequency)
    visible = repaired.text
    tokens = splitter.tokenize(visible)
    words = _search_words(tokens, visible)
    core = find_core(visible)
    asking = words if core == visible else _search_words(splitter.tokenize(core), core)
    matched = [token for token in match_tokens(tokens) if core == visible or search_key(token.form) in asking]
    expansions = aliases.expand(words)
    if frequency is not None:
        expansions = [expansion for expansion in expansions if all(map(frequency, expansion.words))]
    return Question(
        text=visible,
        core=core,
        matched=tuple((token.start, token.end) for token in matched),
        matched_words=tuple(search_key(token.form) for token in matched),
        words=words,
        circumstances=tuple(word for word in words if word not in asking),
        tags={search_key(token.form): token.tag.split("-")[0] for token in tokens},
        aliases=_substitutes(expansions, words),
        bigrams=tuple(dict.fromkeys(bigrams(core))),
        kind=answer_type(core),
        expansions=_described(repaired, expansions),
    )


def _substitutes(expansions: Sequence[Expansion], words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return each word that is searched beside ``words``, with those of them that it stands for."""
    found: dict[str, tuple[str, ...]] = {}
    for expansion in expansions:
        for word in expansion.words:
            if word not in words:
                found[word] = tuple(dict.fromkeys((*found.get(word, ()), *expansion.asked_words)))
    return found


def _described(repaired: Repaired, expansions: Sequence[Expansion]) -> tuple[str, ...]:
    """Return for people what was repaired and what is searched too, each once."""
    changes = [*repaired.changes, *((expansion.asked, expansion.alias) for expansion in expansions)]
    return tuple(dict.fromkeys(starmap(describe, changes)))


def _search_words(tokens: Sequence[Token], text: str) -> tuple[str, ...]:
    """Return each search word once, without those that only ask, unless there are no others."""
    words = tuple(dict.fromkeys(word_terms(tokens, text)))
    return tuple(word for word in words if word not in _ASKING) or words


def answer_type(text: str) -> AnswerType:
    """Return the kind of answer by the first pattern that occurs, OTHER where none does."""
    key = search_key(text)
    return next((kind for kind, pattern in _PATTERNS if pattern.search(key)), AnswerType.OTHER)
