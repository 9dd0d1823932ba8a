"""Which geungeo measured, so that a report can be made again."""

import datetime
import platform
import subprocess
from pathlib import Path

from index.system.version import installed_version

_ROOT = Path(__file__).resolve().parents[2]


def provenance() -> dict[str, str | None]:
    """Return version, commit where it runs from a clone, time (UTC), Python and the kind of machine."""
    return {
        "version": installed_version(),
        "commit": _commit(),
        "created_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _commit() -> str | None:
    """Return twelve digits, with ``-dirty`` where the clone has changes; ``None`` outside a clone."""
    if not (_ROOT / ".git").exists():
        return None
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
