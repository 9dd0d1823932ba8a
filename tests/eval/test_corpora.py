import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from eval.datasets.corpora import COMPLETE, IndexCache
from eval.datasets.datasets import GoldQuestion, make_dataset
from eval.datasets.protocols import Distractors, Protocol, load_distractors, mix, protocols_of, with_probe
from eval.datasets.question_vectors import RememberingEncoder
from index.articles import Article
from index.encoders.base import EncoderInput, PassageVectors
from index.errors import UsageError
from index.store.store import Store
from rag.loading import Tools
from tests.support.fakes import HashEncoder, RegexSplitter

OWN = [Article("a", "", "다리가 놓였다. 공사비는 320억원이었다."), Article("b", "", "도서관이 열렸다.")]
OTHERS = tuple(Article(f"d{place}", "", f"{place}번째 다른 글이다.") for place in range(5))


class CountingEncoder(HashEncoder):
    """Says how many passages it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.passages = 0

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        self.passages += len(inputs)
        return super().encode_passages(inputs)


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def cache(tmp_path: Path, encoder: CountingEncoder) -> IndexCache:
    return IndexCache(tmp_path / "work", Tools(encoder, RegexSplitter()))


def held(folder: Path) -> list[str]:
    store = Store(folder)
    try:
        return [row[0] for row in store.list_articles()]
    finally:
        store.close()


def test_a_corpus_is_embedded_once(cache: IndexCache, encoder: CountingEncoder) -> None:
    first = cache.corpus("own", OWN)
    embedded = encoder.passages
    assert cache.corpus("own", list(reversed(OWN))) == first
    assert encoder.passages == embedded > 0
    assert held(first.folder) == ["a", "b"]


def test_a_changed_article_is_another_corpus(cache: IndexCache) -> None:
    changed = [OWN[0], Article("b", "", "도서관이 닫혔다.")]
    assert cache.corpus("own", OWN).folder != cache.corpus("own", changed).folder


def test_a_mixed_index_grows_from_the_distractors(cache: IndexCache, encoder: CountingEncoder) -> None:
    cache.corpus("others", OTHERS)
    embedded = encoder.passages
    mixed = cache.corpus("mixed", [*OTHERS, *OWN])
    assert encoder.passages - embedded == len(OWN)
    assert held(mixed.folder) == ["a", "b", *(article.id for article in OTHERS)]


def test_what_is_not_wanted_is_taken_out_of_the_copy(cache: IndexCache, encoder: CountingEncoder) -> None:
    cache.corpus("mixed", [*OTHERS, *OWN])
    embedded = encoder.passages
    assert held(cache.corpus("fewer", OTHERS[:3]).folder) == ["d0", "d1", "d2"]
    assert encoder.passages == embedded


def test_a_data_folder_is_adopted_and_left_alone(tmp_path: Path, cache: IndexCache, encoder: CountingEncoder) -> None:
    folder = cache.corpus("own", OWN).folder
    (folder / COMPLETE).unlink()
    before, embedded = sorted(folder.rglob("*")), encoder.passages
    other = IndexCache(tmp_path / "elsewhere", Tools(encoder, RegexSplitter()), [folder])
    assert other.corpus("own", OWN).folder == folder
    assert held(other.corpus("more", [*OWN, *OTHERS]).folder)[:2] == ["a", "b"]
    assert encoder.passages - embedded == len(OTHERS)
    assert sorted(folder.rglob("*")) == before


def test_an_index_of_another_encoder_is_not_taken(tmp_path: Path, cache: IndexCache) -> None:
    class Other(CountingEncoder):
        fingerprint = "other"

    folder, encoder = cache.corpus("own", OWN).folder, Other()
    assert IndexCache(tmp_path / "elsewhere", Tools(encoder, RegexSplitter()), [folder]).corpus("own", OWN)
    assert encoder.passages == len(OWN)


def test_a_folder_without_an_index_is_refused(tmp_path: Path, encoder: CountingEncoder) -> None:
    with pytest.raises(UsageError):
        IndexCache(tmp_path / "work", Tools(encoder, RegexSplitter()), [tmp_path])


# Protocols


def test_a_distractor_never_shares_an_id() -> None:
    ids = [article.id for article in mix(OWN, Distractors("law", (Article("a", "", "다른 글."), *OTHERS)))]
    assert ids == ["law/a", *(article.id for article in OTHERS), "a", "b"]


def test_distractors_come_from_a_corpus_or_a_data_folder(tmp_path: Path, cache: IndexCache) -> None:
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"id": "x", "title": "", "text": "글."}))
    assert [article.id for article in load_distractors(tmp_path).articles] == ["x"]
    assert [article.id for article in load_distractors(cache.corpus("own", OWN).folder).articles] == ["a", "b"]


def test_mixed_needs_distractors(tmp_path: Path) -> None:
    assert protocols_of("both", tmp_path) == (Protocol.ALONE, Protocol.MIXED)
    with pytest.raises(UsageError, match="distractors"):
        protocols_of("both", None)


def test_a_probe_adds_questions_that_nothing_answers(tmp_path: Path) -> None:
    lines = [json.dumps({"id": str(place), "text": f"달의 둘레 {place}"}) for place in range(4)]
    (tmp_path / "queries.jsonl").write_text("\n".join(lines))
    own = make_dataset("own", OWN, [GoldQuestion("q", "공사비는", relevant={"a": 1})])
    mixed = with_probe(own, tmp_path, None, 2, 0)
    assert [question.answerable for question in mixed.questions] == [True, False, False]
    assert all(
        "probe" in question.tags and question.id.startswith(f"{tmp_path.name}/") for question in mixed.questions[1:]
    )
    assert mixed.sha256 != own.sha256


# Vectors of questions


def test_remembered_vectors_are_the_encoders_own(tmp_path: Path) -> None:
    plain, path = HashEncoder(), tmp_path / "vectors.db"
    for known in (0, 2):
        encoder = RememberingEncoder(HashEncoder(), path)
        assert np.array_equal(encoder.encode_queries(["공사비는"]), plain.encode_queries(["공사비는"]))
        assert np.array_equal(encoder.encode_words("공사비는", [(0, 3)]), plain.encode_words("공사비는", [(0, 3)]))
        assert encoder.reused == known
        encoder.close()


def test_another_encoder_remembers_nothing_of_the_first(tmp_path: Path) -> None:
    class Other(HashEncoder):
        fingerprint = "other"

    first = RememberingEncoder(HashEncoder(), tmp_path / "vectors.db")
    first.encode_queries(["공사비는"])
    first.close()
    second = RememberingEncoder(Other(), tmp_path / "vectors.db")
    second.encode_queries(["공사비는"])
    assert second.reused == 0
