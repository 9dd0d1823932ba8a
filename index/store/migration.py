"""Bring a database of an earlier format up to date: named steps in order, each from one format to the next.

All steps run inside one transaction, so that whatever interrupts them leaves the database as it was.
"""

from collections.abc import Callable
from typing import NamedTuple

import apsw

from index.store.schema import BESIDE, COLLECTION, FORMAT, GOLD, put_meta
from index.system.failpoints import reach


class Step(NamedTuple):
    """One change of the format: what it brings, between which formats, and the function that makes it."""

    name: str
    source: int
    target: int
    apply: Callable[[apsw.Connection], None]


def _add_beside(db: apsw.Connection) -> None:
    db.execute(BESIDE)


def _add_collection(db: apsw.Connection) -> None:
    db.execute(COLLECTION)


def _add_gold(db: apsw.Connection) -> None:
    db.execute(GOLD)


STEPS = (
    Step("tables for the structure, the layout and the file of each article", 4, 5, _add_beside),
    Step("the collection of each article", 5, 6, _add_collection),
    Step("a table for what people say of answers", 6, 7, _add_gold),
)
EARLIER = frozenset(str(step.source) for step in STEPS)
OLDEST = min((FORMAT, *(step.source for step in STEPS)))


def migrate(db: apsw.Connection, found: str) -> None:
    """Apply every step from format ``found``, one of ``EARLIER``, on. The caller holds the transaction."""
    reach("migrate.begin")
    for step in STEPS:
        if step.source >= int(found):
            step.apply(db)
            put_meta(db, "format", str(step.target))
            reach("migrate.tables")
    reach("migrate.commit")
