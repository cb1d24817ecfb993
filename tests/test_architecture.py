"""The rooms, the doors between them, and which room may open which heavy library."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sonoffkit

PACKAGE = Path(sonoffkit.__file__).parent

# Lowest first. A room imports from rooms below it, never from its own floor or above.
# A room that does not exist yet is skipped; one that is not listed fails a test.
FLOORS = (
    ("errors", "masking", "palette", "paths", "course", "exercises", "lab", "readable"),
    ("practice", "wiring"),
    ("ports", "firmware"),
    ("bootlog", "checks", "commands"),
    ("session",),
    ("transfer",),
    ("vault",),
    ("operations", "analysis"),
    ("report",),
    ("figures", "listing", "redacting"),
    ("page",),
    ("diagnosis",),
    ("guide", "support", "progress"),
    ("widgets", "rehearsal", "bundle"),
    ("cli",),
    ("__main__",),
)
FLOOR_OF = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}

# The rooms that may import a heavy library.
DOORS = {
    "esptool": {"session"},
    "serial": {"ports", "practice", "session"},
    "numpy": {"analysis", "figures"},
    "matplotlib": {"figures"},
    "ipywidgets": {"widgets"},
    "anywidget": {"widgets"},
    "click": {"cli"},
    "nbclient": {"rehearsal"},
    "packaging": {"bundle"},
}

HARDWARE = {"practice", "ports", "session", "transfer", "operations"}
ANALYSIS = {"firmware", "analysis", "report", "figures", "page"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = sorted(set(PACKAGE.rglob("*.py")) - {PACKAGE / "__init__.py"})
ROOMS = sorted({room_of(path) for path in FILES})


def imported(path: Path) -> set[str]:
    """All modules that a file imports anywhere in it, by their full names."""
    names = set()
    here = ("sonoffkit", *path.relative_to(PACKAGE).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = here[: len(here) - node.level] if node.level else ()
            module = ".".join([*package, *([node.module] if node.module else [])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


def libraries_of(room: str) -> set[str]:
    return {name.split(".")[0] for path in FILES if room_of(path) == room for name in imported(path)}


def rooms_behind(room: str) -> set[str]:
    """The other rooms that a room imports from."""
    names = [name.split(".") for path in FILES if room_of(path) == room for name in imported(path)]
    return {name[1] for name in names if name[0] == "sonoffkit" and len(name) > 1} & set(ROOMS) - {room}


def test_the_imports_are_really_seen():
    assert "esptool" in libraries_of("session")
    assert {"errors", "paths", "ports"} <= rooms_behind("session")
    assert rooms_behind("operations") >= {"session", "transfer", "vault", "firmware"}
    assert "practice" in rooms_behind("ports")


def test_every_room_has_its_floor():
    assert [room for room in ROOMS if room not in FLOOR_OF] == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_from_the_floors_below_only(room):
    assert {other for other in rooms_behind(room) if FLOOR_OF[other] >= FLOOR_OF[room]} == set()


@pytest.mark.parametrize("library", DOORS)
def test_a_heavy_library_has_no_other_door(library):
    assert {room for room in ROOMS if library in libraries_of(room)} - DOORS[library] == set()


def test_the_practice_sonoff_knows_no_other_room():
    assert rooms_behind("practice") == set()


def test_the_checks_know_no_device():
    assert rooms_behind("checks") == {"errors", "paths", "ports"}


def test_firmware_knows_nothing_but_the_errors():
    assert rooms_behind("firmware") == {"errors"}


# As its docstring has them: each uses those before it.
FIRMWARE = ("maps", "formats", "images", "records", "dump_file", "layout", "identity", "secrets", "redaction")


def test_each_part_of_firmware_uses_those_before_it():
    wrong = []
    for path in sorted((PACKAGE / "firmware").rglob("*.py")):
        part = path.relative_to(PACKAGE / "firmware").parts[0].removesuffix(".py")
        used = {name.split(".")[2] for name in imported(path) if name.startswith("sonoffkit.firmware.")}
        if part != "__init__":
            wrong += [(part, other) for other in used - {part} if FIRMWARE.index(other) > FIRMWARE.index(part)]
    assert wrong == []


def test_the_boot_log_knows_ports_image_formats_and_the_errors_at_most():
    assert rooms_behind("bootlog") <= {"errors", "ports", "firmware"}
    behind = {name for path in FILES if room_of(path) == "bootlog" for name in imported(path)}
    firmware = {name for name in behind if name.startswith("sonoffkit.firmware")}
    assert all(name.startswith("sonoffkit.firmware.formats.") for name in firmware)


# As its docstring has them: each uses those before it.
BOOTLOG = ("boots", "decode", "heard", "loops", "judge", "speed", "listen", "watch", "compare")


def test_each_part_of_the_boot_log_uses_those_before_it():
    wrong = []
    for path in sorted((PACKAGE / "bootlog").glob("*.py")):
        used = {name.split(".")[2] for name in imported(path) if name.startswith("sonoffkit.bootlog.")}
        if path.stem != "__init__":
            wrong += [(path.stem, other) for other in used if BOOTLOG.index(other) >= BOOTLOG.index(path.stem)]
    assert wrong == []


@pytest.mark.parametrize("room", sorted(ANALYSIS & set(ROOMS)))
def test_a_dump_is_analysed_without_the_hardware_half(room):
    assert rooms_behind(room) & HARDWARE == set()


@pytest.mark.parametrize("room", sorted(HARDWARE & set(ROOMS)))
def test_a_device_is_flashed_without_the_analysis_half(room):
    assert rooms_behind(room) & (ANALYSIS - {"firmware"}) == set()


HEAVY = ("esptool", "IPython", "ipywidgets", "matplotlib", "nbclient", "numpy", "rich")


def loaded_by(code: str) -> set[str]:
    """Which heavy libraries a fresh Python has loaded after running some code."""
    asks = f"\nimport sys; print('LOADED', *(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code + asks], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_listing_the_ports_loads_nothing_heavy():
    assert loaded_by("from sonoffkit.ports import find_ports; assert find_ports()") == set()


def test_connecting_loads_esptool_and_nothing_of_the_notebook():
    assert loaded_by("import sonoffkit.operations") == {"esptool", "rich"}


def test_checking_an_image_loads_nothing_heavy():
    assert loaded_by("import sonoffkit.firmware") == set()


@pytest.mark.parametrize("room", ["analysis", "report", "figures", "page"])
def test_looking_at_a_dump_loads_no_esptool(room):
    if room not in ROOMS:
        pytest.skip(f"there is no {room} yet")
    assert "esptool" not in loaded_by(f"import sonoffkit.{room}")
