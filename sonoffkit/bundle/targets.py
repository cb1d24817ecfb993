"""A platform and a Python to gather for: what pip calls it, and what the packages' conditions see there."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from ..errors import BundleError
from .start import target_name

__all__ = ["PLATFORMS", "Platform", "Target", "this_python"]


@dataclass(frozen=True)
class Platform:
    """One kind of computer, and the oldest system of it that is gathered for."""

    says: str
    tags: tuple[str, ...]
    os_name: str
    sys_platform: str
    system: str
    machine: str


def _linux(machine: str) -> Platform:
    # pip takes each tag by its word, so all older ones are named; glibc 2.28 is Debian 10, of 2019.
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(28, 16, -1)] + [f"manylinux2014_{machine}"]
    if machine == "x86_64":
        tags += [f"manylinux_2_12_{machine}", f"manylinux2010_{machine}"]
        tags += [f"manylinux_2_5_{machine}", f"manylinux1_{machine}"]
    return Platform(f"Linux ({machine})", (*tags, f"linux_{machine}"), "posix", "linux", "Linux", machine)


# From a macOS tag pip goes down to the older ones by itself.
PLATFORMS = {
    "windows": Platform("Windows (64-bit)", ("win_amd64",), "nt", "win32", "Windows", "AMD64"),
    "windows-arm": Platform("Windows on Arm", ("win_arm64",), "nt", "win32", "Windows", "ARM64"),
    "macos": Platform("macOS (Apple chip)", ("macosx_11_0_arm64",), "posix", "darwin", "Darwin", "arm64"),
    "macos-intel": Platform("macOS (Intel chip)", ("macosx_11_0_x86_64",), "posix", "darwin", "Darwin", "x86_64"),
    "linux": _linux("x86_64"),
    "linux-arm": _linux("aarch64"),
}


@dataclass(frozen=True)
class Target:
    """One platform with one minor version of Python."""

    platform: str
    python: str

    def __post_init__(self) -> None:
        if self.platform not in PLATFORMS:
            raise BundleError(
                f"There are no bundles for {self.platform or 'this computer'!r}.",
                f"Choose by --platform what the class has: {', '.join(PLATFORMS)}.",
            )
        if not re.fullmatch(r"3\.[0-9]{1,2}", self.python):
            raise BundleError(
                f"{self.python!r} is no version of Python to gather for.", "Give it as 3.12 (no third part)."
            )

    @property
    def name(self) -> str:
        return target_name(self.platform, self.python)

    def __str__(self) -> str:
        return f"{PLATFORMS[self.platform].says}, Python {self.python}"

    def pip_options(self) -> list[str]:
        """What tells pip that it gathers for this target and not for the Python that it runs in."""
        tags = [word for tag in PLATFORMS[self.platform].tags for word in ("--platform", tag)]
        abi = f"cp{self.python.replace('.', '')}"
        return ["--only-binary=:all:", *tags, "--python-version", self.python, "--implementation", "cp", "--abi", abi]

    def marker_environments(self) -> tuple[dict[str, str], ...]:
        """What a package's conditions see there, for the first and the last release of that Python.

        Which one a learner has is not known, so what either needs is needed.
        """
        return tuple(self._marker_environment(f"{self.python}.{patch}") for patch in (0, 99))

    def _marker_environment(self, full: str) -> dict[str, str]:
        there = PLATFORMS[self.platform]
        return {
            "os_name": there.os_name,
            "sys_platform": there.sys_platform,
            "platform_system": there.system,
            "platform_machine": there.machine,
            "platform_release": "",
            "platform_version": "",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "implementation_version": full,
            "python_full_version": full,
            "python_version": self.python,
        }


def this_python() -> str:
    """This Python's minor version."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"
