"""The command line over a PostgreSQL: a data folder becomes a cache, every command knows it, and the way there and back."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from index.articles import Article
from index.errors import LockedError
from index.truth.shared_embedding import PORTION
from rag.cli import sharing
from tests.support.rag_support import build_index, geungeo_here
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[3]
BRIDGE = Article("다리", "새 다리", "울산에 새 다리가 놓인다. 다리의 길이는 3㎞다.")


def geungeo(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "rag.cli", *words],
        cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | environment,
    )  # fmt: skip


def here(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The same in this process: what is told of it here is not of the process."""
    done = geungeo_here(os.environ | environment, *words)
    return subprocess.CompletedProcess(words, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_from_a_folder_into_a_postgresql_on_to_another_node_and_back(tmp_path: Path, database: str) -> None:
    alone, node, back = (tmp_path / name for name in ("alone", "node", "back"))
    build_index(alone, [BRIDGE])
    moved = here("migrate-truth", "--to", database, "--data", str(alone))
    assert (moved.returncode, "글 1건" in moved.stderr) == (0, True), moved.stderr
    listed = geungeo("list", "--truth", database, "--data", str(node))
    assert listed.stdout.startswith("다리\t"), listed.stderr
    assert here("list", "--data", str(node)).stdout == listed.stdout  # the folder knows by now
    assert here("remove", "다리", "--data", str(node)).returncode == 0
    assert here("migrate-truth", "--from", database, "--data", str(back)).returncode == 0
    assert here("list", "--data", str(back)).stdout == ""
    assert here("list", "--data", str(alone)).stdout == listed.stdout  # what was left is as it was


@pytest.mark.model
def test_a_machine_helps_another_to_index(tmp_path: Path, database: str) -> None:
    file = tmp_path / "a.jsonl"
    lines = [
        json.dumps({"id": f"글 {at}", "title": "다리", "text": f"{at}번째 다리의 길이는 {at}㎞다."}, ensure_ascii=False)
        for at in range(2 * PORTION + 1)
    ]
    file.write_text("\n".join(lines), "utf-8")
    command = [sys.executable, "-m", "rag.cli", "work", "--truth", database, "--data", str(tmp_path / "helper")]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as helper, ExitStack() as undo:
        undo.callback(helper.kill)
        assert helper.stderr is not None
        assert "임베딩을 나누어" in helper.stderr.readline()
        wait_until(lambda: helpers(database) == 1)
        indexed = geungeo("index", str(file), "--truth", database, "--data", str(tmp_path / "node"))
        assert (indexed.returncode, f"추가 {len(lines)}건" in indexed.stderr) == (0, True), indexed.stderr
        helper.terminate()
        assert helper.wait(60) == 128 + signal.SIGTERM, helper.stderr.read()
    alone = here("work", "--data", str(tmp_path / "mine"))
    assert (alone.returncode, "--truth" in alone.stderr) == (2, True)


def helpers(database: str) -> int:
    import psycopg

    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'"
        ).fetchone()
        assert row is not None
        return int(row[0])


def test_a_postgresql_that_is_away_and_a_password_that_is_not_told(tmp_path: Path, database: str) -> None:
    away = "postgresql://u:p4ssw0rd@127.0.0.1:1/d"
    refused = here("list", "--data", str(tmp_path), GEUNGEO_TRUTH=away)
    assert refused.returncode == 6
    assert "127.0.0.1:1" in refused.stderr
    assert "p4ssw0rd" not in refused.stderr + (tmp_path / "truth.json").read_text()
    wrong = here("list", "--truth", "p4ssw0rd", "--data", str(tmp_path))
    assert (wrong.returncode, "p4ssw0rd" in wrong.stderr) == (2, False)


def test_the_driver_is_loaded_only_where_a_postgresql_is_named(tmp_path: Path) -> None:
    code = f"""
import sys
from rag.cli import main
assert main(["list", "--data", {str(tmp_path)!r}]) == 2
assert not [name for name in sys.modules if name.startswith("psycopg")]
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_without_the_extra_it_is_named(tmp_path: Path) -> None:
    code = f"""
import sys, importlib.util as u
found = u.find_spec
u.find_spec = lambda name, *more: None if name == "psycopg" else found(name, *more)
from rag.cli import main
sys.exit(main(["list", "--truth", "postgresql://h/d", "--data", {str(tmp_path)!r}]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True)
    assert (done.returncode, "geungeo[postgres]" in done.stderr) == (2, True), done.stderr


def test_who_is_interrupted_comes_to_an_end_of_what_it_does() -> None:
    """Not in the middle of a query, which would be told as an error of the truth."""
    told: list[str] = []

    def working(stop: threading.Event) -> None:
        signal.raise_signal(signal.SIGTERM)  # Python runs handlers in the first thread alone
        assert stop.wait(60)
        told.append("ended")

    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with pytest.raises(SystemExit, match="143"):
            sharing._until_interrupted(working)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert told == ["ended"]


def test_what_goes_wrong_beside_is_raised() -> None:
    def working(stop: threading.Event) -> None:
        raise LockedError("잠김", "locked")

    with pytest.raises(LockedError):
        sharing._until_interrupted(working)
