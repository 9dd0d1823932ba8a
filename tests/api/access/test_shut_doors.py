"""S1, S2: whatever happens to the files, a server whose data folder ever had a key serves nobody without one.

Tried here: keys.json removed, moved away, made a link to nowhere or to itself, made a folder, emptied, cut, ``"keys": {}``
and ``[]`` and ``null``, another format, made unreadable; with the marker removed too; with the server started before and
after; with the whole data folder moved away under it; nobody's address; a database that is gone. Of the other ways in:
addresses with ``..``, ``//`` and ``%2e`` beside the open ones, other methods on open addresses, a request without an
address, a key in both headers that differs, empty and revoked keys (``test_access.py``), a host by another name
(``HostGuard``), another site's page (``require_same_site``).
"""

import asyncio
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.types import Message

from api.access.keys import MARKER, KeyFile, Scope
from api.app import Options, create_app
from api.server import serve
from index.errors import CorruptIndexError, UsageError
from tests.support.api_fakes import FakePipeline, assert_problem, call
from tests.support.service_fakes import make_service


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _rewritten(value: object) -> Callable[[Path], object]:
    return lambda path: path.write_text(json.dumps({"format": 1, "keys": value}))


def _dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere/keys.json")


def _looping(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


LOSSES: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "moved": lambda path: path.rename(path.with_name("keys.json.bak")),
    "dangling": _dangling,
    "looping": _looping,
    "a folder": _folder,
    "a pipe that nobody writes to": _pipe,
    "a device without an end": _endless,
    "longer than any": lambda path: path.write_bytes(path.read_bytes() + b" " * (1 << 20)),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "an object": _rewritten({}),
    "a list of none": _rewritten([]),
    "null": _rewritten(None),
    "a text": _rewritten(""),
    "another format": lambda path: path.write_text('{"format": 3, "keys": []}'),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def shut(app: FastAPI, token: str) -> None:
    for headers in ({}, {"X-API-Key": token}):
        assert_problem(call(app, "GET", "/v1/articles", headers=headers), 503, "keys_unreadable")
        assert call(app, "POST", "/v1/query", body={"question": "부두"}, headers=headers).status_code == 503
        assert call(app, "DELETE", "/v1/articles/x", headers=headers).status_code == 503
        assert call(app, "GET", "/metrics", headers=headers).status_code == 503
    assert call(app, "GET", "/healthz").status_code == 200


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("marker", [True, False], ids=["marker kept", "marker removed"])
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "started after"])
def test_s1_without_its_keys_it_is_shut(
    folder: Path, loss: str, marker: bool, restarted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    keys = KeyFile(folder)
    _, token = keys.create("가", [Scope.ADMIN])
    app = make_service(folder, Options(keys=KeyFile(folder)))
    assert call(app, "GET", "/v1/articles", headers={"X-API-Key": token}).status_code == 200
    LOSSES[loss](keys.path)
    if not marker:
        (folder / MARKER).unlink()
    if restarted:
        app = make_service(folder, Options(keys=KeyFile(folder)))
    with caplog.at_level(logging.ERROR, "api.access.access"):
        shut(app, token)
    assert len([record for record in caplog.records if record.name == "api.access.access"]) == 1


def test_s1_a_new_key_is_the_way_back_in(folder: Path) -> None:
    keys = KeyFile(folder)
    keys.create("가", [Scope.ADMIN])
    app = make_service(folder, Options(keys=keys))
    keys.path.unlink()
    assert call(app, "GET", "/v1/articles").status_code == 503
    _, token = KeyFile(folder).create("나", [Scope.ASK])
    assert call(app, "GET", "/v1/articles", headers={"X-API-Key": token}).status_code == 200
    assert_problem(call(app, "GET", "/v1/articles"), 401, "key_required")


def test_s1_keys_of_an_earlier_release_are_remembered_from_the_first_request_on(folder: Path) -> None:
    """It left no marker, and nothing in the database."""
    keys = KeyFile(folder)
    _, token = keys.create("가", [Scope.ADMIN])
    (folder / MARKER).unlink()
    app = make_service(folder, Options(keys=KeyFile(folder)))
    assert call(app, "GET", "/v1/articles", headers={"X-API-Key": token}).status_code == 200
    assert (folder / MARKER).exists()
    keys.path.unlink()
    (folder / MARKER).unlink()
    shut(make_service(folder, Options(keys=KeyFile(folder))), token)


def test_s1_a_key_that_is_lost_the_moment_it_was_made(folder: Path) -> None:
    """Both files are gone before the server has looked again: the database says so."""
    app = make_service(folder, Options(keys=KeyFile(folder)))
    assert call(app, "GET", "/v1/articles").status_code == 200
    keys = KeyFile(folder)
    _, token = keys.create("가", [Scope.ADMIN])
    keys.path.unlink()
    (folder / MARKER).unlink()
    shut(app, token)


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "started after"])
def test_s1_a_damaged_file_of_an_earlier_release_may_be_deleted(folder: Path, restarted: bool) -> None:
    """As its error says, before a new key is made: nobody comes in meanwhile."""
    keys = KeyFile(folder)
    app = make_service(folder, Options(keys=keys))
    keys.path.write_bytes(b"{")
    shut(app, "gg_")
    keys.path.unlink()
    if restarted:
        app = make_service(folder, Options(keys=KeyFile(folder)))
    shut(app, "gg_")


def test_s2_a_folder_that_cannot_be_looked_into_says_nothing_of_keys(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = KeyFile(folder)
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", _refused)
        with pytest.raises(CorruptIndexError):
            keys.needed()
    assert not keys.needed()


def _refused(_: Path) -> None:
    raise PermissionError


def test_s1_the_folder_moved_away_opens_nothing(folder: Path) -> None:
    keys = KeyFile(folder)
    _, token = keys.create("가", [Scope.ADMIN])
    app = create_app(FakePipeline(), Options(keys=keys))
    assert call(app, "GET", "/v1/models", headers={"X-API-Key": token}).status_code == 200
    folder.rename(folder.with_name("elsewhere"))
    assert call(app, "GET", "/v1/models").status_code == 503
    assert call(app, "GET", "/v1/models", headers={"X-API-Key": token}).status_code == 503


def test_s2_where_no_key_was_ever_made_this_machine_is_served(folder: Path) -> None:
    keys = KeyFile(folder)
    assert call(make_service(folder, Options(keys=keys)), "GET", "/v1/articles").status_code == 200
    keys.path.write_text("{}")
    with pytest.raises(CorruptIndexError):
        keys.needed()


def test_s2_a_server_says_at_its_start_that_it_is_shut(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    keys = KeyFile(folder)
    keys.create("가", [Scope.ASK])
    keys.path.unlink()
    with pytest.raises(UsageError):
        serve(FakePipeline(), Options(keys=KeyFile(folder)), host="0.0.0.0")
    create_app(FakePipeline(), Options(keys=KeyFile(folder)))
    assert "nobody is let in" in caplog.text


def test_s2_a_request_from_no_address_is_nobody_s() -> None:
    """Its connection may be gone before the server asked where it came from."""
    app, statuses = create_app(FakePipeline()), []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        statuses.append(message.get("status"))

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": "/v1/articles",
        "raw_path": b"/v1/articles", "query_string": b"", "root_path": "", "scheme": "http", "client": None,
        "headers": [(b"host", b"127.0.0.1")], "server": ("127.0.0.1", 80),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert statuses[0] == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "//v1/articles"), ("GET", "/static/../v1/articles"), ("GET", "/static/%2e%2e/v1/articles"), ("POST", "/"),
        ("GET", "/healthz/"), ("GET", "/healthz/../v1/articles"), ("DELETE", "/static/app.js"), ("GET", "/V1/articles"),
        ("GET", "/static/..%2f..%2fkeys.json"), ("GET", "/v1/articles;/static/"), ("GET", "/?/../v1/articles"),
    ],
)  # fmt: skip
def test_s1_no_way_round_by_the_open_addresses(folder: Path, method: str, path: str) -> None:
    keys = KeyFile(folder)
    keys.create("가", [Scope.ADMIN])
    answer = call(make_service(folder, Options(keys=keys)), method, path)
    assert answer.status_code in (401, 404, 405) or answer.text.lstrip().startswith("<!")
    assert "부산" not in answer.text
    assert "sha256" not in answer.text
