"""How long it takes to overwrite what a deletion leaves in a large database: ``python -m scripts.bench.endurance.scrubbing``.

The database has the tables of a real one, filled with noise of the sizes that rows have; each round deletes an article,
empties the write-ahead log and looks through every page (:mod:`index.store.scrubbing`).
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import apsw

from index.store.connection import DATABASE, truncate_log
from index.store.scrubbing import scrub
from index.store.store import Store

_ARTICLE = "INSERT INTO articles (id, title, lang, meta, spans, sha256, content_hash, crc) VALUES (?, ?, 'ko', '{}', '[]', ?, ?, 0)"
_PASSAGE = (
    'INSERT INTO passages (article, start, "end", vector, context, context_words, back, sentences, sentence_vectors, crc) '
    "VALUES (?, 0, 9, ?, '', ?, 0, ?, ?, 0)"
)


def fill(folder: Path, articles: int) -> None:
    Store(folder, writable=True).close()
    db = _opened(folder)
    db.execute("BEGIN")
    for number in range(articles):
        db.execute(_ARTICLE, (f"글-{number}", f"제목 {number}", os.urandom(32), os.urandom(32)))
        article = db.last_insert_rowid()
        db.execute("INSERT INTO texts VALUES (?, 0, ?, 0)", (article, os.urandom(260)))
        db.execute(_PASSAGE, (article, *(os.urandom(size) for size in (230, 40, 150, 96))))
    db.execute("COMMIT")
    db.close()
    truncate_log(folder)


def _opened(folder: Path) -> apsw.Connection:
    db = apsw.Connection(str(folder / DATABASE))
    for pragma in ("secure_delete = ON", "foreign_keys = ON"):
        list(db.execute(f"PRAGMA {pragma}"))
    return db


def measure(folder: Path, number: int) -> tuple[float, float]:
    """Return the seconds that pass and those of the processor, from a deletion to its end."""
    db = _opened(folder)
    db.execute("DELETE FROM articles WHERE id = ?", (f"글-{number}",))
    db.close()
    wall, processor = time.monotonic(), time.process_time()
    assert truncate_log(folder)
    assert scrub(folder)
    return time.monotonic() - wall, time.process_time() - processor


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=270_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        fill(folder, arguments.articles)
        size = (folder / DATABASE).stat().st_size >> 20
        for number in range(arguments.rounds):
            wall, processor = measure(folder, number * (arguments.articles // arguments.rounds))
            print(f"{size} MB: {wall:.2f} s, {processor:.2f} s of the processor")
    return 0


if __name__ == "__main__":
    sys.exit(main())
