"""Publication: what has not changed is taken over, and whatever came before, the result is that of a clean build."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from index import ingest
from index.articles import Article
from index.doctor import examine, repair
from index.engine import Engine
from index.errors import GeungeoError
from index.ingest import Ingestor, remove_articles
from index.korean.terms import bigrams
from index.search import shards
from index.search.embedded import EmbeddedIndex
from index.search.generation import current_number, open_current, path_of
from index.search.lexical import LexicalIndex, LexicalQuery
from index.search.manifest import read_manifest
from index.search.publication import Reuse, publish_store
from index.search.searching import SearchIndex
from index.search.vectors import VectorIndex, VectorShard
from index.store.packing import pack_text
from index.store.store import DATABASE, Store
from index.store.vector_codecs import decoded_passages
from index.system import failpoints
from tests.support.fakes import HashEncoder, RegexSplitter, open_index, spoil

MEMORY = Path("/dev/shm")
SCRATCH = MEMORY if os.access(MEMORY, os.W_OK) else None  # where fsync costs nothing: thousands are called
ENCODER, SPLITTER = HashEncoder(dim=16, word_dim=4), RegexSplitter()
WORDS = ["부산", "항만", "도서관", "축제", "예산", "눈", "비", "의회", "버스", "지하철"]
QUESTIONS = ["부산 도서관 예산", "눈 비 버스", "축제"]


def article(number: int, turn: int) -> Article:
    """Words in common with others, one of its own and one of this version; two passages."""
    text = " ".join(WORDS[(number * 3 + turn * 7 + place) % len(WORDS)] for place in range(4 + number % 3))
    filler = " ".join(f"{WORDS[number % len(WORDS)]}{turn}가나다라마바사" for _ in range(30))
    return Article(f"글-{number}", f"제목 {number}", f"{text} 홀로{number}의{turn}판. {filler} 끝.\n\n둘째 {text}.")


def add(folder: Path, *articles: Article) -> None:
    Ingestor(folder, ENCODER, SPLITTER).ingest(articles)


def opened(folder: Path) -> Engine:
    return open_index(folder, SPLITTER, ENCODER)


@contextmanager
def small_shards(capacity: int = 5) -> Iterator[None]:
    defaults = dict(shards.plan_shards.__kwdefaults__)
    shards.plan_shards.__kwdefaults__["capacity"] = capacity
    try:
        yield
    finally:
        shards.plan_shards.__kwdefaults__.update(defaults)


def query(question: str) -> LexicalQuery:
    return LexicalQuery(dict.fromkeys(question.split(), 1.0), bigrams(question))


def unread(seqs: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    raise AssertionError("float16 rows are in the file")


def answers(vectors: VectorIndex, lexical: LexicalIndex) -> list[list[tuple[int, float]]]:
    """Every question, in both halves: its three best, and all."""
    return [
        found
        for k in (3, 999)
        for question in QUESTIONS
        for found in (vectors.search(ENCODER.encode_queries([question]), k, unread), lexical.search(query(question), k))
    ]


def embedded(index: SearchIndex) -> EmbeddedIndex:
    assert isinstance(index, EmbeddedIndex)
    return index


def answers_of(engine: Engine) -> list[list[tuple[int, float]]]:
    index = embedded(engine._generation.index)
    return answers(index.vectors, index.lexical)


def clean_answers(folder: Path) -> list[list[tuple[int, float]]]:
    """Of one FAISS index and one tantivy index, each built at a stroke."""
    store = Store(folder)
    workshop = Path(tempfile.mkdtemp(dir=SCRATCH))
    try:
        LexicalIndex.build(workshop / "lexical", store.index_rows())
        whole = VectorShard.build(*store.vectors(), ENCODER.dim)
        return answers(VectorIndex([whole] if len(whole) else []), LexicalIndex(workshop / "lexical"))
    finally:
        store.close()
        shutil.rmtree(workshop)


def by_passage(engine: Engine) -> list[dict[str, float]]:
    """What every question finds, by passage id: comparable between two stores."""
    found = []
    for question in QUESTIONS:
        for hits in (
            engine.search_dense(ENCODER.encode_queries([question]), 999),
            engine.search_lexical(query(question), 999),
        ):
            passages = engine.passages([seq for seq, _ in hits])
            found.append({passages[seq].id: score for seq, score in hits})
    return found


def files_with(folder: Path, one: Article) -> list[Path]:
    """Those with its text as the database keeps it, or with the word that it alone has."""
    traces = pack_text(one.text), one.text.split(".")[0].split()[-1].encode()
    held = ((path, path.read_bytes()) for path in folder.rglob("*") if path.is_file())
    return [path for path, data in held if any(trace in data for trace in traces)]


class AnyHistory(RuleBasedStateMachine):
    """Add, replace, delete, reopen, die between commit and publication, lose files, compact: always as a clean build."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=SCRATCH))
        self.data = self.folder / "data"
        self.kept: dict[int, Article] = {}
        self.turn = 0
        self.capacity = small_shards()
        self.capacity.__enter__()

    @initialize()
    def begin(self) -> None:
        self.add([0])

    @rule(numbers=st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True))
    def add(self, numbers: list[int]) -> None:
        """Those that are there already are replaced."""
        add(self.data, *self._next(numbers))

    @rule(numbers=st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True))
    def remove(self, numbers: list[int]) -> None:
        gone = [self.kept.pop(number) for number in numbers if number in self.kept]
        remove_articles(self.data, [article.id for article in gone])
        for article in gone:
            assert files_with(self.data, article) == []

    @rule(numbers=st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True))
    def die_before_publishing(self, numbers: list[int]) -> None:
        def die(folder: Path, store: Store) -> None:
            raise KeyboardInterrupt

        articles = self._next(numbers)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ingest, "publish", die)
            with pytest.raises(KeyboardInterrupt):
                add(self.data, *articles)

    @rule(number=st.integers(0, 9))
    def die_while_removing(self, number: int) -> None:
        store = Store(self.data, writable=True)
        store.delete([f"글-{number}"])
        store.close()
        self.kept.pop(number, None)

    @rule(place=st.integers(0, 99))
    def lose_a_file(self, place: int) -> None:
        found = sorted(path for path in path_of(self.data, current_number(self.data)).rglob("*") if path.is_file())
        path = found[place % len(found)]
        spoil(path, path.stat().st_size // 2)

    @rule()
    def compact(self) -> None:
        repair(self.data)

    @invariant()
    def equals_a_clean_build(self) -> None:
        engine = opened(self.data)
        assert answers_of(engine) == clean_answers(self.data)
        assert engine.manifest.articles == len(self.kept)
        for article in self.kept.values():
            assert engine.article(article.id) == article
        engine.close()
        assert examine(self.data) == []

    def teardown(self) -> None:
        """And once more: as if only what is left had ever been there."""
        self.capacity.__exit__(None, None, None)
        if self.kept:
            add(self.folder / "fresh", *self.kept.values())
            ours, fresh = opened(self.data), opened(self.folder / "fresh")
            for found, expected in zip(by_passage(ours), by_passage(fresh), strict=True):
                assert found == pytest.approx(expected, rel=1e-5)
            ours.close()
            fresh.close()
        shutil.rmtree(
            self.folder, ignore_errors=True
        )  # tantivy makes its lock once more, some time after it has opened

    def _next(self, numbers: list[int]) -> list[Article]:
        self.turn += 1
        made = [article(number, self.turn) for number in numbers]
        self.kept.update(zip(numbers, made, strict=True))
        return made


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(
    max_examples=int(os.environ.get("HISTORIES", "4")),
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Eight articles, three shards of five passages or fewer and a small one.

    tantivy may write a lock of its own into the folder while it is taken away.
    """
    with small_shards(), tempfile.TemporaryDirectory(dir=SCRATCH, ignore_cleanup_errors=True) as name:
        folder = Path(name, "data")
        add(folder, *(article(number, 0) for number in range(8)))
        yield folder


def inodes(folder: Path) -> dict[str, int]:
    path = path_of(folder, current_number(folder))
    return {file.relative_to(path).as_posix(): file.stat().st_ino for file in path.rglob("*") if file.is_file()}


def test_what_has_not_changed_is_one_file_with_two_names(folder: Path) -> None:
    before = inodes(folder)
    add(folder, article(50, 0))
    after = inodes(folder)
    shared = {name for name in before if after.get(name) == before[name]}
    assert len(shared) >= 3 * 7  # a FAISS file and six of tantivy's for each full shard
    assert {"manifest.json", "lexical/meta.json"}.isdisjoint(shared)


def test_a_shard_is_made_of_a_few_vectors_at_a_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is the very file that it would be of all of them together."""
    monkeypatch.setattr("index.store.store._AT_ONCE", 2)
    decoded: list[int] = []

    def counted(coded: list[bytes]) -> np.ndarray:
        decoded.append(len(coded))
        return decoded_passages(coded)

    monkeypatch.setattr("index.store.passage_rows.decoded_passages", counted)
    with closing(Store(folder, writable=True)) as store:
        manifest = publish_store(folder, store, reuse=Reuse.NOTHING)
        assert manifest.passages > 10
        assert max(decoded) == 2
        low = 0
        for shard in manifest.shards:
            whole = VectorShard.build(*store.vectors(low, shard.high), ENCODER.dim).to_bytes()
            assert (path_of(folder, manifest.generation) / shard.vectors).read_bytes() == whole
            low = shard.high


def test_where_names_cannot_be_added_files_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    before = inodes(folder)
    monkeypatch.setattr(os, "link", refuse)
    add(folder, article(50, 0))
    after = inodes(folder)
    assert len(before.keys() & after.keys()) >= 3 * 7
    assert not set(before.values()) & set(after.values())
    assert examine(folder) == []


def test_only_the_shards_of_a_removed_article_are_written_anew(folder: Path) -> None:
    before = inodes(folder)
    remove_articles(folder, ["글-4"])
    after = inodes(folder)
    assert len({name for name in before if name in after and name.endswith(".faiss")}) >= 2
    assert current_number(folder) == 2
    assert not path_of(folder, 1).exists()  # it holds the words of what is gone


def test_a_removal_that_died_before_publishing_leaves_nothing_either(folder: Path) -> None:
    one = article(4, 0)
    assert files_with(folder, one) != []
    store = Store(folder, writable=True)
    store.delete(["글-4"])
    store.close()
    opened(folder).close()
    assert files_with(folder, one) == []


def test_no_vector_of_a_removed_article_stays_on_the_disk(folder: Path) -> None:
    store = Store(folder)
    seqs, vectors = store.vectors()
    owners = store.passages(seqs.tolist())
    store.close()
    (mine, *_) = (
        vector for seq, vector in zip(seqs.tolist(), vectors, strict=True) if owners[seq].article_id == "글-4"
    )
    needle = mine.astype(np.float16).tobytes()[:16]
    assert any(needle in path.read_bytes() for path in folder.rglob("*.faiss"))
    remove_articles(folder, ["글-4"])
    assert not any(needle in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_damaged_shard_alone_is_derived_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[int, int]] = []
    original = Store.vectors_in_turn

    def spy(self: Store, low: int, high: int) -> object:
        if self.connection.path.parent == folder:  # not one that a thread of another test still reads
            written.append((low, high))
        return original(self, low, high)

    manifest = read_manifest(path_of(folder, 1))
    victim = path_of(folder, 1) / manifest.shards[1].vectors
    spoil(victim, victim.stat().st_size - 1)
    monkeypatch.setattr(Store, "vectors_in_turn", spy)
    engine = opened(folder)
    assert written == [(manifest.shards[0].high, manifest.shards[1].high)]
    assert answers_of(engine) == clean_answers(folder)
    engine.close()


def test_the_shards_of_another_store_are_not_taken_over(folder: Path) -> None:
    """Two copies of one database went their own ways, with as many writes and passages."""
    shutil.copytree(folder, folder.parent / "other")
    other = folder.parent / "other"
    for where, number in ((folder, 70), (other, 80)):
        add(where, article(number, 0))
    shutil.copyfile(other / DATABASE, folder / DATABASE)
    engine = opened(folder)
    assert engine.article("글-80").id == "글-80"
    assert answers_of(engine) == clean_answers(folder)
    engine.close()
    assert examine(folder) == []


def test_a_server_reads_only_the_new_shards(folder: Path) -> None:
    held = open_current(folder)
    add(folder, article(50, 0))
    moved = open_current(folder)
    shared = set(map(id, embedded(held.index).vectors._shards)) & set(map(id, embedded(moved.index).vectors._shards))
    assert len(shared) >= 3


def test_nothing_is_taken_over_when_told_so(folder: Path) -> None:
    before = inodes(folder)
    store = Store(folder, writable=True)
    publish_store(folder, store, reuse=Reuse.NOTHING)
    store.close()
    assert not set(before.values()) & set(inodes(folder).values())


@pytest.mark.parametrize("name", [name for name in failpoints.NAMES if name.startswith("publish.")])
def test_a_failure_at_each_step_leaves_the_store_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """F11 and F12 without a full disk: the article is committed, its publication fails, the next opening derives it."""
    monkeypatch.setenv(failpoints.VARIABLE, f"{name}:1:enospc")
    monkeypatch.setattr(failpoints, "_counts", {})
    changed = replace(article(3, 0), title="고친 제목")
    with pytest.raises((GeungeoError, OSError), match=r"No space left|공간"):
        add(folder, changed)
    monkeypatch.delenv(failpoints.VARIABLE)
    engine = opened(folder)
    assert engine.article(changed.id) == changed
    assert answers_of(engine) == clean_answers(folder)
    engine.close()
    assert examine(folder) == []
