"""``geungeo keys``: its flags, and what it does with them: create (the key goes to stdout, once), list, revoke."""

import argparse
import json
import sys
import unicodedata
from typing import TYPE_CHECKING

from api.access.keys import Key, KeyFile, Scope
from index.errors import UsageError
from index.text.characters import safe
from rag.flags import CommandParser, add_common_flags, add_json, collection

if TYPE_CHECKING:
    from rag.settings import Settings

_MAX_NAME = 100


def add_flags(parser: CommandParser) -> None:
    """Add the actions of ``geungeo keys``, each with its flags."""
    say = parser.say
    titles = {"title": say("할 일", "actions"), "metavar": say("할 일", "ACTION")}
    actions = parser.add_subparsers(dest="action", required=True, **titles)
    helps = {
        "create": say("키를 만들어 한 번만 보여 줍니다", "make a key, shown once"),
        "list": say("키 목록을 보여 줍니다", "list the keys"),
        "revoke": say("키를 폐기합니다", "make a key useless"),
    }
    create, listing, revoke = (
        actions.add_parser(name, lang=parser.lang, help=text, description=text) for name, text in helps.items()
    )
    for action in (create, listing, revoke):
        add_common_flags(action)
    create.add_argument(
        "name", metavar=say("이름", "NAME"), help=say("키를 쓸 사람이나 프로그램의 이름", "whose key it is")
    )
    create.add_argument(
        "--scope",
        default="ask",
        metavar=say("권한", "SCOPE"),
        help=say(
            "권한: ask, write, judge, admin 가운데서 골라 쉼표로 잇습니다", "ask, write, judge, admin, joined by commas"
        ),
    )
    create.add_argument(
        "--collection",
        action="append",
        type=collection(parser),
        metavar=say("모음", "NAME"),
        help=say("이 모음의 글만 (여러 번 줄 수 있음)", "only articles of this collection (may be repeated)"),
    )
    add_json(listing)
    revoke.add_argument("id", metavar="ID", help=say("geungeo keys list에 나오는 id", "as geungeo keys list shows it"))


def run(arguments: argparse.Namespace, settings: "Settings") -> int:
    """Return the exit code. Raises UsageError, NotFoundError, StorageError, CorruptIndexError."""
    keys = KeyFile(settings.data)
    if arguments.action == "create":
        scopes = read_scopes(arguments.scope)
        key, token = keys.create(_name(arguments.name), scopes, _read_collections(arguments.collection, scopes))
        _note(arguments.lang, f"키 {key.id} ({_scopes(key)})를 만들었습니다. 다시 볼 수 없으니 지금 적어 두세요:",
              f"Created key {key.id} ({_scopes(key)}). It is never shown again, so note it now:")  # fmt: skip
        print(token)
    elif arguments.action == "revoke":
        key = keys.revoke(arguments.id)
        _note(arguments.lang, f"키 {key.id}는 이제 쓸 수 없습니다.", f"Key {key.id} opens nothing any more.")
    else:
        if not keys.all():
            _note(arguments.lang, "아직 만든 키가 없습니다. 이렇게 만듭니다: geungeo keys create 이름",
                  "No key was made yet. Make one: geungeo keys create NAME")  # fmt: skip
        for key in keys.all():
            print(_json(key) if arguments.json else _line(key))
    return 0


def read_scopes(text: str) -> list[Scope]:
    """Return the scopes that a text like ``ask,write`` names. Raises UsageError."""
    try:
        return [Scope(part.strip()) for part in text.split(",")]
    except ValueError:
        known = ", ".join(Scope)
        raise UsageError(
            f"--scope에는 {known} 가운데서 골라 쉼표로 이어 주세요.",
            f"--scope takes {known}, joined by commas.",
        ) from None


def _read_collections(names: list[str] | None, scopes: list[Scope]) -> tuple[str, ...] | None:
    """Read the names. Raises UsageError for a key that could see past them."""
    if names and Scope.ADMIN in scopes:
        raise UsageError(
            "admin 키는 모든 글을 봅니다. --collection은 ask, write, judge와만 쓸 수 있습니다.",
            "an admin key sees every article: --collection goes with ask, write and judge only.",
        )
    return tuple(dict.fromkeys(names)) if names else None


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", safe(text))
    if not 0 < len(name) <= _MAX_NAME:
        raise UsageError(f"키의 이름은 1–{_MAX_NAME}자입니다.", f"the name of a key has 1-{_MAX_NAME} characters.")
    return name


def _scopes(key: Key) -> str:
    return ",".join(key.scopes) + (f" · {', '.join(map(safe, key.collections))}" if key.collections else "")


def _line(key: Key) -> str:
    return "\t".join((key.id, _scopes(key), key.created_at, key.revoked_at or "-", safe(key.name)))


def _json(key: Key) -> str:
    record = {"id": key.id, "name": key.name, "scopes": key.scopes, "collections": key.collections}
    return json.dumps(record | {"created_at": key.created_at, "revoked_at": key.revoked_at}, ensure_ascii=False)


def _note(lang: str, korean: str, english: str) -> None:
    print(english if lang == "en" else korean, file=sys.stderr)
