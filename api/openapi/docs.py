"""``/docs``: Swagger UI from the files that come with ``fastapi-offline``, so that it works with no network."""

import json
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """\
<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>geungeo API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>JavaScript가 꺼져 있습니다. <a href="openapi.json">openapi.json</a> (JavaScript is off.)</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """\
SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, tryItOutEnabled: true,
  validatorUrl: null, presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout"});
"""
router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def page() -> Response:
    """Return the page that loads Swagger UI from this server."""
    headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
    return Response(_PAGE, media_type="text/html", headers=headers)


@router.get("/openapi.json")
async def description(request: Request) -> Response:
    """Return what the routes are, in OpenAPI; made once, for it takes as long as several questions."""
    app: FastAPI = request.app
    if not hasattr(app.state, "described"):
        app.state.described = await run_in_threadpool(lambda: json.dumps(app.openapi(), ensure_ascii=False).encode())
    return Response(app.state.described, media_type="application/json")


@router.get("/docs/start.js")
async def start() -> Response:
    """Return the script that starts it."""
    return _asset(_START.encode(), "text/javascript")


@router.get("/docs/swagger-ui-bundle.js")
def script() -> Response:
    """Return Swagger UI's script."""
    return _asset(_packaged("swagger-ui-bundle.js"), "text/javascript")


@router.get("/docs/swagger-ui.css")
def style() -> Response:
    """Return Swagger UI's style sheet."""
    return _asset(_packaged("swagger-ui.css"), "text/css")


@cache
def _packaged(name: str) -> bytes:
    return files("fastapi_offline").joinpath("static", name).read_bytes()


def _asset(data: bytes, media_type: str) -> Response:
    headers = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=media_type, headers=headers)
