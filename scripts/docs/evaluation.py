"""Measure every set in every protocol and rewrite the tables of docs/evaluation.md. One command, resumable in parts.

    python -m scripts.docs.evaluation --data ../shared/data --work FOLDER            # everything
    python -m scripts.docs.evaluation --data ../shared/data --work FOLDER --only korquad1 --quick [QUESTIONS]
    python -m scripts.docs.evaluation --tables                                       # only the document, from docs/results/evaluation
    python -m scripts.docs.evaluation --data ../shared/data --work FOLDER --write-baselines   # eval/baselines: CI compares with office and seeds

Each part leaves numbers (no texts) in docs/results/evaluation/PART.json; --quick asks 100 questions a part, or QUESTIONS, and leaves them in
--work instead, so that no table is ever made of them. Further flags go to ``geungeo eval`` as they are: --adopt DIR.
"""

import argparse
import json
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.cli import main as geungeo

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "evaluation.md"
RESULTS = ROOT / "docs" / "results" / "evaluation"
BASELINES = ROOT / "eval" / "baselines"
HELD_OUT = ROOT / "scripts" / "held_out"
QUICK = 100
FEW = 20  # questions; of fewer no figure is shown
MIXED = ("--protocol", "mixed", "--distractors", "{data}/easylaw")
PROBE = ("--probe", "{data}/noanswer_probe_mkqa")
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """One run of ``geungeo eval``."""

    name: str
    dataset: str
    flags: tuple[str, ...] = ()


PARTS = (
    Part("seeds", "seeds", ("--half", "test")),
    Part("autorag_ko_embed", "autorag_ko_embed", ("--ablation",)),
    Part("korquad1", "korquad1", ("--ablation",)),
    Part("korquad1-mixed", "korquad1", (*MIXED, "--ablation")),
    Part("kobest_boolq", "kobest_boolq", ("--sample", "1500", "--ablation")),
    Part("easylaw_senior_qa", "easylaw_senior_qa", ("--ablation",)),
    Part("easylaw_senior_qa-mixed", "easylaw_senior_qa", (*MIXED, "--ablation")),
    Part("welfare_qa", "welfare_qa", ("--sample", "1500", "--ablation")),
    Part("welfare_qa-mixed", "welfare_qa", (*MIXED, "--sample", "1500", "--ablation")),
    Part("probe-easylaw", "easylaw_senior_qa", (*MIXED, *PROBE)),
    Part("probe-welfare_qa", "welfare_qa", (*PROBE, "--sample", "1500")),
    Part("robustness-seeds", "seeds", ("--robustness", "--no-answers")),
    Part("robustness-korquad1", "korquad1", ("--robustness", "--no-answers", "--sample", "300")),
)
OURS = "eval/data/office/test"  # in the repository, not in --data
BASELINE_PARTS = (
    Part("seeds", "seeds"),
    Part("office", OURS),
    Part("korquad1-300", "korquad1", ("--sample", "300")),
)


def run(part: Part, options: argparse.Namespace, extra: Sequence[str], more: Sequence[str] = ()) -> Path:
    """Measure one part; the folder of its report. A drop or an inexact citation (code 1) does not stop the others."""
    places = {"seeds": "seeds", OURS: str(ROOT / OURS)}
    dataset = places.get(part.dataset, str(options.data / part.dataset))
    flags = [flag.format(data=options.data) for flag in part.flags]
    if options.quick:
        flags = [*flags, "--sample", str(options.quick)]
    held_out = HELD_OUT / f"{part.dataset}.json"  # weights that were fitted without this set
    if held_out.is_file() and not more:
        flags = [*flags, "--models", str(held_out)]
    out: Path = options.work / "reports" / part.name
    command = ["eval", dataset, *flags, "--work", str(options.work), "--out", str(out), *more, *extra]
    print("geungeo", *command, flush=True)
    code = geungeo(command)
    if code > 1:
        sys.exit(code)
    return out


def keep(part: Part, out: Path, results: Path) -> None:
    """Keep the aggregates of a report, without its rows."""
    report = json.loads((out / "report.json").read_text("utf-8"))
    kept = {key: value for key, value in report.items() if key not in ("rows", "breakdown", "comparison")}
    results.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"flags": part.flags, **kept}, ensure_ascii=False, indent=1)
    (results / f"{part.name}.json").write_text(text + "\n", "utf-8")


def load_results() -> dict[str, Record]:
    return {
        part.name: json.loads(path.read_text("utf-8"))
        for part in PARTS
        if (path := RESULTS / f"{part.name}.json").is_file()
    }


def interval(estimate: Record | None, digits: int = 3) -> str:
    """Return the estimate with its interval: ``.972 (.941–.994)``."""
    if estimate is None:
        return "–"
    value, low, high = (f"{estimate[key]:.{digits}f}" for key in ("value", "low", "high"))
    return f"{value} ({low}–{high})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, the first column to the left."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def measures_table(results: Mapping[str, Record], names: Mapping[str, str]) -> str:
    """Return a table with a line for each part that defines one of the measures ``names`` (key to heading)."""
    rows = []
    for name, result in results.items():
        found = [result["measures"].get(key) for key in names]
        told = [figure if figure is not None and figure["n"] >= FEW else None for figure in found]
        questions = max((figure["n"] for figure in found[:1] if figure is not None), default=0)
        if any(told):
            rows.append([name, str(result["index"]["articles"]), str(questions), *map(interval, told)])
    return table(["", "articles", "questions", *names.values()], rows)


def ablation_table(results: Mapping[str, Record]) -> str:
    found = {name: result["ablation"] for name, result in results.items() if result.get("ablation")}
    if not found:
        return "Not measured yet."
    steps = {name: {step["name"]: step for step in record["steps"]} for name, record in found.items()}
    longest = max(steps.values(), key=len)
    rows = [[row, *(step_cell(own.get(row)) for own in steps.values())] for row in longest]
    halves = [f"{interval(record['gain'], 4)} over {record['better_half']}" for record in found.values()]
    return table(["nDCG@10", *found], [*rows, ["learned − better half", *halves]]) + f"\n\n{mean_gain(found)}"


def step_cell(step: Record | None) -> str:
    return "–" if step is None else f"{step['value']['value']:.4f}{change(step['change'])}"


def change(estimate: Record | None) -> str:
    """Return ``↑`` or ``↓`` where the whole interval of the step lies on one side of 0, else nothing."""
    if estimate is None or estimate["low"] <= 0 <= estimate["high"]:
        return ""
    return " ↑" if estimate["low"] > 0 else " ↓"


def mean_gain(found: Mapping[str, Record]) -> str:
    """Over sets. Two protocols of a set ask the same questions: their mean has the larger of their errors, not a smaller one.

    Sets share no question, so their variances add. An interval is taken as symmetric.
    """
    sets: dict[str, list[Record]] = {}
    for part in PARTS:
        if part.name in found:
            sets.setdefault(part.dataset, []).append(found[part.name]["gain"])
    mean = sum(sum(gain["value"] for gain in gains) / len(gains) for gains in sets.values()) / len(sets)
    margins = (max((gain["high"] - gain["low"]) / 2 for gain in gains) for gains in sets.values())
    margin = math.hypot(*margins) / len(sets)
    bounds = f"{mean - margin:+.4f} to {mean + margin:+.4f}"
    return f"Mean of learned − better half over {len(sets)} {'set' if len(sets) == 1 else 'sets'}: {mean:+.4f} (95 %: {bounds})."


def robustness_table(results: Mapping[str, Record]) -> str:
    found = {name: {form["name"]: form for form in result["robustness"]} for name, result in results.items()}
    found = {name: forms for name, forms in found.items() if forms}
    if not found:
        return "Not measured yet."
    names = dict.fromkeys(form for forms in found.values() for form in forms)
    rows = [[name, *(kept_cell(forms.get(name)) for forms in found.values())] for name in names]
    return table(["kept in the top three", *found], rows)


def kept_cell(kept: Record | None) -> str:
    if kept is None or kept["skipped"]:
        return "–"
    return f"{kept['changed']:.3f} of {kept['plain']:.3f} = {kept['ratio']:.3f} (n={kept['n']})"


def tables() -> Iterator[tuple[str, str]]:
    """Yield (marker, Markdown) of each table that the document holds between its markers."""
    results = load_results()
    plain = {name: result for name, result in results.items() if not name.startswith(("probe-", "robustness-"))}
    probes = {name: result for name, result in results.items() if name.startswith("probe-")}
    yield "retrieval", measures_table(plain, {"nDCG@10": "nDCG@10", "Recall@10": "Recall@10", "MRR@10": "MRR@10"})
    answers = {
        "answer_in_first_citation_unabstained": "gold answer in the top sentence, before abstaining",
        "answer_in_citation_unabstained": "in any cited sentence, before abstaining",
        "answer_in_first_citation": "in the top sentence, as answered",
        "answer_in_citation": "in any, as answered",
        "value_em": "value EM",
        "value_f1": "value F1",
        "citation_exactness": "exactness",
    }
    yield "answers", measures_table(plain, answers)
    abstention = {
        "auroc": "AUROC",
        "abstaining_precision": "precision of refusing",
        "abstaining_recall": "recall of refusing",
        "answering_precision": "precision of answering",
        "answering_recall": "recall of answering",
        "aurc": "risk–coverage area",
    }
    yield "probes", measures_table(probes, abstention)
    yield "ablation", ablation_table(plain)
    yield "robustness", robustness_table(results)


def rewrite(document: str) -> str:
    """Return the document with every marked table made anew."""
    for name, made in tables():
        pattern = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        places = list(pattern.finditer(document))
        if len(places) != 1:
            sys.exit(f"docs/evaluation.md needs the markers of the table {name!r} once, has them {len(places)} times")
        [place] = places
        document = f"{document[: place.start()]}{place[1]}{made}\n{place[2]}{document[place.end() :]}"
    return document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=Path("geungeo-work"))
    parser.add_argument("--only", action="append", metavar="PART", help="a part's name or its set's; may be repeated")
    parser.add_argument(
        "--quick", type=int, nargs="?", const=QUICK, metavar="QUESTIONS", help=f"({QUICK}) a part, no table rewritten"
    )
    parser.add_argument("--tables", action="store_true", help="measure nothing, rewrite the document")
    parser.add_argument("--write-baselines", action="store_true", help="eval/baselines, nothing else")
    options, extra = parser.parse_known_args()
    if options.write_baselines:
        for part in BASELINE_PARTS:
            if options.only and part.name not in options.only:
                continue
            run(part, options, extra, ["--write-baseline", str(BASELINES / f"{part.name}.json")])
        return
    for part in () if options.tables else PARTS:
        if not options.only or part.name in options.only or part.dataset in options.only:
            keep(part, run(part, options, extra), options.work / "quick" if options.quick else RESULTS)
    if not options.quick:
        DOCUMENT.write_text(rewrite(DOCUMENT.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
