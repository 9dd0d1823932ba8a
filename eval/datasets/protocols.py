"""The surroundings in which a data set is asked: alone with its own articles, or among many others."""

import dataclasses
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from eval.datasets.corpora import stored_articles
from eval.datasets.datasets import DataSet, load_corpus, load_folder, make_dataset, select
from index.articles import Article
from index.errors import UsageError
from index.store.store import DATABASE


class Protocol(StrEnum):
    """``mixed`` is the harder one, and nearer to use: the answer stands among thousands of other articles."""

    ALONE = "alone"
    MIXED = "mixed"


@dataclasses.dataclass(frozen=True, slots=True)
class Distractors:
    """Articles that answer none of the questions, as far as anyone knows."""

    name: str
    articles: tuple[Article, ...]


def protocols_of(name: str, distractors: Path | None) -> tuple[Protocol, ...]:
    """Return the protocols of ``alone``, ``mixed`` or ``both``. Raises UsageError where distractors are lacking."""
    chosen = tuple(Protocol) if name == "both" else (Protocol(name),)
    if Protocol.MIXED in chosen and distractors is None:
        raise UsageError(
            "mixed에는 --distractors 폴더가 있어야 합니다.", "the mixed protocol needs --distractors FOLDER."
        )
    return chosen


def load_distractors(folder: Path) -> Distractors:
    """Return the ``corpus.jsonl[.gz]`` of a folder, or all articles of a data folder. Raises GeungeoError."""
    held = stored_articles(folder) if (folder / DATABASE).is_file() else load_corpus(folder).values()
    return Distractors(folder.resolve().name, tuple(held))


def mix(own: Sequence[Article], distractors: Distractors) -> list[Article]:
    """Return the distractors, then the data set's own articles; a distractor of the same id gets another."""
    taken = {article.id for article in own}
    others = [
        dataclasses.replace(article, id=f"{distractors.name}/{article.id}") if article.id in taken else article
        for article in distractors.articles
    ]
    return [*others, *own]


def with_probe(dataset: DataSet, folder: Path, half: str | None, sample: int | None, seed: int) -> DataSet:
    """Return the data set with the questions of a probe added, as questions that nothing here answers.

    ``half`` and ``sample`` choose among the set's own questions, ``sample`` among the probe's too. Raises ReadError.
    """
    probe = load_folder(folder)
    added = [
        dataclasses.replace(
            question,
            id=f"{probe.name}/{question.id}",
            answerable=False,
            relevant={},
            answers=(),
            evidence=(),
            half=None,
            tags=(*question.tags, "probe"),
        )
        for question in select(probe.questions, None, sample, seed)
    ]
    own = select(dataset.questions, half, sample, seed)
    return make_dataset(f"{dataset.name}+{probe.name}", dataset.articles, [*own, *added], dataset.unjudged)
