"""All packages that a target needs, each with its wheel.

``pip download`` judges conditions such as ``sys_platform == "win32"`` by the
Python that it runs in, whatever platform it is given: a bundle for Windows
that was made on Linux would lack what only Windows needs. So pip is asked
for single packages, what those need is read here, for the target, and pip is
asked again, until nothing is missing.
"""

from __future__ import annotations

import email
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from ..errors import BundleError
from .pip import PipFailed, download_command, run_pip, wheel_command
from .targets import PLATFORMS, Target

__all__ = ["Wheel", "find_closure"]

MOST_ROUNDS = 40


@dataclass(frozen=True)
class Wheel:
    """One wheel on disk, and what it says that it needs."""

    path: Path
    name: str
    version: Version
    needs: tuple[Requirement, ...]
    requires_python: SpecifierSet

    @classmethod
    def read(cls, path: Path) -> Wheel:
        name, version, _, _ = parse_wheel_filename(path.name)
        with zipfile.ZipFile(path) as packed:
            (member,) = [m for m in packed.namelist() if m.endswith(".dist-info/METADATA") and m.count("/") == 1]
            told = email.message_from_bytes(packed.read(member))
        needs = tuple(Requirement(line) for line in told.get_all("Requires-Dist", []))
        return cls(path, name, version, needs, SpecifierSet(told.get("Requires-Python", "")))

    def needed_on(self, target: Target, extras: Iterable[str]) -> Iterator[Requirement]:
        """What it needs there, with some of its extras."""
        asked = ["", *extras]
        for need in self.needs:
            sees = ({**there, "extra": extra} for there in target.marker_environments() for extra in asked)
            if need.marker is None or any(need.marker.evaluate(one) for one in sees):
                yield need


@dataclass
class Wanted:
    """One package, and all that is asked of it by those that need it."""

    name: str
    versions: SpecifierSet = field(default_factory=SpecifierSet)
    extras: set[str] = field(default_factory=set)
    needed_by: list[str] = field(default_factory=list)

    def add(self, need: Requirement, by: str) -> None:
        self.versions &= need.specifier
        self.extras |= need.extras
        if by not in self.needed_by:
            self.needed_by.append(by)

    def allows(self, wheel: Wheel | None) -> bool:
        return wheel is not None and self.versions.contains(wheel.version, prereleases=True)

    def __str__(self) -> str:
        return f"{self.name}{self.versions}"


def find_closure(
    target: Target, own: Path, into: Path, built: Path, tell: Callable[[str], object], more: Iterable[str] = ("pip",)
) -> dict[str, Wheel]:
    """The wheels of sonoffkit itself and of all that it needs there, by their packages' names.

    They lie in ``into``; what had to be built lies in ``built``, for the next target, too.
    """
    ours = Wheel.read(own)
    if not ours.requires_python.contains(f"{target.python}.99"):
        raise BundleError(
            f"sonoffkit does not run on Python {target.python}: it needs {ours.requires_python}.",
            "Choose another by --python.",
        )
    have = {ours.name: ours}
    for _ in range(MOST_ROUNDS):
        wanted = _walk(target, ours, have, more)
        missing = [one for name, one in wanted.items() if not one.allows(have.get(name))]
        if not missing:
            return {name: have[name] for name in sorted(wanted)}
        tell(f"{target}: {_named(missing)}")
        for one in missing:
            have.pop(one.name, None)
        have |= _fetch(target, missing, into, built, tell)
    raise BundleError(f"For {target}, no versions of the packages were found that go together: {_named(missing)}.")


def _walk(target: Target, ours: Wheel, have: dict[str, Wheel], more: Iterable[str]) -> dict[str, Wanted]:
    """Everything that is needed, as far as the wheels that are there tell."""
    wanted = {ours.name: Wanted(ours.name)}
    for name in more:
        wanted[canonicalize_name(name)] = Wanted(canonicalize_name(name), needed_by=["the start script"])
    to_do, told = list(wanted), set()
    while to_do:
        name = to_do.pop(0)
        asked = (name, frozenset(wanted[name].extras))
        if name not in have or asked in told:
            continue
        told.add(asked)
        for need in have[name].needed_on(target, wanted[name].extras):
            other = canonicalize_name(need.name)
            wanted.setdefault(other, Wanted(other)).add(need, by=name)
            to_do.append(other)
    return wanted


def _fetch(
    target: Target, wanted: list[Wanted], into: Path, built: Path, tell: Callable[[str], object]
) -> dict[str, Wheel]:
    """Fetch all of them at once; where that fails, in halves, until it is known which one comes as source only."""
    here = into / wanted[0].name  # each batch by itself: a second version must not lie beside a first
    n = 0
    while here.exists():
        here, n = into / f"{wanted[0].name}-{n}", n + 1
    try:
        run_pip(download_command(target, [str(one) for one in wanted], here, built))
    except PipFailed as failed:
        if len(wanted) == 1:
            return _build(target, wanted[0], here, built, tell, failed)
        half = len(wanted) // 2
        return _fetch(target, wanted[:half], into, built, tell) | _fetch(target, wanted[half:], into, built, tell)
    wheels = [Wheel.read(path) for path in here.glob("*.whl")]
    return {wheel.name: wheel for wheel in wheels}


def _build(
    target: Target, one: Wanted, here: Path, built: Path, tell: Callable[[str], object], failed: PipFailed
) -> dict[str, Wheel]:
    """Build the wheel of what comes as source only; one that is for every system can be gathered for any."""
    tell(f"  {one.name} comes as source only: building it")
    by = " and ".join(one.needed_by[:2])
    where = PLATFORMS[target.platform].says
    told = f"{one} (needed by {by}) has no wheel for {where} with Python {target.python}"
    hint = (
        "Choose another Python by --python (one or two releases older usually has all), or leave this platform "
        f"out. {BundleError.usual_hint}"
    )
    try:
        run_pip(wheel_command(str(one), built))
    except PipFailed as exc:
        raise BundleError(f"{told}, and none could be built here.\n{exc}", hint) from failed
    try:
        run_pip(download_command(target, [str(one)], here, built))
    except PipFailed as exc:
        raise BundleError(f"{told}; one that was built here is for this computer only.", hint) from exc
    return {wheel.name: wheel for wheel in map(Wheel.read, here.glob("*.whl"))}


def _named(wanted: list[Wanted]) -> str:
    names = [one.name for one in wanted]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
