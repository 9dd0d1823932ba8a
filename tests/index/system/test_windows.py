"""What Windows lacks is not missed: modules, signals and calls are taken away here, as there is no Windows to run on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from index.korean import parser_child
from index.system import limits
from index.system.files import make_folder, sync_folder

_IMPORT_ALL = """
import importlib, os, signal, sys
from pathlib import Path
for module in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[module] = None
for name in ("SIGALRM", "SIGKILL", "SIGPROF", "SIGSTOP", "setitimer"):
    delattr(signal, name)
for name in ("fork", "geteuid", "getuid"):
    delattr(os, name)
for path in sorted(Path("index").rglob("*.py")):
    importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
"""


def test_every_module_can_be_imported_without_them() -> None:
    root = Path(parser_child.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", _IMPORT_ALL], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_folder_is_made_private_where_users_have_no_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "geteuid")
    (tmp_path / "there").mkdir(mode=0o755)
    for name in ("new", "there"):
        make_folder(tmp_path / name)
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o700


def test_no_folder_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError("a folder cannot be opened there")

    with monkeypatch.context() as windows:  # briefly: pathlib looks at the name as well
        windows.setattr(os, "name", "nt")
        windows.setattr(os, "open", refuse)
        sync_folder(tmp_path)


def test_a_parser_loads_where_no_signal_ends_it_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(signal, "SIGKILL")
    loaded = []
    with parser_child._ending_with(parent=0):
        loaded.append(True)
    assert loaded


def test_a_process_goes_without_limits_where_nothing_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.delattr(signal, "setitimer")
    assert limits.in_use() == 0
    limits.limit_memory(1 << 30)
    limits.set_alarm(1.0)
    limits.set_processor_alarm(1.0)
