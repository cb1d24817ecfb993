"""The notebooks as files: clean, short, and with the same nine beats; and what each says when opened out of order."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from sonoffkit.ports import save_choice

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
FILES = sorted(FOLDER.glob("*.ipynb"))
COURSE = ("setup", "backup", "inspect", "erase", "flash", "troubleshooting")
WITHOUT_HARDWARE = ("3-inspect",)
HARDWARE = ("OperationRunner(", "PortPicker(", "find_ports(", "connect(")

every_notebook = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def read(path: Path):
    return nbformat.read(path, as_version=4)


def texts(path: Path) -> list[str]:
    return [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]


def codes(path: Path) -> list[str]:
    return [cell.source for cell in read(path).cells if cell.cell_type == "code"]


def place(path: Path, says: str, kind: str = "markdown") -> int:
    """The number of the first cell of that kind that says this; an assertion, if none does."""
    found = [n for n, cell in enumerate(read(path).cells) if cell.cell_type == kind and says in cell.source]
    assert found, f"no {kind} cell says {says!r}"
    return found[0]


def content_words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3}


def test_there_are_notebooks_and_each_has_its_number_in_the_course():
    assert len(FILES) >= 4
    assert [path.stem for path in FILES] == [
        f"{n}-{name}" for n, name in enumerate(COURSE, 1) if (FOLDER / f"{n}-{name}.ipynb").exists()
    ]


# Files


@every_notebook
def test_a_notebook_is_valid_and_without_outputs(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor >= 5) == (4, True)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None), cell.id
    assert "widgets" not in notebook.metadata
    assert "signature" not in notebook.metadata


@every_notebook
def test_cells_have_ids_that_stay_the_same(path):
    ids = [cell.id for cell in read(path).cells]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not name.startswith(f"{path.stem}-")] == []  # not drawn anew at each save


@every_notebook
def test_no_cell_is_hidden_folded_or_locked(path):
    assert {cell.id: dict(cell.metadata) for cell in read(path).cells if cell.metadata} == {}


@every_notebook
def test_any_pythons_kernel_will_do(path):
    metadata = read(path).metadata
    assert (metadata.kernelspec.name, metadata.kernelspec.language) == ("python3", "python")
    assert "version" not in metadata.get("language_info", {})  # or it changes with each person's Python


@every_notebook
def test_code_is_short(path):
    lengths = [len(code.splitlines()) for code in codes(path)]
    assert max(lengths) <= 10
    assert statistics.median(lengths) <= 5
    assert max(len(line) for code in codes(path) for line in code.splitlines()) <= 120


@every_notebook
def test_text_is_short(path):
    lengths = {text[:40]: len(text.split()) for text in texts(path)}
    assert {text: words for text, words in lengths.items() if words > 80} == {}


@every_notebook
def test_code_can_be_parsed_and_needs_no_magic(path):
    for code in codes(path):
        compile(code, path.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@every_notebook
def test_links_lead_to_notebooks_that_are_there(path):
    targets = re.findall(r"\]\(([^)]+)\)", "\n".join(texts(path)))
    assert targets
    assert [target for target in targets if not (FOLDER / target).is_file()] == []


@every_notebook
def test_a_notebook_that_is_not_linked_is_not_there_yet_and_that_is_said(path):
    for name in re.findall(r"\b([1-6]-[a-z]+)\b", "\n".join(texts(path))):
        if not (FOLDER / f"{name}.ipynb").exists():
            assert re.search(rf"{name}[^.]*comes with a later release", "\n".join(texts(path))), name


# The nine beats


@every_notebook
def test_the_beats_come_in_their_order(path):
    cells = read(path).cells
    imports = next(n for n, cell in enumerate(cells) if cell.cell_type == "code")
    beats = [
        place(path, "# "),
        place(path, "You will be able to"),
        place(path, "**Before you start"),
        place(path, "**Safety"),
        imports,
        place(path, "## "),
        place(path, "**Checkpoint"),
        place(path, "## Exercise"),
        place(path, "<summary>Solution<"),
        place(path, "**Recap"),
    ]
    assert beats == sorted(beats)
    assert len(set(beats)) == len(beats)
    assert beats[:4] == [0, 1, 2, 3]
    assert beats[-1] == len(cells) - 1


@every_notebook
def test_the_title_says_where_you_are_and_how_long_it_takes(path):
    number, name = path.stem.split("-")
    title, where = texts(path)[0].split("\n\n")
    assert title.startswith(f"# {number} · ")
    assert where.startswith(f"Notebook {number} of {len(COURSE)}: ")
    assert " → ".join(COURSE).replace(name, f"**{name}**") in where
    assert re.search(r"About \d+ minutes", where)


@every_notebook
def test_each_ability_that_is_promised_has_its_section(path):
    abilities = re.findall(r"^- (.+?)[,.]?$", texts(path)[1], re.MULTILINE)
    headings = [line[3:] for text in texts(path) for line in text.splitlines() if line.startswith("## ")]
    sections = [heading for heading in headings if not heading.startswith("Exercise")]
    assert 2 <= len(abilities) <= 4
    assert len(sections) == len(abilities)
    for ability, section in zip(abilities, sections, strict=True):
        shared = content_words(ability) & content_words(section)
        assert len(shared) * 2 >= len(content_words(ability)), (ability, section)


@every_notebook
def test_what_must_be_done_before_is_linked(path):
    before = texts(path)[2]
    needed = {"1": [], "2": ["1-setup"]}.get(path.stem[0], ["1-setup", "2-backup"])
    assert [name for name in needed if f"[{name}]({name}.ipynb)" not in before] == []


@every_notebook
def test_safety_comes_before_any_cell_that_touches_hardware(path):
    safety = place(path, "**Safety")
    touching = [
        n
        for n, cell in enumerate(read(path).cells)
        if cell.cell_type == "code" and any(word in cell.source for word in HARDWARE)
    ]
    if not touching:
        assert path.stem in WITHOUT_HARDWARE
        assert "Nothing here touches a device" in texts(path)[3]
        return
    assert safety < min(touching)
    assert re.search("unplugged|pull the plug", texts(path)[3], re.IGNORECASE)
    assert "3.3 V" in texts(path)[3]


@every_notebook
def test_there_is_one_import_cell_and_it_is_the_first_code(path):
    importing = [n for n, code in enumerate(codes(path)) if re.search(r"^\s*(import|from) ", code, re.MULTILINE)]
    assert importing == [0]


@every_notebook
def test_what_is_imported_is_used(path):
    imports, *rest = codes(path)
    names = [
        alias.asname or alias.name for node in ast.walk(ast.parse(imports)) for alias in getattr(node, "names", [])
    ]
    assert [name for name in names if not re.search(rf"\b{name}\b", "\n".join(rest))] == []


@every_notebook
def test_a_checkpoint_reads_the_result_which_raises_what_went_wrong(path):
    cells = read(path).cells
    after = cells[place(path, "**Checkpoint") + 1]
    assert after.cell_type == "code"
    assert ".result" in after.source or path.stem in WITHOUT_HARDWARE


@every_notebook
def test_the_exercise_is_checked_and_its_solution_is_folded(path):
    cells = read(path).cells
    exercise = place(path, "## Exercise")
    answer = next(
        n for n, cell in enumerate(cells) if n > exercise and re.search(r"= None$", cell.source, re.MULTILINE)
    )
    assert {cell.cell_type for cell in cells[exercise + 1 : answer + 1]} == {"code"}
    assert "check(" in cells[answer].source
    assert "<details><summary>Solution</summary>" in cells[answer + 1].source
    assert "<details open" not in cells[answer + 1].source


@every_notebook
def test_the_recap_says_what_is_next(path):
    assert "**Next:**" in texts(path)[-1]


@every_notebook
def test_learners_are_told_what_they_should_see_and_asked_a_question(path):
    together = "\n".join(texts(path))
    assert "ou should see" in together
    assert re.search(r"\*[^*\n]+\?\*", together)


@every_notebook
def test_an_operation_is_awaited_or_waits_for_a_click(path):
    for code in codes(path):
        if "OperationRunner(restore" in code:
            assert "await" not in code  # it never runs by itself
        elif "OperationRunner(" in code:
            assert re.search(r"^await \w+$", code, re.MULTILINE), code


@every_notebook
def test_nothing_is_fetched_from_a_network(path):
    assert re.findall(r"https?://|pip install|%conda", "\n".join([*texts(path), *codes(path)])) == []


# Opened out of order, in a fresh home


def run(name: str, folder: Path):
    """A notebook run alone: (the error it ended with, its last output), or None twice."""
    notebook = read(FOLDER / f"{name}.ipynb")
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    try:
        client.execute(stderr=subprocess.DEVNULL)
    except CellExecutionError as error:
        (output,) = [
            output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"
        ]
        return error.ename, output
    return None, None


def said(output) -> str:
    """All that an error shows in a notebook, as one line: no frame of a traceback among it."""
    return " ".join(" ".join(output.traceback).split())


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")  # this Python's kernel
    folder = tmp_path / "workshop"
    folder.mkdir()
    return folder


def test_setup_alone_passes(workshop):
    assert run("1-setup", workshop) == (None, None)


@pytest.mark.parametrize("name", [path.stem for path in FILES if path.stem[0] in "245"])
def test_without_a_port_a_notebook_says_where_one_is_chosen(workshop, name):
    ename, output = run(name, workshop)
    assert ename == "NoPortChosen"
    assert said(output) == (
        "NoPortChosen: No port has been chosen yet. "
        "What to do: Open notebook 1-setup, choose a port there and come back. Nothing has been touched."
    )


@pytest.mark.parametrize("name", [path.stem for path in FILES if path.stem[0] in "45"])
def test_without_a_backup_a_notebook_says_which_one_makes_it(workshop, name):
    save_choice("practice://basic")
    ename, output = run(name, workshop)
    assert ename == "BackupNeeded"
    assert re.fullmatch(
        r"BackupNeeded: There is no verified backup of the device [0-9a-f:]{17} in .+\. "
        r"What to do: Make a backup first: notebook 2-backup\. Nothing has been changed on the device\.",
        said(output),
    )
