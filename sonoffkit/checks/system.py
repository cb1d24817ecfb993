"""What the checks ask of a machine: each question is a field, so that any machine can be put in its place."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from ..ports import Port
from . import readers

__all__ = ["Kind", "System", "User", "this_system"]


class Kind(StrEnum):
    """The systems that the kit knows."""

    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"


@dataclass(frozen=True)
class User:
    """Who sits here, by the numbers of their groups.

    ``groups`` are those that this session has, ``enrolled`` those that the
    system has written down: they differ until one logs in again.
    """

    name: str
    uid: int = -1
    groups: frozenset[int] = frozenset()
    enrolled: frozenset[int] = frozenset()


@dataclass(frozen=True)
class System:
    """A machine, as far as the checks ask. The fields' defaults ask the one that this runs on."""

    kind: Kind
    user: User
    root: Path = Path("/")  # where its /dev, /proc, /sys and /etc lie
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    pid: int = field(default_factory=os.getpid)
    python: tuple[int, int, int] = sys.version_info[:3]
    executable: str = sys.executable
    has_pip: bool = field(default_factory=lambda: importlib.util.find_spec("pip") is not None)
    requirements: Callable[[], Sequence[str]] = lambda: metadata.requires("sonoffkit") or []
    wanted_python: Callable[[], str] = lambda: metadata.metadata("sonoffkit")["Requires-Python"] or ""
    version_of: Callable[[str], str | None] = readers.version_of
    free_bytes: Callable[[Path], int] = readers.free_bytes
    find_ports: Callable[[], list[Port]] = readers.find_ports
    try_port: Callable[[str], None] = readers.try_port
    may_use: Callable[[Path], bool] = readers.may_use
    group_and_mode: Callable[[Path], tuple[int, int]] = readers.group_and_mode
    group_name: Callable[[int], str] = readers.group_name
    run: Callable[[Sequence[str]], str | None] = readers.run
    ask_practice_sonoff: Callable[[], str] = readers.ask_practice_sonoff

    def at(self, path: str) -> Path:
        """Where one of its files lies."""
        return self.root / path.lstrip("/")

    def text(self, path: str) -> str:
        """What one of its files says, nothing where it cannot be read."""
        try:
            return self.at(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    @property
    def has_systemd(self) -> bool:
        return self.at("/run/systemd/system").is_dir()

    @property
    def is_debian(self) -> bool:
        """Whether its packages are Debian's, as Ubuntu's, Mint's and Raspberry Pi OS's are."""
        told = [row.partition("=")[2].strip('"').split() for row in self.text("/etc/os-release").splitlines()
                if row.startswith(("ID=", "ID_LIKE="))]  # fmt: skip
        return any(name in ("debian", "ubuntu") for names in told for name in names)


def this_system() -> System:
    """The machine that this runs on."""
    kind = {"win32": Kind.WINDOWS, "darwin": Kind.MACOS}.get(sys.platform, Kind.LINUX)
    return System(kind, _this_user())


def _this_user() -> User:
    if sys.platform == "win32":
        return User(os.environ.get("USERNAME", ""))
    import pwd

    uid = os.getuid()
    groups = frozenset({os.getegid(), *os.getgroups()})
    try:
        about = pwd.getpwuid(uid)
    except KeyError:  # a container's user that has no name
        return User(str(uid), uid, groups, groups)
    return User(about.pw_name, uid, groups, frozenset(os.getgrouplist(about.pw_name, about.pw_gid)))
