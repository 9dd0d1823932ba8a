"""A PostgreSQL of the test's own: on 127.0.0.1, as an unprivileged user, in a folder that goes with it."""

import importlib.util
import itertools
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

USER = "geungeo"
_USERS = ("postgres", "nobody")  # to become where the tests run as root, which PostgreSQL refuses
_SECONDS = 60.0
_numbers = itertools.count(1)
_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")  # sessions that write ask for more themselves


def why_not() -> str | None:
    """Return what is missing, None where a server can be started."""
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed: pip install '.[postgres]'"
    if programs() is None:
        return "no PostgreSQL server here (Debian: apt install postgresql)"
    return None


def programs() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    folders = [*debian, *([Path(found).parent] if found else [])]
    return next((one for one in folders if (one / "initdb").exists() and (one / "postgres").exists()), None)


class Server:
    """One server; ``start`` and ``kill`` as often as wanted, on the same data and port."""

    def __init__(self, settings: Sequence[str] = _QUICK, *, clone_of: "Server | None" = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="geungeo-pg-", dir="/tmp"))
        self.port = _free_port()
        self._settings = [*settings, "listen_addresses=127.0.0.1", f"port={self.port}",
                          f"unix_socket_directories={self.folder}", "log_min_messages=fatal",
                          "dynamic_shared_memory_type=mmap"]  # in its folder: a killed one leaves none behind  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _user()
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        if clone_of is None:
            self.run("initdb", "-D", self.data, "-E", "UTF8", "--locale=C", "--auth=trust", "-U", USER, "--no-sync")
        else:
            self.run(
                "pg_basebackup",
                "-D",
                self.data,
                "-R",
                "-X",
                "stream",
                "-c",
                "fast",
                "--no-sync",
                "-d",
                clone_of.uri("postgres"),
            )

    @property
    def data(self) -> str:
        """Its data folder."""
        return str(self.folder / "data")

    def uri(self, database: str = "postgres", **parameters: str) -> str:
        """Return the address of one of its databases."""
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}{query and f'?{query}'}"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs to its end."""
        subprocess.run(
            self._command(program, *arguments), check=True, capture_output=True, cwd=self.folder, timeout=_SECONDS
        )

    def start(self) -> "Server":
        """Return once it answers."""
        options = [word for one in self._settings for word in ("-c", one)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command("postgres", "-D", self.data, *options), stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + _SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)
        return self

    def kill(self) -> None:
        """Kill -9 all of it, as a power cut would."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                for process_id in _family(self._process.pid):
                    os.kill(process_id, signal.SIGKILL)
            self._process.wait()
            self._process = None
            (Path(self.data) / "postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """End it well."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # "fast": connections are closed
            self._process.wait(_SECONDS)
            self._process = None

    def remove(self) -> None:
        """End it and leave nothing."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self, program: str, *arguments: str) -> list[str]:
        folder = programs()
        assert folder is not None
        become = []
        if self._user is not None:
            become = ["setpriv", f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}", "--clear-groups"]
        return [*become, str(folder / program), *arguments]

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.uri("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _family(process_id: int) -> list[int]:
    """Return a process and all that it has begun, itself first: killed later, it would see them go."""
    found = [process_id]
    for one in found:
        with suppress(OSError):
            found += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
    return found


def _free_port() -> int:
    """One that the system gives nobody who connects: until the server is there, seconds later, it stays free."""
    while True:
        port = random.SystemRandom().randrange(15_000, 30_000)
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


def _user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    return next(pwd.getpwnam(name) for name in _USERS if name in {one.pw_name for one in pwd.getpwall()})


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One for all tests; each has a schema of its own in it."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    server = Server().start()
    yield server
    server.remove()


@pytest.fixture
def new_database(postgres: Server) -> Callable[[], str]:
    """Makes an empty schema, which is as good as a database and made sooner, and gives its address."""
    import psycopg

    def make() -> str:
        name = f"t{next(_numbers)}"
        with psycopg.connect(postgres.uri(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return postgres.uri(options=f"-csearch_path%3D{name}")

    return make


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The address of an empty place of this test's own."""
    return new_database()
