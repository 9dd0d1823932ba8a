"""Who may do what: S1, S5, S7, S8, S12, S14, S19 of docs/testing.md, and the limits of H17."""

import asyncio
import re
import resource
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.access.access import HEALTH, Access
from api.access.keys import KeyFile, Scope
from api.access.rate_limits import RateLimits, network
from api.app import Options, create_app
from api.http.guards import CONTENT_SECURITY_POLICY
from api.limits import Limits
from api.problems.problems import ProblemError
from tests.support.api_fakes import MARKER, FakePipeline, assert_problem, call
from tests.support.service_fakes import client_of, make_service

ADDRESSES = (f"192.0.2.{number % 250}" for number in count())  # each its own, or wrong keys are soon 429
OPEN = {"/healthz", "/readyz", "/", "/static/{version}/{name:path}"}
# What each route needs; a route that is not here fails test_s1, so that nobody adds one without a thought.
NEEDS: dict[tuple[str, str], Scope | None] = {
    ("POST", "/v1/query"): Scope.ASK, ("POST", "/v1/query/stream"): Scope.ASK, ("POST", "/v1/search"): Scope.ASK,
    ("GET", "/v1/articles"): Scope.ASK, ("GET", "/v1/articles/{article_id:path}"): Scope.ASK,
    ("POST", "/v1/articles"): Scope.WRITE, ("PUT", "/v1/articles/{article_id:path}"): Scope.WRITE,
    ("DELETE", "/v1/articles/{article_id:path}"): Scope.WRITE, ("POST", "/v1/files"): Scope.WRITE,
    ("GET", "/v1/jobs"): Scope.WRITE, ("GET", "/v1/jobs/{job_id}"): Scope.WRITE, ("GET", "/metrics"): Scope.ADMIN,
    ("GET", "/docs"): Scope.ASK, ("GET", "/docs/start.js"): Scope.ASK, ("GET", "/docs/swagger-ui.css"): Scope.ASK,
    ("GET", "/docs/swagger-ui-bundle.js"): Scope.ASK, ("GET", "/openapi.json"): Scope.ASK,
    ("POST", "/v1/chat/completions"): Scope.ASK, ("GET", "/v1/models"): Scope.ASK, ("GET", "/v1/models/{model}"): Scope.ASK,
    ("POST", "/mcp"): Scope.ASK, ("GET", "/v1/sources"): Scope.ASK, ("GET", "/v1/me"): Scope.ASK,
    ("GET", "/v1/collections"): Scope.ASK, ("GET", "/v1/examples"): Scope.ASK,
    ("PATCH", "/v1/articles/{article_id:path}"): Scope.WRITE, ("POST", "/v1/gold"): Scope.JUDGE,
    ("GET", "/v1/gold"): Scope.JUDGE, ("GET", "/v1/gold/set"): Scope.JUDGE, ("DELETE", "/v1/gold/{judgement_id}"): Scope.JUDGE,
    ("GET", "/v1/originals/{article_id:path}"): Scope.ASK,
    ("GET", "/healthz"): None, ("GET", "/readyz"): None,
}  # fmt: skip


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path)


@pytest.fixture
def tokens(keys: KeyFile) -> dict[str, str]:
    made = {scope.value: keys.create(scope, [scope])[1] for scope in Scope}
    revoked, made["revoked"] = keys.create("revoked", [Scope.ADMIN])
    keys.revoke(revoked.id)
    return made


@pytest.fixture
def app(tmp_path: Path, keys: KeyFile, tokens: dict[str, str]) -> FastAPI:
    return make_service(tmp_path, Options(keys=keys))


def routes() -> Iterator[tuple[str, str]]:
    for route in create_app(FakePipeline()).state.routes:
        for method in route.methods - {"HEAD"}:
            yield method, route.path


def assert_refused(response: httpx.Response, status: int, code: str) -> None:
    """As a problem, or where OpenAI's clients call, in their shape."""
    error = response.json().get("error")
    if error is None:
        assert_problem(response, status, code)
    else:
        assert (response.status_code, error["code"]) == (status, code)


def sent(app: FastAPI, method: str, path: str, **headers: str) -> httpx.Response:
    path = path.replace("{article_id:path}", "없는-글").replace("{job_id}", "x").replace("{path:path}", "x")
    body = {"question": "부두의 길이는"} if method == "POST" else {"text": "가나다"} if method == "PUT" else None

    async def send() -> httpx.Response:
        async with client_of(app, address=next(ADDRESSES)) as client:
            return await client.request(method, path, json=body, headers=headers)

    return asyncio.run(send())


@pytest.mark.usefixtures("tokens")
def test_s1_every_route_but_a_few_is_closed(keys: KeyFile) -> None:
    opened = []
    app = create_app(FakePipeline(), Options(keys=keys))
    for method, path in routes():
        if path not in OPEN:
            assert (method, path) in NEEDS, f"{method} {path}: which scope?"
            response = sent(app, method, path)
            assert_refused(response, 401, "key_required")
            assert response.headers["www-authenticate"].startswith("Bearer")
            opened += [path] if response.status_code != 401 else []
    assert opened == []


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/static", "/healthz/", "/METRICS", "/v1/%2e%2e/healthz"])
def test_s1_unknown_addresses_are_closed_too(app: FastAPI, path: str) -> None:
    assert_problem(call(app, "GET", path), 401, "key_required")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_s1_open_addresses_are_open_for_reading_only(app: FastAPI, method: str) -> None:
    for path in ("/healthz", "/", "/static/x"):
        assert_problem(call(app, method, path), 401, "key_required")


def test_health_is_open(app: FastAPI) -> None:
    assert [call(app, "GET", path).status_code for path in HEALTH] == [200, 200]


WHO = ["none", "ask", "write", "admin", "revoked", "malformed", "basic", "url", "two"]


@pytest.mark.parametrize("who", WHO)
def test_s5_each_scope_at_each_route(app: FastAPI, keys: KeyFile, tokens: dict[str, str], who: str) -> None:
    headers = {
        "none": {}, "malformed": {"X-API-Key": "gg_x"}, "url": {}, "basic": {"Authorization": f"Basic {tokens['admin']}"},
        "two": {"X-API-Key": tokens["admin"], "Authorization": f"Bearer {tokens['ask']}"},
    }.get(who) or ({"X-API-Key": tokens[who]} if who in tokens else {})  # fmt: skip
    holds = {"ask": {Scope.ASK}, "write": {Scope.ASK, Scope.WRITE}, "admin": set(Scope)}.get(who, set())
    for (method, path), needed in NEEDS.items():
        if needed is None:
            continue
        response = sent(
            app, method, path + (f"?key={tokens['admin']}&api_key={tokens['admin']}" if who == "url" else ""), **headers
        )
        if not holds:
            assert_refused(response, 401, "key_required" if who in ("none", "url") else "invalid_key")
        elif needed not in holds:
            assert_refused(response, 403, "insufficient_scope")
        else:
            assert response.status_code not in (401, 403), (method, path, response.text)


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
@pytest.mark.parametrize("value", ["키".encode(), b"\xff\xfe", b"", b" ", b"gg_" + b"a" * 5000, b"'; --", b"Bearer"])
def test_s3_a_key_that_is_none_is_401(app: FastAPI, header: str, value: bytes) -> None:
    response = call(app, "GET", "/metrics", headers={header: value})
    assert_problem(response, 401, "invalid_key")


def test_bearer_is_written_in_any_case(app: FastAPI, tokens: dict[str, str]) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert (
            call(app, "GET", "/v1/articles", headers={"Authorization": f"{scheme} {tokens['ask']}"}).status_code == 200
        )


def test_a_running_server_takes_up_new_and_revoked_keys(app: FastAPI, keys: KeyFile) -> None:
    key, token = keys.create("나중", [Scope.ASK])
    assert call(app, "GET", "/v1/articles", headers={"X-API-Key": token}).status_code == 200
    keys.revoke(key.id)
    assert_problem(call(app, "GET", "/v1/articles", headers={"X-API-Key": token}), 401, "invalid_key")


def test_the_first_key_closes_the_door_and_revoking_it_does_not_open_it(tmp_path: Path, keys: KeyFile) -> None:
    app = make_service(tmp_path, Options(keys=keys))
    assert call(app, "GET", "/v1/articles").status_code == 200
    key, _ = keys.create("첫째", [Scope.ASK])
    assert_problem(call(app, "GET", "/v1/articles"), 401, "key_required")
    keys.revoke(key.id)
    assert_problem(call(app, "GET", "/v1/articles"), 401, "key_required")


def test_a_damaged_key_file_lets_nobody_in_and_health_answers(
    app: FastAPI, keys: KeyFile, tokens: dict[str, str]
) -> None:
    keys.path.write_bytes(b"{")
    assert_problem(call(app, "GET", "/v1/articles", headers={"X-API-Key": tokens["admin"]}), 503, "keys_unreadable")
    assert_problem(call(app, "GET", "/v1/articles"), 503, "keys_unreadable")
    assert call(app, "GET", "/healthz").status_code == 200


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", "2001:db8::1", "testclient"])
def test_s2_without_keys_other_machines_get_nothing(tmp_path: Path, address: str) -> None:
    app = make_service(tmp_path)

    async def step() -> list[int]:
        async with client_of(app, address=address) as client:
            return [(await client.get(path)).status_code for path in ("/v1/articles", "/metrics", "/docs", "/healthz")]

    assert asyncio.run(step()) == [401, 401, 401, 200]


def test_jobs_are_their_owners(app: FastAPI, keys: KeyFile, tokens: dict[str, str]) -> None:
    _, other = keys.create("다른 사람", [Scope.WRITE])
    headers = {"X-API-Key": tokens["write"], "Prefer": "respond-async"}
    job = call(app, "POST", "/v1/articles", body={"articles": [{"id": "가", "text": "가나다"}]}, headers=headers)
    for token, status, jobs in ((tokens["write"], 200, 1), (other, 404, 0), (tokens["admin"], 200, 1)):
        assert call(app, "GET", job.headers["location"], headers={"X-API-Key": token}).status_code == status
        assert len(call(app, "GET", "/v1/jobs", headers={"X-API-Key": token}).json()["jobs"]) == jobs


def test_s7_exact_scores_are_for_admin(app: FastAPI, tokens: dict[str, str]) -> None:
    question = {"question": "부두의 길이는 2.5㎞다"}
    for path in ("/v1/query", "/v1/search"):
        exact, coarse = (
            call(app, "POST", path, body=question, headers={"X-API-Key": tokens[who]}).json()
            for who in ("admin", "ask")
        )
        numbers = [value for hit in coarse["passages"] for value in hit["scores"].values() if value is not None]
        numbers += [coarse[name] for name in ("confidence",) if name in coarse]
        assert numbers
        assert all(value == round(value, 2) for value in numbers)
        assert [hit["id"] for hit in coarse["passages"]] == [hit["id"] for hit in exact["passages"]]
        assert any(value != round(value, 2) for hit in exact["passages"] for value in hit["scores"].values())


MORE = 100_000
MANY = [pytest.mark.full, pytest.mark.alone]  # what they leave in memory shows in a process of its own alone


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the requests take, no time passes in which another would be allowed."""
    monkeypatch.setitem(RateLimits.__init__.__kwdefaults__, "clock", Clock())


class TestRates:
    def test_a_burst_then_steadily(self) -> None:
        clock = Clock()
        limits = RateLimits(2.0, 5, clock=clock)
        assert [limits.take("a") for _ in range(6)] == [0, 0, 0, 0, 0, 0.5]
        clock.now += 0.5
        assert [limits.take("a"), limits.take("a")] == [0, 0.5]
        assert limits.take("b") == 0
        clock.now += 3600
        assert [bool(limits.take("a")) for _ in range(6)] == [False] * 5 + [True]

    @pytest.mark.parametrize("addresses", [11_000, pytest.param(MORE, marks=MANY)])
    def test_s8_the_table_has_an_end(self, addresses: int) -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        limits = RateLimits(1.0, 1)
        for number in range(addresses):
            limits.take(f"address {number}")
        assert len(limits) == 10_000
        if addresses == MORE:
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB

    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            ("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("::1", "::/64"),
            ("::ffff:192.0.2.7", "192.0.2.7"), ("unix", "unix"),
        ],
    )  # fmt: skip
    def test_an_ipv6_client_is_its_network(self, address: str, expected: str) -> None:
        assert network(address) == expected

    @pytest.mark.usefixtures("stopped_clock")
    def test_h17_over_the_rate_is_429(self, tmp_path: Path, keys: KeyFile) -> None:
        (_, first), (_, second) = keys.create("가", [Scope.ASK]), keys.create("나", [Scope.ASK])
        app = make_service(tmp_path, Options(keys=keys, limits=Limits(rate=0.5, burst=3)))

        async def step() -> list[httpx.Response]:
            async with client_of(app, **{"X-API-Key": first}) as client:
                return [await client.get("/v1/articles") for _ in range(5)]

        replies = asyncio.run(step())
        assert [reply.status_code for reply in replies] == [200, 200, 200, 429, 429]
        assert_problem(replies[-1], 429, "rate_limited")
        assert replies[-1].headers["retry-after"] == "2"
        assert call(app, "GET", "/v1/articles", headers={"X-API-Key": second}).status_code == 200
        assert call(app, "GET", "/healthz").status_code == 200

    @pytest.mark.usefixtures("stopped_clock")
    def test_s8_a_forwarded_address_is_not_believed(
        self, tmp_path: Path, keys: KeyFile, tokens: dict[str, str]
    ) -> None:
        app = make_service(tmp_path, Options(keys=keys))

        async def step() -> list[str]:
            async with client_of(app, address="192.0.2.7") as client:
                codes = []
                for number in range(30):
                    headers = {
                        "X-API-Key": f"gg_{number}",
                        "X-Forwarded-For": f"198.51.100.{number}",
                        "Forwarded": "for=1.2.3.4",
                    }
                    codes.append((await client.get("/v1/articles", headers=headers)).json()["code"])
                codes.append(str((await client.get("/v1/articles", headers={"X-API-Key": tokens["ask"]})).status_code))
                return codes

        codes = asyncio.run(step())
        assert codes == ["invalid_key"] * 20 + ["rate_limited"] * 10 + ["200"]  # a good key is let in all the same

    @pytest.mark.parametrize("addresses", [10_000, pytest.param(MORE, marks=MANY)])
    @pytest.mark.usefixtures("stopped_clock")
    def test_s8_many_forwarded_addresses(self, addresses: int) -> None:
        access = Access(None, rate=50, burst=200)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        refused = 0
        for number in range(addresses):
            forwarded = (b"x-forwarded-for", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}".encode())
            scope = {
                "path": "/v1/query",
                "method": "POST",
                "headers": [forwarded],
                "client": ("127.0.0.1", 1),
                "state": {},
            }
            try:
                access.check(scope)
            except ProblemError:
                refused += 1
        assert refused > 0.9 * addresses
        assert len(access.rates) == 1
        if addresses == MORE:
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


class TestBrowser:
    @pytest.mark.parametrize(
        ("host", "status"),
        [
            ("localhost", 200), ("LOCALHOST:8000", 200), ("localhost.", 200), ("127.0.0.1:8000", 200), ("[::1]:8000", 200),
            ("192.0.2.1", 200), ("geungeo.example", 200), ("Geungeo.Example:443", 200), ("evil.example", 421),
            ("localhost.evil.example", 421), ("geungeo.example.evil", 421), ("127.0.0.1.evil.example", 421), ("", 421),
            ("a@localhost", 421), ("127.0.0.1@evil.example", 421), ("[evil]", 421), ("한글", 421),
        ],
    )  # fmt: skip
    def test_s19_hosts(self, tmp_path: Path, host: str, status: int) -> None:
        app = make_service(tmp_path, Options(hosts=("geungeo.example",)))
        response = call(app, "GET", "/v1/articles", headers={"Host": host.encode()})
        assert response.status_code == status
        if status == 421:
            assert_problem(response, 421, "host_not_allowed")

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 200), ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1"}, 200), ({"Sec-Fetch-Site": "none"}, 200),
            ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403), ({"Sec-Fetch-Site": MARKER.encode()}, 403),
            ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": "http://127.0.0.1:1"}, 403),
        ],
    )  # fmt: skip
    def test_s19_writes_from_other_sites(self, tmp_path: Path, headers: dict[str, Any], status: int) -> None:
        app = make_service(tmp_path)
        for method, path, body in (
            ("POST", "/v1/query", {"question": "부두의 길이는"}), ("POST", "/v1/articles", {"articles": [{"id": "가", "text": "가"}]}),
        ):  # fmt: skip
            response = call(app, method, path, body=body, headers=headers)
            assert response.status_code == status, response.text
        assert call(app, "GET", "/v1/articles", headers=headers).status_code == 200

    def test_s19_no_cors_and_no_cookies(self, tmp_path: Path) -> None:
        app = make_service(tmp_path)
        asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        for method in ("OPTIONS", "GET"):
            response = call(app, method, "/v1/articles", headers=asked)
            names = {name.lower() for name in response.headers}
            assert not any(name.startswith("access-control-") for name in names)
            assert "set-cookie" not in names

    def test_s14_every_response_carries_the_policy(self, app: FastAPI, tokens: dict[str, str]) -> None:
        replies = [sent(app, method, path, **{"X-API-Key": tokens["admin"]}) for method, path in NEEDS]
        replies += [sent(app, method, path) for method, path in NEEDS]
        replies += [
            call(app, "GET", "/%FF"),
            call(app, "GET", "/", headers={"Host": "x"}),
            call(app, "PATCH", "/healthz"),
        ]
        for reply in replies:
            policy = reply.headers["content-security-policy"]
            if reply.request.url.path != "/docs" or reply.status_code != 200:
                assert policy == CONTENT_SECURITY_POLICY
            assert "default-src 'none'" in policy
            assert not re.search(r"script-src[^;]*unsafe|\*", policy)
            assert reply.headers["x-content-type-options"] == "nosniff"
            assert reply.headers["referrer-policy"] == "no-referrer"

    def test_s12_nothing_stored_is_served_as_a_page(self, tmp_path: Path) -> None:
        app = make_service(tmp_path)
        article = {"id": "x.html", "title": "<script>", "text": "<script>alert(1)</script> 글이다."}
        call(app, "POST", "/v1/articles", body={"articles": [article]})
        response = call(app, "GET", "/v1/articles/x.html", headers={"Accept": "text/html"})
        assert response.headers["content-type"] == "application/json"
        assert response.headers["cache-control"] == "no-store"
