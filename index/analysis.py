"""The fingerprint of the Korean analysis: an index answers only to the analysis that built it."""

from index.passages import PASSAGE_TOKENS
from index.sentences import SentenceSplitter
from index.terms import TERMS_VERSION

CLEANING_VERSION = 1  # raise it when index.cleaning marks articles otherwise; here, because that module is slow to import


def analysis_fingerprint(splitter: SentenceSplitter) -> str:
    """Everything but the encoder that decides what an article becomes in the index."""
    return f"{splitter.fingerprint}/clean-{CLEANING_VERSION}/passages-{PASSAGE_TOKENS}/terms-{TERMS_VERSION}"
