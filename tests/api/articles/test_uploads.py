"""Files over HTTP: rows H12, H14, H16 and T1-T3, T7, T10-T12 of docs/testing.md, S10 and S11 as far as routes exist."""

import gzip
import json
import tempfile
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from python_multipart.multipart import MultipartParser

from api.articles.uploads import _Reader, display_name, stem_of, suffix_of
from tests.support import hwp_files
from tests.support.api_fakes import MARKER, assert_problem, call
from tests.support.service_fakes import job_of, make_service, with_client

TEXT = "한빛대교가 준공됐다. 한빛대교 공사비는 320억원이었다."
File = tuple[str, bytes]


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return make_service(tmp_path / "data")


def upload(app: FastAPI, *files: File, **fields: str) -> dict[str, Any]:
    """The finished job."""

    async def step(client: httpx.AsyncClient) -> dict[str, Any]:
        return await job_of(client, await send(client, *files, **fields))

    job: dict[str, Any] = with_client(app, step)
    return job


async def send(client: httpx.AsyncClient, *files: File, **fields: str) -> httpx.Response:
    return await client.post("/v1/files", files=[("files", (name, data)) for name, data in files], data=fields)


def article(app: FastAPI, article_id: str) -> dict[str, Any]:
    body: dict[str, Any] = call(app, "GET", f"/v1/articles/{article_id}").json()
    return body


def test_a_text_file_is_asked_about(app: FastAPI, tmp_path: Path) -> None:
    job = upload(app, ("다리.txt", TEXT.encode()), title="한빛대교", source="한빛일보", published_at="2021-05-04")
    assert (job["state"], job["done"], job["total"]) == ("done", 1, 1)
    assert job["results"] == [{"id": "다리", "status": "created", "error": None, "notice": None}]
    found = article(app, "다리")
    assert (found["title"], found["source"], found["published_at"]) == ("한빛대교", "한빛일보", "2021-05-04")
    answer = call(app, "POST", "/v1/query", body={"question": "한빛대교 공사비는 320억원이었다"}).json()
    assert answer["citations"][0]["article_id"] == "다리"
    assert list((tmp_path / "data" / "uploads").iterdir()) == []


def test_what_a_reader_left_out_is_told_with_the_result(app: FastAPI) -> None:
    damaged = hwp_files.hwpx(hwp_files.p(hwp_files.t("다리 공사비는 320억원이다.")), "<hp:p>")
    (result,) = upload(app, ("다리.hwpx", damaged))["results"]
    assert (result["status"], result["error"]) == ("created", None)
    assert result["notice"].startswith("2구역을 읽지 못했습니다")


def test_several_files_and_lines(app: FastAPI) -> None:
    lines = [{"id": f"줄-{number}", "title": "제목", "text": f"{number}번째 글이다."} for number in range(3)]
    data = "\n".join(json.dumps(line) for line in [*lines, {"id": "나쁨"}]).encode()
    job = upload(
        app,
        ("a.md", b"# \xec\xa0\x9c\xeb\xaa\xa9\n\nbody."),
        ("b.jsonl", data),
        ("c.jsonl.gz", gzip.compress(data)),
        ("d.png", b"x"),
    )
    assert (job["state"], job["failed"]) == ("done", 3)
    by_id = {result["id"]: result for result in job["results"]}
    assert by_id["줄-2"]["status"] == "created"
    assert by_id["b.jsonl:4"]["error"]["code"] == "unreadable"
    assert by_id["d.png"]["error"]["code"] == "unsupported_type"
    assert article(app, "a")["title"] == "제목"
    assert article(app, "줄-1")["title"] == "제목"


def test_the_same_file_again_is_unchanged(app: FastAPI) -> None:
    assert upload(app, ("다리.txt", TEXT.encode()))["results"][0]["status"] == "created"
    assert upload(app, ("다리.txt", TEXT.encode()))["results"][0]["status"] == "unchanged"
    assert upload(app, ("다리.txt", TEXT.encode() + b"."))["results"][0]["status"] == "replaced"


NAMES = [  # row, file name, id
    ("H14-up", "../../x.txt", "x"), ("H14-absolute", "/etc/passwd.txt", "passwd"), ("H14-windows", "C:\\dir\\x.txt", "x"),
    ("H14-mixed", "..\\../a/..\\x.txt", "x"), ("H14-rtl", "\u202excod.txt", "xcod"), ("H14-zero-width", "x\u200b.txt", "x"),
    ("H14-con", "CON.txt", "CON"), ("H14-dots", "....txt", "file"), ("H14-only-suffix", ".txt", "file"),
    ("H14-fillers", "\u3164.txt", "file"), ("H14-spaces", "  x  .txt", "x"), ("H14-upper", "X.TXT", "X"),
    ("H14-nfd", unicodedata.normalize("NFD", "한글" * 40) + ".txt", "한글" * 40), ("H14-long", "가" * 300 + ".txt", "가" * 200),
    ("H14-slash-inside", "a/b.txt", "b"), ("H14-quote", "a'b.txt", "a'b"), ("H14-markup", "<img src=x>.txt", "<img src=x>"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "article_id"), [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
def test_s11_file_names(app: FastAPI, tmp_path: Path, name: str, article_id: str) -> None:
    outside = {path for path in tmp_path.rglob("*") if "data" not in path.parts}
    assert stem_of(display_name(name)) == article_id
    job = upload(app, (name, TEXT.encode()))
    assert job["results"] == [{"id": article_id, "status": "created", "error": None, "notice": None}]
    assert {path for path in tmp_path.rglob("*") if "data" not in path.parts} == outside
    assert list((tmp_path / "data" / "uploads").iterdir()) == []


@pytest.mark.parametrize("name", ["x\x00.txt", "x\n.txt", "x\x1b[31m.txt"])
def test_names_with_controls_are_cleaned(name: str) -> None:
    assert display_name(name) in ("x.txt", "x[31m.txt")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        pytest.param("a.txt", b"", "empty_document", id="H16-empty"),
        pytest.param("a.txt", b"\xef\xbb\xbf", "empty_document", id="H16-bom-only"),
        pytest.param("a.txt", b"\xff\xfe", "empty_document", id="H16-utf16-bom-only"),
        pytest.param("a.txt", b" \n\xe3\x85\xa4", "empty_document", id="H16-blank"),
        pytest.param("a.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "unknown_encoding", id="H16-png-renamed"),
        pytest.param("a.jsonl", b"{", "unreadable", id="H16-no-json"),
        pytest.param("a.jsonl.gz", b"no gzip", "unreadable", id="H16-no-gzip"),
        pytest.param("a.jsonl.gz", gzip.compress(b"x" * 100)[:-12], "unreadable", id="H16-cut-gzip"),
        pytest.param("a.jsonl.gz", gzip.compress(b" " * 50_000_000), "decompression_limit", id="S10-gzip-bomb"),
        pytest.param("a.txt", "가나다".encode("utf-16-le"), "unknown_encoding", id="T3-utf16-no-bom"),
        pytest.param("a.txt", "가나다".encode() + b"\xea\xb0", "unknown_encoding", id="T3-cut-syllable"),
        pytest.param("a.txt", "안녕하세요".encode("johab"), "unknown_encoding", id="T2-johab"),
        pytest.param("a.jsonl", b'{"id": "a", "text": "\\ud800"}', "unreadable", id="T7-surrogate"),
    ],
)  # fmt: skip
def test_h16_files_that_cannot_be_read(app: FastAPI, name: str, data: bytes, code: str) -> None:
    start = time.process_time()
    job = upload(app, (name, data))
    assert time.process_time() - start < 5
    assert (job["state"], job["failed"]) == ("done", len(job["results"]))
    assert {result["error"]["code"] for result in job["results"]} == {code}
    assert all(result["id"].startswith(name) for result in job["results"])
    assert "/tmp" not in json.dumps(job)


@pytest.mark.parametrize("name", ["a.html", "a.hwp", "a.docx", "a.exe", "a", "a.txt.exe", "a.jsonl.zip"])
def test_h16_types_that_are_not_read(app: FastAPI, name: str) -> None:
    async def step(client: httpx.AsyncClient) -> httpx.Response:
        return await send(client, (name, TEXT.encode()))

    if not suffix_of(display_name(name)):  # what `geungeo index` learns to read leaves this list
        assert_problem(with_client(app, step), 415, "unsupported_type")


READS = [  # row, bytes, text as it is stored
    ("T1-nfd", unicodedata.normalize("NFD", "한글 문서다.").encode(), "한글 문서다."),
    ("T2-cp949", "똠방각하가 왔다. 한글로 쓴 글이다.".encode("cp949"), "똠방각하가 왔다. 한글로 쓴 글이다."),
    ("T2-utf8-bom", b"\xef\xbb\xbf" + "한글이다.".encode(), "한글이다."),
    ("T3-utf16-bom", "한글이다.".encode("utf-16"), "한글이다."),
    ("T4-jamo", "ㅋㅋㅠㅠ ㄱㅅ ㄱㅏ 한글이다.".encode(), "ㅋㅋㅠㅠ ㄱㅅ ㄱㅏ 한글이다."),
    ("T8-compatibility", "樂１２３㎏㈜\u00a0\u3000한글이다.".encode(), "樂１２３㎏㈜\u00a0\u3000한글이다."),
    ("T9-emoji", "👨\u200d👩\u200d👧 🇰🇷 𠀀 한글이다.".encode(), "👨\u200d👩\u200d👧 🇰🇷 𠀀 한글이다."),
    ("T12-old-hangul", "ᄒᆞᆫ글 문서다.".encode(), "ᄒᆞᆫ글 문서다."),
    ("T12-zalgo", ("가" + "\u0301" * 1000 + " 한글이다.").encode(), "가" + "\u0301" * 1000 + " 한글이다."),
    ("T12-rtl", "שלום 한글이다.".encode(), "שלום 한글이다."),
]  # fmt: skip


@pytest.mark.parametrize(("data", "text"), [row[1:] for row in READS], ids=[row[0] for row in READS])
def test_texts_are_stored_as_they_are(app: FastAPI, data: bytes, text: str) -> None:
    assert upload(app, ("a.txt", data))["results"][0]["status"] == "created"
    assert article(app, "a")["text"] == text


@pytest.mark.parametrize("characters", [30_000, pytest.param(100_000, marks=pytest.mark.full)])
@pytest.mark.parametrize(
    ("repeated", "end"),
    [
        pytest.param("가", "", id="T10-no-end"), pytest.param("보통", "", id="T10-repeated"),
        pytest.param(".", "", id="T10-dots"), pytest.param("\n", "끝", id="T10-newlines"),
        pytest.param("QUJD", "", id="T10-base64"),
    ],
)  # fmt: skip
def test_t10_monotonous_texts_end_in_time(app: FastAPI, repeated: str, end: str, characters: int) -> None:
    """Through HTTP and the store; Kiwi itself has its own tests (test_index_sentences.py)."""
    text = repeated * (characters // len(repeated)) + end
    start = time.process_time()
    assert upload(app, ("a.txt", text.encode()))["state"] == "done"
    assert time.process_time() - start < max(3.0, characters / 20_000)


def body(*parts: bytes, end: bytes = b"--B--\r\n") -> bytes:
    return b"".join(b"--B\r\n" + part + b"\r\n" for part in parts) + end


def part(name: str, data: bytes, filename: str | None = None, *more: str) -> bytes:
    named = f'; filename="{filename}"' if filename else ""
    lines = [f'Content-Disposition: form-data; name="{name}"{named}', *more]
    return "\r\n".join([*lines, "", ""]).encode() + data


KIND = {"Content-Type": "multipart/form-data; boundary=B"}
FILE = part("files", TEXT.encode(), "a.txt")
MULTIPART: list[tuple[str, bytes, dict[str, str], int, str]] = [
    ("no-final-boundary", body(FILE, end=b""), KIND, 400, "invalid_multipart"),
    ("empty", b"", KIND, 400, "invalid_multipart"), ("no-boundary", b"x", {"Content-Type": "multipart/form-data"}, 400, "invalid_multipart"),
    ("long-boundary", b"x", {"Content-Type": "multipart/form-data; boundary=" + "B" * 3000}, 400, "invalid_multipart"),
    ("other-boundary", body(FILE).replace(b"--B", b"--C"), KIND, 400, "invalid_multipart"),
    ("garbage", b"\x00\xff" * 1000, KIND, 400, "invalid_multipart"),
    ("no-name", body(b"Content-Disposition: form-data\r\n\r\nx"), KIND, 400, "invalid_multipart"),
    ("no-disposition", body(b"X: y\r\n\r\nx"), KIND, 400, "invalid_multipart"),
    ("1-mb-header", body(part("files", b"x", "a.txt", "X: " + "y" * 1_000_000)), KIND, 400, "invalid_multipart"),
    ("many-headers", body(part("files", b"x", "a.txt", *(f"X-{n}: y" for n in range(1000)))), KIND, 400, "invalid_multipart"),
    ("10000-files", body(*[part("files", b"x", "a.txt")] * 10_000), KIND, 413, "too_many_parts"),
    ("10000-fields", body(*[part(f"f{n}", b"x") for n in range(10_000)]), KIND, 413, "too_many_parts"),
    ("10000-times-one-field", body(*[part("title", b"x")] * 10_000, FILE), KIND, 413, "too_many_parts"),
    ("long-field", body(part("title", b"x" * 1_000_000), FILE), KIND, 413, "body_too_large"),
    ("no-file", body(part("title", b"x")), KIND, 422, "invalid_request"),
    ("unknown-field", body(part(MARKER, b"x"), FILE), KIND, 422, "invalid_request"),
    ("bad-date", body(part("published_at", MARKER.encode()), FILE), KIND, 422, "invalid_request"),
    ("long-title", body(part("title", b"x" * 2001), FILE), KIND, 422, "invalid_request"),
    ("bytes-title", body(part("title", b"\xff\xfe"), FILE), KIND, 422, "invalid_unicode"),
    ("bytes-name", body(part("files", TEXT.encode(), "a.txt").replace(b"a.txt", b"\xb0\xa1.txt")), KIND, 422, "invalid_unicode"),
    ("json", b"{}", {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
    ("mixed", body(FILE), {"Content-Type": "multipart/mixed; boundary=B"}, 415, "unsupported_media_type"),
    ("gzip", body(FILE), KIND | {"Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "headers", "status", "code"), [row[1:] for row in MULTIPART], ids=[f"H12-{row[0]}" for row in MULTIPART]
)
def test_multipart_that_is_refused(
    app: FastAPI, tmp_path: Path, data: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    start = time.process_time()
    response = call(app, "POST", "/v1/files", content=data, headers=headers)
    pointer = "" if response.json()["errors"] else None
    assert_problem(response, status, code, pointer)
    assert time.process_time() - start < 1
    assert list((tmp_path / "data").glob("uploads/*")) == []


@pytest.mark.parametrize(
    "data",
    [b"\r\n" * 500_000 + body(FILE), body(FILE) + b"\r\n" * 500_000, body(FILE) + b"x" * 1_000_000],
    ids=["H12-preamble", "H12-epilogue", "H12-epilogue-text"],
)
def test_what_stands_around_the_parts_costs_little(app: FastAPI, data: bytes) -> None:
    start = time.process_time()
    response = call(app, "POST", "/v1/files", content=data, headers=KIND)
    assert response.status_code in (202, 400)
    assert time.process_time() - start < 2


def test_a_starred_file_name_is_not_taken_for_a_name(app: FastAPI) -> None:
    starred = FILE.replace(b'filename="a.txt"', b"filename*=UTF-8''..%2F..%2Fx.txt")
    response = call(app, "POST", "/v1/files", content=body(starred), headers=KIND)
    assert response.status_code in (202, 422)


def test_a_body_past_the_limit_is_cut_off_and_leaves_nothing(
    app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.articles.uploads.MAX_UPLOAD_BYTES", 300_000)
    sent = 0

    async def drip() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--B\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        for _ in range(100):
            sent += 1
            yield b"x" * 65536

    response = call(app, "POST", "/v1/files", content=drip(), headers=KIND)
    assert_problem(response, 413, "body_too_large", "")
    assert sent == 5
    assert list((tmp_path / "data").glob("uploads/*")) == []


def test_h12_the_event_loop_goes_on_while_a_body_is_parsed(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """H12: of a body full of what looks like boundaries no piece is taken apart, or written, in the loop's own thread."""
    monkeypatch.setattr(app.state.services.writer, "submit", lambda *_: None)  # nobody waits for them to be read
    parsing, writing = MultipartParser.write, _Reader.on_part_data
    parsed, written = Counter[int](), Counter[int]()

    def parse(parser: MultipartParser, piece: bytes) -> int:
        parsed[threading.get_ident()] += 1
        return parsing(parser, piece)

    def write(reader: _Reader, *part: Any) -> None:
        written[threading.get_ident()] += 1
        writing(reader, *part)

    monkeypatch.setattr(MultipartParser, "write", parse)
    monkeypatch.setattr(_Reader, "on_part_data", write)
    parts = body(*[part("files", b"\r\n-" * 66_000, f"{number}.txt") for number in range(4)])

    async def step(client: httpx.AsyncClient) -> int:
        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(parts), 65536):
                yield parts[start : start + 65536]

        assert (await client.post("/v1/files", content=pieces(), headers=KIND)).status_code == 202
        return threading.get_ident()

    loop = with_client(app, step)
    assert parsed.total() == -(-len(parts) // 65536)
    assert written.total() > 0
    assert loop not in parsed | written


def test_a_full_disk_is_507_before_anything_is_taken(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    assert_problem(call(app, "POST", "/v1/files", content=body(FILE), headers=KIND), 507, "storage_unavailable")
