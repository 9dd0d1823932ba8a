"""Children forked from a process that has everything loaded: a life takes a tenth of a second, and can be ended anywhere.

The forking process has one thread and does nothing but fork and reap; what a child prints comes to us by a pipe.
"""

import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.torture.records import ROOT

# What a child's environment may ask for, before its task begins:
GATE = "TORTURE_GATE"  # wait for a byte on standard input
DESCRIPTORS = "TORTURE_DESCRIPTORS"  # so many files open at once
MEMORY = "TORTURE_MEMORY"  # so many bytes of address space
USER = "TORTURE_USER"  # be this user, without any group


@dataclass(slots=True)
class Child:
    """A task running in a process of its own."""

    pid: int
    _forker: "Forker"
    _output: int
    _gate: int | None
    lines: list[str] = field(default_factory=list)
    _rest: bytes = b""
    _ended: bool = False

    def read_line(self, seconds: float = 60.0) -> str:
        """The next line it prints, empty when it has ended; what a kill cut off was not said. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._rest and not self._ended:
            self._fill(deadline)
        line, whole, self._rest = self._rest.partition(b"\n")
        if not whole:
            return ""
        self.lines.append(line.decode())
        return line.decode()

    def _fill(self, deadline: float) -> None:
        ready, _, _ = select.select([self._output], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError(f"child {self.pid} says nothing")
        data = os.read(self._output, 65536)
        self._rest += data
        self._ended = not data

    def open_gate(self) -> None:
        if self._gate is not None:
            os.write(self._gate, b"\n")

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid, number)

    def wait(self, seconds: float = 120.0) -> int:
        """Its exit code, minus the signal that ended it; all it printed is in ``lines``."""
        while self.read_line(seconds):
            pass
        code = self._forker.reap(self.pid)
        os.close(self._output)
        if self._gate is not None:
            os.close(self._gate)
        return code

    def stopped(self, seconds: float = 30.0) -> bool:
        """Whether it has stopped itself (a failpoint's ``stop``), and not ended, within that time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = _state(self.pid)
            if state in ("T", "t"):
                return True
            if state in ("Z", ""):
                return False
            time.sleep(0.002)
        raise TimeoutError(f"child {self.pid} neither stops nor ends")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


class Forker:
    """Starts tasks of :mod:`tests.torture.tasks` by name."""

    def __init__(self, process: "subprocess.Popen[bytes]", ours: socket.socket) -> None:
        self._process = process
        self._socket = ours
        self._answers = ours.makefile("r")

    def start(
        self, name: str, *arguments: object, environment: Mapping[str, str] | None = None, gated: bool = False
    ) -> Child:
        """``environment`` holds for the child alone."""
        own = dict(environment or {})
        output, theirs = os.pipe()
        gate, ours = os.pipe() if gated else (os.open(os.devnull, os.O_RDONLY), None)
        if gated:
            own[GATE] = "1"
        task = {"name": name, "arguments": [_plain(argument) for argument in arguments], "environment": own}
        socket.send_fds(self._socket, [json.dumps(task).encode() + b"\n"], [theirs, gate])
        os.close(theirs)
        os.close(gate)
        return Child(int(self._answers.readline()), self, output, ours)

    def run(self, name: str, *arguments: object, environment: Mapping[str, str] | None = None) -> tuple[int, list[str]]:
        """(exit code, the lines it printed)."""
        child = self.start(name, *arguments, environment=environment)
        return child.wait(), child.lines

    def reap(self, pid: int) -> int:
        self._socket.sendall(json.dumps({"reap": pid}).encode() + b"\n")
        return int(self._answers.readline())

    def close(self) -> None:
        self._answers.close()
        self._socket.close()
        self._process.wait(20)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


@contextmanager
def forker(environment: Mapping[str, str] | None = None, *, serving: bool = False) -> Iterator[Forker]:
    """``environment`` holds for the forking process and all its children; ``serving``: servers will be among them."""
    ours, theirs = socket.socketpair()
    merged = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "RUST_BACKTRACE": "0",
        **(environment or {}),
    }
    command = [sys.executable, "-m", "tests.torture.kills.forking", str(theirs.fileno()), *["serving"] * serving]
    process = subprocess.Popen(command, cwd=ROOT, env=merged, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()
    running = Forker(process, ours)
    try:
        yield running
    finally:
        running.close()


def _serve(connection: socket.socket) -> None:
    while True:
        data, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 2)
        while data and not data.endswith(b"\n"):
            data += connection.recv(1 << 20)
        if not data:
            return
        task = json.loads(data)
        if "reap" in task:
            answer = os.waitstatus_to_exitcode(os.waitpid(task["reap"], 0)[1])
        else:
            answer = _fork(task, descriptors, connection)
        connection.sendall(f"{answer}\n".encode())


def _fork(task: Mapping[str, Any], descriptors: list[int], connection: socket.socket) -> int:
    pid = os.fork()
    if not pid:
        connection.close()
        os.dup2(descriptors[0], 1)
        os.dup2(descriptors[1], 0)
        _run(task)
    for descriptor in descriptors:
        os.close(descriptor)
    return pid


def _prepare(wishes: Mapping[str, str]) -> None:
    for name, limit in ((DESCRIPTORS, resource.RLIMIT_NOFILE), (MEMORY, resource.RLIMIT_AS)):
        if name in wishes:
            resource.setrlimit(limit, (int(wishes[name]), int(wishes[name])))
    if USER in wishes:
        os.setgroups([])
        os.setgid(int(wishes[USER]))
        os.setuid(int(wishes[USER]))
    if GATE in wishes:
        os.read(0, 1)


def _run(task: Mapping[str, Any]) -> None:
    from tests.torture import tasks

    code = 1
    try:
        os.environ.update(task["environment"])
        _prepare(task["environment"])
        code = int(getattr(tasks, task["name"])(*task["arguments"]) or 0)
    except BaseException as error:  # the parent is told, and goes on forking
        print("ERROR", type(error).__name__, str(error).replace("\n", " "), flush=True)
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    import faiss  # noqa: F401  (once, in the parent)
    import tantivy  # noqa: F401

    from tests.torture import tasks

    if sys.argv[2:]:
        tasks.warm()
    with socket.socket(fileno=int(sys.argv[1])) as theirs:
        _serve(theirs)
