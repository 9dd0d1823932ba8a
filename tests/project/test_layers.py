"""Imports point one way, index → rag → api | eval, and the command line starts without the heavy libraries."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from rag.cli.parser import COMMANDS

ROOT = Path(__file__).parents[2]
FOLDERS = ("api", "deploy", "docs", "eval", "index", "rag", "scripts", "seeds", "tests", ".ci")
MOST_ENTRIES = 21
LAYERS = {"index": set(), "rag": {"index"}, "api": {"index", "rag"}, "eval": {"index", "rag"}, "seeds": set()}
# What each room imports of its own package, no more and no less. A room is a folder, or a module beside the folders.
ROOMS: dict[str, dict[str, set[str]]] = {
    "index": {
        "articles": set(),
        "errors": set(),
        "text": set(),
        "system": {"errors"},
        "cleaning": {"articles", "text"},
        "encoders": {"errors", "system"},
        "korean": {"articles", "cleaning", "encoders", "errors", "system", "text"},
        "structure": {"articles", "text"},
        "reading": {"articles", "errors", "korean", "structure", "system", "text"},
        "store": {"articles", "encoders", "errors", "system"},
        "postgres": {"errors", "store"},
        "search": {"encoders", "errors", "korean", "store", "system"},
        "truth": {"encoders", "errors", "postgres", "search", "store", "system"},
        "engine": {"articles", "encoders", "errors", "search", "store", "structure", "system"},
        "editing": {"articles", "errors", "reading", "store"},
        "ingest": {
            "articles", "editing", "encoders", "engine", "errors", "korean", "reading", "search", "store", "structure",
            "system", "truth",
        },
        "folders": {"articles", "ingest", "reading", "store", "truth"},
        "doctor": {"errors", "ingest", "postgres", "search", "store", "system", "truth"},
        "backup": {
            "articles", "encoders", "engine", "errors", "ingest", "reading", "search", "store", "system", "truth",
        },
    },
    "rag": {
        "answers": set(),
        "settings": set(),
        "progress": set(),
        "answerer": {"answers"},
        "help_layout": set(),
        "flags": {"answers", "help_layout"},
        "freshness": set(),
        "schemas": {"answers"},
        "wording": {"answers"},
        "values": set(),
        "question": {"values"},
        "ranking": {"answers", "question"},
        "writing": {"answers", "values"},
        "reader": {"ranking"},
        "evidence": {"answers", "question", "ranking", "reader", "values"},
        "pipeline": {"answers", "evidence", "freshness", "question", "ranking", "reader"},
        "loading": {"pipeline", "progress", "question", "reader", "settings"},
        "cli": {
            "answerer", "answers", "flags", "loading", "progress", "question", "schemas", "settings", "wording",
            "writing",
        },
    },
    "api": {
        "language": set(),
        "limits": set(),
        "schemas": set(),
        "client": {"schemas"},
        "integrations": {"client"},
        "problems": {"language", "limits", "schemas"},
        "access": {"problems"},
        "page": {"problems"},
        "http": {"access", "language", "limits", "problems", "schemas"},
        "articles": {"access", "http", "limits", "problems", "schemas"},
        "openapi": {"articles", "problems", "schemas"},
        "answering": {"access", "articles", "http", "limits", "problems"},
        "services": {"answering", "articles", "http", "limits"},
        "routes": {
            "access", "answering", "articles", "http", "language", "limits", "openapi", "problems", "schemas",
            "services",
        },
        "openai": {
            "access", "http", "language", "limits", "openapi", "problems", "routes", "schemas", "services",
        },
        "mcp": {"access", "answering", "http", "language", "openai", "problems", "routes", "schemas", "services"},
        "app": {
            "access", "answering", "articles", "http", "limits", "mcp", "openai", "openapi", "page", "problems",
            "routes", "services",
        },
        "server": {"answering", "app", "http"},
        "command": {"access", "answering", "app", "http", "limits", "server"},
    },
    "eval": {
        "results": set(),
        "datasets": set(),
        "measures": {"datasets", "results"},
        "judge": {"datasets", "measures", "results"},
        "report": {"datasets", "measures", "results"},
        "ablation": {"datasets", "judge", "measures", "results"},
        "system": {"ablation", "datasets", "judge"},
        "robustness": {"datasets", "judge", "measures", "results", "system"},
        "runner": {"datasets", "judge", "measures", "report", "results"},
        "plan": {"ablation", "datasets", "report", "results", "robustness", "runner", "system"},
        "entry": {"datasets", "plan", "report", "runner", "system"},
        "command": {"ablation", "entry"},
    },
    "seeds": {},
    "index.reading": {
        "plain_text": set(),
        "containers": set(),
        "composing": set(),
        "hancom": {"composing", "containers"},
        "office": {"composing", "containers"},
        "spreadsheets": {"composing", "containers", "office", "plain_text"},
        "pdf": {"composing", "plain_text"},
        "web": {"composing", "plain_text"},
        "kinds": {"containers"},
        "reader_child": {"composing", "hancom", "kinds", "office", "pdf", "plain_text", "spreadsheets", "web"},
        "reader_process": {"reader_child"},
        "documents": {"composing", "kinds", "plain_text", "reader_child", "reader_process", "web"},
        "readers": {"documents", "kinds", "plain_text", "reader_process"},
    },
}  # fmt: skip

# rag.cli.parser alone reaches up: it imports a command's module, and only when the command is asked for.
COMMAND_MODULES = {
    "api.command": "serve",
    "api.access.keys_command": "keys",
    "api.mcp.command": "mcp",
    "eval.command": "eval",
}
HEAVY = (
    "apsw",
    "api",
    "eval",
    "faiss",
    "fastapi",
    "kiwipiepy",
    "numpy",
    "onnxruntime",
    "psycopg",
    "pydantic",
    "rich",
    "tantivy",
    "sentencepiece",
    "torch",
)


@cache
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
        elif isinstance(node, ast.Call) and _name_of(node.func) in _IMPORTERS:
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))
        skipped = isinstance(node, _RUN_LATER) or _is_type_checking(node)
        if not (run_at_import and skipped):
            yield from imports(node, run_at_import=run_at_import)


@cache
def imports_of(package: str, *, run_at_import: bool = False) -> dict[str, tuple[str, ...]]:
    """What each module of a package imports; most tests here ask it of the same packages."""
    return {name: tuple(imports(tree, run_at_import=run_at_import)) for name, tree in modules(package).items()}


def computed_imports(tree: ast.AST) -> list[str]:
    """Return what is given to ``import_module`` without being written out: no other check here sees these."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    given = [node.args[0] for node in calls if _name_of(node.func) in _IMPORTERS]
    return [ast.unparse(module) for module in given if not isinstance(module, ast.Constant)]


_IMPORTERS = ("import_module", "__import__")
_RUN_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def _name_of(function: ast.expr) -> str:
    """Return the last part of a name: ``b`` of ``a.b`` and of ``b``."""
    return str(getattr(function, "attr", getattr(function, "id", "")))


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"


@pytest.mark.parametrize("package", LAYERS)
def test_a_package_imports_only_the_layers_below_it(package: str) -> None:
    forbidden = LAYERS.keys() - LAYERS[package] - {package} | {"tests", "scripts"}
    wrong = [
        f"{name} imports {imported}"
        for name, all_imported in imports_of(package).items()
        for imported in all_imported
        if imported.partition(".")[0] in forbidden
    ]
    assert wrong == []


def test_only_the_command_line_imports_what_it_names_in_a_table() -> None:
    computed = {
        name: given
        for package in LAYERS
        for name, tree in modules(package).items()
        if (given := set(computed_imports(tree)))
    }
    assert computed == {"rag.cli.parser": {"self.module", "COMMANDS[arguments.command].module"}}


def test_the_table_of_commands_names_these_modules_of_the_leaves() -> None:
    named = {command.module: name for name, command in COMMANDS.items() if not command.module.startswith("rag.")}
    assert named == COMMAND_MODULES


@pytest.mark.parametrize("module", COMMAND_MODULES)
def test_a_module_of_the_table_has_the_commands_flags_and_does_it(module: str) -> None:
    tree = modules(module.partition(".")[0])[module]
    functions = {
        node.name: [arg.arg for arg in node.args.args] for node in tree.body if isinstance(node, ast.FunctionDef)
    }
    assert functions["add_flags"] == ["parser"]
    assert functions["run"] == ["arguments", "settings"]


@pytest.mark.parametrize("package", LAYERS)
def test_no_cycles_inside_a_package(package: str) -> None:
    imported_by = imports_of(package, run_at_import=True)
    # importing from a package runs it, but names the module that is meant
    packages = {name.rpartition(".")[0] for name in imported_by}
    graph = {
        name: {imported for imported in all_imported if imported in imported_by.keys() - packages and imported != name}
        for name, all_imported in imported_by.items()
    }
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_torture_stands_on_the_tests_support_and_not_the_other_way_round() -> None:
    support = {imported for tree in modules("tests/support").values() for imported in imports(tree)}
    torture = {imported for tree in modules("tests/torture").values() for imported in imports(tree)}
    assert [name for name in support if name.startswith("tests.torture")] == []
    assert {".".join(name.split(".")[:2]) for name in torture if name.startswith("tests.")} == {
        "tests.support", "tests.torture"
    }  # fmt: skip


def room_of(module: str, package: str) -> str | None:
    """Return the room of ``package`` that a module lies in, None for one outside and for the package itself."""
    inside = module.removeprefix(f"{package}.")
    return None if inside == module else inside.split(".")[0]


def imports_inside(package: str) -> dict[str, tuple[str, ...]]:
    """What each module imports of a package or of a package in one."""
    found = imports_of(package.partition(".")[0])
    return {name: imported for name, imported in found.items() if f"{name}.".startswith(f"{package}.")}


def room_imports(package: str) -> set[tuple[str, str]]:
    """Return (room, another room it imports) of a package, imports inside functions included."""
    pairs = {
        (room_of(name, package), room_of(imported, package))
        for name, all_imported in imports_inside(package).items()
        for imported in all_imported
    }
    return {(room, other) for room, other in pairs if room and other and room != other}


@pytest.mark.parametrize("package", ROOMS)
def test_a_room_imports_the_rooms_its_row_names_and_no_other(package: str) -> None:
    rows, imported = ROOMS[package], room_imports(package)
    rooms = {room for name in imports_inside(package) if (room := room_of(name, package))}
    assert rooms == rows.keys()
    named = {(room, other) for room, others in rows.items() for other in others}
    assert sorted(f"{room} imports {other}, and its row does not name it" for room, other in imported - named) == []
    assert sorted(f"{room} does not import {other}, which its row names" for room, other in named - imported) == []


@pytest.mark.parametrize("package", ROOMS)
def test_a_room_says_what_is_in_it_and_what_it_may_import(package: str) -> None:
    doors = [
        path for room in ROOMS[package] if (path := ROOT / package.replace(".", "/") / room / "__init__.py").is_file()
    ]
    said = {path.parent.name: ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "" for path in doors}
    assert [room for room, text in said.items() if not re.search(r"\b[Ii]mports?\b", text)] == []


@pytest.mark.parametrize("package", ["api", "index", "index.reading"])
def test_a_folder_names_the_rooms_of_its_row(package: str) -> None:
    folder = ROOT / package.replace(".", "/")
    for room, row in ROOMS[package].items():
        if (door := folder / room / "__init__.py").is_file():
            said = ast.get_docstring(ast.parse(door.read_text("utf-8"))) or ""
            may = re.search(r"(?:May import|[Ii]mports) (.*?)[.;](?:\s|$)", said.replace(".terms", ""), re.DOTALL)
            named = set(re.findall(r"[a-z_]+", may[1] if may else "")) - {"and"}
            assert (named & ROOMS[package].keys(), room) == (row, room)


@pytest.mark.parametrize("package", ROOMS)
def test_no_row_leads_back_to_its_room(package: str) -> None:
    try:
        list(TopologicalSorter(ROOMS[package]).static_order())
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


def entries(folder: Path) -> list[str]:
    """Return what ``ls`` shows of a folder, but for what Python leaves there."""
    return [path.name for path in folder.iterdir() if not path.name.startswith(("__pycache__", "."))]


def test_no_folder_shows_more_than_a_stranger_reads_at_a_glance() -> None:
    folders = [Path(name) for top in FOLDERS for name, _, _ in os.walk(ROOT / top) if "__pycache__" not in name]
    assert len(folders) > 100
    crowded = {
        str(folder.relative_to(ROOT)): len(entries(folder)) for folder in folders if len(entries(folder)) > MOST_ENTRIES
    }
    assert crowded == {}


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


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_needs_only_the_package_that_owns_it(command: str) -> None:
    script = (
        f"import sys\nfrom rag.cli import main\n"
        f"try: main([{command!r}, '--help'])\nexcept SystemExit: pass\n"
        f"print(*sorted({{name.partition('.')[0] for name in sys.modules}} & set({HEAVY!r})), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"geungeo {command}" in run.stdout
    assert set(run.stderr.split()) <= {COMMANDS[command].module.partition(".")[0]}


def test_the_checks_here_can_fail() -> None:
    """An import inside a function, under another name, or by a string is still an import."""
    tree = ast.parse(
        "import os\ndef f():\n    from api.app import create_app\n    import eval.datasets.gold as g\n"
        "if TYPE_CHECKING:\n    import rag.cli.parser\nimportlib.import_module('api.server')\nimport_module(name)\n"
        "MODULES = {'mcp': lambda: import_module('api.mcp.command')}"
    )
    later = {"api.app", "api.app.create_app", "eval.datasets.gold", "rag.cli.parser", "api.mcp.command"}
    assert {"os", "api.server", *later} == set(imports(tree))
    assert {"os", "api.server"} == set(imports(tree, run_at_import=True))
    assert computed_imports(tree) == ["name"]
