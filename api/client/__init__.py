"""A typed client for the service (extra ``client``), waiting or awaited. Imports schemas, no other room of ``api``."""

from api.client.asynchronous import AsyncClient
from api.client.errors import ClientError, JobFailedError, JobPendingError
from api.client.sync import Client
from api.client.transport import Retries, StreamEvent
from index.articles import Article
from rag.answers import Filters

__all__ = [
    "Article",
    "AsyncClient",
    "Client",
    "ClientError",
    "Filters",
    "JobFailedError",
    "JobPendingError",
    "Retries",
    "StreamEvent",
]
