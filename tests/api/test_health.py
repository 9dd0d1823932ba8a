"""F37: liveness never lies and never blocks; readiness is false with a reason. And ten times the load, in small (F24)."""

import asyncio
import threading
from pathlib import Path

import httpx
import pytest

from api.app import Options, create_app
from api.limits import Limits
from index.errors import CorruptIndexError, EncoderMismatchError, ModelError, StorageError
from index.store.store import DATABASE
from tests.support.api_fakes import FakePipeline, call
from tests.support.service_fakes import make_backend, make_service, with_client


def test_f24_ten_times_the_load_is_refused_in_part_and_health_answers() -> None:
    """Of each hundred questions twenty are held; they are answered once the others have been refused."""
    gate = threading.Event()

    class Waiting(FakePipeline):
        def _fail(self) -> None:
            gate.wait(60)

    limits = Limits(questions=20, questions_per_caller=20, question_threads=2, rate=1e6, burst=10**6)
    app = create_app(Waiting(), Options(limits=limits))

    async def step(client: httpx.AsyncClient) -> tuple[list[int], int]:
        statuses: list[int] = []
        health = 0

        async def ask() -> None:
            response = await client.post("/v1/query", json={"question": "공사비는"})
            statuses.append(response.status_code)
            if response.status_code != 200:
                assert response.json()["code"] == "busy"
                assert response.headers["retry-after"]

        async def watch() -> None:
            nonlocal health
            while True:
                assert (await client.get("/healthz")).status_code == 200
                health += 1
                await asyncio.sleep(0.02)

        watching = asyncio.create_task(watch())
        for _ in range(3):
            gate.clear()
            asking, answered = [asyncio.create_task(ask()) for _ in range(100)], health
            while sum(request.done() for request in asking) < 80 or health < answered + 2:
                await asyncio.sleep(0.01)
            gate.set()
            await asyncio.gather(*asking)
        watching.cancel()
        return statuses, health

    statuses, health = with_client(app, step)
    assert (statuses.count(200), statuses.count(503)) == (60, 240)
    assert health >= 6  # while the questions wait


def test_one_caller_does_not_take_every_place() -> None:
    gate = threading.Event()

    class Waiting(FakePipeline):
        def _fail(self) -> None:
            gate.wait(60)

    app = create_app(Waiting(), Options(limits=Limits(questions=10, questions_per_caller=2)))

    async def step(client: httpx.AsyncClient) -> list[int]:
        asking = [asyncio.create_task(client.post("/v1/query", json={"question": "공사비"})) for _ in range(5)]
        while sum(request.done() for request in asking) < 3:
            await asyncio.sleep(0.005)
        gate.set()
        return [response.status_code for response in await asyncio.gather(*asking)]

    assert sorted(with_client(app, step)) == [200, 200, 503, 503, 503]


def test_f37_while_loading_and_while_articles_come_in(tmp_path: Path) -> None:
    gate = threading.Event()

    def load() -> FakePipeline:
        gate.wait(60)
        return FakePipeline()

    app = create_app(load)

    async def step(client: httpx.AsyncClient) -> None:
        async with app.router.lifespan_context(app):
            assert (await client.get("/healthz")).status_code == 200
            loading = await client.get("/readyz")
            assert (loading.status_code, loading.json()["code"]) == (503, "loading")
            gate.set()
            while (await client.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.01)
        stopping = await client.get("/readyz")
        assert (stopping.status_code, stopping.json()["code"]) == (503, "shutting_down")
        assert (await client.get("/healthz")).status_code == 200

    with_client(app, step)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CorruptIndexError("", ""), "index_corrupt"), (EncoderMismatchError("", ""), "embedder_mismatch"),
        (ModelError("", ""), "model_unavailable"), (StorageError("", ""), "storage_unavailable"),
        (RuntimeError(""), "internal"),
    ],
)  # fmt: skip
def test_f37_what_stopped_it_from_loading_is_the_reason(error: Exception, code: str) -> None:
    def load() -> FakePipeline:
        raise error

    app = create_app(load)

    async def step(client: httpx.AsyncClient) -> None:
        async with app.router.lifespan_context(app):
            for _ in range(6_000):
                ready = await client.get("/readyz")
                if ready.json()["code"] != "loading":
                    break
                await asyncio.sleep(0.01)
            assert (ready.status_code, ready.json()["code"]) == (503, code)
            assert (await client.get("/healthz")).status_code == 200

    with_client(app, step)


def test_f37_a_damaged_index_does_not_start(tmp_path: Path) -> None:
    make_backend(tmp_path).close()
    for path in tmp_path.glob("generations/*/vectors.faiss"):
        path.write_bytes(b"")
    (tmp_path / DATABASE).write_bytes(b"no database" * 1000)
    app = create_app(lambda: make_backend(tmp_path))

    async def step(client: httpx.AsyncClient) -> None:
        async with app.router.lifespan_context(app):
            for _ in range(6_000):
                ready = await client.get("/readyz")
                if ready.json().get("code") != "loading":
                    break
                await asyncio.sleep(0.01)
            assert (ready.status_code, ready.json()["code"]) == (503, "index_corrupt")
            assert (await client.get("/healthz")).status_code == 200

    with_client(app, step)


def test_f37_a_full_disk_stops_writing_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_service(tmp_path)

    monkeypatch.setenv("FAILPOINT", "publish.fsync:1:enospc")
    monkeypatch.setattr("index.system.failpoints._counts", {})
    assert call(app, "PUT", "/v1/articles/가", body={"text": "가나다라"}).status_code == 507
    assert [call(app, "GET", path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
    assert call(app, "POST", "/v1/query", body={"question": "부두의 길이는"}).status_code == 200
