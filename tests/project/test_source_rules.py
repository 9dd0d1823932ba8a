"""What the source must not hold (S18 of docs/testing.md), the versions below which a dependency is unsafe (S20), docstrings."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("index", "rag", "api", "eval", "scripts")
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}
UNSAFE_CALLS = {"eval", "exec", "torch.load", "os.system", "os.popen", "jinja2.Template"}
UNSAFE_KEYWORDS = {"allow_pickle", "trust_remote_code", "shell", "allow_dangerous_deserialization"}  # when true
FLOORS = {  # advisories of these packages; SQLite: index.store.connection refuses below 3.51.3
    "starlette": "1.3.1",
    "python-multipart": "0.0.27",
    "faiss-cpu": "1.15",
    "kiwipiepy": "0.17",
    "jinja2": "3.1.6",
    "torch": "2.6",
}


# A docstring says in the imperative what a function does: none begins with one of these, nor with a bracket, code or a figure.
NO_VERBS = {
    "a", "about", "after", "all", "alone", "also", "an", "and", "another", "any", "around", "as", "asked", "at",
    "before", "best", "between", "both", "by", "deeper", "done", "each", "enough", "every", "everything", "exact",
    "false", "for", "from", "here", "his", "how", "if", "in", "it", "its", "kept", "like", "made", "more", "most",
    "named", "never", "no", "none", "not", "nothing", "numbered", "of", "on", "once", "one", "only", "or", "our", "over",
    "same", "since", "so", "some", "such", "than", "that", "the", "their", "then", "there", "these", "this", "those",
    "three", "to", "true", "two", "under", "until", "what", "whatever", "when", "where", "whether", "which", "while",
    "who", "whoever", "whole", "whom", "whose", "with", "without",
}  # fmt: skip
READ_AS_ATTRIBUTES = ("property", "cached_property", "setter")  # say what they are, not what they do


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def unsafe(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        yield from (name for name in names if name.partition(".")[0] in UNSAFE_MODULES)
        if isinstance(node, ast.Call):
            if dotted(node.func) in UNSAFE_CALLS:
                yield dotted(node.func)
            for keyword in node.keywords:
                if keyword.arg in UNSAFE_KEYWORDS and not (
                    isinstance(keyword.value, ast.Constant) and not keyword.value.value
                ):
                    yield f"{keyword.arg}=…"


@pytest.mark.parametrize("package", PACKAGES)
def test_s18_nothing_deserialises_code_or_runs_text(package: str) -> None:
    found = {
        str(path.relative_to(ROOT)): wrong
        for path in (ROOT / package).rglob("*.py")
        if (wrong := list(unsafe(ast.parse(path.read_text("utf-8")))))
    }
    assert found == {}


def test_s18_templates_escape() -> None:
    source = (ROOT / "eval" / "report" / "page.py").read_text("utf-8")
    assert "autoescape=True" in source


def test_the_rule_can_fail() -> None:
    source = "import pickle\nfrom yaml import load\neval(x)\ntorch.load(f)\nnp.load(f, allow_pickle=flag)\nrun(x, shell=True)"
    found = set(unsafe(ast.parse(source)))
    assert found == {"pickle", "yaml", "eval", "torch.load", "allow_pickle=…", "shell=…"}
    assert not list(unsafe(ast.parse("run(x, shell=False, trust_remote_code=False)")))


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("+")[0].split(".") if part.isdigit())


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_s20_no_dependency_is_older_than_its_last_hole(name: str, floor: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [name for names in project["optional-dependencies"].values() for name in names]
    asked = [requirement for requirement in project["dependencies"] + extras if requirement.partition(">=")[0] == name]
    assert asked
    for question in asked:
        assert numbers(question.partition(">=")[2].partition(",")[0]) >= numbers(floor)
    if name != "torch":  # an extra, which tests do without
        assert numbers(version(name)) >= numbers(floor)


def fragments(tree: ast.AST) -> Iterator[str]:
    """Yield ``line: name`` of each function whose docstring does not begin with a verb."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        decorators = {dotted(decorator).rpartition(".")[2] for decorator in node.decorator_list}
        first_word = (ast.get_docstring(node) or "").partition(" ")[0].partition("\n")[0]
        if first_word and not decorators.intersection(READ_AS_ATTRIBUTES) and not may_be_a_verb(first_word):
            yield f"{node.lineno}: {node.name}"


def may_be_a_verb(word: str) -> bool:
    """Return whether an English sentence in the imperative may begin with it: no Korean, no name, no plural."""
    bare = word.strip(".,:;")
    in_letters = bare.isascii() and bare.replace("-", "").isalpha() and not bare.isupper()
    return in_letters and bare.lower() not in NO_VERBS and not re.search("[^s]s$", bare)


@pytest.mark.parametrize("package", ["index", "rag", "api", "eval"])
def test_a_functions_docstring_begins_with_what_it_does(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{fragment}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for fragment in fragments(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


def test_fragments_are_seen() -> None:
    source = """
def a(): "Whether it is there."
def b(): "(count, dim) float32."
def c(): "``text`` without spaces."
def d(): "2 of them."
def e(): "None, where there is none."
async def f(): "Every article."
def k(): "Seconds to wait."
def l(): "NFC, as stored names are."
def m(): "정오, 자정: times in words."
def g(): "Return whether it is there."
def n(): "Pass the stage on."
def h(): pass
class C:
    "What it is."
    @property
    def i(self): "Whether it is there."
"""
    assert [fragment.rpartition(" ")[2] for fragment in fragments(ast.parse(source))] == [*"abcdefklm"]


def test_a_client_of_a_live_server_says_how_long_it_waits() -> None:
    """The library's own five seconds are too few for a busy machine."""
    hasty = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and re.fullmatch(r"httpx\.(?:get|post|put|patch|delete|stream|Client)", ast.unparse(node.func))
        and not {"timeout", "transport", None} & {word.arg for word in node.keywords}
    ]
    assert hasty == []


def test_no_test_forks_pytest() -> None:
    """Where the child fails it goes on as a second pytest, and the first waits for ever: tests.support.killing.left_by."""
    own = {"tests/support/killing.py", "tests/torture/kills/forking.py"}  # processes of one thread, which run no tests
    forking = [
        f"{name}:{node.lineno}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if (name := path.relative_to(ROOT).as_posix()) not in own
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.fork"
    ]
    assert forking == []
