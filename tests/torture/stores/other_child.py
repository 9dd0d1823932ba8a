"""A store in a process of its own, told what to do by JSON lines; run by a Python that has that store alone.

python other_child.py chromadb|lancedb|geungeo FOLDER
"""

import json
import sys
from pathlib import Path
from typing import Any, Protocol

DIM = 64


class StoreUnderTest(Protocol):
    version: str
    settings: str

    def put(self, ids: list[str], texts: list[str], vectors: list[list[float]]) -> None: ...
    def delete(self, ids: list[str]) -> None: ...
    def everything(self) -> list[tuple[str, str]]: ...
    def nearest(self, vector: list[float], count: int) -> list[str]: ...


class Chroma:
    """Its write-ahead log in SQLite is how it keeps what it acknowledged; there is no stronger setting."""

    settings = "PersistentClient, defaults (write-ahead log in SQLite, HNSW synced every 1,000), telemetry off"

    def __init__(self, folder: str) -> None:
        import chromadb  # type: ignore[import-not-found]

        self.version = f"chromadb {chromadb.__version__}"
        client = chromadb.PersistentClient(folder, chromadb.Settings(anonymized_telemetry=False))
        self._collection = client.get_or_create_collection("articles", configuration={"hnsw": {"space": "cosine"}})

    def put(self, ids: list[str], texts: list[str], vectors: list[list[float]]) -> None:
        self._collection.upsert(ids=ids, documents=texts, embeddings=vectors)

    def delete(self, ids: list[str]) -> None:
        self._collection.delete(ids=ids)

    def everything(self) -> list[tuple[str, str]]:
        found = self._collection.get(include=["documents"])
        return list(zip(found["ids"], found["documents"], strict=True))

    def nearest(self, vector: list[float], count: int) -> list[str]:
        held = self._collection.count()
        found = self._collection.query(query_embeddings=[vector], n_results=max(1, min(count, held)), include=[])
        return list(found["ids"][0])


class Lance:
    """Every write is an atomic commit of a table version; there is no stronger setting."""

    settings = "local table, merge_insert and delete, each an atomic commit; optimize() at every tenth start"

    def __init__(self, folder: str) -> None:
        import lancedb  # type: ignore[import-not-found]
        import pyarrow as pa  # type: ignore[import-not-found]

        self.version = f"lancedb {lancedb.__version__}"
        database = lancedb.connect(folder)
        schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("vector", pa.list_(pa.float32(), DIM))])
        self._table = database.create_table("articles", schema=schema, exist_ok=True)
        if self._table.version % 10 == 0:
            self._table.optimize()

    def put(self, ids: list[str], texts: list[str], vectors: list[list[float]]) -> None:
        rows = [
            {"id": article_id, "text": text, "vector": vector}
            for article_id, text, vector in zip(ids, texts, vectors, strict=True)
        ]
        self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def delete(self, ids: list[str]) -> None:
        self._table.delete(f"id IN ({', '.join(repr(article_id) for article_id in ids)})")

    def everything(self) -> list[tuple[str, str]]:
        found = self._table.to_arrow().select(["id", "text"]).to_pydict()
        return list(zip(found["id"], found["text"], strict=True))

    def nearest(self, vector: list[float], count: int) -> list[str]:
        return [row["id"] for row in self._table.search(vector).distance_type("cosine").limit(count).to_list()]


class Geungeo:
    """Ours in the same harness; it makes the vectors itself, of the same texts in the same way."""

    settings = "as it always is: WAL, synchronous=FULL"

    def __init__(self, folder: str) -> None:
        sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
        from tests.support.fakes import HashEncoder, RegexSplitter, open_index

        self.version = "geungeo"
        self._folder, self._encoder, self._splitter = Path(folder), HashEncoder(), RegexSplitter()
        if (self._folder / "generations").exists():
            open_index(self._folder, self._splitter).close()  # recovers

    def put(self, ids: list[str], texts: list[str], vectors: list[list[float]]) -> None:
        from index.articles import Article
        from index.ingest import Ingestor

        articles = [
            Article(article_id, text.partition("\n")[0], text.partition("\n")[2])
            for article_id, text in zip(ids, texts, strict=True)
        ]
        Ingestor(self._folder, self._encoder, self._splitter).ingest(articles, wait=5.0)

    def delete(self, ids: list[str]) -> None:
        from index.ingest import remove_articles

        remove_articles(self._folder, ids, wait=5.0)

    def everything(self) -> list[tuple[str, str]]:
        from index.store.store import Store

        if not (self._folder / "geungeo.db").exists():
            return []
        store = Store(self._folder)
        found = [store.article(row[0]) for row in list(store.list_articles())]
        store.close()
        return [(article.id, f"{article.title}\n{article.text}") for article in found]

    def nearest(self, vector: list[float], count: int) -> list[str]:
        import numpy as np

        from tests.support.fakes import open_index

        engine = open_index(self._folder, self._splitter)
        found = engine.search_dense(np.array([vector], dtype=np.float32), count)
        passages = engine.passages([seq for seq, _ in found])
        engine.close()
        return [passages[seq].article_id for seq, _ in found]


STORES: dict[str, Any] = {"chromadb": Chroma, "lancedb": Lance, "geungeo": Geungeo}


def main() -> None:
    store: StoreUnderTest = STORES[sys.argv[1]](sys.argv[2])
    print(json.dumps({"version": store.version, "settings": store.settings}), flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        name = task.pop("do")
        print(json.dumps(getattr(store, name)(**task)), flush=True)


if __name__ == "__main__":
    main()
