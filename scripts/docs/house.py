"""Count what a stranger meets in the repository, at one commit or side by side with an earlier one.

    python -m scripts.docs.house [--before COMMIT]    # the table of docs/results/house.md

A room is a folder of a package, or a module beside its folders; an arrow, that one room imports another. A question
enters a module as often as there are other modules of ours that call it: that is how often a reader who follows the
question comes by.
"""

import argparse
import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "eval", "index", "rag")
SHORT = 30  # lines
_QUESTION = "AX 법인의 매출 목표는?"
_TRACED = """
import collections, json, os, sys
sys.path.insert(0, os.getcwd())
from rag.cli import main
root, entered, inside = os.getcwd() + os.sep, collections.defaultdict(set), False

def own(frame):
    name = frame.f_code.co_filename
    return name[len(root):] if frame and name.startswith(root) else ""

def traced(frame, event, _):
    global inside
    if event not in ("call", "return"):
        return
    if frame.f_code.co_name == "ask" and own(frame) == "rag/pipeline.py":
        inside = event == "call"
    if inside and event == "call" and (module := own(frame)):
        caller = frame.f_back
        while caller is not None and not own(caller):
            caller = caller.f_back
        if caller is not None and own(caller) != module:
            entered[module].add(own(caller))

main(["ask", sys.argv[1]])
sys.setprofile(traced)
main(["ask", sys.argv[1]])
sys.setprofile(None)
print("\\n" + json.dumps({name: len(callers) for name, callers in entered.items()}))
"""


def entries(tree: Path) -> dict[str, int]:
    """Return how many names ``ls`` shows of each folder."""
    folders = [
        Path(name) for name, _, _ in os.walk(tree) if not re.search(r"/(\.|__pycache__)", name[len(str(tree)) :])
    ]
    return {
        folder.relative_to(tree).as_posix(): sum(
            not entry.name.startswith((".", "__pycache__")) for entry in folder.iterdir()
        )
        for folder in folders
    }


def modules(tree: Path) -> list[Path]:
    """Return the modules of the packages, but for the doors ``__init__`` and ``__main__``."""
    found = [path for package in PACKAGES for path in (tree / package).rglob("*.py")]
    return sorted(path for path in found if path.name not in ("__init__.py", "__main__.py"))


def arrows(tree: Path) -> int:
    """Return how many pairs of rooms there are of which the first imports the second, over all packages."""
    pairs = set()
    for path in modules(tree):
        name = ".".join(path.relative_to(tree).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            imported: list[str] = []
            if isinstance(node, ast.ImportFrom):
                imported += [f"{node.module}.{alias.name}" for alias in node.names]
            imported += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for other in imported:
                pairs.add((tuple(name.split(".")[:2]), tuple(other.split(".")[:2])))
    return sum(pair[0] == other[0] and pair != other and len(other) > 1 for pair, other in pairs)


def entered(tree: Path, data: Path) -> dict[str, int]:
    """Return how often one question about the packaged articles enters each module.

    They are indexed into ``data`` if it is empty.
    """
    environment = os.environ | {"GEUNGEO_DATA": str(data), "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}
    command = [sys.executable, "-c", _TRACED, _QUESTION]
    run = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, int] = json.loads(run.stdout.splitlines()[-1])
    return found


def tool(tree: Path, *command: str) -> str:
    """Return the last line that a tool says of the tree."""
    run = subprocess.run([sys.executable, "-m", *command], cwd=tree, capture_output=True, text=True, check=False)
    return ([line for line in run.stdout.splitlines() if line] or [""])[-1]


def measured(tree: Path) -> dict[str, str]:
    """Return each row of the table for one tree."""
    largest = max((count, name) for name, count in entries(tree).items())
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in modules(tree)}
    with tempfile.TemporaryDirectory() as data:
        visits = entered(tree, Path(data))
    return {
        "entries of the largest folder": f"{largest[0]} (`{largest[1]}`)",
        "modules of the packages": str(len(lines)),
        f"of them under {SHORT} lines": str(sum(count < SHORT for count in lines.values())),
        "lines of the packages": f"{sum(lines.values()):,}",
        "arrows between rooms": str(arrows(tree)),
        "modules that one question enters": str(len(visits)),
        "of them more than twice": str(sum(count > 2 for count in visits.values())),
        "most often": "{0[1]} times (`{0[0]}`)".format(max(visits.items(), key=lambda visit: visit[1])),
        "words of `README.md`": f"{len((tree / 'README.md').read_text('utf-8').split()):,}",
        "`ruff check`": tool(tree, "ruff", "check", "--quiet", "--statistics", ".") or "clean",
        "`ruff format --check`": tool(tree, "ruff", "format", "--check", "."),
        "`mypy`": tool(tree, "mypy"),
    }


def table(columns: Mapping[str, Mapping[str, str]]) -> str:
    """Return the measures of each commit side by side, in Markdown."""
    names = list(next(iter(columns.values())))
    rows = [["", *columns], ["---"] * (1 + len(columns))]
    rows += [[name, *(column[name] for column in columns.values())] for name in names]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", metavar="COMMIT", help="an earlier commit, to stand beside this one")
    before = parser.parse_args(arguments).before
    columns: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for commit in filter(None, (before, "HEAD")):
            tree = Path(folder, commit)
            tree.mkdir()
            archive = subprocess.run(["git", "-C", ROOT, "archive", commit], capture_output=True, check=True).stdout
            subprocess.run(["tar", "x", "-C", tree], input=archive, check=True)
            columns[commit] = measured(tree)
    print(table(columns))


if __name__ == "__main__":
    main()
