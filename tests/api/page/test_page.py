"""The page's files as they are served: one round, no other host, nothing that could turn data into markup."""

import posixpath
import re
from pathlib import Path

import pytest

import api.page
from api.app import create_app
from index.reading.kinds import DOCUMENT_SUFFIXES, READABLE_SUFFIXES, SHOWN_KINDS
from rag.cli.parser import COMMANDS
from tests.support.api_fakes import FakePipeline, assert_problem, call

ROOT = Path(api.page.__path__[0], "files")
FILES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in ROOT.rglob("*") if path.is_file()}
SCRIPTS = {name: text for name, text in FILES.items() if name.endswith(".js")}
ROOMS = ("base", "service", "answer", "library", "ask")  # each may import those before it
APP = create_app(FakePipeline())
HTML = call(APP, "GET", "/").text
ADDRESSES = re.findall(r'(?:href|src)="(static/[^"]+)"', HTML)


def test_the_page_is_html_that_is_asked_for_anew_and_known_again() -> None:
    response = call(APP, "GET", "/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    again = call(APP, "GET", "/", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def path_of(address: str) -> str:
    """``base/dom.js`` of ``static/VERSION/base/dom.js``."""
    return address.split("/", 2)[2]


def script_imports(name: str) -> list[str]:
    """Return the paths of the scripts that a script of the page imports."""
    named = re.findall(r'\bfrom "([^"]+)"', SCRIPTS[name])
    return [posixpath.normpath(posixpath.join(posixpath.dirname(name), other)) for other in named]


def test_every_file_is_named_in_the_page_so_that_one_round_fetches_all() -> None:
    assert sorted(path_of(address) for address in set(ADDRESSES)) == sorted(FILES.keys() - {"index.html"})


@pytest.mark.parametrize("address", sorted(set(ADDRESSES)))
def test_files_may_be_kept_for_ever_under_their_version(address: str) -> None:
    response = call(APP, "GET", f"/{address}")
    assert response.status_code == 200
    assert response.text == FILES[path_of(address)]
    assert "immutable" in response.headers["cache-control"]
    kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    assert response.headers["content-type"].startswith(kinds[address.rsplit(".", 1)[1]])


@pytest.mark.parametrize(
    "path",
    [
        "/static/0/main.js",
        "/static/{v}/",
        "/static/{v}/index.html",
        "/static/{v}/../page.py",
        "/static/{v}/x.js",
        "/static/{v}/base",
        "/static/{v}/base/",
        "/static/{v}/dom.js",
        "/static/{v}/base/%2e%2e/main.js",
        "/static/{v}//main.js",
    ],
)
def test_nothing_else_is_served(path: str) -> None:
    version = ADDRESSES[0].split("/")[1]
    assert_problem(call(APP, "GET", path.replace("{v}", version)), 404, "not_found")


@pytest.mark.parametrize("path", ["/", f"/{ADDRESSES[0]}"])
def test_the_policy_takes_nothing_inline_and_nothing_from_elsewhere(path: str) -> None:
    policy = call(APP, "GET", path).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert {rules[name] for name in ("script-src", "style-src", "img-src", "connect-src", "form-action")} == {"'self'"}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_imports_what_is_there_from_the_rooms_below_it(name: str) -> None:
    room = name.rpartition("/")[0]
    below = {"", *ROOMS[: ROOMS.index(room) + 1]} if room else {"", *ROOMS}
    assert [other for other in script_imports(name) if other not in SCRIPTS] == []
    assert {other.rpartition("/")[0] for other in script_imports(name)} <= below - ({""} if room else set())


def test_no_file_names_another_host() -> None:
    """But for XML's own names, which are never fetched."""
    found = {url for text in FILES.values() for url in re.findall(r"[\"'`(](?:https?:)?//[a-z0-9.-]+", text)}
    assert {url[1:] for url in found} == {"http://www.w3.org", "http://schemas.openxmlformats.org"}


def test_no_inline_script_style_or_handler() -> None:
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", HTML)
    assert re.findall(r"<script(?! type=\"module\" src=)", HTML) == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_can_parse_markup_or_text_as_code(name: str) -> None:
    sinks = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|setHTML"
        r"|\beval\b|new Function|set(?:Timeout|Interval)\(\s*[\"'`]|window\.open|(?<!data-)\bon[a-z]+:\s*\(?\)?\s*=>"
    )
    assert re.findall(sinks, SCRIPTS[name]) == []


def test_links_out_of_articles_pass_the_one_check() -> None:
    """``href`` is set in one place, from safeUrl, with rel."""
    lines = [line for text in SCRIPTS.values() for line in text.splitlines() if "href:" in line]
    assert len(lines) == 1
    assert 'rel: "noopener noreferrer"' in lines[0]


def words() -> dict[str, tuple[str, str]]:
    entries = re.findall(
        r'^  (\w+): \["((?:[^"\\]|\\.)*)",\s+"((?:[^"\\]|\\.)*)"\],$', FILES["base/words.js"], re.MULTILINE
    )
    return {key: (korean, english) for key, korean, english in entries}


def test_every_word_is_there_in_both_languages_with_the_same_values() -> None:
    assert len(words()) == FILES["base/words.js"].count(": [")
    for key, (korean, english) in words().items():
        assert korean, key
        assert english, key
        assert set(re.findall(r"{\w+}", korean)) == set(re.findall(r"{\w+}", english)), key


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    used = set(re.findall(r'data-t(?:-\w+)?="(\w+)"', FILES["index.html"]))
    for text in SCRIPTS.values():
        for call_text in re.findall(r"\b(?:t|count)\(([^;]*)", text):
            used |= set(re.findall(r'"(\w+)"', call_text))
    known = words().keys()
    built = {
        key
        for key in known
        if re.match(r"(stage|reason|status|certainty|order|theme|help|locator|known|field|gold)_", key)
        or key.endswith("_one")
    }
    assert known - used - built == set()
    missing = {key for text in SCRIPTS.values() for key in re.findall(r'\bt\("(\w+)"', text)} - known
    assert missing == set()


def test_the_chooser_offers_every_kind_of_file_that_is_read() -> None:
    accepted = re.search(r"const ACCEPTED = ([^;]+);", FILES["library/uploads.js"])
    assert accepted
    offered = "".join(re.findall(r'"([^"]*)"', accepted[1])).split(",")
    assert sorted(offered) == sorted(suffix.replace(".jsonl.gz", ".gz") for suffix in READABLE_SUFFIXES)


def test_people_are_told_the_same_kinds_everywhere() -> None:
    """Each kind by its best known suffixes; a suffix of another name is added here or to what is told."""
    shown = [f".{kind.lower()}" for kind in SHOWN_KINDS.split(", ")]
    unsaid = {
        ".hwt", ".hwtx", ".docm", ".dotx", ".pptm", ".ppsx", ".xlsm", ".tsv", ".htm", ".xhtml", ".markdown", ".jsonl.gz",
    }  # fmt: skip
    assert {*shown} | unsaid == {*READABLE_SUFFIXES}
    assert {DOCUMENT_SUFFIXES[suffix] for suffix in shown if suffix in DOCUMENT_SUFFIXES} == {
        *DOCUMENT_SUFFIXES.values()
    }
    korean, english = words()["upload_kinds"]
    assert korean == f"{SHOWN_KINDS} 파일을 받습니다."
    assert english == f"{SHOWN_KINDS.replace(', JSONL', ' and JSONL')} files are taken."
    assert SHOWN_KINDS in COMMANDS["index"].korean
    assert SHOWN_KINDS in COMMANDS["index"].english
