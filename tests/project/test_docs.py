"""Generated pages are what the code says, both READMEs give the same commands, and what documents point at is there."""

import re
import shlex
import subprocess
import tomllib
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from index.encoders.bundled import BundledEncoder
from index.ingest import Ingestor
from index.korean.sentences import SentenceSplitter
from rag.cli.parser import build_parser
from rag.loading import Tools, make_reader
from rag.settings import Settings
from scripts.docs import cli, errors, http
from scripts.release.checks import commands
from tests.support.rag_support import environment, geungeo_here

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
KOREAN, ENGLISH = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.en.md"))
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
RECORDS = sorted((DOCS / "results").rglob("*.json"))
FOLDERS = "api|deploy|docs|eval|index|rag|scripts|seeds|tests"
EXIT_CODES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 130, 143)


def fenced(page: str) -> list[tuple[str, str]]:
    """(language, content) of every fenced block, however far it is indented."""
    return re.findall(r"^ *```(\w+)\n(.*?)^ *```", page, re.M | re.S)


def prose(page: str) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```", "", page, flags=re.M | re.S)


def columns(line: str) -> int:
    """Return how wide a line is in a terminal: a Hangul syllable takes two columns."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in line)


def flags_by_command() -> dict[str, set[str]]:
    return {
        name: {flag for action in cli.flags(command) for flag in action.option_strings}
        for name, command in cli.leaves(build_parser())
    }


@pytest.mark.parametrize("module", [cli, errors, http], ids=lambda module: module.__name__)
def test_a_generated_page_is_what_the_code_says(module: ModuleType) -> None:
    assert module.PATH.read_text("utf-8") == module.render(), f"run python -m {module.__name__}"


@pytest.mark.parametrize(("command", "names"), flags_by_command().items())
def test_every_flag_of_a_command_is_in_the_page_of_commands(command: str, names: set[str]) -> None:
    page = cli.PATH.read_text("utf-8")
    assert f"\n## {command}\n" in page
    assert all(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", page) for name in names)


@pytest.mark.parametrize("code", EXIT_CODES)
def test_every_exit_code_is_in_the_page_of_commands(code: int) -> None:
    assert f"\n| {code} | " in cli.PATH.read_text("utf-8")


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_in_the_page_of_settings(field: str) -> None:
    assert f"`GEUNGEO_{field.upper()}`" in (DOCS / "configuration.md").read_text("utf-8")


@pytest.fixture
def models_loaded_once(monkeypatch: pytest.MonkeyPatch, model_cache: Path, splitter: SentenceSplitter) -> None:
    """For all commands that are typed; that each loads them in its own process is tested where the command line is."""
    encoder = BundledEncoder(model_cache)
    monkeypatch.setattr("rag.cli.folders.make_ingestor", lambda settings: Ingestor(settings.data, encoder, splitter))
    monkeypatch.setattr("rag.cli.kiwi_process.begin_kiwi", lambda: None)
    monkeypatch.setattr(
        "rag.cli.kiwi_process.load_tools_with_kiwi_process",
        lambda settings, _: Tools(encoder, splitter, make_reader(settings, encoder)),
    )


def typed(line: str, env: Mapping[str, str]) -> str:
    """What a line prints: one of ours in this process, any other in a shell."""
    words = shlex.split(line)
    if words[0] == "geungeo":
        done = geungeo_here(env, *words[1:])
    else:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", line], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


class TestReadme:
    def test_it_fits_on_120_lines(self) -> None:
        assert max(len(page.splitlines()) for page in (KOREAN, ENGLISH)) <= 120

    @pytest.mark.parametrize("page", [KOREAN, ENGLISH], ids=["ko", "en"])
    def test_no_line_is_wider_than_160_columns(self, page: str) -> None:
        assert [line for line in page.splitlines() if columns(line) > 160] == []

    def test_both_languages_say_as_much_in_each_section(self) -> None:
        """Each section has as many bullets, steps and rows of a table, and names the same commands and options."""
        sections = [re.split(r"^## .+$", prose(page), flags=re.M) for page in (KOREAN, ENGLISH)]
        bullets, code = (
            [[re.findall(pattern, section, re.M) for section in page] for page in sections]
            for pattern in (r"^(-|\d\.|\|) ", r"`([^`\n]+)`")
        )
        assert bullets[0] == bullets[1]
        assert sum(map(len, bullets[0])) > 20
        assert [sorted(section) for section in code[0]] == [sorted(section) for section in code[1]]
        assert sum(map(len, code[0])) > 5

    def test_both_languages_give_the_same_commands(self) -> None:
        assert fenced(KOREAN) == fenced(ENGLISH)

    def test_both_languages_point_at_the_same_documents(self) -> None:
        links = [re.findall(r"\]\(((?!README)[^)]+)\)", page) for page in (KOREAN, ENGLISH)]
        assert links[0] == links[1]

    def test_ci_runs_its_two_commands(self) -> None:
        install, test = commands()
        assert install.endswith('&& geungeo ask "AX 법인의 매출 목표는?"')
        assert test.endswith("&& python -m pytest")
        assert all(". .venv/bin/activate" in command for command in (install, test))  # each runs in a shell of its own

    @pytest.mark.model
    @pytest.mark.usefixtures("models_loaded_once")
    def test_the_lines_for_the_terminal_work_as_printed(
        self, tmp_path: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """All but the server and what asks it, one after the other."""
        monkeypatch.chdir(tmp_path)
        env = environment(tmp_path / "data", model_cache)
        console = "".join(block for language, block in fenced(KOREAN) if language == "console")
        lines = [line for line in re.findall(r"^ *\$ (.+)$", console, re.M) if not re.match("geungeo serve|curl", line)]
        told = [typed(line, env) for line in lines]
        assert len(told) > 5
        assert any("책은 한 번에 다섯 권까지 두 주 동안 빌릴 수 있다. [1]" in text for text in told)
        assert (tmp_path / "백업.zip").stat().st_size


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
class TestPages:
    def test_no_command_is_made_up(self, page: Path) -> None:
        known = flags_by_command()
        text = page.read_text("utf-8")
        blocks = "\n".join(block for language, block in fenced(text) if language in ("bash", "console", "powershell"))
        inline = re.findall(r"`(geungeo [a-z][^`\n]*)`", text)
        for line in [*re.findall(r"(?<![\w/.-])geungeo [a-z][^\n#]*", blocks), *inline]:
            words = line.split()
            command = next((name for name in (" ".join(words[:3]), " ".join(words[:2])) if name in known), None)
            assert command or words[1] == "keys", line
            if command:
                assert set(re.findall(r"(?<!\S)(--[a-z][a-z-]+)", line)) <= known[command] | {"--help"}, line

    def test_what_it_points_at_is_there(self, page: Path) -> None:
        text = page.read_text("utf-8")
        links = re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)", text)
        paths = re.findall(rf"`((?:{FOLDERS})/[\w/.-]+)`", text)
        missing = [link for link in links if not (page.parent / link).exists()]
        assert missing + [path for path in paths if not (ROOT / path).exists()] == []

    def test_an_anchor_in_a_link_is_a_heading(self, page: Path) -> None:
        for file, anchor in re.findall(r"\]\(([\w./-]*\.md)?#([^)]+)\)", page.read_text("utf-8")):
            target = (page.parent / file if file else page).read_text("utf-8")
            headings = re.findall(r"^#+ (.+)$", target, re.M)
            assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_index_of_documents_lists_them_all() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    assert [
        page.name
        for page in DOCS.rglob("*.md")
        if page.name != "README.md" and f"({page.relative_to(DOCS)})" not in index
    ] == []


def test_the_page_of_dependencies_says_why_of_each() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *(name for names in project["optional-dependencies"].values() for name in names)]
    names = {re.split(r"[\[<>=]", requirement)[0] for requirement in asked}
    told = set(re.findall(r"`([\w-]+)(?:\[\w+\])?`", (DOCS / "dependencies.md").read_text("utf-8")))
    assert names - told == {"opentelemetry-exporter-otlp-proto-http"}  # "its OTLP exporter"


def test_a_picture_stays_small() -> None:
    pictures = list((DOCS / "pictures").iterdir())
    assert pictures
    assert all(picture.stat().st_size <= 200_000 for picture in pictures)


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_record_of_results_names_files_and_modules_that_are_there(record: Path) -> None:
    text = record.read_text("utf-8")
    named = re.findall(rf"\b(?:{FOLDERS})/[\w/]+\.py\b", text)
    named += [module.replace(".", "/") for module in re.findall(r"python -m ([\w.]+)", text)]
    assert [path for path in named if not (ROOT / path).exists() and not (ROOT / f"{path}.py").exists()] == []


def test_every_test_that_a_document_names_is_there() -> None:
    """``…::test_x`` is in the file named last before it."""
    named, gone = 0, list[str]()
    for page in PAGES:
        file = ""
        for found in re.findall(r"`((?:tests/[\w/]+\.py|…)(?:::\w+)+)`", page.read_text("utf-8")):
            path, *names = found.split("::")
            file = path if path != "…" else file
            source = (ROOT / file).read_text("utf-8") if (ROOT / file).is_file() else ""
            named += 1
            gone += [found for name in names if not re.search(rf"\b(?:def|class) {name}\b", source)]
    assert named > 40
    assert gone == []
