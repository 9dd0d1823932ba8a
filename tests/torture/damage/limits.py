"""F13, F14: too few file descriptors, a disk that is read-only, a folder of somebody else's."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from index.errors import StorageError
from tests.torture import texts
from tests.torture.invariant import PROBES, inspect
from tests.torture.kills.forking import DESCRIPTORS, USER, Child, Forker, forker
from tests.torture.kills.http_kills import wait_until_ready
from tests.torture.kills.lives import INGEST, Tally, begin, copy, ledger_of, prepare, read_acknowledgements
from tests.torture.kills.power_cuts import command
from tests.torture.ledger import Ledger
from tests.torture.records import Budget, Row
from tests.torture.traffic import Connection, path_of

_FEW = (8, 12, 16, 20, 24, 28, 32, 40, 48, 64)  # descriptors for an ingest
_SERVED = 256  # for a server
_NOBODY = 65534


def run(budget: Budget) -> Iterator[Row]:
    with forker(serving=True) as running:
        template = prepare(running, budget.work / "limits")
        yield _few_descriptors(running, budget, template)
        yield _crowded(running, budget, template)
        yield _read_only(running, budget, template)
        yield _not_permitted(running, budget, template)


def _few_descriptors(running: Forker, budget: Budget, template: Path) -> Row:
    tally, refused = Tally(), 0
    for most in _FEW[:: 3 if budget.quick else 1]:
        folder, ledger = copy(template, budget.work / "life"), ledger_of()
        begin(ledger, INGEST)
        code, lines = running.run("ingest", folder, *INGEST.arguments, environment={DESCRIPTORS: str(most)})
        read_acknowledgements(ledger, lines)
        refused += code != 0
        if code not in (0, StorageError.exit_code):
            tally.found.complain(f"{most} descriptors: ended with {code}: {lines[-1:]}")
        tally.add(inspect(folder, ledger), ledger.acknowledged)
    row = tally.row("F13", "an ingest with 8 to 64 file descriptors")
    row.kill_points, row.note = None, f"{tally.points} limits, of which {refused} were too low and said so"
    return row


def _crowded(running: Forker, budget: Budget, template: Path) -> Row:
    """As many connections as there are descriptors, then none: it answers, writes, and has closed what it opened."""
    folder, ledger, tally = copy(template, budget.work / "life"), ledger_of(), Tally()
    child = running.start("serve", folder, environment={DESCRIPTORS: str(_SERVED)})
    url = child.read_line()
    wait_until_ready(url)
    put(url, "앞", 1, ledger)
    before = _descriptors(child)
    with _crowd(url, _SERVED) as connected:
        with suppress(OSError):
            put(url, "사이", 1, ledger)
        at_most = _descriptors(child)
    wait_until_ready(url)
    _settle(child, before)
    if put(url, "뒤", 1, ledger) != 201:
        tally.found.complain("a write after the crowd was refused")
    after = _descriptors(child)
    if after > before + 4:
        tally.found.complain(f"{after} descriptors open, {before} before the crowd")
    child.kill()
    child.wait()
    tally.add(inspect(folder, ledger), ledger.acknowledged)
    row = tally.row("F13", f"as many connections to a server as it has file descriptors ({_SERVED})")
    row.kill_points, row.note = (
        None,
        f"{connected} connections; descriptors open: {before} before, {at_most} at most, {after} afterwards",
    )
    return row


@contextmanager
def _crowd(url: str, count: int) -> Iterator[int]:
    address = ("127.0.0.1", int(url.rsplit(":", 1)[1]))
    with ExitStack() as stack:
        connected = 0
        for _ in range(count):
            with suppress(OSError):
                stack.enter_context(socket.create_connection(address, timeout=1.0))
                connected += 1
        yield connected


def _descriptors(child: Child) -> int:
    return len(os.listdir(f"/proc/{child.pid}/fd"))  # noqa: PTH208


def _settle(child: Child, before: int) -> None:
    deadline = time.monotonic() + 15
    while _descriptors(child) > before and time.monotonic() < deadline:
        time.sleep(0.1)


def put(url: str, article_id: str, version: int, ledger: Ledger) -> int:
    """Write one article over HTTP and enter it into the books; the status."""
    ledger.begin(article_id, version)
    record = {name: value for name, value in texts.record(article_id, version).items() if name != "id"}
    connection = Connection(url)
    status, _ = connection.call("PUT", path_of(article_id), record)
    connection.close()
    if status in (200, 201):
        ledger.acknowledge(article_id, version)
    return status


def _read_only(running: Forker, budget: Budget, template: Path) -> Row:
    """Bound read-only: a server starts and answers, a write is refused and nothing has changed."""
    row = Row("F14", "a data folder on a read-only disk (bind mount): answers, writes are refused")
    folder, place = copy(template, budget.work / "life"), budget.work / "bound"
    place.mkdir(exist_ok=True)
    try:
        command("mount", "--bind", folder, place)
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        row.skipped = f"cannot bind a folder here: {error}"
        return row
    try:
        command("mount", "-o", "remount,ro,bind", place)
        return _reading_only(running, row, place)
    finally:
        command("umount", "-l", place)


def _not_permitted(running: Forker, budget: Budget, template: Path) -> Row:
    """As somebody who may read and not write."""
    row = Row("F14", "a data folder that its reader may not write (another user's): answers, writes are refused")
    if os.geteuid():
        row.skipped = "needs root to be somebody else"
        return row
    folder = Path(tempfile.mkdtemp()) / "data"
    try:
        command("chmod", "a+rx", folder.parent)
        command("chmod", "-R", "a+rX,go-w", copy(template, folder))
        return _reading_only(running, row, folder, {USER: str(_NOBODY)})
    finally:
        shutil.rmtree(folder.parent)


def _reading_only(running: Forker, row: Row, folder: Path, environment: Mapping[str, str] | None = None) -> Row:
    ledger, statuses = ledger_of(), dict[str, int]()
    child = running.start("serve", folder, environment=environment)
    url = child.read_line()
    wait_until_ready(url)
    connection = Connection(url)
    statuses["question"], _ = connection.call("POST", "/v1/query", {"question": PROBES[0]})
    served = [connection.article(article_id) for article_id in ledger.ids()]
    statuses["PUT"] = put(url, "새글", 1, Ledger())
    statuses["DELETE"], _ = connection.call("DELETE", path_of(ledger.ids()[0]))
    child.kill()
    child.wait()
    found = ledger.judge_all([answer for answer in served if answer is not None])
    code, _ = running.run("ingest", folder, *INGEST.arguments, environment=environment)
    row.lost, row.torn, row.wrong_answers, row.complaints = found.lost, found.torn, found.wrong, found.complaints
    row.note = f"answered: {statuses}; an ingest ends with {code}"
    if statuses["question"] != 200 or {statuses["PUT"], statuses["DELETE"]} != {503} or code != 6:
        row.complaints.append(f"not as promised: {row.note}")
    return row
