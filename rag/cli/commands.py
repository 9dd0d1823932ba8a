"""What each command does: open, call, print."""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import NotFoundError, ReadError, UnsupportedError, UsageError
from index.text.characters import id_as_stored, normalize
from index.text.messages import say
from rag.answers import Filters, Mode, Query
from rag.progress import note, waiting
from rag.settings import Settings

if TYPE_CHECKING:
    from index.ingest import IngestReport
    from rag.answerer import Answerer
    from rag.writing.writing import Prose

PARTIAL = 8
_ERASE_SECONDS = 5.0  # for servers to move on: they look every second
_MOST_NAMES = 5
_FAILURES_SHOWN = 100  # the rest is counted
_MOST_STDIN = 65_536  # bytes; the longest question is far shorter


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Return the exit code of the command named in ``arguments``."""
    command = {
        "index": index,
        "ask": ask,
        "search": search,
        "open": open_,
        "remove": remove,
        "list": list_articles,
        "status": status,
        "doctor": doctor,
        "export": export,
        "import": import_,
    }[arguments.command]
    return command(arguments, settings)


def index(arguments: argparse.Namespace, settings: Settings) -> int:
    """Ingest the paths; 8 where something could not be read."""
    from rag.cli.folders import index_paths, watch

    if not arguments.paths and not arguments.rebuild:
        raise UsageError(say("nothing_to_index", "ko"), say("nothing_to_index", "en"))
    _require_paths(arguments.paths)
    return watch(arguments, settings) if arguments.watch else index_paths(arguments, settings)


def _require_paths(paths: Sequence[Path]) -> None:
    """Raise ReadError where none of the paths is there: then there is nothing to do, and nothing is loaded for it."""
    from index.reading.readers import shown

    if paths and not any(_exists(path) for path in paths):
        names = ", ".join(shown(path) for path in paths)
        raise ReadError(say("no_path", "ko", paths=names), say("no_path", "en", paths=names))


def _require_target(path: Path) -> None:
    """Raise UsageError where no file can be written under that name: it is a folder's, or in one that is not there."""
    if _exists(path) and path.is_dir():
        raise UsageError(say("is_folder", "ko", path=path), say("is_folder", "en", path=path))
    if not _exists(path.parent):
        raise UsageError(*(say("no_folder_for", lang, folder=path.parent) for lang in ("ko", "en")))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long, a folder nobody may enter
        return False


def report_ingest(report: "IngestReport", lang: str) -> int:
    """Say on stderr what became of the articles, and return the exit code: 8 where some failed, else 0."""
    for line in (*_notices(report, lang), *_failures(report, lang)):
        note(line)
    manifest = report.manifest
    note(
        say(
            "done",
            lang,
            added=report.added.total,
            replaced=report.replaced.total,
            unchanged=report.unchanged.total,
            failed=report.failures.total,
            articles=manifest.articles if manifest else 0,
            passages=manifest.passages if manifest else 0,
        )
    )
    return PARTIAL if report.failures else 0


def _notices(report: "IngestReport", lang: str) -> Iterable[str]:
    """Yield what readers left out, those that are alike on one line."""
    ids: dict[str, list[str]] = {}
    for article_id, notice in report.notices:
        ids.setdefault(notice, []).append(article_id)
    for notice, names in ids.items():
        yield f"{say('notice', lang)}: {_some(names, lang)}: {'; '.join(notice.splitlines())}"


def _failures(report: "IngestReport", lang: str) -> Iterable[str]:
    """Yield a line for each failure with its reason, and one line for all files of a kind that is not read."""
    kinds: dict[str, list[str]] = {}
    told = 0
    for failure in report.failures:
        if isinstance(failure.error, UnsupportedError):
            kinds.setdefault(failure.error.message(lang), []).append(failure.where)
        elif told < _FAILURES_SHOWN:
            told += 1
            yield f"{say('failed', lang)}: {failure.where}: {failure.error.message(lang)}"
    for reason, files in sorted(kinds.items(), key=lambda kind: -len(kind[1])):
        yield f"{say('failed', lang)}: {_some(files, lang)}: {reason}"
    if more := report.failures.total - told - sum(map(len, kinds.values())):
        yield say("more_failed", lang, count=more)


def _some(names: Sequence[str], lang: str) -> str:
    """Return the first few names, and how many there are in all."""
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else say("and_more", lang, names=shown, count=len(names))


def ask(arguments: argparse.Namespace, settings: Settings) -> int:
    """Answer one question, or one after another in a terminal."""
    if arguments.question is None:
        return _converse(arguments, settings)
    prose, query = _prose(arguments, settings), _query(arguments)
    _answer(_answerer(arguments, settings), query, arguments, prose)
    return 0


def _prose(arguments: argparse.Namespace, settings: Settings) -> "Prose | None":
    """Return what writes answers, where it is wanted. Raises UsageError."""
    if arguments.writer is None and arguments.writer_model is None:
        return None
    from rag.writing.writing import make_prose

    return make_prose(
        arguments.writer, arguments.writer_model, settings.writer_key.get_secret_value(), settings.writer_wait
    )


def _converse(arguments: argparse.Namespace, settings: Settings) -> int:
    """Answer each line that is typed, in the light of those before. Raises UsageError where nobody types, or for ``--after``."""
    from rag.cli.conversation import converse, require_terminal
    from rag.question.question import check_question

    require_terminal()
    for earlier in arguments.after:
        check_question(earlier)
    prose = _prose(arguments, settings)
    answerer = _answerer(arguments, settings)

    def answer(question: str, context: tuple[str, ...]) -> None:
        arguments.question = question
        _answer(answerer, replace(_query(arguments), context=context), arguments, prose)

    converse(answer, arguments.after, arguments.lang)
    return 0


def _answer(answerer: "Answerer", query: Query, arguments: argparse.Namespace, prose: "Prose | None") -> None:
    """Print the sentences of the articles first, at their usual speed; then what is written of them, as it comes."""
    with waiting(arguments.lang):
        answer = answerer.ask(query)
    if arguments.json:
        from rag.schemas import AnswerResponse

        written = prose.write_soon(answer) if prose else []
        print(AnswerResponse.from_answer(answer, written).model_dump_json())
    else:
        from rag.cli.rendering import show_answer, show_written

        console = _console()
        show_answer(console, answer, arguments.lang)
        if prose:
            show_written(console, prose.write(answer), arguments.writer_model, arguments.lang)


def search(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the nearest passages, best first."""
    query = replace(_query(arguments), diversity=arguments.diversity)
    answerer = _answerer(arguments, settings)
    with waiting(arguments.lang):
        result = answerer.search(query)
    if arguments.json:
        from rag.schemas import SearchResponse

        print(SearchResponse.from_result(result).model_dump_json())
    else:
        from rag.cli.rendering import show_result

        show_result(_console(), result, arguments.lang)
    return 0


def open_(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show one place of an article."""
    from rag.cli.places import open_place, save_original, show_place

    require_index(settings)
    opened = open_place(settings.data, arguments.place, arguments.around)
    if arguments.original:
        _require_target(arguments.original)
        save_original(settings.data, opened, arguments.original)
        note(say("original_saved", arguments.lang, file=arguments.original))
        return 0
    if not arguments.json:
        show_place(_console(), opened, arguments.lang)
        return 0
    from rag.schemas import CitationBody

    record = CitationBody.from_citation(opened.citation).model_dump(exclude={"score", "highlights"})
    around = {"before": opened.before, "after": opened.after, "original": opened.original}
    print(json.dumps({**record, **around}, ensure_ascii=False))
    return 0


def remove(arguments: argparse.Namespace, settings: Settings) -> int:
    """Delete articles; 2 when one of them does not exist (the others are deleted)."""
    from index.ingest import remove_articles
    from index.store.erasing import erase
    from index.store.store import Store

    require_index(settings)
    store = Store(settings.data)
    ids = [id_as_stored(article_id) for article_id in arguments.ids]
    missing = [article_id for article_id in ids if store.content_hash(article_id) is None]
    store.close()
    present = [article_id for article_id in ids if article_id not in missing]
    removed = remove_articles(settings.data, present, wait=arguments.wait) if present else 0
    if present:
        note(say("removed", arguments.lang, count=removed))
    if removed and not erase(settings.data, _ERASE_SECONDS):
        note(say("still_read", arguments.lang))
    if missing:
        names = ", ".join(name or "''" for name in missing)
        raise NotFoundError(say("missing", "ko", ids=names), say("missing", "en", ids=names))
    return 0


def list_articles(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print one line for each article, or one JSON object a line."""
    from index.store.store import Store
    from index.text.characters import safe
    from rag.cli.held import require_held

    require_index(settings)
    require_held(settings.data, Filters(collection=arguments.collection))
    store = Store(settings.data)
    if not store.counts()[0]:
        note(say("no_articles", arguments.lang))
    for article in store.list_articles():
        if arguments.collection not in (None, article.collection):
            continue
        if arguments.json:
            record = {"id": article.id, "title": article.title, "source": article.source, "published_at": article.published_at,
                      "passages": article.passages, "collection": article.collection}  # fmt: skip
            print(json.dumps(record, ensure_ascii=False))
        else:
            source = safe(article.source or "-")
            print(
                "\t".join(
                    (safe(article.id), article.published_at or "-", source, str(article.passages), safe(article.title))
                )
            )
    store.close()
    return 0


def status(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print what the index holds and what made it."""
    from index.search.generation import current_number
    from index.store.store import Store

    require_index(settings)
    store = Store(settings.data)
    articles, passages = store.counts()
    record = {
        "folder": str(settings.data),
        "generation": current_number(settings.data),
        "articles": articles,
        "passages": passages,
        "encoder": store.meta("encoder"),
        "analysis": store.meta("analysis"),
        "disk": _bytes(settings.data),
    }
    store.close()
    if arguments.json:
        print(json.dumps(record, ensure_ascii=False))
    else:
        for key, value in record.items():
            shown = f"{value / 1e6:.1f} MB" if key == "disk" and isinstance(value, int) else value
            print(f"{say(key, arguments.lang)}: {shown}")
    return 0


def doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check everything, a line each, and return the gravest exit code of what is wrong, 0 where nothing is."""
    from index.doctor import check_up, repair
    from rag.loading import fingerprints

    require_index(settings)
    encoder, analysis = fingerprints(settings)
    if arguments.repair:
        repair(settings.data)
        note(say("repaired", arguments.lang))
    codes = []
    for finding in check_up(settings.data, encoder=encoder, analysis=analysis):
        label = say(f"check_{finding.name}", arguments.lang)
        if not finding.complaints:
            print(f"{label}: {say('ok', arguments.lang)}{finding.detail and f' ({finding.detail})'}")
        for complaint in finding.complaints:
            print(f"{label}: {complaint.message(arguments.lang)}")
            codes.append(complaint.exit_code)
    return min(filter(None, codes), default=0)  # 4, a damage, before 5, another encoder, before 6


def export(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write a backup; a server may go on meanwhile."""
    from index.backup.export import export_backup
    from index.store.originals import FOLDER, count_originals

    require_index(settings)
    _require_target(arguments.file)
    manifest = export_backup(settings.data, arguments.file)
    note(say("exported", arguments.lang, articles=manifest.articles, passages=manifest.passages, file=arguments.file))
    if count := count_originals(settings.data):
        note(say("originals_left", arguments.lang, count=count, folder=settings.data / FOLDER))
    return 0


def import_(arguments: argparse.Namespace, settings: Settings) -> int:
    """Take in a backup; articles that are there already are kept or, where they differ, replaced."""
    from index.backup.restore import import_backup
    from index.engine import is_new
    from rag.loading import fingerprints

    encoder, analysis = fingerprints(settings)
    held_articles = not is_new(settings.data)
    report = import_backup(settings.data, arguments.file, encoder=encoder, analysis=analysis, wait=arguments.wait)
    if held_articles:
        note(say("merged", arguments.lang, folder=settings.data))
    return report_ingest(report, arguments.lang)


def _answerer(arguments: argparse.Namespace, settings: Settings) -> "Answerer":
    """Return the pipeline, its index made from the seeds when there is none.

    Raises NotFoundError for filters of nothing: before anything is loaded, where there is an index.
    """
    from index.engine import is_new
    from rag.cli.held import require_held
    from rag.cli.kiwi_process import load_tools_with_kiwi_process
    from rag.loading import build_seeds, open_pipeline

    begins = is_new(settings.data)
    if not begins:
        require_held(settings.data, _filters(arguments))
    with waiting(arguments.lang):
        tools = load_tools_with_kiwi_process(settings, arguments.kiwi)
    if begins:
        build_seeds(settings, tools, arguments.lang)
        require_held(settings.data, _filters(arguments))
    return open_pipeline(settings, tools)


def _query(arguments: argparse.Namespace) -> Query:
    """Return what is asked. Raises UsageError for a question that nobody can answer."""
    from rag.question.question import check_question

    question = check_question(_stdin() if arguments.question == "-" else arguments.question)
    before = tuple(check_question(earlier) for earlier in arguments.after)
    filters, mode = _filters(arguments), Mode(arguments.mode)
    return Query(question, arguments.k, filters, mode, as_of=arguments.as_of, context=before)


def _stdin() -> str:
    """Return standard input, read as files are: UTF-8, or CP949 where that reads as Korean. Raises UsageError."""
    from index.reading.plain_text.decoding import decode

    try:
        return decode(sys.stdin.buffer.read(_MOST_STDIN) if sys.stdin else b"")
    except ReadError:
        raise UsageError(say("bad_stdin", "ko"), say("bad_stdin", "en")) from None


def _filters(arguments: argparse.Namespace) -> Filters:
    """Return what narrows the search. Raises UsageError for days in which nothing can be."""
    first, last = arguments.date_from, arguments.date_to
    if first and last and last < first:
        raise UsageError(say("days_reversed", "ko"), say("days_reversed", "en"))
    return Filters(
        date_from=first,
        date_to=last,
        source=normalize(arguments.source) if arguments.source else None,
        article_ids=tuple(map(id_as_stored, arguments.article)) if arguments.article else None,
        collection=arguments.collection,
    )


def require_index(settings: Settings) -> None:
    """Raise NotFoundError where nothing was indexed yet, naming the cure."""
    from index.engine import is_new

    if is_new(settings.data):
        folder = settings.data
        raise NotFoundError(say("no_index", "ko", folder=folder), say("no_index", "en", folder=folder))


def _console() -> "rich.console.Console":  # type: ignore[name-defined]  # noqa: F821
    from rich.console import Console

    class Piped(Console):
        """rich's own exits with 1 when whoever read has left (``ask … | head -1``); the command line knows better."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Piped(highlight=False, soft_wrap=not sys.stdout.isatty())


def _bytes(folder: Path) -> int:
    """Sum up the files of a folder; one that a running server drops meanwhile counts nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(parent, name).stat().st_size
    return total
