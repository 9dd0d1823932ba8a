"""A typed client for the service: ``Client`` waits, ``AsyncClient`` awaits. Imports schemas, no other room of ``api``.

    with Client("http://127.0.0.1:8000", key="…") as client:
        answer = client.query("AX 법인의 매출 목표는?")

Needs the extra ``client``. What it raises is drawn in :mod:`api.client.errors`. A server that refuses with 429 or 503
is asked again after its ``Retry-After``, within the bounds of :class:`api.client.transport.Retries`.
"""

from api.client.asynchronous import AsyncClient
from api.client.errors import (
    AccessError,
    ClientError,
    ConnectionFailedError,
    JobFailedError,
    JobPendingError,
    MissingError,
    OverloadError,
    ProblemResponseError,
)
from api.client.sync import Client
from api.client.transport import Retries, StreamEvent
from index.articles import Article
from rag.answers import Filters

__all__ = [
    "AccessError",
    "Article",
    "AsyncClient",
    "Client",
    "ClientError",
    "ConnectionFailedError",
    "Filters",
    "JobFailedError",
    "JobPendingError",
    "MissingError",
    "OverloadError",
    "ProblemResponseError",
    "Retries",
    "StreamEvent",
]
