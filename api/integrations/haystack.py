"""A retriever for Haystack (``pip install 'geungeo[haystack]'``).

pipeline.add_component("retriever", GeungeoRetriever("http://127.0.0.1:8000", key=Secret.from_env_var("GEUNGEO_KEY")))
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict
from haystack.utils import Secret, deserialize_secrets_inplace

from api.integrations.source import DEFAULT_URL, Asking, Found, Local, Server, Source, open_local
from rag.answers import Filters, Mode

__all__ = ["GeungeoRetriever", "Local", "open_local"]


@component
class GeungeoRetriever:
    """Passages of one's articles, each with the citations of the answer that lie in it (``meta["citations"]``).

    ``filters`` are ``date_from``, ``date_to``, ``source``, ``collection`` and ``article_ids``. With ``source`` (:func:`open_local`)
    it asks in this process, and cannot be written down as a pipeline's component.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        key: Secret | None = None,
        timeout: float = 30.0,
        top_k: int = 5,
        filters: dict[str, Any] | None = None,
        mode: str = "hybrid",
        cited_only: bool = False,
        source: Source | None = None,
    ) -> None:
        self.url, self.key, self.timeout, self.source = url, key, timeout, source
        self.asking = Asking(top_k, _filters(filters), Mode(mode), cited_only)

    @component.output_types(documents=list[Document])
    def run(self, query: str, top_k: int | None = None) -> dict[str, list[Document]]:
        """Return the passages for ``query``, at most ``top_k``."""
        asking = self._asking(top_k)
        return _documents(asking.found(self._source().ask(asking.query(query))))

    @component.output_types(documents=list[Document])
    async def run_async(self, query: str, top_k: int | None = None) -> dict[str, list[Document]]:
        """Return the same, for an ``AsyncPipeline``."""
        asking = self._asking(top_k)
        return _documents(asking.found(await self._source().ask_async(asking.query(query))))

    def to_dict(self) -> dict[str, Any]:
        """Write the component down, the key only as where it comes from. Raises ValueError with a source in this process."""
        if self.source is not None:
            raise ValueError("a retriever that asks in this process cannot be written down: give it a url")
        asking = self.asking
        filters = {name: value for name, value in asdict(asking.filters).items() if value is not None}
        options = {"top_k": asking.top_k, "filters": filters, "mode": str(asking.mode), "cited_only": asking.cited_only}
        key = self.key.to_dict() if self.key else None
        written: dict[str, Any] = default_to_dict(self, url=self.url, key=key, timeout=self.timeout, **options)
        return written

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "GeungeoRetriever":
        """Read what :meth:`to_dict` wrote."""
        deserialize_secrets_inplace(data["init_parameters"], keys=["key"])
        read: GeungeoRetriever = default_from_dict(cls, data)
        return read

    def _source(self) -> Source:
        key = self.key.resolve_value() if self.key else None
        return self.source or Server(self.url, key, self.timeout)

    def _asking(self, top_k: int | None) -> Asking:
        own = self.asking
        return own if top_k is None else Asking(top_k, own.filters, own.mode, own.cited_only)


def _filters(given: dict[str, Any] | None) -> Filters:
    fields = dict(given or {})
    if fields.get("article_ids") is not None:
        fields["article_ids"] = tuple(fields["article_ids"])
    return Filters(**fields)


def _documents(found: Iterable[Found]) -> dict[str, list[Document]]:
    return {
        "documents": [
            Document(id=passage.id, content=passage.text, meta=dict(passage.metadata), score=passage.score)
            for passage in found
        ]
    }
