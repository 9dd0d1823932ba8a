"""Fit index/data/passage_codebook.npz: 16 centroids for every two components of a passage's vector.

    python -m scripts.fit.codebook INDEX...

INDEX are data folders made with the packaged encoder. Uses no questions, only the passages' vectors.
"""

import argparse
from pathlib import Path

import faiss
import numpy as np

from index.search.coarse import BITS
from index.store.store import Store

ROOT = Path(__file__).parents[2]
WIDTH = 2  # components that share a code
SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("indexes", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=8_000, help="vectors of each index at most")
    parser.add_argument("--out", type=Path, default=ROOT / "index/data/passage_codebook.npz")
    options = parser.parse_args()
    parts, encoders = [], set()
    for folder in options.indexes:
        store = Store(folder)
        encoders.add(store.meta("encoder"))
        vectors = store.vectors()[1]
        store.close()
        parts.append(np.random.default_rng(SEED).permutation(vectors)[: options.count])
    (encoder,) = encoders
    vectors = np.concatenate(parts)
    quantizer = faiss.ProductQuantizer(vectors.shape[1], vectors.shape[1] // WIDTH, BITS)
    quantizer.train(vectors)
    centroids = faiss.vector_to_array(quantizer.centroids).reshape(quantizer.M, quantizer.ksub, quantizer.dsub)
    np.savez_compressed(options.out, encoder=np.array(encoder), centroids=centroids)
    print(f"{len(vectors)} vectors, {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
