"""F27, F28: an article that crashes, hangs or bloats its parser is a failure of its own and of nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.articles import Article
from index.doctor import examine
from index.errors import GeungeoError, ModelError, ParseError, ParseTimeoutError
from index.ingest import Ingestor
from index.korean import parser_process
from index.korean.parser_child import ParserLimits
from index.korean.parser_process import ParserProcess
from index.korean.parsing import LocalParser, Parsed
from index.korean.sentences import SentenceSplitter
from index.store.store import Store
from tests.support.fakes import ARTICLES, FESTIVAL, LIBRARY, PORT, HashEncoder, RegexSplitter, open_index
from tests.support.hostile import HOSTILE, HostileSplitter, StillbornSplitter
from tests.support.waiting import is_alive, wait_until


@pytest.fixture(scope="module")
def parser() -> Iterator[ParserProcess]:
    running = ParserProcess(HostileSplitter, ParserLimits(seconds=10.0))  # of the clock: much, for a busy machine
    yield running
    running.close()


def outcomes(parser: ParserProcess, articles: list[Article]) -> list[tuple[str, type]]:
    return [(article.id, type(parsed)) for article, parsed in parser.parse_many(articles)]


def bad(word: str) -> Article:
    return Article(f"나쁜-{word}", "", f"이 글은 {word} 하고 시킨다.")


def test_what_comes_out_is_what_is_read_here(parser: ParserProcess) -> None:
    here = list(LocalParser(RegexSplitter()).parse_many(ARTICLES))
    assert list(parser.parse_many(ARTICLES)) == here
    assert all(isinstance(parsed, Parsed) for _, parsed in here)


@pytest.mark.parametrize("word", HOSTILE)
def test_a_crash_is_one_article_s(parser: ParserProcess, word: str) -> None:
    items = [PORT, bad(word), LIBRARY, FESTIVAL]
    expected = [PORT.id, bad(word).id, LIBRARY.id, FESTIVAL.id]
    found = outcomes(parser, items)
    assert found == list(zip(expected, [Parsed, ParseError, Parsed, Parsed], strict=True))


def test_a_hang_ends_when_its_time_is_up(parser: ParserProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its letters the one that hangs has three seconds, each of the others seven: much, for a busy machine."""
    monkeypatch.setattr(parser, "_limits", ParserLimits(seconds=1.0, characters_a_second=9))
    started = time.monotonic()
    found = outcomes(parser, [PORT, bad("자라"), LIBRARY])
    assert [kind for _, kind in found] == [Parsed, ParseTimeoutError, Parsed]
    assert time.monotonic() - started >= 2


def test_one_crash_after_the_other(parser: ParserProcess) -> None:
    items = [bad("죽어라"), bad("나가라"), PORT, bad("멈춰라")]
    assert [kind for _, kind in outcomes(parser, items)] == [ParseError, ParseError, Parsed, ParseError]


def test_many_articles_are_read_ahead_and_come_in_order(parser: ParserProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a pipe holds, which is 64 KiB."""
    monkeypatch.setattr(parser_process, "AHEAD_CHARACTERS", 30_000)
    items = [replace(PORT, id=f"글-{number}", text=PORT.text * 100) for number in range(20)]
    assert sum(len(item.text) for item in items) > 2 * parser_process.AHEAD_CHARACTERS
    assert outcomes(parser, items) == [(item.id, Parsed) for item in items]


def test_no_more_tiny_articles_are_read_ahead_than_fit(parser: ParserProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser_process, "AHEAD_CHARACTERS", 2_000)
    taken, given = 0, 0

    def tiny() -> Iterator[Article]:
        nonlocal taken
        for number in range(60):
            taken += 1
            yield Article(f"{number}", "", f"{number}.")

    for _ in parser.parse_many(tiny()):
        assert taken - given <= 20
        given += 1
    assert given == 60


def test_who_stops_listening_leaves_nothing_for_the_next(parser: ParserProcess) -> None:
    for first, _ in parser.parse_many(ARTICLES):
        assert first == ARTICLES[0]
        break
    assert outcomes(parser, [FESTIVAL]) == [(FESTIVAL.id, Parsed)]


def test_an_error_in_the_source_leaves_nothing_either(parser: ParserProcess) -> None:
    def broken() -> Iterator[Article]:
        yield PORT
        raise GeungeoError("끝", "end")

    with pytest.raises(GeungeoError, match="끝"):
        outcomes(parser, broken())
    assert outcomes(parser, [FESTIVAL]) == [(FESTIVAL.id, Parsed)]


def test_a_parser_that_does_not_start_is_an_error_of_the_installation() -> None:
    parser = ParserProcess(StillbornSplitter)
    with pytest.raises(ModelError, match="kiwipiepy"):
        outcomes(parser, [PORT])
    parser.close()


def test_an_ingest_with_crashes_loses_only_them(tmp_path: Path, parser: ParserProcess) -> None:
    """F27 and F36: reported with their id, exit code 8 by way of the report."""
    items = [PORT, bad("죽어라"), LIBRARY, bad("잡아라"), FESTIVAL]
    report = Ingestor(tmp_path, HashEncoder(), RegexSplitter(), parser).ingest(items)
    assert report.added == [PORT.id, LIBRARY.id, FESTIVAL.id]
    assert [failure.where for failure in report.failures] == ["나쁜-죽어라", "나쁜-잡아라"]
    assert "분석하지 못했습니다" in str(report.failures[0].error)
    engine = open_index(tmp_path, RegexSplitter())
    assert engine.manifest.articles == 3
    engine.close()
    assert examine(tmp_path) == []


def test_an_article_that_a_rebuild_cannot_read_keeps_its_text_and_no_old_vector(
    tmp_path: Path, parser: ParserProcess
) -> None:
    Ingestor(tmp_path, HashEncoder(), RegexSplitter()).ingest([PORT, bad("죽어라")])
    other = HashEncoder("other", dim=32)
    report = Ingestor(tmp_path, other, RegexSplitter(), parser).ingest([], rebuild=True)
    assert report.replaced == [PORT.id]
    assert [failure.where for failure in report.failures] == [bad("죽어라").id]
    store = Store(tmp_path)
    assert store.article(bad("죽어라").id) == bad("죽어라")
    assert store.vectors()[1].shape == (1, 32)
    store.close()
    again = Ingestor(tmp_path, other, RegexSplitter()).ingest([bad("죽어라")])  # whenever it can be read
    assert again.replaced == [bad("죽어라").id]
    assert examine(tmp_path) == []


@pytest.mark.model
def test_kiwi_reads_there_as_here(splitter: SentenceSplitter) -> None:
    interview = Article("대담", "대담", "대표를 만났다.\n\n- 투자 규모는 얼마인가?\n▶ 7조원이다. 2027년까지 쓴다.")
    parser = ParserProcess(SentenceSplitter)
    assert list(parser.parse_many([*ARTICLES, interview])) == list(
        LocalParser(splitter).parse_many([*ARTICLES, interview])
    )
    parser.close()


_LOADING = """
import os
import time
from index.korean.parser_process import ParserProcess
from tests.support.hostile import SlowToLoad

class SaysThatItLoads(SlowToLoad):
    def load(self):
        print(os.getpid(), flush=True)
        super().load()

if __name__ == "__main__":
    parser = ParserProcess(SaysThatItLoads)
    parser.start()
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells nobody elsewhere")
def test_one_that_is_still_loading_ends_with_its_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "loading.py"
    script.write_text(_LOADING, "utf-8")
    root = Path(__file__).parents[3]
    environment = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, script], cwd=root, env=environment, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.5)  # it holds the lock now
        parent.kill()
    try:
        wait_until(lambda: not is_alive(child))
    except AssertionError:
        os.kill(child, signal.SIGKILL)
        raise
