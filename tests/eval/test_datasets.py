import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from eval.datasets.datasets import GoldSpan, load_folder, make_dataset, select
from eval.datasets.gold import GOLD_FILE, load_gold
from index.articles import Article
from index.errors import ReadError, UsageError
from index.reading.readers import read_articles
from tests.support.eval_fakes import ARTICLES, write_gold

Write = Callable[..., Path]
Lines = Sequence[object] | None


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a data-set folder; each argument replaces one file's lines, ``None`` leaves it out."""

    def make(**files: Lines) -> Path:
        lines: dict[str, Lines] = {
            "corpus": [
                {"id": "d 1", "title": "가", "text": "장서는 4만 권이다."},
                {"id": "d2", "title": "", "text": "나."},
            ],
            "queries": [{"id": "q1", "text": "장서 수는?"}, {"id": "q2", "text": "나는?"}],
            "qrels": ["q1\td 1\t1", "q2\td2\t2"],
            "answers": [{"qid": "q1", "answers": ["4만 권"], "answer_start": [4]}],
            **files,
        }
        for name, content in lines.items():
            if content is not None:
                text = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in content)
                (tmp_path / (f"{name}.tsv" if name == "qrels" else f"{name}.jsonl")).write_text(text, "utf-8")
        return tmp_path

    return make


def test_folder_is_read_with_ids_that_hold_spaces(write: Write) -> None:
    dataset = load_folder(write())
    first, second = dataset.questions
    assert (dataset.name, [article.id for article in dataset.articles]) == (write().name, ["d 1", "d2"])
    assert (first.relevant, second.relevant) == ({"d 1": 1}, {"d2": 2})
    assert first.answers == (GoldSpan("d 1", 4, 8, "4만 권"),)
    assert first.answerable
    assert first.half is None


def test_header_of_qrels_is_skipped(write: Write) -> None:
    assert len(load_folder(write(qrels=["query-id\tcorpus-id\tscore", "q1\td 1\t1", "q2\td2\t1"])).questions) == 2


def test_gzip_corpus_reads_the_same(write: Write) -> None:
    plain = load_folder(write())
    packed = write() / "corpus.jsonl"
    with gzip.open(packed.with_suffix(".jsonl.gz"), "wb") as file:
        file.write(packed.read_bytes())
    packed.unlink()
    assert load_folder(packed.parent).sha256 == plain.sha256


def test_answer_start_that_does_not_point_at_the_answer_leaves_a_string(write: Write) -> None:
    folder = write(answers=[{"qid": "q1", "answers": ["4만 권"], "answer_start": [0]}])
    assert load_folder(folder).questions[0].answers == ("4만 권",)


def test_folder_without_qrels_is_a_probe_of_unanswerable_questions(write: Write) -> None:
    dataset = load_folder(write(corpus=None, qrels=None))
    assert [question.answerable for question in dataset.questions] == [False, False]
    assert not dataset.articles
    assert not dataset.questions[0].answers


def test_unjudged_question_is_left_out_and_counted_but_an_empty_answer_list_is_a_verdict(write: Write) -> None:
    queries = [{"id": key, "text": "?"} for key in ("q1", "q2", "q3")]
    dataset = load_folder(write(queries=queries, qrels=["q1\td 1\t1"], answers=[{"qid": "q2", "answers": []}]))
    assert [(each.id, each.answerable) for each in dataset.questions] == [("q1", True), ("q2", False)]
    assert dataset.unjudged == 1


@pytest.mark.parametrize(
    ("files", "where", "what"),
    [
        ({"queries": [{"id": "q1", "text": "a"}, {"id": "q1", "text": "b"}]}, "queries.jsonl:2", "q1"),
        ({"queries": ["{"]}, "queries.jsonl:1", "JSON"),
        ({"queries": ["[]"]}, "queries.jsonl:1", "JSON"),
        ({"queries": [{"id": "q1", "text": " "}]}, "queries.jsonl:1", "text"),
        ({"queries": [{"id": "q1", "text": "a", "half": "dev"}]}, "queries.jsonl:1", "dev"),
        ({"qrels": ["q1\tgone\t1"]}, "queries.jsonl:1", "gone"),
        ({"qrels": ["q1 d2 1"]}, "qrels.tsv:1", "<TAB>"),
        ({"qrels": ["q1\td2\t1", "q2\td2\thigh"]}, "qrels.tsv:2", "high"),
        ({"qrels": ["other\td2\t1"]}, "qrels.tsv", "no verdict"),
        ({"corpus": [{"id": "d2", "text": "가"}, {"id": "d2", "text": "나"}]}, "corpus.jsonl", "d2"),
        ({"corpus": [{"id": "d2", "text": "가"}, {"id": "d3"}]}, "corpus.jsonl:2", "text"),
        ({"corpus": None}, "corpus.jsonl", "no such file"),
        ({"queries": None}, "queries.jsonl", "no such file"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(
    write: Write, files: dict[str, Lines], where: str, what: str
) -> None:
    with pytest.raises(ReadError) as caught:
        load_folder(write(**files))
    assert where in caught.value.english
    assert what in caught.value.english
    assert where in caught.value.korean


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="none"):
        load_folder(tmp_path / "none")


def test_hash_follows_the_content_and_not_the_order(write: Write) -> None:
    dataset = load_folder(write())
    turned = make_dataset("other", reversed(dataset.articles), reversed(dataset.questions))
    changed = make_dataset(
        "other", (Article("d 1", "가", "장서는 5만 권이다."), *dataset.articles[1:]), dataset.questions
    )
    assert turned.sha256 == dataset.sha256
    assert changed.sha256 != dataset.sha256


def test_gold_question_knows_its_spans_and_its_articles(tmp_path: Path) -> None:
    (question,) = load_gold(ARTICLES, write_gold(tmp_path, {})).questions
    assert question.answers == (GoldSpan("bridge", 29, 34, "320억원"),)
    assert question.evidence == (GoldSpan("bridge", 24, 38, "공사비는 320억원이었다."),)
    assert (question.relevant, question.half, question.type, question.tags) == (
        {"bridge": 1},
        "test",
        "how_much",
        ("alias",),
    )


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"half": "dev"}, "dev"),
        ({"type": "which"}, "which"),
        ({"id": "g0"}, "g0"),
        ({"answerable": False}, "answerable"),
        ({"answers": []}, "answerable"),
        ({"answerable": "yes"}, "answerable"),
        ({"answers": [{"article_id": "bridge", "start": 29, "end": 34, "text": "330억원"}]}, "330억원"),
        ({"answers": [{"article_id": "gone", "start": 0, "end": 1, "text": ""}]}, "gone"),
        ({"evidence": [{"article_id": "bridge", "start": 5, "end": 999}]}, "999"),
        ({"evidence": [{"article_id": "bridge", "start": 5, "end": 5}]}, "5-5"),
        ({"evidence": ["bridge"]}, "article_id"),
        ({"question": ""}, "question"),
    ],
)
def test_wrong_gold_is_refused_with_its_line(tmp_path: Path, change: dict[str, object], what: str) -> None:
    path = write_gold(tmp_path, {"id": "g0"}, change)
    with pytest.raises(ReadError) as caught:
        load_gold(ARTICLES, path)
    assert "gold.jsonl:2" in caught.value.english
    assert what in caught.value.english


def test_half_and_sample_pick_the_same_questions_again(tmp_path: Path) -> None:
    changes = [{"id": str(place), "half": "tune" if place % 2 else "test"} for place in range(20)]
    questions = load_gold(ARTICLES, write_gold(tmp_path, *changes)).questions
    once = [question.id for question in select(questions, "test", 4, 0)]
    assert once == [question.id for question in select(questions, "test", 4, 0)]
    assert once == sorted(once, key=int)
    assert (len(once), {int(each) % 2 for each in once}) == (4, {0})
    assert len(select(questions, None, 99, 0)) == 20


@pytest.mark.parametrize(("half", "sample"), [("dev", None), ("tune", None), (None, 0)])
def test_a_selection_of_nothing_is_a_usage_error(tmp_path: Path, half: str | None, sample: int | None) -> None:
    questions = load_gold(ARTICLES, write_gold(tmp_path, {})).questions
    with pytest.raises(UsageError):
        select(questions, half, sample, 0)


@pytest.mark.skipif(not GOLD_FILE.is_file(), reason="the gold questions are not there yet")
def test_the_gold_questions_of_the_seeds_are_sound() -> None:
    seeds = [each for each in read_articles([GOLD_FILE.parents[2] / "seeds"]) if isinstance(each, Article)]
    questions = load_gold(seeds).questions
    answerable = [question for question in questions if question.answerable]
    assert len(answerable) >= 150
    assert len(questions) - len(answerable) >= 80
    texts = {article.id: article.text for article in seeds}
    for question in questions:
        for span in question.spans:
            assert texts[span.article_id][span.start : span.end] == span.text
        assert question.text not in {span.text for span in question.evidence}
