"""Count index/data/frequent_words.txt: what the database's texts are packed with (:mod:`index.store.packing`).

    python -m scripts.fit.frequent_words ARTICLES... [--against ARTICLES...] [--out FILE]

ARTICLES are files as ``geungeo index`` takes them, of kinds as different as there are; each counts the same, however long.
Only words of many articles are taken, so that nobody's name or secret is among them. Prints what the blocks of other
articles (``--against``) take of their bytes, without the words and with them. The packaged words are of ``easylaw``, ``scale``
and ``kobest_boolq`` of ../shared/data; the other sets of docs/evaluation.md were left out.

What was packed with other words cannot be read: a new count is a new format of the database.
"""

import argparse
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, takewhile
from pathlib import Path

from index.articles import Article
from index.reading.readers import read_articles
from index.store.packing import pack
from index.store.schema import TEXT_BLOCK

ROOT = Path(__file__).parents[2]
BYTES = 1 << zlib.MAX_WBITS  # DEFLATE points back no further
LEAST = 20  # articles that a word must be in
_POINTER = 2  # bytes, about, that pointing to a word takes
ASIDE = 10  # of so many articles one is not counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path, nargs="+")
    parser.add_argument("--against", type=Path, nargs="*", default=[])
    parser.add_argument("--least", type=int, default=LEAST, help="articles that a word must be in")
    parser.add_argument("--out", type=Path, default=ROOT / "index/data/frequent_words.txt")
    options = parser.parse_args()
    words = chosen([counted(texts_of(path), options.least) for path in options.articles])
    options.out.write_text("".join(f"{word}\n" for word in words), "utf-8")
    print(f"{len(words)} words, {options.out.stat().st_size} bytes")
    dictionary = "".join(f"{word} " for word in words)
    for path in (*options.articles, *options.against):
        print(path, *(f"{share:.3f}" for share in packed(list(texts_of(path, aside=True)), dictionary)))


def texts_of(path: Path, *, aside: bool = False) -> Iterator[str]:
    """Yield the texts of the articles that are counted, or of those kept aside."""
    articles = (article for article in read_articles([path]) if isinstance(article, Article))
    yield from (article.text for number, article in enumerate(articles) if (number % ASIDE == 0) == aside)


def counted(texts: Iterable[str], least: int) -> dict[str, float]:
    """Return the share that each word has of all there are, for words of at least so many articles."""
    times: Counter[str] = Counter()
    articles: Counter[str] = Counter()
    for text in texts:
        words = text.split()
        times.update(words)
        articles.update(set(words))
    total = times.total()
    return {word: count / total for word, count in times.items() if articles[word] >= least}


def chosen(shares: Sequence[dict[str, float]]) -> list[str]:
    """Return the words that save most for their room, as many as there is room for.

    The most frequent are last: what is near is pointed to in fewer bits.
    """
    share = Counter[str]()
    for words in shares:
        share.update(words)
    size = {word: len(word.encode()) + 1 for word in share}
    ranked = sorted(share, key=lambda word: (-share[word] * (1 - (_POINTER + 1) / size[word]), word))
    taken = takewhile(lambda reached: reached <= BYTES, accumulate(size[word] for word in ranked))
    return sorted(ranked[: len(list(taken))], key=lambda word: (share[word], word))


def packed(texts: Sequence[str], dictionary: str) -> tuple[float, float]:
    """Return what blocks of texts take of their bytes, by themselves and after the words."""
    blocks = [text[start : start + TEXT_BLOCK] for text in texts for start in range(0, len(text), TEXT_BLOCK)]
    whole = sum(len(block.encode()) for block in blocks)
    alone = sum(len(pack(block)) for block in blocks)
    after = sum(len(pack(block, dictionary)) for block in blocks)
    return alone / whole, after / whole


if __name__ == "__main__":
    main()
