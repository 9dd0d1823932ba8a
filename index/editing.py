"""What a person says of an article after it was read: kept beside its text, also when its file is read again."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from index.articles import Article
from index.errors import CollectionError
from index.reading.documents import Failure
from index.reading.readers import Item
from index.store.truth import Truth

T = TypeVar("T")
KNOWN = ("title", "source", "url", "published_at")  # with how each is known
ENTERED = "entered"  # how a field is known that a person has filled in, or emptied


def edited(article: Article, values: Mapping[str, str | None]) -> Article:
    """Return ``article`` with other ``values`` of ``KNOWN`` fields or the collection, as entered; itself if nothing changes."""
    changed = {name: value for name, value in values.items() if getattr(article, name) != value}
    return _with(article, changed) if changed else article


def put_into(collection: str | None, items: Iterable[T], *, unless_said: bool = False) -> Iterator[T]:
    """Yield the items, articles in ``collection`` where one is named; ``unless_said``: only those that are in none."""
    for item in items:
        if collection and isinstance(item, Article) and not (unless_said and item.collection):
            item = replace(item, collection=collection)
        yield item


def keep_others(store: Truth, items: Iterable[Item], collections: Collection[str] | None) -> Iterator[Item]:
    """Yield the items; for whoever may write to ``collections`` alone, a failure for each that is, or would be, elsewhere."""
    for item in items:
        yield item if collections is None or not isinstance(item, Article) else _placed(store, item, collections)


def _placed(store: Truth, article: Article, collections: Collection[str]) -> Item:
    stored = store.described(article.id)
    if article.collection in collections and (stored is None or stored.collection in collections):
        return article
    return Failure(article.id, not_yours())


def not_yours() -> CollectionError:
    """Return the error of a write outside of one's collections."""
    return CollectionError(
        "이 키로 쓸 수 있는 모음이 아니거나, 같은 id의 글이 다른 모음에 있습니다. 모음이나 id를 바꾸세요.",
        "this key may not write to that collection, or an article of another one has this id. Change either.",
    )


def keep_entered(store: Truth, items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items; one that is stored already with what a person has entered of it, unless it was entered anew."""
    for item in items:
        stored = store.described(item.id) if isinstance(item, Article) else None
        yield item if stored is None or not isinstance(item, Article) else _kept(item, stored)


def _kept(article: Article, stored: Article) -> Article:
    kept = [name for name in KNOWN if _is_entered(stored, name) and not _is_entered(article, name)]
    values = {name: getattr(stored, name) for name in kept}
    return _with(article, values | {"collection": article.collection or stored.collection})


def _with(article: Article, values: Mapping[str, str | None]) -> Article:
    marks = {f"{name}_basis": ENTERED for name in values if name in KNOWN}
    return replace(article, **values, meta={**article.meta, **marks})  # type: ignore[arg-type]


def _is_entered(article: Article, name: str) -> bool:
    return article.meta.get(f"{name}_basis") == ENTERED
