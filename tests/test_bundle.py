"""A classroom's bundle: whole for each system, never over other files, and started from with the network denied."""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from importlib.metadata import PathDistribution
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from sonoffkit.bundle import (
    PLATFORMS,
    Bundle,
    BundleError,
    Target,
    check_bundle,
    gather,
    start,
    this_platform,
    this_python,
)
from sonoffkit.bundle.closure import Wheel, find_closure
from sonoffkit.bundle.gather import STAGE, plain
from sonoffkit.bundle.own import wheel_of
from sonoffkit.bundle.pip import download_command, pip_failure
from sonoffkit.bundle.texts import readme, start_scripts
from sonoffkit.cli import main
from sonoffkit.course import course_notebooks

posix = pytest.mark.skipif(os.name != "posix", reason="a script for a POSIX shell")
WINDOWS, MACOS, LINUX = Target("windows", "3.12"), Target("macos", "3.12"), Target("linux", "3.12")
ELSEWHERE = Target("windows-arm" if this_platform() != "windows-arm" else "macos", "3.12")


# Small packages on disk, and the real pip, which sees nothing else


def make_wheel(folder: Path, name: str, version: str, *needs: str, tag: str = "py3-none-any", python: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Provides-Extra: {extra}" for extra in re.findall(r'extra == "(\w+)"', " ".join(needs))]
    lines += [f"Requires-Python: {python}"] if python else []
    lines += [f"Requires-Dist: {need}" for need in needs]
    wheel = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
    files = {f"{name}/__init__.py": "", f"{name}-{version}.dist-info/METADATA": "\n".join([*lines, "", ""])}
    files[f"{name}-{version}.dist-info/WHEEL"] = wheel
    record = f"{name}-{version}.dist-info/RECORD"
    listed = [f"{member},{_record_hash(text.encode())},{len(text)}" for member, text in files.items()]
    with zipfile.ZipFile(path, "w") as packed:
        for member, text in (files | {record: "\n".join([*listed, f"{record},,", ""])}).items():
            packed.writestr(member, text)
    return path


def _record_hash(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


BACKEND = """\
import shutil, pathlib
def build_wheel(into, settings=None, metadata=None):
    (wheel,) = pathlib.Path(__file__).parent.glob("*.whl")
    shutil.copy(wheel, into)
    return wheel.name
"""


def make_source(folder: Path, wheel: Path) -> None:
    """A package that comes as source only; building it gives that wheel."""
    name = "-".join(wheel.name.split("-")[:2])
    wheel_bytes = wheel.read_bytes()
    wheel.unlink()
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    info = f"Metadata-Version: 2.1\nName: {name.split('-')[0]}\nVersion: {name.split('-')[1]}\n"
    files = {"pyproject.toml": project.encode(), "backend.py": BACKEND.encode(), "PKG-INFO": info.encode()}
    with tarfile.open(folder / f"{name}.tar.gz", "w:gz") as packed:
        for member, data in (files | {wheel.name: wheel_bytes}).items():
            entry = tarfile.TarInfo(f"{name}/{member}")
            entry.size = len(data)
            packed.addfile(entry, BytesIO(data))


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder, which is all that pip knows of the world."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    make_wheel(folder, "pip", "99.0")
    return folder


@pytest.fixture
def closure(tmp_path):
    """Finds a closure, and gives the packages with their versions."""

    built = tmp_path / "built"
    built.mkdir()

    def closure(own: Path, target: Target = LINUX, **more) -> dict[str, str]:
        into = Path(tempfile.mkdtemp(dir=tmp_path))
        wheels = find_closure(target, own, into, built, lambda line: None, **more)
        assert all(wheel.path.is_file() for wheel in wheels.values())
        return {name: str(wheel.version) for name, wheel in wheels.items()}

    return closure


# Targets


def test_each_platforms_conditions_are_its_own():
    told = {name: Target(name, "3.12").marker_environments()[0] for name in PLATFORMS}
    assert {name: there["sys_platform"] for name, there in told.items()} == {
        "windows": "win32", "windows-arm": "win32", "macos": "darwin", "macos-intel": "darwin",
        "linux": "linux", "linux-arm": "linux",
    }  # fmt: skip
    assert told["windows"]["os_name"] == "nt"
    assert told["linux"]["platform_machine"] == "x86_64"
    assert told["linux-arm"]["platform_machine"] == "aarch64"


def test_this_computers_conditions_are_told_as_pythons_own_packaging_tells_them():
    from packaging.markers import default_environment

    exact = {"platform_release", "platform_version", "python_full_version", "implementation_version"}
    ours = Target(this_platform(), this_python()).marker_environments()[0]
    real = default_environment()
    assert set(ours) == set(real)
    assert {name: value for name, value in ours.items() if name not in exact} == {
        name: value for name, value in real.items() if name not in exact
    }


@pytest.mark.parametrize(
    ("tag", "machine", "soabi", "bits", "name"),
    [
        ("win-amd64", "AMD64", "", 64, "windows"),
        ("win-amd64", "ARM64", "", 64, "windows"),  # an Intel Python on an Arm computer
        ("win-arm64", "ARM64", "", 64, "windows-arm"),
        ("win32", "AMD64", "", 32, ""),
        ("macosx-11.0-arm64", "arm64", "cpython-312-darwin", 64, "macos"),
        ("macosx-10.13-universal2", "arm64", "cpython-312-darwin", 64, "macos"),
        ("macosx-10.13-universal2", "x86_64", "cpython-312-darwin", 64, "macos-intel"),
        ("macosx-10.9-x86_64", "x86_64", "cpython-312-darwin", 64, "macos-intel"),
        ("linux-x86_64", "x86_64", "cpython-312-x86_64-linux-gnu", 64, "linux"),
        ("linux-x86_64", "x86_64", "cpython-312-x86_64-linux-musl", 64, ""),
        ("linux-aarch64", "aarch64", "cpython-312-aarch64-linux-gnu", 64, "linux-arm"),
        ("linux-aarch64", "aarch64", "cpython-312-arm-linux-gnueabihf", 32, ""),
        ("linux-armv7l", "armv7l", "", 32, ""),
        ("freebsd-14-amd64", "amd64", "", 64, ""),
    ],
)
def test_a_python_is_told_by_what_it_is_and_not_by_its_computer(tag, machine, soabi, bits, name):
    assert start.platform_name(tag, machine, soabi, bits) == name


def test_what_is_no_platform_or_no_python_is_refused_with_what_there_is():
    with pytest.raises(BundleError, match=r"^There are no bundles for 'amiga'\.$") as amiga:
        Target("amiga", "3.12")
    assert amiga.value.hint == (
        "Choose by --platform what the class has: windows, windows-arm, macos, macos-intel, linux, linux-arm."
    )
    for python in ("3", "2.7", "3.12.1", "py312", ""):
        with pytest.raises(BundleError, match="is no version of Python to gather for"):
            Target("linux", python)


# What pip is asked


def test_pip_is_asked_for_a_targets_wheels_and_nothing_is_built_on_the_way():
    command = download_command(WINDOWS, ["numpy>=2.0", "click"], Path("into"), Path("built"))
    assert command == [
        "download", "--no-deps", "--only-binary=:all:", "--platform", "win_amd64", "--python-version", "3.12",
        "--implementation", "cp", "--abi", "cp312", "--dest", "into", "--find-links", "built", "numpy>=2.0", "click",
    ]  # fmt: skip


def test_macos_is_named_by_its_oldest_and_linux_by_each_that_its_oldest_takes():
    assert MACOS.pip_options()[1:3] == ["--platform", "macosx_11_0_arm64"]
    assert Target("macos-intel", "3.14").pip_options()[1:3] == ["--platform", "macosx_11_0_x86_64"]
    assert Target("macos-intel", "3.14").pip_options()[-1] == "cp314"
    for name, machine in (("linux", "x86_64"), ("linux-arm", "aarch64")):
        options = Target(name, "3.11").pip_options()
        tags = [word for before, word in pairwise(options) if before == "--platform"]
        assert {f"manylinux_2_28_{machine}", f"manylinux2014_{machine}", f"linux_{machine}"} <= set(tags)
        assert all(tag.endswith(machine) for tag in tags)
        assert f"manylinux_2_29_{machine}" not in tags


# What a package needs, there


def needs(tmp_path, target, *requirements, extras=()):
    wheel = Wheel.read(make_wheel(tmp_path, "some", "1", *requirements))
    return [need.name for need in wheel.needed_on(target, extras)]


def test_conditions_are_judged_by_the_target_and_not_by_this_computer(tmp_path):
    lines = ('a; sys_platform == "win32"', 'b; platform_system == "Darwin"', 'c; os_name != "nt"', "d>=1",
             'e; python_version < "3.12"', 'f; platform_machine == "aarch64"')  # fmt: skip
    assert needs(tmp_path, WINDOWS, *lines) == ["a", "d"]
    assert needs(tmp_path, MACOS, *lines) == ["b", "c", "d"]
    assert needs(tmp_path, LINUX, *lines) == ["c", "d"]
    assert needs(tmp_path, Target("linux-arm", "3.11"), *lines) == ["c", "d", "e", "f"]


def test_what_only_some_releases_of_a_python_need_is_gathered_for_all(tmp_path):
    lines = ('a; python_full_version < "3.12.4"', 'b; python_full_version >= "3.12.4"', 'c; python_version < "3.12"')
    assert needs(tmp_path, LINUX, *lines) == ["a", "b"]


def test_an_extra_is_gathered_where_it_was_asked_for(tmp_path):
    lines = ("a", 'b; extra == "fast"', 'c; extra == "fast" and sys_platform == "win32"')
    assert needs(tmp_path, LINUX, *lines) == ["a"]
    assert needs(tmp_path, LINUX, *lines, extras=["fast"]) == ["a", "b"]
    assert needs(tmp_path, WINDOWS, *lines, extras=["fast"]) == ["a", "b", "c"]


# All that is needed, by the real pip


def test_all_that_is_needed_is_found_and_nothing_else(index, tmp_path, closure):
    own = make_wheel(tmp_path, "own", "1", "one[more]>=1")
    make_wheel(index, "one", "1.5", 'two; extra == "more"', 'win; sys_platform == "win32"')
    make_wheel(index, "two", "2", "One")  # in a circle, and by another spelling
    make_wheel(index, "win", "3", tag="cp312-cp312-win_amd64")
    make_wheel(index, "stray", "1")
    assert closure(own) == {"one": "1.5", "own": "1", "pip": "99.0", "two": "2"}
    assert closure(own, WINDOWS) == {"one": "1.5", "own": "1", "pip": "99.0", "two": "2", "win": "3"}


def test_a_version_that_a_later_package_does_not_take_is_changed_and_what_it_alone_needed_goes(
    index, tmp_path, closure
):
    own = make_wheel(tmp_path, "own", "1", "shared>=1", "picky")
    make_wheel(index, "shared", "2", "onlynew")
    make_wheel(index, "shared", "1")
    make_wheel(index, "onlynew", "1")
    make_wheel(index, "picky", "1", "deep")
    make_wheel(index, "deep", "1", "shared<2")
    assert closure(own) == {"deep": "1", "own": "1", "picky": "1", "pip": "99.0", "shared": "1"}


def test_versions_that_do_not_go_together_are_refused(index, tmp_path, closure):
    own = make_wheel(tmp_path, "own", "1", "shared>=2", "picky")
    make_wheel(index, "shared", "2")
    make_wheel(index, "picky", "1", "shared<2")
    with pytest.raises(BundleError, match=r"^shared(<2,>=2|>=2,<2) \(needed by own and picky\) has no wheel for Linux"):
        closure(own)


def test_of_wheels_for_several_systems_each_target_gets_its_own(index, tmp_path, closure):
    own = make_wheel(tmp_path, "own", "1", "fast")
    make_wheel(index, "fast", "2", tag="cp312-cp312-win_amd64")
    make_wheel(index, "fast", "2", tag="cp312-cp312-manylinux_2_28_x86_64")
    make_wheel(index, "fast", "1", tag="cp312-abi3-macosx_10_9_universal2")  # the newest that there is for it
    assert closure(own, WINDOWS)["fast"] == "2"
    assert closure(own, LINUX)["fast"] == "2"
    assert closure(own, MACOS)["fast"] == "1"


def test_what_comes_as_source_only_is_built_once_and_serves_every_target(index, tmp_path, closure):
    own = make_wheel(tmp_path, "own", "1", "first", "source>=1", "last")
    for name in ("first", "last", "under"):
        make_wheel(index, name, "1")
    make_source(index, make_wheel(index, "source", "1.2", "under"))
    said: list[str] = []
    for target in (LINUX, WINDOWS):
        found = find_closure(target, own, tmp_path / target.name, tmp_path / "built", said.append)
        assert {name: str(wheel.version) for name, wheel in found.items()} == {
            "first": "1", "last": "1", "own": "1", "pip": "99.0", "source": "1.2", "under": "1",
        }  # fmt: skip
    assert said.count("  source comes as source only: building it") == 1
    assert said[0] == "Linux (x86_64), Python 3.12: pip, first, source, last"


def test_a_package_without_a_wheel_is_named_with_who_needs_it_and_what_to_do(index, tmp_path, closure):
    own = make_wheel(tmp_path, "own", "1", "one")
    make_wheel(index, "one", "1", "fast>=1.0")
    make_wheel(index, "fast", "2", tag="cp312-cp312-win_amd64")
    with pytest.raises(BundleError) as refused:
        closure(own, MACOS)
    first = str(refused.value).splitlines()[0]
    assert first == (
        "fast>=1.0 (needed by one) has no wheel for macOS (Apple chip) with Python 3.12, and none could be built here."
    )
    assert refused.value.hint == (
        "Choose another Python by --python (one or two releases older usually has all), or leave this platform out. "
        "A bundle that was there before is as it was."
    )


def test_a_wheel_that_was_built_for_this_computer_only_serves_no_other(index, tmp_path, closure):
    own = make_wheel(tmp_path, "own", "1", "fast")
    mine = this_python().replace(".", "")
    (tag,) = run("-c", "from packaging.tags import sys_tags; print(next(iter(sys_tags())))").stdout.split()
    make_source(index, make_wheel(index, "fast", "1", tag=tag))
    assert mine in tag
    with pytest.raises(BundleError, match=r"has no wheel for .*; one that was built here is for this computer only\."):
        closure(own, ELSEWHERE)


def test_a_python_that_sonoffkit_does_not_run_on_is_refused(index, tmp_path, closure):
    own = make_wheel(tmp_path, "sonoffkit", "1", python=">=3.11")
    assert closure(own, Target("linux", "3.11"))["sonoffkit"] == "1"
    with pytest.raises(BundleError, match=r"^sonoffkit does not run on Python 3\.10: it needs >=3\.11\.$"):
        closure(own, Target("linux", "3.10"))


def test_without_a_network_it_is_said_that_there_is_none(index, tmp_path, closure, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(BundleError) as refused:
        closure(make_wheel(tmp_path, "own", "1", "one"), more=())
    assert str(refused.value) == (
        "The packages cannot be fetched: there is no network, or the package index does not answer."
    )
    assert refused.value.hint.startswith("Gathering a bundle needs the network; starting from it does not.")


@pytest.mark.parametrize(
    "said",
    ["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "[WinError 112]"],
)
def test_a_disk_that_is_full_for_pip_is_told_as_that(said):
    assert str(pip_failure(said)).startswith("The disk is full:")


def test_what_pip_says_of_its_own_is_handed_on_without_its_warnings():
    told = str(pip_failure("WARNING: one\n\nERROR: two\n[notice] three\n"))
    assert told == "pip could not do it. It said:\nERROR: two"


# The folder


@pytest.fixture
def own(index, tmp_path):
    """A sonoffkit of one dependency."""
    make_wheel(index, "one", "1", 'win; sys_platform == "win32"')
    make_wheel(index, "win", "1")
    return make_wheel(tmp_path, "sonoffkit", "1", "one", python=">=3.11")


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bundle_holds_all_and_each_file_is_in_its_manifest(own, tmp_path):
    folder = tmp_path / "a" / "bundle"
    said: list[str] = []
    made = gather(folder, [LINUX, WINDOWS], said.append, own=own)
    there = files(folder)
    manifest = json.loads(there.pop("manifest.json"))
    assert manifest["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in there.items()}
    assert manifest["targets"] == ["linux-3.12", "windows-3.12"]
    wheels = {"one-1", "pip-99.0", "sonoffkit-1", "win-1"}
    assert set(there) == {
        "README.txt", "start.py", "start.sh", "start.bat", "start.ps1",
        "locks/linux-3.12.txt", "locks/windows-3.12.txt",
        *(f"wheels/{name}-py3-none-any.whl" for name in wheels),
        *(f"notebooks/{path.name}" for path in course_notebooks()),
    }  # fmt: skip
    assert there["locks/linux-3.12.txt"].split() == [b"one==1", b"pip==99.0", b"sonoffkit==1"]
    assert there["locks/windows-3.12.txt"].split() == [b"one==1", b"pip==99.0", b"sonoffkit==1", b"win==1"]
    assert made == Bundle(folder, "1", (LINUX, WINDOWS), len(there), sum(map(len, there.values())))
    assert said[-1] == "Windows (64-bit), Python 3.12: 4 packages, 0 MB"
    assert check_bundle(folder) == []
    if os.name == "posix":
        assert (folder / "start.sh").stat().st_mode & 0o111


def test_a_changed_and_a_lost_file_are_found(own, tmp_path):
    gather(tmp_path / "b", [LINUX], own=own)
    (tmp_path / "b" / "wheels" / "one-1-py3-none-any.whl").write_bytes(b"PK")
    (tmp_path / "b" / "start.sh").unlink()
    told = CliRunner().invoke(main, ["bundle", "--check", str(tmp_path / "b")])
    assert told.exit_code == 1
    assert told.output.splitlines() == [
        "start.sh is missing",
        "wheels/one-1-py3-none-any.whl is not as it was gathered",
        "Gather it again, or copy it anew. What is in workshop can stay.",
    ]
    gather(tmp_path / "b", [LINUX], own=own)
    told = CliRunner().invoke(main, ["bundle", "--check", str(tmp_path / "b")])
    assert (told.exit_code, told.output) == (0, "All files are as they were gathered.\n")


def test_what_is_no_bundle_cannot_be_checked(tmp_path):
    told = CliRunner().invoke(main, ["bundle", "--check", str(tmp_path)])
    assert told.exit_code == 1
    assert f"Error: {tmp_path} is no bundle: it has no manifest.json of one." in told.output


def test_a_folder_of_anything_else_is_refused_and_stays(own, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(BundleError, match=r"mine is not empty, and holds no bundle: there is thesis\.txt\.$"):
        gather(tmp_path / "mine", [LINUX], own=own)
    assert files(tmp_path / "mine") == {"thesis.txt": b"all of it"}
    with pytest.raises(BundleError, match=r"thesis\.txt is a file, not a folder\.$"):
        gather(tmp_path / "mine" / "thesis.txt", [LINUX], own=own)


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[]", b"{}", b'{"files": {}}', b'{"what": "sonoffkit bundle"}', b'{"what": "sonoffkit bundle", "files": 5}',
     b'{"what": "sonoffkit bundle", "files": {"../precious.txt": ""}}',
     b'{"what": "sonoffkit bundle", "files": {"C:precious.txt": ""}}'],
)  # fmt: skip
def test_a_manifest_that_is_none_of_ours_makes_no_bundle_of_a_folder(own, tmp_path, manifest):
    folder = tmp_path / "b"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(manifest)
    (tmp_path / "precious.txt").write_text("x")
    with pytest.raises(BundleError, match=r"is not empty, and holds no bundle"):
        gather(folder, [LINUX], own=own)
    assert files(folder) == {"manifest.json": manifest}
    assert (tmp_path / "precious.txt").exists()


def test_an_earlier_bundle_is_brought_up_to_date_and_what_others_put_there_stays(own, index, tmp_path):
    folder = tmp_path / "b"
    gather(folder, [LINUX, WINDOWS], own=own)
    theirs = {
        "workshop/1-setup.ipynb": b"mine",
        "env/x": b"mine",
        "python-3.12.exe": b"mine",
        "wheels/mine.whl": b"mine",
    }
    for name, data in theirs.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    make_wheel(index, "one", "2")
    gather(folder, [LINUX], own=own)
    there = files(folder)
    assert {name: there.get(name) for name in theirs} == theirs
    ours = {name for name in there if name.startswith(("wheels/", "locks/", "start")) and name not in theirs}
    assert ours == {
        "locks/linux-3.12.txt", "start.py", "start.sh",
        *(f"wheels/{name}-py3-none-any.whl" for name in ("one-2", "pip-99.0", "sonoffkit-1")),
    }  # fmt: skip
    assert check_bundle(folder) == []


def test_a_file_of_the_bundle_that_somebody_changed_is_set_aside(own, tmp_path):
    folder = tmp_path / "b"
    gather(folder, [LINUX], own=own)
    was = (folder / "README.txt").read_bytes()
    for n, yours in enumerate((b"Room 12, ask Ada", b"Room 13"), 1):
        (folder / "README.txt").write_bytes(yours)
        made = gather(folder, [LINUX], own=own)
        aside = folder / ("README-changed.txt" if n == 1 else "README-changed2.txt")
        assert made.set_aside == (aside,)
        assert aside.read_bytes() == yours
        assert (folder / "README.txt").read_bytes() == was
    assert gather(folder, [LINUX], own=own).set_aside == ()


def test_a_file_where_a_new_one_should_go_is_not_overwritten(own, tmp_path):
    folder = tmp_path / "b"
    gather(folder, [LINUX], own=own)
    before = files(folder)
    (folder / "start.bat").write_bytes(b"mine")
    with pytest.raises(BundleError, match=r"start\.bat is there, and no bundle put it there\.$"):
        gather(folder, [LINUX, WINDOWS], own=own)
    assert files(folder) == before | {"start.bat": b"mine"}


def test_a_bundle_stays_as_it_was_when_the_next_cannot_be_gathered(own, index, tmp_path):
    folder = tmp_path / "b"
    gather(folder, [LINUX], own=own)
    before = files(folder)
    next_own = make_wheel(tmp_path / "next", "sonoffkit", "2", "nowhere")
    with pytest.raises(BundleError, match="nowhere"):
        gather(folder, [LINUX], own=next_own)
    assert files(folder) == before
    with pytest.raises(BundleError, match="nowhere"):
        gather(tmp_path / "new", [LINUX], own=next_own)
    assert not (tmp_path / "new").exists()


def test_what_a_stopped_gathering_left_does_not_hinder_the_next(own, tmp_path):
    folder = tmp_path / "b"
    (folder / STAGE / "linux-3.12").mkdir(parents=True)
    (folder / STAGE / "linux-3.12" / "half.whl").write_bytes(b"P")
    gather(folder, [LINUX], own=own)
    assert not (folder / STAGE).exists()
    assert check_bundle(folder) == []


@pytest.mark.skipif(not shutil.which("unshare") or os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_told_and_the_bundle_that_was_there_stays(own, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    shutil.copy(own, tmp_path / "big.whl")
    with zipfile.ZipFile(own, "a") as packed:
        packed.writestr("sonoffkit/big", os.urandom(900_000))
    code = f"""
from pathlib import Path
from sonoffkit.bundle import BundleError, Target, check_bundle, gather
folder, (small, big) = Path({str(disk)!r}) / 'b', [Path({str(tmp_path)!r}) / 'small', Path({str(own)!r})]
small.mkdir(); small = (Path({str(tmp_path)!r}) / 'big.whl').rename(small / big.name)
gather(folder, [Target('linux', '3.12')], own=small)
try:
    gather(folder, [Target('linux', '3.12')], own=big)
except BundleError as error:
    print(error, '|', error.hint)
print(check_bundle(folder))
"""
    script = 'mount -t tmpfs -o size=800k none "$1" && exec "$2" -c "$3"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", disk, sys.executable, code], capture_output=True, text=True
    )
    if "mount:" in done.stderr:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    assert done.stdout.splitlines() == [
        "The disk is full: the one of the folder, or the one of this computer's temporary files. | "
        "Make room (a bundle takes about 100 MB for each platform, and twice that while it is made). "
        "A bundle that was there before is as it was.",
        "[]",
    ], done.stderr


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    error = PermissionError(errno.EACCES, "Permission denied", "/there")
    assert str(plain(error, tmp_path)) == "The bundle cannot be written: Permission denied (/there)."


def test_the_command_gathers_for_each_platform_with_each_python(own, tmp_path, monkeypatch):
    asked = []

    def gathered(folder, targets, tell):
        asked.append((folder, [target.name for target in targets]))
        return Bundle(folder, "1", tuple(targets), 3, 4_000_000, (folder / "README-changed.txt",))

    monkeypatch.setattr("sonoffkit.bundle.gather", gathered)
    words = ["bundle", str(tmp_path / "b"), "--platform", "windows", "--platform", "macos", "--platform", "windows"]
    told = CliRunner().invoke(main, [*words, "--python", "3.12", "--python", "3.13"])
    assert told.output.splitlines() == [
        "You had changed a file; yours is README-changed.txt now.",
        f"Done. {tmp_path / 'b'}: sonoffkit 1 for Windows (64-bit), Python 3.12; Windows (64-bit), Python 3.13; "
        "macOS (Apple chip), Python 3.12; macOS (Apple chip), Python 3.13: 3 files, 4 MB.",
        f"How to start from it: {tmp_path / 'b' / 'README.txt'}",
    ]
    CliRunner().invoke(main, ["bundle", str(tmp_path / "b")])
    assert asked == [
        (tmp_path / "b", ["windows-3.12", "windows-3.13", "macos-3.12", "macos-3.13"]),
        (tmp_path / "b", [f"{this_platform()}-{this_python()}"]),
    ]


def test_the_command_says_what_is_wrong_in_sentences(tmp_path):
    told = CliRunner().invoke(main, ["bundle", str(tmp_path / "b"), "--platform", "amiga"])
    assert told.exit_code == 1
    assert told.output.startswith("Error: There are no bundles for 'amiga'.\nChoose by --platform")
    assert not (tmp_path / "b").exists()


# Its texts


def test_each_system_has_its_start_script_and_no_other():
    assert set(start_scripts([LINUX])) == {"start.sh"}
    assert set(start_scripts([Target("macos-intel", "3.12")])) == {"start.sh", "start.command"}
    assert set(start_scripts([WINDOWS])) == {"start.bat", "start.ps1"}


def test_windows_scripts_are_plain_ascii_with_windows_line_ends():
    for name, text in start_scripts([WINDOWS, Target("windows", "3.9"), Target("windows", "3.10")]).items():
        assert text.isascii(), name
        assert text.count("\n") == text.count("\r\n") > 20, name
        assert "@PYTHONS@" not in text
        assert "@NO_PYTHON@" not in text
        assert "Python 3.9 or 3.10 or 3.12" in text, name
    assert (
        "for %%V in (3.12 3.10 3.9) do"
        in start_scripts([Target("windows", v) for v in ("3.9", "3.12", "3.10")])["start.bat"]
    )


@posix
def test_the_shell_script_is_one_that_any_posix_shell_can_read(tmp_path):
    (tmp_path / "start.sh").write_text(start_scripts([LINUX])["start.sh"])
    assert subprocess.run(["sh", "-n", tmp_path / "start.sh"], capture_output=True, check=True).stderr == b""


def test_the_readme_says_how_to_start_on_each_system_of_the_bundle_and_how_large_it_is():
    told = readme("0.1.0", [WINDOWS, MACOS, LINUX, Target("linux", "3.13")], 187, 100)
    for words in ("double-click start.bat", "right-click start.command", "sh start.sh", "It has 187 MB",
                  "started once, about 640 MB", "If Python is missing", "Python 3.12 or 3.13",
                  "Windows (64-bit), Python 3.12; macOS (Apple chip), Python 3.12; Linux (x86_64)"):  # fmt: skip
        assert words in told
    assert max(map(len, told.splitlines())) <= 200
    only = readme("0.1.0", [LINUX], 100, 100)
    assert "start.bat" not in only
    assert "start.command" not in only


def test_the_texts_name_no_place_in_the_network_but_pythons_own():
    targets = [Target(name, "3.12") for name in PLATFORMS]
    texts = [*start_scripts(targets).values(), readme("1", targets, 1, 1), Path(start.__file__).read_text("utf-8")]
    hosts = re.findall(r"\b[\w.-]+\.(?:org|com|io|net)\b", "\n".join(texts))
    assert set(hosts) == {"python.org"}


# Starting, where it cannot be


def run(*words, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, encoding="utf-8", check=False, **options
    )


def test_a_python_that_the_folder_is_not_for_is_told_which_it_is_for(own, tmp_path):
    gather(tmp_path / "b", [ELSEWHERE], own=own)
    assert run(tmp_path / "b" / "start.py", "--suits").returncode == 1
    done = run(tmp_path / "b" / "start.py")
    assert done.returncode == 1
    assert done.stderr.startswith("\nThis folder is not for this Python: CPython 3.")
    assert f"It is for: {ELSEWHERE.name} (the usual 64-bit Python)." in done.stderr
    assert done.stderr.endswith("start this again.\nNothing has been changed.\n")
    assert not (tmp_path / "b" / "env").exists()


@posix
def test_the_shell_script_says_which_python_is_missing(own, tmp_path):
    gather(tmp_path / "b", [ELSEWHERE, LINUX if this_platform() != "linux" else Target("linux-arm", "3.13")], own=own)
    done = subprocess.run(["sh", tmp_path / "b" / "start.sh"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "No Python that suits was found on this computer; nothing has been changed.\n"
        "This folder needs Python 3.12 or 3.13, the usual 64-bit one.\n"
        "Get the installer from python.org (without network: from a USB stick), install it, and start this again.\n"
        "README.txt in this folder says more.\n"
    )


@pytest.fixture
def mine(own, tmp_path):
    """A small bundle for this very Python."""
    gather(tmp_path / "b", [Target(this_platform(), this_python())], own=own)
    return tmp_path / "b"


def test_this_python_suits_a_bundle_for_it(mine):
    assert run(mine / "start.py", "--suits").returncode == 0
    assert not (mine / "env").exists()


def test_a_folder_that_was_copied_in_part_is_not_installed_from(mine):
    (mine / "wheels" / "one-1-py3-none-any.whl").unlink()
    (mine / "wheels" / "sonoffkit-1-py3-none-any.whl").write_bytes(b"PK")
    done = run(mine / "start.py", "--prepare")
    assert done.returncode == 1
    assert done.stderr == (
        "\nThis folder is not whole: wheels/one-1-py3-none-any.whl is missing, "
        "wheels/sonoffkit-1-py3-none-any.whl is not as it was gathered.\n"
        "Copy it anew from where you got it. Nothing has been changed.\n"
    )
    assert not (mine / "env").exists()
    (mine / "manifest.json").write_text("{")
    done = run(mine / "start.py", "--prepare")
    assert done.stderr.startswith("\nThis folder is not whole: manifest.json is missing or cannot be read.\n")


def test_an_install_that_fails_says_what_pip_said_and_is_begun_anew_the_next_time(mine):
    for _ in range(2):  # the wheel that is named pip here is none
        done = run(mine / "start.py", "--prepare")
        assert done.returncode == 1
        assert "The packages could not be installed. pip says:" in done.stderr
        assert "can't find '__main__' module" in done.stderr
        assert "What you did in the folder workshop is untouched." in done.stderr
        assert not list((mine / "env").glob("*/ready.json"))


def test_a_full_disk_and_one_that_holds_no_environment_are_told_apart(tmp_path):
    assert start.no_room(OSError(errno.ENOSPC, "No space left on device"), tmp_path).startswith("The disk is full (")
    other = start.no_room(OSError(errno.EPERM, "Operation not permitted"), tmp_path)
    assert other.startswith(f"The packages cannot be installed in {tmp_path}: Operation not permitted.\n")
    assert "copy the whole folder to this computer's own disk" in other


# Starting, for real: without a network


LOOPBACK = """\
import fcntl, os, socket, struct, sys
with socket.socket() as s:  # a new network has its loopback down
    fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", 0x41))
    try:
        s.settimeout(5)
        s.connect(("192.0.2.1", 80))
    except OSError as error:
        assert error.errno == 101, error  # the network is unreachable
    else:
        sys.exit("there is a network")
os.execvp(sys.argv[1], sys.argv[1:])
"""


def without_network() -> list[str]:
    """Words before a command that take the network from it, where root may do that."""
    words = ["unshare", "--net", sys.executable, "-c", LOOPBACK]
    with contextlib.suppress(OSError):
        if subprocess.run([*words, "true"], capture_output=True).returncode == 0:
            return words
    return []


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The bundle for this computer, gathered once."""
    folder = tmp_path_factory.mktemp("real") / "bundle"
    try:
        gather(folder, [Target(this_platform(), this_python())])
    except BundleError as error:
        if "there is no network" in str(error) and not os.environ.get("CI"):
            pytest.skip("the package index cannot be reached, and a bundle is gathered from there")
        raise
    return folder


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """Runs a command with no network, in a home of its own, and with a pip that is led astray."""
    home = tmp_path_factory.mktemp("offline")
    nowhere = "http://127.0.0.1:9"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "SONOFFKIT_", "PYTHON"))}
    env |= {"HOME": str(home), "USERPROFILE": str(home), "SONOFFKIT_HOME": str(home / "kit")}
    env |= dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), nowhere)
    env |= {"PIP_INDEX_URL": f"{nowhere}/simple", "PIP_FIND_LINKS": str(home), "PYTHONPATH": str(home / "none")}
    # This very Python first, and nothing of the user's: pip asks a rustc for its version, and that makes a folder.
    there = os.environ["PATH"] if os.name == "nt" else "/usr/bin:/bin:/usr/sbin:/sbin"
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), there])
    before = without_network()

    def offline(*words) -> subprocess.CompletedProcess[str]:
        command = [*before, *map(str, words)]
        done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    offline.home = home
    return offline


def starter(folder: Path) -> list[str]:
    return ["cmd", "/c", str(folder / "start.bat")] if os.name == "nt" else ["sh", str(folder / "start.sh")]


@pytest.fixture(scope="module")
def installed(real, offline):
    """The bundle after its first start; what that said, and the environment's Python."""
    done = offline(*starter(real), "--prepare")
    assert list(offline.home.iterdir()) == []  # nothing outside its own folder
    (environment,) = (real / "env").iterdir()
    return done.stdout, environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def test_a_real_bundle_is_installed_with_the_network_denied(installed, real):
    said, python = installed
    lines = said.splitlines()
    assert re.fullmatch(r"Installing \d\d+ packages into .*\.", lines[0])
    assert lines[0].endswith(f"into {python.parents[1]}.")
    assert lines[1:] == [
        "No network is needed. It takes a minute or two, the first time only.",
        "Installed. From now on it starts at once.",
        "Ready. Start it again without --prepare to open the course.",
    ]
    assert check_bundle(real) == []


def test_the_second_start_installs_nothing(installed, real, offline):
    assert offline(*starter(real), "--prepare").stdout == (
        "Ready. Start it again without --prepare to open the course.\n"
    )


def test_what_was_installed_is_whole_and_the_commands_are_there(installed, offline):
    python = installed[1]
    assert offline(python, "-m", "pip", "check").stdout.strip() == "No broken requirements found."
    command = python.with_name("sonoffkit.exe" if os.name == "nt" else "sonoffkit")
    assert offline(command, "--version").stdout.startswith("sonoffkit, version ")


EVERYTHING = """\
import importlib, pkgutil, sonoffkit
for module in pkgutil.walk_packages(sonoffkit.__path__, 'sonoffkit.'):
    if not module.name.endswith('__main__'):
        importlib.import_module(module.name)
from sonoffkit.session import connect
with connect('practice://basic') as device:
    print(sonoffkit.__file__, device.identity.mac)
"""


def test_every_module_loads_there_and_a_practice_sonoff_answers(installed, offline):
    done = offline(installed[1], "-W", "ignore", "-c", EVERYTHING)
    where, mac = done.stdout.strip().splitlines()[-1].rsplit(" ", 1)
    assert installed[1].parents[1] in Path(where).parents
    assert re.fullmatch(r"(..:){5}..", mac.lower())


COMES_UP = """\
import json, os, re, signal, socket, subprocess, sys, time, urllib.error, urllib.request
with socket.socket() as s:
    s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]
urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))
server = subprocess.Popen([*sys.argv[1:], '--no-browser', '--port', str(port)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, start_new_session=True)
said = ''
try:
    for line in server.stdout:
        said += line
        if match := re.search(r'http://127\\.0\\.0\\.1:\\d+/lab/tree/(\\S+)\\?token=(\\w+)', line):
            break
    else:
        sys.exit(said)
    def get(path):
        for left in range(300, -1, -1):  # it tells its address a moment before it listens there
            try:
                return urllib.request.urlopen(f'http://127.0.0.1:{port}{path}token={match[2]}', timeout=60).read()
            except urllib.error.URLError as error:
                if not left or not isinstance(error.reason, ConnectionRefusedError):
                    raise
                time.sleep(0.1)
    page = get('/lab?').decode()
    names = [entry['name'] for entry in json.loads(get('/api/contents?'))['content']]
    print(json.dumps({'first': match[1], 'page': 'jupyter-config-data' in page, 'names': sorted(names)}))
finally:
    if os.name == 'posix':
        os.killpg(server.pid, signal.SIGKILL)  # the server and whoever started it
    else:
        subprocess.run(['taskkill', '/t', '/f', '/pid', str(server.pid)], capture_output=True)
    server.wait()
"""


def test_jupyterlab_comes_up_from_it_on_the_first_notebook_in_a_workshop_beside(installed, real, offline):
    done = offline(sys.executable, "-c", COMES_UP, *starter(real))
    told = json.loads(done.stdout.splitlines()[-1])
    names = [path.name for path in course_notebooks()]
    assert told == {"first": names[0], "page": True, "names": sorted([*names, "images"])}
    assert {path.name for path in (real / "workshop").glob("*.ipynb")} == set(names)


def test_a_wheel_made_of_the_installed_files_is_the_one_that_was_installed(installed, real, tmp_path):
    (packages,) = [p for p in installed[1].parents[1].rglob("sonoffkit-*.dist-info") if "site-packages" in str(p)]
    again = wheel_of(PathDistribution(packages), tmp_path)
    (first,) = (real / "wheels").glob("sonoffkit-*.whl")
    assert again.name == first.name
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(again) as two:
        record = f"{'-'.join(first.name.split('-')[:2])}.dist-info/RECORD"
        assert {name: one.read(name) for name in one.namelist() if name != record} == {
            name: two.read(name) for name in two.namelist() if name != record
        }
        assert sorted(one.read(record).split()) == sorted(two.read(record).split())


def test_the_wheels_are_what_pip_itself_would_install_there(real):
    """Else pip's and our reading of the packages' conditions differ."""
    (lock,) = (real / "locks").iterdir()
    pins = {line.split("==")[0]: line.split("==")[1] for line in lock.read_text().split()}
    done = run(
        "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-index", "--find-links", real / "wheels",
        "--report", "-", "--quiet", "sonoffkit", "pip", env=os.environ | {"PIP_CONFIG_FILE": os.devnull},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    chosen = {item["metadata"]["name"]: item["metadata"]["version"] for item in json.loads(done.stdout)["install"]}
    assert {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in chosen.items()} == pins
