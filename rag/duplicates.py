"""Near copies of one text among the passages of a ranking, told by the share of word pairs they have in common.

At most a few hundred short texts are compared, so the shares are exact: MinHash would estimate, over a million texts,
what an inverted list counts here in a millisecond.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from rag.answers import Hit

NEAR = 0.7  # of all word pairs of two texts: one word in twelve changed; forms filled in anew for each case stay below


def collapse(hits: Iterable[Hit], limit: int) -> list[Hit]:
    """The first ``limit`` hits that are no near copies of a better one, ranked anew; each lists its copies.

    Passages of one article are neighbours that share a sentence, never copies.
    """
    kept: list[Hit] = []
    sizes: list[int] = []
    holders: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for hit in hits:
        pairs = _pairs(hit.passage.text)
        shared = Counter(place for pair in pairs for place in holders.get(pair, ()))
        better = next(
            (
                place
                for place, both in sorted(shared.items())
                if kept[place].passage.article_id != hit.passage.article_id and _near(both, len(pairs), sizes[place])
            ),
            None,
        )
        if better is not None:
            kept[better] = replace(kept[better], duplicates=(*kept[better].duplicates, hit.passage))
            continue
        for pair in pairs:
            holders[pair].append(len(kept))
        kept.append(hit)
        sizes.append(len(pairs))
    return [replace(hit, rank=rank) for rank, hit in enumerate(kept[:limit], 1)]


def _near(both: int, one: int, other: int) -> bool:
    return both >= NEAR * (one + other - both)


def _pairs(text: str) -> frozenset[tuple[str, str]]:
    """Every two words in a row; the last has the first beside it, so that one word alone is a pair too."""
    words = text.split()
    return frozenset(zip(words, [*words[1:], *words[:1]], strict=True))
