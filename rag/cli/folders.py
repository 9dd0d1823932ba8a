"""``geungeo index`` over files and folders: read, say what is gone, follow."""

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from index.errors import LockedError, ReadError, UsageError
from index.text.messages import say
from rag.cli.commands import report_ingest
from rag.loading import make_ingestor
from rag.progress import note, progress_bar
from rag.settings import Settings

if TYPE_CHECKING:
    from index.folders import Gone
    from index.ingest import Ingestor
    from index.reading.readers import Item, Known

_WATCH_SECONDS = 2.0
_SHOWN = 20


def index_paths(arguments: argparse.Namespace, settings: Settings, ingestor: "Ingestor | None" = None) -> int:
    """Read the paths once, and say which articles of their folders have no file any more."""
    from index.editing import keep_entered
    from index.engine import is_new
    from index.folders import Gone, find_gone, known_files
    from index.reading.readers import count_articles

    ingestor = ingestor or make_ingestor(settings)
    originals = settings.data if settings.originals else None
    total = None if arguments.rebuild else count_articles(arguments.paths)
    with progress_bar(total, arguments.lang) as progress:
        report = ingestor.ingest(
            lambda store: keep_entered(store, _read(arguments, known_files(store, arguments.collection, originals))),
            progress=progress,
            wait=arguments.wait,
            rebuild=arguments.rebuild,
        )
    gone = Gone() if is_new(settings.data) else find_gone(settings.data, arguments.paths, report)
    if not (report.done or arguments.rebuild or gone.renamed or gone.removed):
        return _nothing_read(arguments)
    code = report_ingest(report, arguments.lang)
    _clear(arguments, settings, gone)
    return code


def _nothing_read(arguments: argparse.Namespace) -> int:
    """Say that there is nothing to read: to who follows a folder in passing. Raises ReadError for who does not."""
    from index.reading.kinds import SHOWN_KINDS
    from index.reading.readers import shown

    paths = _listed([shown(path) for path in arguments.paths])
    korean, english = (say("nothing_to_read", lang, paths=paths, kinds=SHOWN_KINDS) for lang in ("ko", "en"))
    error = ReadError(korean, english)
    if not arguments.watch:
        raise error
    note(error.message(arguments.lang))
    return 0


def _read(arguments: argparse.Namespace, known: "Known") -> "Iterable[Item]":
    from index.editing import put_into
    from index.reading.readers import read_changed

    return put_into(arguments.collection, read_changed(arguments.paths, arguments.encoding, known))


def watch(arguments: argparse.Namespace, settings: Settings) -> int:
    """Read the paths whenever something in them has changed, until interrupted: 0, unless an ingest was cut short."""
    ingestor = make_ingestor(settings)
    seen: dict[str, tuple[int, int]] | None = None
    locked = False
    while True:
        try:
            if locked:
                time.sleep(_WATCH_SECONDS)
            now = _next_change(seen, arguments)
        except KeyboardInterrupt:
            note(say("watch_stopped", arguments.lang))
            return 0
        try:
            index_paths(arguments, settings, ingestor)
        except LockedError as error:  # somebody else is writing: once more in a while
            note(error.message(arguments.lang))
            locked = True
            continue
        arguments.rebuild, seen, locked = False, now, False
        note(say("watch_started", arguments.lang))


def _next_change(seen: dict[str, tuple[int, int]] | None, arguments: argparse.Namespace) -> dict[str, tuple[int, int]]:
    """Wait until the paths are another way than ``seen``, and settled."""
    from index.folders import changes
    from index.reading.readers import files_of

    if seen is not None:
        time.sleep(_WATCH_SECONDS)
    while (now := changes(arguments.paths, files_of)) == seen or now != _a_moment_later(now, arguments):
        time.sleep(_WATCH_SECONDS)
    return now


def _a_moment_later(now: dict[str, tuple[int, int]], arguments: argparse.Namespace) -> dict[str, tuple[int, int]]:
    """Look once more: a file that is still being written has changed by then."""
    from index.folders import changes
    from index.reading.readers import files_of

    if now:
        time.sleep(_WATCH_SECONDS / 4)
    return changes(arguments.paths, files_of)


def _clear(arguments: argparse.Namespace, settings: Settings, gone: "Gone") -> None:
    from index.ingest import remove_articles

    lang = arguments.lang
    if gone.renamed:
        remove_articles(settings.data, gone.renamed, wait=arguments.wait)
        note(say("renamed", lang, count=len(gone.renamed), ids=_listed(gone.renamed)))
    if not gone.removed:
        return
    note(say("gone", lang, count=len(gone.removed), ids=_listed(gone.removed)))
    if not arguments.prune:
        note(say("how_to_prune", lang))
    elif arguments.yes or _agreed(lang):
        removed = remove_articles(settings.data, gone.removed, wait=arguments.wait)
        note(say("removed", lang, count=removed))


def _agreed(lang: str) -> bool:
    """Ask whether the articles are to be removed. Raises UsageError where nobody sits at the terminal."""
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError(say("prune_unasked", "ko"), say("prune_unasked", "en"))
    note(say("prune_question", lang))
    return sys.stdin.readline().strip().lower() in ("y", "yes", "예", "네", "ㅛ")


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
