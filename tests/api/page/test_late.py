"""What comes late, torn, twice or not at all: the page says so and leaves the reader where they are."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.page.test_browser import QUESTION, RENT, RENT_ANSWER, SEED, answer_of, upload
from tests.support.browser_fixtures import Service, Visit, import_playwright, until

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


def is_patch(route: Any) -> bool:
    return bool(route.request.method == "PATCH")


def is_delete(route: Any) -> bool:
    return bool(route.request.method == "DELETE")


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

    def test_a_late_answer_leaves_the_reader_where_they_are(self, visit: Visits, service: Service) -> None:
        article = service.article(SEED)
        quote_ = article["text"][1069:1136]
        citation = RENT_ANSWER["citations"][0] | {"article_id": SEED, "start": 1069, "end": 1136, "quote": quote_,
                                                  "highlights": []}  # fmt: skip
        early = answer_of({"citations": [citation]})
        done = event("done", early | {"written": [{"text": "다 쓴 답", "citations": [0]}]})
        page = streamed(visit, [event("answer", early), event("citations", {}), 2500, done])
        ask(page, QUESTION)
        page.click(".source .opener")
        page.wait_for_selector("mark.cited")
        page.eval_on_selector(".pane-scroll", "pane => { pane.scrollTop = 0; }")
        page.focus("#question")
        expect(page.locator(".written")).to_contain_text("다 쓴 답")
        page.wait_for_timeout(300)
        assert page.evaluate("document.activeElement.id") == "question"
        assert page.eval_on_selector(".pane-scroll", "pane => pane.scrollTop") == 0
        page.keyboard.press("Escape")
        page.wait_for_selector("#article", state="hidden")
        assert page.evaluate("document.activeElement.className") == "opener"  # the one drawn anew


class TestPlaces:
    def test_the_same_question_again_is_no_further_step_back(self, visit: Visits) -> None:
        page = streamed(visit, [event("done", refusal("무엇?"))])
        ask(page, "무엇?")
        expect(page.locator("#result .abstain")).to_be_visible()
        steps = page.evaluate("history.length")
        ask(page, "무엇?")
        page.wait_for_function("window.__asked === 2")
        assert page.evaluate("history.length") == steps

    def test_escape_that_drops_a_composed_letter_leaves_the_article_open(self, visit: Visits) -> None:
        page = visit().open(article=SEED)
        page.wait_for_selector(".article-text")
        press = "new KeyboardEvent('keydown', {key: 'Escape', bubbles: true, isComposing: %s})"
        page.evaluate(f"document.getElementById('question').dispatchEvent({press % 'true'})")
        assert page.is_visible("#article")
        page.evaluate(f"document.getElementById('question').dispatchEvent({press % 'false'})")
        page.wait_for_selector("#article", state="hidden")

    def test_a_wrong_period_in_the_closed_panel_is_shown(self, visit: Visits) -> None:
        page = visit().open()
        page.click(".filter-toggle")
        page.fill("#filter-from", "2024-02-01")
        page.fill("#filter-to", "2024-01-01")
        page.click(".filter-toggle")
        expect(page.locator("#filter-panel")).to_be_hidden()
        ask(page, QUESTION)
        expect(page.locator("#filter-panel")).to_be_visible()
        expect(page.locator("#filter-to")).to_be_focused()

    def test_the_start_is_looked_at_anew_after_the_library_and_after_a_failure(self, visit: Visits) -> None:
        own = visit()
        own.page.route("**/v1/articles?*", lambda route: route.abort())
        page = own.open()
        expect(page.locator("#welcome")).to_contain_text("서비스에 연결할 수 없습니다")
        page.unroute("**/v1/articles?*")
        page.click("#nav-library")
        page.wait_for_selector(".row")
        page.click("#nav-ask")
        page.wait_for_selector(".example")


class TestUploads:
    def test_files_that_were_not_even_sent_are_told_of(self, visit: Visits, tmp_path: Path) -> None:
        page = visit().open()
        page.route("**/v1/files", lambda route: route.abort())
        files = [{"name": f"쪽지-{n}.txt", "mimeType": "text/plain", "buffer": b"x"} for n in range(230)]
        page.set_input_files("#files", files)
        expect(page.locator(".upload-state")).to_contain_text("읽지 못함 230건")

    def test_a_job_is_followed_over_a_lost_connection_and_a_failure_is_said_aloud(
        self, visit: Visits, service: Service
    ) -> None:
        page = visit().open()
        asked = []

        def lose(route: Any) -> None:
            asked.append(time.monotonic())
            if len(asked) < 3:
                route.abort()
            else:
                route.fulfill(json={"id": "j", "state": "done", "done": 1, "total": 1, "failed": 0,
                                    "results": [{"id": SEED, "status": "unchanged"}]})  # fmt: skip

        page.route("**/v1/files", lambda route: route.fulfill(status=202, json={"id": "j", "state": "queued"}))
        page.route("**/v1/jobs/j", lose)
        upload(page, 주차안내_txt="가")
        assert page.text_content(".upload-state") == "글 1건을 받았습니다"
        page.route("**/v1/files", lambda route: route.fulfill(status=507, json=PROBLEM))
        page.set_input_files("#files", {"name": "가.txt", "mimeType": "text/plain", "buffer": b"x"})
        expect(page.locator("#live")).to_contain_text("저장할 수 없습니다")

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

    def test_what_cannot_be_read_when_dropped_is_said(self, visit: Visits) -> None:
        page = visit().open()
        page.evaluate(
            """() => {
              const entry = { name: "휴가.txt", isDirectory: false, file: (_, no) => no(new DOMException("gone")) };
              const folder = { name: "우리 과", isDirectory: true, createReader: () => {
                let given = false;
                return { readEntries: (yes) => { yes(given ? [] : [entry]); given = true; } };
              } };
              const event = new Event("drop", { bubbles: true, cancelable: true });
              event.dataTransfer = { types: ["Files"], files: [], items: [{ webkitGetAsEntry: () => folder }] };
              document.body.dispatchEvent(event);
            }"""
        )
        expect(page.locator(".upload-state")).to_contain_text("읽지 못했습니다")

    def test_no_two_files_of_folders_have_one_name(self, visit: Visits) -> None:
        page = visit().open()
        names = page.evaluate(
            """async () => {
              const base = document.querySelector("script[src$='main.js']").src.replace("main.js", "library/dropped.js");
              const { droppedFiles } = await import(base);
              const file = (name) => ({ name, isDirectory: false, file: (yes) => yes(new File(["x"], name)) });
              const folder = (name, ...all) => ({ name, isDirectory: true, createReader: () => {
                let given = false;
                return { readEntries: (yes) => { yes(given ? [] : all); given = true; } };
              } });
              const entries = [folder("ㄱ", file("공지.txt"), file("ㄴ - 공지.txt")), folder("ㄴ", file("공지.txt")),
                folder("ㄷ", file("공지.txt".normalize("NFD")))];
              const files = await droppedFiles({ items: entries.map((one) => ({ webkitGetAsEntry: () => one })), files: [] });
              return files.map(({ name }) => name.normalize());
            }"""
        )
        assert sorted(names) == ["ㄴ - 공지 (2).txt", "ㄴ - 공지.txt", "ㄷ - 공지.txt", "공지.txt"]


class TestErrorsAreSeen:
    def test_what_an_upload_cannot_edit_is_seen(self, visit: Visits) -> None:
        page = visit().open()
        page.route(
            "**/v1/files",
            lambda route: route.fulfill(json={"id": "j", "state": "done", "done": 1, "total": 1, "failed": 0,
                                              "results": [{"id": SEED, "status": "unchanged"}]}),
        )  # fmt: skip
        upload(page, 가_txt="가")
        page.wait_for_selector(".details-line button")
        page.route(f"**/v1/articles/{SEED}", lambda route: route.fulfill(status=404, json=PROBLEM))
        page.click(".details-line button")
        expect(page.locator(".details-line .error-text")).to_have_text("저장할 수 없습니다")

    def test_a_verdict_is_sent_once_and_what_fails_is_seen(self, visit: Visits) -> None:
        page = visit().ask(QUESTION)
        page.wait_for_selector("body.judge")
        sent = []

        def refuse(route: Any) -> None:
            sent.append(route)
            if route.request.method == "POST" and len(sent) > 1:
                time.sleep(0.2)
                route.fulfill(json={"id": "v1"})
            else:
                route.fulfill(status=507, json=PROBLEM)

        page.route("**/v1/gold**", refuse)
        page.click(".verdict-button >> nth=0")
        expect(page.locator(".verdict .error-text")).to_have_text("저장할 수 없습니다")
        page.evaluate("for (let n = 0; n < 2; n += 1) document.querySelector('.verdict-button').click()")
        expect(page.locator(".verdict")).to_contain_text("저장했습니다")
        assert len(sent) == 2
        page.get_by_role("button", name="되돌리기").click()
        expect(page.locator(".verdict .error-text")).to_have_text("저장할 수 없습니다")
        expect(page.get_by_role("button", name="되돌리기")).to_be_visible()

    def test_that_a_sentence_is_to_be_selected_first_is_seen(self, visit: Visits) -> None:
        page = visit().open(question="", q="무엇?", article=SEED)
        page.wait_for_selector("body.judge")
        page.get_by_role("button", name="이 문장이 맞아요").click()
        expect(page.locator(".pane-head .error-text")).to_have_text("먼저 글에서 문장을 골라 주세요.")

    def test_a_gateways_own_error_is_not_taken_for_a_lost_connection(self, visit: Visits) -> None:
        page = visit().open()
        page.route("**/v1/query/stream", lambda route: route.fulfill(status=502, json={"message": "bad gateway"}))
        ask(page, QUESTION)
        expect(page.locator(".problem-title")).to_have_text("문제가 생겼습니다")
        expect(page.locator(".problem")).to_contain_text("502")

    def test_copying_without_a_clipboard_keeps_the_focus(self, visit: Visits) -> None:
        own = visit()
        own.context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined });")
        page = own.ask(QUESTION)
        page.focus(".answer-foot .tool >> nth=0")
        page.keyboard.press("Enter")
        expect(page.locator(".answer-foot .tool").first).to_contain_text("복사")
        assert page.evaluate("document.activeElement.matches('.answer-foot .tool')")


class TestLibrary:
    def test_what_was_looked_for_before_does_not_come_back_late(self, visit: Visits) -> None:
        own = visit()
        held: list[Any] = []
        samples = "**/v1/articles?*q=kt-*"
        own.page.route(samples, lambda route: held.append(route))
        page = own.open(view="library")
        page.wait_for_selector(".row")
        until(page, lambda: held)
        page.fill("#library-search", "한국형")
        expect(page.locator(".row")).to_have_count(1)
        for route in held:
            route.continue_()
        page.wait_for_timeout(500)
        assert len(held) == 1
        assert page.locator("#view-library .samples").count() == 0

    def test_an_open_article_has_its_new_title_and_the_row_the_focus(self, visit: Visits, service: Service) -> None:
        service.put("월세", "청년 월세 지원 공고", RENT)
        try:
            page = visit().open(view="library")
            page.click("[data-article='월세'] .opener")
            page.wait_for_selector(".article-text")
            page.click("[data-article='월세'] button[aria-label*='고치기']")
            page.fill("dialog input[id$=title]", "월세 공고문")
            page.keyboard.press("Enter")
            expect(page.locator("#article-title")).to_have_text("월세 공고문")
            expect(page.locator("[data-article='월세'] .opener")).to_be_focused()
        finally:
            service.remove("월세")

    def test_what_was_sent_before_the_dialog_was_closed_is_shown(self, visit: Visits, service: Service) -> None:
        service.put("월세", "청년 월세 지원 공고", RENT)
        held: list[Any] = []
        try:
            page = visit().open(view="library")
            page.route("**/v1/articles/*", lambda route: held.append(route) if is_patch(route) else route.continue_())
            page.click("[data-article='월세'] button[aria-label*='고치기']")
            page.fill("dialog input[id$=title]", "월세 공고문")
            page.keyboard.press("Enter")
            until(page, lambda: held)
            page.click("dialog .secondary")
            page.wait_for_selector("dialog", state="detached")
            held[0].continue_()
            expect(page.locator("[data-article='월세'] .opener")).to_have_text("월세 공고문")
        finally:
            service.remove("월세")

    def test_samples_that_could_not_be_removed_say_so(self, visit: Visits) -> None:
        page = visit().open(view="library")
        page.route(
            "**/v1/articles/*",
            lambda route: route.fulfill(status=507, json=PROBLEM) if is_delete(route) else route.continue_(),
        )
        page.click("#view-library .samples button")
        page.wait_for_timeout(1000)  # what is read anew must not take it away
        expect(page.locator("#view-library .samples .error-text")).to_have_text("저장할 수 없습니다")
        expect(page.locator("#view-library .samples button")).to_be_enabled()

    def test_a_long_table_is_cut_in_time(self, visit: Visits) -> None:
        page = visit().open()
        pieces = page.evaluate(
            """async () => {
              const base = document.querySelector("script[src$='main.js']").src.replace("main.js", "base/text.js");
              const { cut } = await import(base);
              const more = Array.from({ length: 40000 }, (_, row) => ({ start: row * 2, end: row * 2 + 2, name: `row ${row}` }));
              const before = performance.now();
              const cuts = cut("가나".repeat(40000), [{ start: 1, end: 5, name: "cited" }], { more });
              return { ms: performance.now() - before, names: cuts.slice(0, 5).map(({ names }) => names), n: cuts.length };
            }"""
        )
        assert pieces["names"] == [["row 0"], ["row 0", "cited"], ["cited", "row 1"], ["cited", "row 2"], ["row 2"]]
        assert pieces["n"] == 40_002
        assert pieces["ms"] < 3000


class TestConditions:
    def test_sources_are_asked_for_anew_and_a_past_period_is_read_as_a_date(self, visit: Visits) -> None:
        page = visit().ask(QUESTION)
        names = iter(["한빛시청", "새빛군청"])
        told = lambda route: route.fulfill(json={"sources": [{"source": next(names), "articles": 1}]})  # noqa: E731
        page.route("**/v1/sources", told)
        page.click(".filter-toggle")
        page.wait_for_selector("#sources option[value=한빛시청]", state="attached")
        page.click(".filter-toggle")
        page.click(".filter-toggle")
        page.wait_for_selector("#sources option[value=새빛군청]", state="attached")
        page.fill("#filter-from", "2024-01-01")
        page.click("#filter-panel button[type=submit]")
        page.wait_for_url("**from=2024-01-01**")
        page.wait_for_selector("#result .card")
        expect(page.locator(".past li").first).to_contain_text("2024년 1월 1일 –")


def test_a_file_name_keeps_its_letters_whole_and_an_offer_its_signs(visit: Visits) -> None:
    question = "$값은? " + "가" * 34 + "😀" * 5
    absent = {"asked": ["값"], "held": ["$& 새 값"]}
    page = streamed(visit, [event("done", refusal(question, reason="qualifier_absent", absent=absent))])
    ask(page, question)
    expect(page.locator(".abstain .example")).to_have_text(question.replace("값", "$& 새 값"))
    page = streamed(visit, [event("done", answer_of(RENT_ANSWER) | {"question": question})])
    ask(page, question)
    with page.expect_download() as coming:
        page.get_by_role("button", name="HTML로 저장").click()
    assert "\ufffd" not in coming.value.suggested_filename
    assert quote("😀") in quote(coming.value.suggested_filename)
