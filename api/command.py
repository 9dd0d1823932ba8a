"""``geungeo serve``: its flags, and what it does with them. The service is imported when it is to run."""

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.flags import add_common_flags, bounded

if TYPE_CHECKING:
    from api.answering.backend import Backend
    from api.limits import Limits
    from rag.settings import Settings


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``geungeo serve``."""
    add_common_flags(parser)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=bounded(0, 65535), default=8000)
    parser.add_argument("--allow-host", action="append", default=[], metavar="NAME", help="이 이름으로도 부를 수 있게")
    parser.add_argument("--rate", type=_rate, default=50.0, metavar="N", help="키마다 1초에 N번까지 (짧게는 그 네 배)")
    parser.add_argument(
        "--processes",
        type=bounded(1, 64),
        default=2,
        metavar="N",
        help="나란히 답할 프로세스 수, 많아야 코어 수 (기본: 2)",
    )
    parser.add_argument("--log-questions", action="store_true", help="질문도 기록에 남깁니다")
    parser.add_argument("--trace", action="store_true", help="OpenTelemetry로 자취를 보냅니다 (OTEL_* 환경 변수)")


def run(arguments: argparse.Namespace, settings: "Settings") -> int:
    """Serve until told to stop. The address is taken at once; encoder and index load behind it."""
    from api.access.keys import KeyFile
    from api.answering.backend import load_backend, processes_for
    from api.app import Options
    from api.http.logs import configure_logs
    from api.http.tracing import tracing_from_environment
    from api.server import serve

    def load() -> "Backend":
        return load_backend(settings, arguments.lang, processes)

    processes = 1 if settings.model else processes_for(arguments.processes)  # torch does not survive being forked
    options = Options(
        keys=KeyFile(settings.data),
        hosts=tuple(arguments.allow_host),
        limits=_limits(arguments.rate, processes),
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


def _limits(rate: float, processes: int) -> "Limits":
    from api.limits import Limits

    limits = replace(Limits(), rate=rate, burst=max(1, round(4 * rate)))
    if processes > 1:  # each answers one at a time: more threads would wait, each with memory of its own
        limits = replace(limits, question_threads=processes)
    return limits


def _rate(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1e6:
        raise argparse.ArgumentTypeError(f"0보다 커야 합니다: {value}")
    return value
