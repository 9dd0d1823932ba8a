"""What comes late, torn, twice or not at all: the page says so and leaves the reader where they are."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.page.test_browser import QUESTION, RENT_ANSWER, SEED, answer_of, upload
from tests.support.browser_fixtures import Visit, import_playwright

expect = import_playwright().expect
pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
PROBLEM = {"title": "저장할 수 없습니다", "detail": "디스크가 찼습니다.", "code": "disk_full", "status": 507}
# ``fetch`` of a question gives the chunks of ``window.__streams`` one after another; "tear" breaks the connection
# and a number waits so many milliseconds.
STREAMS = """
window.__streams = [];
window.__asked = 0;
const real = window.fetch;
window.fetch = (path, options) => {
  if (!String(path).endsWith("query/stream")) return real(path, options);
  window.__asked += 1;
  const chunks = window.__streams.length > 1 ? window.__streams.shift() : window.__streams[0];
  const { signal } = options;
  const body = new ReadableStream({
    async start(control) {
      signal.addEventListener("abort", () => { try { control.error(signal.reason); } catch {} });
      for (const chunk of chunks) {
        if (signal.aborted) return;
        if (typeof chunk === "number") await new Promise((then) => setTimeout(then, chunk));
        else if (chunk === "tear") return control.error(new TypeError("network error"));
        else control.enqueue(new TextEncoder().encode(chunk));
      }
      if (!signal.aborted) control.close();
    },
  });
  return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
};
"""


def event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def refusal(question: str, **more: Any) -> dict[str, Any]:
    return {"question": question, "answered": False, "reason": "low_support", "answer": None, "citations": [],
            "passages": [], "expansions": []} | more  # fmt: skip


def streamed(visit: Visits, *streams: list[Any], **said: str) -> Any:
    own = visit()
    own.context.add_init_script(STREAMS + f"window.__streams = {json.dumps(streams)};")
    return own.open(**said)


def ask(page: Any, question: str) -> None:
    page.fill("#question", question)
    page.keyboard.press("Enter")


class TestStreams:
    def test_a_torn_stream_is_said_in_the_readers_language(self, visit: Visits) -> None:
        page = streamed(visit, [event("stage", {"stage": "retrieve"}), 50, "tear"])
        ask(page, QUESTION)
        expect(page.locator(".problem-title")).to_have_text("서비스에 연결할 수 없습니다")
        assert "network error" not in page.text_content("#result")

    def test_what_was_cited_stays_where_the_stream_is_torn_after_it(self, visit: Visits) -> None:
        whole = answer_of(RENT_ANSWER)
        page = streamed(visit, [event("answer", whole), event("citations", {}), 100, "tear"])
        ask(page, "월세 지원은 얼마인가요?")
        page.wait_for_selector(".problem")
        assert page.locator(".findings > li").count() == 2

    def test_a_line_end_in_two_pieces_is_one(self, visit: Visits) -> None:
        said = event("done", refusal("무엇?")).replace("\n", "\r\n")
        cut = said.index("\r\n\r\n") + 1
        page = streamed(visit, [said[:cut], 50, said[cut:]])
        ask(page, "무엇?")
        expect(page.locator("#result .abstain")).to_be_visible()

    def test_nothing_is_busy_once_the_question_is_left(self, visit: Visits) -> None:
        page = streamed(visit, [60_000])
        ask(page, QUESTION)
        page.wait_for_selector(".progress")
        page.click(".brand")
        expect(page.locator("#result")).to_have_attribute("aria-busy", "false")
        expect(page.locator("#result")).to_be_empty()

    def test_an_answer_that_is_asked_anew_is_not_overtaken_by_the_former(self, visit: Visits) -> None:
        added = {"added": ["한빛전자"], "completed": "한빛전자 대표는?"}
        early = refusal("대표는?", **added)
        late = early | {"written": [{"text": "가", "citations": []}]}
        page = streamed(
            visit,
            [event("answer", early), event("citations", {}), 700, event("done", late)],
            [event("done", refusal("대표는?"))],
        )
        ask(page, "대표는?")
        page.click(".included button")
        expect(page.locator(".included")).to_have_count(0)
        page.wait_for_timeout(1000)
        assert page.locator(".included").count() == 0


class TestUploads:
    def test_a_busy_service_gets_the_files_later(self, visit: Visits) -> None:
        page = visit().open()
        sent = []

        def busy(route: Any) -> None:
            sent.append(route)
            if len(sent) == 1:
                route.fulfill(status=429, headers={"Retry-After": "1"}, body=json.dumps(PROBLEM | {"status": 429}))
            else:
                route.fulfill(json={"id": "j", "state": "done", "done": 1, "total": 1, "failed": 0,
                                    "results": [{"id": SEED, "status": "unchanged"}]})  # fmt: skip

        page.route("**/v1/files", busy)
        upload(page, 가_txt="가")
        assert page.text_content(".upload-state") == "글 1건을 받았습니다"


class TestErrorsAreSeen:
    def test_a_gateways_own_error_is_not_taken_for_a_lost_connection(self, visit: Visits) -> None:
        page = visit().open()
        page.route("**/v1/query/stream", lambda route: route.fulfill(status=502, json={"message": "bad gateway"}))
        ask(page, QUESTION)
        expect(page.locator(".problem-title")).to_have_text("문제가 생겼습니다")
        expect(page.locator(".problem")).to_contain_text("502")
