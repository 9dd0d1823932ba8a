"""Every problem the service answers with: its code, its status, and what it says in both languages.

The texts are ours from beginning to end: nothing a client sent, no file name and no error message goes into them.
"""

from dataclasses import dataclass

from api.limits import MAX_HEAD_BYTES, MAX_HEADERS, MAX_UPLOAD_FILES, MAX_URL_BYTES
from api.schemas.questions import MAX_QUESTION_LENGTH


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """Titles and details by language; ``retry_after`` is in seconds."""

    status: int
    title: dict[str, str]
    detail: dict[str, str]
    retry_after: int | None = None
    unplaced: dict[str, str] | None = None  # instead of the detail, where no line is known


def _kind(
    status: int,
    title: tuple[str, str],
    detail: tuple[str, str],
    retry_after: int | None = None,
    unplaced: tuple[str, str] | None = None,
) -> ProblemKind:
    """Make a kind of texts in pairs, Korean and English; a detail may hold ``{line}``, ``{column}`` and ``{limit}``."""
    titles, details = (dict(zip(("ko", "en"), texts, strict=True)) for texts in (title, detail))
    without = None if unplaced is None else dict(zip(("ko", "en"), unplaced, strict=True))
    return ProblemKind(status, titles, details, retry_after, without)


_WRITING: dict[str, ProblemKind] = {
    "invalid_multipart": _kind(
        400,
        ("멀티파트 본문이 아닙니다", "Not a multipart body"),
        ("multipart/form-data(RFC 7578)로 읽을 수 없습니다.", "It cannot be read as multipart/form-data (RFC 7578)."),
    ),
    "too_many_parts": _kind(
        413,
        ("파일이나 항목이 너무 많습니다", "Too many files or fields"),
        (f"한 번에 파일 {MAX_UPLOAD_FILES}개까지 보낼 수 있습니다.", f"At most {MAX_UPLOAD_FILES} files at a time."),
    ),
    "unsupported_type": _kind(
        415,
        ("읽을 수 없는 종류의 파일입니다", "A type of file that cannot be read"),
        ("`geungeo index`가 읽는 파일만 올릴 수 있습니다.", "Only files that `geungeo index` reads can be uploaded."),
    ),
    "original_not_kept": _kind(
        404,
        ("원본 파일이 없습니다", "The original file is not kept"),
        (
            "이 글의 원본 파일은 보관되어 있지 않습니다. GEUNGEO_ORIGINALS=1로 켠 뒤에 넣은 파일만 보관합니다.",
            "The file this article was read from is not kept. Files are that come in where GEUNGEO_ORIGINALS=1 is set.",
        ),
    ),
    "gold_off": _kind(
        409,
        ("맞음·틀림을 저장하지 않습니다", "Verdicts are not kept here"),
        ("이 서비스를 GEUNGEO_GOLD=1로 켜면 저장합니다.", "They are where the service runs with GEUNGEO_GOLD=1."),
    ),
    "gold_full": _kind(
        409,
        ("맞음·틀림이 너무 많습니다", "Too many verdicts"),
        (
            "평가 세트로 내려받고 몇 개를 지운 뒤 다시 해 주세요.",
            "Download them as an evaluation set and delete some first.",
        ),
    ),
    "other_collection": _kind(
        403,
        ("이 키의 모음이 아닙니다", "Not a collection of this key"),
        (
            "이 키로 쓸 수 있는 모음이 아니거나, 같은 id의 글이 다른 모음에 있습니다. 모음이나 id를 바꾸세요.",
            "This key may not write to that collection, or an article of another one has this id. Change either.",
        ),
    ),
    "unreadable": _kind(
        422,
        ("글로 읽을 수 없습니다", "Cannot be read as an article"),
        ("글의 내용이나 인코딩을 확인해 주세요.", "Check what the article holds and how it is encoded."),
    ),
    "empty_document": _kind(
        422,
        ("글이 비어 있습니다", "The document is empty"),
        ("눈에 보이는 글자가 하나도 없습니다.", "It holds no visible character."),
    ),
    "unknown_encoding": _kind(
        422,
        ("문자 인코딩을 알 수 없습니다", "Unknown character encoding"),
        (
            "UTF-8, UTF-16(BOM 있음), CP949/EUC-KR 글이 아닙니다. UTF-8로 저장해 다시 보내 주세요.",
            "It is no text in UTF-8, UTF-16 with a byte-order mark, or CP949/EUC-KR. Save it as UTF-8 and send it again.",
        ),
    ),
    "parse_failed": _kind(
        422,
        ("글을 분석하지 못했습니다", "The article could not be analysed"),
        (
            "이 글을 읽다가 분석기가 멈췄거나 메모리가 모자랐습니다. 이상한 글자가 길게 이어지는 곳이 없는지 보세요.",
            "The analysis crashed or ran out of memory on it. Look for long runs of unusual characters.",
        ),
    ),
    "parse_timeout": _kind(
        422,
        ("글을 분석하는 데 너무 오래 걸립니다", "Analysing the article takes too long"),
        ("글을 나누어 넣어 주세요.", "Split the article."),
    ),
    "decompression_limit": _kind(
        422,
        ("압축을 풀면 너무 큽니다", "Too large when unpacked"),
        ("압축을 풀어 나누어 올려 주세요.", "Unpack it and upload it in parts."),
    ),
    "duplicate_id": _kind(
        422,
        ("같은 id가 두 번 있습니다", "The same id twice"),
        ("한 묶음 안에서는 글마다 id가 달라야 합니다.", "Within a batch each article needs an id of its own."),
    ),
    "id_mismatch": _kind(
        422,
        ("주소의 id와 본문의 id가 다릅니다", "The id in the body is not the one in the URL"),
        ("본문의 id를 빼거나 같게 해 주세요.", "Leave the id out of the body, or make them equal."),
    ),
    "idempotency_mismatch": _kind(
        422,
        ("같은 Idempotency-Key로 다른 요청이 왔습니다", "Idempotency-Key was used for another request"),
        ("요청마다 새 Idempotency-Key를 쓰세요.", "Use a new Idempotency-Key for each request."),
    ),
    "read_only": _kind(
        503,
        ("이 서버는 읽기만 합니다", "This server only reads"),
        (
            "글을 넣거나 지울 수 없게 띄웠거나, 자료 폴더에 쓸 권한이 없습니다. 뒤의 것이면 서버에서 폴더의 권한을 고쳐 주세요.",
            "It was started without a way to change articles, or may not write its data folder; then mend the folder's "
            "permissions on the server.",
        ),
    ),
}


_ACCESS: dict[str, ProblemKind] = {
    "upgrade_unsupported": _kind(
        400,
        ("웹소켓은 쓰지 않습니다", "No websockets here"),
        ("보통의 HTTP 요청으로 보내 주세요.", "Send it as a plain HTTP request."),
    ),
    "key_required": _kind(
        401,
        ("API 키가 필요합니다", "An API key is required"),
        (
            "Authorization: Bearer 키, 또는 X-API-Key: 키를 함께 보내 주세요. 서버에서 `geungeo keys create`로 만듭니다.",
            "Send Authorization: Bearer KEY or X-API-Key: KEY. `geungeo keys create` on the server makes one.",
        ),
    ),
    "invalid_key": _kind(
        401,
        ("쓸 수 없는 API 키입니다", "The API key is not valid"),
        (
            "없거나 폐기된 키입니다. 서버에서 `geungeo keys list`로 확인할 수 있습니다.",
            "There is no such key, or it was revoked. See `geungeo keys list` on the server.",
        ),
    ),
    "insufficient_scope": _kind(
        403,
        ("이 키로는 할 수 없습니다", "The key does not allow this"),
        (
            "더 넓은 권한(ask, write, judge, admin)의 키가 필요합니다.",
            "A key of a wider scope (ask, write, judge, admin) is needed.",
        ),
    ),
    "cross_site": _kind(
        403,
        ("다른 사이트에서 보낸 요청입니다", "Sent from another site"),
        (
            "브라우저에서는 이 서버의 페이지에서만 보낼 수 있습니다.",
            "A browser may send this from this server's own page only.",
        ),
    ),
    "request_timeout": _kind(
        408,
        ("요청이 제때 오지 않았습니다", "The request did not come in time"),
        ("요청을 끝까지, 더 빨리 보내 주세요.", "Send the whole request, and faster."),
    ),
    "url_too_long": _kind(
        414,
        ("주소가 너무 깁니다", "The URL is too long"),
        (f"주소는 {MAX_URL_BYTES:,}바이트까지입니다.", f"A URL has at most {MAX_URL_BYTES:,} bytes."),
    ),
    "host_not_allowed": _kind(
        421,
        ("이 이름으로는 서비스하지 않습니다", "Not served under this name"),
        (
            "서버를 `geungeo serve --allow-host 이름`으로 띄우면 그 이름으로도 부를 수 있습니다.",
            "`geungeo serve --allow-host NAME` lets it be called by that name.",
        ),
    ),
    "rate_limited": _kind(
        429,
        ("요청이 너무 잦습니다", "Too many requests"),
        ("Retry-After에 적힌 초만큼 기다린 뒤에 다시 보내 주세요.", "Wait for the seconds in Retry-After."),
        retry_after=1,
    ),
    "headers_too_large": _kind(
        431,
        ("헤더가 너무 큽니다", "The header fields are too large"),
        (
            f"헤더는 모두 {MAX_HEAD_BYTES:,}바이트, {MAX_HEADERS}개까지입니다.",
            f"Header fields have at most {MAX_HEAD_BYTES:,} bytes and are at most {MAX_HEADERS}.",
        ),
    ),
    "not_implemented": _kind(
        501,
        ("지원하지 않는 HTTP 기능입니다", "An HTTP feature that is not implemented"),
        ("Transfer-Encoding은 chunked만 받습니다.", "Of Transfer-Encoding only chunked is taken."),
    ),
    "deadline_exceeded": _kind(
        503,
        ("제때 답하지 못했습니다", "Not answered in time"),
        ("서버가 바쁩니다. 잠시 뒤에 다시 보내 주세요.", "The server is busy. Please send it again in a moment."),
        retry_after=2,
    ),
    "keys_unreadable": _kind(
        503,
        ("API 키를 확인할 수 없습니다", "API keys cannot be checked"),
        (
            "서버의 keys.json이 손상되었거나 없어졌습니다. 되살리거나, 손상된 것을 지운 뒤 `geungeo keys create`로 다시 만드세요.",
            "keys.json on the server is damaged or gone. Restore it, or delete what is damaged and run `geungeo keys create`.",
        ),
    ),
    "shutting_down": _kind(
        503,
        ("서버가 멈추는 중입니다", "The server is stopping"),
        ("잠시 뒤에 다시 보내 주세요.", "Please send it again in a moment."),
        retry_after=5,
    ),
}


KINDS: dict[str, ProblemKind] = {
    "bad_request": _kind(
        400,
        ("요청을 읽을 수 없습니다", "The request cannot be read"),
        ("HTTP 요청의 형식이 맞지 않습니다.", "The HTTP request is not well formed."),
    ),
    "invalid_json": _kind(
        400,
        ("JSON이 아닙니다", "Not valid JSON"),
        (
            "본문 {line}번째 줄 {column}번째 글자에서 UTF-8 JSON(RFC 8259)으로 읽을 수 없습니다.",
            "The body is not UTF-8 JSON (RFC 8259) at line {line}, column {column}.",
        ),
        unplaced=(
            "본문을 UTF-8 JSON(RFC 8259)으로 읽을 수 없습니다. 무엇이 틀렸는지는 오류 목록에 적혀 있습니다.",
            "The body is not UTF-8 JSON (RFC 8259); the code in errors says what is wrong.",
        ),
    ),
    "not_found": _kind(
        404,
        ("찾을 수 없습니다", "Not found"),
        ("이 주소에는 아무것도 없습니다.", "There is nothing at this address."),
    ),
    "extra_missing": _kind(
        501,
        ("MCP가 설치되어 있지 않습니다", "MCP is not installed"),
        (
            "서버를 돌리는 곳에 설치하고 다시 켜세요: pip install 'geungeo[mcp]'",
            "Install it where the server runs, and start that again: pip install 'geungeo[mcp]'",
        ),
    ),
    "model_not_found": _kind(
        404,
        ("그런 모델이 없습니다", "No such model"),
        ("모델은 geungeo 하나입니다. GET /v1/models 에 있습니다.", "The one model is geungeo; see GET /v1/models."),
    ),
    "method_not_allowed": _kind(
        405,
        ("쓸 수 없는 메서드입니다", "Method not allowed"),
        ("쓸 수 있는 메서드는 Allow 헤더에 있습니다.", "The Allow header lists the methods this address takes."),
    ),
    "body_too_large": _kind(
        413,
        ("본문이 너무 큽니다", "Body too large"),
        (
            "본문은 {limit:,}바이트까지 받습니다.",
            "A body of at most {limit:,} bytes is taken.",
        ),
    ),
    "unsupported_media_type": _kind(
        415,
        ("받을 수 없는 본문 형식입니다", "Unsupported media type"),
        (
            "JSON은 Content-Type: application/json, 파일은 multipart/form-data로, 압축(Content-Encoding) 없이 보내 주세요.",
            "Send JSON as application/json and files as multipart/form-data, without any Content-Encoding.",
        ),
    ),
    "invalid_request": _kind(
        422,
        ("요청에 잘못된 값이 있습니다", "The request has invalid values"),
        ("오류 목록에 적힌 자리를 고쳐 다시 보내 주세요.", "Correct the places listed in errors and send it again."),
    ),
    "invalid_unicode": _kind(
        422,
        ("잘못된 유니코드입니다", "Invalid Unicode"),
        (
            "짝이 없는 서로게이트 등 글자가 아닌 것이 들어 있습니다.",
            "It holds something that is no character, such as a lone surrogate.",
        ),
    ),
    "empty_question": _kind(
        422,
        ("질문이 비어 있습니다", "The question is empty"),
        ("눈에 보이는 글자로 질문을 적어 주세요.", "Write a question with visible characters in question."),
    ),
    "question_too_long": _kind(
        422,
        ("질문이 너무 깁니다", "The question is too long"),
        (
            f"질문은 정규화(NFKC)한 뒤에도 {MAX_QUESTION_LENGTH:,}자를 넘을 수 없습니다.",
            f"A question has at most {MAX_QUESTION_LENGTH:,} characters, also after NFKC.",
        ),
    ),
    "unsupported_parameter": _kind(
        422,
        ("들어줄 수 없는 매개변수입니다", "A parameter that cannot be honoured"),
        (
            "글자로 된 질문 하나에 답 하나만 합니다. 여러 답(n), JSON 답(response_format), 도구 호출(tool_choice), "
            "그림·소리는 빼 주세요. 뺄 자리는 오류 목록에 적혀 있습니다.",
            "One question in text gets one answer in text. Leave out what errors lists: several choices (n), JSON "
            "answers (response_format), calls of tools (tool_choice), pictures or sound.",
        ),
    ),
    "usage": _kind(
        422,
        ("할 수 없는 요청입니다", "The request cannot be done"),
        ("이 색인에는 할 수 없는 요청입니다.", "This index cannot do what was asked."),
    ),
    "internal": _kind(
        500,
        ("서버 안에서 오류가 났습니다", "Internal error"),
        (
            "서버의 잘못입니다. 요청 번호로 서버 기록을 찾을 수 있습니다.",
            "The fault is ours. The request_id leads to the server's log.",
        ),
    ),
    "busy": _kind(
        503,
        ("지금은 질문이 너무 많습니다", "Too many questions at the moment"),
        ("잠시 뒤에 다시 보내 주세요.", "Please send it again in a moment."),
        retry_after=1,
    ),
    "loading": _kind(
        503,
        ("아직 준비하고 있습니다", "Still starting"),
        (
            "색인과 임베딩 모델을 읽고 있습니다. 잠시 뒤에 다시 보내 주세요.",
            "The index and the encoder are being read.",
        ),
        retry_after=2,
    ),
    "loading_late": _kind(
        503,
        ("준비가 너무 오래 걸립니다", "Starting takes too long"),
        (
            "색인과 임베딩 모델을 읽는 일이 끝나지 않습니다. 서버 기록을 보고, 디스크와 메모리를 확인한 뒤 다시 시작하세요.",
            "The index and the encoder have not been read in time. See the server's log, check disk and memory, and restart.",
        ),
        retry_after=10,
    ),
    "locked": _kind(
        503,
        ("다른 작업이 색인을 쓰고 있습니다", "Another process is writing the index"),
        ("그 작업이 끝난 뒤에 다시 보내 주세요.", "Please send it again when that has finished."),
        retry_after=5,
    ),
    "truth_away": _kind(
        503,
        ("글을 두는 데이터베이스에 닿지 않습니다", "The database of the articles is away"),
        (
            "그동안 질문에는 답하지만 글을 넣거나 지울 수 없습니다. 잠시 뒤에 다시 보내 주세요.",
            "Questions are answered meanwhile, but nothing can be written. Please send it again in a while.",
        ),
        retry_after=5,
    ),
    "engine_away": _kind(
        503,
        ("찾는 곳(Milvus)에 닿지 않습니다", "The Milvus that is searched is away"),
        (
            "잠시 뒤에 다시 보내 주세요. 이어지면 서버에서 `geungeo engine verify`로 확인해 주세요.",
            "Please send it again in a while. If it goes on, look with `geungeo engine verify` on the server.",
        ),
        retry_after=5,
    ),
    "model_unavailable": _kind(
        503,
        ("임베딩 모델을 쓸 수 없습니다", "The encoder is unavailable"),
        (
            "서버에서 `geungeo doctor`를 실행하면 까닭과 고치는 법을 알 수 있습니다.",
            "`geungeo doctor` on the server says why, and how to cure it.",
        ),
    ),
    "index_corrupt": _kind(
        503,
        ("색인이 손상되었습니다", "The index is damaged"),
        (
            "손상된 색인으로는 답하지 않습니다. 서버에서 `geungeo doctor`를 실행해 주세요.",
            "A damaged index is not used to answer. Run `geungeo doctor` on the server.",
        ),
    ),
    "embedder_mismatch": _kind(
        503,
        ("색인을 만든 임베딩 모델이 다릅니다", "The index was built by another encoder"),
        (
            "서버에서 색인을 만든 임베딩 모델로 설정하거나 색인을 다시 만들어 주세요. `geungeo doctor`가 알려 줍니다.",
            "Set the encoder that built the index, or rebuild it; `geungeo doctor` on the server says which.",
        ),
    ),
    "storage_unavailable": _kind(
        507,
        ("저장 공간을 쓸 수 없습니다", "Storage is unavailable"),
        (
            "서버의 디스크가 찼거나 쓸 수 없습니다. 서버에서 `geungeo doctor`를 실행해 주세요.",
            "The server's disk is full or cannot be written. Run `geungeo doctor` on the server.",
        ),
    ),
    **_ACCESS,
    **_WRITING,
}
