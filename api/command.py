"""What ``geungeo serve`` does with its flags."""

import argparse
import sys
from dataclasses import replace

from api.access.keys import KeyFile
from api.answering.backend import Backend, load_backend, processes_for
from api.http.logs import configure_logs
from api.http.tracing import tracing_from_environment
from api.limits import Limits
from api.options import Options
from api.server import serve
from rag.settings import Settings


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until told to stop. The address is taken at once; encoder and index load behind it."""

    def load() -> Backend:
        return load_backend(settings, arguments.lang, processes)

    processes = 1 if settings.model else processes_for(arguments.processes)  # torch does not survive being forked
    limits = replace(Limits(), rate=arguments.rate, burst=max(1, round(4 * arguments.rate)))
    if processes > 1:  # each answers one at a time: more threads would wait, each with memory of its own
        limits = replace(limits, question_threads=processes)
    options = Options(
        keys=KeyFile(settings.data),
        hosts=tuple(arguments.allow_host),
        limits=limits,
        log_questions=arguments.log_questions,
        tracing=tracing_from_environment() if arguments.trace else None,
    )
    configure_logs()
    serve(
        load,
        options,
        host=arguments.host,
        port=arguments.port,
        announce=lambda url: print(f"geungeo: {url}", file=sys.stderr),
    )
    return 0
