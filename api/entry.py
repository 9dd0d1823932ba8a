"""What ``geungeo serve`` does with its flags."""

import argparse
import sys
from dataclasses import replace

from api.server import serve
from rag.commands import build_seeds
from rag.encoder_queue import QueuedEncoder
from rag.loading import load_tools, open_pipeline
from rag.pipeline import Pipeline
from rag.settings import Settings


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until told to stop. The address is taken at once; encoder and index load behind it."""

    def load() -> Pipeline:
        tools = load_tools(settings)
        build_seeds(settings, tools, arguments.lang)
        return open_pipeline(settings, replace(tools, encoder=QueuedEncoder(tools.encoder)))

    serve(
        load,
        host=arguments.host,
        port=arguments.port,
        allow_remote=arguments.allow_remote,
        announce=lambda url: print(f"geungeo: {url}", file=sys.stderr),
    )
    return 0
