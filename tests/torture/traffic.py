"""HTTP clients of a server that may die at any moment: they write, delete and ask, and keep the books of what was answered."""

import http.client
import json
import random
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from index.articles import Article
from tests.torture import texts
from tests.torture.invariant import PROBES
from tests.torture.ledger import Ledger

_SECONDS = 20.0  # then a request counts as unanswered
_DIED = (OSError, http.client.HTTPException)


class Connection:
    """Keeps one connection open; every failure of it is an OSError or HTTPException."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=_SECONDS)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """(status, the JSON that came back, None where there was none). Returns only when all of it was received."""
        data = None if body is None else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if data is not None else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, data, {**kind, **named})
        response = self._connection.getresponse()
        received = response.read()
        return response.status, json.loads(received) if received else None

    def article(self, article_id: str) -> Article | None:
        """As it is served; None where it is not there."""
        status, body = self.call("GET", path_of(article_id))
        if status == 404:
            return None
        if status != 200:
            raise OSError(f"GET of an article was answered {status}: {body}")
        return Article(body["id"], body["title"], body["text"], source=body["source"])

    def close(self) -> None:
        self._connection.close()


def path_of(article_id: str) -> str:
    return f"/v1/articles/{quote(article_id)}"


@dataclass(slots=True)
class Books:
    """What all clients together met with. ``wrong``: answers that no stored article could have given."""

    statuses: Counter[int] = field(default_factory=Counter)
    asked: int = 0
    wrong: int = 0
    complaints: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, status: int, body: object) -> None:
        with self.lock:
            self.statuses[status] += 1
            if status >= 500 and len(self.complaints) < 10:
                self.complaints.append(f"{status}: {json.dumps(body, ensure_ascii=False)[:200]}")

    def wrong_answer(self, what: str) -> None:
        with self.lock:
            self.wrong += 1
            if len(self.complaints) < 10:
                self.complaints.append(what)


class Client:
    """Takes one step after another in a thread of its own, until the server is gone or it is told to stop."""

    def __init__(self, url: str, ledger: Ledger, books: Books, seed: str) -> None:
        self.connection = Connection(url)
        self.ledger, self.books, self.draw = ledger, books, random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Not before the request at hand has been answered."""
        self._stop.set()

    def join(self, seconds: float = 60.0) -> None:
        self._thread.join(seconds)

    def step(self) -> None:
        raise NotImplementedError

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.step()
        except _DIED:
            pass
        finally:
            self.connection.close()


class Writer(Client):
    """Puts, replaces and deletes articles of its own.

    ``numbers`` counts each article's versions over all lives of the server, so that none is ever used twice.
    """

    def __init__(
        self, url: str, ids: Sequence[str], numbers: Counter[str], ledger: Ledger, books: Books, seed: str
    ) -> None:
        super().__init__(url, ledger, books, seed)
        self._ids, self._numbers = ids, numbers
        self.touched: set[str] = set()

    def step(self) -> None:
        kind = self.draw.random()
        held = [article_id for article_id in self._ids if self.ledger.certain(article_id) is not None]
        if kind < 0.18 and held:
            self._remove(self.draw.choice(held))
        elif kind < 0.45:
            self._put(self.draw.choice(self._ids))
        else:
            self._post(self.draw.sample(self._ids, self.draw.randrange(1, 7)))

    def _next(self, article_id: str) -> int:
        self._numbers[article_id] += 1
        self.touched.add(article_id)
        self.ledger.begin(article_id, self._numbers[article_id])
        return self._numbers[article_id]

    def _put(self, article_id: str) -> None:
        version = self._next(article_id)
        record = texts.record(article_id, version)
        del record["id"]
        status, body = self.connection.call("PUT", path_of(article_id), record)
        self.books.count(status, body)
        if status in (200, 201):
            self.ledger.acknowledge(article_id, version)
            self._read_own_write(article_id, version)

    def _post(self, ids: Sequence[str]) -> None:
        """A batch; one in three is sent a second time under the same key, and must be answered as the first."""
        versions = {article_id: self._next(article_id) for article_id in ids}
        batch = {"articles": [texts.record(*version) for version in versions.items()]}
        key = f"torture-{self.draw.getrandbits(64):x}"
        status, body = self.connection.call("POST", "/v1/articles", batch, Idempotency_Key=key)
        self.books.count(status, body)
        if status != 200:
            return
        for result in body["results"]:
            if result["status"] != "failed":
                self.ledger.acknowledge(result["id"], versions[result["id"]])
        if self.draw.random() < 1 / 3:
            again = self.connection.call("POST", "/v1/articles", batch, Idempotency_Key=key)
            if again != (status, body):
                self.books.wrong_answer(f"the same key again gave {again}")

    def _remove(self, article_id: str) -> None:
        self.touched.add(article_id)
        self.ledger.begin(article_id, None)
        status, body = self.connection.call("DELETE", path_of(article_id))
        self.books.count(status, body)
        if status == 204:
            self.ledger.acknowledge(article_id, None)

    def _read_own_write(self, article_id: str, version: int) -> None:
        """What was acknowledged is found by the very next question."""
        question = {"question": texts.marker(article_id, version), "top_k": 3, "mode": "lexical"}
        status, body = self.connection.call("POST", "/v1/search", question)
        self.books.count(status, body)
        titles = [passage["title"] for passage in body["passages"]] if status == 200 else []
        if status == 200 and texts.article(article_id, version).title not in titles:
            self.books.wrong_answer(f"{article_id} {version} acknowledged, then not found: {titles}")


class Asker(Client):
    """Asks; each quotation must stand in the version that it names, and no generation may come after a later one."""

    _generation = 0

    def step(self) -> None:
        question = {"question": self.draw.choice(PROBES), "top_k": 5}
        status, body = self.connection.call("POST", "/v1/query", question)
        self.books.count(status, body)
        if status == 200:
            self._check(body)

    def _check(self, body: Mapping[str, Any]) -> None:
        self.books.asked += 1
        generation = body["index"]["generation"]
        if generation < self._generation:
            self.books.wrong_answer(f"generation {generation} after {self._generation}")
        self._generation = generation
        for cited in (*body["citations"], *body["passages"]):
            if not self.stands(cited, cited.get("quote", cited.get("text"))):
                self.books.wrong_answer(f"no such text: {cited}")

    def stands(self, one: Mapping[str, Any], quoted: str) -> bool:
        """Whether that is what the article said there in the version that is named."""
        named = texts.version_in(one["title"])
        if named is None or named[0] != one["article_id"] or not self.ledger.wrote(*named):
            return False
        return texts.article(*named).text[one["start"] : one["end"]] == quoted
