"""strace on a forked child: its system calls counted, killed at, or made to fail.

The child waits at its gate until strace holds it, so that counting begins with the task and not with Python's start.
Counting is each thread's own (strace's manual): the N-th call of the first thread to make that many is struck.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from index.system.failpoints import VARIABLE
from tests.torture.kills.forking import Child, Forker

CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat2", "ftruncate", "unlink", "unlinkat",
         "link", "linkat", "mkdir", "rmdir")  # fmt: skip
_ATTACH_SECONDS = 20.0


def missing() -> str:
    """Why nothing can be traced here, or nothing."""
    if shutil.which("strace") is None:
        return "strace is not installed (apt install strace)"
    done = subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"strace cannot trace here: {done.stderr.strip()[:100]}"


def traced(
    forker: Forker, task: str, *arguments: object, options: tuple[str, ...], begin_at: str = ""
) -> tuple[int, list[str]]:
    """Run a task under ``strace -f OPTIONS``: (exit code, the lines it printed).

    ``begin_at``: a failpoint from which strace is to count; else from the task's beginning.
    """
    environment = {VARIABLE: f"{begin_at}:1:stop"} if begin_at else {}
    child = forker.start(task, *arguments, gated=True, environment=environment)
    if begin_at:
        child.open_gate()
        if not child.stopped():
            return child.wait(), child.lines
    tracer = _attach(child, options)
    if begin_at:
        child.kill(18)  # SIGCONT
    else:
        child.open_gate()
    code = child.wait()
    tracer.wait(30)
    return code, child.lines


def _attach(child: Child, options: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    command = ["strace", "-f", "-qq", *options, "-p", str(child.pid)]
    if "-o" not in options:
        command[1:1] = ["-o", os.devnull]
    tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + _ATTACH_SECONDS
    while not _is_traced(child.pid):
        if time.monotonic() > deadline or tracer.poll() is not None:
            raise TimeoutError("strace does not attach")
        time.sleep(0.002)
    time.sleep(0.02)  # held, but perhaps not yet stopped for the first time
    return tracer


def _is_traced(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    return "TracerPid:\t0\n" not in status


def count_calls(forker: Forker, task: str, *arguments: object, begin_at: str = "") -> dict[str, int]:
    """How often each of ``CALLS`` is made by the thread that makes most of them, in a run that nothing disturbs."""
    with tempfile.NamedTemporaryFile() as log:
        options = ("-o", log.name, "-e", f"trace={','.join(CALLS)}")
        traced(forker, task, *arguments, options=options, begin_at=begin_at)
        made: Counter[tuple[str, str]] = Counter()
        for line in Path(log.name).read_text(errors="replace").splitlines():
            pid, _, rest = line.partition(" ")
            name = rest.strip().partition("(")[0]
            if name in CALLS:
                made[pid, name] += 1
    return {name: max((n for (_, call), n in made.items() if call == name), default=0) for name in CALLS}
