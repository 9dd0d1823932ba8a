"""Ingest: article → marked spans → sentences → passages → vectors → one store transaction → a new generation."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar

from index.articles import Article, Passage, Sentence, Span
from index.editing import edited
from index.encoders.base import Encoder, EncoderInput, PassageVectors
from index.engine import require_same_encoder
from index.errors import GeungeoError, ReadError
from index.korean.line_ends import KiwiJoiner
from index.korean.parser_child import crash
from index.korean.parsing import LocalParser, Parsed, Parser, analysis_fingerprint
from index.korean.passages import build_passages
from index.korean.sentences import ParsedSentence, SentenceSplitter, Token
from index.korean.terms import word_terms
from index.reading.documents import Failure
from index.reading.plain_text.fitting import MAX_ID, MAX_SENTENCES, require_fits, too_many_sentences
from index.reading.readers import Item, Unchanged
from index.search.generation import (
    KEPT,
    current_number,
    is_made_for,
    open_current,
)
from index.search.manifest import Manifest
from index.search.publication import UNFINISHED
from index.store.originals import replacing, settle
from index.store.schema import FileRow
from index.store.store import PassageRow, SentenceRow, Store, StoredArticle
from index.store.truth import Truth
from index.structure.layouts import pack_layout, stored_layout
from index.structure.outline import read_outline
from index.structure.packing import pack_outline
from index.system.faults import UNFORESEEN, log_fault
from index.truth.writing import collect, expect_deletion, publish, require_whole, writing

_BATCH_CHARACTERS = 60_000  # written and acknowledged together: some ten seconds of work on two cores
_PUBLISH_PASSAGES = 2_000  # searchable together, before an ingest has ended: a crash leaves no more to be derived
_ENCODED_AT_ONCE = 32  # passages, between two movements of a progress bar: about a second
MOST_REPORTED = 1000  # of each kind; not fewer than one batch over HTTP may hold
_NOT_ANALYSED = ""  # instead of a content hash


T = TypeVar("T")


class First(list[T]):
    """The first that were appended; ``total`` counts all."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def append(self, item: T) -> None:
        """Count one more, and keep it if it is among the first."""
        self.total += 1
        if self.total <= MOST_REPORTED:
            super().append(item)


@dataclass(slots=True)
class IngestReport:
    """What became of each article, by id; of a great many, the first of each kind and their number.

    ``notices`` are (id, what its reader left out); ``digests`` are of the files that were read, by folder and path;
    ``unread`` are those of which something could not be read. ``sentences`` of ``sentences_read`` are embedded, and
    ``in_hand`` articles of them are not acknowledged yet.
    """

    added: First[str] = field(default_factory=First)
    replaced: First[str] = field(default_factory=First)
    unchanged: First[str] = field(default_factory=First)
    failures: First[Failure] = field(default_factory=First)
    notices: First[tuple[str, str]] = field(default_factory=First)
    digests: dict[tuple[str, str], str] = field(default_factory=dict)
    unread: set[tuple[str, str]] = field(default_factory=set)
    sentences: int = 0
    sentences_read: int = 0
    in_hand: int = 0
    manifest: Manifest | None = None

    @property
    def done(self) -> int:
        """How many articles were looked at, failures included."""
        return self.added.total + self.replaced.total + self.unchanged.total + self.failures.total

    def fail(self, failure: Failure) -> None:
        """Count what could not be read."""
        self.failures.append(failure)
        if failure.origin:
            self.unread.add((failure.origin.folder, failure.origin.path))

    def expected_sentences(self, articles: int) -> int | None:
        """Return about how many sentences ``articles`` will have, by those seen so far; None before any was read."""
        seen = self.done + self.in_hand
        if not (seen and self.sentences_read):
            return None
        return max(self.sentences_read, round(self.sentences_read * articles / seen))


class Embedding(Protocol):
    """What embeds the passages of an ingest, and how much is given to it together."""

    @property
    def passages_at_once(self) -> int:
        """Between two movements of a progress bar."""

    @property
    def characters_at_once(self) -> int:
        """Of articles that are written and acknowledged together."""

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        """Return one result per input, in order."""


@dataclass(frozen=True, slots=True)
class _OwnEmbedding:
    """The encoder of this process."""

    encoder: Encoder
    passages_at_once: int
    characters_at_once: int

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        return self.encoder.encode_passages(inputs)


@dataclass(frozen=True, slots=True)
class _Analysed:
    """An article cut up, its vectors still to come."""

    article: Article
    content_hash: str
    spans: tuple[Span, ...]
    passages: tuple[Passage, ...]
    words: dict[int, tuple[str, ...]]  # sentence start → its search words
    context_words: dict[str, tuple[str, ...]]  # passage context → the words of title and context
    structure: bytes | None
    layout: bytes | None


class Ingestor:
    """Writes articles into one data folder, with one encoder and one splitter."""

    def __init__(
        self,
        folder: Path,
        encoder: Encoder,
        splitter: SentenceSplitter,
        parser: Parser | None = None,
        *,
        originals: bool = False,
        embedding: Embedding | None = None,
    ) -> None:
        """Take ``parser`` to read the articles as ``splitter`` would: in a process of its own, where one is given.

        ``embedding`` embeds their passages as ``encoder`` would.
        ``originals``: the files that articles are read from are kept too.
        """
        self._folder = folder
        self._encoder = encoder
        self._splitter = splitter
        self._parser = parser or LocalParser(splitter)
        self._originals = originals
        self._embedding = embedding or _OwnEmbedding(encoder, _ENCODED_AT_ONCE, _BATCH_CHARACTERS)

    def joiner(self) -> KiwiJoiner:
        """Return what judges line ends by the Kiwi of this process."""
        return self._splitter.joiner()

    def ingest(
        self,
        items: Iterable[Item] | Callable[[Truth], Iterable[Item]],
        *,
        progress: Callable[[IngestReport], None] = lambda report: None,
        wait: float = 0.0,
        rebuild: bool = False,
    ) -> IngestReport:
        """Store every article that is new or changed, then publish. Each batch is durable before it is reported.

        ``items`` may be made of the store, to leave out what is in it. ``rebuild`` first takes up all stored articles again, whatever encoder made the index, and then ``items``.
        """
        report = IngestReport()
        with writing(self._folder, wait) as truth:
            settle(self._folder, truth.recorded_sha256)
            if rebuild:
                truth.set_meta("encoder", UNFINISHED)  # until every vector is new, no encoder fits this index
                self._ingest(self._stored_articles(truth), truth, report, progress, force=True)
            else:
                require_whole(self._folder, truth)
                self._require_same_encoder(truth)
            self._record_fingerprints(truth)
            self._ingest(items(truth) if callable(items) else items, truth, report, progress, force=False)
            report.manifest = _published(self._folder, truth, report, rebuild=rebuild)
            collect(self._folder, truth, kept=1 if rebuild else KEPT)
        return report

    def edit(self, article_id: str, values: Mapping[str, str | None], *, wait: float = 0.0) -> bool:
        """Change what is said of an article and publish; its text stays. False where it was said so already.

        ``values`` are of some of :data:`index.editing.KNOWN`, or the collection. Raises NotFoundError, ReadError.
        """
        with writing(self._folder, wait) as truth:
            require_whole(self._folder, truth)
            self._require_same_encoder(truth)
            old = truth.stored_article(article_id)
            article = edited(old.article, values)
            if article is old.article:
                return False
            require_fits(article)
            new = self._edited(old, article)
            files = [row for row in truth.files_of(article_id) if row.content_hash == old.content_hash]
            truth.write([new])
            truth.note_files(FileRow(row.folder, row.path, row.article, row.digest, new.content_hash) for row in files)
            publish(self._folder, truth)
        return True

    def _edited(self, old: StoredArticle, article: Article) -> StoredArticle:
        """Return the article with its vectors; only a new title needs others, for it is read with every passage."""
        if article.title == old.article.title:
            return replace(old, article=article, content_hash=old.content_hash and content_hash(article))
        ((_, parsed),) = self._parser.parse_many([replace(article, layout=stored_layout(old.layout))])
        if isinstance(parsed, GeungeoError):
            raise parsed
        (stored,) = self._with_vectors([self._analyse(article, parsed)], IngestReport(), lambda report: None)
        return replace(stored, layout=old.layout)

    def _ingest(
        self,
        items: Iterable[Item],
        store: Truth,
        report: IngestReport,
        progress: Callable[[IngestReport], None],
        *,
        force: bool,
    ) -> None:
        unpublished, notes = 0, list[FileRow]()
        analysed_items = self._analysed(items, store, report, notes, force=force)
        for batch in _batches(analysed_items, self._embedding.characters_at_once):
            analysed = [article.article.id for article in batch if article.content_hash != _NOT_ANALYSED]
            known = {article_id: store.content_hash(article_id) is not None for article_id in analysed}
            stored = self._with_vectors(batch, report, progress)
            with keeping_files(self._folder, store, [article.article for article in batch]):
                store.write(stored, encoder=self._encoder.fingerprint)
            store.note_files([*notes, *_file_rows(article.article for article in batch)])
            notes.clear()
            report.in_hand = 0
            for article_id, existed in known.items():
                (report.replaced if existed else report.added).append(article_id)
            unpublished += sum(len(article.passages) for article in batch)
            if unpublished >= _PUBLISH_PASSAGES and not force:  # half a rebuild is of two encoders
                report.manifest = publish(self._folder, store)
                unpublished = 0
            progress(report)
        if notes:
            store.note_files(notes)
        progress(report)

    def _analysed(
        self, items: Iterable[Item], store: Truth, report: IngestReport, notes: list[FileRow], *, force: bool
    ) -> Iterator[_Analysed]:
        changed = _changed(self._with_files(items, store), store, report, notes, force=force)
        for article, parsed in self._parser.parse_many(changed):
            try:
                if isinstance(parsed, GeungeoError):
                    raise parsed
                if len(parsed.sentences) > MAX_SENTENCES and not force:
                    raise too_many_sentences(len(parsed.sentences))
                yield self._analyse(article, parsed)
            except (GeungeoError, *UNFORESEEN) as error:
                report.fail(Failure(article.id, _reason(error, article), article.origin))
                if force:  # its old vectors must not outlive their encoder; its text stays, to be taken up again
                    yield _Analysed(article, _NOT_ANALYSED, (), (), {}, {}, None, store.layout(article.id))

    def _with_files(self, items: Iterable[Item], store: Truth) -> Iterator[Item]:
        """Yield the items, their files with them where they are kept; one of an article that stays as it is is kept now."""
        for item in items:
            if isinstance(item, Article) and item.original is not None:
                if not self._originals or not isinstance(store, Store):  # a file here is no file of the other nodes
                    item = replace(item, original=None)
                elif store.content_hash(item.id) == content_hash(item):
                    with keeping_files(self._folder, store, [item]):
                        pass
            yield item

    def _analyse(self, article: Article, parsed: Parsed) -> _Analysed:
        sentences = [Sentence(article.id, sentence.start, sentence.end, sentence.kind) for sentence in parsed.sentences]
        passages = build_passages(article, sentences, self._encoder)
        title_words = word_terms(parsed.title, article.title)
        context_words = {
            context: (*title_words, *word_terms(parsed.contexts[context], context))
            for context in {passage.context for passage in passages}
        }
        tokens = _tokens_by_sentence(passages, parsed.sentences)
        words = {start: word_terms(inside, article.text[start:end]) for (start, end), inside in tokens.items()}
        structure = pack_outline(read_outline(article.text, article.title)) if passages else None
        layout, digest = pack_layout(article.layout) if article.layout else None, content_hash(article)
        return _Analysed(article, digest, parsed.spans, tuple(passages), words, context_words, structure, layout)

    def _with_vectors(
        self, batch: Sequence[_Analysed], report: IngestReport, progress: Callable[[IngestReport], None]
    ) -> list[StoredArticle]:
        inputs = [_encoder_input(passage) for analysed in batch for passage in analysed.passages]
        fresh = [count for analysed in batch for count in _fresh_sentences(analysed.passages)]
        report.in_hand, report.sentences_read = len(batch), report.sentences_read + sum(fresh)
        encoded: list[PassageVectors] = []
        for start in range(0, len(inputs), self._embedding.passages_at_once):
            some = slice(start, start + self._embedding.passages_at_once)
            if start:
                progress(report)
            encoded += self._embedding.encode_passages(inputs[some])
            report.sentences += sum(fresh[some])
        vectors = iter(encoded)
        return [_stored(analysed, [next(vectors) for _ in analysed.passages]) for analysed in batch]

    def _stored_articles(self, store: Truth) -> Iterator[Article]:
        for article_id in [listed.id for listed in store.list_articles()]:
            layout = stored_layout(store.layout(article_id))
            yield replace(store.article(article_id), layout=layout)

    def _require_same_encoder(self, store: Truth) -> None:
        if store.version:  # an empty store is of no encoder yet, whatever an ingest that failed has written down
            analysis = analysis_fingerprint(self._splitter)
            require_same_encoder(store, encoder=self._encoder.fingerprint, analysis=analysis)

    def _record_fingerprints(self, store: Truth) -> None:
        store.set_meta("encoder", self._encoder.fingerprint)
        store.set_meta("dim", str(self._encoder.dim))
        store.set_meta("analysis", analysis_fingerprint(self._splitter))


@contextmanager
def keeping_files(folder: Path, store: Truth, articles: Sequence[Article]) -> Iterator[None]:
    """Keep the files of ``articles``, which the block writes, and leave none of a text that they replace."""
    before = {article.id: store.recorded_sha256(article.id) for article in articles}
    after = {article.id: article.sha256 for article in articles}
    with replacing(folder, before, after, articles):
        yield


def _changed(
    items: Iterable[Item], store: Truth, report: IngestReport, notes: list[FileRow], *, force: bool
) -> Iterator[Article]:
    """Yield those that are new or different; the others go into the report, and their files into ``notes``."""
    seen: dict[int, int] = {}  # eight bytes of a hash each, for there may be millions
    for item in items:
        item = item if force else _fitting(item)
        if isinstance(item, Failure):
            report.fail(item)
            continue
        if isinstance(item, Unchanged):
            for article_id in item.ids:
                report.unchanged.append(article_id)
            continue
        _note(item, report)
        digest, name = content_hash(item), _eight_bytes(hashlib.sha256(item.id.encode()).hexdigest())
        if name in seen:
            if seen[name] != _eight_bytes(digest):
                report.fail(Failure(item.id, _duplicate(item.id), item.origin))
            continue
        seen[name] = _eight_bytes(digest)
        if not force and store.content_hash(item.id) == digest:
            report.unchanged.append(item.id)
            notes += _file_rows([item])
        else:
            yield item


def _note(article: Article, report: IngestReport) -> None:
    if notice := article.meta.get("notice"):
        report.notices.append((article.id, notice))
    if article.origin:
        report.digests[article.origin.folder, article.origin.path] = article.origin.digest


def _file_rows(articles: Iterable[Article]) -> list[FileRow]:
    """Return what is noted of the files they were read from."""
    return [
        FileRow(article.origin.folder, article.origin.path, article.id, article.origin.digest, content_hash(article))
        for article in articles
        if article.origin is not None
    ]


def _reason(error: Exception, article: Article) -> GeungeoError:
    """Return why an article cannot be stored; an error that nobody foresaw is logged, and ends no ingest."""
    if isinstance(error, GeungeoError):
        return error
    log_fault(error)
    return crash(article)


def _fitting(item: Item) -> Item:
    if not isinstance(item, Article):
        return item
    try:
        require_fits(item)
    except ReadError as error:
        return Failure(item.id[:MAX_ID], error, item.origin)
    return item


def _eight_bytes(hexadecimal: str) -> int:
    return int(hexadecimal[:16], 16)


def _published(folder: Path, store: Truth, report: IngestReport, *, rebuild: bool) -> Manifest | None:
    """Return the generation of what the store holds now.

    A new one unless nothing changed, none while nothing was written.
    """
    if not store.version:
        return None
    if report.manifest and report.manifest.store_state == store.state:
        return report.manifest
    if not (rebuild or report.added or report.replaced):
        current = open_current(folder)
        made_of = current and (current.manifest.generation, current.manifest.store_state)
        if current and made_of == (current_number(folder), store.state) and is_made_for(folder, current.manifest):
            return current.manifest
    return publish(folder, store)


def remove_articles(folder: Path, article_ids: Sequence[str], *, wait: float = 0.0) -> int:
    """Delete for good, publish, and say how many there were. Needs neither encoder nor Kiwi.

    The words are in no file once :func:`index.store.erasing.erase` has succeeded too.
    """
    with writing(folder, wait) as truth:
        require_whole(folder, truth)
        expect_deletion(folder, truth)
        before = {article_id: truth.recorded_sha256(article_id) for article_id in article_ids}
        with replacing(folder, before, {}):
            removed = truth.delete(article_ids)
        publish(folder, truth)
    return removed


def content_hash(article: Article) -> str:
    """Return the sha256 of everything that is stored of an article, so that a changed date is a change too."""
    fields = [article.title, article.text, article.source, article.url, article.published_at, article.lang]
    fields += [article.collection] if article.collection else []
    record = json.dumps([*fields, sorted(article.meta.items())], ensure_ascii=False)
    return hashlib.sha256(record.encode()).hexdigest()


def _batches(items: Iterable[_Analysed], characters: int) -> Iterator[list[_Analysed]]:
    batch: list[_Analysed] = []
    size = 0
    for item in items:
        batch.append(item)
        size += item.article.weight
        if size >= characters:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _tokens_by_sentence(
    passages: Sequence[Passage], parsed: Sequence[ParsedSentence]
) -> dict[tuple[int, int], list[Token]]:
    """Return tokens by a sentence's (start, end): one of the splitter's, or a slice of one that was too long."""
    tokens = [token for sentence in parsed for token in sentence.tokens]
    found: dict[tuple[int, int], list[Token]] = {}
    position = 0
    for start, end in sorted(
        {(sentence.start, sentence.end) for passage in passages for sentence in passage.sentences}
    ):
        while position < len(tokens) and tokens[position].start < start:
            position += 1
        inside = found[start, end] = []
        while position < len(tokens) and tokens[position].start < end:
            inside.append(tokens[position])
            position += 1
    return found


def _encoder_input(passage: Passage) -> EncoderInput:
    context = "\n".join(part for part in (passage.title, passage.context) if part)
    sentences = tuple((sentence.start - passage.start, sentence.end - passage.start) for sentence in passage.sentences)
    return EncoderInput(context, passage.text, sentences)


def _fresh_sentences(passages: Sequence[Passage]) -> Iterator[int]:
    """Yield, for each passage, how many of its sentences begin behind the passages before it."""
    end = 0
    for passage in passages:
        yield sum(sentence.start >= end for sentence in passage.sentences)
        end = max(end, passage.end)


def _stored(analysed: _Analysed, vectors: Sequence[PassageVectors]) -> StoredArticle:
    rows: dict[int, SentenceRow] = {}
    for passage, encoded in zip(analysed.passages, vectors, strict=True):
        for sentence, vector in zip(passage.sentences, encoded.sentences, strict=True):
            rows.setdefault(sentence.start, SentenceRow(sentence, analysed.words[sentence.start], vector))
    passages = tuple(
        PassageRow(passage, analysed.context_words[passage.context], encoded.passage)
        for passage, encoded in zip(analysed.passages, vectors, strict=True)
    )
    sentences, beside = tuple(rows.values()), (analysed.structure, analysed.layout)
    return StoredArticle(analysed.article, analysed.content_hash, analysed.spans, sentences, passages, *beside)


def _duplicate(article_id: str) -> ReadError:
    return ReadError(
        f"같은 id의 다른 글이 이미 있습니다: {article_id}. id를 다르게 하세요.",
        f"another article in this run has the same id: {article_id}. Give it an id of its own.",
    )
