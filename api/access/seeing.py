"""Whether an article is there for who asks."""

from api.access.access import Caller
from index.engine import Engine
from index.store.store import not_found


def require_seen(engine: Engine, article_id: str, caller: Caller) -> None:
    """Raise NotFoundError for an article of a collection that the caller does not see, as soon as for an id that none has.

    A long text that is read before it is refused would tell by its time that it is there.
    """
    if caller.collections is not None:
        label = engine.labels([article_id]).get(article_id)
        if label is None or not caller.sees(label.collection):
            raise not_found(article_id)
