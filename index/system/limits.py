"""What a process of its own may cost: address space and time, by the kernel."""

import signal
from pathlib import Path

# What the kernel ends a process with whose time is up; None on Windows.
ALARM: int | None = getattr(signal, "SIGALRM", None)
PROCESSOR_ALARM: int | None = getattr(signal, "SIGPROF", None)


def in_use() -> int:
    """Return the address space this process takes, in bytes; 0 where that is not told (not Linux)."""
    try:
        import resource

        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        return 0


def limit_memory(beyond: int | None) -> None:
    """Allow no more address space than now and ``beyond`` bytes; None lifts the limit again. Linux only."""
    if not (now := in_use()):
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = hard if beyond is None else now + beyond
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def set_processor_alarm(seconds: float) -> None:
    """Have the kernel end the process by PROCESSOR_ALARM after so many seconds of its own processor time; 0 for no more.

    Not on Windows. Unlike :func:`set_alarm` it does not mistake a busy machine for a process that hangs.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def set_alarm(seconds: float) -> None:
    """Have the kernel end the process by ALARM after ``seconds``, whatever it is doing; 0 for no more. Not on Windows."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
