"""F35: a backup taken while writing restores to what one snapshot held; anything else than a whole backup is refused."""

import hashlib
import io
import json
import shutil
import struct
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.articles import Article, Passage, Sentence, SpanKind
from index.backup.export import export_backup
from index.backup.format import (
    ARTICLES,
    GOLD,
    MANIFEST,
    VECTORS,
    BackupManifest,
    from_record,
    gold_line,
    to_record,
)
from index.backup.restore import import_backup
from index.doctor import examine
from index.engine import is_new
from index.errors import CorruptIndexError, EncoderMismatchError, ReadError, StorageError
from index.ingest import Ingestor, IngestReport, content_hash
from index.korean.parsing import analysis_fingerprint
from index.reading.readers import read_articles
from index.search.publication import UNFINISHED
from index.store.gold_rows import GoldRecord
from index.store.store import PassageRow, SentenceRow, Store, StoredArticle
from index.store.vector_codecs import PLAIN, packaged_coding
from index.structure.outline import read_outline
from tests.support.fakes import ARTICLES as ALL
from tests.support.fakes import LIBRARY, PORT, HashEncoder, PackagedFake, RegexSplitter, make_index, open_index

ENCODER = HashEncoder()
ANALYSIS = analysis_fingerprint(RegexSplitter())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_index(folder / "data", RegexSplitter())
    export_backup(folder / "data", folder / "backup.zip")
    return folder


def restore(folder: Path, source: Path) -> IngestReport:
    return import_backup(folder, source, encoder=ENCODER.fingerprint, analysis=ANALYSIS)


def contents(folder: Path) -> dict[str, object]:
    """Everything stored, but for the numbers."""
    store = Store(folder)
    found: dict[str, object] = {}
    for article_id, *_ in list(store.list_articles()):
        one = store.stored_article(article_id)
        found[article_id] = (
            one.article,
            one.content_hash,
            one.spans,
            [(row.sentence, row.words, row.vector.tobytes()) for row in one.sentences],
            [(row.passage, row.context_words, row.vector.tobytes()) for row in one.passages],
            one.structure,
        )
    store.close()
    return found


def test_what_is_restored_is_what_was_backed_up_bit_for_bit(made: Path, tmp_path: Path) -> None:
    report = restore(tmp_path, made / "backup.zip")
    assert sorted(report.added) == sorted(article.id for article in ALL)
    assert contents(tmp_path) == contents(made / "data")
    assert examine(tmp_path, encoder=ENCODER.fingerprint, analysis=ANALYSIS) == []
    ours, theirs = open_index(tmp_path, RegexSplitter()), open_index(made / "data", RegexSplitter())
    query = ENCODER.encode_queries(["부산 축제"])
    assert [score for _, score in ours.search_dense(query, 9)] == [score for _, score in theirs.search_dense(query, 9)]
    ours.close()
    theirs.close()


SAID = GoldRecord(
    0, "가1", "부산 축제는 언제야?", "right", LIBRARY.id, 0, 4, LIBRARY.sha256, "local", "2026-03-01T09:00"
)
UNANSWERED = SAID._replace(id="가2", verdict="absent", article=None, start=0, end=0, sha256="")


@pytest.fixture(scope="module")
def judged(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup with what two people said of answers."""
    folder = tmp_path_factory.mktemp("judged")
    restore(folder / "data", made / "backup.zip")
    store = Store(folder / "data", writable=True)
    store.add_gold(SAID, UNANSWERED)
    store.close()
    export_backup(folder / "data", folder / "backup.zip")
    return folder / "backup.zip"


def said_in(folder: Path) -> list[GoldRecord]:
    store = Store(folder)
    records = [record._replace(crc=0) for record in store.gold()]
    store.close()
    return records


def test_what_people_said_of_answers_is_restored_once(judged: Path, tmp_path: Path) -> None:
    for _ in range(2):
        restore(tmp_path, judged)
        assert said_in(tmp_path) == [SAID, UNANSWERED]


def test_what_was_said_of_an_article_that_is_not_there_is_left_out(judged: Path, tmp_path: Path) -> None:
    source, other = tmp_path / "backup.zip", SAID._replace(id="가3", article="없는 글")
    source.write_bytes(packed(changed(members(judged), GOLD, lambda data: data + gold_line(other))))
    restore(tmp_path / "data", source)
    assert said_in(tmp_path / "data") == [SAID, UNANSWERED]


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "maybe"},
        {"start": -1},
        {"end": "4"},
        {"question": None},
        {"article": 7},
        {"more": 1},
        {"end": 1 << 63},
    ],
)
def test_f35_what_nobody_can_have_said_is_refused(judged: Path, tmp_path: Path, fields: dict[str, object]) -> None:
    source = tmp_path / "backup.zip"
    source.write_bytes(packed(changed(members(judged), GOLD, edited(**fields))))
    with pytest.raises(CorruptIndexError):
        restore(tmp_path / "data", source)
    assert is_new(tmp_path / "data")


def test_vectors_of_the_packaged_encoder_are_backed_up_as_they_are_coded(tmp_path: Path) -> None:
    """A copy of a copy is the first one: a code names what decodes to it."""
    encoder = PackagedFake()
    make_index(tmp_path / "0", RegexSplitter(), encoder=encoder)
    for number in (1, 2):
        export_backup(tmp_path / f"{number - 1}", tmp_path / f"{number}.zip")
        import_backup(
            tmp_path / f"{number}", tmp_path / f"{number}.zip", encoder=encoder.fingerprint, analysis=ANALYSIS
        )
        assert contents(tmp_path / f"{number}") == contents(tmp_path / "0")
        assert examine(tmp_path / f"{number}", encoder=encoder.fingerprint, analysis=ANALYSIS) == []
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        manifest, size = json.loads(archive.read(MANIFEST)), archive.getinfo(VECTORS).file_size
    coding, sentences = packaged_coding(), sum(len(content[3]) for content in contents(tmp_path / "0").values())
    assert manifest["coding"] == coding.number
    assert size == sentences * coding.sentence_bytes(384) + coding.passage_bytes(384) * len(ALL)


def test_a_structure_is_backed_up_where_there_is_one(tmp_path: Path) -> None:
    make_index(tmp_path / "data", RegexSplitter())
    store = Store(tmp_path / "data", writable=True)
    bare = [replace(store.stored_article(article.id), structure=None) for article in ALL if article.id != PORT.id]
    store.write([replace(store.stored_article(PORT.id), structure=b"\x00\xff"), *bare])
    store.close()
    export_backup(tmp_path / "data", tmp_path / "backup.zip")
    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        records = [json.loads(line) for line in archive.read(ARTICLES).splitlines()]
    assert {record["id"]: record["structure"] for record in records if "structure" in record} == {PORT.id: "AP8="}
    restore(tmp_path / "restored", tmp_path / "backup.zip")
    assert contents(tmp_path / "restored") == contents(tmp_path / "data")


def test_f35_a_structure_whose_lines_wind_back_on_themselves_is_passed_over(tmp_path: Path) -> None:
    """Whoever asked where a sentence of it stands never came back."""
    lines = struct.pack("<12i", 0, 1, 0, 0, 0, -1, 1, 1, 0, 0, 0, 1)  # each under the other
    hostile = struct.pack("<Bii", 1, -1, 2) + zlib.compress(lines + b";\n;")
    make_index(tmp_path / "data", RegexSplitter())
    store = Store(tmp_path / "data", writable=True)
    store.write([replace(store.stored_article(PORT.id), structure=hostile)])
    store.close()
    export_backup(tmp_path / "data", tmp_path / "backup.zip")
    restore(tmp_path / "restored", tmp_path / "backup.zip")
    engine = open_index(tmp_path / "restored", RegexSplitter())
    assert engine.outline(PORT.id) == read_outline(PORT.text, PORT.title)
    engine.close()


@pytest.mark.parametrize("coding", [1, 3, "2", None, 1.5])
def test_a_backup_in_an_unknown_coding_is_refused(made: Path, tmp_path: Path, coding: object) -> None:
    altered = with_manifest(made / "backup.zip", tmp_path / "altered.zip", coding=coding)
    with pytest.raises(CorruptIndexError):
        restore(tmp_path / "data", altered)
    assert not (tmp_path / "data").exists()


def with_manifest(source: Path, target: Path, **changed: object) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in (ARTICLES, VECTORS):
            new.writestr(name, old.read(name))
        new.writestr(MANIFEST, json.dumps({**json.loads(old.read(MANIFEST)), **changed}))
    return target


@pytest.mark.parametrize("false", ["0" * 64, "", "ff", "of the title of another"])
def test_f35_a_false_content_hash_is_refused(made: Path, tmp_path: Path, false: str) -> None:
    """Taken over it made doctor call the index damaged ever after. All checksums of the archive are right."""
    with zipfile.ZipFile(made / "backup.zip") as archive:
        records = [json.loads(line) for line in archive.read(ARTICLES).splitlines()]
        vectors, manifest = archive.read(VECTORS), json.loads(archive.read(MANIFEST))
    records[1]["content_hash"] = records[0]["content_hash"] if "another" in false else false
    lines = b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)
    manifest["files"][ARTICLES] = (hashlib.sha256(lines).hexdigest(), len(lines))
    with zipfile.ZipFile(tmp_path / "false.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in ((ARTICLES, lines), (VECTORS, vectors), (MANIFEST, json.dumps(manifest).encode())):
            archive.writestr(name, data)
    with pytest.raises(CorruptIndexError):
        restore(tmp_path / "data", tmp_path / "false.zip")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("number", [1, 2])
def test_a_backup_of_an_earlier_format_is_refused_with_the_cure(made: Path, tmp_path: Path, number: int) -> None:
    """Its manifest need not have today's fields for the reason to be told."""
    earlier = with_manifest(made / "backup.zip", tmp_path / "earlier.zip", format=number, coding=None)
    with pytest.raises(CorruptIndexError, match=r"다시 색인하세요: geungeo index articles\.jsonl") as caught:
        restore(tmp_path / "data", earlier)
    assert f"format {number}" in caught.value.english
    assert str(earlier) in caught.value.english
    assert not (tmp_path / "data").exists()


def test_fields_that_a_manifest_had_before_are_ignored(made: Path, tmp_path: Path) -> None:
    restore(tmp_path / "data", with_manifest(made / "backup.zip", tmp_path / "more.zip", word_dim=0))
    assert contents(tmp_path / "data") == contents(made / "data")


def test_its_articles_can_be_indexed_without_us(made: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(made / "backup.zip") as archive:
        (tmp_path / "articles.jsonl").write_bytes(archive.read(ARTICLES))
    found = {
        article.id: article for article in read_articles([tmp_path / "articles.jsonl"]) if isinstance(article, Article)
    }
    assert {article.id: article.text for article in found.values()} == {article.id: article.text for article in ALL}


def test_merging_is_by_id_and_says_what_became_of_each(made: Path, tmp_path: Path) -> None:
    changed, new = replace(PORT, title="다른 제목"), Article("새-글", "새 글", "새 글이 왔다.")
    make_index(tmp_path, RegexSplitter(), [changed, LIBRARY, new])
    report = restore(tmp_path, made / "backup.zip")
    assert (report.replaced, report.unchanged) == ([PORT.id], [LIBRARY.id])
    assert len(report.added) == 2
    engine = open_index(tmp_path, RegexSplitter())
    assert engine.article(PORT.id) == PORT
    assert engine.article(new.id) == new
    assert engine.manifest.articles == 5
    engine.close()
    again = restore(tmp_path, made / "backup.zip")
    assert len(again.unchanged) == 4
    assert examine(tmp_path) == []


def test_a_backup_is_of_one_moment_though_a_writer_is_at_work(tmp_path: Path) -> None:
    """Each of the writer's commits changes every article: a mixture would show."""
    data = tmp_path / "data"

    def version(number: int) -> list[Article]:
        return [Article(f"글-{place}", f"{number}판", f"{number}번째 판의 글이다.") for place in range(4)]

    make_index(data, RegexSplitter(), version(0))
    done = threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            number += 1
            Ingestor(data, ENCODER, RegexSplitter()).ingest(version(number))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            export_backup(data, tmp_path / f"{number}.zip")
            restore(tmp_path / f"restored-{number}", tmp_path / f"{number}.zip")
    finally:
        done.set()
        writer.join(60)
    for number in range(5):
        titles = {found[0].title for found in contents(tmp_path / f"restored-{number}").values()}
        assert len(titles) == 1
        assert examine(tmp_path / f"restored-{number}") == []


def test_another_encoder_s_backup_is_refused_with_the_cure(made: Path, tmp_path: Path) -> None:
    for encoder, analysis in (("other", ANALYSIS), (ENCODER.fingerprint, "other")):
        with pytest.raises(EncoderMismatchError, match=r"geungeo index articles\.jsonl") as caught:
            import_backup(tmp_path / "data", made / "backup.zip", encoder=encoder, analysis=analysis)
        assert caught.value.exit_code == 5
    assert not (tmp_path / "data").exists()


def test_an_export_that_fails_leaves_the_one_before(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "backup.zip"
    target.write_bytes(b"the one before")

    def full(done: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="No space left"):
        export_backup(made / "data", target, progress=full)
    assert [path.name for path in tmp_path.iterdir()] == ["backup.zip"]
    assert target.read_bytes() == b"the one before"
    with pytest.raises(StorageError):
        export_backup(made / "data", tmp_path / "없는 곳" / "backup.zip")


@pytest.mark.alone
def test_an_article_is_restored_in_one_pass() -> None:
    """Eight times the passages take some eight times as long: far more where each goes through all sentences."""
    short, long = (seconds_to_restore(passages) for passages in (500, 4_000))
    assert long < 16 * short + 0.3


def seconds_to_restore(passages: int) -> float:
    """Of the processor, for an article of so many passages of four sentences."""
    article = Article("긴-글", "긴 글", "비가 온다. " * 4 * passages)
    places = [Sentence(article.id, start, start + 6, SpanKind.BODY) for start in range(0, len(article.text), 7)]
    groups = [tuple(places[first : first + 4]) for first in range(0, len(places), 4)]
    cut = [(own[0].start, own[-1].end, own) for own in groups]
    vector = ENCODER.encode_queries(["비"])[0]
    stored = StoredArticle(
        article,
        content_hash(article),
        (),
        tuple(SentenceRow(place, (), vector) for place in places),
        tuple(
            PassageRow(Passage(article.id, article.title, start, end, article.text[start:end], own), (), vector)
            for start, end, own in cut
        ),
    )
    line, vectors = to_record(stored, PLAIN)
    manifest = BackupManifest("", 0, "", "", ENCODER.dim, 1, passages, {}, PLAIN.number)
    began = time.thread_time()
    restored = from_record(line, io.BytesIO(vectors).read, manifest)
    spent = time.thread_time() - began
    assert [row.passage for row in restored.passages] == [row.passage for row in stored.passages]
    return spent


def test_half_a_rebuild_is_not_exported(made: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(made / "data", tmp_path / "data"))
    store = Store(data, writable=True)
    store.set_meta("encoder", UNFINISHED)
    store.close()
    with pytest.raises(StorageError, match="--rebuild"):
        export_backup(data, tmp_path / "backup.zip")


Members = list[tuple[str, bytes]]


def members(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def packed(found: Members, *, mode: int = 0, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in found:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = compression
            archive.writestr(info, data)
    return out.getvalue()


def changed(found: Members, name: str, change: Callable[[bytes], bytes], *, honest: bool = True) -> Members:
    """One member changed; ``honest`` makes its checksum in the manifest right again."""
    held = dict(found) | {name: change(dict(found)[name])}
    if honest and name != MANIFEST:
        record = json.loads(held[MANIFEST])
        record["files"][name] = [hashlib.sha256(held[name]).hexdigest(), len(held[name])]
        held[MANIFEST] = json.dumps(record).encode()
    return list(held.items())


def edited(**fields: object) -> Callable[[bytes], bytes]:
    """The first article's line with other fields."""

    def edit(data: bytes) -> bytes:
        first, rest = data.split(b"\n", 1)
        return json.dumps(json.loads(first) | fields, ensure_ascii=False).encode() + b"\n" + rest

    return edit


def turned_around(data: bytes) -> bytes:
    """The first article's sentences from the last to the first."""
    sentences = json.loads(data.split(b"\n", 1)[0])["sentences"]
    return edited(sentences=sentences[::-1])(data)


def declared(**fields: object) -> Callable[[bytes], bytes]:
    return lambda data: json.dumps(json.loads(data) | fields).encode()


LINK = 0o120777
HOSTILE: dict[str, Callable[[Members], bytes]] = {
    "traversal": lambda found: packed([*found, ("../../밖", b"?")]),
    "absolute": lambda found: packed([*found, ("/tmp/밖", b"?")]),
    "instead of ours": lambda found: packed([(f"../{name}", data) for name, data in found]),
    "links": lambda found: packed(found, mode=LINK),
    "a member missing": lambda found: packed(found[1:]),
    "manifest missing": lambda found: packed([member for member in found if member[0] != MANIFEST]),
    "manifest of garbage": lambda found: packed(changed(found, MANIFEST, lambda data: b"[" * 9_000)),
    "manifest too large": lambda found: packed(changed(found, MANIFEST, lambda data: data + b" " * (2 << 20))),
    "not ours": lambda found: packed(changed(found, MANIFEST, declared(kind="other"))),
    "a later format": lambda found: packed(changed(found, MANIFEST, declared(format=99))),
    "no dim": lambda found: packed(changed(found, MANIFEST, declared(dim=0))),
    "more articles declared": lambda found: packed(changed(found, MANIFEST, declared(articles=5))),
    "fewer passages declared": lambda found: packed(changed(found, MANIFEST, declared(passages=1))),
    "an article twice": lambda found: packed(
        changed(found, ARTICLES, lambda data: data + data.split(b"\n")[0] + b"\n")
    ),
    "a letter changed": lambda found: packed(
        changed(found, ARTICLES, lambda data: data.replace("부산".encode(), "목포".encode(), 1), honest=False)
    ),
    "a letter changed, checksum mended": lambda found: packed(
        changed(found, ARTICLES, lambda data: data.replace("4조".encode(), "5조".encode()))
    ),
    "no json": lambda found: packed(changed(found, ARTICLES, lambda data: data + b"{\n")),
    "a vector missing": lambda found: packed(changed(found, VECTORS, lambda data: data[:-2])),
    "a vector too many": lambda found: packed(changed(found, VECTORS, lambda data: data + b"\x00\x00")),
    "no number": lambda found: packed(changed(found, VECTORS, lambda data: b"\x00\x7e" + data[2:])),
    "a sentence outside": lambda found: packed(changed(found, ARTICLES, edited(sentences=[[0, 10**9, "body", "말"]]))),
    "a sentence backwards": lambda found: packed(changed(found, ARTICLES, edited(sentences=[[9, 3, "body", "말", 0]]))),
    "sentences out of order": lambda found: packed(changed(found, ARTICLES, turned_around)),
    "words without end": lambda found: packed(
        changed(found, ARTICLES, edited(sentences=[[0, 3, "body", "말", 10**12]]))
    ),
    "an unknown kind": lambda found: packed(changed(found, ARTICLES, edited(spans=[[0, 3, "몸"]]))),
    "spans of text": lambda found: packed(changed(found, ARTICLES, edited(spans=[["0", "3", "body"]]))),
    "meta of numbers": lambda found: packed(changed(found, ARTICLES, edited(meta={"a": 1}))),
    "a structure that is no Base64": lambda found: packed(changed(found, ARTICLES, edited(structure="몸"))),
    "a structure of numbers": lambda found: packed(changed(found, ARTICLES, edited(structure=[1]))),
    "a bomb": lambda found: packed(changed(found, ARTICLES, lambda data: data + b" " * (40 << 20))),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_hostile_archive_is_refused_and_nothing_is_written(made: Path, tmp_path: Path, name: str) -> None:
    box = tmp_path / "box"
    box.mkdir()
    (box / "backup.zip").write_bytes(HOSTILE[name](members(made / "backup.zip")))
    with pytest.raises(CorruptIndexError) as caught:
        restore(box / "data", box / "backup.zip")
    assert str(box / "backup.zip") in caught.value.english
    assert caught.value.exit_code == 4
    assert is_new(box / "data")
    assert {path.name for path in tmp_path.iterdir()} == {"box"}
    assert {path.name for path in box.iterdir()} <= {"backup.zip", "data"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_is_refused(made: Path, tmp_path: Path) -> None:
    found = members(made / "backup.zip")
    (tmp_path / "backup.zip").write_bytes(packed([*found, found[0]]))
    with pytest.raises(CorruptIndexError) as caught:
        restore(tmp_path / "data", tmp_path / "backup.zip")
    assert "(들어 있는 파일이 다름)" in caught.value.korean
    assert "(members)" in caught.value.english


def test_cut_short_or_flipped_anywhere(made: Path, tmp_path: Path) -> None:
    whole = (made / "backup.zip").read_bytes()
    broken = [whole[:length] for length in range(0, len(whole), len(whole) // 20)]
    broken += [whole[:-1], *_flips(whole)]
    refused = 0
    for number, data in enumerate(broken):
        (tmp_path / "backup.zip").write_bytes(data)
        try:
            restore(tmp_path / f"data-{number}", tmp_path / "backup.zip")
        except CorruptIndexError:
            refused += 1
        else:  # a date or an attribute of the archive, which nobody reads
            assert contents(tmp_path / f"data-{number}") == contents(made / "data")
    assert refused >= 0.8 * len(broken)


def _flips(whole: bytes) -> Iterator[bytes]:
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        yield whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :]


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="없음"):
        restore(tmp_path / "data", tmp_path / "없음.zip")
    (tmp_path / "글.zip").write_text("글", "utf-8")
    with pytest.raises(CorruptIndexError):
        restore(tmp_path / "data", tmp_path / "글.zip")
