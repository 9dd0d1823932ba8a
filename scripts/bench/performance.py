"""Rewrite the tables and plots of docs/performance.md from docs/results/performance/*.json.

    python -m scripts.bench.performance [--tables] [--out FOLDER]

What stands between a table's markers is made anew, the text around them is not touched. A part that was never
measured is left as it is. Plots need the ``bench`` extra; --tables makes none.
"""

import argparse
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.bench.common import RESULTS, ROOT
from scripts.bench.encoder_limits import attention_products, weight_products

DOCUMENT = ROOT / "docs" / "performance.md"
PLOTS = "pictures"  # a folder beside the document
Record = Mapping[str, Any]
_TOKENS = 128


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown, the first column to the left."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def made_by(record: Record) -> str:
    """Return the line under a table that says where its figures come from."""
    machine, load = record["machine"], record["load_average"]
    features = ", ".join(machine["features"])
    return (
        f"`{record['command']}`; {machine['cores']} cores ({features}), {machine['memory_gb']} GB; "
        f"load average {load[0]} before, {load[1]} after."
    )


def encode(record: Record) -> str:
    engines = record["engines"]
    base = engines["torch"] if "torch" in engines else engines["float32"]
    head = ["engine", "equal/s", "mixed/s", "× torch", "question, ms", "× torch", "load, s", "cosine mean", "min"]
    rows = [
        [
            row["name"],
            f"{row['equal_per_s']:.1f}",
            f"{row['mixed_per_s']:.1f}",
            f"{row['mixed_per_s'] / base['mixed_per_s']:.2f}",
            f"{row['question_ms']:.1f}",
            f"{row['question_ms'] / base['question_ms']:.2f}",
            f"{row['load_s']:.1f}",
            f"{row['cosine_mean']:.4f}",
            f"{row['cosine_min']:.4f}",
        ]
        for row in engines.values()
    ]
    return f"{table(head, rows)}\n\n{made_by(record)}"


def peak(record: Record) -> str:
    rates, ours = record["peak_gmacs"], record["engines"]["int8"]["equal_per_s"]
    head = ["product", "int8, G multiply-adds/s", "float32", "int8 / float32"]
    rows = [
        [shape.replace("x", " × "), rate, rates["float32"][shape], f"{rate / rates['float32'][shape]:.2f}"]
        for shape, rate in rates["int8"].items()
    ]
    weights, attention = weight_products(_TOKENS) / 1e9, attention_products(_TOKENS) / 1e9
    best8, best32 = max(rates["int8"].values()), max(rates["float32"].values())
    own8 = _own_shapes(rates["int8"])
    bounds = {
        "int8 products at the best rate, nothing else": 1 / (weights / best8),
        "and attention at the best float32 rate": 1 / (weights / best8 + attention / best32),
        "int8 products at the rates of the model's own shapes, and attention": 1
        / (weights / own8 + attention / best32),
        "all of it at the best float32 rate": 1 / ((weights + attention) / best32),
    }
    second = [[name, f"{bound:.0f}", f"{100 * ours / bound:.0f} %"] for name, bound in bounds.items()]
    told = (
        f"A passage of {_TOKENS} tokens takes {weights:.2f} G multiply-adds with weights "
        f"({weights * 1000 / _TOKENS:.1f} M a token) and {attention:.2f} G in its attention."
    )
    return f"{table(head, rows)}\n\n{told}\n\n{table(['bound', 'passages/s', 'ours of it'], second)}"


def _own_shapes(rates: Mapping[str, float]) -> float:
    """Return the rate at which one layer's four products are done, each at its own shape's."""
    work = {shape: math.prod(map(int, shape.split("x"))) for shape in rates if not shape.startswith("2048x2048")}
    return sum(work.values()) / sum(work[shape] / rates[shape] for shape in work)


def account(record: Record) -> str:
    found = record["account"]
    operators, whole = found["by_operator_ms"], found["whole_ms"]
    shown = {name: value for name, value in operators.items() if value >= 0.01 * whole}
    rest = sum(operators.values()) - sum(shown.values())
    outside = found["outside_the_session_ms"]
    parts = {**shown, "all other operators": rest, "outside the session (tokenizer, embeddings, pooling)": outside}
    rows = [[name, f"{value:.1f}", f"{100 * value / whole:.0f} %"] for name, value in parts.items()]
    return table([f"of {found['pass']}", "ms", "share"], [*rows, ["all", f"{whole:.1f}", "100 %"]])


def passes(record: Record) -> str:
    found = record["passes"]
    counts = list(next(iter(found.values())))
    rows = [[kind, *row.values()] for kind, row in found.items()]
    return f"{table(['passages/s, passes side by side:', *counts], rows)}\n\n{made_by(record)}"


def question(record: Record) -> str:
    rows = [
        [*name.rsplit(", ", 2), row["p50_ms"], row["p95_ms"], f"{row['cpu_ms']:.1f}"]
        for name, row in record["question"].items()
    ]
    head = ["setting", "asked", "circumstance", "p50, ms", "p95, ms", "processor, ms"]
    shared = [["questions/s", *record["together"].values()]]
    return f"{table(head, rows)}\n\n{table(['questions that share a pass:', *record['together']], shared)}"


def peers(record: Record) -> str:
    rows = record["peers"]
    others = {name: row for name, row in rows.items() if not name.startswith("geungeo")}
    best = min((row["ingest_s"] for row in others.values()), default=rows["geungeo"]["ingest_s"])
    sets = [name for name in rows["geungeo"]["ndcg10"] if name != "all"]
    head = ["", "ingest, s", "× best peer", "passages", "query p50, ms", "p95", "nDCG@10", *sets, "peak MB, ingest"]
    head += ["query", "disk, MB", "load, s"]
    lines = [
        [
            name,
            row["ingest_s"],
            f"{best / row['ingest_s']:.2f}",
            row["passages"],
            row["query"]["p50_ms"],
            row["query"]["p95_ms"],
            *(f"{row['ndcg10'][name]:.3f}" for name in ("all", *sets)),
            f"{row['peak_ingest_mb']:.0f}",
            f"{row['peak_query_mb']:.0f}",
            row["disk_mb"],
            row["load_s"],
        ]
        for name, row in rows.items()
    ]
    ask = rows["geungeo"].get("ask")
    told = f"{record['documents']} documents ({record['text_mb']} MB of text), {record['questions']} questions"
    told += f"; a whole cited answer (`ask`): p50 {ask['p50_ms']} ms, p95 {ask['p95_ms']} ms." if ask else "."
    setups = "\n".join(
        f"- **{name}** ({', '.join(record['versions'].get(name, ['this tree']))}): {row['setup']}."
        for name, row in rows.items()
    )
    return f"{table(head, lines)}\n\n{told}\n\n{setups}\n\n{made_by(record)}"


def scale(record: Record) -> str:
    sizes = record["sizes"]
    head = ["", *(f"{row['passages']:,}" for row in sizes.values()), "grows as"]
    picks: dict[str, Callable[[Record], float]] = {
        "really embedded": lambda row: row["real_passages"],
        "text, MB": lambda row: row["text_mb"],
        "answer p50, ms": lambda row: row["clients_1"]["p50_ms"],
        "p95": lambda row: row["clients_1"]["p95_ms"],
        "p99": lambda row: row["clients_1"]["p99_ms"],
        "answers/s, 1 client": lambda row: row["clients_1"]["answers_per_s"],
        "4 clients": lambda row: row["clients_4"]["answers_per_s"],
        "16 clients": lambda row: row["clients_16"]["answers_per_s"],
        "p95 with 16 clients, ms": lambda row: row["clients_16"]["p95_ms"],
        "answers/s by one process, 4 clients": lambda row: row["one_process"]["clients_4"]["answers_per_s"],
        "by one, 16 clients": lambda row: row["one_process"]["clients_16"]["answers_per_s"],
        "of an answer's p50: retrieve, ms": lambda row: row["stages_ms"]["retrieve"]["p50_ms"],
        "evidence, ms": lambda row: row["stages_ms"]["evidence"]["p50_ms"],
        "encode, ms": lambda row: row["stages_ms"]["encode"]["p50_ms"],
        "server memory when ready, MB": lambda row: row["memory_ready_mb"],
        "after questions": lambda row: row["memory_asked_mb"],
        "after writing": lambda row: row["memory_written_mb"],
        "without mapped files: when ready, MB": lambda row: row["own_ready_mb"],
        "without them after questions": lambda row: row["own_asked_mb"],
        "after questions to one process": lambda row: row["one_process"]["own_asked_mb"],
        "without them after writing": lambda row: row["own_written_mb"],
        "disk, MB": lambda row: row["disk_mb"],
        "disk / text": lambda row: round(row["disk_mb"] / row["text_mb"], 2),
        "server ready, s": lambda row: row["ready_s"],
        "add one article, s": lambda row: row["adding"]["one_article_s"],
        "add 20 articles, s": lambda row: row["adding"]["20_articles_s"],
    }
    rows = []
    for name, pick in picks.items():
        values = [pick(row) for row in sizes.values()]
        rows.append(
            [name, *(f"{value:,}" for value in values), _growth([row["passages"] for row in sizes.values()], values)]
        )
    return f"{table(head, rows)}\n\n{made_by(record)}"


def vectors(record: Record) -> str:
    rows = record["vectors"]
    counts = [row["vectors"] for row in rows.values()]
    picks = {"p50, ms": "p50_ms", "p95": "p95_ms", "p99": "p99_ms", "memory, MB": "memory_mb"}
    lines = []
    for name, key in picks.items():
        values = [row[key] for row in rows.values()]
        lines.append([name, *values, _growth(counts, values)])
    return table(["vectors alone", *(f"{count:,}" for count in counts), "grows as"], lines)


def _growth(sizes: Sequence[float], values: Sequence[float]) -> str:
    """Return the exponent of the power of n that fits best, in words where it is a plain one."""
    if len(sizes) < 2 or min(values) <= 0 or min(sizes) <= 0:
        return "–"
    logs = [math.log(size) for size in sizes], [math.log(value) for value in values]
    means = [sum(log) / len(log) for log in logs]
    covariance = sum((x - means[0]) * (y - means[1]) for x, y in zip(*logs, strict=True))
    exponent = covariance / sum((x - means[0]) ** 2 for x in logs[0])
    if abs(exponent) < 0.1:
        return "constant"
    return "n" if 0.93 <= exponent <= 1.07 else f"n^{exponent:.2f}"


def start(record: Record) -> str:
    names = {
        "help_s": "`geungeo --help`",
        "ask_s": "`geungeo ask` on a built index",
        "ready_s": "`geungeo serve` ready",
    }
    rows = [
        [text, record["medians"][key], min(record["all"][key]), max(record["all"][key]), f"≤ {record['bars'][key]}"]
        for key, text in names.items()
    ]
    return f"{table(['', 'median, s', 'least', 'most', 'bar'], rows)}\n\n{made_by(record)}"


def plot_scale(record: Record, folder: Path) -> None:
    """Draw latency, throughput, and memory and disk over the number of passages."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update(
        {"svg.hashsalt": "geungeo", "svg.fonttype": "none", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3}
    )
    from matplotlib import pyplot

    rows = list(record["sizes"].values())
    sizes = [row["passages"] for row in rows]
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    for percent in (50, 95, 99):
        left.plot(sizes, [row["clients_1"][f"p{percent}_ms"] for row in rows], marker="o", label=f"p{percent}")
    found = list(record["vectors"].values())
    left.plot(
        [row["vectors"] for row in found],
        [row["p50_ms"] for row in found],
        "--",
        marker="x",
        label="vectors alone, p50",
    )
    left.set(xscale="log", yscale="log", xlabel="passages", title="an answer over HTTP, ms")
    for clients in (1, 4, 16):
        middle.plot(
            sizes, [row[f"clients_{clients}"]["answers_per_s"] for row in rows], marker="o", label=f"{clients} clients"
        )
    middle.set(xscale="log", xlabel="passages", title="answers a second", ylim=(0, None))
    right.plot(sizes, [row["memory_asked_mb"] for row in rows], marker="o", label="server memory")
    right.plot(sizes, [row["disk_mb"] for row in rows], marker="o", label="disk")
    right.plot(sizes, [row["text_mb"] for row in rows], "--", marker="o", label="text")
    right.set(xscale="log", yscale="log", xlabel="passages", title="MB")
    for axes in (left, middle, right):
        axes.legend(fontsize=8)
    figure.savefig(folder / "scale.svg", metadata={"Date": None})


def plot_peers(record: Record, folder: Path) -> None:
    """Draw ingest and p95 against quality, a point a peer."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update(
        {"svg.hashsalt": "geungeo", "svg.fonttype": "none", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3}
    )
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for name, row in record["peers"].items():
        for axe, value in zip(axes, (row["ingest_s"], row["query"]["p95_ms"]), strict=True):
            axe.scatter(value, row["ndcg10"]["all"], label=name, s=50)
    axes[0].set(xlabel="ingest, s", ylabel="nDCG@10", xlim=(0, None))
    axes[1].set(xlabel="query p95, ms", xlim=(0, None))
    axes[0].legend(fontsize=8)
    figure.savefig(folder / "peers.svg", metadata={"Date": None})


TABLES: dict[str, tuple[str, Callable[[Record], str]]] = {
    "encode": ("encode", encode),
    "peak": ("encode", peak),
    "account": ("encode", account),
    "passes": ("encoder-settings", passes),
    "question": ("encoder-settings", question),
    "peers": ("peers", peers),
    "scale": ("scale", scale),
    "vectors": ("scale", vectors),
    "start": ("start", start),
}
PICTURES: dict[str, Callable[[Record, Path], None]] = {"scale": plot_scale, "peers": plot_peers}


def filled(text: str, records: Mapping[str, Record]) -> str:
    """Return the document with each table that a record exists for made anew."""
    for name, (source, make) in TABLES.items():
        if source in records:
            made = f"<!-- table: {name} -->\n{make(records[source])}\n<!-- end -->"
            pattern = rf"<!-- table: {name} -->\n.*?<!-- end -->"
            place = re.search(pattern, text, re.DOTALL)
            if place is None:
                raise SystemExit(f"{DOCUMENT.name} has no place for the table {name}")
            text = text[: place.start()] + made + text[place.end() :]
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", action="store_true", help="no plots")
    parser.add_argument("--out", type=Path, default=DOCUMENT.parent, help="instead of docs")
    arguments = parser.parse_args()
    records = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(RESULTS.glob("*.json"))}
    (arguments.out / DOCUMENT.name).write_text(filled(DOCUMENT.read_text("utf-8"), records), "utf-8")
    if arguments.tables:
        return
    (arguments.out / PLOTS).mkdir(parents=True, exist_ok=True)
    for name, plot in PICTURES.items():
        if name in records:
            plot(records[name], arguments.out / PLOTS)


if __name__ == "__main__":
    main()
