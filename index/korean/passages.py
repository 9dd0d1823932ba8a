"""Sentences to passages: runs that fit the encoder, whole sentences, one sentence shared between neighbours."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from index.articles import Article, Passage, Sentence, SpanKind
from index.encoders.base import Encoder

PASSAGE_TOKENS = 160  # of the text alone: three to six sentences; a judgement, other sizes were not measured
PASSAGES_VERSION = 1  # raise it when sentences become other passages, so that old indexes ask to be rebuilt
OVERLAP_SENTENCES = 1
_CONTEXT_CHARS = 400
_CUT = re.compile(r"(?<=[,;:·、，])\s*|(?<=[다요죠])\s+|\s+")


@dataclass(frozen=True, slots=True)
class _Sized:
    sentence: Sentence
    tokens: int


def build_passages(article: Article, sentences: Sequence[Sentence], encoder: Encoder) -> list[Passage]:
    """Cut passages of ``sentences`` (content kinds only, in order), ``PASSAGE_TOKENS`` each at most.

    A sentence longer than that alone is cut at a clause or a space, still an exact slice. An interview question
    is the context of the passages that answer it. Nothing marked as furniture ever lies inside a passage.
    """
    text = article.text
    counts = encoder.count_tokens([text[sentence.start : sentence.end] for sentence in sentences])
    runs = _runs([_Sized(*pair) for pair in zip(sentences, counts, strict=True)], text)
    passages: list[Passage] = []
    question = ""
    for run, following in zip_longest(runs, runs[1:]):
        if _is_question(run[0]) and following and not _is_question(following[0]):
            question = _context(run, text)
        else:
            passages.extend(_passage(article, group, question) for group in _groups(run, text, encoder))
    return passages


def question_contexts(text: str, sentences: Sequence[Sentence]) -> set[str]:
    """Return every context that :func:`build_passages` may give a passage of these sentences, however it cuts them."""
    runs = _runs([_Sized(sentence, 0) for sentence in sentences], text)
    return {""} | {_context(run, text) for run in runs if _is_question(run[0])}


def _context(run: Sequence[_Sized], text: str) -> str:
    return " ".join(text[sized.sentence.start : sized.sentence.end] for sized in run)[:_CONTEXT_CHARS]


def _runs(sized: Sequence[_Sized], text: str) -> list[list[_Sized]]:
    """Split where an interview question starts or ends, and where something marked lies between two sentences."""
    runs: list[list[_Sized]] = []
    for item in sized:
        previous = runs[-1][-1] if runs else None
        if (
            previous is None
            or _is_question(previous) != _is_question(item)
            or text[previous.sentence.end : item.sentence.start].strip()
        ):
            runs.append([])
        runs[-1].append(item)
    return runs


def _is_question(item: _Sized) -> bool:
    return item.sentence.kind is SpanKind.QUESTION


def _groups(run: Sequence[_Sized], text: str, encoder: Encoder) -> list[list[Sentence]]:
    groups: list[list[_Sized]] = []
    current: list[_Sized] = []
    for item in _short_enough(run, text, encoder):
        if current and sum(sized.tokens for sized in current) + item.tokens > PASSAGE_TOKENS:
            groups.append(current)
            overlap = current[-OVERLAP_SENTENCES:]
            fits = len(current) > 1 and sum(sized.tokens for sized in overlap) + item.tokens <= PASSAGE_TOKENS
            current = list(overlap) if fits else []
        current.append(item)
    return [[sized.sentence for sized in group] for group in [*groups, current] if group]


def _short_enough(run: Sequence[_Sized], text: str, encoder: Encoder) -> list[_Sized]:
    pieces: list[_Sized] = []
    for item in run:
        pieces.extend([item] if item.tokens <= PASSAGE_TOKENS else _cut(item.sentence, text, encoder))
    return pieces


def _cut(sentence: Sentence, text: str, encoder: Encoder) -> list[_Sized]:
    """Return the pieces of one overlong sentence, cut at clauses and spaces, or anywhere where it has none."""
    quote = text[sentence.start : sentence.end]
    bounds = [0, *(match.end() for match in _CUT.finditer(quote)), len(quote)]
    atoms = [(start, end) for start, end in pairwise(bounds) if end > start]
    atoms = [piece for atom in atoms for piece in _fixed(atom, PASSAGE_TOKENS // 2)]
    counts = encoder.count_tokens([quote[start:end] for start, end in atoms])
    pieces: list[_Sized] = []
    start, tokens = 0, 0
    for (atom_start, _), count in zip(atoms, counts, strict=True):
        if tokens and tokens + count > PASSAGE_TOKENS:
            pieces.append(_piece(sentence, text, start, atom_start, tokens))
            start, tokens = atom_start, 0
        tokens += count
    pieces.append(_piece(sentence, text, start, len(quote), tokens))
    return [piece for piece in pieces if piece.sentence.end > piece.sentence.start]


def _fixed(atom: tuple[int, int], length: int) -> list[tuple[int, int]]:
    start, end = atom
    return [(at, min(at + length, end)) for at in range(start, end, length)]


def _piece(sentence: Sentence, text: str, start: int, end: int, tokens: int) -> _Sized:
    """Return a slice of the sentence without the spaces at its ends."""
    piece = text[sentence.start + start : sentence.start + end]
    left = sentence.start + start + len(piece) - len(piece.lstrip())
    right = sentence.start + end - (len(piece) - len(piece.rstrip()))
    return _Sized(Sentence(sentence.article_id, left, right, sentence.kind), tokens)


def _passage(article: Article, sentences: Sequence[Sentence], question: str) -> Passage:
    start, end = sentences[0].start, sentences[-1].end
    return Passage(
        article_id=article.id,
        title=article.title,
        start=start,
        end=end,
        text=article.text[start:end],
        sentences=tuple(sentences),
        context=question,
    )
