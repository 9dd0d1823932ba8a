"""What is deleted while a server runs is in no file of its folder once the answer is there: all bytes are searched."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw
import httpx
import numpy as np
import pytest

from api.answering.backend import Backend
from api.answering.encoder_queue import QueuedEncoder
from api.answering.readiness import PipelineHolder
from api.answering.sharing import SharedPipeline
from api.answering.worker import Worker
from api.app import Options
from api.articles import library as library_module
from api.articles.library import Library
from api.limits import Limits
from index.articles import Article
from index.ingest import Ingestor, remove_articles
from index.store.erasing import erase
from index.store.store import Store
from index.system import held_folders
from index.system.held_folders import HeldFolder
from rag.answers import Query, Watch
from rag.pipeline import Pipeline
from rag.question.aliases import Aliases
from tests.support.fakes import HashEncoder, RegexSplitter
from tests.support.killing import left_by
from tests.support.live_server import running
from tests.support.rag_support import GROUPS, build_index, hand_models, open_engine
from tests.support.service_fakes import put_index
from tests.support.waiting import wait_until

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
QUESTION = "둘째 비밀 QwErTy 수치는 얼마였나?"
_MANY = 40  # articles beside it, so that pages are shared, split and merged


def secret(number: int) -> Article:
    return Article(
        f"비밀-{number}",
        f"ZyXwV{number:03} 비밀 제목",
        f"첫째 비밀 QwErTy{number:03} 낱말이 있다. 둘째 비밀 QwErTy{number:03} 수치는 {number}원이었다. "
        * (1 + number % 5),
        source=f"비밀출처{number:03}",
        url=f"https://secret.example/{number:03}",
    )


def needles(folder: Path, article: Article) -> dict[str, bytes]:
    """Everything by which the article could be recognised in a file, as it is written and as it was given."""
    db = apsw.Connection(str(folder / "geungeo.db"), flags=apsw.SQLITE_OPEN_READWRITE)
    ((number,),) = db.execute("SELECT seq FROM articles WHERE id = ?", (article.id,))
    found = {
        f"text {at}": row[0] for at, row in enumerate(db.execute("SELECT text FROM texts WHERE article = ?", (number,)))
    }
    for at, row in enumerate(db.execute("SELECT vector, sentence_vectors FROM passages WHERE article = ?", (number,))):
        found |= {f"{name} {at}": value for name, value in zip(("vector", "vectors"), row, strict=True)}
    db.close()
    store = Store(folder)
    own = store.stored_article(article.id).passages[0].vector
    store.close()
    found["as float16"] = np.asarray(own, dtype=np.float16).tobytes()
    given = (
        article.title,
        article.text,
        article.source or "",
        article.url or "",
        article.text[:20],
        article.text[3:13],
    )
    return {name: data for name, data in found.items() if len(data) > 16} | {
        f"given {at}": text.encode() for at, text in enumerate(given)
    }


def found_in(folder: Path, wanted: dict[str, bytes]) -> list[tuple[str, str]]:
    """(file, what of it is there)."""
    found = []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            data = path.read_bytes() if path.is_file() else b""
            found += [(path.relative_to(folder).as_posix(), name) for name, needle in wanted.items() if needle in data]
    return found


@contextmanager
def backend(folder: Path, processes: int) -> Iterator[Backend]:
    splitter, encoder = RegexSplitter(), HashEncoder()

    def opened() -> Pipeline:
        return Pipeline(
            lambda: open_engine(folder, encoder, splitter), encoder, splitter, Aliases(GROUPS, splitter), hand_models()
        )

    workers = [Worker(opened) for _ in range(processes - 1)]
    queued = QueuedEncoder(HashEncoder())
    pipeline = SharedPipeline(opened(), workers) if workers else opened()
    yield Backend(pipeline, Library(folder, Ingestor(folder, queued, splitter), pipeline), closers=(queued.close,))


def secrets(folder: Path) -> None:
    build_index(folder, [secret(number) for number in range(_MANY)])


@pytest.fixture
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times a second, not once: at what others have deleted too, and whether it is in no file any more."""
    monkeypatch.setattr(PipelineHolder.keep_fresh, "__defaults__", (0.1,))


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
def served(tmp_path: Path, request: pytest.FixtureRequest, looks_often: None) -> Iterator[tuple[str, Path, Backend]]:
    folder = tmp_path / "data"
    put_index(folder, secrets)
    options = Options(limits=Limits(rate=1e6, burst=10**6))
    with backend(folder, request.param) as made, running(lambda: made, options) as url:
        wait_until(lambda: httpx.get(f"{url}/readyz", timeout=60).status_code == 200)
        for _ in range(4):
            assert httpx.post(f"{url}/v1/query", json={"question": QUESTION}, timeout=60).status_code == 200
        yield url, folder, made


def delete(url: str, article: Article) -> httpx.Response:
    return httpx.delete(f"{url}/v1/articles/{article.id}", timeout=60)


def test_f34_deleted_words_are_in_no_file_while_the_server_runs(served: tuple[str, Path, Backend]) -> None:
    url, folder, _ = served
    for number in (7, 0, 39, 20, 21, 22, 8):
        wanted = needles(folder, secret(number))
        assert found_in(folder, wanted)
        answer = delete(url, secret(number))
        assert answer.status_code == 204, answer.text
        assert found_in(folder, wanted) == []
    assert (folder / "geungeo.db-wal").stat().st_size == 0


def test_f34_so_are_those_of_an_article_that_came_a_moment_ago(served: tuple[str, Path, Backend]) -> None:
    url, folder, _ = served
    own = secret(500)
    fields = {"title": own.title, "text": own.text, "source": own.source, "url": own.url}
    assert httpx.put(f"{url}/v1/articles/{own.id}", json=fields, timeout=60).status_code == 201
    wanted = needles(folder, own)
    assert delete(url, own).status_code == 204
    assert found_in(folder, wanted) == []


def test_f34_whatever_is_asked_meanwhile(served: tuple[str, Path, Backend]) -> None:
    url, folder, _ = served
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            assert httpx.post(f"{url}/v1/query", json={"question": QUESTION}, timeout=60).status_code == 200

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(3):
            wanted = needles(folder, secret(number))
            answer = delete(url, secret(number))
            assert answer.status_code == 204, answer.text
            assert found_in(folder, wanted) == []
    finally:
        ended.set()
        for thread in threads:
            thread.join()


class Reading(Watch):
    """A question that holds on to what it reads until it is released."""

    def __init__(self) -> None:
        self.begun, self.release = threading.Event(), threading.Event()

    def stage(self, name: str) -> None:
        if name == "evidence":
            self.begun.set()
            assert self.release.wait(120)


def test_f34_a_question_that_goes_on_makes_it_202_and_the_job_ends_when_the_words_are_gone(
    served: tuple[str, Path, Backend], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder, made = served
    monkeypatch.setattr(library_module, "_ERASE_SECONDS", 0.3)
    wanted, watch = needles(folder, secret(7)), Reading()
    asking = threading.Thread(target=made.pipeline.ask, args=(Query(QUESTION), watch))
    asking.start()
    assert watch.begun.wait(60)
    answer = delete(url, secret(7))
    assert (answer.status_code, answer.json()["state"], answer.headers["retry-after"]) == (202, "running", "1")
    assert httpx.get(f"{url}/v1/articles/{secret(7).id}", timeout=60).status_code == 404
    job = f"{url}{answer.headers['location']}"
    time.sleep(0.5)  # some looks
    assert httpx.get(job, timeout=60).json()["state"] == "running"
    watch.release.set()
    asking.join()
    wait_until(lambda: httpx.get(job, timeout=60).json()["state"] == "done")
    assert found_in(folder, wanted) == []


def test_f34_a_removal_from_the_command_line_too(served: tuple[str, Path, Backend]) -> None:
    """The server needs two looks."""
    _, folder, _ = served
    wanted = needles(folder, secret(7))
    remove_articles(folder, [secret(7).id])
    assert erase(folder, 60.0)
    assert found_in(folder, wanted) == []


def test_f34_files_that_a_killed_server_was_reading_are_gone_too(
    served: tuple[str, Path, Backend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_folders, "_BEING_MADE", -1.0)
    url, folder, _ = served
    wanted = needles(folder, secret(7))
    left_by(
        "import sys\nfrom pathlib import Path\nfrom index.system.held_folders import HeldFolder\n"
        "held = HeldFolder(Path(sys.argv[1]))\n(held.path / '0.txt').write_text(sys.argv[2])",
        folder / "uploads",
        secret(7).text,
    )
    mine = HeldFolder(folder / "uploads")  # of an upload that goes on
    assert delete(url, secret(7)).status_code == 204
    assert found_in(folder, wanted) == []
    assert mine.path.exists()


@pytest.mark.usefixtures("looks_often")
def test_f34_what_a_killed_removal_left_is_gone_soon_after_the_start(tmp_path: Path) -> None:
    """Its log is as it was, as a kill leaves it."""
    put_index(tmp_path, secrets)
    wanted = needles(tmp_path, secret(7))
    left_by(
        "import sys\nfrom pathlib import Path\nfrom index.ingest import remove_articles\nfrom index.store.store import Store\n"
        "from tests.api.articles.test_erasing import build_index, secret\n"
        "folder = Path(sys.argv[1])\nbuild_index(folder, [secret(501)])\nheld = Store(folder)\n"
        "remove_articles(folder, [secret(7).id])",
        tmp_path,
    )
    assert found_in(tmp_path, wanted)
    with backend(tmp_path, 1) as made, running(lambda: made) as url:
        wait_until(lambda: httpx.get(f"{url}/readyz", timeout=60).status_code == 200)
        wait_until(lambda: not found_in(tmp_path, wanted))
