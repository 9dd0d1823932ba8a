"""The gold questions of the seeds: one JSON object a line, every span checked against its article.

``{"id","half":"tune|test","type","tags":[…],"question","answerable",
"answers":[{"article_id","start","end","text"}],"evidence":[{"article_id","start","end"}],"why"?}``
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from eval.datasets.datasets import HALVES, TYPES, DataSet, GoldQuestion, GoldSpan, make_dataset
from eval.datasets.records import Record, failure, read_records
from index.articles import Article

GOLD_FILE = Path(__file__).parents[1] / "data" / "seeds.jsonl"
SEEDS = "seeds"


def load_gold(articles: Iterable[Article], path: Path = GOLD_FILE) -> DataSet:
    """Return the gold questions over ``articles``. Raises ReadError naming file and line."""
    corpus = {article.id: article for article in articles}
    questions: dict[str, GoldQuestion] = {}
    for record in read_records(path):
        question = _question(record, corpus)
        if question.id in questions:
            raise failure(record.where, f"질문 id가 겹칩니다: {question.id}", f"question id repeated: {question.id}")
        questions[question.id] = question
    return make_dataset(SEEDS, corpus.values(), questions.values())


def _question(record: Record, corpus: Mapping[str, Article]) -> GoldQuestion:
    answers = tuple(_span(record, item, corpus) for item in record.items("answers"))
    evidence = tuple(_span(record, item, corpus, quoted=False) for item in record.items("evidence"))
    answerable = record.flag("answerable")
    if answerable != bool(answers):
        korean = "답이 있는 질문에는 ‘answers’가 있어야 하고, 없는 질문에는 없어야 합니다"
        raise failure(record.where, korean, "answers must be given exactly where answerable is true")
    return GoldQuestion(
        id=record.string("id"),
        text=record.string("question"),
        half=_one_of(record, "half", HALVES),
        type=_one_of(record, "type", TYPES),
        tags=tuple(str(tag) for tag in record.items("tags")),
        answerable=answerable,
        relevant={span.article_id: 1 for span in answers + evidence} if answerable else {},
        answers=answers,
        evidence=evidence,
        why=record.string("why", ""),
    )


def _one_of(record: Record, name: str, known: tuple[str, ...]) -> str:
    value = record.string(name)
    if value not in known:
        korean = f"알 수 없는 {name}: {value} (가능: {', '.join(known)})"
        raise failure(record.where, korean, f"unknown {name}: {value} (known: {', '.join(known)})")
    return value


def _span(record: Record, item: object, corpus: Mapping[str, Article], *, quoted: bool = True) -> GoldSpan:
    if not isinstance(item, dict) or not {"article_id", "start", "end"} <= item.keys():
        raise failure(
            record.where, "구간에는 ‘article_id’, ‘start’, ‘end’가 있어야 합니다", "a span needs article_id, start, end"
        )
    article_id, start, end = item["article_id"], item["start"], item["end"]
    article = corpus.get(article_id)
    if article is None:
        raise failure(record.where, f"그런 글이 없습니다: {article_id}", f"no such article: {article_id}")
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(article.text)):
        korean = f"구간이 글 밖입니다: {article_id} {start}–{end}"
        raise failure(record.where, korean, f"the span lies outside the article: {article_id} {start}-{end}")
    text = article.text[start:end]
    if quoted and item.get("text") != text:
        korean = f"‘text’ 값이 {article_id}[{start}:{end}]와 다릅니다: {item.get('text')!r} ≠ {text!r}"
        raise failure(record.where, korean, f"text differs from {article_id}[{start}:{end}]: {item.get('text')!r}")
    return GoldSpan(article_id, start, end, text)
