"""What a filter names has to be there: a question asked of nothing would look like one to an empty index."""

from collections.abc import Sequence
from difflib import get_close_matches
from operator import attrgetter
from pathlib import Path

from index.errors import NotFoundError
from index.search.filters import Field, In, to_sql
from index.store.store import Store
from index.text.messages import say
from rag.answers import Filters

_SHOWN = 5
_LONGEST = 60  # characters of a name that is shown
_MOST_COMPARED = 5_000  # names looked through for one that looks like what was typed


def require_held(folder: Path, filters: Filters) -> None:
    """Raise NotFoundError where no article has the collection, the source or one of the ids, naming those there are.

    All articles are listed only then: a filter of something costs what looking for it does.
    """
    named = _named(filters)
    if not named:
        return
    store = Store(folder)
    try:
        for field, name in named:
            if not store.has_article(*to_sql(In(field, (name,)))):
                raise _not_held(field, name, sorted(_held(store, field)))
    finally:
        store.close()


def _named(filters: Filters) -> list[tuple[Field, str]]:
    named: list[tuple[Field, str | None]] = [("collection", filters.collection), ("source", filters.source)]
    named += [("article_id", name) for name in filters.article_ids or ()]
    return [(field, name) for field, name in named if name is not None]


def _held(store: Store, field: Field) -> set[str]:
    of = attrgetter("id" if field == "article_id" else field)
    return {name for article in store.list_articles() if (name := of(article))}


def _not_held(field: Field, name: str, names: Sequence[str]) -> NotFoundError:
    what = "article" if field == "article_id" else field
    return NotFoundError(_unknown(what, name, names, "ko"), _unknown(what, name, names, "en"))


def _unknown(what: str, name: str, names: Sequence[str], lang: str) -> str:
    if not names:
        return say(f"none_of_{what}", lang, name=_cut(name))
    like = get_close_matches(name, names[:_MOST_COMPARED], 1, 0.5)
    near = say("did_you_mean", lang, name=_cut(like[0])) if like else ""
    shown = ", ".join(_cut(held) for held in names[:_SHOWN])
    held = shown if len(names) <= _SHOWN else say("and_more", lang, names=shown, count=len(names))
    return say(f"unknown_{what}", lang, name=_cut(name), near=near, held=held)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
