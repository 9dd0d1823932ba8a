"""A folder lasts no longer than its process, and while that lives nobody removes it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index.system import held_folders
from index.system.held_folders import HeldFolder, remove_left
from tests.support.killing import left_by


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_folders, "_BEING_MADE", -1.0)


def test_it_stays_while_it_is_held_and_goes_when_it_is_removed(tmp_path: Path) -> None:
    held = HeldFolder(tmp_path / "uploads")
    (held.path / "0").write_bytes(b"secret")
    remove_left(tmp_path / "uploads")
    assert (held.path / "0").exists()
    with ThreadPoolExecutor(1) as other:
        other.submit(held.remove).result()
        other.submit(held.remove).result()
    assert list((tmp_path / "uploads").iterdir()) == []


def test_what_a_killed_process_left_goes(tmp_path: Path) -> None:
    left_by(
        "import sys\nfrom pathlib import Path\nfrom index.system.held_folders import HeldFolder\n"
        "held = HeldFolder(Path(sys.argv[1]))\n(held.path / '0').write_bytes(b'secret')",
        tmp_path,
    )
    assert len(list(tmp_path.glob("*/0"))) == 1
    remove_left(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_just_being_made_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_folders, "_BEING_MADE", 60.0)
    (tmp_path / "new").mkdir()
    remove_left(tmp_path)
    assert (tmp_path / "new").exists()


def test_where_there_is_nothing_there_is_nothing_to_do(tmp_path: Path) -> None:
    remove_left(tmp_path / "nowhere")
    (tmp_path / "file").write_bytes(b"")
    remove_left(tmp_path)
    assert (tmp_path / "file").exists()
