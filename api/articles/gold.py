"""What people say of answers, kept in the data folder and given out as an evaluation set."""

import hmac
import io
import json
import uuid
import zipfile
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.access.access import Caller, require_seen
from api.access.keys import Scope
from api.articles.library import Library
from api.problems.problems import ProblemError
from api.schemas.errors import FieldError
from api.schemas.gold import LONGEST_QUOTE, JudgementBody, JudgementRequest, JudgementsResponse
from index.articles import Article
from index.engine import Engine
from index.errors import NotFoundError
from index.store.gold_rows import GoldRecord
from index.store.store import not_found
from index.text.characters import normalize
from index.truth.writing import expect_deletion, reading, writing

MOST = 10_000
MOST_OF_ONE = 2_000  # of a key of some collections: it fills no place of others, and cannot count what they say
LISTED = 1_000
_LISTED_CHARACTERS = 2_000_000  # of their questions and quotes
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
        _require_room(truth.gold(), caller)
        if article is not None and truth.recorded_sha256(article.id) is None:  # deleted meanwhile
            raise not_found(article.id)
        truth.add_gold(record)
    return _body(article, record)


def _require_room(said: Sequence[GoldRecord], caller: Caller) -> None:
    own = sum(record.owner == caller.id for record in said)
    if len(said) >= MOST or (caller.collections is not None and own >= MOST_OF_ONE):
        raise ProblemError("gold_full")


def listed(library: Library, caller: Caller) -> JudgementsResponse:
    """List those that the caller may see, the newest first, as far as there is room in one answer."""
    engine = library.snapshot()
    records = _records(library, engine, caller)[::-1]
    told, room = list[GoldRecord](), _LISTED_CHARACTERS
    for record in records[:LISTED]:
        room -= len(record.question) + (record.end - record.start if record.article is not None else 0)
        if room < 0:
            break
        told.append(record)
    return JudgementsResponse(judgements=_bodies(engine, told), left_out=len(records) - len(told))


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
    chosen = _chosen(engine, caller, [name for question in asked for name, _ in question.right])
    asked = [question for question in asked if question.has_room(chosen)]
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "corpus.jsonl", map(_line, (_corpus(engine.article(name)) for name in chosen)))
        _write(archive, "queries.jsonl", (_line(question.record(number)) for number, question in enumerate(asked, 1)))
        right = [(number, question.right) for number, question in enumerate(asked, 1) if question.right]
        answers = ({"qid": f"q{number}", "answers": [quote for _, quote in pairs]} for number, pairs in right)
        _write(archive, "answers.jsonl", map(_line, answers))
        if right:  # a folder without any is a probe: nothing in it has an answer
            named = ((number, dict.fromkeys(name for name, _ in pairs)) for number, pairs in right)
            _write(archive, "qrels.tsv", (f"q{number}\t{name}\t1\n" for number, names in named for name in names))
    return held.getvalue()


def _write(archive: zipfile.ZipFile, name: str, lines: Iterable[str]) -> None:
    """Write a file of the set line by line: the articles are never in memory all together."""
    with archive.open(f"geungeo-gold/{name}", "w") as file:
        for line in lines:
            file.write(line.encode())


@dataclass(slots=True)
class _Asked:
    """One question with all that is said of it: (article, quote) each."""

    text: str
    right: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    is_absent: bool = False

    def record(self, number: int) -> dict[str, object]:
        """Return its line of ``queries.jsonl``."""
        said: dict[str, object] = {"id": f"q{number}", "text": self.text, "answerable": bool(self.right)}
        quotes = [quote for _, quote in self.right]
        tempting = [quote for quote in dict.fromkeys(self.wrong) if quote not in quotes]
        return said | ({"must_not": tempting} if tempting else {})

    def has_room(self, articles: Container[str]) -> bool:
        """Drop what is right in other articles, and return whether a right sentence, or that there is none, is left."""
        self.right = [(name, quote) for name, quote in self.right if name in articles]
        return bool(self.right) or self.is_absent


def _questions(engine: Engine, records: Iterable[GoldRecord]) -> list[_Asked]:
    """Return the questions whose judgements still hold; those of the same question asked again are put together."""
    found: dict[str, _Asked] = {}
    records = list(records)
    for record, body in zip(records, _bodies(engine, records), strict=True):
        quote = body.quote
        if record.article is not None and quote is None:
            continue  # another text by now
        question = found.setdefault("".join(record.question.split()), _Asked(record.question))
        if record.verdict == "right" and record.article is not None and quote is not None:
            question.right.append((record.article, quote))
            question.is_absent = False
        elif record.verdict == "wrong" and quote is not None:
            question.wrong.append(quote)
        else:  # "absent", or that it is wrong to say so
            question.is_absent = record.verdict == "absent" and not question.right
    return [question for question in found.values() if question.right or question.is_absent]


def _records(library: Library, engine: Engine, caller: Caller) -> list[GoldRecord]:
    """Return all records; to a key of some collections its own alone, as far as it still sees their articles."""
    with reading(library.folder) as truth:
        records = truth.gold()
    if caller.collections is None or Scope.ADMIN in caller.scopes:
        return records
    seen = {row.id for row in engine.list_articles() if caller.sees(row.collection)}
    own = (record for record in records if record.owner == caller.id)
    return [record for record in own if record.article is None or record.article in seen]


def _seen(engine: Engine, caller: Caller, article_id: str) -> Article:
    """Return the article. Raises NotFoundError."""
    require_seen(engine, article_id, caller)
    return engine.article(article_id)


def _bodies(engine: Engine, records: Sequence[GoldRecord]) -> list[JudgementBody]:
    """Return what is told of each, in order; an article is read once, and one is in memory at a time."""
    said: dict[str | None, list[GoldRecord]] = {}
    for record in records:
        said.setdefault(record.article, []).append(record)
    made: dict[str, JudgementBody] = {}
    for article_id, of_article in said.items():
        article = _stored(engine, article_id)
        made |= {record.id: _body(article, record) for record in of_article}
    return [made[record.id] for record in records]


def _stored(engine: Engine, article_id: str | None) -> Article | None:
    try:
        return None if article_id is None else engine.article(article_id)
    except NotFoundError:  # deleted since the generation was opened
        return None


def _body(article: Article | None, record: GoldRecord) -> JudgementBody:
    stands = article is not None and hmac.compare_digest(article.sha256, record.sha256)
    return JudgementBody(
        id=record.id, question=record.question, verdict=record.verdict, article_id=record.article,  # type: ignore[arg-type]
        title=article.title if article else None, start=record.start, end=record.end,
        quote=article.text[record.start : record.end] if article and stands else None, created_at=record.created_at,
    )  # fmt: skip


def _chosen(engine: Engine, caller: Caller, cited: Sequence[str]) -> dict[str, None]:
    """Return the ids of the articles cited, then of others that the caller sees, as far as there is room for their texts."""
    seen = [row.id for row in engine.list_articles() if caller.sees(row.collection)]
    room, chosen = _MOST_CHARACTERS, dict[str, None]()
    for article_id in dict.fromkeys((*cited, *seen)):
        room -= len(engine.article(article_id).text)
        if room < 0:
            break
        chosen[article_id] = None
    return chosen


def _corpus(article: Article) -> dict[str, object]:
    said = {name: getattr(article, name) for name in ("id", "title", "text", "source", "url", "published_at")}
    return {name: value for name, value in said.items() if value}


def _line(record: Mapping[str, object]) -> str:
    return f"{json.dumps(record, ensure_ascii=False)}\n"
