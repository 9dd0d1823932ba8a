"""``geungeo open``: a place as answers name it, with what stands around it. Reads the store alone, so it is instant."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.articles import Article
from index.errors import NotFoundError, UsageError, storage_error
from index.structure.layouts import stored_layout
from index.structure.outline import read_outline
from index.system.files import file_mode, written_whole
from index.text.characters import normalize, safe, visible
from index.text.messages import say
from rag.answers import Citation, locator_in_file
from rag.wording import place_of

if TYPE_CHECKING:
    from rich.console import Console

    from index.store.store import Store

_PLACE = re.compile(r"(.+):(\d+)-(\d+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Opened:
    """A citation of the place, the article's text right before and after it, and the name of its file where that is kept."""

    citation: Citation
    before: str
    after: str
    more_before: bool
    more_after: bool
    sha256: str
    original: str | None = None


def open_place(folder: Path, name: str, around: int) -> Opened:
    """Open ``ID:START-END``, or where an article begins. Raises NotFoundError, UsageError, CorruptIndexError."""
    from index.store.originals import original_name
    from index.store.store import Store

    store = Store(folder)
    try:
        article, start, end = _find(store, normalize(name))
        opened = _opened(store, article, start, end, around)
    finally:
        store.close()
    return replace(opened, original=original_name(folder, article.id, article.sha256))


def save_original(folder: Path, opened: Opened, target: Path) -> None:
    """Write the file that the article was read from. Raises NotFoundError, StorageError."""
    from index.store.originals import open_original

    kept = open_original(folder, opened.citation.article_id, opened.sha256)
    if kept is None:
        name = opened.citation.article_id
        raise NotFoundError(say("no_original", "ko", id=name), say("no_original", "en", id=name))
    try:
        with kept.file, written_whole(target, mode=file_mode()) as file:
            for piece in kept.pieces():
                file.write(piece)
    except OSError as error:
        raise storage_error(
            f"파일을 쓸 수 없습니다: {target} ({error.strerror}). 디스크 공간과 권한을 확인하세요.",
            f"cannot write {target} ({error.strerror}). Check disk space and permissions.",
            error,
        ) from error


def _find(store: "Store", name: str) -> tuple[Article, int, int]:
    """Return the article, and from where to where. An id may look like a place itself."""
    place = None if store.content_hash(name) else _PLACE.fullmatch(name)
    if place is None:
        return store.article(name), 0, 0
    article, start, end = store.article(place[1]), int(place[2]), int(place[3])
    if not start < end <= len(article.text):
        length = len(article.text)
        raise UsageError(
            f"{place[1]}에는 {start}–{end}인 자리가 없습니다. 글은 0–{length}입니다.",
            f"{place[1]} has no place {start}-{end}: its text is 0-{length}.",
        )
    return article, start, end


def _opened(store: "Store", article: Article, start: int, end: int, around: int) -> Opened:
    first, last = max(0, start - around), min(len(article.text), end + around)
    outline = read_outline(article.text, article.title)
    layout = stored_layout(store.layout(article.id))
    lines = [outline.lines[line] for line in outline.ancestors(outline.place_of(start, end))] if end else []
    citation = Citation(
        article.id,
        article.title,
        article.source,
        article.url,
        article.published_at,
        start,
        end,
        article.text[start:end],
        score=1.0,
        context=tuple(article.text[line.start : line.end] for line in lines),
        locator=locator_in_file(layout.place_at(start) if layout else None),
    )
    before, after = article.text[first:start], article.text[end:last]
    return Opened(citation, before, after, first > 0, last < len(article.text), article.sha256)


def show_place(console: "Console", opened: Opened, lang: str) -> None:
    """Print title, source and date, where it stands, then the text with the place between two marks."""
    from rich.text import Text

    citation = opened.citation
    source, date = citation.source or say("no_source", lang), citation.published_at or say("no_date", lang)
    title = safe(citation.title or citation.article_id)
    console.print(Text.assemble((title, "bold"), (f" · {safe(source)} · {date}", "dim")))
    original = say("original_kept", lang, name=safe(opened.original)) if opened.original else ""
    for line in (place_of(citation, lang), safe(citation.url or ""), original):
        if line:
            console.print(Text(line, style="dim"))
    console.print()
    before, after = (visible(text) for text in (("…" if opened.more_before else "") + opened.before, opened.after))
    quote = (f"▶{visible(citation.quote)}◀", "bold underline") if citation.quote else ""
    console.print(Text.assemble((before, "dim"), quote, (after + ("…" if opened.more_after else ""), "dim")))
