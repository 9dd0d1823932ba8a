"""Whatever an article holds, a reader of markdown shows its letters: no link, no picture, no line of ours (S13, T11)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from index.text.characters import visible
from index.text.markdown import plain, plain_id, plain_line

OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e0fff]")
HOSTILE = (
    "![픽셀](https://evil.example/p.png)",
    "![픽셀][1]\n\n[1]: https://evil.example/p.png",
    "[여기](https://evil.example)",
    "<https://evil.example>",
    "<img src=https://evil.example/p.png>",
    "https://evil.example/p.png",
    "\\![a](https://evil.example)",
    "\\\\[a](https://evil.example)",
    "`a` [b](https://evil.example)",
    "&#33;[a](https://evil.example) &lt;img&gt;",
    "**굵게** _기울게_ ~~지움~~ $x$",
    "# 제목\n- 하나\n1. 둘\n> 셋\n---\n===\n    넷",
    "a\n===\nb\n---",
    "\x1b]8;;https://evil.example\x07누르기\x1b[31m\u202e거꾸로\u2066\u200f\x9b",
    "\U000e0041\U000e0042 꼬리표",
)
KINDS = {"link_open", "image", "html_inline", "html_block", "heading_open", "em_open", "strong_open", "s_open",
         "code_inline", "fence", "bullet_list_open", "ordered_list_open", "blockquote_open", "hr", "table_open"}  # fmt: skip
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def kinds(markdown: str) -> set[str]:
    tokens = READER.parse(markdown)
    return {token.type for block in tokens for token in (block, *(block.children or ()))} & KINDS


@pytest.mark.parametrize("text", HOSTILE)
def test_t11_markup_of_an_article_is_letters(text: str) -> None:
    for shown in (plain(text), plain_line(text), f"{plain_line(text)} [1]\n", f"- {plain_line(text)}\n"[2:]):
        assert kinds(shown) == set(), shown
        assert not OBEYED.search(shown)
    assert "link_open" not in kinds(plain_id(text)) | {"image" * ("image" in kinds(plain_id(text)))} - {""}
    assert not OBEYED.search(plain_id(text))


@given(st.text(alphabet="![]()<>\\`*_~&#;:/ \nahttp1.-+=>|$가", max_size=40))
def test_t11_whatever_it_is_made_of(text: str) -> None:
    assert not kinds(plain(text)) & {"link_open", "image", "html_inline", "html_block", "heading_open"}
    assert not kinds(plain_line(text)) & {"link_open", "image", "html_inline", "html_block"}


def test_what_is_shown_is_what_was_there() -> None:
    text = "매출 *목표*는 [표 1] 3~5% <b> a_b & c\\d #1 `x` &amp; 100원."
    (_, inline, _) = READER.parse(plain_line(text))
    assert "".join(child.content for child in inline.children or ()) == text


@pytest.mark.parametrize("forged", ["[2] 다른 글 · 한빛일보", "  [2] 다른 글", "가\n[12] 다른 글", "[ 2 ] 다른 글"])
def test_a_forged_footnote_does_not_look_like_ours(forged: str) -> None:
    for shown in (plain(forged), plain_line(forged)):
        assert not re.search(r"^\s*\\?\[\s*\d", shown, re.MULTILINE)


def test_marks_say_what_was_there() -> None:
    assert visible("가\x00\x07\x1b\x7f\x9b\u202e\u2028\r\n나\r다") == "가␀␇␛␡⟨U+009B⟩⟨U+202E⟩⟨U+2028⟩\n나␍다"
    assert visible("👨‍👩‍👧 \t樂 ㅋㅋ") == "👨‍👩‍👧 \t樂 ㅋㅋ"


@pytest.mark.parametrize(
    "text", ["공사비는 4조6000억원이었다.", "“따옴표” — 2024.10.3. (금)", "AX 법인의 목표는 1,200억 원이다!"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == plain_line(text) == text
