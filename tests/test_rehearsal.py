"""The rehearsal: every notebook passes on practice Sonoffs, and one that doesn't is named with its cell."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest

from sonoffkit import course, rehearsal
from sonoffkit.course import course_notebooks
from sonoffkit.practice import practice_device
from sonoffkit.rehearsal import Rehearsed, rehearse


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    """One rehearsal of the real course: its results, and the folder of its outputs."""
    out = tmp_path_factory.mktemp("rehearsed") / "out"
    return list(rehearse(out)), out


def test_every_notebook_passes_in_the_courses_order(rehearsed):
    results, _ = rehearsed
    assert [result.name for result in results] == [path.name for path in course_notebooks()]
    assert [str(result) for result in results if not result.passed] == []


def test_the_notebooks_are_saved_with_what_a_learner_sees(rehearsed):
    _, out = rehearsed
    for path in course_notebooks():
        cells = [cell for cell in nbformat.read(out / path.name, as_version=4).cells if cell.cell_type == "code"]
        assert all(cell.execution_count for cell in cells), path.name
        outputs = [output for cell in cells for output in cell.outputs]
        assert outputs, path.name
        assert [output for output in outputs if output.output_type == "error"] == []
        assert [output.text for output in outputs if output.get("name") == "stderr"] == []


def write_course(folder: Path, **notebooks: list[str]) -> None:
    folder.mkdir()
    for name, cells in notebooks.items():
        made = [
            nbformat.v4.new_markdown_cell(cell[1:]) if cell.startswith("#") else nbformat.v4.new_code_cell(cell)
            for cell in cells
        ]
        nbformat.write(nbformat.v4.new_notebook(cells=made), folder / f"{name.replace('_', '-')}.ipynb")


@pytest.fixture
def own_course(tmp_path, monkeypatch):
    """Puts another course in the place of the real one, with the notebooks as names and lists of cells."""

    def own_course(**notebooks: list[str]) -> None:
        folder = tmp_path / "course"
        write_course(folder, **{name.removeprefix("n"): cells for name, cells in notebooks.items()})
        monkeypatch.setattr(course, "course_folder", lambda: folder)

    return own_course


def test_a_failure_names_the_cell_and_the_reason(own_course, tmp_path):
    own_course(n1_bad=["# one", "two = 2", "# three", "raise RuntimeError('by intention')", "never = 5"])
    (bad,) = rehearse(tmp_path / "out")
    assert (bad.name, bad.passed, bad.failed_cell, bad.why) == (
        "1-bad.ipynb",
        False,
        4,  # as a person counts, text cells too
        "RuntimeError: by intention",
    )
    assert re.fullmatch(r"1-bad\.ipynb: FAILED in cell 4: RuntimeError: by intention \(\d+ s\)", str(bad))
    saved = nbformat.read(tmp_path / "out" / "1-bad.ipynb", as_version=4)
    assert [cell.get("execution_count") for cell in saved.cells] == [None, 1, None, 2, None]


def test_a_missing_backup_is_the_reason_that_is_told(own_course):
    own_course(
        n1_bad=[
            "from sonoffkit.operations import erase\nfrom sonoffkit.widgets import OperationRunner",
            "run = OperationRunner(erase, 'practice://basic').wait()",
            "run.result",
        ]
    )
    (bad,) = rehearse()
    assert bad.failed_cell == 3
    assert bad.why.startswith("BackupNeeded: There is no verified backup of the device ")


def test_a_kernel_that_dies_is_a_failure_of_the_cell_that_ran(own_course):
    own_course(n1_bad=["one = 1", "import os\nos._exit(3)", "never = 3"])
    (bad,) = rehearse()
    assert (bad.passed, bad.failed_cell) == (False, 2)
    assert bad.why.startswith("DeadKernelError: ")


def test_a_cell_that_takes_for_ever_is_a_failure(own_course, monkeypatch):
    monkeypatch.setattr(rehearsal, "LONGEST_CELL_SECONDS", 1)
    own_course(n1_bad=["one = 1", "import time\nwhile True: time.sleep(0.1)"])
    (bad,) = rehearse()
    assert (bad.passed, bad.failed_cell) == (False, 2)
    assert bad.why.startswith("CellTimeoutError: ")


LOOKS = """import os, sonoffkit.paths as paths, sonoffkit.practice as practice
device = practice.practice_device("basic")
device.power_off()
paths.remember(port="practice://basic")
print(paths.home(), paths.vault_folder(), os.getcwd(), sep="\\n")"""


def test_a_rehearsal_has_a_home_of_its_own_and_leaves_the_persons_alone(own_course, home, tmp_path, monkeypatch):
    monkeypatch.setenv("SONOFFKIT_VAULT", str(tmp_path / "vault"))
    monkeypatch.delenv("JUPYTER_PREFER_ENV_PATH", raising=False)
    practice_device("basic").hold_button()
    (tmp_path / "vault").mkdir()
    (home / "settings.json").write_text('{"port": "COM5"}')
    before, variables = contents(tmp_path), dict(os.environ)
    own_course(n1_looks=[LOOKS], n2_looks=[LOOKS + "\nassert not device.state().powered"])
    made = contents(tmp_path / "course")

    results = list(rehearse(tmp_path / "out"))

    assert [str(result) for result in results if not result.passed] == []
    printed = {path.name: path for path in (tmp_path / "out").iterdir()}
    used = {nbformat.read(path, as_version=4).cells[0].outputs[0].text for path in printed.values()}
    (lines,) = used  # both notebooks have the same home, or what one backs up is not there for the next
    home_used, vault_used, folder_used = map(Path, lines.splitlines())
    assert home not in (home_used, *home_used.parents)
    assert vault_used == home_used / "vault"
    assert folder_used.resolve() == home_used.resolve().parent
    assert not home_used.exists()  # nothing stays behind
    now = contents(tmp_path)
    assert {name: data for name, data in now.items() if name in before} == before
    assert {name for name in now if name not in before} == {
        *(f"course/{name}" for name in made),
        *(f"out/{name}" for name in printed),
    }
    assert dict(os.environ) == variables


def test_a_kernel_that_lies_in_the_persons_folder_is_not_taken(own_course, tmp_path, monkeypatch):
    folder = tmp_path / "data" / "kernels" / "python3"
    folder.mkdir(parents=True)
    broken = {"argv": [sys.executable, "-c", "raise SystemExit(1)"], "display_name": "old", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(broken))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    own_course(n1_python=[f"import sys\nassert sys.prefix == {sys.prefix!r}"])
    assert [str(result) for result in rehearse() if not result.passed] == []


def test_a_rehearsal_that_is_given_up_puts_the_environment_back(own_course):
    own_course(n1_one=["1"], n2_two=["2"])
    variables = dict(os.environ)
    results = rehearse()
    assert next(results).passed
    results.close()
    assert dict(os.environ) == variables


def test_without_notebooks_there_are_no_results(own_course):
    own_course()
    assert list(rehearse()) == []


def test_a_result_says_so_in_one_line():
    assert str(Rehearsed("1-setup.ipynb", 3.4)) == "1-setup.ipynb: passed (3 s)"
    assert str(Rehearsed("1-setup.ipynb", 3.6, 7, "Oops: no")) == "1-setup.ipynb: FAILED in cell 7: Oops: no (4 s)"
