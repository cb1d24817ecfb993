"""What happens to people in the middle: a reload, a restarted kernel, two notebooks on one device, a large file."""

from __future__ import annotations

import re

import pytest

from sonoffkit.practice import lesson_images

pytestmark = pytest.mark.browser

HELLO = lesson_images()["practice-hello.bin"]
IMPORTS = (
    "from sonoffkit.operations import back_up, identify\nfrom sonoffkit.widgets import ImagePicker, OperationRunner"
)
# As slow as a cable: there is time to do something else meanwhile.
SLOW = "saved = OperationRunner(back_up, 'practice://{device}?model=basic&realtime=1', baud={baud})\nawait saved"
DONE = ".sk-result .sk-good"


def kilobytes(notebook) -> int:
    """How far the backup is, as its status line says."""
    found = re.match(r"(\d+) of", notebook.page.locator(".sk-status").last.inner_text())
    return int(found[1]) if found else 0


def until_some_is_saved(notebook) -> None:
    """The first pieces of 64 KiB are on disk."""
    notebook.page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('.sk-status')]; const last = all[all.length - 1];"
        " const said = last && last.innerText.match(/^(\\d+) of/); return said && Number(said[1]) > 80 }"
    )


def run_the_last_cell(notebook) -> None:
    notebook.page.locator(".jp-CodeCell").last.locator(".cm-content").click()
    notebook.page.keyboard.press("Control+Enter")


def run_the_first_cell(notebook) -> None:
    notebook.page.locator(".jp-CodeCell").first.locator(".cm-content").click()
    notebook.page.keyboard.press("Control+Enter")
    notebook.wait_until_idle()


def test_a_reload_in_the_middle_loses_nothing_and_the_cell_run_again_shows_what_still_runs(notebook):
    notebook.lab.write_notebook("reload.ipynb", IMPORTS, SLOW.format(device="reload", baud=230400))
    notebook.open("reload.ipynb")
    notebook.start_run_all()
    until_some_is_saved(notebook)
    before = kilobytes(notebook)
    notebook.page.reload()
    notebook.wait_until_connected()
    run_the_last_cell(notebook)
    notebook.page.locator(".sk-status", has_text=re.compile(r"^\d+ of|^Done")).last.wait_for()
    assert kilobytes(notebook) >= before or notebook.page.locator(DONE).count()
    notebook.page.locator(DONE).last.wait_for(timeout=90_000)
    assert "Verified" in notebook.page.locator(DONE).last.inner_text()


def test_a_kernel_that_is_restarted_in_the_middle_goes_on_where_it_stopped(notebook):
    notebook.lab.write_notebook("restart.ipynb", IMPORTS, SLOW.format(device="restart", baud=230400))
    notebook.open("restart.ipynb")
    notebook.start_run_all()
    until_some_is_saved(notebook)
    notebook.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    notebook.page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).click()
    notebook.page.get_by_role("button", name="Confirm Kernel Restart").click()
    notebook.wait_until_connected()
    run_the_first_cell(notebook)
    run_the_last_cell(notebook)
    card = notebook.page.locator(DONE).last
    card.wait_for(timeout=90_000)
    assert "from the try before" in card.inner_text()


def test_two_notebooks_at_once_on_one_device_take_turns(notebook):
    notebook.lab.write_notebook("one.ipynb", IMPORTS, SLOW.format(device="shared", baud=230400))
    hello = "hello = OperationRunner(identify, 'practice://shared', patience=0)\nawait hello"
    notebook.lab.write_notebook("two.ipynb", IMPORTS, hello)
    notebook.open("one.ipynb")
    notebook.start_run_all()
    until_some_is_saved(notebook)
    other = notebook.in_another_page()
    other.open("two.ipynb")
    other.run_all()
    card = other.page.locator(".sk-result .sk-bad")
    card.wait_for()
    assert "PortBusy: Another program has the port practice://shared open." in card.inner_text()
    notebook.page.locator(DONE).wait_for(timeout=90_000)
    other.page.get_by_role("button", name="Run again").click()
    other.page.locator(DONE).wait_for()
    other.shut_down()
    assert [*notebook.console_errors, *notebook.outside_requests] == []


@pytest.mark.parametrize("megabytes", [0, 12])
def test_an_image_is_added_by_the_file_chooser(notebook, tmp_path, megabytes):
    """A browser's message of more than 10 MiB would vanish without a word, but for what ``sonoffkit lab`` sets."""
    file = tmp_path / f"mine-{megabytes}.bin"
    file.write_bytes(HELLO + b"\xff" * (megabytes << 20))
    notebook.lab.write_notebook("add.ipynb", IMPORTS, "ImagePicker('images')")
    notebook.open("add.ipynb")
    notebook.run_all()
    with notebook.page.expect_file_chooser() as chooser:
        notebook.page.get_by_role("button", name=re.compile("Add a file")).click()
    chooser.value.set_files(file)
    size = f"{file.stat().st_size:,} bytes".replace(",", " ")
    notebook.page.locator(".sk-says", has_text=size).wait_for()
    assert (notebook.lab.folder / "images" / file.name).read_bytes() == file.read_bytes()
