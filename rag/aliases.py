"""Alias groups: words that stand for one thing, from the packaged list and the user's own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from index.decoding import decode
from index.errors import ReadError
from index.sentences import SentenceSplitter
from index.terms import word_terms


@dataclass(frozen=True, slots=True)
class Expansion:
    """``asked`` in the question was searched as ``alias`` too, both as the list spells them.

    ``words`` are what is searched, ``asked_words`` what they stand for.
    """

    asked: str
    alias: str
    words: tuple[str, ...]
    asked_words: tuple[str, ...]


class Aliases:
    """Looks up what else a question's words may be called."""

    def __init__(
        self,
        groups: Iterable[Sequence[str]],
        splitter: SentenceSplitter,
        translations: Iterable[tuple[Sequence[str], Sequence[str]]] = (),
    ) -> None:
        self._by_terms: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}
        self._spelling: dict[tuple[str, ...], str] = {}
        for group in groups:
            self._add(group, splitter)
        for asked, meant in translations:
            members = [(name, _terms(name, splitter)) for name in meant]
            for word in asked:
                self._learn(word, (word,), members)
        self._longest = max((len(terms) for terms in self._by_terms), default=0)

    def _add(self, group: Sequence[str], splitter: SentenceSplitter) -> None:
        members = [(name, _terms(name, splitter)) for name in group]
        for name, terms in members:
            if terms:
                self._learn(name, terms, members)

    def _learn(self, name: str, terms: tuple[str, ...], members: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        self._spelling.setdefault(terms, name)
        known = self._by_terms.setdefault(terms, [])
        known.extend(other for other in members if other[1] and other[1] != terms and other not in known)

    def expand(self, words: Sequence[str]) -> list[Expansion]:
        """Every alias of every run of ``words``, the longest runs first, none that the question already holds."""
        present = set(words)
        expansions: list[Expansion] = []
        taken: set[int] = set()
        for length in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                places = range(start, start + length)
                terms = tuple(words[start : start + length])
                if taken.isdisjoint(places) and terms in self._by_terms:
                    taken.update(places)
                    expansions += [
                        Expansion(self._spelling[terms], alias, others, terms)
                        for alias, others in self._by_terms[terms]
                        if not present.issuperset(others)
                    ]
        return expansions


def _terms(name: str, splitter: SentenceSplitter) -> tuple[str, ...]:
    """Alone, 아이 is taken for a cry; a particle makes a noun of it. 대하다 itself is no search word."""
    texts = (name, f"{name}에 대해") if any(map(str.isalnum, name)) else ()
    return next((terms for text in texts if (terms := word_terms(splitter.tokenize(text), text))), ())


def load_groups(extra: Path | None = None) -> list[list[str]]:
    """The packaged groups and those of the user's file. Raises ReadError."""
    groups = _parse(files("rag").joinpath("data/aliases.txt").read_text(encoding="utf-8"))
    if extra is not None:
        try:
            groups += _parse(decode(extra.read_bytes()))
        except ReadError as error:
            raise ReadError(f"{extra}: {error.korean}", f"{extra}: {error.english}") from None
        except OSError as error:
            raise ReadError(
                f"별칭 파일을 읽을 수 없습니다: {extra} ({error.strerror})",
                f"cannot read the alias file {extra} ({error.strerror})",
            ) from error
    return groups


def load_translations() -> list[tuple[list[str], list[str]]]:
    """English words and the Korean ones that an article would have in their place; asked in English only."""
    lines = files("rag").joinpath("data/english.txt").read_text(encoding="utf-8").splitlines()
    sides = [line.split("→") for line in lines if "→" in line and not line.startswith("#")]
    return [(_names(english), _names(korean)) for english, korean in sides]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _parse(text: str) -> list[list[str]]:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    groups = [_names(line) for line in lines]
    return [group for group in groups if len(group) > 1]


def describe(asked: str, searched: str) -> str:
    """``법인 → 기업``, for the answer's ``expansions``."""
    return f"{asked} → {searched}"
