"""README and docs say what is true: links, commands, names, pictures; and the contributor's examples work in a copy."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from sonoffkit import errors
from sonoffkit.bundle import PLATFORMS
from sonoffkit.cli import main
from sonoffkit.practice.hidden import HIDDEN_FAULTS, hidden_fault
from sonoffkit.widgets import OperationRunner, PracticeBench

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEACHING, CONTRIBUTING = ROOT / "docs" / "teaching.md", ROOT / "docs" / "contributing.md"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
MADE_UP = ("sonoffkit/widgets/backup_age.py",)  # by an example
IN_DRAWINGS = "a device, what a person sees, a backup on disk, a dump, notebooks, below all of them"
HOST = re.compile(r"https?://|\bwww\.|--(extra-)?index-url")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks_of(page: Path) -> list[tuple[str, str]]:
    """The code blocks: their languages, and what is in them."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", text_of(page), re.MULTILINE | re.DOTALL)
    return [(language, re.sub(f"^{indent}", "", code, flags=re.MULTILINE)) for indent, language, code in found]


def prose_of(page: Path) -> str:
    """The text without its code blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


def quoted_in(page: Path) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`\n]+)`", prose_of(page))


# Files


@every_page
def test_links_lead_to_files_that_are_there(page):
    targets = [target for _, _, target in LINK.findall(text_of(page)) if not re.match(r"https?:|#", target)]
    assert [target for target in targets if not (page.parent / target.partition("#")[0]).is_file()] == []


def test_the_readme_leads_to_both_pages():
    targets = {target for _, _, target in LINK.findall(text_of(PAGES[0]))}
    assert targets >= {"docs/teaching.md", "docs/contributing.md"}


def test_pictures_are_there_have_words_and_are_all_shown():
    shown = {}
    for page in PAGES:
        pictures = [(words, target) for sign, words, target in LINK.findall(text_of(page)) if sign]
        shown |= {(page.parent / target).resolve(): words for words, target in pictures}
    assert set(shown) == {path for path in (ROOT / "docs").iterdir() if path.suffix in (".png", ".svg")}
    assert [path for path, words in shown.items() if len(words.split()) < 4] == []
    assert [path for path in shown if path.stat().st_size > 300_000] == []


@every_page
def test_files_that_are_named_are_there(page):
    words = {word.rstrip(",") for quoted in quoted_in(page) for word in quoted.split()}
    ours = {word for word in words if re.fullmatch(r"[\w./-]*\w(\.py|\.md|\.yml|/)", word) and word not in MADE_UP}
    rooms = (ROOT, ROOT / "sonoffkit", ROOT / "sonoffkit" / "widgets")
    assert [word for word in sorted(ours) if not any((room / word).exists() for room in rooms)] == []


def test_the_readme_is_short():
    assert len(text_of(PAGES[0]).splitlines()) < 170


@every_page
def test_no_line_is_too_long_to_be_read_in_an_editor(page):
    lines = text_of(page).splitlines()
    assert [line for line in lines if len(line) > 130 and not line.lstrip().startswith(("|", "!"))] == []


@every_page
def test_no_host_of_packages_or_of_anything_else_is_named(page):
    assert [line for line in text_of(page).splitlines() if HOST.search(line)] == []


# Commands


def commands_in(page: Path) -> list[list[str]]:
    """All commands, in blocks without a language and between backticks, as words."""
    lines = [line for language, code in blocks_of(page) if not language for line in code.splitlines()]
    whole = [part for line in [*lines, *quoted_in(page)] for part in re.split(r" && |; | · ", line)]
    found = []
    for one in whole:
        words = shlex.split(one.removeprefix("$ "), posix=False) if one.count('"') % 2 == 0 else []
        if words:
            found.append([words[0].replace("\\", "/").rpartition("/")[2], *words[1:]])
    return found


def ours_in(page: Path) -> list[list[str]]:
    """The commands of ``sonoffkit``, without that word."""
    return [words[1:] for words in commands_in(page) if words[0] == "sonoffkit" and len(words) > 1]


def test_commands_are_really_found():
    asked = {words[0] for page in PAGES for words in ours_in(page)}
    assert asked >= {"lab", "bundle", "class", "check", "diagnose", "inspect", "redact", "rehearse", "practice"}


def test_the_readme_names_every_command():
    assert set(main.commands) <= {words[0] for words in ours_in(PAGES[0])}


@every_page
def test_a_command_its_options_and_their_values_are_there(page):
    for words in ours_in(page):
        command = main.commands[words[0]]
        context = click.Context(command, info_name=words[0])
        given = [word for word in words[1:] if word not in ("--help", "…")]
        values, rest, order = command.make_parser(context).parse_args(given)
        assert rest == [], words
        for option in order:
            for value in as_tuple(values.get(option.name)):
                if isinstance(option.type, click.Choice):
                    option.type.convert(value, option, context)


def as_tuple(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def option_names(command: click.Command) -> set[str]:
    return {name for option in command.params for name in option.opts if isinstance(option, click.Option)}


@every_page
def test_options_that_are_named_alone_belong_to_some_command(page):
    others = {"--prepare", "--port", "--baud"}  # of a bundle's start script, and of esptool
    every = {name for command in main.commands.values() for name in option_names(command)} | {"--help", "--version"}
    alone = {quoted.split()[0].partition("=")[0] for quoted in quoted_in(page) if quoted.startswith("--")}
    assert alone - every - others == set()


@every_page
def test_scripts_that_are_to_be_run_are_there(page):
    scripts = [words[1] for words in commands_in(page) if words[0] in ("python", "python3") and words[1:]]
    scripts = [word for word in scripts if not word.startswith("-")]
    assert [word for word in scripts if not (ROOT / word).is_file()] == []


@every_page
def test_tests_that_are_to_be_run_are_there(page):
    named = [word for words in commands_in(page) for word in words[1:] if re.match(r"tests/", word)]
    assert [word for word in named if not (ROOT / word.rstrip(",")).exists()] == []


def test_the_scripts_of_docs_say_how_to_run_them():
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "pictures.py", "--help"], capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "python docs/pictures.py" in done.stdout


# Names


@every_page
def test_notebooks_that_are_named_are_there(page):
    there = {path.stem for path in NOTEBOOKS}
    assert set(re.findall(r"\b[1-9]-[a-z]{4,}\b", prose_of(page))) - there == set()


def test_the_readme_names_every_notebook_with_its_minutes():
    rows = re.findall(r"^\| ([1-9]-[a-z]+) \| (\d+) \|", text_of(PAGES[0]), re.MULTILINE)
    assert [name for name, _ in rows] == [path.stem for path in NOTEBOOKS]
    for path, (_, minutes) in zip(NOTEBOOKS, rows, strict=True):
        assert f"About {minutes} minutes" in text_of(path), path.name


@every_page
def test_errors_that_are_named_are_there(page):
    named = set(re.findall(r"\*([A-Z][a-z]+(?:[A-Z][a-z]+)+)\*", prose_of(page)))
    assert named - set(errors.__all__) == set()


def test_what_a_teacher_is_told_to_look_for_is_on_the_screens():
    """Words in italics that begin with a capital are buttons, cards, errors or headings."""
    screens = "".join(text_of(path) for path in [*NOTEBOOKS, *(ROOT / "sonoffkit").rglob("*.py")])
    told = re.findall(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)", prose_of(TEACHING))
    assert len(told) > 8
    assert [words for words in told if words not in screens] == []


def test_the_evenings_minutes_follow_each_other():
    rows = re.findall(r"^\| (\d+)–(\d+) \|", text_of(TEACHING), re.MULTILINE)
    times = [(int(start), int(end)) for start, end in rows]
    assert len(times) > 8
    assert times[0][0] == 0
    assert all(start < end for start, end in times)
    assert [end for _, end in times[:-1]] == [start for start, _ in times[1:]]


def test_code_words_hide_the_faults_that_the_teacher_is_told():
    rows = re.findall(r"^\| `([\w-]+)` \| ([a-z, ]+) \|", text_of(TEACHING), re.MULTILINE)
    assert len(rows) > 5
    assert {name for name, _ in rows} <= set(HIDDEN_FAULTS)
    told = {word: name for name, words in rows for word in words.split(", ")}
    assert {word: hidden_fault(word).name for word in told} == told


def test_the_teachers_cells_hide_a_fault_and_find_a_lossy_line():
    cells = [code for language, code in blocks_of(TEACHING) if language == "python"]
    assert len(cells) == 2
    names = {"PracticeBench": PracticeBench, "OperationRunner": OperationRunner}
    exec(cells[0].replace("tiger", "birch"), names)  # of the table's words for a lossy line
    exec(cells[1].replace("await run\n", ""), names)
    assert names["run"].wait(240).result.fetched.repeats > 0


def test_the_teachers_adapters_and_volts_are_those_of_the_diagnoses():
    entries = ROOT / "sonoffkit" / "diagnosis" / "entries"
    known = text_of(entries / "transfer-broken.toml")
    assert "CP2102, a CH340 or a genuine FT232" in known
    assert "CP2102, a CH340 or a genuine FT232" in text_of(TEACHING)
    assert "3.2 to 3.4 V" in text_of(entries / "five-volts-or-mains.toml")
    assert "3.2 to 3.4 V" in text_of(TEACHING)


def test_a_bundle_is_gathered_for_platforms_that_there_are():
    pairs = [pair for page in PAGES for words in ours_in(page) for pair in itertools.pairwise(words)]
    named = {after for before, after in pairs if before == "--platform"}
    assert named
    assert named <= set(PLATFORMS)


@every_page
def test_faults_of_a_practice_device_that_are_named_are_there(page, tmp_path):
    from sonoffkit.practice import practice_device

    named = re.findall(r"--fault ([\w-]+=\w+)", text_of(page))
    device = practice_device("docs", tmp_path, model="basic")
    for fault in named:
        device.set_fault(fault.split("="))


def test_rooms_that_the_pictures_of_text_name_are_there():
    rooms = {path.name.removesuffix(".py") for path in (ROOT / "sonoffkit").iterdir() if not path.name.startswith("_")}
    drawn = "".join(re.findall(r"^```\n(.*?)^```$", text_of(CONTRIBUTING), re.MULTILINE | re.DOTALL)[:1])
    words = set(re.findall(r"[a-z]{3,}", drawn)) - set(re.findall(r"[a-z]+", IN_DRAWINGS))
    assert words <= rooms
    assert rooms - words == {"py.typed", "commands", "wiring"}


def test_binder_gets_the_kit_itself_and_needs_no_other_file():
    """With ``-e .`` in it, Binder copies the whole repository before it makes the environment."""
    lines = [line.strip() for line in text_of(ROOT / "environment.yml").splitlines()]
    assert lines.index("- -e .") > lines.index("- pip:")
    assert not any((ROOT / name).exists() for name in ("binder", ".binder", "postBuild", "requirements.txt"))


def test_the_measured_minutes_add_up():
    told = " ".join(text_of(PAGES[0]).split())
    whole, parts = re.findall(r"first widget: \*\*([\d.]+) minutes\*\*, of which (.*?)\. ", told)[0]
    assert sum(map(float, re.findall(r"\d+\.\d+", parts))) == pytest.approx(float(whole), abs=0.05)


# The contributor's examples, in a copy of the kit


# Tests that count or list all there are, and what the page says to change in them.
COUNTED = (
    ("practice/test_factory.py", "len(MODELS) == 14", "len(MODELS) == 15"),
    ("practice/test_factory.py", "MODELS.values()}) == 14", "MODELS.values()}) == 15"),
    ("test_wiring.py", '"pow-r2", "s31"]', '"pow-r2", "s31", "example-plug"]'),
    ("test_wiring.py", "pow-r2, s31, nodemcu.", "pow-r2, s31, example-plug, nodemcu."),
    ("diagnosis/test_catalogue.py", '["no-answer.de.toml"]', '["adapter-asleep.de.toml", "no-answer.de.toml"]'),
)


def example(heading: str, language: str) -> str:
    """The first code block of that language under a heading."""
    part = text_of(CONTRIBUTING).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)[0]


def insert(path: Path, before: str, text: str, *, instead: bool = False) -> None:
    """Put a text in front of the only place that begins so, or in its place."""
    code = text_of(path)
    assert code.count(before) == 1, (path, before)
    path.write_text(code.replace(before, text if instead else text + before), encoding="utf-8")


def entry(heading: str, by: int) -> str:
    """The example of an entry in a table, indented, with its comma."""
    return re.sub("^(?=.)", " " * by, f"{example(heading, 'python').rstrip()},\n", flags=re.MULTILINE)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The kit with each example of the contributor's page put in where the page says."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("sonoffkit", "notebooks", "tests"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "browser", "soak"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "environment.yml"):
        shutil.copyfile(ROOT / name, root / name)
    room = root / "sonoffkit"
    insert(room / "errors.py", "    │   └── PortLost ", example("An error", ""))
    insert(room / "errors.py", "class PortLost(", example("An error", "python") + "\n\n")
    insert(room / "errors.py", '    "BackupDamaged", "BackupError"', '    "AdapterAsleep",\n')
    entries = room / "diagnosis" / "entries"
    (entries / "adapter-asleep.toml").write_text(example("A diagnosis entry", "toml"), encoding="utf-8")
    (entries / "adapter-asleep.de.toml").write_text(example("A translation", "toml"), encoding="utf-8")
    models, boards = room / "practice" / "models.py", room / "wiring" / "boards.py"
    insert(models, '        Model("nodemcu"', entry("A device model", 8))
    insert(boards, "        Board(  # Getting-Started.md", entry("A wiring card", 8))
    signatures = room / "firmware" / "identity" / "signatures.py"
    insert(signatures, '    Signature("ESPEasy"', entry("A firmware marker", 4))
    hidden = room / "practice" / "hidden.py"
    fault = entry("A practice fault", 8)
    insert(hidden, '        HiddenFault(\n            "frail-wires"', fault)
    (room / "widgets" / "backup_age.py").write_text(example("A widget", "python"), encoding="utf-8")
    insert(room / "widgets" / "__init__.py", "from .backups import", "from .backup_age import BackupAge\n")
    insert(room / "widgets" / "__init__.py", '    "BackupPicker",', '    "BackupAge",\n')
    run(root, "-c", example("A notebook cell", "python"))
    return root


def run(root: Path, *words: str) -> str:
    """Run Python in the copy, with the copy's sonoffkit; its output."""
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONUTF8": "1", "SONOFFKIT_HOME": str(root / "home")}
    done = subprocess.run(
        [sys.executable, *words], cwd=root, env=env, capture_output=True, text=True, encoding="utf-8", errors="replace"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_copy_is_what_is_tested(copy):
    assert Path(run(copy, "-c", "import sonoffkit; print(sonoffkit.__file__)").strip()).is_relative_to(copy)


def test_the_examples_pass_the_tests_that_the_page_names(copy):
    for path, old, new in COUNTED:
        insert(copy / "tests" / path, old, new, instead=True)
    told = run(
        copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", "tests/test_errors.py",
        "tests/test_architecture.py", "tests/diagnosis/test_catalogue.py", "tests/test_wiring.py",
        "tests/practice/test_factory.py", "tests/practice/test_hidden.py", "tests/test_notebooks.py",
        "-k", "not (test_notebooks and not 2-backup) and not (test_hidden and not (slow or word))",
    )  # fmt: skip
    assert " passed" in told


def test_the_examples_do_what_the_page_says(copy):
    told = run(
        copy,
        "-c",
        "from sonoffkit.diagnosis import diagnose\n"
        "from sonoffkit.errors import AdapterAsleep\n"
        "from sonoffkit.practice import practice_device\n"
        "from sonoffkit.practice.hidden import code_words\n"
        "from sonoffkit.widgets import BackupAge\n"
        "from sonoffkit.wiring import wiring_card\n"
        "print(diagnose(AdapterAsleep('x'), ports=())[0].name)\n"
        "print(diagnose('usb 1-2: adapter asleep', ports=(), language='de')[0].title)\n"
        "print(practice_device('example-plug').model.size_text)\n"
        "print(wiring_card('example-plug').text.splitlines()[0])\n"
        "print(code_words('slow-hub', 1) != [])\n"
        "print('There is no backup yet.' in BackupAge().children[1].value)\n",
    )
    assert told.splitlines() == [
        "adapter-asleep",
        "Das System hat den Adapter schlafen gelegt",
        "4 MB",
        "Wiring: Sonoff Example Plug",
        "True",
        "True",
    ]


def test_the_examples_firmware_is_known_and_its_neighbour_is_another(copy):
    told = run(
        copy,
        "-c",
        "import sys; sys.path.append('tests')\n"
        "from firmware import dump_builders as dumps\n"
        "from sonoffkit.firmware.identity import identify_firmware\n"
        "from sonoffkit.firmware.layout import lay_out\n"
        "for words in (b'example-home.example\\0Example Home v1.2', b'Example Home v1.2'):\n"
        "    data = dumps.flash(0x100000, {0: dumps.sketch(b'core_esp8266_main.cpp\\0' + words)})\n"
        "    firmware = identify_firmware(data, lay_out(data))\n"
        "    print(firmware.name, firmware.version)\n",
    )
    assert told.splitlines()[0] == "Example Home 1.2"
    assert not told.splitlines()[1].startswith("Example Home")


def test_the_examples_are_typed_and_formatted(copy):
    files = [f"sonoffkit/{name}" for name in ("errors.py", "practice", "wiring", "widgets/backup_age.py")]
    run(copy, "-m", "ruff", "check", *files)
    run(copy, "-m", "ruff", "format", "--check", *files)
    run(copy, "-m", "mypy", "--strict", "--follow-imports=silent", "sonoffkit/widgets/backup_age.py")


def test_entries_of_the_page_have_no_key_that_their_readme_does_not_explain():
    told = text_of(ROOT / "sonoffkit" / "diagnosis" / "entries" / "README.md")
    keys = tomllib.loads(example("A diagnosis entry", "toml"))
    assert [key for key in keys if f"`{key}`" not in told and f"`[[{key}]]`" not in told] == []
