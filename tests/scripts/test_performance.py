"""docs/performance.md says what docs/results holds; the arithmetic under its tables; indexes made to measure."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index.search.lexical import LexicalQuery
from index.store.store import Store
from scripts.bench import common as benching
from scripts.bench import encoder_limits, performance, scaled_index
from tests.support.fakes import RegexSplitter, make_index, open_index

ROOT = Path(__file__).parents[2]


def test_the_page_says_what_the_records_hold() -> None:
    records = {path.stem: json.loads(path.read_text("utf-8")) for path in benching.RESULTS.glob("*.json")}
    page = performance.DOCUMENT.read_text("utf-8")
    assert performance.filled(page, records) == page, "run python -m scripts.bench.performance"
    for name, (source, _) in performance.TABLES.items():
        assert source not in records or f"<!-- table: {name} -->\n|" in page


def test_the_page_names_commands_that_can_be_typed() -> None:
    typed = re.findall(r"`python (\S+) ([\w./]+)", performance.DOCUMENT.read_text("utf-8"))
    assert len(typed) > 10
    files = {module: (ROOT / module.replace(".", "/")).with_suffix(".py") for flag, module in typed if flag == "-m"}
    assert len(files) == len({module for _, module in typed})
    assert [module for module, file in files.items() if not file.is_file()] == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((5, 5, 5), "constant"),
        ((1, 10, 100), "n"),
        ((1, 100, 10_000), "n^2.00"),
        ((8, 4, 2), "n^-0.30"),
        ((0, 1, 2), "–"),
    ],
)
def test_growth_is_the_power_of_the_size(values: tuple[float, ...], said: str) -> None:
    assert performance._growth((10, 100, 1000), values) == said


def test_multiply_adds_of_a_passage() -> None:
    assert encoder_limits.weight_products(1) == 12 * (4 * 384 * 384 + 2 * 384 * 1536) == 21_233_664
    assert encoder_limits.attention_products(10) == 12 * 2 * 10 * 10 * 384


def test_percentiles_are_values_that_were_measured() -> None:
    times = [number / 1000 for number in range(1, 101)]
    assert benching.milliseconds(times) == {"p50_ms": 51.0, "p95_ms": 96.0, "p99_ms": 100.0}
    assert benching.percentile([3.0], 99) == 3.0


def test_a_file_of_two_names_counts_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(bytes(3_000_000))
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    assert benching.folder_mb(tmp_path) == 3.0


def test_memory_of_a_tree_holds_its_children() -> None:
    code = "import sys; held = bytearray(b'1') * 50_000_000; print(flush=True); sys.stdin.read()"
    alone = benching.tree_mb(os.getpid())
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert benching.tree_mb(os.getpid()) > alone + 45
        child.communicate()


def test_drawn_vectors_lie_near_real_ones() -> None:
    random = np.random.default_rng(1)
    pool = scaled_index._unit(random.standard_normal((50, 384), dtype=np.float32))
    drawn = scaled_index.draw_around(pool, 200, random)
    nearest = (drawn @ pool.T).max(axis=1)
    assert np.allclose(np.linalg.norm(drawn, axis=1), 1, atol=1e-5)
    assert nearest.min() > 0.9
    assert nearest.max() < 0.98
    assert len(np.unique(drawn, axis=0)) == 200


def test_an_index_larger_than_its_source_answers_from_real_sentences(tmp_path: Path) -> None:
    make_index(tmp_path / "real", RegexSplitter())
    counts = scaled_index.fill(tmp_path / "made", tmp_path / "real", 40)
    real, store = Store(tmp_path / "real"), Store(tmp_path / "made")
    texts = [real.article(row[0]).text for row in real.list_articles()]
    assert counts["passages"] == store.counts()[1] >= 40
    assert counts["real_passages"] == real.counts()[1]
    for row in store.list_articles():
        article = store.article(row[0])
        for sentence in store.sentences(article.id, 0, len(article.text)):
            assert any(article.text[sentence.sentence.start : sentence.sentence.end] in text for text in texts)
    engine = open_index(tmp_path / "made", RegexSplitter())
    word = max(store.sentences(article.id, 0, len(article.text))[0].words, key=len)
    assert len(engine.search_lexical(LexicalQuery({word: 1.0}, ()), 10)) > 1
    for closed in (real, store, engine):
        closed.close()


def test_an_index_smaller_than_its_source_is_a_part_of_it(tmp_path: Path) -> None:
    make_index(tmp_path / "real", RegexSplitter())
    counts = scaled_index.fill(tmp_path / "made", tmp_path / "real", 1)
    real, store = Store(tmp_path / "real"), Store(tmp_path / "made")
    (first,) = [row[0] for row in store.list_articles()]
    assert counts["articles"] == 1
    assert store.article(first) == real.article(first)
    copied, original = store.stored_article(first).passages, real.stored_article(first).passages
    assert all(np.array_equal(row.vector, other.vector) for row, other in zip(copied, original, strict=True))
    real.close()
    store.close()
