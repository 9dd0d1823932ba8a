"""S3: what is written of articles is for its owner alone, whatever the umask, unless it was asked otherwise."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.backup.export import export_backup
from index.store.store import Store
from index.system.files import file_mode
from rag.settings import load_settings
from tests.support.rag_support import build_index

BESIDE = ("geungeo.db", "geungeo.db-wal", "geungeo.db-shm")


@pytest.fixture(params=[0o022, 0])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder: Path) -> dict[str, int]:
    """While a reader and a writer have the database open, so that the files beside it are there."""
    reader, writer = Store(folder), Store(folder, writable=True)
    found = {name: mode(folder / name) for name in ("", *BESIDE, "generations")}
    reader.close()
    writer.close()
    export_backup(folder, folder.parent / "backup.zip")
    return found | {"backup": mode(folder.parent / "backup.zip")}


@pytest.mark.parametrize("before", ["absent", "empty"])
def test_s3_nobody_else_reads_it(tmp_path: Path, umask: int, before: str) -> None:
    folder = tmp_path / "a" / "data"
    if before == "empty":
        folder.mkdir(parents=True)
    build_index(folder)
    assert modes(folder) == {"": 0o700, "generations": 0o700} | dict.fromkeys((*BESIDE, "backup"), 0o600)


def test_the_mode_of_a_folder_that_holds_something_is_its_owner_s_matter(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "읽어 보기.txt").touch()
    build_index(folder)
    assert (mode(folder), mode(folder / "geungeo.db"), mode(folder / "generations")) == (0o755, 0o600, 0o700)


def test_asked_otherwise_the_umask_decides(tmp_path: Path, umask: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEUNGEO_SHARED", "1")
    folder = tmp_path / "data"
    build_index(folder)
    found = modes(folder)
    assert (found[""], found["geungeo.db"], found["backup"]) == (0o777 & ~umask, 0o666 & ~umask, 0o666 & ~umask)


@pytest.mark.parametrize("value", ["1", "true", "on", "0", "false", "", "Y"])
def test_it_is_read_as_the_setting_is(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEUNGEO_SHARED", value)
    assert load_settings().shared == (file_mode() == 0o666)
