"""``geungeo export`` and ``geungeo import``: parse, call, print."""

import argparse

from rag.messages import say
from rag.settings import Settings


def export(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write a backup; a server may go on meanwhile."""
    from index.backup.export import export_backup
    from rag.commands import note, require_index

    require_index(settings)
    manifest = export_backup(settings.data, arguments.file)
    note(say("exported", arguments.lang, articles=manifest.articles, passages=manifest.passages, file=arguments.file))
    return 0


def import_(arguments: argparse.Namespace, settings: Settings) -> int:
    """Take in a backup; articles that are there already are kept or, where they differ, replaced."""
    from index.backup.restore import import_backup
    from index.engine import is_new
    from rag.commands import note, report_ingest
    from rag.loading import fingerprints

    encoder, analysis = fingerprints(settings)
    if not is_new(settings.data):
        note(say("merging", arguments.lang, folder=settings.data))
    report = import_backup(settings.data, arguments.file, encoder=encoder, analysis=analysis, wait=arguments.wait)
    return report_ingest(report, arguments.lang)
