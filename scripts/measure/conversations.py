"""Measure follow-up questions: answered as their full question is, and stand-alone ones left alone.

``python -m scripts.measure.conversations PART DATA`` with PART of eval/data/conversations and DATA a data folder into which
the documents of the same part are indexed where it is new. ``--show`` prints what differs.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.datasets.conversations import Conversation, read_conversations
from eval.datasets.written import read_folder
from index.articles import Article
from index.engine import is_new
from index.ingest import Ingestor
from rag.answers import Answer, Query
from rag.loading import Tools, load_tools, open_pipeline
from rag.pipeline import Pipeline
from rag.settings import Settings, load_settings

DATA = Path("eval/data")


@dataclass(frozen=True, slots=True)
class Asked:
    """A follow-up, its answer after the questions before it, and the answer to the whole of it."""

    question: str
    whole: str
    answer: Answer
    expected: Answer

    @property
    def same(self) -> bool:
        """Whether both cite the same sentence first, or neither any."""
        return first_of(self.answer) == first_of(self.expected)


def first_of(answer: Answer) -> tuple[str, int, int] | None:
    """Return the place of the first citation."""
    return next(((citation.article_id, citation.start, citation.end) for citation in answer.citations), None)


def follow_ups(pipeline: Pipeline, conversations: Sequence[Conversation]) -> Iterator[Asked]:
    """Yield every follow-up, asked as it is typed and in full."""
    for conversation in conversations:
        questions = [line.question for line in conversation.said]
        for place, line in enumerate(conversation.said):
            if line.whole:
                answer = pipeline.ask(Query(line.question, context=tuple(questions[:place])))
                yield Asked(line.question, line.whole, answer, pipeline.ask(Query(line.whole)))


def stand_alone(conversations: Sequence[Conversation]) -> Iterator[Query]:
    """Yield every question that stands alone: after those before it, and each first one after another conversation."""
    rng = random.Random(19)
    for conversation in conversations:
        questions = [line.question for line in conversation.said]
        other = rng.choice([candidate for candidate in conversations if candidate is not conversation])
        for place, line in enumerate(conversation.said):
            before = questions[:place] or [said.question for said in other.said]
            if not line.whole:
                yield Query(line.question, context=tuple(before))


def open_part(part: str, folder: Path) -> Pipeline:
    """Return the pipeline over the written documents of a part, indexed where the folder is new."""
    settings = load_settings(data=folder)
    tools = load_tools(settings)
    if is_new(folder):
        _index(part, settings, tools)
    return open_pipeline(settings, tools)


def _index(part: str, settings: Settings, tools: Tools) -> None:
    documents = [
        document
        for folder in sorted({path.parent for path in (DATA / "office" / part).rglob("*.txt")})
        for document in read_folder(folder).documents
    ]
    articles = [
        Article(document.id, document.title, document.text, source=document.source, published_at=document.date)
        for document in documents
    ]
    Ingestor(settings.data, tools.encoder, tools.splitter).ingest(articles)


def main() -> None:
    """Print the measures as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("train", "tune", "test"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--show", action="store_true", help="print what differs")
    parser.add_argument("--limit", type=int, help="of the conversations, so many; all without")
    arguments = parser.parse_args()
    conversations = read_conversations(DATA / "conversations" / arguments.part)[: arguments.limit]
    pipeline = open_part(arguments.part, arguments.data)
    asked = list(follow_ups(pipeline, conversations))
    alone = [pipeline.ask(query) for query in stand_alone(conversations)]
    if arguments.show:
        _show(asked, alone)
    answered = [question for question in asked if question.expected.answered]
    print("| conversations | follow-ups | as in full | where in full answered | stand-alone | left alone |")
    print("|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {len(conversations)} | {len(asked)} | {_share([question.same for question in asked])} "
        f"| {_share([turn.same for turn in answered])} of {len(answered)} "
        f"| {len(alone)} | {_share([turn.completed is None for turn in alone])} |"
    )


def _share(met: Sequence[bool]) -> str:
    return f"{sum(met) / len(met):.3f}" if met else "–"


def _show(asked: Sequence[Asked], alone: Sequence[Answer]) -> None:
    for question in asked:
        if not question.same:
            print(f"{question.question} → {question.answer.completed}\n  whole: {question.whole}")
            print(
                f"  got {question.answer.reason} {question.answer.text!r}\n  not {question.expected.reason} {question.expected.text!r}"
            )
    for answer in alone:
        if answer.completed is not None:
            print(f"touched: {answer.question} → {answer.completed}")


if __name__ == "__main__":
    main()
