"""What a language model makes of the evidence: below it in a terminal, and in JSON as far as it came soon."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.cli import commands
from rag.cli import parser as cli
from tests.support.api_fakes import FakePipeline
from tests.support.fake_writer import fake_writer

QUESTION = "공사비는 320억원"
QUOTE = "공사비는 320억원이었다."


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    monkeypatch.setattr(commands, "_answerer", lambda *_: FakePipeline())
    monkeypatch.setenv("GEUNGEO_DATA", str(tmp_path))
    with fake_writer() as (address, _):
        yield address


def test_it_stands_below_the_evidence(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ask", QUESTION]) == 0
    without = capsys.readouterr().out
    assert cli.main(["ask", QUESTION, "--writer", url, "--writer-model", "right"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(without.rstrip("\n"))
    assert QUOTE in said[len(without) :]


@pytest.mark.parametrize(("model", "written"), [("right", [[0], [1]]), ("silent", [])])
def test_as_json_it_is_what_came_soon(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], model: str, written: list[list[int]]
) -> None:
    monkeypatch.setenv("GEUNGEO_WRITER_WAIT", "8" if model == "right" else "0.2")
    assert cli.main(["ask", QUESTION, "--json", "--writer", url, "--writer-model", model]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["answered"]
    assert [sentence["citations"] for sentence in answer["written"]] == written
