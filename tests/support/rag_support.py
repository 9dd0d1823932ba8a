"""A small index, models made by hand, and the command line as a process, for the tests of ``rag``."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

import numpy as np
from filelock import FileLock

from index.articles import Article
from index.encoders.base import Encoder
from index.engine import Engine
from index.ingest import Ingestor
from index.korean.parsing import analysis_fingerprint
from index.korean.sentences import SentenceSplitter
from rag.cli import main
from rag.evidence.confidence import FEATURES as CONFIDENCE_FEATURES
from rag.evidence.features import FEATURES as EVIDENCE_FEATURES
from rag.pipeline import Pipeline
from rag.question.aliases import Aliases
from rag.ranking.fusion import FEATURES as FUSION_FEATURES
from rag.ranking.models import Bounds, Logistic, Models
from tests.support.fakes import ARTICLES, HashEncoder, RegexSplitter

# Of a busy machine, for whose first question of all fifteen of the processor are taken; pytest ends a test at 600.
_SECONDS = 280.0
GROUPS = [["법인", "회사", "기업"], ["AX", "AI 전환"], ["매출", "매출액"]]


def logistic(features: Sequence[str], weights: Mapping[str, float], bias: float = 0.0) -> Logistic:
    """Over raw features: mean 0, scale 1."""
    size = len(features)
    values = np.array([weights.get(name, 0.0) for name in features])
    return Logistic(tuple(features), np.zeros(size), np.ones(size), values, bias)


HAND_FUSION = logistic(
    FUSION_FEATURES, {"passage_cosine": 8.0, "sentence_cosine": 8.0, "bm25": 1.0, "maxsim": 4.0}, bias=-14.0
)


HAND_EVIDENCE = {"coverage": 1.0, "maxsim": 1.0, "bigram_coverage": 1.0}


def hand_models(threshold: float = 0.5) -> Models:
    """A sentence is as good as its words are met; sure from a third of the question's words on."""
    return Models(
        HAND_FUSION,
        logistic((*EVIDENCE_FEATURES, *(f"{name}_apart" for name in EVIDENCE_FEATURES)), HAND_EVIDENCE),
        logistic(CONFIDENCE_FEATURES, {"best_coverage": 9.0}, bias=-3.0),
        Bounds(threshold, high=0.9, medium=0.7),
        usual=(np.zeros(len(EVIDENCE_FEATURES)), np.ones(len(EVIDENCE_FEATURES))),
    )


def build_index(
    folder: Path,
    articles: Sequence[Article] = ARTICLES,
    encoder: Encoder | None = None,
    splitter: SentenceSplitter | None = None,
) -> None:
    Ingestor(folder, encoder or HashEncoder(), splitter or RegexSplitter()).ingest(articles)


def open_engine(folder: Path, encoder: Encoder | None = None, splitter: SentenceSplitter | None = None) -> Engine:
    return Engine.open(
        folder,
        encoder=(encoder or HashEncoder()).fingerprint,
        analysis=analysis_fingerprint(splitter or RegexSplitter()),
    )


def open_pipeline(folder: Path, models: Models | None = None, splitter: SentenceSplitter | None = None) -> Pipeline:
    encoder, splitter = HashEncoder(), splitter or RegexSplitter()
    return Pipeline(
        lambda: open_engine(folder, encoder, splitter),
        encoder,
        splitter,
        Aliases(GROUPS, splitter),
        models or hand_models(),
    )


def command(*arguments: str | Path | bytes) -> list[str | Path | bytes]:
    return [sys.executable, "-m", "rag.cli", *arguments]


def environment(folder: Path, cache: Path, **more: str) -> dict[str, str]:
    """What a process needs to find its own data and nothing else of the machine's."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GEUNGEO_", "LC_", "LANG", "PYTHON"))
    }
    root = str(Path(__file__).resolve().parents[2])
    return (
        kept | {"PYTHONPATH": root, "GEUNGEO_DATA": str(folder), "GEUNGEO_CACHE": str(cache), "LANG": "C.UTF-8"} | more
    )


@dataclass(frozen=True)
class FirstAsk:
    """The first question on a machine without index and without model cache, and the folders it left."""

    data: Path
    cache: Path
    process: "subprocess.CompletedProcess[bytes]"


@cache
def first_ask(base: Path) -> FirstAsk:
    """Once a session (``tmp_path_factory.getbasetemp()``): it writes the model, then indexes the seeds.

    pytest-xdist's workers share the one that is there first.
    """
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    data, model, told = base / "seeds-index", base / "encoder-cache", base / "first-ask.json"
    with FileLock(base / "first-ask.lock"):
        if not told.exists():
            process = geungeo(environment(data, model), "ask", "AX 법인의 매출 목표는?", "--json")
            told.write_text(json.dumps([process.returncode, process.stdout.decode(), process.stderr.decode()]))
        code, out, notes = json.loads(told.read_text())
    return FirstAsk(data, model, subprocess.CompletedProcess([], code, out.encode(), notes.encode()))


def geungeo(
    env: Mapping[str, str], *arguments: str | Path | bytes, stdin: bytes | None = None
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        command(*arguments), env=dict(env), input=stdin, capture_output=True, timeout=_SECONDS, check=False
    )


def geungeo_here(env: Mapping[str, str], *arguments: str | Path | bytes) -> "subprocess.CompletedProcess[bytes]":
    """The command in this process: what it says and does to its folder is the same without the second that a start takes."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with mock.patch.dict(os.environ, env, clear=True), redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([os.fsdecode(word) for word in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.buffer.getvalue(), err.buffer.getvalue())
