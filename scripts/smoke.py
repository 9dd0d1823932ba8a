"""Run every script in its smallest form, to see that each still runs: ``python -m scripts.smoke [NAME...]``.

The figures mean nothing. Data sets in the layout of ../shared/data are made of the packaged articles, so nothing is
needed but the checkout; what needs other packages than are installed (matplotlib, scikit-learn, torch) is skipped, and
says so. ``--jobs`` scripts run side by side. Exit code 1 where one failed; what it printed is shown.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from shutil import which
from typing import Any

from scripts.bench.endurance import milvus_processes
from tests.support import postgres

ROOT = Path(__file__).resolve().parents[1]
PARAGRAPHS = {  # of each small data set
    "autorag_ko_embed": 6,
    "easylaw_senior_qa": 6,
    "kobest_boolq": 30,
    "korquad1": 8,
    "welfare_qa": 6,
}
QUESTIONS = 400  # of each, asked again under other ids: as many as the loads take
_SHORTEST = 20  # characters of a paragraph
_LONGEST = 300  # seconds of a script; a busy machine may need many


@dataclass(frozen=True, slots=True)
class Smoke:
    """One script: the flags that make it small, the packages that it cannot run without, and what else may be missing.

    ``{data}``: the small data sets; ``{index}``: a data folder; ``{cache}``, ``{work}``: folders to write to.
    """

    module: str
    flags: str
    needs: tuple[str, ...] = ()
    skipped: str = ""
    why_not: Callable[[], str | None] = lambda: None


SMOKES = (
    Smoke("bench.scale", "--like {index} --data {data} --passages 80 --vectors 2000 --seconds .05 --work {work} --out {work}/out"),
    Smoke("bench.endurance.bounds", "--only chats --size .005 --most 60 --out {work}/out.md"),
    Smoke("bench.endurance.soak", "--minutes .05 --out {work}/soak.md"),
    Smoke(
        "bench.endurance.nodes",
        "--only kills --without-standby --kills 1 --work {work} --out {work}/out",
        why_not=postgres.why_not,
    ),
    Smoke(
        "bench.endurance.milvus_cluster",
        "--kills 1 --passages 1500 --questions 5 --work {work} --out {work}/out.json",
        why_not=milvus_processes.why_not,
    ),
    Smoke("bench.endurance.scrubbing", "--articles 500 --rounds 1"),
    Smoke("bench.server", "--seconds .1 --silent 20"),
    Smoke("bench.store", "--like {index} --passages 100 --rounds 1 --kills 1 --scratch {work}"),
    Smoke("bench.lexical", "--data {data} --limit 20 --work {work} --rounds 1 --engines tantivy fts5"),
    Smoke("bench.encoder", "--engines int8 --rounds 1 --seconds .05 --paragraphs 10 --out {work}/out"),
    Smoke("bench.encoder_settings", "--rounds 1 --seconds .05 --paragraphs 4 --side-by-side 1 --out {work}/out"),
    Smoke("bench.encoder_limits", "peak --seconds .02"),
    Smoke("bench.peers", "--data {data} --documents 10 --questions 5 --peers geungeo --out {work}/out"),
    Smoke("bench.ingest", "{data}/scale/passages.jsonl.gz --articles 20 --out {work}/out"),
    Smoke("bench.start", "--data {index} --rounds 1 --out {work}/out"),
    Smoke("bench.vectors", "{index} --data {data} --cache {cache} --sizes 1000 --out {work}/out"),
    Smoke("bench.candidates", "{data}/korquad1 {index} --questions 5 --candidates 8"),
    Smoke("bench.reading.documents", "", skipped="it measures the files of ../shared/data/documents"),
    Smoke("bench.reading.bombs", "--size 0.001 --only CSV"),
    Smoke("bench.reading.decoding", "--data {data} --articles 20 --strings 50"),
    Smoke("bench.sentences", "--data {data}/seg_kiwi --splitters ours regex kiwi"),
    Smoke("bench.performance", "--tables --out {work}"),
    Smoke("bench.performance", "--out {work}", needs=("matplotlib",)),
    Smoke("docs.cli", "", skipped="a test compares its page with the parser"),
    Smoke("docs.http", "", skipped="a test compares its page with the API"),
    Smoke("docs.office_gold", "", skipped="a test runs its checks and compares its page"),
    Smoke("docs.house", "", skipped="a test counts a small tree; it runs mypy over a whole one"),
    Smoke("docs.picture", "", skipped="it photographs a running server in Chromium"),
    Smoke("release.sync_client", "", skipped="a test compares the client it makes"),
    Smoke("fit.line_joins", "", skipped="it fits on the easylaw pages, minutes long"),
    Smoke("docs.errors", "--out {work}/errors.md"),
    Smoke("docs.evaluation", "--data {data} --work {work} --only probe-welfare_qa --quick 5"),
    Smoke("docs.security_results", "--rows T5 --out {work}/out.md"),
    Smoke("fit.activation_ranges", "{data}/korquad1 --count 5 --out {work}/out.npz"),
    Smoke("fit.codebook", "{index} --out {work}/out.npz"),
    Smoke("fit.frequent_words", "{data}/scale/passages.jsonl.gz --least 2 --out {work}/out.txt"),
    Smoke("fit.vector_codes", "{data}/scale/passages.jsonl.gz --cache {cache} --out {work}/out.npz"),
    Smoke("fit.word_meanings", "{data}/scale/passages.jsonl.gz --characters 3000 --cache {cache} --dim 8 --out {work}/out.npz"),
    Smoke("fit.fusion", "--data {data} --work {work} --cache {cache} --count 4 --held-out {work} --out {work}/out.json", needs=("sklearn",)),
    Smoke("fit.answers", "report --work {work}", needs=("lightgbm", "sklearn")),
    Smoke("fit.reader", "", skipped="a test of the torch extra trains and exports in small"),
    Smoke("release.checks", "readme 1"),
    Smoke("release.answers", "{work}/out.jsonl --data {index} --count 2"),
    Smoke("release.shuffled_runs", "--runs 1 --workers 1 --out {work}/out.md tests/index/text/test_markdown.py"),
    Smoke("measure.conversations", "tune {index} --limit 2"),
    Smoke("measure.stand_alone_questions", "eval/data/office/tune/second/w9"),
    Smoke("measure.long_article", "--lines 300", needs=("playwright",), why_not=lambda: None if which("chromium") else "no Chromium"),
    Smoke("bench.endurance.light_node", "", skipped="bench.endurance.nodes runs it"),
    Smoke("writer.nightly", "", skipped="it fetches a server program and a model, minutes long"),
    Smoke("writer.program", "", skipped="writer.nightly runs it"),
    Smoke("peers.run_peer", "", skipped="bench.peers runs it on geungeo; the peers need environments of their own"),
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as bench.scale; all without")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    unknown = runnable() ^ {smoke.module for smoke in SMOKES} | set(arguments.names) - {
        smoke.module for smoke in SMOKES
    }
    if unknown:
        parser.error(f"the table of smoke runs and the scripts differ: {', '.join(sorted(unknown))}")
    chosen = [smoke for smoke in SMOKES if not arguments.names or smoke.module in arguments.names]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(arguments.jobs) as pool:
        places = prepare(Path(folder))
        before = changes()
        outcomes = list(pool.map(lambda number: run(chosen[number], number, places), range(len(chosen))))
    if (after := changes()) != before:
        print(f"a script wrote into the repository; it was\n{before}\nand is\n{after}")
    failed = outcomes.count(False)
    print(f"{outcomes.count(True)} ran, {outcomes.count(None)} skipped, {failed} failed")
    return int(failed > 0 or after != before)


def changes() -> str:
    """Return what git sees as changed; nothing where this is no repository."""
    command = ["git", "-C", str(ROOT), "diff", "--stat", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def runnable() -> set[str]:
    """Return the modules of scripts that can be run but this one, a folder with a ``__main__`` by its own name."""
    scripts = ROOT / "scripts"
    others = (path for path in scripts.rglob("*.py") if path != Path(__file__).resolve())
    paths = (path for path in others if '__name__ == "__main__"' in path.read_text("utf-8"))
    return {".".join(path.relative_to(scripts).with_suffix("").parts).removesuffix(".__main__") for path in paths}


def run(smoke: Smoke, number: int, places: dict[str, Path]) -> bool | None:
    """Return whether it ended well, None where it is skipped."""
    missing = [name for name in smoke.needs if find_spec(name) is None]
    reason = smoke.skipped or (f"needs {', '.join(missing)}" if missing else smoke.why_not())
    if reason:
        print(f"{smoke.module}: skipped, {reason}", flush=True)
        return None
    work = places["work"] / str(number)
    work.mkdir()
    filled = {name: str(path) for name, path in (places | {"work": work}).items()}
    command = [
        sys.executable,
        "-m",
        f"scripts.{smoke.module}",
        *(flag.format(**filled) for flag in smoke.flags.split()),
    ]
    environment = os.environ | {"GEUNGEO_CACHE": filled["cache"], "HF_HUB_OFFLINE": "1"}
    start = time.perf_counter()
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_LONGEST, check=False
        )
        code, told = str(done.returncode), done.stdout + done.stderr
    except subprocess.TimeoutExpired as error:
        code, told = "no end", f"{error}"
    print(
        f"{smoke.module}: {'ok' if code == '0' else f'FAILED ({code})'}, {time.perf_counter() - start:.1f} s",
        flush=True,
    )
    if code != "0":
        print("\n".join(["  " + " ".join(command), *(f"  | {line}" for line in told.splitlines()[-40:])]), flush=True)
    return code == "0"


# -------------------------------------------------------------------------------------------------- small data sets


def prepare(folder: Path) -> dict[str, Path]:
    """Make data sets, an index of the packaged articles, and where to write, all inside ``folder``."""
    places = {name: folder / name for name in ("data", "index", "cache", "work")}
    for path in places.values():
        path.mkdir()
    make_data(places["data"])
    command = [sys.executable, "-m", "rag.cli", "index", "--data", str(places["index"]), str(ROOT / "seeds")]
    environment = os.environ | {"GEUNGEO_CACHE": str(places["cache"])}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return places


def make_data(data: Path) -> None:
    paragraphs, gold = list(_paragraphs()), _lines(ROOT / "eval" / "data" / "seeds.jsonl")
    for name, count in PARAGRAPHS.items():
        _write_set(data / name, paragraphs[:count], gold)
    unanswerable = islice(cycle(gold_question for gold_question in gold if not gold_question["answerable"]), QUESTIONS)
    _write(
        data / "noanswer_probe_mkqa" / "queries.jsonl",
        ({"id": f"probe-{number}", "text": question["question"]} for number, question in enumerate(unanswerable)),
    )
    whole = [{"id": f"whole-{number}", "title": "", "text": text} for number, text in enumerate(_whole(paragraphs))]
    for name in ("easylaw/corpus.jsonl.gz", "scale/passages.jsonl.gz"):
        _write(data / name, whole)
    cut = (
        (paragraph["text"], [f"{part}." for part in paragraph["text"].rstrip(".").split(". ")])
        for paragraph in paragraphs
    )
    segments = (
        {"id": text[:9], "set": "seeds", "text": text, "sentences": parts} for text, parts in cut if text[-1] == "."
    )
    _write(data / "seg_kiwi" / "segments.jsonl", segments)


def _paragraphs() -> Iterator[dict[str, str]]:
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        lines = (line.strip() for line in path.read_text("utf-8").splitlines())
        for number, line in enumerate(line for line in lines if len(line) >= _SHORTEST):
            yield {"id": f"{path.stem}-{number}", "title": path.stem, "text": line}


def _whole(paragraphs: Sequence[dict[str, str]]) -> Iterator[str]:
    """Five paragraphs together, every paragraph in two of them."""
    for shift in (0, 2):
        for start in range(shift, len(paragraphs), 5):
            yield "\n".join(paragraph["text"] for paragraph in paragraphs[start : start + 5])


def _write_set(folder: Path, corpus: Sequence[dict[str, str]], gold: Iterable[dict[str, Any]]) -> None:
    """Questions whose answer some paragraph holds."""
    found = [
        (
            gold_question["question"],
            answer["text"],
            next(paragraph["id"] for paragraph in corpus if answer["text"] in paragraph["text"]),
        )
        for gold_question in gold
        for answer in gold_question["answers"][:1]
        if any(answer["text"] in paragraph["text"] for paragraph in corpus)
    ]
    asked = [(f"{folder.name}-{number}", *question) for number, question in enumerate(islice(cycle(found), QUESTIONS))]
    _write(folder / "corpus.jsonl", corpus)
    _write(folder / "queries.jsonl", ({"id": key, "text": question} for key, question, _, _ in asked))
    _write(folder / "answers.jsonl", ({"qid": key, "answers": [answer]} for key, _, answer, _ in asked))
    (folder / "qrels.tsv").write_text("".join(f"{key}\t{article}\t1\n" for key, _, _, article in asked), "utf-8")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _write(path: Path, records: Iterable[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with (gzip.open if path.suffix == ".gz" else open)(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


if __name__ == "__main__":
    sys.exit(main())
