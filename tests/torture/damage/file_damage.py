"""F6, F7, F9, F10: index files torn, flipped, missing, of another index. All are derived: what is noticed is cured."""

import hashlib
import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from index.search.generation import current_number, open_current, path_of
from index.search.manifest import MANIFEST, read_manifest, write_manifest
from tests.torture.damage.damage import (
    Contents,
    Damages,
    contents,
    digest,
    flipped,
    outcome,
    paths_of,
    told_by_doctor,
    torn,
)
from tests.torture.kills.forking import MEMORY, Forker, forker
from tests.torture.kills.lives import CHANGED, copy, prepare
from tests.torture.records import Budget, Row

_FLIPS = 1000  # of each kind of file
_FORGED = 300
_MEMORY = 4 << 30  # bytes of address space for the process that loads a forged file
_SWAPPED = ("vectors/*.faiss", "lexical/*.term", "lexical/*.store", "lexical/meta.json", MANIFEST)
_WHOLE = "the whole generation"
_KINDS = ("vectors/*.faiss", "lexical/*", MANIFEST)


def run(budget: Budget) -> Iterator[Row]:
    with forker() as running:
        template = prepare(running, budget.work / "files", CHANGED)
        right = contents(template)
        yield _torn(budget, template, right)
        yield _flips(budget, template, right)
        yield _manifests(budget, template, right)
        yield _swapped(running, budget, template, right)
        yield _forged(running, budget, template, right)


def newest(folder: Path) -> Path:
    return path_of(folder, current_number(folder))


def _files(folder: Path) -> list[Path]:
    return paths_of(newest(folder), _KINDS)


def _damaged(folder: Path, right: Contents, damages: Damages, what: str) -> None:
    """A damaged derived file is noticed by the doctor, and then cured by the next opening."""
    if not told_by_doctor(folder):
        damages.tried += 1
        damages.undetected += 1
        damages.complain(f"{what}: the doctor sees nothing")
    elif outcome(folder, right, damages, what):
        damages.cured += 1


def _torn(budget: Budget, template: Path, right: Contents) -> Row:
    damages, draw = Damages(), random.Random(budget.seed)
    for path in _files(template):
        name, data = path.relative_to(template), path.read_bytes()
        variants = list(torn(data))
        for number, variant in enumerate(draw.sample(variants, budget.of(len(variants)))):
            folder = copy(template, budget.work / "torn")
            (folder / name).write_bytes(variant)
            _damaged(folder, right, damages, f"{name.name} torn {number}")
    return _row(damages, "F6", "index files and manifest torn: cut at every page, a page of zeros, junk behind")


def _flips(budget: Budget, template: Path, right: Contents) -> Row:
    """A flip inside white space of the manifest changes nothing, and so is no damage."""
    damages, draw = Damages(), random.Random(budget.seed)
    folder = copy(template, budget.work / "flips")
    for pattern in _KINDS:
        files = paths_of(newest(folder), [pattern])
        for number in range(budget.of(_FLIPS, 5)):
            path = draw.choice(files)
            data = path.read_bytes()
            path.write_bytes(flipped(data, draw))
            if path.name == MANIFEST and _json(path.read_bytes()) == _json(data):
                damages.tried, damages.harmless = damages.tried + 1, damages.harmless + 1
            elif number % 20 == 0:  # to the end: noticed, and the right answers all the same
                _damaged(copy(folder, budget.work / "flip"), right, damages, f"{path.name} flipped")
            else:
                _noticed(folder, damages, path)
            path.write_bytes(data)
    row = _row(damages, "F7", f"a flipped bit, {budget.of(_FLIPS, 5)} each in vectors, words and manifest")
    row.truncations, row.flips = None, row.truncations
    return row


def _json(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _noticed(folder: Path, damages: Damages, path: Path) -> None:
    """A generation with a damaged file is never opened."""
    damages.tried += 1
    opened = open_current(folder)
    if opened is None or opened.manifest.generation != current_number(folder):
        damages.refused += 1
    else:
        damages.undetected += 1
        damages.complain(f"{path.name} flipped: opened all the same")


def _manifests(budget: Budget, template: Path, right: Contents) -> Row:
    damages = Damages()
    for what, data in _bad_manifests(newest(template) / MANIFEST):
        folder = copy(template, budget.work / "manifest")
        path = newest(folder) / MANIFEST
        path.unlink() if data is None else path.write_bytes(data)
        _damaged(folder, right, damages, f"manifest {what}")
    folder = copy(template, budget.work / "manifest")
    newest(folder).rename(path_of(folder, current_number(folder) + 5))
    _damaged(folder, right, damages, "generation under another number")
    folder = copy(template, budget.work / "manifest")
    shutil.rmtree(folder / "generations")
    _damaged(folder, right, damages, "no generation at all")
    row = _row(damages, "F9", "manifest missing, empty, garbage, of another generation; no generation at all")
    row.truncations = None
    row.note = f"{damages.tried} variants; {row.note}"
    return row


def _bad_manifests(path: Path) -> Iterator[tuple[str, bytes | None]]:
    yield from (("missing", None), ("empty", b""), ("garbage", b"{"), ("list", b"[]"), ("deep", b"[" * 10_000))
    yield "points to a missing file", path.read_bytes().replace(b".faiss", b".faisx")
    older = sorted(manifest for manifest in path.parent.parent.glob(f"[0-9]*/{MANIFEST}") if manifest != path)
    if older:
        yield "of the generation before", older[-1].read_bytes()


def _swapped(running: Forker, budget: Budget, template: Path, right: Contents) -> Row:
    """mem0's case: a vector file that is whole, of the same size, and of other articles."""
    damages = Damages()
    others = [(article_id, version + 7) for article_id, version in reversed(CHANGED)]
    other = prepare(running, budget.work / "swap-other", others)
    for pattern in (*_SWAPPED, _WHOLE):
        folder = copy(template, budget.work / "swap")
        _swap(newest(folder), newest(other), pattern)
        _damaged(folder, right, damages, f"{pattern} of another index")
    row = _row(damages, "F10", "index files of another index put in place of its own, one kind at a time and all")
    row.truncations, row.note = None, f"{damages.tried} swaps; {row.note}"
    return row


def _swap(ours: Path, theirs: Path, pattern: str) -> None:
    if pattern == _WHOLE:
        shutil.rmtree(ours)
        shutil.copytree(theirs, ours)
        return
    for here, there in zip(sorted(ours.glob(pattern)), sorted(theirs.glob(pattern)), strict=False):
        here.write_bytes(there.read_bytes())


def _forged(running: Forker, budget: Budget, template: Path, right: Contents) -> Row:
    """Every checksum made right again: no promise holds against that, but it is seen what happens."""
    draw, seen, doctor = random.Random(budget.seed), Counter[str](), 0
    for _ in range(budget.of(_FORGED, 6)):
        folder = copy(template, budget.work / "forged")
        forge(newest(folder), draw)
        code, lines = running.run("load", folder, environment={MEMORY: str(_MEMORY)})
        said = lines[-1] if lines else ""
        changed = "other answers" if said != f"CONTENTS {digest(right)}" else "right answers"
        seen[f"ended by signal {-code}" if code < 0 else changed if said.startswith("CONTENTS") else said.lower()] += 1
        doctor += running.run("doctor", folder)[0] != 0
    note = ", ".join(f"{name} {count}" for name, count in seen.most_common())
    return Row(
        "F7", "a flipped bit with all checksums made right again, loaded in a process of its own: not promised",
        flips=seen.total(), note=f"{note}; the doctor complained of {doctor}", counted=False,
    )  # fmt: skip


def forge(path: Path, draw: random.Random) -> None:
    """Turn a bit of a file and put the new checksum into the manifest."""
    manifest = read_manifest(path)
    name = draw.choice([file for file in manifest.files if (path / file).stat().st_size])
    (path / name).write_bytes(flipped((path / name).read_bytes(), draw))
    sha256 = hashlib.sha256((path / name).read_bytes()).hexdigest()
    write_manifest(path, replace(manifest, files={**manifest.files, name: sha256}))


def _row(damages: Damages, faults: str, what: str) -> Row:
    note = f"noticed and derived again {damages.cured}, noticed {damages.refused}"
    note += f", no damage {damages.harmless}" if damages.harmless else ""
    return Row(
        faults, what, wrong_answers=damages.undetected, truncations=damages.tried, undetected=damages.undetected,
        note=note, complaints=damages.complaints,
    )  # fmt: skip
