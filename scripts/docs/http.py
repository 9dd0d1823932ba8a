"""Write docs/http.md from the OpenAPI document: ``python -m scripts.docs.http``; a test says when it is stale."""

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute

from api.app import ROUTERS, create_app
from rag.answerer import Answerer

PATH = Path(__file__).resolve().parents[2] / "docs" / "http.md"
Node = Mapping[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")
_HEAD = """\
# HTTP

<!-- scripts/docs/http.py가 OpenAPI 문서에서 만듭니다. 고치지 말고 다시 만드세요: python -m scripts.docs.http -->

`geungeo serve`가 받는 요청입니다. 켜 둔 서버의 `/docs`에서는 직접 보내 볼 수 있고, `/openapi.json`은 기계가 읽는 같은
문서입니다. 오류는 모두 [errors.md](errors.md)에, 제한과 키는 [configuration.md](configuration.md)에 있습니다.

What `geungeo serve` takes. A running server has `/docs` to try it and `/openapi.json` for machines. Errors:
[errors.md](errors.md); limits and keys: [configuration.md](configuration.md); clients: [clients.md](clients.md).

```console
$ curl -s localhost:8000/v1/query -H 'content-type: application/json' -d '{"question": "AX 법인의 매출 목표는?"}'
```

키가 있는 서버에는 `Authorization: Bearer 키`나 `X-API-Key: 키`를 함께 보냅니다. 쓰기 권한(write)은 묻기(ask)를,
관리 권한(admin)은 모두를 포함합니다. `start`와 `end`는 글(`text`) 안의 자리이며, 0부터 유니코드 코드 포인트로 셉니다.

A server with keys wants `Authorization: Bearer KEY` or `X-API-Key: KEY`. The scope write implies ask, admin implies all.
`start` and `end` are places in the article's `text`, counted from 0 in Unicode code points.

오류 가운데 어느 주소에서나 날 수 있는 것: {anywhere}. 권한이 필요한 주소에서는 이것도: {with_scope}. 아래에는 나머지만
적습니다.

Problems of any address, then those of any address that needs a scope, are the two lists above; each request names only what
may come besides.

## 주소 · Addresses

"""


def render() -> str:
    """Return the whole page."""
    document = create_app(_no_pipeline).openapi()
    routes = list(_routes(document))
    scopes = _scopes()
    everywhere = set.intersection(*(_codes(route) for _, _, route in routes))
    scoped = set.intersection(*(_codes(route) for method, path, route in routes if (method, path) in scopes))
    head = _HEAD.replace("{anywhere}", _told(everywhere)).replace("{with_scope}", _told(scoped - everywhere))
    parts = [head, "| 요청 | 권한 · scope | |\n|---|---|---|\n"]
    parts += [
        f"| [`{method} {path}`](#{_anchor(method, path)}) | {scopes.get((method, path), '–')} | {route['summary']} |\n"
        for method, path, route in routes
    ]
    parts += [_section(method, path, route, scoped | everywhere) for method, path, route in routes]
    parts.append("\n## 모양 · Shapes\n")
    parts += [_shape(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    return "".join(parts)


def _no_pipeline() -> Answerer:
    raise NotImplementedError("the document is made without answering anything")


def _routes(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield (method, path, description) of each request, in the document's order."""
    for path, by_method in document["paths"].items():
        for method in _METHODS:
            if method in by_method:
                yield method.upper(), path, by_method[method]


def _scopes() -> dict[tuple[str, str], str]:
    """Return the scope that ``require`` was given for each (method, path); none for an open address."""
    found: dict[tuple[str, str], str] = {}
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                for dependency in route.dependencies:
                    needed = inspect.getclosurevars(dependency.dependency).nonlocals.get("needed")  # type: ignore[arg-type]
                    if needed is not None:
                        path = route.path.replace(":path}", "}")
                        found |= {(method, path): needed.value for method in route.methods or ()}
    return found


def _anchor(method: str, path: str) -> str:
    """Return the anchor that Markdown gives the section's title."""
    return "".join(letter for letter in f"{method}-{path}".lower() if letter.isalnum() or letter in "-_")


def _codes(route: Node) -> set[str]:
    """Return the problems a request may be answered with."""
    answers = route["responses"].items()
    return {
        code.strip("` ")
        for status, answer in answers
        if not status.startswith("2")
        for code in answer["description"].split(",")
    }


def _told(codes: set[str]) -> str:
    return ", ".join(f"[`{code}`](errors.md#{code})" for code in sorted(codes))


def _section(method: str, path: str, route: Node, usual: set[str]) -> str:
    """Describe one request: what it takes, what it gives, and the problems that are not ``usual``."""
    lines = [f"\n### {method} {path}\n", f"{route['summary']}.\n"]
    if route.get("description"):
        lines.append(f"{route['description'].replace('``', '`')}\n")
    if route.get("parameters"):
        lines.append(_table(("매개변수", "자리", "값", "뜻"), [_parameter(each) for each in route["parameters"]]))
    for media, content in route.get("requestBody", {}).get("content", {}).items():
        lines.append(f"본문 · body: `{media}`, {_type(content['schema'])}\n")
        if "properties" in content["schema"]:
            lines.append(_fields(content["schema"]))
        lines += _example(content)
    for status, response in route["responses"].items():
        if status.startswith("2"):
            bodies = [f"`{media}`, {_type(each['schema'])}" for media, each in response.get("content", {}).items()]
            lines.append(f"{status}: {'; '.join(bodies) or '본문 없음 · no body'}\n")
    if further := _codes(route) - usual:
        lines.append(f"오류 · problems: {_told(further)}.\n")
    return "\n".join(lines)


def _parameter(parameter: Node) -> tuple[str, ...]:
    schema = parameter["schema"]
    name = f"`{parameter['name']}`{' *' if parameter.get('required') else ''}"
    return name, parameter["in"], _type(schema) + _bounds(schema), schema.get("description", "")


def _example(content: Node) -> list[str]:
    """Return the first example of a JSON body."""
    for example in content.get("examples", {}).values():
        if isinstance(example["value"], dict) and "files" not in example["value"]:
            return [f"```json\n{json.dumps(example['value'], ensure_ascii=False, indent=1)}\n```\n"]
    return []


def _shape(name: str, schema: Node) -> str:
    described = schema.get("description", "").replace("``", "`")
    head = f"\n### {name}\n\n" + (f"{described}\n\n" if described else "")
    if "properties" in schema:
        return head + _fields(schema)
    return head + _type(schema) + "\n"


def _fields(schema: Node) -> str:
    required = schema.get("required", ())
    rows = [
        (f"`{name}`{' *' if name in required else ''}", _type(each) + _bounds(each), each.get("description", ""))
        for name, each in schema["properties"].items()
    ]
    return _table(("이름 (*: 꼭 있음)", "값", "뜻"), rows)


def _type(schema: Node) -> str:
    """Return ``string``, ``[integer]``, ``object (SpanBody)``, ``"a" | "b"`` and so on, with links to shapes."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " \\| ".join(dict.fromkeys(_type(each) for each in schema[key]))
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"array of {_type(schema.get('items', {}))}"
    return f"{schema.get('type', 'any')}{' (' + schema['format'] + ')' if 'format' in schema else ''}"


def _bounds(schema: Node) -> str:
    """Say between what a value must lie and what it is if left out: ``, 1–50; 기본 `5```."""
    options = [schema, *schema.get("anyOf", ())]
    low, high = (_first(options, keys) for keys in (("minimum", "minLength"), ("maximum", "maxLength", "maxItems")))
    told = ""
    if high is not None:
        told = f", {low}–{high}" if low is not None else f", ≤ {high}"
    default = schema.get("default")
    return told + (f"; 기본 `{json.dumps(default, ensure_ascii=False)}`" if default not in (None, "", []) else "")


def _first(options: list[Node], keys: tuple[str, ...]) -> object:
    return next((each[key] for each in options for key in keys if key in each), None)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("\n", " ") for cell in line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
    print(PATH.name)
