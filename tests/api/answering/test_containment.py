"""What an article may do once it is in: nothing fetched (S9), nobody crowded out (S16), no byte obeyed (T11); and what a
service that was asked much keeps in memory (F25)."""

import gc
import socket
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.app import create_app
from tests.support.api_fakes import FakePipeline, ask, call
from tests.support.service_fakes import make_service

SENTENCE = "한빛대교의 공사비는 320억원이었다."
COPIES = 200


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return make_service(tmp_path)


def put(app: FastAPI, *articles: dict[str, str]) -> None:
    results = call(app, "POST", "/v1/articles", body={"articles": list(articles)}).json()["results"]
    assert {result["status"] for result in results} == {"created"}


def test_s9_no_address_is_ever_fetched(app: FastAPI) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.setblocking(False)
        address = f"http://127.0.0.1:{canary.getsockname()[1]}/"
        put(app, {"id": "가", "title": address, "text": f"{SENTENCE} ![그림]({address}x.png)", "url": address})
        assert call(app, "GET", "/v1/articles/가").json()["url"] == address
        assert ask(app, {"question": f"{address} {SENTENCE}"}).status_code == 200
        assert call(app, "POST", "/v1/articles", body={"url": address}).status_code == 422
        with pytest.raises(BlockingIOError):
            canary.accept()


def test_s16_many_copies_of_one_text_leave_room_for_the_others(app: FastAPI) -> None:
    blocker = (
        "한빛대교 공사비 공사비 한빛대교 공사비는 아무도 모른다고 어느 누군가 시청 앞 마당에서 열린 모임에서 "
        "여러 사람이 듣는 가운데 큰 소리로 여러 번 말했다."
    )
    put(app, {"id": "참", "title": "한빛대교", "text": SENTENCE})
    put(app, *({"id": f"막음-{number}", "title": "공사비", "text": f"{blocker} {number}"} for number in range(COPIES)))
    found = ask(app, {"question": "한빛대교의 공사비는 얼마인가?", "top_k": 5}, "/v1/search").json()["passages"]
    assert "참" in {hit["article_id"] for hit in found}
    copies = [hit for hit in found if hit["article_id"].startswith("막음-")]
    assert len(copies) <= 1
    assert all(duplicate["article_id"].startswith("막음-") for hit in copies for duplicate in hit["duplicates"])


CONTROLS = "\x00\x01\x07\x08\x0b\x0c\x1b[31m\x7f\x85\x9b"


def test_t11_control_characters_are_kept_and_never_raw_in_a_response(app: FastAPI) -> None:
    """Offsets count in the text as it came; JSON writes what a terminal would obey as an escape."""
    text = f"한빛{CONTROLS}대교가 준공됐다. {SENTENCE}"
    put(app, {"id": "가", "title": f"제목{CONTROLS}", "text": text})
    response = call(app, "GET", "/v1/articles/가")
    assert response.json()["text"] == text
    assert not any(byte < 0x20 for byte in response.content)
    answer = ask(app, {"question": f"한빛대교의 {CONTROLS} 공사비는 320억원이었다"}).json()
    [citation] = [citation for citation in answer["citations"] if citation["quote"] == SENTENCE]
    assert text[citation["start"] : citation["end"]] == SENTENCE


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.alone
@pytest.mark.parametrize("requests", [300, pytest.param(30_000, marks=pytest.mark.full)])
def test_f25_asking_much_keeps_nothing(requests: int) -> None:
    """Answers, refusals and metrics of many requests, each of them new; the full one takes minutes."""
    app = create_app(FakePipeline())

    def work(count: int, name: str) -> None:
        for number in range(count):
            ask(app, {"question": f"공사비는 {name} {number}"})
            call(app, "GET", f"/{name}/{number}")
        gc.collect()

    work(100, "warm")
    app.state.services.holder.current.asked.clear()
    before = resident()
    work(requests // 2, "measured")
    app.state.services.holder.current.asked.clear()
    gc.collect()
    assert resident() - before < 8_000_000
