"""Chromium for tests: the system's where there is one, else Playwright's own.

`python -m tests.browser` gets one where there is none: from Debian's packages where it may, else from Playwright.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
_APT = ("apt-get", "--quiet=2", "-o=Dpkg::Use-Pty=0")


def executable() -> str | None:
    """The browser's file, None where there is none."""
    if system := next(filter(None, map(shutil.which, _NAMES)), None):
        return system
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def get() -> str | None:
    """Install a browser where there is none; its file, None where it cannot be had."""
    if executable() is None and os.geteuid() == 0 and shutil.which(_APT[0]):
        for step in (("update",), ("install", "--yes", "--no-install-recommends", "chromium")):
            subprocess.run([*_APT, *step], env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, check=False)
    if executable() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return executable()


@pytest.fixture
def page() -> Iterator[Page]:
    """An empty page of a new browser; skips where there is no Chromium.

    For one test only: while Playwright runs, nothing else in the process can run an event loop.
    """
    file = executable()
    if file is None:
        pytest.skip("needs Chromium: `python -m tests.browser` gets one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=file, args=_ARGUMENTS)
        yield browser.new_page(viewport={"width": 1400, "height": 900})
        browser.close()


if __name__ == "__main__":
    print(f"Browser for the tests: {get() or 'none, so that those which need one are skipped'}")
