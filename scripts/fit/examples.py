"""What the models see of a question, kept between runs as numbers and words: npz and JSON, nothing that could run."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.articles import Passage
from rag.answers import Hit, Scores


@dataclass
class Example:
    """One question as the models see it; ``right[i]`` says whether sentence i answers."""

    part: str
    id: str
    kind: str
    answerable: bool
    weight: float
    hits: list[Hit]
    matrix: npt.NDArray[np.float32]
    right: npt.NDArray[np.bool_]
    articles: list[str]
    starts: list[int]  # of the sentences, in their articles
    quotes: list[str]


def save_examples(path: Path, examples: Sequence[Example]) -> None:
    """Write all into one file, which appears whole or not at all; of a hit its place and scores are kept, not its text."""
    width = examples[0].matrix.shape[1] if examples else 0
    records = json.dumps([_record(example) for example in examples], ensure_ascii=False).encode()
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            matrix=np.concatenate([np.zeros((0, width), np.float32), *(example.matrix for example in examples)]),
            right=np.concatenate([np.zeros(0, np.bool_), *(example.right for example in examples)]),
            ends=np.cumsum([len(example.right) for example in examples], dtype=np.int64),
            records=np.frombuffer(records, np.uint8),
        )
    unfinished.replace(path)


def load_examples(path: Path) -> list[Example]:
    """Read what :func:`save_examples` kept."""
    with np.load(path, allow_pickle=False) as arrays:
        matrix, right, ends, records = (arrays[name] for name in ("matrix", "right", "ends", "records"))
    starts = [0, *ends[:-1].tolist()]
    return [
        Example(
            **{name: value for name, value in record.items() if name != "hits"},
            hits=[_hit(kept) for kept in record["hits"]],
            matrix=matrix[start:end],
            right=right[start:end],
        )
        for record, start, end in zip(json.loads(records.tobytes()), starts, ends.tolist(), strict=False)
    ]


def _record(example: Example) -> dict[str, Any]:
    names = ("part", "id", "kind", "answerable", "weight", "articles", "starts", "quotes")
    hits = [
        {"rank": hit.rank, "article": hit.passage.article_id, "start": hit.passage.start, "end": hit.passage.end}
        | asdict(hit.scores)
        for hit in example.hits
    ]
    return {name: getattr(example, name) for name in names} | {"hits": hits}


def _hit(kept: dict[str, Any]) -> Hit:
    passage = Passage(kept["article"], "", kept["start"], kept["end"], "")
    return Hit(kept["rank"], passage, Scores(kept["dense"], kept["lexical"], kept["fused"]))
