"""Processes that are started afresh: how they begin, and that each ends, whatever it is doing."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection

import pytest

from index.system.limits import ALARM, PROCESSOR_ALARM, set_alarm, set_processor_alarm
from index.system.spawned_process import READY, SpawnedProcess
from tests.support.waiting import is_alive, wait_until

Start = Callable[[Callable[[Connection], None]], SpawnedProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[SpawnedProcess] = []

    def begin(serve: Callable[[Connection], None]) -> SpawnedProcess:
        started.append(SpawnedProcess(serve))
        return started[-1]

    yield begin
    for process in started:
        process.close()


def echo(connection: Connection) -> None:
    connection.send(READY)
    with suppress(EOFError):
        while True:
            connection.send(connection.recv())


def hang(connection: Connection) -> None:
    connection.send(READY)
    time.sleep(600)


def speak_out_of_turn(connection: Connection) -> None:
    connection.send("다른 말")
    time.sleep(600)


def die(_: Connection) -> None:
    os._exit(3)


def run_out_of_time(connection: Connection) -> None:
    connection.send(READY)
    set_alarm(0.1)
    time.sleep(600)


def run_out_of_the_processors_time(connection: Connection) -> None:
    connection.send(READY)
    set_processor_alarm(0.1)
    while True:
        pass


def test_it_is_ready_once_and_answers(start: Start) -> None:
    process = start(echo)
    assert process.is_ready(60)
    assert process.is_ready(0)  # told already: the next thing that is said is no READY
    process.connection.send("말")
    assert process.connection.recv() == "말"
    assert process.is_alive()


@pytest.mark.parametrize("serve", [die, speak_out_of_turn])
def test_one_that_does_not_start_is_not_ready(start: Start, serve: Callable[[Connection], None]) -> None:
    assert not start(serve).is_ready(60)


def test_one_that_is_silent_for_too_long_is_not_ready(start: Start) -> None:
    assert not start(echo).is_ready(0)  # Python has not even started


@pytest.mark.parametrize(
    ("serve", "code"),
    [(die, 3), (run_out_of_time, -(ALARM or 0)), (run_out_of_the_processors_time, -(PROCESSOR_ALARM or 0))],
)
def test_how_it_ended_is_known(start: Start, serve: Callable[[Connection], None], code: int) -> None:
    process = start(serve)
    with suppress(EOFError, ConnectionError):
        while True:
            process.connection.recv()
    assert process.exit_code() == code


def test_the_first_process_handles_an_interrupt(start: Start) -> None:
    process = start(echo)
    assert process.is_ready(60)
    assert process.pid
    os.kill(process.pid, signal.SIGINT)
    process.connection.send("말")
    assert process.connection.recv() == "말"


@pytest.mark.parametrize("end", [SpawnedProcess.kill, SpawnedProcess.close])
def test_one_that_hangs_is_ended(end: Callable[[SpawnedProcess], None]) -> None:
    process = SpawnedProcess(hang)
    assert process.is_ready(60)
    assert process.pid
    pid = process.pid
    end(process)
    wait_until(lambda: not is_alive(pid))
    if end is SpawnedProcess.kill:
        process.close()
