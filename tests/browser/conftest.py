"""A Chromium and a JupyterLab for each file of tests, a page for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from lab_in_chromium import Lab, NotebookPage, chromium, open_page, running_chromium, running_lab
from person import Person, clean_desk
from playwright.sync_api import Browser


# Not for the whole session: while Playwright runs, no other test could start an event loop in this thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if chromium() is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium or Chrome here: in CI the browser tests must run")
        pytest.skip("no Chromium or Chrome was found: install one to run the browser tests")
    with running_chromium() as running:
        yield running


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def notebook(browser: Browser, lab: Lab) -> Iterator[NotebookPage]:
    with open_page(browser, lab) as opened:
        yield opened
        opened.shut_down()


@pytest.fixture
def person(notebook: NotebookPage) -> Iterator[Person]:
    """Somebody on a first evening, on whose page nothing goes wrong and nobody outside is asked."""
    clean_desk(notebook.lab)
    somebody = Person(notebook)
    yield somebody
    somebody.leave()
    assert (notebook.console_errors, notebook.outside_requests) == ([], [])
