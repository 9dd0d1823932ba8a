"""Imports point one way, index → rag → api | eval, and the command line starts without the heavy libraries."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = {"index": set(), "rag": {"index"}, "api": {"index", "rag"}, "eval": {"index", "rag"}, "seeds": set()}
HEAVY = (
    "apsw",
    "api",
    "eval",
    "faiss",
    "fastapi",
    "kiwipiepy",
    "numpy",
    "onnxruntime",
    "pydantic",
    "rich",
    "tantivy",
    "sentencepiece",
    "torch",
)


def modules(package: str) -> dict[str, ast.Module]:
    """Every module of a package by its dotted name."""
    found = {}
    for path in (ROOT / package).rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text("utf-8"), str(path))
    return found


def imports(tree: ast.AST, *, run_at_import: bool = False) -> Iterator[str]:
    """What a module imports, inside functions too; with ``run_at_import`` only what importing it imports."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a module belongs"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            yield from (one.value for one in node.args if isinstance(one, ast.Constant))
        skipped = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_type_checking(node)
        if not (run_at_import and skipped):
            yield from imports(node, run_at_import=run_at_import)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"


@pytest.mark.parametrize("package", LAYERS)
def test_a_package_imports_only_the_layers_below_it(package: str) -> None:
    forbidden = LAYERS.keys() - LAYERS[package] - {package} | {"tests", "scripts"}
    wrong = [
        f"{name} imports {imported}"
        for name, tree in modules(package).items()
        for imported in imports(tree)
        if imported.partition(".")[0] in forbidden
    ]
    assert wrong == []


@pytest.mark.parametrize("package", LAYERS)
def test_no_cycles_inside_a_package(package: str) -> None:
    trees = modules(package)
    packages = {name.rpartition(".")[0] for name in trees}  # importing from one runs it, but names the module meant
    graph = {
        name: {one for one in imports(tree, run_at_import=True) if one in trees.keys() - packages and one != name}
        for name, tree in trees.items()
    }
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_only_one_place_makes_the_aliases_that_questions_are_asked_with() -> None:
    """So that no measurement or fit asks with fewer words than the service does."""
    trees = {name: tree for package in [*LAYERS, "scripts"] for name, tree in modules(package).items()}
    makers = {
        name
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Aliases"
    }
    assert makers == {"rag.question.aliases"}


def test_every_package_is_in_the_layers() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == LAYERS.keys()


@pytest.mark.parametrize("module", ["rag.cli.parser", "index.text.messages", "index.errors"])
def test_the_command_line_starts_without_heavy_libraries(module: str) -> None:
    """``geungeo --help`` must answer in 0.4 s; numpy alone costs 0.1."""
    script = (
        f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}} & set({HEAVY!r})))"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_help_needs_them_neither() -> None:
    script = (
        "import sys\nfrom rag.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print(*sorted({{name.partition('.')[0] for name in sys.modules}} & set({HEAVY!r})), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "geungeo" in run.stdout
    assert run.stderr.split() == []


def test_the_checks_here_can_fail() -> None:
    """An import inside a function, under another name, or by a string is still an import."""
    tree = ast.parse(
        "import os\ndef f():\n    from api.app import create_app\n    import eval.datasets.gold as g\n"
        "if TYPE_CHECKING:\n    import rag.cli.parser\nimportlib.import_module('api.server')"
    )
    assert {"os", "api.app", "api.app.create_app", "eval.datasets.gold", "rag.cli.parser", "api.server"} == set(
        imports(tree)
    )
    assert {"os", "api.server"} == set(imports(tree, run_at_import=True))
