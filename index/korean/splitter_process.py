"""Kiwi in a process of its own: it loads for two seconds, all of them with Python's interpreter lock."""

from collections.abc import Iterable, Iterator, Sequence

from index.articles import Span
from index.korean.child import Child
from index.korean.sentences import ParsedSentence, SentenceSplitter, Token


class SplitterProcess(SentenceSplitter):
    """``child`` makes a loaded SentenceSplitter with the same ``user_words``; the first text waits for it."""

    def __init__(self, child: Child, user_words: Sequence[str] = ()) -> None:
        super().__init__(user_words)
        self._child = child

    def load(self) -> None:
        """Wait until Kiwi is loaded there."""
        self._child.call("load")

    def parse_many(self, articles: Iterable[tuple[str, Sequence[Span]]]) -> Iterator[list[ParsedSentence]]:
        """Yield the sentences of each (text, spans)."""
        for text, spans in articles:
            sentences: list[ParsedSentence] = self._child.call("split", text, spans)
            yield sentences

    def tokenize(self, text: str) -> list[Token]:
        """Return the morphemes of a text."""
        tokens: list[Token] = self._child.call("tokenize", text)
        return tokens

    def close(self) -> None:
        """Stop the process. May be called more than once."""
        self._child.close()
