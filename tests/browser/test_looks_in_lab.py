"""Each notebook of the course after Run All, wide and narrow, light and dark: what axe-core and a ruler say."""

from __future__ import annotations

import pytest
from lab_in_chromium import COURSE, SCREENSHOTS, STDERR, Lab, NotebookPage
from looking import (
    LIGHT_AND_DARK,
    SCROLL_TO,
    cut_off,
    moving,
    overlapping,
    scroll_through,
    serious,
    settle,
    switch_theme,
)  # fmt: skip
from person import clean_desk, with_a_backup
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

WIDTHS = (1280, 768)  # the narrow one with JupyterLab's list of files beside it
HIGHEST = 8000  # px: what a browser draws in one picture with ease
HEIGHT = """() => { const all = document.querySelector('.jp-WindowedPanel-outer');
  all.scrollTop = 0; return all.scrollHeight; }"""


@pytest.fixture(scope="module", autouse=True)
def desk(lab: Lab) -> None:
    """The notebooks in their order, on a device that nobody has touched; any of them can be looked at alone."""
    clean_desk(lab)
    with_a_backup(lab)


def in_a_high_window(notebook: NotebookPage, width: int) -> None:
    """So that all of the notebook is laid out, and as much as can be is drawn."""
    for height in (1000, notebook.page.evaluate(HEIGHT) + 160):
        notebook.page.set_viewport_size({"width": width, "height": min(int(height), HIGHEST)})
        settle(notebook.page)


def take_pictures(page: Page, name: str) -> None:
    """All of the notebook, in as many pictures as it takes."""
    for part, top in enumerate(scroll_through(page), 1):
        page.evaluate(SCROLL_TO, top)
        page.screenshot(path=SCREENSHOTS / (f"{name}.png" if part == 1 else f"{name}-{part}.png"))


@pytest.mark.parametrize("name", COURSE)
def test_run_all_passes_and_nothing_is_cut_off_covered_or_barred(notebook, name):
    SCREENSHOTS.mkdir(exist_ok=True)
    notebook.open(f"{name}.ipynb")
    notebook.run_all()
    page, found = notebook.page, []
    for width in WIDTHS:
        in_a_high_window(notebook, width)
        for theme in LIGHT_AND_DARK:
            switch_theme(page, theme)
            settle(page)
            take_pictures(page, f"course-{name}-{width}-{theme}")
            seen = [*serious(page), *cut_off(page), *overlapping(page)]
            found += [f"{width} {theme}: {line}" for line in seen]
    page.emulate_media(reduced_motion="reduce")
    assert page.locator(STDERR).count() == 0
    assert found == []
    assert moving(page) == []
    assert (notebook.console_errors, notebook.outside_requests) == ([], [])
