"""The package: what the wheel holds, that it works away from the checkout, and that its floors agree."""

from __future__ import annotations

import email
import os
import re
import site
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# What pip says where it cannot reach the index from which the build backend comes.
NO_INDEX = re.compile(r"No matching distribution found for hatchling|Could not find a version .*hatchling", re.DOTALL)
RENAMED_FOR_CONDA = {"matplotlib-base": "matplotlib"}


def run(*words, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, words)], capture_output=True, text=True, encoding="utf-8", errors="replace", check=False, **options
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built as pip does it: in isolation, with the backend from the package index."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    told = built.stdout + built.stderr
    if built.returncode and NO_INDEX.search(told) and not os.environ.get("CI"):
        pytest.skip("the package index cannot be reached, and building a wheel needs hatchling from there")
    assert built.returncode == 0, told
    (file,) = folder.glob("*.whl")
    return file


def members(wheel) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_each_module_each_script_of_its_views_and_each_notebook(wheel):
    modules = {
        path.relative_to(ROOT).as_posix()
        for ending in ("py", "js", "css", "toml", "md")
        for path in (ROOT / "sonoffkit").rglob(f"*.{ending}")
    }
    assert {"sonoffkit/widgets/explorer/main.js", "sonoffkit/widgets/bench/main.js"} <= modules
    notebooks = {f"sonoffkit/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert len(notebooks) >= 4
    held = {name for name in members(wheel) if not name.startswith("sonoffkit-")}
    assert held == modules | notebooks | {"sonoffkit/py.typed"}


def test_the_wheel_holds_the_notebooks_as_they_are(wheel):
    with zipfile.ZipFile(wheel) as packed:
        for path in (ROOT / "notebooks").glob("*.ipynb"):
            assert packed.read(f"sonoffkit/notebooks/{path.name}") == path.read_bytes()


def metadata(wheel):
    with zipfile.ZipFile(wheel) as packed:
        (name,) = [name for name in packed.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(packed.read(name))


def test_the_wheel_carries_its_licence(wheel):
    assert metadata(wheel)["License-Expression"] == "GPL-2.0-or-later"
    (name,) = [name for name in members(wheel) if name.endswith("/LICENSE")]
    with zipfile.ZipFile(wheel) as packed:
        assert packed.read(name) == (ROOT / "LICENSE").read_bytes()


def test_the_wheel_is_for_every_system(wheel):
    assert wheel.name == f"sonoffkit-{PROJECT['version']}-py3-none-any.whl"
    assert metadata(wheel)["Requires-Python"] == PROJECT["requires-python"]


# Installed, away from the checkout


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The Python of an environment in which the wheel is installed; all else it borrows from this one."""
    folder = tmp_path_factory.mktemp("venv") / "v"
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ours = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
    # A .pth inside a folder that a .pth names is not read, so this checkout's editable install is not found.
    borrowed = [path for path in [*site.getsitepackages(), site.getusersitepackages()] if Path(path).is_dir()]
    (ours / "borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")
    done = run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index",
               "--ignore-installed", wheel)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    # What installing ipykernel does: a kernel of this environment's own.
    done = run(python, "-m", "ipykernel", "install", "--sys-prefix")
    assert done.returncode == 0, done.stdout + done.stderr
    return python


@pytest.fixture
def elsewhere(tmp_path):
    """An empty folder to work in, and an environment that leads back to no checkout."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return {"cwd": folder, "env": env | {"PYTHONUTF8": "1"}}


def test_the_installed_package_is_found_and_not_the_checkout(installed, elsewhere):
    done = run(installed, "-c", "import sonoffkit; print(sonoffkit.__file__)", **elsewhere)
    assert installed.parents[1] in Path(done.stdout.strip()).parents, done.stdout + done.stderr


def test_the_installed_course_can_be_rehearsed_from_anywhere(installed, elsewhere, tmp_path):
    folder = run(installed, "-c", "import sonoffkit.course as c; print(c.course_folder())", **elsewhere).stdout.strip()
    assert installed.parents[1] in Path(folder).parents
    where = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import sonoffkit; print(sonoffkit.__file__)")])
    nbformat.write(where, Path(folder) / "9-where.ipynb")  # tells which package the kernels find

    done = run(installed, "-m", "sonoffkit", "rehearse", "--out", tmp_path / "out", **elsewhere)

    assert done.returncode == 0, done.stdout + done.stderr
    names = [*sorted(path.name for path in (ROOT / "notebooks").glob("[0-9]-*.ipynb")), "9-where.ipynb"]
    assert [line.partition(" (")[0] for line in done.stdout.splitlines()] == [f"{name}: passed" for name in names]
    told = nbformat.read(tmp_path / "out" / "9-where.ipynb", as_version=4).cells[0].outputs[0].text.strip()
    assert installed.parents[1] in Path(told).parents, told
    assert list(elsewhere["cwd"].iterdir()) == []


def test_the_command_is_installed(installed, elsewhere):
    command = installed.with_name("sonoffkit.exe" if os.name == "nt" else "sonoffkit")
    done = run(command, "--version", **elsewhere)
    assert done.stdout.strip() == f"sonoffkit, version {PROJECT['version']}"


# Floors


def floors(lines) -> dict[str, str]:
    """The packages named as NAME>=VERSION, by name."""
    found = (
        re.match(r"([A-Za-z0-9_.-]+)>=([0-9.]+)$", line.split("#")[0].strip().lstrip("- ").strip()) for line in lines
    )
    return {match[1]: match[2] for match in found if match}


def test_each_dependency_has_a_floor_and_no_ceiling():
    assert len(floors(PROJECT["dependencies"])) == len(PROJECT["dependencies"])
    for extra in PROJECT["optional-dependencies"].values():
        own = [line for line in extra if not line.startswith("sonoffkit[")]
        assert len(floors(own)) == len(own)


def test_condas_environment_has_the_same_floors():
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    conda = {RENAMED_FOR_CONDA.get(name, name): floor for name, floor in floors(lines).items()}
    assert conda.pop("python") == PROJECT["requires-python"].removeprefix(">=")
    assert conda == floors(PROJECT["dependencies"])
    named = [line.strip() for line in lines if re.match(r"\s+- ", line)]
    assert {line for line in named if ">=" not in line} <= {
        "- conda-forge",
        "- nodefaults",
        "- pip",
        "- pip:",
        "- -e .",
    }


def test_the_readme_names_the_oldest_python():
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert f"Python {oldest} or newer" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_changelog_begins_with_this_version():
    headings = re.findall(r"^## ([0-9.]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == PROJECT["version"]
