"""What the reader learns from and is measured on: questions with their candidates as retrieval finds them.

Our own and public questions come from what ``scripts.fit.answers collect`` kept; JaQuAD, in Japanese, is read with two passages
each and no retrieval.
"""

import gzip
import hashlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.articles import Article
from index.encoders.tokenizer import Tokenizer
from index.korean.sentences import SentenceSplitter
from index.reading.readers import read_articles
from index.structure.outline import read_outline
from index.text.characters import normalize
from rag.evidence.evidence import Usual, within_question
from rag.ranking.trees import Trees
from rag.reader.windows import Candidate, Document, Values
from scripts.fit import answers
from scripts.fit.answers import ROOT, hash_of
from scripts.fit.examples import Example

SEED = 20261129
TRAIN = ("office-train", "office-swapped", "tydi", "jaquad")
JOIN = ("office-tune", "office-tune-worlds", "office-tune-singles")  # kept out of the training, for joining
TEST = ("office-test", "seeds-tune", "seeds-test")
ABSENT = 0.25  # of JaQuAD's questions, the share that is asked of two passages that do not answer


@dataclass
class Asked:
    """One question and its candidates, with what the trees think of each in logits; ``answers`` are values inside right ones."""

    part: str
    id: str
    kind: str
    text: str
    answerable: bool
    candidates: list[Candidate]
    first: Values
    right: npt.NDArray[np.bool_]
    answers: list[tuple[str, int, int]]
    example: Example | None = None

    @property
    def group(self) -> int:
        return hash_of(self.part, self.id)


@dataclass
class Part:
    """Questions, and every article that one of them found."""

    asked: list[Asked]
    articles: dict[str, Article]
    _documents: dict[str, Document] = field(default_factory=dict)
    _breaks: dict[str, set[int]] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        lines = [f"{question.id}\t{question.text}\t{question.right.nonzero()[0].tolist()}" for question in self.asked]
        lines += [f"{article.id}\t{article.sha256}" for _, article in sorted(self.articles.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def documents(self, question: Asked, tokenizer: Tokenizer) -> dict[str, Document]:
        """Return the articles of its candidates by id, each taken apart once."""
        if not self._breaks:
            for candidate in chain.from_iterable(each.candidates for each in self.asked):
                self._breaks.setdefault(candidate.article, set()).update((candidate.start, candidate.end))
        names = {candidate.article for candidate in question.candidates}
        for name in names - self._documents.keys():
            article = self.articles[name]
            outline = read_outline(article.text, article.title)
            self._documents[name] = Document(article, outline, self._breaks[name], tokenizer)
        return {name: self._documents[name] for name in names}


def load_part(name: str, data: Path, work: Path, trees: Trees, usual: Usual, limit: int) -> Part:
    """Load one of ``TRAIN``, ``JOIN`` and ``TEST``, ``limit`` questions at most."""
    if name == "jaquad":
        return _jaquad(data / name, limit)
    examples = answers.load(work, [name])[:limit]
    articles, queries = _texts(name, data)
    known = {article.id: article for article in articles}
    by_id = {str(query["id"]): query for query in queries}
    asked = []
    for example in examples:
        query = by_id.get(example.id) or by_id.get(example.id.removesuffix("-less"))
        if query is not None and all(article in known for article in example.articles):
            first = trees.logit(within_question(example.matrix.astype(np.float64), usual))
            asked.append(_asked(example, query, known, first))
    used = {candidate.article for question in asked for candidate in question.candidates}
    return Part(asked, {article: known[article] for article in used})


def _texts(name: str, data: Path) -> tuple[Sequence[Article], Sequence[dict[str, Any]]]:
    if name == "office-swapped":
        articles, queries = answers.office_queries("train")
        return articles, list(answers.swapped_queries(queries, SentenceSplitter()))
    if name.startswith("office"):
        return answers.office_queries(name.split("-")[1])
    if name.startswith("seeds"):
        rows = [json.loads(line) for line in (ROOT / "eval/data/seeds.jsonl").open(encoding="utf-8")]
        return _articles(ROOT / "seeds"), [row | {"text": row["question"], "answers": ()} for row in rows]
    folder = data / {"tydi": "tydiqa_goldp_ko"}.get(name, "korquad1")
    found = [json.loads(line) for line in (folder / "queries.jsonl").open(encoding="utf-8")]
    texts = {row["qid"]: row["answers"] for row in map(json.loads, (folder / "answers.jsonl").open(encoding="utf-8"))}
    return _articles(folder / "corpus.jsonl"), [query | {"answers": texts.get(query["id"], [])} for query in found]


def _articles(path: Path) -> list[Article]:
    return [each for each in read_articles([path]) if isinstance(each, Article)]


def _asked(example: Example, query: dict[str, Any], known: dict[str, Article], first: Values) -> Asked:
    candidates = [
        Candidate(article, start, start + len(quote))
        for article, start, quote in zip(example.articles, example.starts, example.quotes, strict=True)
    ]
    wanted = [normalize(getattr(answer, "text", answer)) for answer in query.get("answers", ()) if answer]
    values = []
    for place in np.flatnonzero(example.right).tolist():
        candidate = candidates[place]
        text = known[candidate.article].text[candidate.start : candidate.end]
        if at := next((text.find(answer) + 1 for answer in wanted if answer in text), 0):
            length = len(next(answer for answer in wanted if answer in text))
            values.append((candidate.article, candidate.start + at - 1, candidate.start + at - 1 + length))
    return Asked(
        example.part,
        example.id,
        example.kind,
        query["text"],
        example.answerable,
        candidates,
        first,
        example.right,
        values,
        example,
    )


def _jaquad(folder: Path, limit: int) -> Part:
    """Load JaQuAD with two passages a question: its own and another of the same page, or two others."""
    with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    articles = {row["id"]: Article(id=row["id"], title=row["title"], text=normalize(row["text"])) for row in rows}
    of_title: dict[str, list[str]] = {}
    for row in rows:
        of_title.setdefault(row["title"], []).append(row["id"])
    home = dict(line.split("\t")[:2] for line in (folder / "qrels.tsv").read_text("utf-8").splitlines())
    spans = {row["qid"]: row for row in map(json.loads, (folder / "answers.jsonl").open(encoding="utf-8"))}
    queries = [json.loads(line) for line in (folder / "queries.jsonl").open(encoding="utf-8")]
    chance = random.Random(SEED)
    chance.shuffle(queries)
    asked: list[Asked] = []
    for query in queries[:limit]:
        own, row = articles[home[query["id"]]], spans[query["id"]]
        others = [other for other in of_title[own.title] if other != own.id]
        absent = len(others) > 1 and chance.random() < ABSENT
        read = chance.sample(others, 2) if absent else [own.id, *(chance.sample(others, 1) if others else ())]
        start, text = row["answer_start"][0], row["answers"][0]
        if own.text[start : start + len(text)] == text:
            answer = None if absent else (own.id, start, start + len(text))
            asked.append(_japanese(query, [articles[article] for article in read], answer))
    used = {candidate.article for question in asked for candidate in question.candidates}
    return Part(asked, {article: articles[article] for article in used})


def _japanese(query: dict[str, Any], read: list[Article], answer: tuple[str, int, int] | None) -> Asked:
    candidates = [
        Candidate(article.id, *match.span())
        for article in read
        for match in re.finditer(r"[^。\n]*[^。\s][^。\n]*。?", article.text)
    ]
    texts = {article.id: article.text for article in read}
    pairs = {query["text"][at : at + 2] for at in range(len(query["text"]) - 1)}
    shared = [
        sum(pair in texts[candidate.article][candidate.start : candidate.end] for pair in pairs)
        for candidate in candidates
    ]
    right = np.array(
        [
            answer is not None
            and candidate.article == answer[0]
            and candidate.start <= answer[1]
            and answer[2] <= candidate.end
            for candidate in candidates
        ],
        dtype=bool,
    )
    return Asked(
        "jaquad", query["id"], "", query["text"], answer is not None, candidates, 6.0 * np.array(shared) / max(1, len(pairs)) - 3.0,
        right, [answer] if answer is not None and right.any() else [],
    )  # fmt: skip
