"""An article as the cleaner and Kiwi read it, before any encoder has seen it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from index.articles import Article, Sentence, Span
from index.errors import GeungeoError
from index.korean.passages import PASSAGE_TOKENS, PASSAGES_VERSION, question_contexts
from index.korean.sentences import ParsedSentence, SentenceSplitter, Token
from index.korean.terms import TERMS_VERSION
from index.system.failpoints import reach

# Raise it when index.cleaning.mark marks articles otherwise; here, because that module is slow to import.
CLEANING_VERSION = 1


def analysis_fingerprint(splitter: SentenceSplitter) -> str:
    """Return the name of everything but the encoder that decides what an article becomes in the index."""
    passages = f"{PASSAGE_TOKENS}" if PASSAGES_VERSION == 1 else f"{PASSAGE_TOKENS}.{PASSAGES_VERSION}"
    return f"{splitter.fingerprint}/clean-{CLEANING_VERSION}/passages-{passages}/terms-{TERMS_VERSION}"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What each stretch of the text is, its sentences with their morphemes, and those of the title and the contexts.

    ``contexts``: every text that a passage of this article may have as its context.
    """

    spans: tuple[Span, ...]
    sentences: tuple[ParsedSentence, ...]
    title: tuple[Token, ...]
    contexts: Mapping[str, tuple[Token, ...]]


class Parser(Protocol):
    """Here and now, or in a process of its own that may die of an article."""

    def parse_many(self, articles: Iterable[Article]) -> Iterator[tuple[Article, Parsed | GeungeoError]]:
        """Yield every article in order, with what it was read as, or why it cannot be."""


class LocalParser:
    """In the process that asks."""

    def __init__(self, splitter: SentenceSplitter) -> None:
        self._splitter = splitter

    def parse_many(self, articles: Iterable[Article]) -> Iterator[tuple[Article, Parsed | GeungeoError]]:
        """Yield each article with its sentences, or with the error that kept it from being read."""
        for article in articles:
            reach("ingest.parse")
            try:
                parsed: Parsed | GeungeoError = parse(article, self._splitter)
            except GeungeoError as error:
                parsed = error
            yield article, parsed


def parse(article: Article, splitter: SentenceSplitter) -> Parsed:
    """Return what an article is read as; only its title, its text and the spans of its layout matter."""
    from index.cleaning.mark import mark_spans  # slow to import: its patterns; a server that is only asked needs none

    spans = mark_spans(article.text, article.title, article.layout)
    sentences = splitter.split(article.text, spans)
    places = [Sentence(article.id, sentence.start, sentence.end, sentence.kind) for sentence in sentences]
    contexts = {context: tuple(splitter.tokenize(context)) for context in question_contexts(article.text, places)}
    return Parsed(tuple(spans), tuple(sentences), tuple(splitter.tokenize(article.title)), contexts)
