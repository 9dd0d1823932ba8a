"""Take the picture of the page that README shows: ``geungeo serve``, then ``python -m scripts.docs.picture``.

The server holds the five packaged articles. Needs the extra ``browser``, a Chromium on PATH and a Korean font (Debian:
``chromium``, ``fonts-noto-cjk``).
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

PATH = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "page.png"
SHOWN = {"q": "AX 법인의 매출 목표는?", "article": "kt-ms-korean-ai", "at": "1069-1136"}
SIZE: Any = {"width": 1200, "height": 720}


def main() -> None:
    """Open the address with a question and a cited article, wait for the answer, keep what is to be seen."""
    from playwright.sync_api import sync_playwright  # type: ignore[import-not-found, unused-ignore]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--out", type=Path, default=PATH)
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no chromium on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, locale="ko-KR")
        page.goto(f"{options.url}/?{urlencode(SHOWN)}")
        page.wait_for_selector(".certainty-word")
        page.wait_for_timeout(1000)  # until the article has been scrolled to the sentence
        page.screenshot(path=options.out)
        browser.close()
    print(options.out, options.out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
