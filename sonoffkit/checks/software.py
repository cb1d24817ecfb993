"""Python, the packages, and what the notebooks are opened with: there, and new enough."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator

from .check import Check
from .system import Kind, System

__all__ = ["installing", "notebooks", "packages", "python"]

NOTEBOOKS = ("jupyterlab", "ipykernel", "ipywidgets")
# As our own metadata has them: "esptool>=5.4". Extras ("; extra == …") are for those who work on the kit.
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)\s*>=\s*(?P<floor>[\d.]+)\s*$")


def python(system: System) -> Iterator[Check]:
    """This Python against the floor in the kit's metadata."""
    has = ".".join(map(str, system.python))
    floor = system.wanted_python().removeprefix(">=")
    if _numbers(has) >= _numbers(floor):
        yield Check("Python", True, f"Python {has}")
    else:
        yield Check(
            "Python",
            False,
            f"Python {has} is too old: the kit needs {floor}.",
            f"Install Python {floor} or newer, make a new environment with it, and install the kit there.",
        )


def packages(system: System) -> Iterator[Check]:
    """What the kit needs, but for what opens the notebooks."""
    floors = {name: floor for name, floor in _floors(system).items() if name not in NOTEBOOKS}
    yield _compared("packages", system, floors, f"All {len(floors)} packages are new enough")


def notebooks(system: System) -> Iterator[Check]:
    """JupyterLab, ipykernel and ipywidgets."""
    floors = {name: floor for name, floor in _floors(system).items() if name in NOTEBOOKS}
    names = ", ".join(f"{name} {system.version_of(name)}" for name in floors)
    yield _compared("notebooks", system, floors, f"Notebooks can be opened: {names}")


def _compared(name: str, system: System, floors: dict[str, str], fine: str) -> Check:
    found = {package: system.version_of(package) for package in floors}
    wrong = {package: has for package, has in found.items() if not _is_enough(has, floors[package])}
    if not floors:
        return Check(name, None, f"The {name} cannot be looked at: the kit's own metadata are not there.")
    if not wrong:
        return Check(name, True, fine)
    says = ", ".join(
        f"{package} is missing" if has is None else f"{package} {has} is older than {floors[package]}"
        for package, has in wrong.items()
    )
    return Check(name, False, f"{says}.", installing(system, [f"{package}>={floors[package]}" for package in wrong]))


def installing(system: System, wanted: list[str]) -> str:
    """The command that brings packages into this very Python."""
    pip = ["-m", "pip", "install", "--upgrade"]
    words = [system.executable, *pip] if system.has_pip else ["uv", "pip", "install", "--python", system.executable]
    if system.kind is Kind.WINDOWS:
        # PowerShell, too, takes ">" for a redirection unless it is quoted; a path with spaces it calls by "&" only.
        program = f'& "{words[0]}"' if " " in words[0] else words[0]
        return " ".join([program, subprocess.list2cmdline(words[1:]), *(f'"{one}"' for one in wanted)])
    return " ".join(map(shlex.quote, [*words, *wanted]))


def _floors(system: System) -> dict[str, str]:
    matches = (REQUIREMENT.match(text) for text in system.requirements())
    return {match["name"]: match["floor"] for match in matches if match}


def _is_enough(has: str | None, floor: str) -> bool:
    return has is not None and _numbers(has) >= _numbers(floor)


def _numbers(version: str) -> tuple[int, ...]:
    """The release of a version: 5.4 of "5.4.dev2+local"; zeros at its end count nothing."""
    release = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(n) for n in release[0].split(".")] if release else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
