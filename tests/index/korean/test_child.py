"""Objects in processes of their own: the same values, the same errors, and no waiting for the dead."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.articles import Span, SpanKind
from index.errors import ModelError, ReadError
from index.korean.child import Child
from index.korean.sentences import SentenceSplitter
from index.korean.splitter_process import SplitterProcess
from rag.cli.kiwi_process import begin_kiwi
from tests.support.waiting import is_alive, wait_until

# Forking is for a process without threads, which a command is at its start and pytest is not.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
PASSAGE = "KT가 새 회사를 세운다. 매출 목표는 4조6000억 원이다."
ENDED = ModelError("멈췄습니다", "it ended")


class Counter:
    """What a child may hold: ``start`` is what :meth:`Child.give` sent."""

    def __init__(self, start: int) -> None:
        if start < 0:
            raise ReadError("음수입니다", "below zero")
        self._count = start

    def add(self, number: int) -> int:
        self._count += number
        return self._count

    def fail(self) -> None:
        raise ReadError("못 읽습니다", "cannot read it")

    def stumble(self) -> None:
        raise ZeroDivisionError("뜻하지 않은 오류")

    def end(self) -> None:
        os._exit(1)


@pytest.fixture
def child() -> Iterator[Callable[[int], Child]]:
    children: list[Child] = []

    def make(start: int) -> Child:
        children.append(Child(_prepare_counter, ENDED))
        children[-1].give(start)
        return children[-1]

    yield make
    for child in children:
        child.close()
        child.close()
        child.process.join(60)
        assert not child.process.is_alive()


def _prepare_counter() -> type[Counter]:
    return Counter


class TestChild:
    def test_the_object_lives_there(self, child: Callable[[int], Child]) -> None:
        one, other = child(3), child(10)
        assert [one.call("add", 2), one.call("add", 2), other.call("add", 1)] == [5, 7, 11]

    def test_an_error_comes_back_as_it_was_and_the_object_stays(self, child: Callable[[int], Child]) -> None:
        one = child(0)
        with pytest.raises(ReadError, match="못 읽습니다") as caught:
            one.call("fail")
        assert caught.value.english == "cannot read it"
        assert one.call("add", 1) == 1

    def test_an_error_that_nobody_meant_says_what_it_was(self, child: Callable[[int], Child]) -> None:
        one = child(0)
        with pytest.raises(RuntimeError, match="ZeroDivisionError: 뜻하지 않은 오류"):
            one.call("stumble")
        assert one.call("add", 1) == 1

    def test_an_object_that_cannot_be_made_says_so_at_every_call(self, child: Callable[[int], Child]) -> None:
        one = child(-1)
        for _ in range(2):
            with pytest.raises(ReadError, match="음수"):
                one.call("add", 1)

    def test_a_dead_process_is_an_error_and_not_a_wait(self, child: Callable[[int], Child]) -> None:
        one = child(0)
        for _ in range(2):
            with pytest.raises(ModelError, match="멈췄습니다"):
                one.call("end")

    def test_one_that_is_closed_before_it_got_anything_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its siblings, begun later, must not hold its pipe open."""
        monkeypatch.setattr("index.korean.child._STOP_SECONDS", 60.0)
        first, second = Child(_prepare_counter, ENDED), Child(_prepare_counter, ENDED)
        first.close()
        second.close()
        for child in (first, second):
            child.process.join(60)
            assert child.process.exitcode == 0  # it ended by itself: close kills one that does not

    def test_they_end_with_the_one_that_made_them_however_it_ends(self) -> None:
        script = (
            "import time; from index.korean.child import Child; from tests.index.korean.test_child import ENDED, _prepare_counter\n"
            "made = [Child(_prepare_counter, ENDED) for _ in range(3)]\n"
            "print(*(one.process.pid for one in made), flush=True); time.sleep(60)"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
        ) as parent:
            assert parent.stdout is not None
            children = [int(pid) for pid in parent.stdout.readline().split()]
            parent.send_signal(signal.SIGKILL)
        assert len(children) == 3
        wait_until(lambda: not any(map(is_alive, children)))


@pytest.mark.parametrize("words", [(), ("소버린 에이아이",)])
def test_sentences_are_those_of_the_splitter_itself(words: tuple[str, ...], splitter: SentenceSplitter) -> None:
    kiwi, here = begin_kiwi(), SentenceSplitter(words) if words else splitter
    kiwi.give(words)
    there = SplitterProcess(kiwi, words)
    try:
        text = f"{PASSAGE} 소버린 에이아이를 다룬다."
        articles = [(text, [Span(0, len(text), SpanKind.BODY)]), ("", [])]
        assert there.fingerprint == here.fingerprint
        assert there.tokenize(text) == here.tokenize(text)
        assert list(there.parse_many(articles)) == list(here.parse_many(articles))
        assert there.split(*articles[0]) == here.split(*articles[0])
        assert ("소버린 에이아이" in [token.form for token in there.tokenize(text)]) == bool(words)
    finally:
        there.close()
