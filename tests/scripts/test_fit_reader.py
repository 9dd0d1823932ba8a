"""The training of the reader in small: it learns, is taken up where it stopped, and what it exports reads alike."""

from pathlib import Path

import numpy as np
import pytest

from index.articles import Article
from index.encoders import onnx_graph
from index.encoders.bundled import BundledEncoder
from rag.reader.windows import Candidate

pytestmark = pytest.mark.torch
for library in ("torch", "lightgbm", "sklearn"):
    pytest.importorskip(library, reason="the training of the reader needs the extras fit and sentence-transformers")
TEXT = "가람동 도서관 안내\n여는 때는 오전 9시입니다.\n닫는 때는 오후 6시입니다.\n회원증은 2,000원입니다."
QUESTIONS = [
    ("몇 시에 여나요?", 1, "오전 9시"),
    ("몇 시에 닫나요?", 2, "오후 6시"),
    ("회원증은 얼마?", 3, "2,000원"),
    ("주차는?", 0, ""),
]


@pytest.fixture(scope="module")
def encoder(model_cache: Path) -> BundledEncoder:
    return BundledEncoder(model_cache)


@pytest.fixture
def material(encoder: BundledEncoder):
    from scripts.fit.reader.questions import Asked, Part
    from scripts.fit.reader.training import Material

    article = Article("도서관", "가람동 도서관", TEXT)
    lines = TEXT.split("\n")[1:]
    candidates = [Candidate("도서관", TEXT.index(line), TEXT.index(line) + len(line)) for line in lines]
    asked = []
    for number, (question, right, value) in enumerate(QUESTIONS):
        answers = [("도서관", TEXT.index(value), TEXT.index(value) + len(value))] if value else []
        is_right = np.array([at + 1 == right for at in range(len(lines))])
        asked.append(
            Asked("office-train", f"q{number}", "", question, right > 0, candidates, np.zeros(3), is_right, answers)
        )
    return Material({"office-train": Part(asked, {"도서관": article})}, encoder)


def test_it_learns_and_goes_on_where_it_stopped(material, tmp_path: Path) -> None:
    import torch

    from scripts.fit.reader.training import Run, load_checkpoint, model_state

    run = Run(material, tmp_path, layers=1, minutes=60, rounds=3)
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    list(run.go())
    assert run.progress["round"] == 3
    again = Run(material, tmp_path, layers=1, minutes=60, rounds=3)
    assert again.progress == run.progress
    assert again.done >= 1
    after = again.model.state_dict()
    assert all(torch.equal(after[name], value) for name, value in run.model.state_dict().items())
    assert any(not torch.equal(after[name], value) for name, value in before.items())
    tensors, about = load_checkpoint(tmp_path / "reader-1.safetensors")
    assert about["record"]["data"].keys() == {"office-train"}
    assert model_state(tensors).keys() == after.keys()


def test_new_questions_are_all_read_and_of_learnt_ones_a_share(material) -> None:
    from dataclasses import replace
    from random import Random

    from scripts.fit.reader.training import LEARNT, is_asked

    (one, *_), chance = material.parts["office-train"].asked, Random(7)
    new, learnt = replace(one, id="wr-04-01"), replace(one, id="w1-04-01")

    def share(material, question) -> float:
        return sum(is_asked(material, "office-train", question, 0, chance) for _ in range(2000)) / 2000

    assert share(replace(material, new=frozenset({"wr-04"})), new) == 1
    assert share(replace(material, new=frozenset({"wr-04"})), learnt) == pytest.approx(LEARNT, abs=0.05)
    assert share(material, learnt) == 1


def test_without_answer_nothing_is_right_and_its_tokens_are_gone(material) -> None:
    from scripts.fit.reader.training import Sample, without_answer

    one = material.parts["office-train"].asked[0]
    (window,) = material.windows("office-train", one, one.first, 1)
    gone = without_answer(Sample(one, [window]))
    place, first, last = next(sentence for sentence in window.sentences if one.right[sentence[0]])
    assert not gone.asked.right.any()
    assert len(gone.windows[0].ids) == len(window.ids) - (last - first) - 1
    assert place not in [sentence[0] for sentence in gone.windows[0].sentences]
    for at, start, end in gone.windows[0].sentences:  # the others keep their tokens
        begin, behind = next((a, b) for other, a, b in window.sentences if other == at)
        assert gone.windows[0].ids[start:end] == window.ids[begin:behind]


def test_the_exported_graph_reads_as_the_model_does(material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from scripts.fit.reader import export
    from scripts.fit.reader.model import heads, make_batch
    from scripts.fit.reader.training import Run, load_checkpoint, model_state

    monkeypatch.setattr(export, "GRAPH", tmp_path / "reader.onnx")
    monkeypatch.setattr(export, "HEADS", tmp_path / "reader.npz")
    run = Run(material, tmp_path, layers=1, minutes=60, rounds=1)
    list(run.go())
    export.export(material, run.path, 1)
    state = model_state(load_checkpoint(run.path)[0])
    reader = export.Exported(material, (tmp_path / "reader.onnx").read_bytes(), export.heads_of(state))
    one = material.parts["office-train"].asked[0]
    windows = material.windows("office-train", one, one.first, 1)
    batch = make_batch([windows], material.weights)
    run.model.eval()
    with torch.no_grad():
        scores, nulls, _ = heads(run.model, run.model(batch.words, batch.mask), batch)
    told = reader.judge(windows, len(one.candidates)).scores
    assert [told[place] for _, place, *_ in batch.spans] == pytest.approx((scores - nulls.mean()).tolist(), abs=0.3)


def test_it_begins_with_the_packaged_reader_where_nothing_was_kept(material, tmp_path: Path) -> None:
    """Its weights are those of the graph, which int8 has rounded."""
    import torch

    from scripts.fit.reader import packaged
    from scripts.fit.reader.export import trained_weights
    from scripts.fit.reader.model import Reader
    from scripts.fit.reader.training import Run

    model = Reader(material.weights, 1)
    state = model.state_dict()
    graph = onnx_graph.build_model(trained_weights(material.weights, state, 1)).SerializeToString()
    names = ("sentence", "null", "edges")
    heads = {name: value.numpy() for name, value in state.items() if name.split(".")[0] in names}
    begin = packaged.packaged_state(graph, heads)
    run = Run(material, tmp_path, layers=1, minutes=60, rounds=1, begin=begin)
    for name, value in run.model.state_dict().items():
        assert float((value - state[name]).norm()) <= 0.12 * float(state[name].norm()), name
    assert not torch.equal(begin["layers.0.qkv.weight"], state["layers.0.qkv.weight"])
