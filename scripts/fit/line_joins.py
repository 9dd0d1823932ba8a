"""Fit the weights in index/reading/pdf/line_joins.py: whether a line and the next one are parted by a space.

    python -m scripts.fit.line_joins CORPUS

CORPUS is a corpus.jsonl.gz with a "text" in each line. Its texts are broken at fixed widths, also inside words, and
the blank at a line's end is taken away; 350 texts are learned from, 100 others judged.
"""

import argparse
import gzip
import json
import random
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from index.korean.line_ends import KiwiJoiner
from index.korean.sentences import new_kiwi
from index.reading.pdf import line_joins

SEED, LEARNED, JUDGED, EACH, LEAST = 2, 350, 100, 15, 1_500
WIDTHS = (26, 50)


def broken(text: str, width: int) -> tuple[list[str], list[tuple[str, str, bool]]]:
    """Return the lines of ``text`` at ``width``, and its line ends with whether they were inside a word."""
    lines, ends = [], []
    for paragraph in text.split("\n"):
        rest = paragraph.strip()
        while rest:
            line, rest = rest[:width], rest[width:]
            inside = bool(rest) and not line[-1].isspace() and not rest[0].isspace()
            rest = rest.lstrip()
            lines.append(line.strip())
            if rest:
                ends.append((line.strip(), rest[:width].strip(), inside))
    return lines, ends


def table(texts: list[str], joiner: KiwiJoiner, choice: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """Return a row of features for each line end, the joiner's two first, and the truth."""
    rows, truth = [], []
    for text in texts:
        lines, ends = broken(text, choice.randint(*WIDTHS))
        habits = line_joins._Habits(lines)
        chosen = choice.sample(ends, min(EACH, len(ends)))
        scores = joiner.scores([(before, after) for before, after, _ in chosen])
        for score, (before, after, inside) in zip(scores, chosen, strict=True):
            clipped = max(-line_joins._CLIP, min(line_joins._CLIP, score))
            rows.append([clipped, float(score == 0), *line_joins._features(habits, before, after)])
            truth.append(inside)
    return np.array(rows), np.array(truth)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    with gzip.open(parser.parse_args().corpus) as file:
        texts = [text for text in (json.loads(line)["text"] for line in file) if len(text) > LEAST]
    choice = random.Random(SEED)
    choice.shuffle(texts)
    joiner = KiwiJoiner(new_kiwi())
    learned, known = table(texts[:LEARNED], joiner, choice)
    judged, truth = table(texts[LEARNED : LEARNED + JUDGED], joiner, choice)
    print(f"{len(truth)} line ends judged; Kiwi's score alone: {((judged[:, 0] > 0) == truth).mean():.4f}")
    for name, first in (("_WITH_JOINER", 0), ("_ALONE", 2)):
        model = LogisticRegression(C=0.3, max_iter=2_000).fit(learned[:, first:], known)
        weights = [round(float(weight), 2) for weight in (model.intercept_[0], *model.coef_[0])]
        print(f"{name} = {tuple(weights)}  # right: {model.score(judged[:, first:], truth):.4f}")


if __name__ == "__main__":
    main()
