"""The date that a document gives itself."""

import pytest

from index.reading.composing.dates import first_date, labelled_date


@pytest.mark.parametrize(
    ("text", "iso", "label"),
    [
        ("등록일 2025.12.10 조회 3", "2025-12-10", "등록일"),
        ("작성일\t2026-01-07 14:11:54", "2026-01-07", "작성일"),
        ("입력 : 2024. 3. 5. 오후 2:00 수정 2024. 3. 6.", "2024-03-05", "입력"),
        ("최종수정일 2025.1.2\n등록일 2024.1.2", "2024-01-02", "등록일"),
        ("등 록 일 : '25. 3. 4.", "2025-03-04", "등록일"),
        ("작성일: 2025년  3월  4일", "2025-03-04", "작성일"),
        ("총무과 등록일(2025-03-04)", "2025-03-04", "등록일"),
        ("시행일: 2023년 7월 1일", "2023-07-01", "시행일"),
    ],
)
def test_labels(text: str, iso: str, label: str) -> None:
    assert labelled_date(text) == (iso, label)


@pytest.mark.parametrize("text", ["2025.12.10", "등록일 2025.13.40", "미등록 2025.1.1은", "등록일 25.1.1"])
def test_no_label_or_no_date(text: str) -> None:
    assert labelled_date(text) is None


def test_first_date() -> None:
    assert first_date("2025-02-30 그리고 2025-03-01T09:00") == "2025-03-01"
    assert first_date("없음") is None
