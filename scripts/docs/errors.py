"""Write docs/errors.md from the table of problems: ``python -m scripts.docs.errors [--out FILE]``.

A test says when it is stale.
"""

import argparse
import json
from pathlib import Path

from api.openapi.describe import problem_example
from api.problems.kinds import KINDS

PATH = Path(__file__).resolve().parents[2] / "docs" / "errors.md"
_HEAD = """\
# 오류 · Errors

<!-- scripts/docs/errors.py가 api/problems/kinds.py에서 만듭니다. 고치지 말고 다시 만드세요. -->

모든 오류는 RFC 9457 문제입니다(`application/problem+json`). `code`는 바뀌지 않으며, `title`과 `detail`은
`Accept-Language`에 따라 한국어나 영어입니다. 보낸 값은 오류에 되풀이되지 않습니다. `errors`는 잘못된 자리를 짚습니다:
본문 안이면 `pointer`(RFC 6901), 질의·헤더·폼 항목이면 `parameter`.

Every error is an RFC 9457 problem. `code` is stable; `title` and `detail` are Korean or English by `Accept-Language`.
What was sent is never repeated. `errors` points at what is wrong: `pointer` (RFC 6901) into the body, `parameter` for a
query parameter, header or form field. `request_id` is in the server's log, and in `X-Request-Id`.

```json
{example}
```

| 상태 · status | code | 뜻 · title | 다시 · Retry-After |
|---|---|---|---|
"""


def render() -> str:
    """Return the whole page."""
    rows = sorted(KINDS.items(), key=lambda item: (item[1].status, item[0]))
    lines = [
        f"| {kind.status} | [`{code}`](#{code}) | {kind.title['ko']} · {kind.title['en']} | "
        f"{'' if kind.retry_after is None else f'{kind.retry_after} s'} |"
        for code, kind in rows
    ]
    parts = [_HEAD.replace("{example}", _example()) + "\n".join(lines) + "\n"]
    for code, kind in rows:
        parts.append(f"\n### {code}\n\n{kind.status} · {kind.detail['ko']}\n{kind.detail['en']}\n")
    return "".join(parts)


def _example() -> str:
    example = problem_example("question_too_long", "ko")
    example["errors"] = [{"pointer": "/question", "code": "question_too_long", "limit": 2000, "got": 5120}]
    return json.dumps(example, ensure_ascii=False, indent=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=PATH)
    path = parser.parse_args().out
    path.write_text(render(), encoding="utf-8")
    print(path.name, len(KINDS), "problems")


if __name__ == "__main__":
    main()
