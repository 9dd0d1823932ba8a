"""The problems of putting articles in."""

from api.limits import MAX_UPLOAD_FILES
from api.problem_kind import ProblemKind, problem_kind

WRITING_KINDS: dict[str, ProblemKind] = {
    "invalid_multipart": problem_kind(
        400,
        ("멀티파트 본문이 아닙니다", "Not a multipart body"),
        ("multipart/form-data(RFC 7578)로 읽을 수 없습니다.", "It cannot be read as multipart/form-data (RFC 7578)."),
    ),
    "too_many_parts": problem_kind(
        413,
        ("파일이나 항목이 너무 많습니다", "Too many files or fields"),
        (f"한 번에 파일 {MAX_UPLOAD_FILES}개까지 보낼 수 있습니다.", f"At most {MAX_UPLOAD_FILES} files at a time."),
    ),
    "unsupported_type": problem_kind(
        415,
        ("읽을 수 없는 종류의 파일입니다", "A type of file that cannot be read"),
        ("`geungeo index`가 읽는 파일만 올릴 수 있습니다.", "Only files that `geungeo index` reads can be uploaded."),
    ),
    "unreadable": problem_kind(
        422,
        ("글로 읽을 수 없습니다", "Cannot be read as an article"),
        ("글의 내용이나 인코딩을 확인해 주세요.", "Check what the article holds and how it is encoded."),
    ),
    "empty_document": problem_kind(
        422,
        ("글이 비어 있습니다", "The document is empty"),
        ("눈에 보이는 글자가 하나도 없습니다.", "It holds no visible character."),
    ),
    "unknown_encoding": problem_kind(
        422,
        ("문자 인코딩을 알 수 없습니다", "Unknown character encoding"),
        (
            "UTF-8, UTF-16(BOM 있음), CP949/EUC-KR 글이 아닙니다. UTF-8로 저장해 다시 보내 주세요.",
            "It is no text in UTF-8, UTF-16 with a byte-order mark, or CP949/EUC-KR. Save it as UTF-8 and send it again.",
        ),
    ),
    "parse_failed": problem_kind(
        422,
        ("글을 분석하지 못했습니다", "The article could not be analysed"),
        (
            "이 글을 읽다가 분석기가 멈췄거나 메모리가 모자랐습니다. 이상한 글자가 길게 이어지는 곳이 없는지 보세요.",
            "The analysis crashed or ran out of memory on it. Look for long runs of unusual characters.",
        ),
    ),
    "parse_timeout": problem_kind(
        422,
        ("글을 분석하는 데 너무 오래 걸립니다", "Analysing the article takes too long"),
        ("글을 나누어 넣어 주세요.", "Split the article."),
    ),
    "decompression_limit": problem_kind(
        422,
        ("압축을 풀면 너무 큽니다", "Too large when unpacked"),
        ("압축을 풀어 나누어 올려 주세요.", "Unpack it and upload it in parts."),
    ),
    "duplicate_id": problem_kind(
        422,
        ("같은 id가 두 번 있습니다", "The same id twice"),
        ("한 묶음 안에서는 글마다 id가 달라야 합니다.", "Within a batch each article needs an id of its own."),
    ),
    "id_mismatch": problem_kind(
        422,
        ("주소의 id와 본문의 id가 다릅니다", "The id in the body is not the one in the URL"),
        ("본문의 id를 빼거나 같게 해 주세요.", "Leave the id out of the body, or make them equal."),
    ),
    "idempotency_mismatch": problem_kind(
        422,
        ("같은 Idempotency-Key로 다른 요청이 왔습니다", "Idempotency-Key was used for another request"),
        ("요청마다 새 Idempotency-Key를 쓰세요.", "Use a new Idempotency-Key for each request."),
    ),
    "read_only": problem_kind(
        503,
        ("이 서버는 읽기만 합니다", "This server only reads"),
        (
            "글을 넣거나 지울 수 없게 띄웠거나, 자료 폴더에 쓸 권한이 없습니다. 뒤의 것이면 서버에서 폴더의 권한을 고쳐 주세요.",
            "It was started without a way to change articles, or may not write its data folder; then mend the folder's "
            "permissions on the server.",
        ),
    ),
}
