"""Loading and running the packaged encoder tells nobody and leaves nothing outside our folders."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ANSWERING = """
import sys
from pathlib import Path
from rag.loading import load_tools
from rag.settings import Settings

load_tools(Settings(data=Path(sys.argv[1]) / "none", cache=Path(sys.argv[1])))
"""
PROGRAM = """
import sys
from pathlib import Path
from index.encoders.bundled import BundledEncoder

BundledEncoder(Path(sys.argv[1])).encode_queries(["도서관은 몇 시에 여나요?"])
"""


@pytest.mark.model
@pytest.mark.parametrize("program", [PROGRAM, ANSWERING], ids=["the encoder", "all that answers"])
def test_no_telemetry_is_set_up(tmp_path: Path, model_cache: Path, program: str) -> None:
    """With it on, onnxruntime writes an id for the machine to the home folder, then reports to its maker's host."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    environment = kept | {"HOME": str(home), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program, str(model_cache)], cwd=ROOT, env=environment, check=True)
    assert list(home.iterdir()) == []
