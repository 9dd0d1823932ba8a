"""Alias groups: words that stand for one thing, from the packaged list and the user's own."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path

from index.errors import ReadError, StorageError
from index.korean.parsing import analysis_fingerprint
from index.korean.sentences import SentenceSplitter
from index.korean.terms import word_terms
from index.reading.plain_text.decoding import decode
from index.system.cached_file import cached_file

Terms = tuple[str, ...]  # of a name, as an index holds them


@dataclass(frozen=True, slots=True)
class Expansion:
    """``asked`` in the question was searched as ``alias`` too, both as the list spells them.

    ``words`` are what is searched, ``asked_words`` what they stand for.
    """

    asked: str
    alias: str
    words: Terms
    asked_words: Terms


class Aliases:
    """Looks up what else a question's words may be called.

    ``translations`` say what an English word is in Korean; they are read when one is asked with. ``known`` are the terms of
    names read before.
    """

    def __init__(
        self,
        groups: Iterable[Sequence[str]],
        splitter: SentenceSplitter,
        translations: Mapping[str, Sequence[str]] | None = None,
        known: Mapping[str, Terms] | None = None,
    ) -> None:
        self._by_terms: dict[Terms, list[tuple[str, Terms]]] = {}
        self._spelling: dict[Terms, str] = {}
        self._splitter = splitter
        self._translations = translations or {}
        self._translated: dict[str, list[tuple[str, Terms]]] = {}
        read = known or {}
        for group in groups:
            members = [(name, read[name] if name in read else _terms(name, splitter)) for name in group]
            for name, terms in members:
                if terms:
                    self._learn(name, terms, members)
        self._longest = max((1, *map(len, self._by_terms)))

    def _learn(self, name: str, terms: Terms, members: Sequence[tuple[str, Terms]]) -> None:
        self._spelling.setdefault(terms, name)
        known = self._by_terms.setdefault(terms, [])
        known.extend(other for other in members if other[1] and other[1] != terms and other not in known)

    def expand(self, words: Sequence[str]) -> list[Expansion]:
        """Return every alias of every run of ``words``, the longest runs first, none that the question holds."""
        present = set(words)
        expansions: list[Expansion] = []
        taken: set[int] = set()
        for length in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                places = range(start, start + length)
                terms = tuple(words[start : start + length])
                if taken.isdisjoint(places) and (members := self._called(terms)):
                    taken.update(places)
                    expansions += [
                        Expansion(self._spelling.get(terms, terms[0]), alias, others, terms)
                        for alias, others in members
                        if not present.issuperset(others)
                    ]
        return expansions

    def _called(self, terms: Terms) -> list[tuple[str, Terms]]:
        """Return what else ``terms`` are called: names of their groups, and of an English word what it is in Korean."""
        named = self._by_terms.get(terms, [])
        if len(terms) > 1 or terms[0] not in self._translations:
            return named
        word = terms[0]
        if word not in self._translated:
            korean = [(name, _terms(name, self._splitter)) for name in self._translations[word]]
            self._translated[word] = [(name, terms) for name, terms in korean if terms]
        return named + [member for member in self._translated[word] if member not in named]


def load_aliases(extra: Path | None, splitter: SentenceSplitter, cache: Path) -> Aliases:
    """Return the packaged groups, those of the user's file and the English words: all that any question is asked with.

    Raises ReadError.
    """
    return Aliases(load_groups(extra), splitter, load_translations(), packaged_terms(splitter, cache))


def packaged_terms(splitter: SentenceSplitter, cache: Path) -> dict[str, Terms]:
    """Return the terms of every packaged name, read by ``splitter`` once and kept in the cache folder.

    None where nothing can be kept.
    """
    names = sorted(set(chain(*load_groups())))
    key = hashlib.sha256("\n".join((analysis_fingerprint(splitter), *names)).encode()).hexdigest()

    def read() -> bytes:
        return json.dumps({name: _terms(name, splitter) for name in names}).encode()

    try:
        kept = cached_file(cache / f"alias-terms-{key[:12]}.json", read)
    except StorageError:
        return {}
    return {name: tuple(terms) for name, terms in json.loads(kept).items()}


def _terms(name: str, splitter: SentenceSplitter) -> Terms:
    """Return a name's terms. Alone, 아이 is taken for a cry; a particle makes a noun of it. 대하다 is no search word."""
    texts = (name, f"{name}에 대해") if any(map(str.isalnum, name)) else ()
    return next((terms for text in texts if (terms := word_terms(splitter.tokenize(text), text))), ())


def load_groups(extra: Path | None = None) -> list[list[str]]:
    """Return the packaged groups and those of the user's file. Raises ReadError."""
    groups = _parse(files("rag").joinpath("data/aliases.txt").read_text(encoding="utf-8"))
    if extra is not None:
        try:
            groups += _parse(decode(extra.read_bytes()))
        except ReadError as error:
            raise ReadError(f"{extra}: {error.korean}", f"{extra}: {error.english}") from None
        except OSError as error:
            raise ReadError(
                f"별칭 파일을 읽을 수 없습니다: {extra} ({error.strerror}). 경로와 권한을 확인하세요.",
                f"cannot read the alias file {extra} ({error.strerror}). Check its path and permissions.",
            ) from error
    return groups


def load_translations() -> dict[str, list[str]]:
    """Return, for each English word, the Korean ones that articles have for it; for English questions only."""
    lines = files("rag").joinpath("data/english.txt").read_text(encoding="utf-8").splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        english, arrow, korean = line.partition("→")
        for word in _names(english) if arrow and not line.startswith("#") else ():
            found.setdefault(word, []).extend(name for name in _names(korean) if name not in found[word])
    return found


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _parse(text: str) -> list[list[str]]:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    groups = [_names(line) for line in lines]
    return [group for group in groups if len(group) > 1]


def describe(asked: str, searched: str) -> str:
    """Return ``법인 → 기업``, for the answer's ``expansions``."""
    return f"{asked} → {searched}"
