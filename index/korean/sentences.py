"""Sentences and morphemes of an article, by Kiwi, each piece of text read exactly once.

:mod:`index.korean.blocks` cuts the structure; Kiwi cuts a block into sentences; the rules here mend what Kiwi gets wrong in
written Korean. Every boundary is a place in the article, so a sentence is always a slice and nothing is lost.
"""

import hashlib
import re
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from sys import intern
from typing import TYPE_CHECKING, NamedTuple

from index.articles import Span, SpanKind
from index.korean.blocks import BULLET, Block, cut_blocks, cut_long, is_wrapped, trim
from index.korean.line_ends import KiwiJoiner
from index.text.characters import UNREADABLE

if TYPE_CHECKING:
    from kiwipiepy import Kiwi, KiwiConfig, Sentence
    from kiwipiepy import Token as KiwiToken

_BATCH = 200_000  # characters of text held at once while Kiwi's threads work
_ONE_SENTENCE = frozenset({SpanKind.HEADLINE, SpanKind.SUBHEADLINE})  # a line of a title is never split

_LONG_RUN = re.compile(r"\S{64,}")
_REPEATED = re.compile(r"(.{1,16}?)\1{11,}")  # "가나다가나다…": Kiwi reads 6,000 characters a second of it
_KEPT_REPEATS = 4

_LETTER = re.compile(r"[^\W_]")
_EMOJI = "\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff"
_STOP_GAP = re.compile(
    rf"[.?!。~^ㅋㅎㅠㅜ{_EMOJI}][\"'”’)\]」』》〉>]*(?:\[\d{{1,3}}\])*(?:\s+|(?<=[.?!])(?=[가-힣\d<]))"
)
_GLUED = re.compile(rf"[)\]\"'”’」』》〉>.?!…~^;ㄱ-ㅣ{_EMOJI}]+")  # still belongs to the sentence it touches
_OPENING = re.compile(rf"(?:(?:(?<=\s)|^)(?:[(\[\"'“‘「『《〈<]|[-–—]|\d{{1,2}}\.|{BULLET})\s*)+$|(?<=[.?!])/\s*$")
_QUOTED_ON = re.compile(r"(?:이?라(?:고|는|며|면서|던|서)|하고|하며|하면서|[고며])(?![가-힣])|싶[다었은어지]")
_ENDED = re.compile(rf"[.?!。…~^ㄱ-ㅣ{_EMOJI}]")
_ELLIPSIS = re.compile(r"\.\.|…")
_PAIR = re.compile(
    r"“[^“”]{1,800}”|‘[^‘’]{1,800}[’′]|「[^「」]{1,200}」|『[^『』]{1,200}』|《[^《》]{1,200}》|〈[^〈〉]{1,200}〉"
    r"|(?<![^\s(\[“‘「])\"(?=\S)[^\"]{1,800}(?<=\S)\"|(?<![^\s(\[“\"])'(?=\S)(?!\d\d\D)[^']{1,400}(?<=\S)'(?![A-Za-z\d])"
    r"|\((?:[^()]|\([^()]*\)){1,600}\)|\[[^\[\]]{1,300}\]|<(?=\S)[^<>]{1,200}>"
)
_MARKS = frozenset({"SF", "SP", "SS", "SSO", "SSC", "SE", "SO", "SW", "SB", "W_EMOJI", "Z_CODA"})  # tags of no word
# 종결 어미 that are written like 연결 어미: without a full stop Kiwi's guess is no better than chance on seg_kiwi.
_UNSURE_ENDINGS = frozenset(
    ["고", "구", "는데", "ᆫ데", "은데", "ᆫ가", "은가", "는가", "ᆯ려나", "을려나", "자", "게", "지만"]
)
_HANGING = ("J", "MA", "IC")  # before "…" these go on: 조사, 부사, 감탄사


class Token(NamedTuple):
    """A morpheme with its Sejong tag; ``start`` and ``end`` are code points of the text it was read from.

    A tuple, for it goes from process to process by the hundred thousand: as dataclasses an article takes twice as long.
    """

    form: str
    tag: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ParsedSentence:
    """``text[start:end]`` of an article, in code points, and its morphemes."""

    start: int
    end: int
    kind: SpanKind
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What Kiwi gets in one call: at most ``MAX_PIECE`` characters of one block."""

    block: Block
    kind: SpanKind
    text: str


def new_kiwi() -> "Kiwi":
    """Return Kiwi before its first text, which half of its loading waits for; with a thread a core.

    Without the dictionary of multi-word names Kiwi starts in 2.0 s, not 3.9 s, and cuts seg_kiwi the same (F1 .881
    both, scripts/bench/sentences.py); a user's words bring back the names that matter.
    """
    from kiwipiepy import Kiwi  # slow to import

    return Kiwi(num_workers=-1, load_multi_dict=False)


_USER_WORD_SCORE = 3.0  # Kiwi's own words lie below 0


class SentenceSplitter:
    """Splits articles into sentences and gives the morphemes of each.

    Kiwi is loaded by the first call that needs it, or by :meth:`load`; it takes about 2 s, holding the interpreter
    lock, so start other slow loading before it. One splitter may be shared between threads.

    Parameters
    ----------
    user_words: names that Kiwi shall keep whole, such as "소버린 AI".
    kiwi: one of :func:`new_kiwi` that nobody else uses, where it was made before the words were known.
    """

    def __init__(self, user_words: Sequence[str] = (), *, kiwi: "Kiwi | None" = None) -> None:
        self._user_words = tuple(user_words)
        self._given = kiwi
        self._loaded: Kiwi | None = None
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """Kiwi's version, its options here, and the user's words: whatever changes the morphemes of a text."""
        words = hashlib.sha256("\n".join(self._user_words).encode()).hexdigest()[:8] if self._user_words else "none"
        return f"kiwi-{version('kiwipiepy')}-{version('kiwipiepy_model')}/single-words/user-{words}"

    def load(self) -> None:
        """Load Kiwi now, in full, unless it is loaded."""
        self._kiwi().tokenize("")

    def split(self, text: str, spans: Sequence[Span]) -> list[ParsedSentence]:
        """Return the sentences of the content spans, ordered and disjoint; every letter and number of them is in one.

        ``spans`` are disjoint and ordered; no sentence leaves its span.
        """
        return next(self.parse_many([(text, spans)]))

    def parse_many(self, articles: Iterable[tuple[str, Sequence[Span]]]) -> Iterator[list[ParsedSentence]]:
        """Yield :meth:`split` of each (text, spans), in order; Kiwi's threads make two cores about 1.8 times as fast.

        Articles are taken about ``_BATCH`` characters at a time.
        """
        batch: list[list[_Piece]] = []
        size = 0
        for text, spans in articles:
            batch.append(list(_pieces(text, spans)))
            size += len(text)
            if size >= _BATCH:
                yield from self._parse_batch(batch)
                batch, size = [], 0
        yield from self._parse_batch(batch)

    def tokenize(self, text: str) -> list[Token]:
        """Return the morphemes of a question or any short text; offsets in ``text``.

        In the caller's own thread: a forked process has none of Kiwi's.
        """
        block = Block(*trim(text, 0, len(text)))
        pieces = [_Piece(cut, SpanKind.BODY, text[cut.start : cut.end]) for cut in cut_long(text, block)]
        articles = (article for piece in pieces for article in self._parse_batch([[piece]]))
        return [token for sentences in articles for sentence in sentences for token in sentence.tokens]

    def joiner(self) -> KiwiJoiner:
        """Return what judges line ends by this splitter's Kiwi, loaded by now."""
        return KiwiJoiner(self._kiwi())

    def _kiwi(self) -> "Kiwi":
        """Return the one Kiwi of this splitter, made on first use."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._given or new_kiwi()
                for word in self._user_words:
                    if clean := UNREADABLE.sub(" ", word).strip():
                        self._loaded.add_user_word(clean, "NNP", _USER_WORD_SCORE)
            return self._loaded

    def _parse_batch(self, batch: list[list[_Piece]]) -> Iterator[list[ParsedSentence]]:
        read = iter(self._read([piece for article in batch for piece in article]))
        for article in batch:
            yield [sentence for piece in article for sentence in _sentences(piece, next(read))]

    def _read(self, pieces: list[_Piece]) -> list["list[Sentence]"]:
        """Return Kiwi's own sentences of each piece, with tokens; offsets in the piece."""
        found: list[list[Sentence]] = [[]] * len(pieces)
        for wrapped in (False, True):
            chosen = [i for i, piece in enumerate(pieces) if piece.block.wrapped is wrapped]
            if chosen:
                texts = [_readable(pieces[i].text) for i in chosen]
                for i, sentences in zip(chosen, self._split(texts, _kiwi_config(wrapped)), strict=True):
                    found[i] = sentences
        return found

    def _split(self, texts: Sequence[str], config: "KiwiConfig") -> "Iterable[list[Sentence]]":
        split = partial(
            self._kiwi().split_into_sents, return_tokens=True, return_sub_sents=False, override_config=config
        )
        # Several go to Kiwi's own threads. One alone, such as a question, would only wait for one of them to wake up.
        return split(texts) if len(texts) > 1 else [split(texts[0])]


def _kiwi_config(wrapped: bool) -> "KiwiConfig":
    """Return Kiwi's settings for a text whose lines were broken inside words, or not.

    Where they were, Kiwi may overlook one space in a word ("비 교해" is 비교/NNG 하/XSV).
    """
    from kiwipiepy import KiwiConfig  # slow to import

    return KiwiConfig(space_tolerance=int(wrapped))


def _pieces(text: str, spans: Sequence[Span]) -> Iterator[_Piece]:
    wrapped = is_wrapped(text)
    for span in spans:
        if span.kind.is_content:
            for block in cut_blocks(text, span.start, span.end, wrapped=wrapped):
                for cut in cut_long(text, block):
                    if _LETTER.search(text, cut.start, cut.end):
                        yield _Piece(cut, span.kind, text[cut.start : cut.end])


def _readable(text: str) -> str:
    """Return what Kiwi reads instead: the same length, without what crashes it, makes it slow or misleads it."""
    text = UNREADABLE.sub(lambda match: "\ufffd" if "\ud800" <= match[0] <= "\udfff" else " ", text)
    return _LONG_RUN.sub(lambda run: _REPEATED.sub(_shorten, run[0]), text)


def _shorten(match: re.Match[str]) -> str:
    return (match[1] * _KEPT_REPEATS).ljust(len(match[0]))


def _sentences(piece: _Piece, read: "list[Sentence]") -> Iterator[ParsedSentence]:
    """Return Kiwi's reading of a piece as sentences of the article, tokens and all."""
    tokens = [token for sentence in read for token in sentence.tokens or ()]
    places = [] if piece.kind in _ONE_SENTENCE else _places(piece.text, read, tokens)
    starts = [token.start for token in tokens]
    base = piece.block.start
    for left, right in pairwise([0, *places, len(piece.text)]):
        start, end = trim(piece.text, left, right)
        if start == end:
            continue  # nothing but what nobody sees between two places
        mine = tokens[bisect_left(starts, left) : bisect_left(starts, right)]
        inside = (
            Token(intern(t.form), intern(t.tag), t.start + base, min(t.end, end) + base) for t in mine if t.start < end
        )  # Kiwi makes new letters for each: a long article would take half as much memory again, in two processes
        yield ParsedSentence(start + base, end + base, piece.kind, tuple(inside))


def _places(text: str, read: "list[Sentence]", tokens: "list[KiwiToken]") -> list[int]:
    """Return where in the piece new sentences begin, in order."""
    words = [token for token in tokens if token.tag not in _MARKS]
    ends = [word.end for word in words]
    starts = [token.start for token in tokens]
    pairs = [match.span() for match in _PAIR.finditer(text)]
    guesses = {sentence.start: sentence.start for sentence in read[1:]}
    guesses |= {match.end(): match.start() for match in _STOP_GAP.finditer(text) if match.end() not in guesses}
    kiwi = len(read) - 1
    notes = {end: start for start, end in pairs if text[start] in "(["}
    places = set()
    for number, (guess, last) in enumerate(guesses.items()):
        place = _between_tokens(_beside_marks(text, guess), tokens, starts)
        index = bisect_right(ends, _before_notes(text, min(last, place), notes)) - 1
        if index < 0 or place >= words[-1].end or any(start < place < end for start, end in pairs):
            continue  # nothing to read on one side, or inside a quotation
        if (words[index].tag == "EF" or number < kiwi) and _is_end(text, words[index], place):
            places.add(place)
    return sorted(places)


def _beside_marks(text: str, place: int) -> int:
    """Move a boundary behind what is glued to the sentence before, or in front of a quote or bullet that opens one."""
    if place and not text[place - 1].isspace() and (glued := _GLUED.match(text, place)):
        place = glued.end()
    elif opening := _OPENING.search(text, max(0, place - 12), place):
        place = opening.start()
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _before_notes(text: str, place: int, notes: dict[int, int]) -> int:
    """Return the place before the brackets that a sentence ends with: "…한다.[3][4]", "…했다 (요한 3:13)"."""
    while (start := notes.get(len(text[:place].rstrip()))) is not None:
        if text[start] == "[" and text[start - 1 : start].isspace():
            break  # "…한다. [사각형] 도구는": the next sentence begins with it
        place = start
    return place


def _between_tokens(place: int, tokens: "list[KiwiToken]", starts: list[int]) -> int:
    index = bisect_left(starts, place) - 1
    return max(place, tokens[index].end) if index >= 0 else place


def _is_end(text: str, word: "KiwiToken", place: int) -> bool:
    """Return whether a sentence ends with ``word`` and the marks after it, before ``place``."""
    if _QUOTED_ON.match(text, place):
        return False
    marks = text[word.end : place].strip()
    if not text[place - 1].isspace():
        return word.tag == "EF" and _ENDED.search(marks) is not None
    if _ELLIPSIS.search(marks):
        return not word.tag.startswith(_HANGING)
    if _ENDED.search(marks):
        return True
    return (word.tag == "EF" or word.form == "요") and word.form not in _UNSURE_ENDINGS
