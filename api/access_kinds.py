"""The problems of who asks, how often, and in what kind of request."""

from api.limits import MAX_HEAD_BYTES, MAX_HEADERS, MAX_URL_BYTES
from api.problem_kind import ProblemKind, problem_kind

ACCESS_KINDS: dict[str, ProblemKind] = {
    "upgrade_unsupported": problem_kind(
        400,
        ("웹소켓은 쓰지 않습니다", "No websockets here"),
        ("보통의 HTTP 요청으로 보내 주세요.", "Send it as a plain HTTP request."),
    ),
    "key_required": problem_kind(
        401,
        ("API 키가 필요합니다", "An API key is required"),
        (
            "Authorization: Bearer 키, 또는 X-API-Key: 키를 함께 보내 주세요. 서버에서 `geungeo keys create`로 만듭니다.",
            "Send Authorization: Bearer KEY or X-API-Key: KEY. `geungeo keys create` on the server makes one.",
        ),
    ),
    "invalid_key": problem_kind(
        401,
        ("쓸 수 없는 API 키입니다", "The API key is not valid"),
        (
            "없거나 폐기된 키입니다. 서버에서 `geungeo keys list`로 확인할 수 있습니다.",
            "There is no such key, or it was revoked. See `geungeo keys list` on the server.",
        ),
    ),
    "insufficient_scope": problem_kind(
        403,
        ("이 키로는 할 수 없습니다", "The key does not allow this"),
        ("더 넓은 범위(ask, write, admin)의 키가 필요합니다.", "A key of a wider scope (ask, write, admin) is needed."),
    ),
    "cross_site": problem_kind(
        403,
        ("다른 사이트에서 보낸 요청입니다", "Sent from another site"),
        (
            "브라우저에서는 이 서버의 페이지에서만 보낼 수 있습니다.",
            "A browser may send this from this server's own page only.",
        ),
    ),
    "request_timeout": problem_kind(
        408,
        ("요청이 제때 오지 않았습니다", "The request did not come in time"),
        ("요청을 끝까지, 더 빨리 보내 주세요.", "Send the whole request, and faster."),
    ),
    "url_too_long": problem_kind(
        414,
        ("주소가 너무 깁니다", "The URL is too long"),
        (f"주소는 {MAX_URL_BYTES:,}바이트까지입니다.", f"A URL has at most {MAX_URL_BYTES:,} bytes."),
    ),
    "host_not_allowed": problem_kind(
        421,
        ("이 이름으로는 서비스하지 않습니다", "Not served under this name"),
        (
            "서버를 `geungeo serve --allow-host 이름`으로 띄우면 그 이름으로도 부를 수 있습니다.",
            "`geungeo serve --allow-host NAME` lets it be called by that name.",
        ),
    ),
    "rate_limited": problem_kind(
        429,
        ("요청이 너무 잦습니다", "Too many requests"),
        ("Retry-After에 적힌 초만큼 기다린 뒤에 다시 보내 주세요.", "Wait for the seconds in Retry-After."),
        retry_after=1,
    ),
    "headers_too_large": problem_kind(
        431,
        ("헤더가 너무 큽니다", "The header fields are too large"),
        (
            f"헤더는 모두 {MAX_HEAD_BYTES:,}바이트, {MAX_HEADERS}개까지입니다.",
            f"Header fields have at most {MAX_HEAD_BYTES:,} bytes and are at most {MAX_HEADERS}.",
        ),
    ),
    "not_implemented": problem_kind(
        501,
        ("할 줄 모르는 HTTP입니다", "An HTTP feature that is not implemented"),
        ("Transfer-Encoding은 chunked만 받습니다.", "Of Transfer-Encoding only chunked is taken."),
    ),
    "deadline_exceeded": problem_kind(
        503,
        ("제때 답하지 못했습니다", "Not answered in time"),
        ("서버가 바쁩니다. 잠시 뒤에 다시 보내 주세요.", "The server is busy. Please send it again in a moment."),
        retry_after=2,
    ),
    "keys_unreadable": problem_kind(
        503,
        ("API 키를 확인할 수 없습니다", "API keys cannot be checked"),
        (
            "서버의 keys.json이 손상되었습니다. 되살리거나 지운 뒤 `geungeo keys create`로 다시 만드세요.",
            "keys.json on the server is damaged. Restore it, or delete it and run `geungeo keys create`.",
        ),
    ),
    "shutting_down": problem_kind(
        503,
        ("서버가 멈추는 중입니다", "The server is stopping"),
        ("잠시 뒤에 다시 보내 주세요.", "Please send it again in a moment."),
        retry_after=5,
    ),
}
