"""What every test may count on: no settings of the machine's, no network, and one Kiwi for the whole run."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from index.korean.sentences import SentenceSplitter
from tests.support.browser_fixtures import browser, service, shots, visit
from tests.support.postgres import database, new_database, postgres

__all__ = ["browser", "database", "new_database", "postgres", "service", "shots", "visit"]

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # for tests that import onnxruntime themselves (see index.encoders.bundled)
_STARTED_WITH = dict(os.environ)
_MEMORY = "/dev/shm"
_ROOM = 4 << 30  # bytes; a whole run leaves one gigabyte


def _has_room(folder: str) -> bool:
    """Whether the tests' folders fit there and into memory, and programs among them may be run."""
    try:
        free = os.statvfs(folder)
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return False
    available = next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), 0)
    if available < 2 * _ROOM:
        return False
    return free.f_bavail * free.f_frsize > _ROOM and not free.f_flag & os.ST_NOEXEC and os.access(folder, os.W_OK)


# To the disk goes everything that is committed or published, and a busy disk takes longer over it than the work itself:
# where there is room in memory the tests' folders lie there (pytest asks for the place when the first is made).
if sys.platform == "linux" and _has_room(_MEMORY):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _MEMORY)
# The same examples in every run, however busy the machine is; nothing is left behind in the working folder.
settings.register_profile(
    "geungeo", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("geungeo")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="also the tests marked full: minutes of what others do in small"
    )
    parser.addoption("--shuffle", metavar="SEED", help="files in random order, and the tests of each")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked ``full`` unless it was asked for."""
    left_out = [] if config.getoption("--full") else [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if seed := config.getoption("--shuffle"):
        from scripts.release.shuffled_runs import shuffle

        shuffle(items, random.Random(seed))


_ALONE = "GEUNGEO_TEST_ALONE"  # in the environment of the process that runs one test


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test marked ``alone`` in a process of its own: what one that ran a thousand tests holds says nothing of it."""
    if _ALONE in _STARTED_WITH or not pyfuncitem.get_closest_marker("alone"):
        return None
    command = [sys.executable, "-m", "pytest", "-q", "--full", pyfuncitem.nodeid]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = kept | {_ALONE: "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, cwd=pyfuncitem.config.rootpath, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(f"in a process of its own:\n{done.stdout}{done.stderr}", pytrace=False)
    return True


@pytest.fixture(autouse=True)
def scrubbed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No ``GEUNGEO_*`` of whoever runs the tests, and no model from the hub."""
    for name in list(os.environ):
        if name.startswith("GEUNGEO_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the encoder's graph is built once, for pytest-xdist's workers together; nobody may damage it."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "model-cache"


@pytest.fixture(scope="session")
def splitter() -> SentenceSplitter:
    """The real one; Kiwi takes two seconds to load."""
    return SentenceSplitter()
