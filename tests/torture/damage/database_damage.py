"""F8: the database itself damaged. It is the truth, so nothing can be derived: refused, or not in use, never believed."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from index.store.store import DATABASE
from index.system.failpoints import VARIABLE
from tests.torture.damage.damage import Contents, Damages, contents, flipped, outcome, told_by_doctor, torn
from tests.torture.kills.forking import Forker, forker
from tests.torture.kills.lives import CHANGED, copy, prepare
from tests.torture.records import Budget, Row

_HEADER = 100  # bytes
_PAGE = 4096
_PAGES = 50
_FLIPS = 1000
_LOG_FLIPS = 200


def run(budget: Budget) -> Iterator[Row]:
    with forker() as running:
        template = prepare(running, budget.work / "database", CHANGED)
        right = contents(template)
        yield _torn(budget, template, right)
        yield _flipped(budget, template, right)
        yield _log(running, budget, template)


def _torn(budget: Budget, template: Path, right: Contents) -> Row:
    damages, draw = Damages(), random.Random(budget.seed)
    variants = list(torn((template / DATABASE).read_bytes()))
    for number, variant in enumerate(draw.sample(variants, budget.of(len(variants), 8))):
        _try(budget, template, right, damages, DATABASE, variant, f"torn {number}")
    return _row(damages, "database torn: cut at every page, a page of zeros, junk behind", flips=False)


def _flipped(budget: Budget, template: Path, right: Contents) -> Row:
    """Bits of the header, of each of the first pages, and anywhere."""
    damages, draw = Damages(), random.Random(budget.seed)
    data = (template / DATABASE).read_bytes()
    for number, variant in enumerate(_flips(data, draw, budget)):
        _try(budget, template, right, damages, DATABASE, variant, f"flip {number}")
    return _row(damages, f"database: a flipped bit in its header, in each of {_PAGES} pages, anywhere", flips=True)


def _flips(data: bytes, draw: random.Random, budget: Budget) -> Iterator[bytes]:
    for _ in range(budget.of(_HEADER, 4)):
        yield flipped(data, draw, 0, _HEADER)
    for page in range(0, min(_PAGES * _PAGE, len(data)), _PAGE)[:: 1 if not budget.quick else 10]:
        yield flipped(data, draw, page, page + _PAGE)
    for _ in range(budget.of(_FLIPS, 10)):
        yield flipped(data, draw)


def _log(running: Forker, budget: Budget, template: Path) -> Row:
    """A server killed when all was published leaves a write-ahead log; what is in it alone goes with it."""
    damages, draw, name = Damages(), random.Random(budget.seed), f"{DATABASE}-wal"
    source = copy(template, budget.work / "logged")
    entries = [(article_id, version + 1) for article_id, version in CHANGED]
    running.run("ingest", source, entries, environment={VARIABLE: "publish.collect:3:kill"})
    log = (source / name).read_bytes()
    right = contents(copy(source, budget.work / "right"))
    variants = [b"", log[:100], log[: len(log) // 2], log[:-1], bytes(len(log)), log[::-1]]
    variants += [flipped(log, draw) for _ in range(budget.of(_LOG_FLIPS, 6))]
    for number, variant in enumerate(variants):
        _try(budget, source, right, damages, name, variant, f"log {number}")
    _try(budget, source, right, damages, name, None, "log deleted")
    _try(budget, source, right, damages, f"{DATABASE}-shm", None, "shared memory file deleted")
    row = _row(damages, "write-ahead log deleted, cut, flipped, after what it holds was published", flips=False)
    row.truncations, row.flips = len(variants) - budget.of(_LOG_FLIPS, 6) + 2, budget.of(_LOG_FLIPS, 6)
    return row


def _try(
    budget: Budget, template: Path, right: Contents, damages: Damages, name: str, data: bytes | None, what: str
) -> None:
    """Data None deletes the file."""
    folder = copy(template, budget.work / "damaged")
    (folder / name).unlink(missing_ok=True) if data is None else (folder / name).write_bytes(data)
    if outcome(folder, right, damages, what):
        damages.cured += told_by_doctor(folder)
    shutil.rmtree(folder)


def _row(damages: Damages, what: str, *, flips: bool) -> Row:
    harmless = damages.tried - damages.refused - damages.undetected - damages.crashed
    note = f"refused {damages.refused}; answered rightly {harmless}, of which the doctor complained in {damages.cured}"
    return Row(
        "F8", what, wrong_answers=damages.undetected, undetected=damages.undetected,
        truncations=None if flips else damages.tried, flips=damages.tried if flips else None,
        note=note, complaints=damages.complaints,
    )  # fmt: skip
