"""Answers from several processes: the same ones, nothing lost with a process, and nothing held that is not theirs."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.answering import backend
from api.answering import worker as worker_module
from api.answering.sharing import SharedPipeline
from api.answering.worker import Worker
from api.limits import Limits
from index.articles import Article
from index.encoders.base import Vectors
from index.engine import Engine
from index.errors import CorruptIndexError
from index.ingest import remove_articles
from rag.answers import Answer, Query, SearchResult, Watch
from rag.loading import Tools
from rag.pipeline import Pipeline
from rag.question.aliases import Aliases
from rag.question.question import MAX_QUESTION, EmptyQuestionError
from rag.settings import load_settings
from tests.support.fakes import ARTICLES, FESTIVAL, PORT, HashEncoder, RegexSplitter
from tests.support.killing import left_by
from tests.support.rag_support import GROUPS, build_index, hand_models, open_engine, open_pipeline
from tests.support.service_fakes import put_index
from tests.support.waiting import is_alive, wait_until

# Forking is for a process that has hardly any threads, which pytest is not.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
BRIDGE = Article("bridge", "새 다리", "다리의 길이는 900미터다.")
REFUSED = "refused"  # where there is a file of this name, the other process opens no index any more
GO_ON = "go on"  # where there is one of this name, it waits no longer
QUESTION = "공사비는 4조6000억원이었다"


class PickyEncoder(HashEncoder):
    """Fails, hangs, waits or dies over certain questions where it was not made; refuses another everywhere."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._home = os.getpid()
        self._folder = folder

    def encode_queries(self, questions: Any) -> Vectors:
        if "빔" in questions[0]:
            raise EmptyQuestionError("빔", "empty")
        if os.getpid() != self._home:
            if "오류" in questions[0]:
                raise RuntimeError("뜻하지 않은 오류")
            if "막힘" in questions[0]:
                raise OSError(24, "열린 파일이 너무 많습니다")
            if "먹통" in questions[0]:
                time.sleep(60)
            if "느림" in questions[0]:
                wait_until((self._folder / GO_ON).exists)
            if "죽음" in questions[0]:
                os.kill(os.getpid(), signal.SIGSEGV)
        return super().encode_queries(questions)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put_index(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stands still for a while loses no worker."""
    monkeypatch.setattr(worker_module, "SILENCE", 60.0)


@pytest.fixture
def shared(folder: Path) -> Iterator[SharedPipeline]:
    encoder, splitter, home = PickyEncoder(folder), RegexSplitter(), os.getpid()

    def engine() -> Engine:
        if os.getpid() != home and (folder / REFUSED).exists():
            raise CorruptIndexError("못 엽니다", "cannot open it")
        return open_engine(folder, encoder, splitter)

    def opened() -> Pipeline:
        return Pipeline(engine, encoder, splitter, Aliases(GROUPS, splitter), hand_models())

    worker = Worker(opened)
    pipeline = SharedPipeline(opened(), [worker])
    yield pipeline
    pipeline.close()
    pipeline.close()
    assert not Path(f"/proc/{worker.process_id}").exists()


class Blocking(Watch):
    """Holds the place in this process until it is released."""

    def __init__(self) -> None:
        self.begun, self.release = threading.Event(), threading.Event()

    def stage(self, name: str) -> None:
        self.begun.set()
        assert self.release.wait(120)


@pytest.fixture
def elsewhere(shared: SharedPipeline) -> Iterator[SharedPipeline]:
    """The pipeline while its own process is busy, so that everything else goes to the worker."""
    watch = Blocking()
    first = threading.Thread(target=shared.ask, args=(Query(QUESTION),), kwargs={"watch": watch})
    first.start()
    assert watch.begun.wait(60)
    yield shared
    watch.release.set()
    first.join(60)
    assert not first.is_alive()


class Listening(Watch):
    def __init__(self) -> None:
        self.heard: list[object] = []

    def stage(self, name: str) -> None:
        self.heard.append(name)

    def passages(self, hits: Any) -> None:
        self.heard.append(tuple(hits))


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "api.answering.sharing"]


def timeless(made: Answer | SearchResult) -> Answer | SearchResult:
    return replace(made, timings_ms={})


def worker_of(pipeline: SharedPipeline) -> Worker:
    (worker,) = pipeline._workers
    return worker


def test_two_questions_at_once_and_the_same_answers(elsewhere: SharedPipeline, folder: Path) -> None:
    alone = open_pipeline(folder)
    assert elsewhere.ask(Query(QUESTION)).answered
    for question in (QUESTION, "축제에는 몇 명이 왔나?", "화성의 날씨는?"):
        assert timeless(elsewhere.ask(Query(question, top_k=3))) == timeless(alone.ask(Query(question, top_k=3)))
        assert timeless(elsewhere.search(Query(question, diversity=0.3))) == timeless(
            alone.search(Query(question, diversity=0.3))
        )
    alone.close()


def test_a_third_waits_for_the_first_place_that_is_given_back(elsewhere: SharedPipeline) -> None:
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(elsewhere.ask(Query(QUESTION)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 6
    assert len({timeless(answer).text for answer in answers if isinstance(answer, Answer)}) == 1


def test_whoever_watches_hears_of_every_stage(elsewhere: SharedPipeline) -> None:
    watch = Listening()
    answer = elsewhere.ask(Query(QUESTION), watch)
    assert watch.heard == ["analyse", "encode", "retrieve", answer.passages, "evidence", "verify"]


def test_whoever_watches_may_end_it_and_the_next_is_answered(elsewhere: SharedPipeline) -> None:
    class Stopping(Watch):
        def stage(self, name: str) -> None:
            raise TimeoutError(name)

    with pytest.raises(TimeoutError, match="analyse"):
        elsewhere.ask(Query(QUESTION), Stopping())
    assert elsewhere.ask(Query(QUESTION)).answered


def test_what_is_wrong_with_a_question_comes_back_as_it_was(elsewhere: SharedPipeline) -> None:
    with pytest.raises(EmptyQuestionError) as caught:
        elsewhere.ask(Query(f"{QUESTION} 빔"))
    assert caught.value.english == "empty"


@pytest.mark.parametrize("error", ["오류", "막힘"])
def test_an_error_that_nobody_meant_is_answered_here(
    shared: SharedPipeline, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    with shared._slot():  # this process's
        assert shared.ask(Query(f"{QUESTION} {error}")).answered
        assert shared.ask(Query(QUESTION)).answered
    assert len(errors(caplog)) == 1
    assert not worker_of(shared).is_lost


def test_what_was_told_is_not_told_again(shared: SharedPipeline) -> None:
    class Killing(Listening):
        def passages(self, hits: Any) -> None:
            super().passages(hits)
            os.kill(worker_of(shared).process_id, signal.SIGKILL)

    watch = Killing()
    with shared._slot():
        answer = shared.ask(Query(QUESTION), watch)
    assert watch.heard == ["analyse", "encode", "retrieve", answer.passages, "evidence", "verify"]


def test_told_to_end_it_goes_on_until_the_first_process_has_ended(elsewhere: SharedPipeline) -> None:
    """systemd tells all processes of a service at once, and questions in work are still to be answered."""
    os.kill(worker_of(elsewhere).process_id, signal.SIGTERM)
    assert elsewhere.ask(Query(QUESTION)).answered
    assert not worker_of(elsewhere).is_lost


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_as_soon_as_it_is_there_it_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    fork = os.fork

    def struck() -> int:
        process_id = fork()
        if not process_id:
            os.kill(os.getpid(), number)
        return process_id

    monkeypatch.setattr(os, "fork", struck)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    worker = Worker(lambda: open_pipeline(folder))
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == blocked
    worker.refresh()
    answer, _ = worker.answer("ask", 0, Query(QUESTION), Watch())
    assert answer.answered
    worker.close()


def test_one_that_there_is_no_room_for_leaves_the_signals_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else neither Ctrl-C nor ``systemctl stop`` would end the server."""

    def crowded() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", crowded)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    try:
        with pytest.raises(BlockingIOError):
            Worker(lambda: pytest.fail("nobody asks for it"))
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == blocked
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def test_one_that_does_not_listen_holds_nobody_up(
    shared: SharedPipeline, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "_ROOM_SECONDS", 0.1)
    os.kill(worker_of(shared).process_id, signal.SIGSTOP)
    for _ in range(1_000):
        shared.refresh()
    assert worker_of(shared).is_lost
    assert len(errors(caplog)) == 1
    assert shared.ask(Query(QUESTION)).answered


def test_one_that_dies_unasked_is_missed_once(shared: SharedPipeline, caplog: pytest.LogCaptureFixture) -> None:
    assert shared.processes == 2
    os.kill(worker_of(shared).process_id, signal.SIGKILL)
    wait_until(lambda: shared.processes == 1)
    for _ in range(3):
        shared.refresh()
    assert len(errors(caplog)) == 1
    assert shared._free == {0}


def test_the_real_silence_leaves_half_of_a_question_s_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert Limits().question_seconds / 2 == worker_module.SILENCE


@pytest.mark.parametrize("how", ["killed", "crashed", "silent"])
def test_a_lost_process_loses_no_question(
    shared: SharedPipeline, how: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "silent":
        monkeypatch.setattr(worker_module, "SILENCE", 1.0)
        monkeypatch.setattr(worker_module, "PATIENCE", 0.5)
    if how == "killed":
        os.kill(worker_of(shared).process_id, signal.SIGKILL)
    with shared._slot():
        assert shared.ask(Query(f"{QUESTION} {'먹통' if how == 'silent' else '죽음'}")).answered
    wait_until(lambda: worker_of(shared).is_lost)
    wait_until(lambda: len(errors(caplog)) == (2 if how == "silent" else 1))
    assert shared._free == {0}
    assert shared.processes == 1
    assert shared.ask(Query(QUESTION)).answered
    assert shared.refresh().generation == 1


def test_one_that_was_silent_for_a_while_answers_again(
    shared: SharedPipeline, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And from what was published meanwhile, with nothing of the question that nobody waited for."""
    monkeypatch.setattr(worker_module, "SILENCE", 0.3)
    with shared._slot():
        assert shared.ask(Query(f"{QUESTION} 느림")).answered
        assert worker_of(shared).is_silent
        assert shared.processes == 1
        build_index(folder, [BRIDGE])
        shared.refresh()
        (folder / GO_ON).touch()
        wait_until(lambda: 1 in shared._free)
        monkeypatch.setattr(worker_module, "SILENCE", 60.0)
        answer = shared.ask(Query("다리의 길이는 900미터"))
    assert (answer.index.generation, answer.citations[0].article_id) == (2, "bridge")
    assert shared.processes == 2
    assert not worker_of(shared).is_silent


def test_one_that_is_silent_is_taken_down_with_the_server(
    shared: SharedPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "SILENCE", 0.3)
    with shared._slot():
        assert shared.ask(Query(f"{QUESTION} 먹통")).answered
    shared.close()
    wait_until(lambda: not any(thread.name == "geungeo-silent-process" for thread in threading.enumerate()))


def test_what_was_published_is_answered_from_at_once(elsewhere: SharedPipeline, folder: Path) -> None:
    assert elsewhere.ask(Query("다리의 길이는 900미터")).index.generation == 1
    build_index(folder, [BRIDGE])
    assert elsewhere.refresh().generation == 2
    answer = elsewhere.ask(Query("다리의 길이는 900미터"))
    assert (answer.index.generation, answer.citations[0].article_id) == (2, "bridge")


def test_what_it_cannot_open_is_answered_here(elsewhere: SharedPipeline, folder: Path) -> None:
    assert elsewhere.ask(Query(QUESTION)).answered  # it has opened the index, which may take a while
    (folder / REFUSED).touch()
    build_index(folder, [BRIDGE])
    elsewhere.refresh()
    assert elsewhere.ask(Query(BRIDGE.text)).index.generation == 2
    assert not worker_of(elsewhere).is_lost


def test_one_that_could_not_open_the_index_tries_again(
    folder: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / REFUSED).touch()
    pipeline: SharedPipeline = request.getfixturevalue("elsewhere")
    for _ in range(2):
        assert pipeline.ask(Query(QUESTION)).answered
        assert len(errors(caplog)) == 1  # of the first question alone
        (folder / REFUSED).unlink(missing_ok=True)
    assert pipeline.processes == 2


def test_what_it_cites_is_there(elsewhere: SharedPipeline, folder: Path) -> None:
    """It may have seen first what somebody else has published."""
    build_index(folder, [BRIDGE])
    time.sleep(1.1)
    assert isinstance(elsewhere._here, Pipeline)
    elsewhere._here._newest._looked_at = time.monotonic() + 100
    assert elsewhere.ask(Query(BRIDGE.text)).citations[0].article_id == BRIDGE.id
    assert elsewhere.article(BRIDGE.id) == BRIDGE


def test_an_idle_process_lets_go_of_what_is_deleted(shared: SharedPipeline, folder: Path) -> None:
    with shared._slot():
        assert shared.ask(Query(QUESTION)).answered
    maps, first = Path(f"/proc/{worker_of(shared).process_id}/maps"), f"{folder}/generations/000001/"
    assert first in maps.read_text()
    remove_articles(folder, [FESTIVAL.id])
    shared.refresh()
    wait_until(lambda: first not in maps.read_text())
    with shared._slot():
        assert shared.ask(Query(PORT.title)).index.articles == len(ARTICLES) - 1


def test_connections_of_the_first_process_are_not_held_open(folder: Path) -> None:
    ours, theirs = socket.socketpair()
    worker = Worker(lambda: pytest.fail("nobody asks for it"))
    try:
        ours.close()
        theirs.settimeout(60)
        assert theirs.recv(1) == b""
    finally:
        theirs.close()
        worker.close()


def test_nothing_is_left_of_a_start_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server goes on, to say why it does not answer."""
    made: list[Worker] = []

    class Counted(Worker):
        def __init__(self, opened: Callable[[], Pipeline]) -> None:
            super().__init__(opened)
            made.append(self)

    def fail(*_: object) -> None:
        raise CorruptIndexError("손상", "damaged")

    monkeypatch.setattr(backend, "load_tools", lambda settings: Tools(HashEncoder(), RegexSplitter()))
    monkeypatch.setattr(backend, "Worker", Counted)
    monkeypatch.setattr(backend, "build_seeds", fail)
    with pytest.raises(CorruptIndexError):
        backend.load_backend(load_settings(data=tmp_path / "data", cache=tmp_path / "cache"), "ko", processes=3)
    assert len(made) == 2
    assert not any(Path(f"/proc/{worker.process_id}").exists() for worker in made)


def test_it_ends_with_the_one_that_made_it() -> None:
    second = left_by("from api.answering.worker import Worker\nworker = Worker(lambda: None)\nprint(worker.process_id)")
    wait_until(lambda: not is_alive(int(second)))


def test_no_question_however_long_needs_a_thread_of_kiwi_s(splitter: Any) -> None:
    """A forked process has none of them, and would wait for ever."""
    used: list[int] = []
    split = splitter._split

    def counted(texts: Any, config: object) -> Any:
        used.append(len(texts))
        return split(texts, config)

    splitter._split = counted
    try:
        text = "말은 길다. " * (2 * MAX_QUESTION // 7)  # such as a question typed in the wrong keyboard mode can become
        nouns = [token for token in splitter.tokenize(text) if token.form == "말"]
        assert len(nouns) == 2 * MAX_QUESTION // 7
        assert {text[token.start : token.end] for token in nouns} == {"말"}
    finally:
        splitter._split = split
    assert set(used) == {1}
    assert len(used) > 1
