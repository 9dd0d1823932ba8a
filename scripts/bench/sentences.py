"""Measure sentence splitting against gold boundaries: ours, a regular expression, and Kiwi alone.

    python -m scripts.bench.sentences [--data ../shared/data/seg_kiwi] [--splitters ours regex kiwi kiwi-multi-word]

Per source: share of gold sentences found exactly, and precision, recall and F1 of the boundaries between sentences.
A boundary is where the next sentence begins; the start of a text is no boundary. A last line gives characters a second.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from kiwipiepy import Kiwi

from index.articles import Span
from index.korean.blocks import trim
from index.korean.sentences import SentenceSplitter

Spans = list[tuple[int, int]]
Splitter = Callable[[Sequence[str]], Iterable[Spans]]

REGEX = re.compile(r"(?<=[.?!…])[\"'”’)\]]*\s+")  # a full stop, perhaps closing quotes, white space


def ours() -> Splitter:
    splitter = SentenceSplitter()
    splitter.load()
    return lambda texts: (
        [(sentence.start, sentence.end) for sentence in sentences]
        for sentences in splitter.parse_many((text, [Span(0, len(text))]) for text in texts)
    )


def by_regex() -> Splitter:
    def split(text: str) -> Spans:
        cuts = [0, *(match.end() for match in REGEX.finditer(text)), len(text)]
        return [trim(text, start, end) for start, end in pairwise(cuts) if start < end]

    return lambda texts: map(split, texts)


def bare_kiwi(*, load_multi_dict: bool) -> Splitter:
    kiwi = Kiwi(load_multi_dict=load_multi_dict)
    kiwi.tokenize("")
    return lambda texts: (
        [(sentence.start, sentence.end) for sentence in sentences]
        for sentences in kiwi.split_into_sents(texts, return_tokens=True, return_sub_sents=False)
    )


SPLITTERS: dict[str, Callable[[], Splitter]] = {
    "ours": ours,
    "regex": by_regex,
    "kiwi": partial(bare_kiwi, load_multi_dict=False),
    "kiwi-multi-word": partial(bare_kiwi, load_multi_dict=True),
}


def gold_spans(text: str, sentences: Sequence[str]) -> Spans:
    spans, position = [], 0
    for sentence in sentences:
        start = text.index(sentence, position)
        position = start + len(sentence)
        spans.append((start, position))
    return spans


def count(gold: Spans, found: Spans) -> Counter[str]:
    gold_cuts = {start for start, _ in gold[1:]}
    found_cuts = {start for start, _ in found[1:]}
    return Counter(
        sentences=len(gold),
        exact=len(set(gold) & set(found)),
        gold=len(gold_cuts),
        found=len(found_cuts),
        right=len(gold_cuts & found_cuts),
    )


def row(name: str, source: str, counts: Counter[str]) -> str:
    precision = counts["right"] / max(1, counts["found"])
    recall = counts["right"] / max(1, counts["gold"])
    f1 = 2 * counts["right"] / max(1, counts["gold"] + counts["found"])
    exact = counts["exact"] / counts["sentences"]
    return f"| {name} | {source} | {counts['sentences']} | {exact:.3f} | {precision:.3f} | {recall:.3f} | {f1:.3f} |"


def measure(name: str, splitter: Splitter, records: Sequence[dict[str, str | list[str]]]) -> tuple[list[str], str]:
    """Table rows for each source and in total, and a line about speed."""
    texts = [str(record["text"]) for record in records]
    start = time.perf_counter()
    found = list(splitter(texts))
    seconds = time.perf_counter() - start
    counts: dict[str, Counter[str]] = {}
    for record, text, spans in zip(records, texts, found, strict=True):
        for source in (str(record["set"]), "total"):
            counts.setdefault(source, Counter()).update(count(gold_spans(text, record["sentences"]), spans))
    total = counts.pop("total")
    rows = [row(name, source, counts[source]) for source in sorted(counts)] + [row(name, "total", total)]
    return rows, f"{name}: {sum(map(len, texts)) / seconds:,.0f} characters a second"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/seg_kiwi"))
    parser.add_argument("--splitters", nargs="+", choices=SPLITTERS, default=list(SPLITTERS))
    arguments = parser.parse_args()
    path = arguments.data / "segments.jsonl"
    if not path.exists():
        print(f"no {path}: give the folder of segments.jsonl with --data", file=sys.stderr)
        return 1
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    measured = [measure(name, SPLITTERS[name](), records) for name in arguments.splitters]
    print("| splitter | source | sentences | exact | precision | recall | F1 |\n|---|---|---:|---:|---:|---:|---:|")
    for rows, _ in measured:
        print("\n".join(rows))
    print("\n" + "\n".join(speed for _, speed in measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
