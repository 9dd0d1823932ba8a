"""``/`` and ``/static``: the page, from files that come with the package; nothing is built, no other host is asked."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from fastapi import APIRouter, Request, Response

from api.problems.problems import ProblemError

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Page:
    """``version`` is a hash of all files and part of their address, so that a browser never mixes two releases."""

    version: str
    html: bytes
    assets: dict[str, bytes]


@router.get("/")
def page(request: Request) -> Response:
    """Return the page, or 304 to a browser that has this version already."""
    loaded = _load()
    headers = {"Cache-Control": "no-cache", "ETag": f'"{loaded.version}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(loaded.html, media_type="text/html", headers=headers)


@router.get("/static/{version}/{name:path}")
def asset(version: str, name: str) -> Response:
    """Return a file of the page, by its exact path; another release's address is gone."""
    loaded = _load()
    data = loaded.assets.get(name) if version == loaded.version else None
    if data is None:
        raise ProblemError("not_found")
    return Response(data, media_type=_TYPES[PurePosixPath(name).suffix], headers={"Cache-Control": _FOREVER})


@cache
def _load() -> _Page:
    """Read once; ``index.html`` names the version, and every script so that all are fetched in one round."""
    files_by_name = _read(files("api").joinpath("page/files"))
    version = hashlib.sha256(
        b"".join(name.encode() + files_by_name[name] for name in sorted(files_by_name))
    ).hexdigest()[:16]
    html = files_by_name.pop("index.html").decode()
    scripts = sorted(name for name in files_by_name if name.endswith(".js"))
    preloads = "\n".join(f'<link rel="modulepreload" href="static/{version}/{name}">' for name in scripts)
    html = html.replace("{preloads}", preloads).replace("{version}", version)
    return _Page(version, html.encode(), files_by_name)


def _read(folder: Traversable, above: str = "") -> dict[str, bytes]:
    """Return the bytes of each file in a folder and those in it, by its path from the first, as scripts import it."""
    found: dict[str, bytes] = {}
    for entry in folder.iterdir():
        name = above + entry.name
        found |= _read(entry, f"{name}/") if entry.is_dir() else {name: entry.read_bytes()}
    return found
