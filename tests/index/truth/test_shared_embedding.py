"""Passages embedded by several machines: the same vectors, each portion by one of them, and nobody's end stops the rest."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from index.articles import Article
from index.encoders.base import EncoderInput, PassageVectors
from index.errors import TruthAwayError
from index.ingest import Ingestor
from index.truth import shared_embedding
from index.truth.attachment import attach
from index.truth.shared_embedding import PORTION, SharedEmbedding, embed_one, help_embedding
from index.truth.writing import reading
from tests.support.fakes import HashEncoder, RegexSplitter
from tests.support.waiting import wait_until

INPUTS = [
    EncoderInput(f"제목 {at}", f"첫 문장 {at}이다. 둘째 문장이다.", ((0, 9), (10, 18))[: 1 + at % 2])
    for at in range(5 * PORTION + 7)
]


class Encoder(HashEncoder):
    """Says when it begins, and goes on when it may."""

    def __init__(self, name: str = "hash", *, is_held: bool = False) -> None:
        super().__init__(name)
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        if not is_held:
            self.may_go_on.set()

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        self.begun.set()
        assert self.may_go_on.wait(60)
        time.sleep(0.02)
        return super().encode_passages(inputs)


class Helper:
    """What ``geungeo work`` does, in a thread."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self.encoder = encoder
        self.told: list[int | TruthAwayError] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=help_embedding, args=(folder, encoder, self._stop, self.told.append), daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self.encoder.may_go_on.set()
        self._thread.join(60)


@pytest.fixture
def folder(tmp_path: Path, database: str) -> Path:
    attach(tmp_path / "a", database)
    with closing(shared_embedding._open(tmp_path / "a")):
        return tmp_path / "a"


@pytest.fixture
def new_helper(folder: Path) -> Iterator[Callable[[Encoder], Helper]]:
    with ExitStack() as undo:

        def make(encoder: Encoder) -> Helper:
            helper = Helper(folder, encoder)
            undo.callback(helper.end)
            wait_until(lambda: _is_helped(folder))
            return helper

        yield make


def _is_helped(folder: Path) -> bool:
    with closing(shared_embedding._open(folder)) as truth:
        return shared_embedding._is_helped(truth.connection)


def _rows(folder: Path) -> int:
    with closing(shared_embedding._open(folder)) as truth, truth.connection.guard() as db:
        row = db.execute("SELECT count(*) FROM embedding").fetchone()
        assert row is not None
        return int(row[0])


def _require_same(found: Sequence[PassageVectors]) -> None:
    for own, other in zip(HashEncoder().encode_passages(INPUTS), found, strict=True):
        assert np.array_equal(own.passage, other.passage)
        assert np.array_equal(own.sentences, other.sentences)


def test_with_help_the_vectors_are_those_of_one_alone(folder: Path, new_helper: Callable[[Encoder], Helper]) -> None:
    encoders = [Encoder(is_held=True) for _ in range(3)]
    found: list[PassageVectors] = []
    for encoder in encoders[1:]:
        new_helper(encoder)
    indexing = threading.Thread(
        target=lambda: found.extend(SharedEmbedding(encoders[0], folder).encode_passages(INPUTS))
    )
    indexing.start()
    for encoder in encoders:
        assert encoder.begun.wait(60), "each is at a portion of its own, at once"
    for encoder in encoders:
        encoder.may_go_on.set()
    indexing.join(60)
    _require_same(found)
    assert sum(encoder.calls for encoder in encoders) == len(INPUTS), "each passage once"
    assert _rows(folder) == 0


def test_alone_nothing_goes_over_the_network(folder: Path) -> None:
    own = Encoder()
    _require_same(SharedEmbedding(own, folder).encode_passages(INPUTS))
    assert own.calls == len(INPUTS)
    assert SharedEmbedding(own, folder).encode_passages([]) == []


def test_who_has_another_encoder_does_not_help(folder: Path, new_helper: Callable[[Encoder], Helper]) -> None:
    helper = new_helper(Encoder("other"))
    own = Encoder()
    _require_same(SharedEmbedding(own, folder).encode_passages(INPUTS))
    assert (own.calls, helper.encoder.calls) == (len(INPUTS), 0)


def test_a_helper_that_is_killed_costs_its_portion_only(folder: Path) -> None:
    killed = shared_embedding._open(folder)
    with killed.connection.guard() as db:
        db.execute(f"SELECT pg_advisory_lock_shared({shared_embedding._HELPERS})")
    stuck, own = Encoder(is_held=True), Encoder()
    thread = threading.Thread(target=_until_cut, args=(killed, stuck), daemon=True)
    found: list[PassageVectors] = []
    indexing = threading.Thread(target=lambda: found.extend(SharedEmbedding(own, folder).encode_passages(INPUTS)))
    indexing.start()
    thread.start()
    assert stuck.begun.wait(60)
    wait_until(lambda: own.calls >= len(INPUTS) - PORTION)
    killed.connection._connection.pgconn.finish()  # as the kernel does with the socket of a process that is gone
    indexing.join(60)
    _require_same(found)
    assert own.calls == len(INPUTS)
    stuck.may_go_on.set()
    thread.join(60)
    assert _rows(folder) == 0


def _until_cut(store: object, encoder: Encoder) -> None:
    try:
        while not embed_one(store.connection, encoder):  # type: ignore[attr-defined]
            time.sleep(0.01)
    except TruthAwayError:
        return


def test_a_helper_that_hangs_is_waited_for_a_while(
    folder: Path, new_helper: Callable[[Encoder], Helper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_embedding, "_PATIENCE", 0.5)
    helper, own = new_helper(Encoder(is_held=True)), Encoder()
    found: list[PassageVectors] = []
    own.may_go_on.clear()
    indexing = threading.Thread(target=lambda: found.extend(SharedEmbedding(own, folder).encode_passages(INPUTS)))
    indexing.start()
    assert helper.encoder.begun.wait(60)
    own.may_go_on.set()
    indexing.join(60)
    _require_same(found)
    assert own.calls == len(INPUTS)
    _require_same(SharedEmbedding(own, folder).encode_passages(INPUTS))  # what it still holds is in nobody's way
    helper.end()
    _require_same(SharedEmbedding(own, folder).encode_passages(INPUTS))
    assert _rows(folder) == 0


def test_articles_come_in_as_without_help(
    tmp_path: Path, new_database: Callable[[], str], new_helper: Callable[[Encoder], Helper], folder: Path
) -> None:
    articles = [
        Article(
            id=f"a{at}", title=f"글 {at}", text=" ".join(f"문장 {at}의 {number}번째 내용이다." for number in range(120))
        )
        for at in range(12)
    ]
    attach(tmp_path / "alone", new_database())
    rows = []
    new_helper(Encoder())
    for place, embedding in ((tmp_path / "alone", None), (folder, SharedEmbedding(Encoder(), folder))):
        Ingestor(place, HashEncoder(), RegexSplitter(), embedding=embedding).ingest(articles)
        with reading(place) as truth:
            rows.append([truth.stored_article(article.id) for article in articles])
    for alone, helped in zip(*rows, strict=True):
        assert [row.passage for row in alone.passages] == [row.passage for row in helped.passages]
        assert all(np.array_equal(a.vector, b.vector) for a, b in zip(alone.passages, helped.passages, strict=True))


def test_a_helper_waits_for_a_truth_that_is_away(tmp_path: Path) -> None:
    from tests.support.postgres import Server, why_not

    if (reason := why_not()) is not None:
        pytest.skip(reason)
    server = Server().start()
    try:
        attach(tmp_path, server.uri())
        helper = Helper(tmp_path, Encoder())
        wait_until(lambda: _is_helped(tmp_path))
        server.kill()
        wait_until(lambda: any(isinstance(news, TruthAwayError) for news in helper.told))
        server.start()
        wait_until(lambda: _is_helped(tmp_path))
        helper.end()
    finally:
        server.remove()
