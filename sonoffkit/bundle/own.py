"""This very sonoffkit as a wheel: built from the checkout, or put together again from the installed files."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .pip import run_pip, wheel_command

__all__ = ["own_wheel"]

# What an installer adds, and what is of one installation only.
NOT_IN_A_WHEEL = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}


def own_wheel(into: Path) -> Path:
    """The wheel of the sonoffkit that runs.

    An editable install has its files in a checkout, and what it says of itself
    may be older than they are, so pip builds that. Any other holds all that
    was in its wheel, so it needs neither a network nor the place it came from.
    """
    installed = distribution("sonoffkit")
    checkout = _checkout(installed)
    into.mkdir(parents=True, exist_ok=True)
    if checkout is None:
        return wheel_of(installed, into)
    run_pip(wheel_command(str(checkout), into))
    (wheel,) = into.glob("sonoffkit-*.whl")
    return wheel


def wheel_of(installed: Distribution, into: Path) -> Path:
    """A wheel, made of the files of an installed pure package."""
    (tag,) = [line.split(": ")[1] for line in _text(installed, "WHEEL").splitlines() if line.startswith("Tag: ")]
    name = f"{installed.name.replace('-', '_')}-{installed.version}"
    record = []
    wheel = into / f"{name}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as packed:
        for member, path in sorted(_members(installed)):
            data = path.read_bytes()
            packed.writestr(member, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{member},sha256={digest},{len(data)}")
        packed.writestr(f"{name}.dist-info/RECORD", "\n".join([*record, f"{name}.dist-info/RECORD,,", ""]))
    return wheel


def _members(installed: Distribution) -> Iterator[tuple[str, Path]]:
    for file in installed.files or []:
        outside = ".." in file.parts or file.is_absolute()  # the command, which any installer writes anew
        if not outside and file.suffix != ".pyc" and file.name not in NOT_IN_A_WHEEL:
            yield file.as_posix(), Path(str(installed.locate_file(file)))


def _checkout(installed: Distribution) -> Path | None:
    """The folder of an editable install."""
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return None
    url = urlsplit(origin["url"])
    return Path(url2pathname(f"//{url.netloc}{url.path}" if url.netloc else url.path))


def _text(installed: Distribution, name: str) -> str:
    text = installed.read_text(name)
    assert text is not None, f"{name} is missing from the installation"
    return text
