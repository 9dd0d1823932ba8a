"""Opens what answering needs: encoder, Korean analysis, index; and builds the index of the seeds when there is none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from index.encoders.base import Encoder
from index.encoders.bundled import BundledEncoder
from index.engine import Engine, is_new
from index.errors import ReadError
from index.korean.parsing import analysis_fingerprint
from index.korean.sentences import SentenceSplitter
from index.reading.plain_text.decoding import decode
from index.text.messages import say
from index.truth.attachment import address_of
from index.truth.shared_embedding import SharedEmbedding
from rag.pipeline import Pipeline
from rag.progress import note, progress_bar
from rag.question.aliases import load_aliases
from rag.reader.closely import CloseReader
from rag.settings import Settings

if TYPE_CHECKING:
    from index.ingest import Ingestor, IngestReport
    from index.korean.parser_process import ParserProcess

SEEDS = 5


@dataclass(frozen=True, slots=True)
class Tools:
    """What ingest and answering share, and the reader that answering may look closer with."""

    encoder: Encoder
    splitter: SentenceSplitter
    reader: CloseReader | None = None


def load_tools(settings: Settings) -> Tools:
    """Return the encoder and Kiwi, which takes a second or two with the interpreter lock: the packaged encoder loads meanwhile."""
    splitter = SentenceSplitter(read_user_words(settings.user_words))
    encoder = make_encoder(settings)
    if isinstance(encoder, BundledEncoder):
        encoder.start()
    splitter.load()
    encoder.warm()
    reader = make_reader(settings, encoder)
    if reader is not None:
        reader.warm()
    return Tools(encoder, splitter, reader)


def make_ingestor(settings: Settings) -> "Ingestor":
    """Return what writes articles: the encoder here, Kiwi in a process of its own, which loads meanwhile."""
    from index.ingest import Ingestor

    parser = make_parser(settings)
    parser.start()
    encoder = make_encoder(settings)
    encoder.warm()
    splitter = SentenceSplitter(read_user_words(settings.user_words))
    embedding = SharedEmbedding(encoder, settings.data) if address_of(settings.data) else None
    return Ingestor(settings.data, encoder, splitter, parser, originals=settings.originals, embedding=embedding)


def make_parser(settings: Settings) -> "ParserProcess":
    """Return a Kiwi in a process of its own; it loads when it is started, or with the first article."""
    from index.korean.parser_process import ParserProcess

    return ParserProcess(partial(SentenceSplitter, tuple(read_user_words(settings.user_words))))


def fingerprints(settings: Settings) -> tuple[str, str]:
    """Return (encoder, Korean analysis) that the settings ask for; neither Kiwi nor the packaged encoder is loaded."""
    splitter = SentenceSplitter(read_user_words(settings.user_words))
    return make_encoder(settings).fingerprint, analysis_fingerprint(splitter)


def make_encoder(settings: Settings) -> Encoder:
    """Return the packaged encoder, or the sentence-transformers model the settings name."""
    if not settings.model:
        return BundledEncoder(settings.cache, settings.threads or None)
    from index.encoders.sentence_transformers import SentenceTransformerEncoder

    return SentenceTransformerEncoder(settings.model, threads=settings.threads or None)


def open_pipeline(settings: Settings, tools: Tools) -> Pipeline:
    """Open the pipeline over the data folder. Raises CorruptIndexError, EncoderMismatchError, StorageError."""

    def open_engine() -> Engine:
        return Engine.open(
            settings.data,
            encoder=tools.encoder.fingerprint,
            analysis=analysis_fingerprint(tools.splitter),
        )

    aliases = load_aliases(settings.aliases, tools.splitter, settings.cache)
    return Pipeline(open_engine, tools.encoder, tools.splitter, aliases, reader=tools.reader)


def make_reader(settings: Settings, encoder: Encoder) -> CloseReader | None:
    """Return the reader that goes with the packaged encoder; none with another, or where the settings want none."""
    if settings.reader == "off" or not isinstance(encoder, BundledEncoder):
        return None
    return CloseReader(encoder, always=settings.reader == "always")


def build_seeds(settings: Settings, tools: Tools, lang: str) -> None:
    """Index the packaged articles where there is no index yet, and say so on standard error."""
    if is_new(settings.data):
        note(say("seeds", lang, folder=settings.data))
        with progress_bar(SEEDS, lang) as progress:
            index_seeds(settings, tools, progress)


def index_seeds(settings: Settings, tools: Tools, progress: "Callable[[IngestReport], None]") -> None:
    """Index the five articles that come with geungeo."""
    from index.ingest import Ingestor
    from index.reading.readers import read_articles

    with as_file(files("seeds")) as folder:
        Ingestor(settings.data, tools.encoder, tools.splitter).ingest(
            read_articles([folder]), progress=progress, wait=60.0
        )


def read_user_words(path: Path | None) -> Sequence[str]:
    """Read a file of one word a line, ``#`` for comments. Raises ReadError."""
    if path is None:
        return ()
    try:
        lines = decode(path.read_bytes()).splitlines()
    except ReadError as error:
        raise ReadError(f"{path}: {error.korean}", f"{path}: {error.english}") from None
    except OSError as error:
        raise ReadError(
            f"사용자 사전을 읽을 수 없습니다: {path} ({error.strerror}). 경로와 권한을 확인하세요.",
            f"cannot read the user dictionary {path} ({error.strerror}). Check its path and permissions.",
        ) from error
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
