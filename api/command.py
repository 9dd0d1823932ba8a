"""``geungeo serve``: its flags, and what it does with them. The service is imported when it is to run."""

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.flags import CommandParser, add_common_flags, add_writer_flags, bounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.answering.backend import Backend
    from api.limits import Limits
    from rag.settings import Settings


def add_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo serve``."""
    add_common_flags(parser)
    _add_address(parser)
    _add_load(parser)
    add_writer_flags(parser)
    _add_records(parser)


def _add_address(parser: CommandParser) -> None:
    """Add where it listens, and under which names."""
    say = parser.say
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar=say("주소", "HOST"),
        help=say(
            "서비스할 주소; 0.0.0.0이면 다른 컴퓨터에서도 쓸 수 있습니다",
            "address to listen on; 0.0.0.0: other machines too",
        ),
    )
    parser.add_argument(
        "--port",
        type=bounded(0, 65535, parser),
        default=8000,
        metavar=say("번호", "PORT"),
        help=say("서비스할 포트; 0이면 비어 있는 포트를 고릅니다", "port to listen on; 0: any free one"),
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar=say("이름", "NAME"),
        help=say(
            "이 호스트 이름으로 온 요청도 받습니다 (여러 번 줄 수 있음)", "answer under this name too (may be repeated)"
        ),
    )


def _add_load(parser: CommandParser) -> None:
    """Add how much one key may ask, and how many processes answer."""
    say = parser.say
    parser.add_argument(
        "--rate",
        type=_rate(parser),
        default=50.0,
        metavar="N",
        help=say(
            "키 하나에 1초에 N번까지 받습니다 (잠깐은 그 네 배까지)",
            "N requests a second a key (four times that in a burst)",
        ),
    )
    parser.add_argument(
        "--processes",
        type=bounded(1, 64, parser),
        default=2,
        metavar="N",
        help=say(
            "동시에 답할 프로세스 수, 코어 수까지",
            "processes that answer, at most one a core",
        ),
    )


def _add_records(parser: CommandParser) -> None:
    """Add what is written down of the questions."""
    say = parser.say
    parser.add_argument(
        "--log-questions", action="store_true", help=say("질문도 로그에 남깁니다", "write questions into the log too")
    )
    parser.add_argument(
        "--trace",
        action="store_true",
        help=say(
            "OpenTelemetry로 추적 정보를 보냅니다 (OTEL_* 환경 변수로 설정)",
            "send traces by OpenTelemetry (OTEL_* variables)",
        ),
    )


def run(arguments: argparse.Namespace, settings: "Settings") -> int:
    """Serve until told to stop. The address is taken at once; encoder and index load behind it."""
    from api.access.keys import KeyFile
    from api.answering.backend import load_backend, processes_for
    from api.app import Options
    from api.http.logs import configure_logs
    from api.http.tracing import tracing_from_environment
    from api.server import serve
    from index.truth.writing import take_documents_or_go_on
    from rag.writing.client import make_writer

    def load() -> "Backend":
        return load_backend(settings, arguments.lang, processes)

    processes = 1 if settings.model else processes_for(arguments.processes)  # torch does not survive being forked
    options = Options(
        keys=KeyFile(settings.data),
        hosts=tuple(arguments.allow_host),
        limits=_limits(arguments.rate, processes),
        log_questions=arguments.log_questions,
        gold=settings.gold,
        writer=make_writer(arguments.writer, arguments.writer_model, settings.writer_key.get_secret_value()),
        writer_wait=settings.writer_wait,
        tracing=tracing_from_environment() if arguments.trace else None,
    )
    configure_logs()
    take_documents_or_go_on(settings.data)  # the keys: without them nobody knows whom to let in
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


def _rate(parser: CommandParser) -> "Callable[[str], float]":
    def read(text: str) -> float:
        value = float(text)
        if not 0 < value <= 1e6:
            raise argparse.ArgumentTypeError(parser.say(f"0보다 커야 합니다: {value}", f"must be above 0: {value}"))
        return value

    return read
