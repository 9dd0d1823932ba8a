"""Ways to damage a file, and what an index makes of it: right answers or a clear error, never a wrong answer."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.doctor import examine
from index.errors import GeungeoError
from tests.support.fakes import RegexSplitter, open_index
from tests.torture.invariant import PROBES, Ranking, answer, same_ranking

_PAGE = 4096
Contents = tuple[tuple[tuple[str, str, str], ...], tuple[Ranking, ...]]  # (id, title, text) of all, and the probes'


@dataclass(slots=True)
class Damages:
    """Counts of what was tried and what became of it."""

    tried: int = 0
    refused: int = 0  # a GeungeoError, with its cure
    cured: int = 0  # derived again: right answers
    harmless: int = 0  # right answers, and the doctor has nothing to say either: the bytes are not in use
    undetected: int = 0  # wrong answers, or a damaged derived file that nothing noticed
    crashed: int = 0  # anything but a GeungeoError
    complaints: list[str] = field(default_factory=list)

    def complain(self, what: str) -> None:
        if len(self.complaints) < 10:
            self.complaints.append(what)


def truncations(size: int) -> Iterator[int]:
    """The lengths that a torn write may leave: nothing, a byte, each whole page, all but a byte."""
    lengths = {0, 1, size - 1, *range(_PAGE, size, _PAGE)}
    yield from sorted(length for length in lengths if 0 <= length < size)


def torn(data: bytes) -> Iterator[bytes]:
    """Cut short, with a page of zeros, with something behind it."""
    for length in truncations(len(data)):
        yield data[:length]
    for start in range(0, len(data), _PAGE):
        zeroed = data[:start] + bytes(min(_PAGE, len(data) - start)) + data[start + _PAGE :]
        if zeroed != data:
            yield zeroed
    yield data + b"\x00"
    yield data + data[-_PAGE:]


def flipped(data: bytes, draw: random.Random, start: int = 0, end: int | None = None) -> bytes:
    """One bit of ``data[start:end]`` turned."""
    place = draw.randrange(start, len(data) if end is None else min(end, len(data)))
    return data[:place] + bytes([data[place] ^ 1 << draw.randrange(8)]) + data[place + 1 :]


def contents(folder: Path, probes: int = 6) -> Contents:
    """Everything that anyone can ask of the index. Raises GeungeoError."""
    engine = open_index(folder, RegexSplitter())
    try:
        found = [engine.article(row[0]) for row in engine.list_articles()]
        for article in found:
            engine.spans(article.id)
        rankings = tuple(ranking for probe in PROBES[:probes] for ranking in answer(engine, probe))
        return tuple((article.id, article.title, article.text) for article in found), rankings
    finally:
        engine.close()


def same(one: Contents, other: Contents) -> bool:
    rankings = zip(one[1], other[1], strict=True)
    return one[0] == other[0] and all(same_ranking(ours, theirs) for ours, theirs in rankings)


def digest(found: Contents) -> str:
    """The same for the same contents, scores to four figures."""
    rankings = [[(name, f"{score:.4g}") for name, score in ranking] for ranking in found[1]]
    return hashlib.sha256(repr((found[0], rankings)).encode()).hexdigest()


def outcome(folder: Path, right: Contents, damages: Damages, what: str) -> bool:
    """Ask the damaged index for all it has; whether it answered, and rightly."""
    damages.tried += 1
    try:
        found = contents(folder)
    except GeungeoError:
        damages.refused += 1
        return False
    except Exception as error:
        damages.crashed += 1
        damages.complain(f"{what}: {type(error).__name__}: {error}")
        return False
    if same(found, right):
        return True
    damages.undetected += 1
    damages.complain(f"{what}: wrong answers")
    return False


def told_by_doctor(folder: Path) -> bool:
    """Whether ``geungeo doctor`` has a complaint."""
    return bool(examine(folder))


def paths_of(folder: Path, patterns: Sequence[str]) -> list[Path]:
    """Files that are read from and are not empty."""
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    return sorted(path for path in found if path.stat().st_size and path.suffix != ".lock")
