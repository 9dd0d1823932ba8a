"""F1, F4: killed at every step of an ingest, a removal and a recovery; what was acknowledged is there, and whole."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.articles import Article
from index.doctor import examine
from index.engine import Engine
from index.errors import NotFoundError, UnfinishedError
from index.system import failpoints
from tests.support.fakes import HashEncoder, RegexSplitter, make_index, open_index
from tests.support.killing import Killer, killer

OLD = Article("글-가", "옛 제목", "부산항에 첫째 부두가 열렸다.\n공사비는 1조6000억원이다.")
CHANGED = Article("글-가", "새 제목", "부산항에 둘째 부두가 열렸다.\n공사비는 2조6000억원이다.")
NEW = Article("글-나", "도서관", "대구에 도서관이 열렸다.\n장서는 30만 권이다.")
KEPT = Article("글-다", "축제", "전주에서 비빔밥 축제가 열렸다.")
INGEST = [name for name in failpoints.NAMES if not name.startswith(("migrate.", "store.delete"))]
REMOVE = ["store.delete", "publish.fsync", "publish.manifest", "publish.rename", "publish.renamed", "publish.collect"]
RECOVER = ["publish.vectors", "publish.lexical", "publish.fsync", "publish.rename", "publish.renamed"]


@pytest.fixture(scope="module")
def forking() -> Iterator[Killer]:
    with killer() as running:
        yield running


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_index(folder, RegexSplitter(), [KEPT, *(Article(f"채움-{n}", "", f"{n}번째 글이다.") for n in range(8))])
    make_index(folder, RegexSplitter(), [OLD])
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "data"))


def deleted_words(folder: Path) -> bool:
    """Whether any file still holds what OLD says."""
    return any("1조6000".encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def record(article: Article) -> dict[str, str]:
    return {"id": article.id, "title": article.title, "text": article.text}


def check(folder: Path, *, acknowledged: bool) -> None:
    """The old or the new, wholly; the new where it was acknowledged. And all three stores agree."""
    engine = open_index(folder, RegexSplitter())
    assert engine.article(KEPT.id) == KEPT
    found = [one(engine, OLD.id), one(engine, NEW.id)]
    assert found in ([[CHANGED, NEW]] if acknowledged else [[OLD, None], [CHANGED, NEW]])
    for article in (KEPT, *filter(None, found)):
        ((seq, _),) = engine.search_dense(HashEncoder().encode_queries([f"{article.title}\n{article.text}"]), 1)
        assert engine.passages([seq])[seq].article_id == article.id
    engine.close()
    assert examine(folder) == []


def only_unfinished(folder: Path) -> bool:
    """The doctor calls nothing damaged that the next start puts in order."""
    return all(isinstance(complaint, UnfinishedError) for complaint in examine(folder))


def one(engine: Engine, article_id: str) -> Article | None:
    try:
        return engine.article(article_id)
    except NotFoundError:
        return None


@pytest.mark.parametrize("name", INGEST)
def test_killed_at_each_step_of_an_ingest(folder: Path, forking: Killer, name: str) -> None:
    code, lines = forking.run("add", str(folder), record(CHANGED), record(NEW), failpoint=f"{name}:1:kill")
    assert code == -signal.SIGKILL
    assert only_unfinished(folder)
    check(folder, acknowledged=f"ACK {NEW.id}" in lines)
    assert forking.run("add", str(folder), record(CHANGED), record(NEW))[0] == 0  # and again, as a caller would
    check(folder, acknowledged=True)


@pytest.mark.parametrize("name", INGEST)
def test_the_very_first_ingest_killed_at_each_step(tmp_path: Path, forking: Killer, name: str) -> None:
    folder = tmp_path / "new"
    forking.run("add", str(folder), record(CHANGED), record(NEW), failpoint=f"{name}:1:kill")
    assert only_unfinished(folder)
    assert forking.run("add", str(folder), record(CHANGED), record(NEW))[0] == 0
    assert examine(folder) == []


@pytest.mark.parametrize("name", REMOVE)
def test_killed_at_each_step_of_a_removal(folder: Path, forking: Killer, name: str) -> None:
    code, lines = forking.run("remove", str(folder), OLD.id, failpoint=f"{name}:1:kill")
    assert (code, lines) == (-signal.SIGKILL, [])
    assert only_unfinished(folder)
    engine = open_index(folder, RegexSplitter())
    assert one(engine, OLD.id) in (OLD, None)
    gone = one(engine, OLD.id) is None
    engine.close()
    assert examine(folder) == []
    assert not (gone and deleted_words(folder))  # for whoever asks to remove it again is told that it is not there
    assert forking.run("remove", str(folder), OLD.id) == (0, ["REMOVED"])
    engine = open_index(folder, RegexSplitter())
    assert one(engine, OLD.id) is None
    engine.close()
    assert examine(folder) == []
    assert not deleted_words(folder)


def test_killed_three_deep_in_its_recovery(folder: Path, forking: Killer) -> None:
    """F4: the recovery of a recovery of a recovery."""
    forking.run("add", str(folder), record(CHANGED), record(NEW), failpoint="store.committed:1:kill")
    for name in RECOVER:
        code, _ = forking.run("open_and_close", str(folder), failpoint=f"{name}:1:kill")
        assert code == -signal.SIGKILL
    check(folder, acknowledged=True)


@pytest.mark.parametrize("name", ["publish.vectors", "publish.fsync", "publish.rename"])
@pytest.mark.parametrize("error", ["enospc", "eio"])
def test_a_full_or_failing_disk_while_publishing_loses_nothing(
    folder: Path, forking: Killer, name: str, error: str
) -> None:
    """F11, F12: exit by error, acknowledged articles durable, the old generation answering until the next opening."""
    code, lines = forking.run("add", str(folder), record(CHANGED), record(NEW), failpoint=f"{name}:1:{error}")
    assert (code, f"ACK {NEW.id}" in lines) == (1, True)
    check(folder, acknowledged=True)


def test_the_list_of_names_is_complete() -> None:
    """Every place in the code is known to the harness, and none it knows is gone."""
    root = Path(__file__).parents[2] / "index"
    found = {
        line.split('"')[1]
        for path in root.rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if 'reach("' in line
    }
    assert found == set(failpoints.NAMES)
