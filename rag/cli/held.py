"""What a filter names has to be there: a question asked of nothing would look like one to an empty index."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from index.errors import NotFoundError
from index.store.store import Store
from index.text.messages import say
from rag.answers import Filters

_SHOWN = 5
_LONGEST = 60  # characters of a name that is shown
_MOST_COMPARED = 5_000  # names looked through for one that looks like what was typed


def require_held(folder: Path, filters: Filters) -> None:
    """Raise NotFoundError where no article has the collection, the source or one of the ids, naming those there are."""
    ids = filters.article_ids or ()
    if not ids and filters.collection is None and filters.source is None:
        return
    store = Store(folder)
    try:
        articles = list(store.list_articles())
    finally:
        store.close()
    _require("collection", [filters.collection], {article.collection for article in articles})
    _require("source", [filters.source], {article.source for article in articles})
    _require("article", ids, {article.id for article in articles})


def _require(what: str, named: Sequence[str | None], held: set[str | None]) -> None:
    names = sorted(name for name in held if name)
    for name in named:
        if name is not None and name not in held:
            raise NotFoundError(_unknown(what, name, names, "ko"), _unknown(what, name, names, "en"))


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
