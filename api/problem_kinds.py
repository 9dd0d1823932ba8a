"""Every problem the service answers with: its code, its status, and what it says in both languages.

The texts are ours from beginning to end: nothing a client sent, no file name and no error message goes into them.
"""

from api.access_kinds import ACCESS_KINDS
from api.problem_kind import ProblemKind
from api.problem_kind import problem_kind as _kind
from api.requests import MAX_QUESTION_LENGTH
from api.writing_kinds import WRITING_KINDS

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
    ),
    "not_found": _kind(
        404,
        ("찾을 수 없습니다", "Not found"),
        ("이 주소에는 아무것도 없습니다.", "There is nothing at this address."),
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
        ("errors에 적힌 자리를 고쳐 다시 보내 주세요.", "Correct the places listed in errors and send it again."),
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
        ("question에 눈에 보이는 글자로 질문을 적어 주세요.", "Write a question with visible characters in question."),
    ),
    "question_too_long": _kind(
        422,
        ("질문이 너무 깁니다", "The question is too long"),
        (
            f"질문은 NFKC로 펼친 뒤에도 {MAX_QUESTION_LENGTH:,}자를 넘을 수 없습니다.",
            f"A question has at most {MAX_QUESTION_LENGTH:,} characters, also after NFKC.",
        ),
    ),
    "unsupported_parameter": _kind(
        422,
        ("들어줄 수 없는 매개변수입니다", "A parameter that cannot be honoured"),
        (
            "글자로 된 질문 하나에 답 하나만 합니다. 여러 답(n), JSON 답(response_format), 도구 호출(tool_choice), "
            "그림·소리는 errors에 적힌 자리에서 빼 주세요.",
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
            "우리 쪽 잘못입니다. request_id로 서버 기록을 찾을 수 있습니다.",
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
        ("색인과 모델을 읽고 있습니다. 잠시 뒤에 다시 보내 주세요.", "The index and the model are being read."),
        retry_after=2,
    ),
    "locked": _kind(
        503,
        ("다른 작업이 색인을 쓰고 있습니다", "Another process is writing the index"),
        ("그 작업이 끝난 뒤에 다시 보내 주세요.", "Please send it again when that has finished."),
        retry_after=5,
    ),
    "model_unavailable": _kind(
        503,
        ("임베딩 모델을 쓸 수 없습니다", "The embedding model is unavailable"),
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
        ("색인을 만든 모델이 다릅니다", "The index was built by another encoder"),
        (
            "서버에서 색인을 만든 모델로 설정하거나 색인을 다시 만들어 주세요. `geungeo doctor`가 알려 줍니다.",
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
    **ACCESS_KINDS,
    **WRITING_KINDS,
}
