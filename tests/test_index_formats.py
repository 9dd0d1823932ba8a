"""F31: an index made by an earlier release is brought up to date, wherever that is interrupted."""

import signal
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import failpoints
from index.checkup import examine
from index.generation import current_number
from index.manifest import store_version_of
from index.store import Store
from tests.fakes import ARTICLES, HashEncoder
from tests.killing import Killer, as_made, killer

FIXTURES = Path(__file__).parent / "fixtures" / "indexes"
STEPS = ["migrate.begin", "migrate.sentences", "migrate.commit"] + [name for name in failpoints.NAMES if name.startswith("publish.") and name != "publish.link"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Made by the release before (tests/fakes.py: three articles, then all four, one of them changed)."""
    with tarfile.open(FIXTURES / "format-1.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "index-format-1"


@pytest.fixture(scope="module")
def forking() -> Iterator[Killer]:
    with killer() as running:
        yield running


def check(folder: Path) -> None:
    engine = as_made(folder)
    assert [engine.article(one.id) for one in ARTICLES] == list(ARTICLES)
    for one in ARTICLES:
        ((seq, score),) = engine.search_dense(HashEncoder().encode_queries([f"{one.title}\n{one.text}"]), 1)
        assert engine.passages([seq])[seq].article_id == one.id
        assert score > 0.9
    engine.close()
    assert examine(folder) == []


def test_the_format_before_opens(folder: Path) -> None:
    assert store_version_of(folder / "generations" / "000002") > 0
    check(folder)
    assert current_number(folder) == 3


def test_and_takes_new_articles(folder: Path) -> None:
    store = Store(folder, writable=True)
    store.delete([ARTICLES[0].id])
    store.close()
    engine = as_made(folder)
    assert engine.manifest.articles == len(ARTICLES) - 1
    engine.close()


@pytest.mark.parametrize("name", STEPS)
def test_killed_while_being_brought_up_to_date(folder: Path, forking: Killer, name: str) -> None:
    code, _ = forking.run("open_as_made", str(folder), failpoint=f"{name}:1:kill")
    assert code == -signal.SIGKILL
    check(folder)
