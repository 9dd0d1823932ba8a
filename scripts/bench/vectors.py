"""Which FAISS index for how many passages: time a question, what it misses against comparing all, memory, building.

    python -m scripts.bench.vectors INDEX... --cache FOLDER [--sizes 10000,30000,240000] [--out docs/results/performance/vectors.json]

INDEX are data folders made with the packaged encoder; their passages' vectors are used, questions come from the
public sets. Beyond what they hold, further vectors are drawn around the real ones (a real one plus noise of the size
of the distance to its nearest neighbour), so that the time is that of the size and the neighbourhoods stay crowded.
All in one run, one thread, the same questions: compare ratios, not milliseconds of different runs.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from index.encoders.base import Vectors
from index.encoders.bundled import BundledEncoder
from index.search.coarse import packaged_codebook
from index.search.shards import capacity_for
from index.search.vectors import ReadVectors, VectorIndex, VectorShard
from index.store.store import Store
from index.store.vector_codecs import packaged_coding, unit

ROOT = Path(__file__).parents[2]
SETS = ("korquad1", "welfare_qa", "easylaw_senior_qa", "kobest_boolq")
EACH = 50  # questions of each set
K = 10
DEEP = 60  # what a question's search takes
SLOWLY_BUILT = 100_000  # graphs and lists of more vectors take too long to make here
SEED = 7

Search = Callable[[Vectors, int], npt.NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of index at one size."""

    kind: str
    vectors: int
    build_s: float
    bytes_each: float
    p50_ms: float
    p95_ms: float
    recall_10: float
    recall_60: float


def real_vectors(folders: Sequence[Path]) -> Vectors:
    parts = []
    for folder in folders:
        store = Store(folder)
        parts.append(store.vectors()[1])
        store.close()
    return np.random.default_rng(SEED).permutation(np.concatenate(parts))


def drawn(real: Vectors, count: int) -> Vectors:
    """Return ``count`` unit vectors: the real ones, then some around them."""
    if count <= len(real):
        return real[:count]
    draw = np.random.default_rng(SEED)
    some = real[: min(500, len(real) // 2)]
    nearest = (some @ real[len(some) : 5_000].T).max(axis=1)
    distance = float(np.sqrt(2 - 2 * nearest.clip(max=1)).mean())
    more = real[draw.integers(0, len(real), count - len(real))]
    more = more + draw.standard_normal(more.shape, dtype=np.float32) * np.float32(distance / np.sqrt(real.shape[1]))
    more /= np.linalg.norm(more, axis=1, keepdims=True)
    return np.concatenate([real, more.astype(np.float32)])


def questions(data: Path, encoder: BundledEncoder) -> Vectors:
    texts = []
    for name in SETS:
        lines = (data / name / "queries.jsonl").read_text("utf-8").splitlines()
        texts += [json.loads(line)["text"] for line in lines[:EACH]]
    return np.concatenate([encoder.encode_queries([text]) for text in texts])


def flat(vectors: Vectors) -> faiss.Index:
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def scalar(kind: int) -> Callable[[Vectors], faiss.Index]:
    def build(vectors: Vectors) -> faiss.Index:
        index = faiss.IndexScalarQuantizer(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
        index.train(vectors)
        index.add(vectors)
        return index

    return build


def graph(vectors: Vectors) -> faiss.Index:
    index = faiss.index_factory(vectors.shape[1], "HNSW32,SQfp16", faiss.METRIC_INNER_PRODUCT)
    assert isinstance(index, faiss.IndexHNSW)
    index.hnsw.efConstruction, index.hnsw.efSearch = 100, 128
    index.train(vectors)
    index.add(vectors)
    return index


def lists(vectors: Vectors) -> faiss.Index:
    count = int(4 * np.sqrt(len(vectors)))
    index = faiss.index_factory(vectors.shape[1], f"IVF{count},SQfp16", faiss.METRIC_INNER_PRODUCT)
    assert isinstance(index, faiss.IndexIVF)
    index.train(vectors[: 40 * count])
    index.add(vectors)
    index.nprobe = max(1, count // 16)
    return index


def measure(kind: str, size: int, build_s: float, size_bytes: float, search: Search, asked: Vectors,
            truth: npt.NDArray[np.int64]) -> Measured:  # fmt: skip
    search(asked[:1], DEEP)
    times, found = [], []
    for question in asked:
        started = time.perf_counter()
        found.append(search(question[None], DEEP))
        times.append(1000 * (time.perf_counter() - started))
    recall = {
        k: statistics.mean(
            len({*ours[:k].tolist()} & {*best[:k].tolist()}) / k for ours, best in zip(found, truth, strict=True)
        )
        for k in (K, DEEP)
    }
    return Measured(kind, size, build_s, size_bytes / size, statistics.median(times),
                    float(np.percentile(times, 95)), recall[K], recall[DEEP])  # fmt: skip


def ours(vectors: Vectors) -> VectorIndex:
    capacity = capacity_for(len(vectors))
    shards = [
        VectorShard.build(
            np.arange(start, min(start + capacity, len(vectors))),
            vectors[start : start + capacity], vectors.shape[1], packaged_codebook(),
        )
        for start in range(0, len(vectors), capacity)
    ]  # fmt: skip
    return VectorIndex(shards)


def stored(vectors: Vectors) -> ReadVectors:
    """Read them as the database gives them, but out of memory: the disk cache takes one to two milliseconds more."""
    scale = packaged_coding().scale
    codes = scale.encode(vectors)
    return lambda seqs: (seqs, unit(scale.decode(codes[seqs])))


def compare(vectors: Vectors, asked: Vectors) -> list[Measured]:
    size = len(vectors)
    truth = np.concatenate(
        [np.argsort(-(question[None] @ vectors.T), axis=1, kind="stable")[:, :DEEP] for question in asked]
    )
    rows = []
    kinds: dict[str, Callable[[Vectors], faiss.Index]] = {
        "Flat float32": flat,
        "Flat float16": scalar(faiss.ScalarQuantizer.QT_fp16),
        "Flat int8": scalar(faiss.ScalarQuantizer.QT_8bit),
    }
    if size <= SLOWLY_BUILT:
        kinds |= {"HNSW 32 float16": graph, "IVF float16": lists}
    for kind, build in kinds.items():
        faiss.omp_set_num_threads(2)
        started = time.perf_counter()
        index = build(vectors)
        build_s = time.perf_counter() - started
        size_bytes = len(faiss.serialize_index(index))
        faiss.omp_set_num_threads(1)
        rows.append(measure(kind, size, build_s, size_bytes, _search_of(index), asked, truth))
        print(rows[-1], flush=True)
    started = time.perf_counter()
    own, read = ours(vectors), stored(vectors)
    build_s = time.perf_counter() - started
    size_bytes = sum(len(shard.to_bytes()) for shard in own.shards)

    def search(one: Vectors, k: int) -> npt.NDArray[np.int64]:
        return np.array([seq for seq, _ in own.search(one, k, read)])

    rows.append(measure("ours", size, build_s, size_bytes, search, asked, truth))
    print(rows[-1], flush=True)
    return rows


def _search_of(index: faiss.Index) -> Search:
    def search(one: Vectors, k: int) -> npt.NDArray[np.int64]:
        found: npt.NDArray[np.int64] = index.search(one, k)[1][0]
        return found

    return search


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("indexes", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--cache", type=Path, required=True, help="for the encoder's graph")
    parser.add_argument("--sizes", default="4000,16000,64000,240000")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    real, asked = real_vectors(options.indexes), questions(options.data, BundledEncoder(options.cache))
    rows = [row for size in map(int, options.sizes.split(",")) for row in compare(drawn(real, size), asked)]
    print(f"\n{len(real)} real vectors, {len(asked)} questions\n")
    print("| vectors | index | ms a question p50 | p95 | recall@10 | recall@60 | bytes a vector | built in s |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        print(
            f"| {row.vectors:,} | {row.kind} | {row.p50_ms:.2f} | {row.p95_ms:.2f} | {row.recall_10:.3f} | {row.recall_60:.3f} | {row.bytes_each:.0f} | {row.build_s:.1f} |"
        )
    if options.out:
        record = {
            "real": len(real),
            "questions": len(asked),
            "machine": platform.machine(),
            "rows": [asdict(row) for row in rows],
        }
        options.out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
