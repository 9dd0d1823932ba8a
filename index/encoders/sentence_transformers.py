"""Any sentence-transformers model as the encoder: bge-m3, KURE, e5-large; on the CPU or a GPU.

A sentence is encoded on its own, with the passage prefix: "late chunking" (see :mod:`index.encoders.bundled`) needs mean
pooling over the passage's tokens, and these models pool as they like.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from index.encoders.base import EncoderInput, PassageVectors, Vectors
from index.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MAX_TOKENS = 512  # passages are far shorter; bge-m3 would take 8192 and the memory for it
_VERSION = 1  # of how sentences are encoded
_BATCH = 32
_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(@[\w./-]+)?")
_E5_NAME = re.compile(r"(^|[/_-])e5($|[_-])", re.IGNORECASE)
_READ = ("*.safetensors", "*.json", "*.txt", "*.model")  # what loading reads: no pickles, no code


class _Model(NamedTuple):
    folder: Path
    name: str
    revision: str


class _Prefixes(NamedTuple):
    query: str
    passage: str


class SentenceTransformerEncoder:
    """See :class:`index.encoders.base.Encoder`. Not to be shared by threads: the tokenizer must not be.

    ``name_or_folder`` is a folder, or a hub's ``owner/model``, perhaps with ``@revision``. What a folder or the
    hub's cache holds is never fetched again; with ``HF_HUB_OFFLINE=1`` nothing is fetched. ``threads`` are torch's,
    for the whole process; ``device`` is torch's name, None for a GPU where there is one.
    """

    def __init__(
        self,
        name_or_folder: str,
        *,
        device: str | None = None,
        threads: int | None = None,
        max_tokens: int = MAX_TOKENS,
    ) -> None:
        self._source = name_or_folder
        self._device = device
        self._threads = threads
        self._max_tokens = max_tokens

    word_dim = 0  # token states of these models are pooled in ways of their own

    def warm(self) -> None:
        """Load everything now rather than at the first text. Raises ModelError."""
        _ = self.fingerprint

    @cached_property
    def fingerprint(self) -> str:
        """Name, revision or sha256 of the files, dim, longest passage, prefixes. Raises ModelError."""
        name, revision = self._files.name, self._files.revision[:12]
        query, passage = self._prefixes
        return f"{name}@{revision}/alone-v{_VERSION}/{self.dim}/{self.max_tokens}/{query!r}-{passage!r}"

    @cached_property
    def dim(self) -> int:
        """The components of the model's vectors, as many as it gives for an empty text."""
        return int(self._encode([""], prefix="", query=False).shape[1])

    @cached_property
    def max_tokens(self) -> int:
        """The longest text the model reads, in tokens."""
        return int(self._model.max_seq_length or self._max_tokens)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text alone, without special tokens or prefix."""
        if not texts:
            return []
        ids = self._model.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        return [len(row) for row in ids]

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        """Return (len(questions), dim) float32, unit length."""
        if not questions:
            return np.empty((0, self.dim), dtype=np.float32)
        return self._encode(list(questions), prefix=self._prefixes.query, query=True)

    def encode_words(self, question: str, words: Sequence[tuple[int, int]]) -> Vectors:
        """Return (len(words), 0): these models have no vectors of words."""
        return np.empty((len(words), self.word_dim), dtype=np.float32)

    def expect_words(self, words: Sequence[Sequence[str]], sentences: Vectors) -> Vectors:
        """Return (all words, 0): these models have no vectors of words."""
        return np.empty((sum(map(len, words)), self.word_dim), dtype=np.float32)

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        """Return the vectors of each input, in order; a sentence that several passages share is read once."""
        if not inputs:
            return []
        passages = [f"{item.context}\n{item.text}" if item.context else item.text for item in inputs]
        sentences = [[item.text[start:end] for start, end in item.sentences] for item in inputs]
        texts = dict.fromkeys(passages)  # each once: neighbours share sentences
        texts |= dict.fromkeys(text for group in sentences for text in group if text.strip())
        vectors = self._encode(list(texts), prefix=self._prefixes.passage, query=False)
        rows = dict(zip(texts, vectors, strict=True))
        results = []
        for passage, group in zip(passages, sentences, strict=True):
            own = [rows[text if text.strip() else passage] for text in group]
            results.append(PassageVectors(rows[passage], np.stack(own) if own else vectors[:0]))
        return results

    def _encode(self, texts: list[str], *, prefix: str, query: bool) -> Vectors:
        """Return (n, dim) float32, unit length, by the model's own query or passage path, should they differ."""
        encode = self._model.encode_query if query else self._model.encode_document
        vectors = encode(texts, prompt=prefix, batch_size=_BATCH, show_progress_bar=False, normalize_embeddings=True)
        return np.asarray(vectors, dtype=np.float32)

    @cached_property
    def _files(self) -> _Model:
        model = _locate(self._source)
        _refuse_pickles_and_code(self._source, model.folder)
        try:
            return model if model.revision else model._replace(revision=_digest(model.folder))
        except OSError as error:
            raise _unreadable(error.filename, error) from error

    @cached_property
    def _model(self) -> "SentenceTransformer":
        folder = self._files.folder
        try:
            torch, logging = import_module("torch"), import_module("transformers.utils.logging")
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ModelError(
                f"{self._source} 모델을 쓰려면 sentence-transformers가 필요합니다: "
                f"pip install 'geungeo[sentence-transformers]' ({error})",
                f"the model {self._source} needs sentence-transformers: "
                f"pip install 'geungeo[sentence-transformers]' ({error})",
            ) from error
        if self._threads:
            torch.set_num_threads(self._threads)
        logging.disable_progress_bar()
        try:
            model = SentenceTransformer(
                str(folder),
                device=self._device,
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:  # transformers, safetensors and tokenizers raise types with no common root
            raise ModelError(
                f"모델을 열 수 없습니다: {self._source} ({folder}). sentence-transformers 형식의 온전한 모델인지 "
                f"확인하세요. ({error})",
                f"cannot open the model {self._source} ({folder}). Check that it is a whole sentence-transformers "
                f"model. ({error})",
            ) from error
        # half precision rounds differently on every device, and an index must answer to the encoder that built it
        model = model.float()
        model.max_seq_length = min(model.max_seq_length or self._max_tokens, self._max_tokens)
        return model

    @cached_property
    def _prefixes(self) -> _Prefixes:
        """The model's own, or by name the E5 family's (arXiv 2402.05672), or none (bge-m3 and KURE need none)."""
        prompts = self._model.prompts
        passage = (prompts.get(name) for name in ("passage", "document", "corpus"))
        own = _Prefixes(prompts.get("query") or "", next(filter(None, passage), ""))
        if any(own) or not _E5_NAME.search(self._files.name):
            return own
        if "instruct" in self._files.name.lower():
            task = "Given a web search query, retrieve relevant passages that answer the query"
            return _Prefixes(f"Instruct: {task}\nQuery: ", "")
        return _Prefixes("query: ", "passage: ")


def _locate(source: str) -> _Model:
    """Return the model's folder. A hub's model comes from its cache, and is fetched only when that lacks it."""
    folder = Path(source).expanduser()
    if folder.is_dir():
        return _Model(folder, folder.resolve().name, "")
    if not _HUB_NAME.fullmatch(source):
        raise ModelError(
            f"모델 폴더가 없습니다: {source}. 폴더 경로나 허브 이름(예: nlpai-lab/KURE-v1)을 적으세요.",
            f"no such model folder: {source}. Give a folder, or a hub's name such as nlpai-lab/KURE-v1.",
        )
    name, _, revision = source.partition("@")
    try:
        folder = _snapshot(name, revision or None)
    except Exception as error:  # huggingface_hub raises its own types and those of its HTTP library
        raise ModelError(
            f"모델을 찾을 수 없습니다: {source}. 그런 폴더가 없고 허브에서도 받지 못했습니다. "
            f"이름, 인터넷 연결, HF_HUB_OFFLINE을 확인하세요. ({error})",
            f"model not found: {source}. There is no such folder and the hub did not give it. "
            f"Check the name, the connection and HF_HUB_OFFLINE. ({error})",
        ) from error
    return _Model(folder, name, folder.name)


def _snapshot(name: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    patterns = list(_READ)
    try:
        folder = Path(snapshot_download(name, revision=revision, allow_patterns=patterns, local_files_only=True))
        if any(folder.rglob("*.safetensors")):
            return folder
    except LocalEntryNotFoundError:
        pass
    return Path(snapshot_download(name, revision=revision, allow_patterns=patterns))


def _refuse_pickles_and_code(source: str, folder: Path) -> None:
    """Raise ModelError where loading would unpickle, or run Python that came with the model.

    sentence-transformers before 6 trusts the code of any local folder, whatever ``trust_remote_code`` says.
    """
    pickled = [path for path in folder.rglob("pytorch_model*.bin") if not any(path.parent.glob("*.safetensors"))]
    if pickled or not any(folder.rglob("*.safetensors")):
        raise ModelError(
            f"{source}에 safetensors 가중치가 없습니다({folder}). pickle 파일은 코드를 실행할 수 있어 읽지 않습니다. "
            "safetensors로 바꾸어 저장하거나 다른 모델(예: nlpai-lab/KURE-v1)을 쓰세요.",
            f"{source} has no safetensors weights ({folder}). Pickles can run code and are not read. "
            "Save it again as safetensors, or use another model such as nlpai-lab/KURE-v1.",
        )
    modules = folder / "modules.json"
    try:
        entries = json.loads(modules.read_text(encoding="utf-8")) if modules.exists() else []
        foreign = [entry["type"] for entry in entries if not entry["type"].startswith("sentence_transformers.")]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(modules, error) from error
    if foreign:
        raise ModelError(
            f"{source} 모델은 딸린 코드({', '.join(foreign)})를 실행해야 해서 쓸 수 없습니다. 다른 모델을 쓰세요.",
            f"{source} needs code of its own ({', '.join(foreign)}), which is never run. Use another model.",
        )


def _unreadable(path: Path | str, error: Exception) -> ModelError:
    return ModelError(
        f"모델 파일을 읽을 수 없습니다: {path} ({error}). 권한을 확인하거나 모델을 다시 받으세요.",
        f"cannot read the model's file {path} ({error}). Check its permissions or fetch the model again.",
    )


def _digest(folder: Path) -> str:
    """Return the sha256 over names and contents of the weights, tokenizer and settings, in a fixed order."""
    paths = {path for pattern in _READ for path in folder.rglob(pattern) if path.is_file()}
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.relative_to(folder).as_posix()):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()
