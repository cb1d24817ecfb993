"""Asking for help well: versions, ports, the log and its diagnosis in one readable text, every secret masked."""

from __future__ import annotations

import getpass
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .bootlog import Heard
from .diagnosis import Diagnosis, diagnose, listing
from .diagnosis.pasted import as_text, plain, unwrapped
from .diagnosis.problem import text_of
from .masking import MASK, mask_text
from .ports import Kind, Port, find_ports

__all__ = ["save_support", "support_text"]

PACKAGES = ("sonoffkit", "esptool", "pyserial", "jupyterlab", "ipywidgets", "ipykernel")
WIDTH = 100  # characters in a line
# Characters. An issue takes 65536; the end of a log says more than its beginning.
MOST_AT_START, MOST_AT_END = 12_000, 40_000
# Names that are no person's, and that stand in every other log
EVERYBODY = {"admin", "administrator", "home", "jovyan", "localhost", "none", "root", "runner", "user", "users"}

ASK = """\
Before you send this: read it.
Passwords, keys, addresses and names were masked where they could be recognised.
You know best what must not be in it. Then add, in your own words:
  - what you wanted to do, and what came instead
  - the device (its model, as printed on it) and the adapter
  - how it was wired and powered, and what you did with the button"""


def support_text(
    problem: str | bytes | BaseException = "",
    log: Iterable[str] = (),
    *,
    ports: Iterable[Port] | None = None,
    heard: Heard | None = None,
    language: str = "en",
    width: int = WIDTH,
) -> str:
    """What somebody who helps needs to know, fit to be shown to anybody.

    ``problem`` is an exception or a text, ``log`` the lines that an operation
    wrote, ``heard`` what the device said at power-up. The diagnosis is broken into
    lines of ``width`` characters.
    """
    ports = find_ports() if ports is None else list(ports)
    error, lines = text_of(problem), "\n".join(log)
    found = diagnose(problem or lines, ports=_shown(ports), heard=heard, language=language)
    parts = [
        ("Before sending", ASK),
        ("Versions", "\n".join(_versions())),
        ("Ports now", "\n".join(_ports(ports))),
        ("Diagnosis", listing([_safe_to_show(one) for one in found], width) or "Nothing in it is known to sonoffkit."),
        ("The error", _cut(_safe(error))),
        ("The log", _cut(_safe(lines))),
        ("Heard at power-up", _heard(heard)),
    ]
    return "\n\n".join(f"== {title} ==\n{words}" for title, words in parts if words.strip()) + "\n"


def save_support(
    path: Path | str,
    problem: str | bytes | BaseException = "",
    log: Iterable[str] = (),
    *,
    ports: Iterable[Port] | None = None,
    heard: Heard | None = None,
    language: str = "en",
) -> Path:
    """Write ``support_text`` into a new file; raises FileExistsError rather than overwrite one."""
    words = support_text(problem, log, ports=ports, heard=heard, language=language)
    path = Path(path)
    with path.open("x", encoding="utf-8") as file:
        file.write(words)
    return path


def _versions() -> Iterator[str]:
    yield f"{'Python':12}{platform.python_version()} ({sys.implementation.name}, {platform.machine()})"
    yield f"{'System':12}{platform.system()} {platform.release()}"
    for package in PACKAGES:
        try:
            yield f"{package:12}{version(package)}"
        except PackageNotFoundError:
            yield f"{package:12}not installed"


def _shown(ports: list[Port]) -> list[Port]:
    """Without those that may be named after a person's telephone, as Bluetooth ports on macOS are."""
    return [port for port in ports if port.kind is not Kind.OTHER]


def _ports(ports: list[Port]) -> Iterator[str]:
    yield from map(str, _shown(ports))
    others = len(ports) - len(_shown(ports))
    if others:
        yield f"and {others} that {'is' if others == 1 else 'are'} no adapter (Bluetooth, or on the main board)"
    if not ports:
        yield "none"


def _heard(heard: Heard | None) -> str:
    if heard is None:
        return ""
    words = "".join(line + "\n" for line in as_text(heard.data).splitlines())
    return f"{len(heard.data)} bytes in {heard.seconds:.1f} s at {heard.baud} baud {heard.note}\n{_cut(_safe(words))}"


def _safe_to_show(diagnosis: Diagnosis) -> Diagnosis:
    # Before its lines are wrapped: a name that goes over two of them is not recognised.
    return replace(diagnosis, means=_safe(diagnosis.means), evidence=tuple(map(_safe, diagnosis.evidence)))


def _safe(text: str) -> str:
    """Masked before it is cut, so that no secret is left without the word by which it is known."""
    return _without_this_user(mask_text(unwrapped(plain(text)), exported=True))


def _cut(text: str) -> str:
    """Its start and its end, where it is too long for an issue."""
    left_out = len(text) - MOST_AT_START - MOST_AT_END
    if left_out <= 0:
        return text
    return f"{text[:MOST_AT_START]}\n[… {left_out} characters left out …]\n{text[-MOST_AT_END:]}"


def _without_this_user(text: str) -> str:
    """Without the name of whoever runs this, and of the computer, wherever they stand."""
    names = {_user(), Path.home().name, platform.node(), platform.node().partition(".")[0]}
    for name in sorted((name for name in names if len(name) > 2 and name.lower() not in EVERYBODY), key=len)[::-1]:
        text = re.sub(rf"(?i)(?<!\w){re.escape(name)}(?!\w)", MASK, text)
    return text


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container may have a user without a name
        return ""
