"""Articles kept in a PostgreSQL: before a command, this node's copy is brought up to date; and the way there and back."""

import argparse
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait

from index.errors import GeungeoError, TruthAwayError, UsageError
from index.postgres.address import read_address
from index.text.messages import say
from index.truth.attachment import address_of, attach
from index.truth.moving import move_to_folder, move_to_shared
from index.truth.writing import catch_up_or_go_on, take_documents_or_go_on
from rag.progress import note
from rag.settings import Settings

_BY_ITSELF = ("serve", "migrate-truth", "work")  # catches up when it is time, or not at all
_EXTRA = "psycopg"
_TOLD_SECONDS = 10.0
_END_SECONDS = 10.0  # for what is being embedded to come to its end; another takes it up where it does not


def share_truth(arguments: argparse.Namespace, settings: Settings) -> None:
    """Make the data folder a cache of the PostgreSQL that the settings name, and take up what it holds now.

    Raises UsageError, TruthAwayError where the folder holds nothing yet.
    """
    require_psycopg()
    if arguments.command == "migrate-truth":
        return
    if given := settings.truth.get_secret_value():
        attach(settings.data, given)
    if arguments.command in _BY_ITSELF:
        return
    if arguments.command == "keys":
        away: GeungeoError | None = take_documents_or_go_on(settings.data)
    else:
        away = _caught_up(arguments, settings)
    if away is not None:
        note(say("going_on", arguments.lang, reason=away.message(arguments.lang)))


def _caught_up(arguments: argparse.Namespace, settings: Settings) -> GeungeoError | None:
    try:
        return catch_up_or_go_on(settings.data)
    except GeungeoError as error:
        if arguments.command != "doctor":  # which says what is wrong itself
            raise
        return error


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Move the articles, whichever way; or help those who index."""
    require_psycopg()
    if arguments.command == "work":
        return work(arguments, settings)
    if settings.truth.get_secret_value():
        raise UsageError(
            "migrate-truth에는 --truth 대신 --to나 --from으로 PostgreSQL을 정하세요.",
            "migrate-truth takes the PostgreSQL by --to or --from, not by --truth.",
        )
    address = read_address(arguments.to or arguments.origin)
    if arguments.to:
        articles, passages = move_to_shared(settings.data, address, arguments.wait)
        note(say("moved_to", arguments.lang, articles=articles, passages=passages, where=address.name))
    else:
        articles, passages = move_to_folder(address, settings.data, arguments.wait)
        note(say("moved_from", arguments.lang, articles=articles, passages=passages, where=settings.data))
    return 0


def work(arguments: argparse.Namespace, settings: Settings) -> int:
    """Embed for those who index into the PostgreSQL that the settings name, until interrupted."""
    from index.truth.shared_embedding import help_embedding
    from rag.loading import make_encoder

    address = address_of(settings.data)
    if address is None:
        raise UsageError(
            "함께 쓰는 PostgreSQL을 정하세요: geungeo work --truth postgresql://…",
            "name the PostgreSQL that is shared: geungeo work --truth postgresql://…",
        )
    encoder = make_encoder(settings)
    encoder.warm()
    note(say("working", arguments.lang, where=address.name))
    counts = _Counts(arguments.lang)
    _until_interrupted(lambda stop: help_embedding(settings.data, encoder, stop, counts.tell))
    return 0


def _until_interrupted(work: Callable[[threading.Event], None]) -> None:
    """Do ``work`` beside this thread, which alone is interrupted: a driver in the middle of a query would take it for an error."""
    stop, done = threading.Event(), Future[None]()

    def working() -> None:
        try:
            work(stop)
        except Exception as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    try:
        threading.Thread(target=working, daemon=True).start()
        while not done.done():
            wait([done], 1.0)  # Windows interrupts nobody who waits without end
    finally:
        stop.set()
        wait([done], _END_SECONDS)
    done.result()


class _Counts:
    """Says on stderr how many passages were embedded, every few seconds, and once that the truth is away."""

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._passages, self._told, self._away = 0, time.monotonic(), False

    def tell(self, news: int | TruthAwayError) -> None:
        if isinstance(news, TruthAwayError):
            if not self._away:
                note(say("work_waits", self._lang, reason=news.message(self._lang)))
            self._away = True
            return
        self._away, self._passages = False, self._passages + news
        if time.monotonic() - self._told >= _TOLD_SECONDS:
            note(say("worked", self._lang, passages=self._passages))
            self._told = time.monotonic()


def require_psycopg() -> None:
    """Raise UsageError where the extra is not installed."""
    from importlib.util import find_spec

    if find_spec(_EXTRA) is None:
        raise UsageError(
            "PostgreSQL을 쓰려면 먼저 설치하세요: pip install 'geungeo[postgres]'",
            "PostgreSQL needs the extra: pip install 'geungeo[postgres]'",
        )
