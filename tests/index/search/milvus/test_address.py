"""Where a Milvus is: read, written down without its password, and refused when it is none. Needs no pymilvus."""

import json
from pathlib import Path

import pytest

from index.errors import CorruptIndexError, UsageError
from index.search.milvus.address import MARKER, Address, attach, engine_of, read_address

SECRET = "s3cret-word"


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("milvus://db", Address("db")),
        ("milvus://db.example.com:19531/news", Address("db.example.com", 19531, "news")),
        ("milvus://db?tls=1&database=d&index=HNSW", Address("db", tls=True, database="d", index="HNSW")),
        ("milvus:///tmp/a.db", Address("", file="/tmp/a.db")),
        ("milvus:///tmp/a.db?collection=news", Address("", collection="news", file="/tmp/a.db")),
        ("milvus:///home/kim/my data/글.db", Address("", file="/home/kim/my data/글.db")),
        ("milvus:///tmp/%2523%23%3F%0A.db", Address("", file="/tmp/%23#?\n.db")),
        ("milvus://[::1]:19531/news", Address("::1", 19531, "news")),
        ("milvus://[fe80::1%25eth0]", Address("fe80::1%25eth0")),
    ],
)
def test_read_and_said_again(given: str, address: Address) -> None:
    assert read_address(given) == address
    assert read_address(address.text) == address
    assert " " not in address.text


@pytest.mark.parametrize(
    "given",
    ["", "db", "http://db", "milvus://", "milvus:///a", "milvus://db/1", "milvus://db/a b", "milvus://db:x", "milvus://db#a",
     "milvus://db?index=X", "milvus://db?tls=2", "milvus://db?x=1", "milvus://db?database=a-b", 'milvus://db/a"', "milvus://d b/a", "milvus:a.db"],
)  # fmt: skip
def test_what_is_none_is_refused(given: str) -> None:
    with pytest.raises(UsageError):
        read_address(given)


def test_as_pymilvus_takes_it() -> None:
    assert read_address("milvus://[::1]/news?tls=1").uri == "https://[::1]:19530"
    assert read_address("milvus:///my data/%23.db").uri == "/my data/#.db"


def test_the_password_is_nowhere_but_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attach(tmp_path, f"milvus://admin:{SECRET}@db/news")
    known = engine_of(tmp_path)
    assert known is not None
    assert known.secret == f"admin:{SECRET}"
    assert SECRET not in (tmp_path / MARKER).read_text("utf-8") + known.text + known.name + known.uri + repr(known)
    with pytest.raises(UsageError) as refused:
        read_address(f"milvus://admin:{SECRET}@db?tls=x")
    assert SECRET not in str(refused.value)
    monkeypatch.setenv("MILVUS_TOKEN", SECRET)
    assert Address("db").secret == SECRET


def test_a_folder_remembers_and_forgets(tmp_path: Path) -> None:
    assert engine_of(tmp_path) is None
    attach(tmp_path, "embedded")
    attach(tmp_path / "new", "milvus://db/news")
    assert engine_of(tmp_path / "new") == Address("db", collection="news")
    attach(tmp_path / "new", "embedded")
    assert engine_of(tmp_path / "new") is None


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"kind": "geungeo truth", "address": "milvus://db"}', '{"kind": "geungeo engine", "address": "x"}']
)  # fmt: skip
def test_a_note_that_cannot_be_read(tmp_path: Path, body: str) -> None:
    (tmp_path / MARKER).write_text(body)
    with pytest.raises(CorruptIndexError):
        engine_of(tmp_path)


def test_the_note_is_for_its_owner_alone(tmp_path: Path) -> None:
    attach(tmp_path, "milvus://db")
    assert (tmp_path / MARKER).stat().st_mode & 0o077 == 0
    assert json.loads((tmp_path / MARKER).read_bytes())["kind"] == "geungeo engine"
