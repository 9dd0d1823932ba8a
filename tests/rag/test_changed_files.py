"""F6, F7: files of the index changed under a program that has them mapped. No answer is made of them.

They are changed in a process of its own where reading them may end the process.
"""

import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.answering.sharing import SharedPipeline
from api.answering.worker import Worker
from api.answering.worker_spawner import WorkerSpawner
from index.errors import StorageError
from index.search.generation import current_number
from index.store.store import DATABASE
from rag.answers import Answer, Query, Watch
from rag.pipeline import Pipeline
from rag.question.aliases import Aliases
from tests.support.fakes import HashEncoder, RegexSplitter
from tests.support.killing import left_by
from tests.support.rag_support import GROUPS, build_index, hand_models, open_engine, open_pipeline
from tests.support.waiting import wait_until

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
QUESTION = "공사비는 4조6000억원이었다"
ROOT = Path(__file__).parents[2]


def zero(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))


def zero_keeping_times(path: Path) -> None:
    status = path.stat()
    zero(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cut(path: Path) -> None:
    os.truncate(path, 0)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    with path.open("r+b") as file:
        file.write(data)


def another(path: Path) -> None:
    data = random.Random(1).randbytes(path.stat().st_size)
    path.unlink()
    path.write_bytes(data)


def files(folder: Path) -> list[Path]:
    newest = folder / "generations" / f"{current_number(folder):06d}"
    return [
        path for path in newest.rglob("*") if path.is_file() and path.suffix != ".lock" and path.name != "manifest.json"
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build_index(tmp_path)
    return tmp_path


def kept(answer: Answer) -> tuple[object, ...]:
    return answer.reason, answer.citations, answer.passages


def test_f6_the_next_question_is_answered_from_files_derived_again(folder: Path) -> None:
    """All files at once, in each way after the other; in a process of its own, for one that is cut may end it."""
    code = """
import sys
from pathlib import Path
from tests.rag.test_changed_files import another, cut, files, flip, kept, open_pipeline, Query, QUESTION, zero
folder = Path(sys.argv[1])
pipeline = open_pipeline(folder)
right = kept(pipeline.ask(Query(QUESTION)))
for generation, change in enumerate((zero, cut, flip, another), 2):
    for path in files(folder):
        change(path)
    answer = pipeline.ask(Query(QUESTION))
    assert kept(answer) == right, (change, answer)
    assert answer.index.generation == generation, change
    assert kept(open_pipeline(folder).ask(Query(QUESTION))) == right, change
"""
    done = subprocess.run([sys.executable, "-c", code, folder], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_f7_each_file_alone_zeroed_is_noticed_at_the_next_question(folder: Path) -> None:
    pipeline = open_pipeline(folder)
    right, number = kept(pipeline.ask(Query(QUESTION))), 1
    for name in sorted(path.suffix for path in files(folder)):
        zero(next(path for path in files(folder) if path.suffix == name))
        answer = pipeline.ask(Query(QUESTION))
        number += 1
        assert (kept(answer), answer.index.generation) == (right, number), name
    pipeline.close()


@pytest.mark.parametrize("stage", ["encode", "retrieve", "evidence", "verify"])
def test_f7_zeroed_while_a_question_is_in_work_it_is_answered_anew(folder: Path, stage: str) -> None:
    pipeline = open_pipeline(folder)
    right = kept(pipeline.ask(Query(QUESTION)))

    class Zeroing(Watch):
        done = False

        def stage(self, name: str) -> None:
            if name == stage and not self.done:
                self.done = True
                for path in files(folder):
                    zero(path)

    assert kept(pipeline.ask(Query(QUESTION), Zeroing())) == right
    assert pipeline.info().generation == 2
    pipeline.close()


def test_f7_zeroed_with_its_times_kept_it_is_noticed_by_a_sample(folder: Path) -> None:
    pipeline = open_pipeline(folder)
    right, count = kept(pipeline.ask(Query(QUESTION))), len(files(folder))
    for round_ in range(2):  # tantivy's, then FAISS's
        path = next(path for path in files(folder) if (path.suffix == ".faiss") == bool(round_))
        zero_keeping_times(path)
        for _ in range(count):
            pipeline._newest.check_sample()
        answer = pipeline.ask(Query(QUESTION))
        assert (kept(answer), answer.index.generation) == (right, 2 + round_)
    pipeline.close()


def test_f7_where_nothing_can_be_derived_it_is_refused(folder: Path) -> None:
    """The database is gone too. Never an empty answer."""
    pipeline = open_pipeline(folder)
    assert pipeline.ask(Query(QUESTION)).answered
    for path in files(folder):
        zero(path)
    (folder / DATABASE).unlink()
    for _ in range(2):
        with pytest.raises(StorageError):
            pipeline.ask(Query(QUESTION))
    pipeline.close()


def test_a_touched_file_costs_a_look_and_nothing_else(folder: Path) -> None:
    pipeline = open_pipeline(folder)
    for path in files(folder):
        path.touch()
    assert pipeline.ask(Query(QUESTION)).index.generation == 1
    pipeline.close()


class DyingEncoder(HashEncoder):
    """Over a certain question its process dies where it was not made, as of a mapped file that was cut."""

    def __init__(self) -> None:
        super().__init__()
        self._home = os.getpid()

    def encode_queries(self, questions):  # type: ignore[no-untyped-def]
        if os.getpid() != self._home and "죽음" in questions[0]:
            os.kill(os.getpid(), signal.SIGBUS)
        return super().encode_queries(questions)


@pytest.fixture
def shared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedPipeline]:
    """On a machine that stands still for a while nothing is lost: neither a worker, nor one that is being made or derives."""
    monkeypatch.setattr("api.answering.worker.SILENCE", 60.0)
    monkeypatch.setattr("api.answering.worker_spawner._SECONDS", 60.0)
    monkeypatch.setattr("index.engine._DERIVING_SECONDS", 60.0)
    encoder, splitter = DyingEncoder(), RegexSplitter()

    def opened() -> Pipeline:
        return Pipeline(
            lambda: open_engine(folder, encoder, splitter), encoder, splitter, Aliases(GROUPS, splitter), hand_models()
        )

    worker, spawner = Worker(opened), WorkerSpawner(opened)
    pipeline = SharedPipeline(opened(), [worker], spawner)
    yield pipeline
    processes = [spawner.process_id, *(worker.process_id for worker in pipeline._workers)]
    pipeline.close()
    pipeline.close()
    wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in processes))


def test_f7_a_process_that_dies_is_replaced_and_its_question_answered(
    shared: SharedPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.answering.sharing._PAUSE", 0.1)
    for _ in range(3):
        before = shared._workers[0].process_id
        with shared._slot():
            assert shared.ask(Query(f"{QUESTION} 죽음")).answered
        wait_until(lambda lost=before: shared._workers[0].process_id != lost and 1 in shared._free)  # type: ignore[misc]
        assert shared.processes == 2
        with shared._slot():
            assert shared.ask(Query(QUESTION)).answered


def test_one_that_dies_unasked_is_replaced_too(shared: SharedPipeline) -> None:
    before = shared._workers[0].process_id
    os.kill(before, signal.SIGBUS)
    wait_until(lambda: shared.processes == 1)
    shared.refresh()
    wait_until(lambda: shared.processes == 2 and 1 in shared._free)
    assert not Path(f"/proc/{before}").exists()


def test_f7_one_that_there_is_no_room_for_is_replaced_once_there_is(
    folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("api.answering.sharing._PAUSE", 0.1)
    fork, home, room = os.fork, os.getpid(), folder / "room"

    def crowded() -> int:
        if os.getpid() != home and not room.exists():
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        return fork()

    monkeypatch.setattr(os, "fork", crowded)
    shared: SharedPipeline = request.getfixturevalue("shared")
    os.kill(shared._workers[0].process_id, signal.SIGBUS)
    wait_until(lambda: shared.processes == 1)
    shared.refresh()
    wait_until(lambda: caplog.text.count("cannot be replaced now") > 1)
    room.touch()
    wait_until(lambda: shared.processes == 2 and 1 in shared._free)
    with shared._slot():
        assert shared.ask(Query(QUESTION)).answered


def test_f7_a_replacement_that_dies_at_once_is_replaced_too(
    shared: SharedPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.answering.sharing._PAUSE", 0.1)
    made: list[Worker] = []

    def short_lived(spawner: WorkerSpawner, make: Callable[[WorkerSpawner], Worker] = WorkerSpawner.worker) -> Worker:
        made.append(make(spawner))
        if len(made) == 1:
            os.kill(made[0].process_id, signal.SIGKILL)
            wait_until(lambda: not made[0].is_alive)
        return made[-1]

    monkeypatch.setattr(WorkerSpawner, "worker", short_lived)
    os.kill(shared._workers[0].process_id, signal.SIGBUS)
    wait_until(lambda: shared.processes == 1)
    shared.refresh()
    wait_until(lambda: shared.processes == 2 and 1 in shared._free)
    assert len(made) == 2


def test_f7_where_nothing_can_replace_it_any_more_that_is_said_once(
    shared: SharedPipeline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("api.answering.sharing._PAUSE", 0.1)
    assert shared._spawner is not None
    for process_id in (shared._spawner.process_id, shared._workers[0].process_id):
        os.kill(process_id, signal.SIGKILL)
    wait_until(lambda: shared.processes == 1)
    shared.refresh()
    wait_until(lambda: "cannot be replaced" in caplog.text)
    time.sleep(0.5)
    assert caplog.text.count("cannot be replaced") == 1
    assert shared.ask(Query(QUESTION)).answered


def test_f7_both_processes_notice_and_one_derives(shared: SharedPipeline, folder: Path) -> None:
    right = kept(shared.ask(Query(QUESTION)))
    with shared._slot():
        assert kept(shared.ask(Query(QUESTION))) == right
    for path in files(folder):
        zero(path)
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(shared.ask(Query(QUESTION)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [kept(answer) for answer in answers] == [right] * 6
    assert {answer.index.generation for answer in answers} == {2}
    assert current_number(folder) == 2


def test_a_reply_that_comes_too_late_is_not_taken_for_the_next_workers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawner = WorkerSpawner(lambda: open_pipeline(folder))
    monkeypatch.setattr("api.answering.worker_spawner._SECONDS", 0.0)
    os.kill(spawner.process_id, signal.SIGSTOP)
    with pytest.raises(OSError, match="no process came"):
        spawner.worker()
    monkeypatch.setattr("api.answering.worker_spawner._SECONDS", 60.0)
    threading.Timer(
        0.5, os.kill, (spawner.process_id, signal.SIGCONT)
    ).start()  # both replies come after it asked again
    worker = spawner.worker()
    forked = Path(f"/proc/{spawner.process_id}/task/{spawner.process_id}/children")
    wait_until(lambda: forked.read_text().split() == [str(worker.process_id)])  # the first one has nobody to answer
    worker.close()
    spawner.close()


def test_a_replacement_ends_with_the_first_process() -> None:
    processes = left_by(
        "from api.answering.worker_spawner import WorkerSpawner\n"
        "spawner = WorkerSpawner(lambda: None)\nworker = spawner.worker()\nprint(spawner.process_id, worker.process_id)"
    )
    wait_until(lambda: not any(_lives(int(process)) for process in processes.split()))


def _lives(process_id: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return False
