"""What people say of answers, kept in the data folder and given out as an evaluation set."""

import hmac
import io
import json
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.access.access import Caller
from api.access.keys import Scope
from api.articles.library import Library
from api.problems.problems import ProblemError
from api.schemas.errors import FieldError
from api.schemas.gold import LONGEST_QUOTE, JudgementBody, JudgementRequest
from index.articles import Article
from index.engine import Engine
from index.errors import NotFoundError
from index.store.gold_rows import GoldRecord
from index.store.store import not_found
from index.text.characters import normalize
from index.truth.writing import expect_deletion, reading, writing

MOST = 10_000
_MOST_CHARACTERS = 20_000_000  # of an evaluation set's articles: those that are cited, then others
_LOCK_SECONDS = 5.0


def keep(library: Library, caller: Caller, said: JudgementRequest) -> JudgementBody:
    """Note it. Raises ProblemError, NotFoundError, LockedError, StorageError."""
    engine = library.snapshot()
    article = None if said.article_id is None else _seen(engine, caller, normalize(said.article_id))
    if article is not None and not said.start < said.end <= min(len(article.text), said.start + LONGEST_QUOTE):
        raise ProblemError("invalid_request", [FieldError(pointer="/end", code="out_of_range")])
    if article is None and said.verdict == "right":
        raise ProblemError("invalid_request", [FieldError(pointer="/article_id", code="missing")])
    if article is not None and said.verdict == "absent":
        raise ProblemError("invalid_request", [FieldError(pointer="/article_id", code="unknown_value")])
    record = GoldRecord(
        0, uuid.uuid4().hex, normalize(said.question), said.verdict, article.id if article else None, said.start, said.end,
        article.sha256 if article else "", caller.id, datetime.now(UTC).isoformat(timespec="milliseconds"),
    )  # fmt: skip
    with writing(library.folder, _LOCK_SECONDS) as truth:
        if len(truth.gold()) >= MOST:
            raise ProblemError("gold_full")
        truth.add_gold(record)
    return _body(engine, record)


def listed(library: Library, caller: Caller) -> list[JudgementBody]:
    """List those that the caller may see, the newest first."""
    engine = library.snapshot()
    return [_body(engine, record) for record in reversed(_records(library, engine, caller))]


def forget(library: Library, caller: Caller, key: str) -> None:
    """Delete one for good. Raises ProblemError (404), LockedError, StorageError."""
    if key not in {record.id for record in _records(library, library.snapshot(), caller)}:
        raise ProblemError("not_found")
    with writing(library.folder, _LOCK_SECONDS) as truth:
        expect_deletion(library.folder, truth)
        truth.delete_gold(key)
    library.erase()


def evaluation_set(library: Library, caller: Caller) -> bytes:
    """Return a zip of a data-set folder as ``geungeo eval`` takes it: what is judged, over the articles that the caller sees."""
    engine = library.snapshot()
    asked = _questions(engine, _records(library, engine, caller))
    articles = list(_articles(engine, caller, [name for question in asked for name, _ in question.right]))
    files = {
        "corpus.jsonl": _lines(_corpus(article) for article in articles),
        "queries.jsonl": _lines(question.record(number) for number, question in enumerate(asked, 1)),
        "answers.jsonl": _lines(
            {"qid": f"q{number}", "answers": [quote for _, quote in question.right]}
            for number, question in enumerate(asked, 1)
            if question.right
        ),
    }
    if any(question.right for question in asked):  # a folder without any is a probe: nothing in it has an answer
        files["qrels.tsv"] = "".join(
            f"q{number}\t{name}\t1\n"
            for number, question in enumerate(asked, 1)
            for name in dict.fromkeys(name for name, _ in question.right)
        )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"geungeo-gold/{name}", text)
    return held.getvalue()


@dataclass(slots=True)
class _Asked:
    """One question with all that is said of it: (article, quote) each."""

    text: str
    right: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    is_absent: bool = False

    def record(self, number: int) -> dict[str, object]:
        """Its line in ``queries.jsonl``."""
        said: dict[str, object] = {"id": f"q{number}", "text": self.text, "answerable": bool(self.right)}
        quotes = [quote for _, quote in self.right]
        tempting = [quote for quote in dict.fromkeys(self.wrong) if quote not in quotes]
        return said | ({"must_not": tempting} if tempting else {})


def _questions(engine: Engine, records: Iterable[GoldRecord]) -> list[_Asked]:
    """Those with a judgement that still stands; of the same question asked again, all together."""
    found: dict[str, _Asked] = {}
    for record in records:
        quote = _body(engine, record).quote
        if record.article is not None and quote is None:
            continue  # another text by now
        question = found.setdefault("".join(record.question.split()), _Asked(record.question))
        if record.verdict == "right" and record.article is not None and quote is not None:
            question.right.append((record.article, quote))
            question.is_absent = False
        elif record.verdict == "wrong" and quote is not None:
            question.wrong.append(quote)
        elif record.verdict == "absent":
            question.is_absent = not question.right
    return [question for question in found.values() if question.right or question.is_absent]


def _records(library: Library, engine: Engine, caller: Caller) -> list[GoldRecord]:
    """Of a key of some collections its own alone, as far as it still sees their articles."""
    with reading(library.folder) as truth:
        records = truth.gold()
    if caller.collections is None or Scope.ADMIN in caller.scopes:
        return records
    own = [record for record in records if record.owner == caller.id]
    return [record for record in own if record.article is None or _is_seen(engine, caller, record.article)]


def _is_seen(engine: Engine, caller: Caller, article_id: str) -> bool:
    try:
        return _seen(engine, caller, article_id) is not None
    except NotFoundError:
        return False


def _seen(engine: Engine, caller: Caller, article_id: str) -> Article:
    """Return the article. Raises NotFoundError."""
    article = engine.article(article_id)
    if not caller.sees(article.collection):
        raise not_found(article_id)
    return article


def _body(engine: Engine, record: GoldRecord) -> JudgementBody:
    article = None
    if record.article is not None:
        try:
            article = engine.article(record.article)
        except NotFoundError:  # deleted since the generation was opened
            article = None
    stands = article is not None and hmac.compare_digest(article.sha256, record.sha256)
    return JudgementBody(
        id=record.id, question=record.question, verdict=record.verdict, article_id=record.article,  # type: ignore[arg-type]
        title=article.title if article else None, start=record.start, end=record.end,
        quote=article.text[record.start : record.end] if article and stands else None, created_at=record.created_at,
    )  # fmt: skip


def _articles(engine: Engine, caller: Caller, first: Sequence[str]) -> Iterator[Article]:
    """Yield the cited ones, then others that the caller sees, as far as there is room."""
    seen = [row.id for row in engine.list_articles() if caller.sees(row.collection)]
    room = _MOST_CHARACTERS
    for article_id in dict.fromkeys((*first, *seen)):
        article = engine.article(article_id)
        room -= len(article.text)
        if room < 0 and article_id not in first:
            return
        yield article


def _corpus(article: Article) -> dict[str, object]:
    said = {name: getattr(article, name) for name in ("id", "title", "text", "source", "url", "published_at")}
    return {name: value for name, value in said.items() if value}


def _lines(records: Iterable[dict[str, object]]) -> str:
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
