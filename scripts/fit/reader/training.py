"""The training itself: listwise over all sentences of a question's windows and "none of them", start and end of the value.

Two threads read a half of every batch each, in bfloat16 where the processor has it. What it has learnt is kept every few
minutes, and a run that was interrupted goes on from there.
"""

import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from index.encoders.bundled import BundledEncoder
from index.encoders.weights import Weights
from rag.evidence.evidence import Usual
from rag.ranking.trees import Trees
from rag.reader.windows import Values, Window, WindowSentence, cut_window, cut_windows, question_ids
from scripts.fit.answers import ROOT, files_of
from scripts.fit.reader.model import Batch, Reader, heads, make_batch
from scripts.fit.reader.packaged import GRAPH, HEADS, packaged_state
from scripts.fit.reader.questions import SEED, TRAIN, Asked, Part, load_part

BATCH_TOKENS = 3200
WINDOWS = 2
RATE, HEAD_RATE, DECAY, WARM = 1e-4, 1e-3, 0.01, 60
TRAIN_TOKENS = 150  # of a window in training: more questions in the same time
SHARES = {"less": 0.4, "swapped": 0.4}  # of the questions made unanswerable, in each round
JAQUAD_SLICES = 24  # of JaQuAD, one a round: some fifteen hundred questions beside nine thousand of our own
LEARNT = 0.2  # of our own questions that an earlier sitting has read, the share that is read again in each round
DELETED = 0.2  # of our own questions that have an answer, the share that is read without it
ALONE = 0.3  # of the questions, the share that is read in one window
NOISE = 2.0  # in logits, so that the right sentence is not always in the middle of its window
THREADS = 2  # each reads a part of every batch: two cores at one product wait for one another
VALUE_WEIGHT = 0.3
KEEP_SECONDS = 150
BFLOAT16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()  # where the processor multiplies it; elsewhere it is slower
State = dict[str, torch.Tensor]


@dataclass
class Material:
    """What training, joining and measuring share."""

    parts: dict[str, Part]
    encoder: BundledEncoder
    new: frozenset[str] = frozenset()  # files of our own questions that no earlier sitting has read; none: all are new

    @property
    def weights(self) -> Weights:
        return self.encoder._weights

    def windows(self, name: str, asked: Asked, scores: Values, most: int) -> list[Window]:
        documents = self.parts[name].documents(asked, self.encoder.tokenizer)
        return cut_windows(question_ids(self.encoder.tokenizer, asked.text), asked.candidates, scores, documents, most)


def load_trees() -> tuple[dict[str, Trees], Usual]:
    """Load the trees that travel with the package: they say where the reader reads."""
    with np.load(ROOT / "rag/data/answers.npz") as arrays:
        kept = dict(arrays)
    trees = {
        name: Trees.from_arrays(
            {key.partition(".")[2]: array for key, array in kept.items() if key.startswith(f"{name}.")}
        )
        for name in ("evidence", "confidence")
    }
    return trees, Usual(*kept["usual"])


def open_material(data: Path, work: Path, names: Sequence[str], limit: int) -> Material:
    """Load the parts ``names`` from ``work``, the folder of ``scripts.fit.answers collect``; one that it lacks is left out."""
    trees, usual = load_trees()
    parts = {}
    for name in names:
        if (work / f"{name}.npz").exists() or (name == "jaquad" and (data / name).is_dir()):
            parts[name] = load_part(name, data, work, trees["evidence"], usual, limit)
    return Material(parts, BundledEncoder(work / "model"))


@dataclass
class Sample:
    """One question as it is read."""

    asked: Asked
    windows: list[Window]

    @property
    def tokens(self) -> int:
        return max(len(window.ids) for window in self.windows) * len(self.windows)


def training_round(material: Material, number: int) -> Iterator[list[Sample]]:
    """Batches of one pass over the questions, in an order and with windows of its own."""
    chance = random.Random(SEED * 1000 + number)
    samples = [
        draw_sample(material, name, question, chance)
        for name in TRAIN
        if name in material.parts
        for question in material.parts[name].asked
        if len(question.right) and is_asked(material, name, question, number, chance)
    ]
    samples.sort(key=lambda sample: (sample.tokens // len(sample.windows) // 24, chance.random()))
    batches: list[list[Sample]] = [[]]
    for each in samples:
        longest = max(len(window.ids) for sample in [*batches[-1], each] for window in sample.windows)
        count = sum(len(sample.windows) for sample in [*batches[-1], each])
        if batches[-1] and longest * count > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(each)
    chance.shuffle(batches)
    yield from (batch for batch in batches if batch)


def is_asked(material: Material, name: str, asked: Asked, number: int, chance: random.Random) -> bool:
    """Return whether a question belongs to this round."""
    if name == "jaquad":
        return asked.group % JAQUAD_SLICES == number % JAQUAD_SLICES
    learnt = name.startswith("office") and bool(material.new) and asked.id[:5] not in material.new
    return chance.random() <= SHARES.get(asked.id.rsplit("-", 1)[-1], 1.0) * (LEARNT if learnt else 1.0)


def draw_sample(material: Material, name: str, asked: Asked, chance: random.Random) -> Sample:
    """Return the windows that serving might choose, the right sentence in one of them if there is any."""
    tokenizer = material.encoder.tokenizer
    documents = material.parts[name].documents(asked, tokenizer)
    scores = asked.first + np.array([chance.gauss(0, NOISE) for _ in asked.first])
    question = question_ids(tokenizer, asked.text)
    windows = cut_windows(question, asked.candidates, scores, documents, WINDOWS, TRAIN_TOKENS)
    if asked.right.any() and not any(holds(asked, window) for window in windows):
        good = np.flatnonzero(asked.right)
        missed = int(good[np.argmax(scores[good])])
        document = documents[asked.candidates[missed].article]
        windows[-1] = cut_window(question, asked.candidates, scores, document, missed, size=TRAIN_TOKENS)
    if name.startswith("office") and asked.right.any() and chance.random() < DELETED:
        return without_answer(Sample(asked, windows))
    if len(windows) > 1 and chance.random() < ALONE:
        windows = [next((window for window in windows if holds(asked, window)), windows[0])]
    return Sample(asked, windows)


def holds(asked: Asked, window: Window) -> bool:
    """Return whether the window holds a right sentence."""
    return any(asked.right[sentence.candidate] for sentence in window.sentences)


def without_answer(sample: Sample) -> Sample:
    """Return the same as if nobody had written the answering lines: none is right, their tokens are gone."""
    asked, windows = sample.asked, []
    for window in sample.windows:
        gone = np.zeros(len(window.ids), dtype=bool)
        for candidate, first, last in window.sentences:
            if asked.right[candidate]:
                gone[first : min(last + 1, len(gone))] = True  # with the separator behind
        moved = np.concatenate([[0], np.cumsum(~gone)])
        sentences = [
            WindowSentence(candidate, int(moved[first]), int(moved[last]))
            for candidate, first, last in window.sentences
            if moved[last] > moved[first]
        ]
        ids = [token for token, lost in zip(window.ids, gone, strict=True) if not lost]
        windows.append(replace(window, ids=ids, sentences=sentences, bounds=window.bounds[~gone]))
    return Sample(replace(asked, right=np.zeros_like(asked.right), answers=[]), windows)


@dataclass
class Share:
    """What one thread brings back of its part of a batch."""

    gradients: list[torch.Tensor]
    losses: tuple[float, float]
    tokens: int


def share_of(model: Reader, samples: Sequence[Sample], count: int, weights: Weights) -> Share:
    """Return the gradients of some samples in a batch of ``count``."""
    batch = make_batch([each.windows for each in samples], weights)
    with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
        state = model(batch.words, batch.mask)
    choice, value = losses(model, state, batch, samples)
    parameters = list(model.parameters())
    found = torch.autograd.grad((choice + VALUE_WEIGHT * value) / count, parameters, allow_unused=True)
    kept = [
        torch.zeros_like(each) if gradient is None else gradient
        for each, gradient in zip(parameters, found, strict=True)
    ]
    return Share(kept, (float(choice.detach()), float(value.detach())), int(batch.mask.sum()))


def losses(
    model: Reader, state: torch.Tensor, batch: Batch, samples: Sequence[Sample]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the losses (choice, value), each summed over the questions."""
    scores, nulls, edges = heads(model, state, batch)
    owner = torch.tensor(batch.owner)
    whose = torch.tensor([batch.owner[at] for at, *_ in batch.spans], dtype=torch.long)
    right = torch.tensor([bool(samples[batch.owner[at]].asked.right[c]) for at, c, *_ in batch.spans], dtype=torch.bool)
    choice = scores.new_zeros(())
    for place in range(len(samples)):
        mine, null = whose == place, nulls[owner == place].mean()[None]
        every, good = torch.cat([scores[mine], null]), scores[mine & right]
        choice = choice + torch.logsumexp(every, 0) - (torch.logsumexp(good, 0) if len(good) else null[0])
    value = scores.new_zeros(())
    for at, window in enumerate(window for each in samples for window in each.windows):
        for article, start, end in samples[batch.owner[at]].asked.answers:
            tokens = window.tokens(start, end) if article == window.article else None
            inside = [(a, b) for _, a, b in window.sentences if tokens and a <= tokens[0] and tokens[1] < b]
            if tokens and inside:
                first, last = inside[0]
                logits = edges[at, first:last].log_softmax(0)
                value = value - logits[tokens[0] - first, 0] - logits[tokens[1] - first, 1]
    return choice, value


def load_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Return the tensors that a training kept, and what it says of itself: ``progress`` and ``record``."""
    with safe_open(path, "pt") as kept:
        return {name: kept.get_tensor(name) for name in kept.keys()}, json.loads(kept.metadata()["about"])  # noqa: SIM118


def model_state(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors of the model alone, without the optimizer's."""
    return {name.removeprefix("model."): value for name, value in tensors.items() if name.startswith("model.")}


class Run:
    """One training, with what it has learnt so far and how far it has come."""

    def __init__(
        self, material: Material, work: Path, layers: int, minutes: float, rounds: int, begin: State | None = None
    ) -> None:
        torch.manual_seed(SEED)
        torch.set_num_threads(1)
        self.material, self.minutes, self.rounds = material, minutes, rounds
        self.model = Reader(material.weights, layers)
        if begin is not None:
            self.model.load_state_dict(begin)
        new = [each for head in (self.model.sentence, self.model.null, self.model.edges) for each in head.parameters()]
        old = [each for each in self.model.parameters() if all(each is not other for other in new)]
        self.optimizer = torch.optim.AdamW(
            [{"params": old, "peak": RATE}, {"params": new, "peak": HEAD_RATE}],
            RATE,
            weight_decay=DECAY,
            betas=(0.9, 0.98),
        )
        self.path = work / f"reader-{layers}.safetensors"
        self.progress: dict[str, float] = {"round": 0, "batch": 0, "seconds": 0.0, "tokens": 0, "steps": 0}
        self.record = {
            "seed": SEED, "layers": layers, "minutes": minutes, "rounds": rounds, "rate": RATE, "windows": WINDOWS,
            "data": {name: part.sha256 for name, part in material.parts.items()},
        }  # fmt: skip
        if self.path.exists():
            self._take_up()

    def _take_up(self) -> None:
        tensors, about = load_checkpoint(self.path)
        self.model.load_state_dict(model_state(tensors))
        state = self.optimizer.state_dict()
        for name, tensor in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "optimizer":
                at, _, moment = rest.partition(".")
                state["state"].setdefault(int(at), {})[moment] = tensor
        self.optimizer.load_state_dict(state)
        self.progress = about["progress"]

    def save(self) -> None:
        """Write model, optimizer and progress into one file, which appears whole or not at all."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for at, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{at}.{name}": torch.as_tensor(value) for name, value in moments.items()}
        unfinished = self.path.with_suffix(".new")
        about = json.dumps({"progress": self.progress, "record": self.record})
        save_file({name: value.contiguous() for name, value in tensors.items()}, unfinished, {"about": about})
        unfinished.replace(self.path)

    @property
    def done(self) -> float:
        """The share of time or rounds that is over, whichever is nearer its end."""
        return max(self.progress["seconds"] / (self.minutes * 60), self.progress["round"] / self.rounds)

    def go(self) -> Iterator[str]:
        """Train to the end; a line every 20 steps and after each round."""
        with ThreadPoolExecutor(THREADS) as pool:
            while self.done < 1:
                yield from self._round(pool)
                self.save()

    def _round(self, pool: ThreadPoolExecutor) -> Iterator[str]:
        kept = clock = time.perf_counter()
        told = np.zeros(3)
        for place, samples in enumerate(training_round(self.material, int(self.progress["round"]))):
            if place < self.progress["batch"]:
                continue
            losses_of = self._step(pool, samples)
            told += (*losses_of, len(samples))
            now = time.perf_counter()
            self.progress["seconds"] += now - clock
            clock = now
            self.progress["batch"] = place + 1
            if self.progress["steps"] % 20 == 0:
                yield json.dumps(self.progress | {"choice": told[0] / told[2], "value": told[1] / told[2]})
                told[:] = 0
            if now - kept > KEEP_SECONDS:
                self.save()
                kept = now
            if self.progress["seconds"] >= self.minutes * 60:
                return
        self.progress |= {"round": self.progress["round"] + 1, "batch": 0}

    def _step(self, pool: ThreadPoolExecutor, samples: Sequence[Sample]) -> tuple[float, float]:
        pace = min(1.0, (self.progress["steps"] + 1) / WARM) * max(0.02, 1 - self.done)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * pace
        halves = [samples[at::THREADS] for at in range(THREADS) if samples[at::THREADS]]
        weights, count = self.material.weights, len(samples)
        shares = list(pool.map(lambda some: share_of(self.model, some, count, weights), halves))
        for each, *grads in zip(self.model.parameters(), *(share.gradients for share in shares), strict=True):
            each.grad = sum(grads[1:], grads[0])
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.progress["steps"] += 1
        self.progress["tokens"] += sum(share.tokens for share in shares)
        return sum(share.losses[0] for share in shares), sum(share.losses[1] for share in shares)


def train(
    data: Path,
    work: Path,
    *,
    layers: int,
    minutes: float,
    rounds: int,
    limit: int,
    packaged: bool = False,
    new: Sequence[str] = (),
) -> None:
    """Train, or go on with what is in ``work``, or where that is nothing and ``packaged`` with the reader of the package.

    new: folders of the train split that no earlier sitting has read; of the others a share is read again.
    """
    material = replace(open_material(data, work, TRAIN, limit), new=files_of("train", new))
    begin = None
    if packaged:
        with np.load(HEADS) as heads:
            begin = packaged_state(GRAPH.read_bytes(), heads)
    for line in Run(material, work, layers, minutes, rounds, begin).go():
        print(line, flush=True)
