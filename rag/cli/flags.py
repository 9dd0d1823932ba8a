"""The flags of the commands that ``rag`` owns. Imports nothing heavy, so that help is instant."""

from pathlib import Path

from rag.flags import (
    MODES,
    CommandParser,
    add_common_flags,
    add_json,
    add_lang,
    add_writer_flags,
    bounded,
    collection,
    date,
    day,
    seconds,
    share,
)

SHELLS = ("bash", "zsh", "fish")  # that words are completed in


def add_index_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo index``."""
    add_common_flags(parser)
    say = parser.say
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar=say("경로", "PATH"), help=say("파일이나 폴더", "a file or folder")
    )
    _add_collection(parser, "글을 이 모음에 넣습니다", "keep the articles in this collection")
    parser.add_argument(
        "--encoding",
        metavar=say("이름", "NAME"),
        help=say("글 파일의 인코딩 (자동으로 알아내지 못할 때)", "encoding of text files (where it is not found out)"),
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help=say(
            "전에 색인한 폴더에서 사라진 파일의 글을 지웁니다 (먼저 목록을 보여 주고 묻습니다)",
            "remove articles whose file is gone from a folder indexed before (they are shown, and you are asked)",
        ),
    )
    parser.add_argument(
        "--yes", action="store_true", help=say("--prune으로 지울 때 묻지 않습니다", "--prune removes without asking")
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help=say(
            "끝내지 않고, 폴더가 바뀔 때마다 다시 색인합니다 (Ctrl-C로 끝냄)",
            "stay, and index again whenever the folder changes (Ctrl-C ends)",
        ),
    )
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help=say("들어 있는 글 모두를 지금 설정으로 다시 색인합니다", "index every stored article again, as set now"),
    )
    _add_wait(parser)


def add_ask_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo ask``."""
    _add_question(parser, default_k=5, most=50, optional=True)
    add_writer_flags(parser)


def add_search_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo search``."""
    _add_question(parser, default_k=10, most=200)
    parser.add_argument(
        "--diversity",
        type=share(parser),
        default=0.0,
        metavar="0..1",
        help=parser.say(
            "1에 가까울수록 서로 다른 대목을 앞세웁니다", "towards 1, passages unlike each other come first"
        ),
    )


def add_open_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo open``."""
    add_common_flags(parser)
    say = parser.say
    parser.add_argument(
        "place",
        metavar=say("자리", "PLACE"),
        help=say(
            "답에 나온 자리, 글 id:시작-끝; 글 id만 주면 처음부터",
            "a place as answers name it, ID:START-END; an id alone: from its beginning",
        ),
    )
    parser.add_argument(
        "--around",
        type=bounded(0, 100_000, parser),
        default=400,
        metavar="N",
        help=say("앞뒤로 보여 줄 글자 수", "characters shown before and after"),
    )
    parser.add_argument(
        "--original",
        type=Path,
        metavar=say("파일", "FILE"),
        help=say(
            "보관한 원본 파일을 이 파일로 꺼냅니다 (GEUNGEO_ORIGINALS=1로 색인한 글)",
            "write the file that the article was read from here, where it is kept (GEUNGEO_ORIGINALS=1)",
        ),
    )
    add_json(parser)


def add_remove_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo remove``."""
    add_common_flags(parser)
    parser.add_argument(
        "ids",
        nargs="+",
        metavar="ID",
        help=parser.say("글의 id (geungeo list로 볼 수 있습니다)", "as geungeo list shows it"),
    )
    _add_wait(parser)


def add_list_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo list``."""
    add_reading_flags(parser)
    _add_collection(parser)


def add_reading_flags(parser: CommandParser) -> None:
    """Add what ``list`` and ``status`` take."""
    add_common_flags(parser)
    add_json(parser)


def add_export_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo export``."""
    add_common_flags(parser)
    _add_backup(parser)


def add_import_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo import``."""
    add_export_flags(parser)
    _add_wait(parser)


def add_migrate_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo migrate-truth``."""
    add_common_flags(parser)
    say = parser.say
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--to",
        metavar=say("주소", "URI"),
        help=say(
            "자료 폴더의 글을 이 빈 PostgreSQL로 옮깁니다 (폴더는 그대로 둡니다)",
            "move the articles of the data folder into this empty PostgreSQL (the folder stays as it is)",
        ),
    )
    way.add_argument(
        "--from",
        dest="origin",
        metavar=say("주소", "URI"),
        help=say(
            "이 PostgreSQL의 글을 빈 자료 폴더로 가져옵니다 (PostgreSQL은 그대로 둡니다)",
            "bring the articles of this PostgreSQL into an empty data folder (the PostgreSQL stays as it is)",
        ),
    )
    _add_wait(parser)


def add_work_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo work``."""
    add_common_flags(parser)


def add_engine_flags(parser: CommandParser) -> None:
    """Add the actions of ``geungeo engine``."""
    say = parser.say
    titles = {"title": say("할 일", "actions"), "metavar": say("할 일", "ACTION")}
    actions = parser.add_subparsers(dest="action", required=True, **titles)
    text = say(
        "새 컬렉션에 써 보고 찾아 본 뒤 지우고, 되는 것과 안 되는 것을 알립니다",
        "write to a new collection, search it, remove it, and say what holds",
    )
    verify = actions.add_parser("verify", lang=parser.lang, help=text, description=text)
    add_common_flags(verify)
    verify.add_argument(
        "address",
        metavar=say("주소", "URI"),
        help=say("확인할 Milvus, milvus://호스트:19530", "the Milvus to try, milvus://host:19530"),
    )
    verify.add_argument(
        "--passages",
        type=bounded(100, 1_000_000, verify),
        default=2_000,
        metavar=say("수", "N"),
        help=say("써 볼 대목의 수", "passages to write"),
    )


def add_doctor_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo doctor``."""
    add_common_flags(parser)
    parser.add_argument(
        "--repair",
        action="store_true",
        help=parser.say("색인을 데이터베이스에서 다시 만듭니다", "make the index files again from the database"),
    )


def add_completion_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo completion``."""
    shells = f"{{{','.join(SHELLS)}}}"
    parser.add_argument("shell", choices=SHELLS, metavar=shells, help=parser.say("쓰는 셸", "your shell"))
    add_lang(parser)


def _add_backup(parser: CommandParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar=parser.say("파일", "FILE"), help=parser.say("백업 파일", "the backup file")
    )


def _add_question(parser: CommandParser, *, default_k: int, most: int, optional: bool = False) -> None:
    """Add what is asked, how it is searched, and among which articles."""
    add_common_flags(parser)
    _add_asked(parser, optional=optional)
    say = parser.say
    parser.add_argument(
        "-k",
        "--k",
        type=bounded(1, most, parser),
        default=default_k,
        metavar="N",
        help=say(f"대목 수, 1–{most}", f"passages, 1–{most}"),
    )
    add_json(parser, "HTTP 응답과 같은 모양의 JSON으로 냅니다", "JSON of the same shape as over HTTP")
    parser.add_argument(
        "--mode",
        choices=MODES,
        default="hybrid",
        help=say("찾는 방식: 둘 다, 뜻, 낱말", "how to search: both ways, by meaning, by words"),
    )
    _add_filters(parser)
    parser.add_argument(
        "--as-of",
        type=day(parser),
        metavar=say("날짜", "DATE"),
        help=say(
            "올해, 지난달 같은 말을 이날부터 셉니다 (기본: 오늘)",
            "올해 and 지난달 are counted from that day (default: today)",
        ),
    )


def _add_asked(parser: CommandParser, *, optional: bool) -> None:
    """Add the question, and those before it."""
    say = parser.say
    korean, english = "따옴표로 묶은 질문; -이면 표준 입력에서 읽습니다", "in quotation marks; - reads standard input"
    if optional:
        korean, english = f"{korean}. 없으면 터미널에서 이어 묻습니다", f"{english}. None: ask one after another"
    parser.add_argument(
        "question", nargs="?" if optional else None, metavar=say("질문", "QUESTION"), help=say(korean, english)
    )
    parser.add_argument(
        "--after",
        action="append",
        default=[],
        metavar=say("질문", "QUESTION"),
        help=say(
            "앞서 한 질문; 그건 언제야?처럼 혼자서는 뜻이 통하지 않는 질문이 여기서 빠진 말을 이어받습니다 (여러 번, 오래된 것부터)",
            "a question asked before, which one that cannot stand alone takes up (repeated, oldest first)",
        ),
    )


def _add_filters(parser: CommandParser) -> None:
    """Add what narrows a search to some articles."""
    say = parser.say
    when = say("날짜", "DATE")
    parser.add_argument(
        "--from",
        dest="date_from",
        type=date(parser),
        metavar=when,
        help=say("이날부터 나온 글만", "articles since that day"),
    )
    parser.add_argument(
        "--to",
        dest="date_to",
        type=date(parser),
        metavar=when,
        help=say("이날까지 나온 글만", "articles up to that day"),
    )
    parser.add_argument(
        "--source", metavar=say("출처", "SOURCE"), help=say("이 출처의 글만", "only articles of this source")
    )
    _add_collection(parser)
    parser.add_argument(
        "--article",
        action="append",
        metavar="ID",
        help=say("이 글만 (여러 번 줄 수 있음)", "only this article (may be repeated)"),
    )


def _add_collection(
    parser: CommandParser, korean: str = "이 모음의 글만", english: str = "only articles of this collection"
) -> None:
    name, help_text = parser.say("모음", "NAME"), parser.say(korean, english)
    parser.add_argument("--collection", type=collection(parser), metavar=name, help=help_text)


def _add_wait(parser: CommandParser) -> None:
    parser.add_argument(
        "--wait",
        type=seconds(parser),
        default=0.0,
        metavar=parser.say("초", "SECONDS"),
        help=parser.say("다른 프로그램이 쓰고 있으면 기다릴 시간", "how long to wait for another writer"),
    )
