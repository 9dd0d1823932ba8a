"""Completion by Tab, asked of the shells themselves where they are there."""

import shutil
import subprocess
from pathlib import Path

import pytest

from index.text.messages import say
from rag.cli import parser as cli

pytest.importorskip("shtab")
COMPLETE = """
source "$1"
COMP_WORDS=(geungeo "${@:2}"); COMP_CWORD=$#; COMP_CWORD=$((COMP_CWORD - 1))
COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
_shtab_geungeo geungeo "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell: str, folder: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> Path:
    assert cli.main(["completion", shell, *flags]) == 0
    path = folder / shell
    path.write_text(capsys.readouterr().out, "utf-8")
    return path


def answered(*command: str | Path) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["as"], "ask"),
        (["ask", "--js"], "--json"),
        (["ask", "--mode", "lex"], "lexical"),
        (["keys", "rev"], "revoke"),
    ],
)
def test_bash_completes(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], found: str) -> None:
    path = script("bash", tmp_path, capsys)
    assert found in answered("bash", "-c", COMPLETE, "-", path, *words)


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish on PATH")
def test_fish_completes_and_explains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = script("fish", tmp_path, capsys)
    assert f"ask\t{cli.COMMANDS['ask'].korean}" in answered("fish", "-c", f"source {path}; complete -C 'geungeo as'")
    english = script("fish", tmp_path, capsys, "--lang", "en")
    assert f"ask\t{cli.COMMANDS['ask'].english}" in answered(
        "fish", "-c", f"source {english}; complete -C 'geungeo as'"
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_read_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str], shell: str) -> None:
    path = script(shell, tmp_path, capsys)
    assert "index" in path.read_text("utf-8")
    if shutil.which(shell):
        subprocess.run([shell, "-n", path], check=True)


def test_an_error_of_ours_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object) -> str:
        raise RuntimeError("뜻밖")

    monkeypatch.setattr(cli, "completion", fail)
    assert cli.main(["completion", "bash"]) == 1
    assert "RuntimeError: 뜻밖" in capsys.readouterr().err


def test_other_shells_are_named_in_the_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["completion", "tcsh"])
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err
    assert say("did_you_mean", "ko", name="x")
