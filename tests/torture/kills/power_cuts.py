"""F5: the power goes: whatever was not synced is lost. ext4 on a loop device, whose image is copied at each failpoint.

The child stops itself at the failpoint; the image file then holds what ext4 has given to the device and nothing that
still waits in the page cache. A copy of it is mounted, its journal replayed, and the index in it opened. The same
with all fsyncs left out shows that this test can see a loss.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from index.system import failpoints
from index.system.failpoints import VARIABLE
from tests.torture.invariant import inspect
from tests.torture.kills.forking import Forker, forker
from tests.torture.kills.lives import INGEST, KEPT, Tally, begin, ledger_of, read_acknowledgements
from tests.torture.records import Budget, Row
from tests.torture.tasks import NO_SYNC

_MIB = 48
_OPTIONS = "loop,noatime,commit=300"  # ext4 writes its journal on its own account only after five minutes
_TIMES = (1, 2, 3)
_STEPS = [name for name in failpoints.NAMES if not name.startswith("migrate.") and name != "store.delete"]


def run(budget: Budget) -> Iterator[Row]:
    what = "power cut: everything not synced is lost (ext4 on a loop device, copied at each step of an ingest)"
    row, control = Row("F5", what), Row("F5", "the same with fsync left out: a control, which must lose", counted=False)
    absent = unmountable(budget.work)
    if absent:
        row.skipped = control.skipped = absent
        yield from (row, control)
        return
    with forker() as running:
        template = _image(running, budget.work / "template.img", budget.work / "mount")
        points = [f"{name}:{number}:stop" for name in _STEPS for number in _TIMES]
        points = points[:: max(1, len(points) // budget.of(len(points), 4))]
        cuts = _cuts(running, budget, template, points)
        sloppy = _cuts(running, budget, template, ["store.committed:3:stop", "publish.collect:3:stop"], {NO_SYNC: "1"})
    found = cuts.row(row.faults, row.what, "the last acknowledged transaction is the one just committed")
    lost = sloppy.row(control.faults, control.what, "synchronous=OFF and no fsync: shows that losses are seen")
    lost.counted = False
    if not (lost.lost or lost.torn):
        found.complaints.append("the control without fsync lost nothing: this test sees no losses here")
    yield from (found, lost)


def unmountable(folder: Path) -> str:
    """Why no image can be mounted here, or nothing."""
    if os.geteuid():
        return "needs root to mount"
    if not shutil.which("mkfs.ext4"):
        return "mkfs.ext4 is not installed"
    image, place = folder / "try.img", folder / "try"
    try:
        _make(image)
        with mounted(image, place):
            return ""
    except subprocess.CalledProcessError as error:
        return f"a loop device cannot be mounted here: {error.stderr.decode().strip()[:100]}"
    finally:
        image.unlink(missing_ok=True)


def _make(image: Path) -> None:
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(_MIB << 20)
    command("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)


@contextmanager
def mounted(image: Path, place: Path, options: str = _OPTIONS) -> Iterator[Path]:
    place.mkdir(parents=True, exist_ok=True)
    command("mount", "-o", options, image, place)
    try:
        yield place
    finally:
        command("umount", place)


def command(*arguments: object) -> None:
    subprocess.run([str(argument) for argument in arguments], check=True, capture_output=True)


def _image(running: Forker, image: Path, place: Path) -> Path:
    _make(image)
    with mounted(image, place):
        code, lines = running.run("ingest", place / "data", KEPT)
        if code:
            raise RuntimeError(f"preparing the image: {lines}")
    return image


def _cuts(
    running: Forker, budget: Budget, template: Path, points: Sequence[str], environment: Mapping[str, str] | None = None
) -> Tally:
    tally, live, cut = Tally(), budget.work / "live.img", budget.work / "cut.img"
    for point in points:
        own = {VARIABLE: point, **(environment or {})}
        command("cp", "--sparse=always", template, live)
        ledger = ledger_of()
        begin(ledger, INGEST)
        with mounted(live, budget.work / "mount") as place:
            child = running.start("ingest", place / "data", *INGEST.arguments, environment=own)
            stopped = child.stopped()
            if stopped:
                command("cp", "--sparse=always", live, cut)
                child.kill()
            child.wait()
            read_acknowledgements(ledger, child.lines)
        if not stopped:
            continue
        with mounted(cut, budget.work / "mount") as place:
            tally.add(inspect(place / "data", ledger), ledger.acknowledged)
    return tally
