"""Bodies, replies, jobs and caches have bounds in bytes, and what is large is read under admission and off the loop."""

import asyncio
import errno
import http.client
import json
import logging
import threading
import time
import tracemalloc
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import ClientDisconnect, Request

from api.answering.readiness import PipelineHolder
from api.answering.threads import DaemonPool
from api.app import Options
from api.articles import uploads
from api.articles.jobs import ItemError, ItemResult, Job, JobTable
from api.articles.requests import read_batch
from api.articles.writer import Writer
from api.http.body import Room, while_wanted
from api.http.idempotency import Replies, Reply, Sent
from api.limits import MAX_CHAT_BYTES, MIB, Limits
from api.problems.problems import ProblemError
from index.articles import Article
from index.errors import ReadError
from index.reading.plain_text.fitting import MAX_LINE, MAX_TEXT
from index.reading.reader_child import Read
from index.reading.reader_process import ReaderProcess
from tests.support.api_fakes import FakePipeline, assert_problem, call
from tests.support.live_server import answering
from tests.support.service_fakes import client_of, job_of, make_backend, make_service, with_client
from tests.support.waiting import traced, wait_until


def test_a_batch_of_16_mb_is_read_in_a_moment() -> None:
    text = "한빛대교가 준공됐다. " * 500
    batch = {"articles": [{"id": str(number), "text": text} for number in range(1000)]}
    data = json.dumps(batch, ensure_ascii=False).encode()
    assert len(data) > 13 * MIB
    started = time.process_time()
    assert len(read_batch(data)) == 1000
    assert time.process_time() - started < 4  # a minute before


@pytest.mark.parametrize("field", ["title", "source", "url", "text"])
def test_too_long_over_http(tmp_path: Path, field: str) -> None:
    app = make_service(tmp_path / "data")
    body = {"text": "글이다.", field: "가" * ((MAX_TEXT if field == "text" else MAX_LINE) + 1)}
    response = call(app, "PUT", "/v1/articles/a", content=json.dumps(body, ensure_ascii=False).encode())
    assert_problem(response, 422, "invalid_request", f"/{field}")


def test_a_title_of_many_sentences_over_http(tmp_path: Path) -> None:
    body = {"text": "글이다.", "title": "문장이다. " * 30}
    assert_problem(
        call(make_service(tmp_path / "data"), "PUT", "/v1/articles/a", body=body), 422, "invalid_request", "/title"
    )


def test_a_chat_has_the_room_of_a_question(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "가" * MAX_CHAT_BYTES}]
    response = call(make_service(tmp_path / "data"), "POST", "/v1/chat/completions", body={"messages": turns})
    assert response.status_code == 413


def test_bodies_have_one_room() -> None:
    room = Room(10)
    with room.hold(20), pytest.raises(ProblemError, match="busy"), room.hold(1):  # alone
        pass
    with room.hold(5), room.hold(5), pytest.raises(ProblemError, match="busy"), room.hold(1):
        pass
    assert room.held == 0


def test_a_batch_without_room_is_refused_before_it_is_read(tmp_path: Path) -> None:
    app = make_service(tmp_path / "data")
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield b"{}"

    with app.state.services.bodies.hold(64 * MIB):
        assert_problem(call(app, "POST", "/v1/articles", content=body()), 503, "busy")
    assert read == 0


def test_who_waits_for_another_s_reply_holds_no_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app, taken = make_service(tmp_path / "data"), list[int]()
    monkeypatch.setattr(Sent, "take", lambda self, take=Sent.take: (taken.append(1), take(self))[1])
    content = json.dumps({"articles": [{"id": "가", "text": "가나다", "unknown": "x" * 4 * MIB}]}).encode()

    async def post(client: httpx.AsyncClient) -> httpx.Response:
        headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
        return await client.post("/v1/articles", content=content, headers=headers)

    async def step(client: httpx.AsyncClient) -> tuple[int, list[httpx.Response]]:
        reading = threading.Event()
        app.state.services.readers.submit(reading.wait, 60)  # the first one's turn comes later
        before = tracemalloc.get_traced_memory()[0]
        sent = [asyncio.create_task(post(client)) for _ in range(8)]
        while len(taken) < 8:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        held = tracemalloc.get_traced_memory()[0] - before
        reading.set()
        return held, await asyncio.gather(*sent)

    with traced():
        held, replies = with_client(app, step)
    assert held < 3 * len(content)
    assert [reply.status_code for reply in replies] == [200] * 8
    assert len({reply.content for reply in replies}) == 1


def test_a_listing_is_not_made_for_whoever_has_left_nor_for_too_many(tmp_path: Path) -> None:
    app = make_service(tmp_path / "data", Options(limits=Limits(lookups=3, lookups_per_caller=3)))
    services = app.state.services

    async def step(client: httpx.AsyncClient) -> list[int]:
        looking = threading.Event()
        services.lookups._pool.submit(looking.wait, 60)
        paths = ("/v1/articles", "/v1/sources", "/v1/articles/%EA%B0%80", "/v1/articles?q=%EA%B0%80")
        sent = [asyncio.create_task(client.get(path)) for path in paths]
        done, _ = await asyncio.wait(sent, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        statuses = [task.result().status_code for task in done]
        health = (await client.get("/healthz")).status_code
        looking.set()
        found = [response.status_code for response in await asyncio.gather(*sent)]
        return [*statuses, health, *sorted(found)]

    assert with_client(app, step) == [503, 200, 200, 200, 404, 503]


def test_who_leaves_is_not_read_for() -> None:
    readers, begun, ended = DaemonPool(1, "reading"), threading.Event(), threading.Event()
    left = False

    async def receive() -> dict[str, Any]:
        while not left:
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def run() -> None:
        nonlocal left
        request = Request({"type": "http"}, receive)
        asyncio.get_running_loop().run_in_executor(readers, ended.wait, 60)  # another's
        left = True
        with pytest.raises(ClientDisconnect):
            await while_wanted(request, readers, begun.set)

    asyncio.run(run())
    ended.set()
    assert readers.submit(begun.is_set).result(60) is False


def test_what_is_cancelled_keeps_nothing_in_the_queue() -> None:
    class Body:
        """As large as any."""

    pool, go_on, body = DaemonPool(1, "reading"), threading.Event(), Body()
    pool.submit(go_on.wait, 60)
    kept = weakref.ref(body)
    waiting = pool.submit(id, body)
    del body
    assert kept() is not None
    assert waiting.cancel()
    assert kept() is None
    last = pool.submit(go_on.is_set)
    go_on.set()
    assert last.result(60)


def test_no_task_waits_for_another_while_there_is_room_for_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the one thread has just taken the first and has not got further yet."""
    pool, both = DaemonPool(2, "reading"), threading.Barrier(2)
    get, taken, go_on = pool._work.get, threading.Event(), threading.Event()

    class Work:
        """A queue whose readers stand still when they have taken something."""

        put, qsize = pool._work.put, pool._work.qsize

        def get(self) -> object:
            work = get()
            taken.set()
            go_on.wait(60)
            return work

    monkeypatch.setattr(pool, "_work", Work())
    first = pool.submit(both.wait, 30)
    assert taken.wait(60)
    second = pool.submit(both.wait, 30)
    go_on.set()
    assert {first.result(60), second.result(60)} == {0, 1}


def test_replies_are_kept_by_their_bytes() -> None:
    replies = Replies(MIB)
    for number in range(100):
        future, is_first = replies.begin("a", str(number), b"")
        assert is_first
        future.set_result(Reply(200, b"x" * 100_000))
        replies.keep("a", str(number))
        assert replies.held <= MIB
    assert not replies.begin("a", "99", b"")[1]
    assert replies.begin("a", "1", b"")[1]


def test_jobs_are_kept_by_their_bytes() -> None:
    jobs = JobTable(200, 100_000)
    failed = ItemResult("a" * 100, "failed", ItemError("unreadable", "가" * 100, "a" * 100))
    for _ in range(50):
        job = Job("me")
        job.tell([failed] * 100, 100, 100)
        job.finished.set_result(None)
        jobs.add(job)
    assert 1 <= len(jobs.newest(None, 200)) < 5


def test_what_is_told_of_a_job_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job of a thousand results is long to count, and every new one would count all again in the event loop."""
    counted: list[str] = []
    monkeypatch.setattr(Job, "size", property(lambda job: len(counted.append(job.id) or job.id)))
    jobs = JobTable(10, 1_000_000)
    for _ in range(30):
        job = Job("me")
        job.finished.set_result(None)
        jobs.add(job)
    assert len(counted) == len(set(counted)) == 30
    assert len(jobs.newest(None, 200)) == len(jobs._sizes) == 10


def test_a_panic_of_a_library_fails_its_job_and_the_next_is_done() -> None:
    class PanicException(BaseException):
        """What a Rust library raises where it gives up."""

    def panic(job: Job) -> None:
        raise PanicException

    writer, first, second = Writer(2, 1), Job("a"), Job("a")
    writer.submit(first, panic)
    first.finished.result(60)
    assert first.state == "failed"
    with pytest.raises(ProblemError):
        first.require_success()
    writer.submit(second, lambda job: None)
    second.finished.result(60)
    assert second.state == "done"
    writer.close(10)


def test_reading_gives_way_to_questions() -> None:
    asked = 1
    writer = Writer(1, 1, lambda: asked)
    started = time.thread_time(), time.monotonic()
    for _ in writer.until_closed(range(30)):
        until = time.thread_time() + 0.01
        while time.thread_time() < until:
            pass
    assert time.monotonic() - started[1] > (time.thread_time() - started[0]) + 0.05


def test_an_upload_of_nothing_but_errors_is_short(tmp_path: Path) -> None:
    app = make_service(tmp_path / "data")

    async def step(client: httpx.AsyncClient) -> tuple[dict[str, Any], int]:
        sent = await client.post("/v1/files", files=[("files", ("a.jsonl", b"x\n" * 1_000_000))])
        job = await job_of(client, sent, 60)
        return job, len((await client.get(f"/v1/jobs/{job['id']}")).content)

    started = time.process_time()
    job, size = with_client(app, step)
    assert time.process_time() - started < 10
    assert (job["failed"], len(job["results"]), job["left_out"]) == (1001, 100, 901)
    assert size < 100_000


def test_a_full_disk_answers_507_while_the_client_still_sends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, *_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(uploads._Reader, "on_part_data", full)
    body = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        + b"a" * 6_000_000
        + b"\r\n--x--\r\n"
    )
    with answering(lambda: make_backend(tmp_path / "data")) as url:
        client = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
        client.request("POST", "/v1/files", body, {"Content-Type": "multipart/form-data; boundary=x"})
        response = client.getresponse()
        assert (response.status, json.loads(response.read())["code"]) == (507, "storage_unavailable")


def test_loading_has_a_deadline(caplog: pytest.LogCaptureFixture) -> None:
    go_on = threading.Event()

    def load() -> FakePipeline:
        go_on.wait(60)
        return FakePipeline()

    holder = PipelineHolder(load, 0.1)
    with caplog.at_level(logging.ERROR):
        holder.start()
        wait_until(lambda: "loading has taken more than" in caplog.text)
    assert "go_on.wait(60)" in caplog.text
    with pytest.raises(ProblemError, match="loading_late"):
        holder.get()
    go_on.set()
    wait_until(lambda: holder.current is not None)


def test_health_goes_on_beside_long_bodies(tmp_path: Path) -> None:
    """A chat of a megabyte stopped everything for two seconds, a batch of values for a minute; of the processor, for a clock
    would count whatever else the machine does.
    """
    app = make_service(tmp_path / "data", Options(limits=Limits(rate=1e6, burst=10**6)))
    values = b'{"articles": [' + b"[]," * 2_000_000 + b"0]}"
    chat = b'{"messages": [' + b'{"role":"user","content":""},' * 2000 + b"0]}"

    async def run() -> float:
        async with client_of(app) as client:
            headers = {"Content-Type": "application/json"}
            sent = [client.post("/v1/articles", content=values, headers=headers) for _ in range(2)]
            sent += [client.post("/v1/chat/completions", content=chat, headers=headers) for _ in range(8)]
            work = asyncio.gather(*sent)
            longest = 0.0
            while not work.done():
                started = time.process_time()
                assert (await client.get("/healthz")).status_code == 200
                longest = max(longest, time.process_time() - started)
                await asyncio.sleep(0.01)
            assert {response.status_code for response in await work} <= {400, 413, 422, 503}
            return longest

    assert asyncio.run(run()) < 2


def test_the_id_of_an_article_that_is_too_long_is_cut(tmp_path: Path) -> None:
    long = Article("가" * 10_000, "", "글이다.")
    backend = make_backend(tmp_path / "data")
    assert backend.library is not None
    report, _ = backend.library.store([long])
    assert len(report.failures[0].where) < 1000
    backend.close()


def test_documents_of_one_upload_that_cannot_be_read_have_a_time_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(self: ReaderProcess, *_: object) -> Read:
        self.spent += 30.0
        raise ReadError("오래 걸립니다.", "took too long.")

    monkeypatch.setattr(ReaderProcess, "read", stopped)
    app = make_service(tmp_path / "data")
    pages = [("files", (f"{number:02}.pdf", b"%PDF-1.4")) for number in range(15)]
    sent = [*pages, ("files", ("글.txt", "읽히는 글이다.".encode()))]

    async def step(client: httpx.AsyncClient) -> Any:
        return await job_of(client, await client.post("/v1/files", files=sent))

    results = with_client(app, step)["results"]
    told = [str(result["error"]) for result in results]
    assert (len(told), sum("보지 않았습니다" in one for one in told)) == (16, 6)
