"""What a command that answers one question loads: Kiwi, the encoder and the index side by side, in a process each.

Such a command is mostly loading. The processes begin before the settings are known, which take a third of a second to
import; so little is imported here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from index.child import Child
from index.errors import ModelError

if TYPE_CHECKING:
    from index.bundled_encoder import BundledEncoder
    from index.sentences import SentenceSplitter
    from rag.loading import Tools
    from rag.settings import Settings


def _prepare_kiwi() -> "Callable[[Sequence[str]], SentenceSplitter]":
    from index.sentences import SentenceSplitter, new_kiwi

    kiwi = new_kiwi()

    def make(user_words: "Sequence[str]") -> SentenceSplitter:
        splitter = SentenceSplitter(user_words, kiwi=kiwi)
        splitter.load()
        return splitter

    return make


def _prepare_encoder() -> "Callable[[Path, int | None], BundledEncoder]":
    from index.bundled_encoder import BundledEncoder

    def make(cache: "Path", threads: int | None) -> BundledEncoder:
        encoder = BundledEncoder(cache, threads)
        encoder.warm()
        return encoder

    return make


def _ended(korean: str, english: str) -> ModelError:
    return ModelError(
        f"{korean} 프로세스가 멈췄습니다. 다시 실행하세요. 메모리가 모자라지 않은지 확인하세요.",
        f"the process of the {english} ended. Run again, and check that there is memory enough.",
    )


@dataclass(frozen=True, slots=True)
class Begun:
    """Processes that load what needs no settings, and wait for those."""

    kiwi: Child = field(default_factory=lambda: Child(_prepare_kiwi, _ended("한국어 분석", "Korean analysis")))
    encoder: Child = field(default_factory=lambda: Child(_prepare_encoder, _ended("임베딩", "encoder")))


def load_tools_apart(settings: "Settings", begun: Begun) -> "Tools":
    """Returns while they load. An encoder that the settings name is loaded here instead. Raises ReadError, ModelError."""
    from rag.loading import Tools, make_encoder, read_user_words

    words = read_user_words(settings.user_words)
    begun.kiwi.give(words)
    if not settings.model:
        begun.encoder.give(settings.cache, settings.threads or None)
    from index.encoder_process import EncoderProcess
    from index.splitter_process import SplitterProcess

    encoder = make_encoder(settings) if settings.model else EncoderProcess(begun.encoder)
    return Tools(encoder, SplitterProcess(begun.kiwi, words))
