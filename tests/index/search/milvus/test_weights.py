"""BM25 as a product of sparse vectors is tantivy's own, where both take the same length for the usual one. Needs no pymilvus."""

from pathlib import Path

import pytest

from index.korean.terms import bigrams
from index.search.lexical import LexicalIndex, LexicalQuery
from index.search.milvus import weights
from index.search.milvus.statistics import Statistics, count_terms, to_bytes
from index.search.milvus.weights import NO_TERM, passage_weights, query_weights, word_number
from index.store.rows import IndexRow
from tests.index.search.test_lexical import QUERIES, ROWS, row

LONG = row(97, " ".join(f"말{number % 70}" for number in range(99)), "긴 글 " * 60)
PASSAGES = [*ROWS, LONG]


def scores(query: LexicalQuery, passages: list[IndexRow], statistics: Statistics) -> dict[int, float]:
    asked = query_weights(query, statistics.frequency, len(passages))
    sides = {one.seq: passage_weights(one) for one in passages}
    products = {
        seq: sum(asked[term] * side[term] for term in asked.keys() & side.keys()) for seq, side in sides.items()
    }
    return {seq: product for seq, product in products.items() if product > 0}


def statistics_of(folder: Path, *shards: list[IndexRow]) -> Statistics:
    files = [folder / f"{number}.npy" for number in range(len(shards))]
    for file, shard in zip(files, shards, strict=True):
        file.write_bytes(to_bytes(count_terms([passage_weights(one) for one in shard])))
    return Statistics(files)


@pytest.mark.parametrize("query", [*QUERIES, LexicalQuery({"말3": 1.0, "예산": 0.5}, bigrams("긴 글"))])
def test_the_product_is_what_tantivy_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: LexicalQuery
) -> None:
    LexicalIndex.build(tmp_path / "lexical", PASSAGES)
    for name, lengths in (
        ("MEAN_WORDS", [len(one.words.split()) for one in PASSAGES]),
        ("MEAN_PAIRS", [len(bigrams(one.text)) for one in PASSAGES]),
    ):
        monkeypatch.setattr(weights, name, sum(lengths) / len(PASSAGES))
    found = scores(query, PASSAGES, statistics_of(tmp_path, PASSAGES[:3], PASSAGES[3:]))
    assert found == pytest.approx(dict(LexicalIndex(tmp_path / "lexical").search(query, 99)), rel=1e-5)


def test_how_many_passages_hold_a_term_is_summed_over_shards(tmp_path: Path) -> None:
    statistics = statistics_of(tmp_path, PASSAGES[:3], PASSAGES[3:], [])
    assert [statistics.frequency(word_number(word)) for word in ("축제", "kt", "말69", "없는말")] == [2, 1, 1, 0]


def test_a_passage_without_a_term_is_no_empty_vector(tmp_path: Path) -> None:
    empty = row(3, "", "…")
    assert passage_weights(empty) == {NO_TERM: 1.0}
    statistics = statistics_of(tmp_path, [empty])
    assert query_weights(LexicalQuery({"예산": 1.0}, ("예산",)), statistics.frequency, 1) == {}
