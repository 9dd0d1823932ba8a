"""Small files in a data folder that say where something of it is: of which kind the file is, and an address."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from index.errors import CorruptIndexError, UsageError
from index.system.files import make_folder, written_whole
from index.system.locking import unwritable

Address = TypeVar("Address")


def read_address_file(
    path: Path, kind: str, read: Callable[[str], Address], unreadable: CorruptIndexError
) -> Address | None:
    """Return what ``read`` makes of the address in the file; None where there is no such file.

    Raises ``unreadable`` for what is none of ours, and where ``read`` raises UsageError.
    """
    try:
        record = json.loads(path.read_bytes())
        if record["kind"] == kind and isinstance(record["address"], str):
            return read(record["address"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError, UsageError):
        raise unreadable from None
    raise unreadable


def write_address_file(path: Path, kind: str, address: str) -> None:
    """Write the file, whole, for its owner alone; its folder is made where there is none. Raises StorageError."""
    try:
        make_folder(path.parent)
        with written_whole(path, mode=0o600) as file:
            file.write(json.dumps({"kind": kind, "address": address}, ensure_ascii=False).encode())
    except OSError as error:
        raise unwritable(path.parent, error) from error
