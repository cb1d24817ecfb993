"""Each notebook of the course after Run All, wide and narrow, light and dark: what axe-core and a ruler say."""

from __future__ import annotations

import shutil

import pytest
from lab_in_chromium import SCREENSHOTS, Lab, NotebookPage
from looking import LIGHT_AND_DARK, cut_off, moving, overlapping, serious, settle, switch_theme

pytestmark = pytest.mark.browser

COURSE = ("1-setup", "2-backup", "3-inspect", "4-erase", "5-flash", "6-troubleshooting")
WIDTHS = (1280, 768)  # the narrow one with JupyterLab's list of files beside it
HEIGHT = """() => { const all = document.querySelector('.jp-WindowedPanel-outer');
  all.scrollTop = 0; return all.scrollHeight; }"""


@pytest.fixture(scope="module", autouse=True)
def fresh_home(lab: Lab) -> None:
    """The notebooks in their order, on a device that nobody has touched."""
    shutil.rmtree(lab.home, ignore_errors=True)


def whole(notebook: NotebookPage, width: int) -> None:
    """A window as high as the notebook, so that all of it is drawn."""
    for height in (1000, notebook.page.evaluate(HEIGHT) + 160):
        notebook.page.set_viewport_size({"width": width, "height": min(int(height), 14_000)})
        settle(notebook.page)


@pytest.mark.parametrize("name", COURSE)
def test_nothing_is_cut_off_covered_or_barred_in(notebook, name):
    notebook.open(f"{name}.ipynb")
    notebook.run_all()
    page, found = notebook.page, []
    for width in WIDTHS:
        whole(notebook, width)
        for theme in LIGHT_AND_DARK:
            switch_theme(page, theme)
            settle(page)
            page.evaluate(HEIGHT)
            page.screenshot(path=SCREENSHOTS / f"course-{name}-{width}-{theme}.png")
            seen = [*serious(page), *cut_off(page), *overlapping(page)]
            found += [f"{width} {theme}: {line}" for line in seen]
    page.emulate_media(reduced_motion="reduce")
    assert found == []
    assert moving(page) == []
    assert (notebook.console_errors, notebook.outside_requests) == ([], [])
