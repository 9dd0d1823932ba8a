"""Korean search terms: content morphemes, number values, and character bigrams.

Founding measurements, BM25 alone, nDCG@10 (AutoRAG-ko / KorQuAD dev): whitespace words .810/.840, all morphemes
.899/.945, content morphemes .929/.949, content morphemes + bigrams .944/.962. Ours, over passages, are in
docs/evaluation.md (``geungeo eval --ablation``).
"""

import re
from collections.abc import Iterable

from index.korean.numbers import canonical, find_numbers
from index.korean.sentences import Token
from index.text.characters import IGNORABLE, normal_form

# Nouns, numerals, verb and adjective stems, roots, foreign words, Hanja, numbers, web addresses; particles,
# endings, pronouns, bound nouns, auxiliary verbs and punctuation carry no topic.
CONTENT_TAGS = frozenset({"NNG", "NNP", "NR", "VV", "VA", "XR", "SL", "SH", "SN", "W_URL", "W_EMAIL", "W_HASHTAG"})
_MATCHED_TAGS = CONTENT_TAGS | {"NNB", "MAG", "MM", "XPN", "XSN"}
_EMPTY_STEMS = frozenset({"하", "되", "있", "없", "같", "이르", "따르", "위하", "대하", "통하", "관하"})
_WORD = re.compile(r"[^\W_]+")
_JAMO = re.compile("([\u3131-\u318e]+)")
NUMBER_MARK = "#"  # in front of a number's value, however the text writes it
TERMS_VERSION = 2


def strip_ignorable(text: str) -> str:
    """Return the text without zero-width, bidirectional and filler characters, which nobody sees and nobody means."""
    return IGNORABLE.sub("", text)


def search_key(text: str) -> str:
    """Return the text in lower-case NFKC without invisible characters; only for matching, never shown.

    NFKC would compose ``ㄱㅏ`` into ``가``, so compatibility jamo are left as they are.
    """
    parts = _JAMO.split(strip_ignorable(text))
    parts[::2] = [normal_form("NFKC", part) for part in parts[::2]]
    return "".join(parts).lower()


def word_terms(tokens: Iterable[Token], text: str) -> tuple[str, ...]:
    """Return the content morphemes of one text, and ``#value`` for every number form in it.

    ``text`` is what the tokens' offsets count in.
    """
    morphemes = [key for token in tokens if is_content(token) and (key := search_key(token.form).strip())]
    numbers = [f"{NUMBER_MARK}{canonical(number.value)}" for number in find_numbers(search_key(text))]
    return (*(re.sub(r"\s+", "_", morpheme) for morpheme in morphemes), *numbers)


def match_tokens(tokens: Iterable[Token]) -> list[Token]:
    """Return the tokens whose meaning in context is compared word by word: content words, units, adverbs, determiners."""
    return [token for token in tokens if token.tag.split("-")[0] in _MATCHED_TAGS and token.end > token.start]


def bigrams(text: str) -> tuple[str, ...]:
    """Return the character pairs inside each word; a word of one character stands for itself."""
    pairs: list[str] = []
    for word in _WORD.findall(search_key(text)):
        pairs += [word] if len(word) < 3 else [word[start : start + 2] for start in range(len(word) - 1)]
    return tuple(pairs)


def is_content(token: Token) -> bool:
    """Return whether the token is a search word."""
    tag = token.tag.split("-")[0]
    if tag in ("VV", "VA"):
        return token.form not in _EMPTY_STEMS
    return tag in CONTENT_TAGS
