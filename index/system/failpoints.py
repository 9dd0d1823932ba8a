"""Named places where a test may kill, stop or fail the process: ``FAILPOINT=publish.rename:2:kill``.

At the second time that ``publish.rename`` is reached the process is killed. Without that variable nothing happens
anywhere. Actions: ``kill``, ``stop`` (SIGSTOP), ``enospc``, ``eio`` (OSError of that kind), ``sleep`` (ten seconds),
``exit``. ``NAMES`` lists every place, so that a harness can go through them all.
"""

import errno
import os
import signal
import time

NAMES = (
    "ingest.parse",
    "migrate.begin",
    "migrate.tables",
    "migrate.commit",
    "store.begin",
    "store.article",
    "store.passages",
    "store.commit",
    "store.committed",
    "store.delete",
    "publish.vectors",
    "publish.lexical",
    "publish.link",
    "publish.fsync",
    "publish.manifest",
    "publish.folders",
    "publish.rename",
    "publish.renamed",
    "publish.collect",
)
VARIABLE = "FAILPOINT"
_SLEEP_SECONDS = 10.0
_counts: dict[str, int] = {}


def reach(name: str) -> None:
    """Do here what ``FAILPOINT`` asks for; nothing where it is not set."""
    armed = os.environ.get(VARIABLE)
    if not armed:
        return
    wanted, number, action = armed.split(":")
    if wanted != name:
        return
    _counts[name] = _counts.get(name, 0) + 1
    if _counts[name] == int(number):
        _act(action, name)


def _act(action: str, name: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif action == "sleep":
        time.sleep(_SLEEP_SECONDS)
    elif action == "exit":
        os._exit(1)
    else:
        number = {"enospc": errno.ENOSPC, "eio": errno.EIO}[action]
        raise OSError(number, os.strerror(number), name)
