"""What a person says of an article after it was read: kept beside its text, also when its file is read again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from index.articles import Article
from index.reading.readers import Item
from index.store.store import Store

EDITABLE = ("title", "source", "url", "published_at")
ENTERED = "entered"  # how a field is known that a person has filled in, or emptied


def edited(article: Article, values: Mapping[str, str | None]) -> Article:
    """``article`` with ``values`` of some fields of ``EDITABLE``, marked as entered; itself where it has them all already."""
    changed = {name: value for name, value in values.items() if getattr(article, name) != value}
    if not changed:
        return article
    marks = {f"{name}_basis": ENTERED for name in changed}
    return replace(article, **changed, meta={**article.meta, **marks})  # type: ignore[arg-type]


def keep_entered(store: Store, items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items; one that is stored already with what a person has entered of it, unless it was entered anew."""
    for item in items:
        stored = store.described(item.id) if isinstance(item, Article) else None
        yield item if stored is None or not isinstance(item, Article) else _kept(item, stored)


def _kept(article: Article, stored: Article) -> Article:
    kept = [name for name in EDITABLE if _is_entered(stored, name) and not _is_entered(article, name)]
    return edited(article, {name: getattr(stored, name) for name in kept})


def _is_entered(article: Article, name: str) -> bool:
    return article.meta.get(f"{name}_basis") == ENTERED
