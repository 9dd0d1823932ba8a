"""What is asked and what would be right: the types, and the data-set folder.

A folder holds ``corpus.jsonl[.gz]`` (as ``geungeo index`` reads it), ``queries.jsonl`` ``{"id","text"}``,
``qrels.tsv`` ``qid<TAB>docid<TAB>grade`` and, where known, ``answers.jsonl`` ``{"qid","answers":[...]}`` and
``meta.jsonl`` ``{"qid","kind","answerable","must_not":[...]}``, whose fields may stand in ``queries.jsonl`` too.
Instead it may hold text files as :mod:`eval.datasets.written` reads them. A folder without ``qrels.tsv`` is a probe:
none of its questions has an answer in the corpus, which may be absent.

The gold questions of the seeds are in :mod:`eval.datasets.gold`.
"""

import dataclasses
import hashlib
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eval.datasets.records import Record, failure, read_lines, read_records
from eval.datasets.written import Place, WrittenQuestion, is_written, read_folder
from index.articles import Article
from index.errors import UsageError
from index.reading.documents import Failure
from index.reading.readers import read_articles
from index.text.characters import normalize

HALVES = ("tune", "test")
SPLITS = ("train", *HALVES)
TYPES = ("how_much", "who", "when", "where", "what", "why", "how")


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """``text == article.text[start:end]`` in code points."""

    article_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question as a user would type it (never normalised) and everything known about its answer."""

    id: str
    text: str
    half: str | None = None
    type: str | None = None
    tags: tuple[str, ...] = ()
    answerable: bool = True
    relevant: Mapping[str, int] = field(default_factory=dict)  # article id -> grade; 0 is judged not relevant
    answers: tuple[GoldSpan | str, ...] = ()
    evidence: tuple[GoldSpan, ...] = ()
    why: str = ""  # for an unanswerable question: what is missing
    kind: str | None = None  # what makes it hard; with one, its first citation is graded (eval.measures.verdicts)
    must_not: tuple[str, ...] = ()  # what the first citation must not hold: tempting, and wrong

    @property
    def spans(self) -> tuple[GoldSpan, ...]:
        """Where an answer stands, as far as it is known: answers and evidence alike."""
        return self.answer_spans + self.evidence

    @property
    def answer_spans(self) -> tuple[GoldSpan, ...]:
        """Where an answer itself stands, as far as it is known."""
        return tuple(answer for answer in self.answers if isinstance(answer, GoldSpan))


@dataclass(frozen=True, slots=True)
class DataSet:
    """Articles and questions about them. ``unjudged`` questions had no verdict and were left out."""

    name: str
    articles: tuple[Article, ...]
    questions: tuple[GoldQuestion, ...]
    sha256: str
    unjudged: int = 0


def make_dataset(
    name: str, articles: Iterable[Article], questions: Iterable[GoldQuestion], unjudged: int = 0
) -> DataSet:
    """Return a data set with its hash, which covers every question, verdict and article text, but not their order."""
    kept, asked = tuple(articles), tuple(questions)
    lines = [json.dumps(_hashed(question), sort_keys=True) for question in asked]
    lines += [json.dumps([article.id, article.title, article.sha256]) for article in kept]
    digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
    return DataSet(name, kept, asked, digest, unjudged)


def _hashed(question: GoldQuestion) -> dict[str, object]:
    """Return what the hash is over: fields that came later only where they say something, so that older hashes stand."""
    record = dataclasses.asdict(question)
    return {name: value for name, value in record.items() if value or name not in ("kind", "must_not")}


def select(questions: Sequence[GoldQuestion], half: str | None, sample: int | None, seed: int) -> list[GoldQuestion]:
    """Return the questions of one half, then ``sample`` of them drawn with ``seed``, in their order.

    Raises UsageError.
    """
    if half is not None and half not in HALVES:
        raise UsageError(
            f"--half에는 {', '.join(HALVES)} 가운데 하나를 주세요.", f"half must be one of {', '.join(HALVES)}."
        )
    if sample is not None and sample < 1:
        raise UsageError("--sample에는 1 이상의 수를 주세요.", "sample must be at least 1.")
    kept = [question for question in questions if half in (None, question.half)]
    if not kept:
        raise UsageError("평가할 질문이 없습니다. --half를 확인하세요.", "no question is left to ask (check half).")
    if sample is None or sample >= len(kept):
        return kept
    return [kept[number] for number in sorted(random.Random(seed).sample(range(len(kept)), sample))]


def load_folder(folder: Path) -> DataSet:
    """Read a data-set folder, checked. Raises ReadError naming file and line."""
    if not folder.is_dir():
        raise failure(str(folder), "데이터 세트 폴더가 없습니다", "no such data-set folder")
    queries, qrels = folder / "queries.jsonl", folder / "qrels.tsv"
    if not queries.is_file() and (splits := splits_of(folder)):
        names = ", ".join(split.name for split in splits)
        raise failure(str(folder), f"이 가운데 한 폴더를 고르세요: {names}", f"choose one of its folders: {names}")
    if not queries.is_file() and is_written(folder):
        return _load_written(folder)
    if not queries.is_file():
        raise failure(str(queries), "파일이 없습니다", "no such file")
    articles = load_corpus(folder, required=qrels.is_file())
    answers, meta = _load_by_question(folder / "answers.jsonl"), _load_by_question(folder / "meta.jsonl")
    relevant = _load_qrels(qrels) if qrels.is_file() else None
    questions, unjudged = _load_questions(queries, relevant, answers, articles, meta)
    if relevant is not None and not any(question.answerable for question in questions):
        raise failure(str(qrels), "질문과 맞는 판정이 하나도 없습니다", "no verdict belongs to any question")
    return make_dataset(folder.resolve().name, articles.values(), questions, unjudged)


def splits_of(folder: Path) -> list[Path]:
    """Return the folders of its splits, in the order of ``SPLITS``."""
    return [folder / name for name in SPLITS if (folder / name).is_dir()]


def _load_written(folder: Path) -> DataSet:
    """Read text files: nothing is left out, and a fault anywhere is raised. Raises ReadError."""
    written = read_folder(folder)
    if written.faults:
        raise written.faults[0]
    articles = [
        Article(document.id, document.title, document.text, source=document.source, published_at=document.date)
        for document in written.documents
    ]
    return make_dataset(
        _written_name(folder), articles, [_written_question(question) for question in written.questions]
    )


def _written_name(folder: Path) -> str:
    """Return the set's name, ``office-test`` for ``office/test``: the name of a split alone says too little."""
    whole = folder.resolve()
    return f"{whole.parent.name}-{whole.name}" if whole.name in SPLITS else whole.name


def _written_question(written: WrittenQuestion) -> GoldQuestion:
    evidence, answers = (tuple(_span(place) for place in places) for places in (written.evidence, written.answers))
    return GoldQuestion(
        id=written.id,
        text=written.text,
        answerable=bool(written.evidence),
        relevant={span.article_id: 1 for span in evidence},
        answers=answers,
        evidence=evidence,
        why=written.absent,
        kind=written.kind,
        must_not=written.must_not,
    )


def _span(place: Place) -> GoldSpan:
    return GoldSpan(place.document, place.start, place.end, place.text)


def load_corpus(folder: Path, *, required: bool = True) -> dict[str, Article]:
    """Return the articles of ``corpus.jsonl[.gz]`` by id, read as ``geungeo index`` reads them. Raises ReadError."""
    paths = [path for name in ("corpus.jsonl", "corpus.jsonl.gz") if (path := folder / name).is_file()]
    if not paths and required:
        raise failure(str(folder / "corpus.jsonl"), "파일이 없습니다", "no such file")
    articles: dict[str, Article] = {}
    for outcome in read_articles(paths[:1]):
        if isinstance(outcome, Failure):
            raise failure(outcome.where, outcome.error.korean.rstrip("."), outcome.error.english.rstrip("."))
        if outcome.id in articles:
            raise failure(str(paths[0]), f"글 id가 겹칩니다: {outcome.id}", f"article id repeated: {outcome.id}")
        articles[outcome.id] = outcome
    return articles


def _load_questions(
    path: Path,
    relevant: Mapping[str, Mapping[str, int]] | None,
    answers: Mapping[str, Record],
    articles: Mapping[str, Article],
    meta: Mapping[str, Record],
) -> tuple[list[GoldQuestion], int]:
    questions: dict[str, GoldQuestion] = {}
    unjudged: set[str] = set()
    for record in read_records(path):
        key = record.string("id")
        if key in meta:
            record = Record(record.where, {**meta[key].fields, **record.fields})
        if key in questions or key in unjudged:
            raise failure(record.where, f"질문 id가 겹칩니다: {key}", f"question id repeated: {key}")
        grades = (relevant or {}).get(key, {})
        _require_known(record, grades, articles)
        answerable = _answerable(record, relevant, grades, answers.get(key))
        if answerable is None:
            unjudged.add(key)
        else:
            questions[key] = _question(record, key, answerable, grades, answers.get(key), articles)
    return list(questions.values()), len(unjudged)


def _answerable(
    record: Record, relevant: Mapping[str, Mapping[str, int]] | None, grades: Mapping[str, int], answer: Record | None
) -> bool | None:
    """Return whether the articles answer it; ``None`` where the folder judges others but not this one."""
    if "answerable" in record.fields:
        return record.flag("answerable")
    if relevant is None:
        return False
    if any(grade > 0 for grade in grades.values()):
        return True
    return False if answer is not None and not answer.items("answers") else None


def _question(
    record: Record,
    key: str,
    answerable: bool,
    grades: Mapping[str, int],
    answer: Record | None,
    articles: Mapping[str, Article],
) -> GoldQuestion:
    half = record.fields.get("half")
    if half is not None and half not in HALVES:
        raise failure(record.where, f"‘half’ 값이 올바르지 않습니다: {half}", f"unknown half: {half}")
    return GoldQuestion(
        id=key,
        text=record.string("text"),
        half=half,
        type=record.string("type") if record.fields.get("type") else None,
        tags=tuple(str(tag) for tag in record.items("tags")),
        answerable=answerable,
        relevant=grades,
        answers=_answers(answer, grades, articles) if answerable and answer is not None else (),
        why=record.string("why") if record.fields.get("why") else "",
        kind=record.string("kind") if record.fields.get("kind") else None,
        must_not=tuple(str(text) for text in record.items("must_not")),
    )


def _answers(record: Record, grades: Mapping[str, int], articles: Mapping[str, Article]) -> tuple[GoldSpan | str, ...]:
    """Return spans where ``answer_start`` points at the answer in the only relevant article, strings elsewhere."""
    texts = [normalize(str(text)) for text in record.items("answers")]
    starts = record.items("answer_start") if "answer_start" in record.fields else []
    positive = [article_id for article_id, grade in grades.items() if grade > 0]
    if len(positive) != 1 or len(starts) != len(texts):
        return tuple(texts)
    article = articles[positive[0]]
    return tuple(
        GoldSpan(article.id, start, start + len(text), text)
        if isinstance(start, int) and start >= 0 and text and article.text[start : start + len(text)] == text
        else text
        for start, text in zip(starts, texts, strict=True)
    )


def _load_by_question(path: Path) -> dict[str, Record]:
    return {record.string("qid"): record for record in read_records(path)} if path.is_file() else {}


def _load_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Return the grades by question and article. Lines are split at tabs alone, for article ids may hold spaces."""
    relevant: dict[str, dict[str, int]] = {}
    for number, (where, line) in enumerate(read_lines(path)):
        fields = line.split("\t")
        if len(fields) != 3:
            raise failure(where, "qid<TAB>docid<TAB>grade가 아닙니다", "not qid<TAB>docid<TAB>grade")
        try:
            relevant.setdefault(fields[0], {})[normalize(fields[1]).strip()] = int(fields[2])
        except ValueError:
            if number:  # the first line may be a header
                raise failure(
                    where, f"등급이 정수가 아닙니다: {fields[2]}", f"grade is no integer: {fields[2]}"
                ) from None
    return relevant


def _require_known(record: Record, grades: Mapping[str, int], articles: Mapping[str, Article]) -> None:
    for article_id in grades:
        if article_id not in articles:
            raise failure(
                record.where,
                f"qrels.tsv의 글이 corpus.jsonl에 없습니다: {article_id}",
                f"an article of qrels.tsv is not in the corpus: {article_id}",
            )
