"""What a command that answers one question loads: Kiwi in a process of its own, the encoder and the index here meanwhile.

Such a command is mostly loading, and Kiwi is half of it. So its process begins before the settings are known, which take
a third of a second to import; and little is imported here.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from index.errors import ModelError
from index.korean.child import Child

if TYPE_CHECKING:
    from index.korean.sentences import SentenceSplitter
    from rag.loading import Tools
    from rag.settings import Settings


def begin_kiwi() -> Child:
    """Start the process. It loads what needs no settings, then waits for the user's words."""
    ended = ModelError(
        "한국어 분석 프로세스가 멈췄습니다. 다시 실행하세요. 메모리가 모자라지 않은지 확인하세요.",
        "the process of the Korean analysis ended. Run again, and check that there is memory enough.",
    )
    return Child(_prepare, ended)


def _prepare() -> "Callable[[Sequence[str]], SentenceSplitter]":
    from index.korean.sentences import SentenceSplitter, new_kiwi

    kiwi = new_kiwi()

    def make(user_words: "Sequence[str]") -> SentenceSplitter:
        splitter = SentenceSplitter(user_words, kiwi=kiwi)
        splitter.load()
        return splitter

    return make


def load_tools_with_kiwi_process(settings: "Settings", kiwi: Child) -> "Tools":
    """Return with the encoder loaded; the first text waits for Kiwi. Raises ReadError, ModelError, StorageError."""
    from index.korean.splitter_process import SplitterProcess
    from rag.loading import Tools, make_encoder, make_reader, read_user_words

    words = read_user_words(settings.user_words)
    kiwi.give(words)
    encoder = make_encoder(settings)
    encoder.warm()
    return Tools(encoder, SplitterProcess(kiwi, words), make_reader(settings, encoder))
