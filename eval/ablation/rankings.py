"""Every way to rank that led to the one that is shipped, each by name: the rows of the ablation.

``words``, ``morphemes`` BM25 of words as written, of all Kiwi morphemes: simpler lexical indexes over the same passages
``content``, ``bigrams``  BM25 of content morphemes, then with character bigrams and aliases: the lexical half
``dense``, ``sentence``   cosine of the passage; of its best sentence, among the passages nearest by their own
``rrf``, ``convex``       both halves by reciprocal rank; by one fixed convex mix
``learned``               what the pipeline does
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from eval.ablation import RANKINGS
from eval.judge import Evaluated
from eval.measures.ranking import fold_to_articles
from eval.results import Ranking
from index.articles import Span
from index.encoders.base import Encoder, Vectors
from index.engine import Engine
from index.errors import UsageError
from index.korean.sentences import SentenceSplitter, Token
from index.korean.terms import search_key
from index.search.lexical import LexicalIndex, LexicalQuery
from index.store.rows import IndexRow
from index.store.store import Store
from rag.answers import Query
from rag.question.aliases import Aliases
from rag.question.question import Question, read_question

OVER_THE_INDEX = RANKINGS[2:]  # those that need no index of their own, which takes Kiwi an hour over many distractors
DEPTH = 100  # passages of each half
_RRF = 60  # Cormack, Clarke and Büttcher 2009
_CONVEX_CANDIDATES = 60
# The fixed mix: BM25 / best BM25 + 16 * (mean of passage and best sentence cosine - .75).
_CONVEX_WEIGHT = 16.0
_WORD = re.compile(r"\w+")

Scores = Mapping[int, float]  # passage number -> score, higher is better


class Rankings:
    """Ranks articles for a question in any of the ways of :data:`eval.ablation.RANKINGS`.

    ``folder`` holds the index that ``pipeline`` and ``engine`` are over; ``work`` takes the simpler lexical indexes.
    """

    def __init__(
        self,
        pipeline: Evaluated,
        engine: Engine,
        encoder: Encoder,
        splitter: SentenceSplitter,
        aliases: Aliases,
        folder: Path,
        work: Path,
    ) -> None:
        self._pipeline = pipeline
        self._engine = engine
        self._encoder = encoder
        self._splitter = splitter
        self._aliases = aliases
        self._folder = folder
        self._work = work
        self._asked = ""
        self._read: tuple[Question, Vectors] | None = None

    def ranker(self, name: str) -> Callable[[str], Ranking]:
        """Return the ranking by that name. Raises UsageError."""
        if name not in RANKINGS:
            known = ", ".join(RANKINGS)
            raise UsageError(f"모르는 순위 방식입니다: {name} (가능: {known})", f"unknown ranking: {name} (of {known})")
        if name == "learned":
            return lambda text: fold_to_articles(self._pipeline.search(Query(text, top_k=DEPTH)).hits)
        score: Callable[[str], Scores] = getattr(self, f"_{name}")
        return lambda text: self._articles(score(text))

    def close(self) -> None:
        """Close the engine."""
        self._engine.close()

    def _words(self, text: str) -> Scores:
        return dict(self._plain.search(LexicalQuery(dict.fromkeys(plain_words(text), 1.0), ()), DEPTH))

    def _morphemes(self, text: str) -> Scores:
        morphemes = morpheme_terms(self._splitter.tokenize(self._question(text).text))
        return dict(self._all_morphemes.search(LexicalQuery(dict.fromkeys(morphemes, 1.0), ()), DEPTH))

    def _content(self, text: str) -> Scores:
        query = LexicalQuery(dict.fromkeys(self._question(text).words, 1.0), ())
        return dict(self._engine.search_lexical(query, DEPTH))

    def _bigrams(self, text: str) -> Scores:
        return dict(self._engine.search_lexical(self._question(text).lexical(), DEPTH))

    def _dense(self, text: str) -> Scores:
        return dict(self._engine.search_dense(self._vector(text), DEPTH))

    def _sentence(self, text: str) -> Scores:
        return self._best_sentences(self._vector(text), [*self._dense(text)])

    def _rrf(self, text: str) -> Scores:
        fused: dict[int, float] = {}
        for half in (self._dense(text), self._bigrams(text)):
            for rank, seq in enumerate(sorted(half, key=lambda seq: (-half[seq], seq)), 1):
                fused[seq] = fused.get(seq, 0.0) + 1 / (_RRF + rank)
        return fused

    def _convex(self, text: str) -> Scores:
        query, vector = self._question(text).lexical(), self._vector(text)
        dense = dict(self._engine.search_dense(vector, _CONVEX_CANDIDATES))
        lexical = dict(self._engine.search_lexical(query, _CONVEX_CANDIDATES))
        best = max(lexical.values(), default=0.0) or 1.0
        dense |= self._engine.score_dense(vector, [seq for seq in lexical if seq not in dense])
        lexical |= self._engine.score_lexical(query, [seq for seq in dense if seq not in lexical])
        sentences = self._best_sentences(vector, [*dense])
        return {
            seq: lexical.get(seq, 0.0) / best + _CONVEX_WEIGHT * (cosine + sentences.get(seq, cosine)) / 2
            for seq, cosine in dense.items()
        }

    def _best_sentences(self, vector: Vectors, seqs: Sequence[int]) -> Scores:
        passages = self._engine.read_passages(seqs)
        return {
            seq: max(float(row.vector @ vector[0]) for row in passage.sentences)
            for seq, passage in passages.items()
            if passage.sentences
        }

    def _articles(self, scores: Scores) -> Ranking:
        """Rank each article at the place of its best passage; scores strictly fall, as a run file needs."""
        ordered = sorted(scores, key=lambda seq: (-scores[seq], seq))
        articles = dict.fromkeys(self._article_of[seq] for seq in ordered)
        return tuple((article, float(len(articles) - rank)) for rank, article in enumerate(articles))

    def _question(self, text: str) -> Question:
        return self._once(text)[0]

    def _vector(self, text: str) -> Vectors:
        return self._once(text)[1]

    def _once(self, text: str) -> tuple[Question, Vectors]:
        """Read and embedded once for all rows that are asked one after the other."""
        if self._read is None or self._asked != text:
            question = read_question(
                text, self._splitter, self._aliases, self._engine.document_frequency, self._engine.pair_frequency
            )
            self._read, self._asked = (question, self._encoder.encode_queries([question.text])), text
        return self._read

    @cached_property
    def _article_of(self) -> Mapping[int, str]:
        return {row.seq: row.article_id for row in self._rows()}

    @cached_property
    def _plain(self) -> LexicalIndex:
        return self._lexical("words", lambda: ((row, plain_words(row.text)) for row in self._rows()))

    @cached_property
    def _all_morphemes(self) -> LexicalIndex:
        return self._lexical("morphemes", self._with_morphemes)

    def _with_morphemes(self) -> Iterator[tuple[IndexRow, list[str]]]:
        rows = list(self._rows())
        parsed = self._splitter.parse_many((row.text, [Span(0, len(row.text))]) for row in rows)
        for row, sentences in zip(rows, parsed, strict=True):
            yield row, morpheme_terms(token for sentence in sentences for token in sentence.tokens)

    def _lexical(self, name: str, terms: Callable[[], Iterator[tuple[IndexRow, list[str]]]]) -> LexicalIndex:
        """Open a lexical index over other terms of the same passages, kept by the state of the store they come from."""
        folder = self._work / f"{self._engine.manifest.store_state}-{name}"
        if not folder.is_dir():
            temporary = folder.with_name(f".new-{uuid.uuid4().hex}")
            LexicalIndex.build(temporary, (_with_terms(row, own) for row, own in terms()))
            temporary.rename(folder)
        return LexicalIndex(folder)

    def _rows(self) -> Iterator[IndexRow]:
        store = Store(self._folder)
        try:
            yield from store.index_rows()
        finally:
            store.close()


def plain_words(text: str) -> list[str]:
    """Return lower-case runs of letters and digits: what lies between spaces and punctuation."""
    return _WORD.findall(search_key(text))


def morpheme_terms(tokens: "Iterator[Token] | list[Token]") -> list[str]:
    """Return the form of every morpheme, particles, endings and punctuation too."""
    return [re.sub(r"\s+", "_", key) for token in tokens if (key := search_key(token.form).strip())]


def _with_terms(row: IndexRow, words: list[str]) -> IndexRow:
    return IndexRow(row.seq, row.article_id, row.source, row.published_at, " ".join(words), "")
