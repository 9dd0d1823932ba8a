"""The packaged weights in two other forms to measure the default encoder against: float32, sentence-transformers."""

import json
from pathlib import Path

import numpy as np

from index.encoders.bundled import BundledEncoder
from index.encoders.onnx_graph import build_model
from index.encoders.weights import Weights, read_weights, weights_path

PREFIXES = {"query": "query: ", "passage": "passage: "}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class Float32Encoder(BundledEncoder):
    """The default encoder over the float32 graph; nothing is written to the cache folder."""

    def _model(self) -> bytes:
        return bytes(build_model(self._weights, quantize=False).SerializeToString())


def write_model(folder: Path, *, prompts: dict[str, str] | None = None) -> Path:
    """Write a sentence-transformers folder (0.5 GB): BERT, mean pooling, unit length. Needs the extra."""
    from safetensors.numpy import save_file
    from transformers import PreTrainedTokenizerFast

    from tests.support.hf_tokenizer import build_hf_tokenizer

    weights = read_weights(weights_path())
    folder.mkdir(parents=True, exist_ok=True)
    save_file(_tensors(weights), folder / "model.safetensors", metadata={"format": "pt"})
    PreTrainedTokenizerFast(
        tokenizer_object=build_hf_tokenizer(weights),
        model_max_length=weights.positions,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    ).save_pretrained(folder)
    for name, content in _settings(weights, PREFIXES if prompts is None else prompts).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "2_Normalize").mkdir(exist_ok=True)
    return folder


def _tensors(weights: Weights) -> dict[str, np.ndarray]:
    hidden = weights.hidden
    tensors = {
        "embeddings.word_embeddings.weight": weights.matrices["emb.word"].dequantize(),
        "embeddings.position_embeddings.weight": weights.vectors["emb.pos"].reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": weights.vectors["emb.type"].reshape(-1, hidden),
        "embeddings.LayerNorm.weight": weights.vectors["emb.ln.w"],
        "embeddings.LayerNorm.bias": weights.vectors["emb.ln.b"],
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),  # BertModel has one; no vector passes it
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    for layer in range(weights.layers):
        for short, long in _LAYER.items():
            name = f"l{layer}.{short}"
            matrix = weights.matrices.get(f"{name}.w")
            tensors[f"encoder.layer.{layer}.{long}.weight"] = (
                weights.vectors[f"{name}.w"] if matrix is None else matrix.dequantize()
            )
            tensors[f"encoder.layer.{layer}.{long}.bias"] = weights.vectors[f"{name}.b"]
    return {name: np.ascontiguousarray(values) for name, values in tensors.items()}


def _settings(weights: Weights, prompts: dict[str, str]) -> dict[str, object]:
    modules = [("0", "", "Transformer"), ("1", "1_Pooling", "Pooling"), ("2", "2_Normalize", "Normalize")]
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": weights.hidden,
            "num_hidden_layers": weights.layers,
            "num_attention_heads": weights.heads,
            "intermediate_size": weights.feed_forward,
            "max_position_embeddings": weights.positions,
            "type_vocab_size": 2,
            "vocab_size": weights.matrices["emb.word"].shape[0],
            "layer_norm_eps": weights.epsilon,
            "hidden_act": "gelu",
            "pad_token_id": weights.pad,
            "torch_dtype": "float32",
        },
        "modules.json": [
            {"idx": int(name), "name": name, "path": path, "type": f"sentence_transformers.models.{kind}"}
            for name, path, kind in modules
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": weights.hidden, "pooling_mode_mean_tokens": True},
        "sentence_bert_config.json": {"max_seq_length": weights.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": prompts, "similarity_fn_name": "cosine"},
    }
