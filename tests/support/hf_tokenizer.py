"""XLM-RoBERTa's tokenizer from the packaged pieces by Hugging Face's ``tokenizers``: what ours is compared with."""

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from index.encoders.weights import Weights


def build_hf_tokenizer(weights: Weights) -> Tokenizer:
    """NFKC, runs of spaces folded, Metaspace, unigram."""
    tokenizer = Tokenizer(models.Unigram(list(weights.pieces), unk_id=weights.unk))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", weights.bos), ("</s>", weights.eos)]
    )
    return tokenizer
