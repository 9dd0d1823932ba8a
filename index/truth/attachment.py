"""Whether a data folder's articles are kept in a PostgreSQL: then the folder is a cache, and a file in it says of what.

The file holds the address without its password; that is kept in memory, or comes from ``PGPASSWORD`` and the like.
"""

from pathlib import Path

from index.errors import CorruptIndexError, UsageError
from index.postgres.address import Address, read_address
from index.store.connection import DATABASE
from index.system.address_files import read_address_file, write_address_file

MARKER = "truth.json"
_KIND = "geungeo truth"
_with_secrets: dict[Path, Address] = {}


def attach(folder: Path, given: str) -> Address:
    """Make ``folder`` a cache of the PostgreSQL at ``given``.

    Raises UsageError for what is no address, and for a folder that has articles of its own.
    """
    address = read_address(given)
    _with_secrets[folder.absolute()] = address
    if _marked(folder) == address:
        return address
    if _marked(folder) is None and (folder / DATABASE).exists():
        raise UsageError(
            f"{folder}에는 이미 제 글이 있습니다. PostgreSQL로 옮기려면 geungeo migrate-truth를, 따로 쓰려면 --data로 빈 폴더를 "
            "정하세요.",
            f"{folder} has articles of its own. Move them with geungeo migrate-truth, or name an empty folder with --data.",
        )
    write_address_file(folder / MARKER, _KIND, address.uri)
    return address


def address_of(folder: Path) -> Address | None:
    """Return where the articles of a folder are kept; None where that is the folder itself. Raises CorruptIndexError."""
    marked = _marked(folder)
    if marked is None:
        return None
    known = _with_secrets.get(folder.absolute())
    return known if known == marked else marked


def _marked(folder: Path) -> Address | None:
    path = folder / MARKER
    unreadable = CorruptIndexError(
        f"어느 PostgreSQL의 것인지 읽을 수 없습니다: {path}. 이 폴더는 캐시이니 지우고 --truth로 다시 정하세요.",
        f"cannot read which PostgreSQL this folder is of: {path}. The folder is a cache: delete it, and name it with --truth.",
    )
    return read_address_file(path, _KIND, read_address, unreadable)
