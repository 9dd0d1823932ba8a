"""Passes in bfloat16: only where the processor has the tiles and OpenVINO is installed; then nearer to float32 than int8."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from index import bfloat16
from index.bfloat16 import has_bfloat16_tiles, open_bfloat16
from index.bundled_encoder import BundledEncoder
from index.encoder import EncoderInput
from index.weights import read_weights, weights_path
from tests.st_model import Float32Encoder

SEEDS = Path(__file__).parent.parent / "seeds"
with_openvino = pytest.mark.skipif(
    not (has_bfloat16_tiles() and importlib.util.find_spec("openvino")), reason="needs the openvino extra and AMX"
)


@pytest.fixture
def paragraphs() -> list[EncoderInput]:
    lines = [line.strip() for path in sorted(SEEDS.glob("*.txt")) for line in path.read_text("utf-8").split("\n")]
    return [EncoderInput("", line, ((0, len(line)),), ((0, 3),)) for line in lines if len(line) >= 20]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("flags\t\t: fpu avx2 amx_bf16 amx_tile\nmodel name\t: X\n", True),
        ("flags\t\t: fpu avx2 avx512_bf16\n", False),
        ("model name\t: amx_bf16\nflags\t\t: fpu\n", False),
        ("", False),
    ],
)
def test_the_processor_is_asked(tmp_path: Path, content: str, found: bool) -> None:
    (tmp_path / "cpuinfo").write_text(content)
    assert has_bfloat16_tiles(tmp_path / "cpuinfo") is found


def test_where_there_is_nothing_to_read_there_are_none(tmp_path: Path) -> None:
    assert not has_bfloat16_tiles(tmp_path / "cpuinfo")


@pytest.mark.model
@pytest.mark.parametrize("missing", ["openvino", "tiles"])
def test_without_either_passages_are_int8(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str) -> None:
    monkeypatch.setattr(bfloat16, "has_bfloat16_tiles", lambda: missing != "tiles")
    if missing == "openvino":
        monkeypatch.setitem(sys.modules, "openvino", None)
    assert open_bfloat16(read_weights(weights_path()), 1) is None
    encoder = BundledEncoder(tmp_path)
    assert encoder._passage_pass == encoder._int8_passages


@with_openvino
@pytest.mark.model
def test_vectors_are_nearer_to_float32_than_int8_ones(paragraphs: list[EncoderInput], tmp_path: Path) -> None:
    exact = Float32Encoder(tmp_path).encode_passages(paragraphs)
    quick = BundledEncoder(tmp_path).encode_passages(paragraphs)
    for kind in ("passage", "sentences", "words"):
        cosines = [
            float(np.sum(np.atleast_2d(getattr(one, kind)) * np.atleast_2d(getattr(other, kind)), axis=1).min())
            for one, other in zip(exact, quick, strict=True)
        ]
        assert min(cosines) > 0.999, kind


@with_openvino
@pytest.mark.model
def test_a_pass_does_not_write_over_the_one_before(paragraphs: list[EncoderInput], tmp_path: Path) -> None:
    encoder = BundledEncoder(tmp_path)
    run = encoder._passage_pass
    first = encoder._states([[0, 5, 6, 2]], run)[0]
    kept = first.copy()
    encoder._states([[0, 9, 8, 2]], run)
    assert np.array_equal(first, kept)


@with_openvino
@pytest.mark.model
def test_nothing_of_openvinos_telemetry_is_loaded(tmp_path: Path) -> None:
    assert open_bfloat16(read_weights(weights_path()), 1) is not None
    assert sys.modules["openvino_telemetry"] is None
