"""Keys: S2, S3, S4 of docs/testing.md; a file of hashes, shown once, revocable, taken up by a running server."""

import ast
import hashlib
import json
import os
import re
import stat
import statistics
import time
from pathlib import Path

import pytest

from api.access.keys import EVERY_SCOPE, KeyFile, Scope
from api.app import Options
from api.server import serve
from index.errors import CorruptIndexError, NotFoundError, StorageError, UsageError
from rag.cli import parser as cli
from tests.support.api_fakes import FakePipeline

ROOT = Path(__file__).parents[3]


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path)


def test_s3_only_the_hash_is_kept_and_nobody_else_may_read_it(keys: KeyFile, tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        key, token = keys.create("논산 시청", [Scope.ASK])
    finally:
        os.umask(umask)
    assert re.fullmatch(r"gg_[A-Za-z0-9_-]{43}", token)
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert token not in keys.path.read_text()
    assert token.removeprefix("gg_") not in keys.path.read_text()
    assert key.sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert json.loads(keys.path.read_text())["keys"][0]["name"] == "논산 시청"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys.json", "keys.lock", "keys.made"]


def test_s3_tokens_are_drawn_at_random(keys: KeyFile) -> None:
    tokens = [keys.create(f"{number}", [Scope.ASK])[1] for number in range(100)]
    assert len(set(tokens)) == 100
    for place in range(3, 20):  # 100 draws of 64 letters: no place is the same letter for all, or nearly
        assert len({token[place] for token in tokens}) > 30


def test_a_key_is_found_until_it_is_revoked(keys: KeyFile, tmp_path: Path) -> None:
    running = KeyFile(tmp_path)  # as a server has it, open all the while
    assert running.all() == ()
    first, first_token = keys.create("가", [Scope.ASK])
    second, second_token = keys.create("나", [Scope.WRITE])
    assert [running.find(token.encode()) for token in (first_token, second_token)] == [first, second]
    keys.revoke(first.id)
    assert running.find(first_token.encode()) is None
    assert running.find(second_token.encode()) == second
    assert running.any_active()
    keys.revoke(second.id)
    assert not running.any_active()
    assert len(running.all()) == 2  # the door stays closed


@pytest.mark.parametrize("token", [b"", b"gg_", "키".encode(), b"\xff\xfe", b"a" * 100_000, b"\x00", b"*"])
def test_s3_anything_else_is_no_key(keys: KeyFile, token: bytes) -> None:
    keys.create("가", [Scope.ADMIN])
    assert keys.find(token) is None


def test_a_hash_is_no_key(keys: KeyFile) -> None:
    key, _ = keys.create("가", [Scope.ADMIN])
    assert keys.find(key.sha256.encode()) is None


@pytest.mark.parametrize(
    ("scopes", "allows"),
    [
        ([Scope.ASK], {Scope.ASK}), ([Scope.WRITE], {Scope.ASK, Scope.WRITE}), ([Scope.ADMIN], EVERY_SCOPE),
        ([Scope.ASK, Scope.WRITE], {Scope.ASK, Scope.WRITE}),
    ],
)  # fmt: skip
def test_scopes_imply_lower_ones(keys: KeyFile, scopes: list[Scope], allows: set[Scope]) -> None:
    assert keys.create("가", scopes)[0].allows == allows


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{", b'{"format": 3, "keys": []}', b'{"format": 1}', b'{"format": 1, "keys": [{}]}', b"\xff",
        b'{"format": 1, "keys": [{"id": 1, "name": "", "scopes": ["ask"], "sha256": "", "created_at": "", "revoked_at": null}]}',
        b'{"format": 1, "keys": [{"id": "", "name": "", "scopes": ["ask"], "sha256": "\\ud800", "created_at": "", "revoked_at": null}]}',
        b'{"format": 1, "keys": [{"id": "", "name": "", "scopes": ["root"], "sha256": "", "created_at": "", "revoked_at": null}]}',
    ],
)  # fmt: skip
def test_a_damaged_file_lets_nobody_in(keys: KeyFile, content: bytes) -> None:
    keys.path.write_bytes(content)
    with pytest.raises(CorruptIndexError, match="keys create"):
        keys.find(b"gg_")
    with pytest.raises(CorruptIndexError):
        keys.create("가", [Scope.ASK])
    assert keys.path.read_bytes() == content


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        KeyFile(tmp_path / "file" / "data").create("가", [Scope.ASK])


def test_an_unknown_id(keys: KeyFile) -> None:
    with pytest.raises(NotFoundError):
        keys.revoke("0000")


def test_s2_without_a_key_only_this_machine_is_served(keys: KeyFile) -> None:
    with pytest.raises(UsageError) as caught:
        serve(FakePipeline, Options(keys=keys), host="0.0.0.0", port=0)
    assert caught.value.exit_code == 2
    assert "geungeo keys create" in caught.value.korean
    assert "geungeo keys create" in caught.value.english
    key, _ = keys.create("가", [Scope.ASK])
    keys.revoke(key.id)
    with pytest.raises(UsageError):
        serve(FakePipeline, Options(keys=keys), host="0.0.0.0", port=0)


def test_s2_over_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.http.logs.configure_logs", lambda: None)  # it is for a process of its own
    assert cli.main(["serve", "--data", str(tmp_path), "--host", "0.0.0.0", "--port", "0"]) == 2
    assert "geungeo keys create" in capsys.readouterr().err


def test_s4_secrets_are_compared_in_constant_time_only() -> None:
    """No ``==`` with a hash, a token or a secret in it, anywhere in the package."""
    wrong = []
    for path in (ROOT / "api").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                names = ast.unparse(node)
                if re.search(r"token|secret|sha256", names):
                    wrong.append(f"{path.name}: {names}")
    assert wrong == []


@pytest.mark.alone
def test_s4_a_near_miss_takes_as_long_as_any_other(keys: KeyFile) -> None:
    """Welch's t of interleaved trials: first byte wrong against last byte wrong."""
    _, token = keys.create("가", [Scope.ASK])
    first, last = b"x" + token.encode()[1:], token.encode()[:-1] + b"*"
    times: dict[bytes, list[int]] = {first: [], last: []}
    for turn in range(4_000):
        for candidate in (first, last) if turn % 2 else (last, first):
            start = time.perf_counter_ns()
            keys.find(candidate)
            times[candidate].append(time.perf_counter_ns() - start)
    a, b = (
        sorted(values)[: len(values) * 9 // 10] for values in times.values()
    )  # without what the machine did besides
    error = (statistics.variance(a) / len(a) + statistics.variance(b) / len(b)) ** 0.5
    difference = abs(statistics.mean(a) - statistics.mean(b))
    assert difference / error < 4.5 or difference < 100, f"{difference:.0f} ns"


def test_no_secret_is_written_into_the_package() -> None:
    for path in (ROOT / "api").rglob("*.py"):
        assert not re.search(r"gg_[A-Za-z0-9_-]{20,}", path.read_text("utf-8")), path


class TestCommand:
    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
        code = cli.main(["keys", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    def test_create_list_revoke(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        data = ("--data", str(tmp_path))
        code, out, err = self.run(capsys, "create", "총무과\x1b[31m", "--scope", "ask, write", *data)
        token = out.strip()
        assert (code, token[:3], "지금 적어 두세요" in err, token in err) == (0, "gg_", True, False)
        [key] = KeyFile(tmp_path).all()
        assert (key.name, key.scopes) == ("총무과␛[31m", (Scope.ASK, Scope.WRITE))
        code, out, _ = self.run(capsys, "list", *data)
        assert out.split("\t")[:2] == [key.id, "ask,write"]
        code, out, _ = self.run(capsys, "list", "--json", *data)
        assert json.loads(out) == {"id": key.id, "name": key.name, "scopes": ["ask", "write"],
                                   "created_at": key.created_at, "revoked_at": None, "collections": None}  # fmt: skip
        assert self.run(capsys, "revoke", key.id, "--lang", "en", *data)[0] == 0
        assert KeyFile(tmp_path).find(token.encode()) is None
        assert self.run(capsys, "list", *data)[1].split("\t")[3] != "-"

    @pytest.mark.parametrize(
        "arguments",
        [("create", "가", "--scope", "root"), ("create", "가", "--scope", ""), ("create", ""), ("create", "가" * 101),
         ("revoke", "없음")],
    )  # fmt: skip
    def test_usage(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
        code, out, err = self.run(capsys, *arguments, "--data", str(tmp_path))
        assert (code, out, len(err.splitlines())) == (2, "", 1)
