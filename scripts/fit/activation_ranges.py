"""Fit index/data/activation_ranges.npz: the least and greatest of every channel that a product of the encoder reads.

    python -m scripts.fit.activation_ranges DATASET...

DATASET are folders with corpus.jsonl and queries.jsonl, as geungeo eval takes them. No answer is looked at. Texts
that no article is full of are read too (other scripts, signs, tables, one letter), for a range must hold for them.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

from index.encoders.bundled import BundledEncoder
from index.encoders.onnx_graph import build_model
from rag.settings import load_settings

ROOT = Path(__file__).parents[2]
SEED = 7
LENGTHS = (60, 120, 250, 400)  # characters of a passage
ODD = (
    "?", "나", "b", "KBO", "7", "...", "!!!???", "·", "ㅋㅋㅋㅋㅋㅋ", "ㅠㅠ ㅎㅎ ㅇㅇ", "🙂🙂🙂 👍👍", "★☆※▶◀○●□■", "= = = = =",
    "하하하하하하하하하하하하", "aaaaaaaaaaaa" * 9, "Zz" * 30, "00000000" * 6, "네 네 네 네 네 네 네", "1,234,567.89", "2023-05-06 07:08:09", "02-123-4567 (내선 890)",
    "12 34 56 78 90 " * 12, "오늘의 날씨는 맑습니다. " * 40, "the same words again and " * 60, "타파하 " * 150,
    "항목\t수량\t금액\n연필\t3\t1500\n공책\t2\t3000\n" * 8, "| a | b |\n|---|---|\n| 1 | 2 |\n" * 10,
    "<html><body><h1>제목</h1><p>내용</p></body></html>" * 5, "https://geungeo.example/articles?id=42&lang=ko#p3",
    "SELECT name, count(*) FROM users WHERE age > 30 GROUP BY name ORDER BY 2 DESC;", "{\"key\": [1, 2.5, null, true]}",
    "國民의 基本權은 憲法이 保障한다. 平和統一을 指向하며", "今日は良い天気ですね。明日はどうでしょうか。", "今天天气很好，我们去公园散步吧。",
    "Сегодня хорошая погода, пойдём гулять.", "الطقس جميل اليوم", "วันนี้อากาศดี", "Ο καιρός είναι καλός σήμερα.",
    "In the beginning the committee agreed to postpone its decision until the next quarter of the fiscal year.",
)  # fmt: skip


def texts(folder: Path, count: int, random: np.random.Generator) -> Iterator[str]:
    """Passages of several lengths, and questions, each with the prefix that the encoder gives them."""
    for prefix, name in (("passage: ", "corpus"), ("query: ", "queries")):
        lines = (folder / f"{name}.jsonl").read_text("utf-8").splitlines()
        for line in random.permutation(lines)[:count].tolist():
            record = json.loads(line)
            text = f"{record.get('title', '')}\n{record['text']}".strip()
            yield prefix + (text[: random.choice(LENGTHS)] if name == "corpus" else text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=150, help="passages and questions of each dataset, at most")
    parser.add_argument("--out", type=Path, default=ROOT / "index/data/activation_ranges.npz")
    options = parser.parse_args()
    encoder = BundledEncoder(load_settings().cache)
    model = build_model(encoder._weights, quantize=False)
    read = [node.input[0] for node in model.graph.node if node.op_type == "MatMul"]
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in read)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(SEED)
    inputs = [text for folder in options.datasets for text in texts(folder, options.count, random)]
    inputs += [prefix + text for prefix in ("passage: ", "query: ") for text in ODD]
    ranges: dict[str, np.ndarray] = {}
    for tokens in encoder.tokenizer.encode(inputs):
        words = encoder._weights.matrices["emb.word"].dequantize(np.array(tokens.cut(encoder.max_tokens).ids))
        for name, (values,) in zip(
            read,
            session.run(read, {"embeddings": words[None], "mask": np.ones((1, len(words)), np.int32)}),
            strict=True,
        ):
            found = np.stack([values.min(axis=0), values.max(axis=0)])
            known = ranges.get(name, found)
            ranges[name] = np.stack([np.minimum(known[0], found[0]), np.maximum(known[1], found[1])])
    halves = {name: values.astype(np.float16) for name, values in ranges.items()}
    np.savez_compressed(options.out, allow_pickle=False, **halves)
    print(f"{len(inputs)} texts, {len(ranges)} inputs, {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
