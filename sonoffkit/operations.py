"""What is done to a device: identify, back up, erase, flash, restore, verify.

Plain synchronous functions; each takes a connected device first, tells
``progress(done, total)`` in bytes, stops soon after ``cancel`` is set, and
returns a frozen result. What destroys takes a proof that nothing is lost.
"""

from __future__ import annotations

import hashlib
import platform
import time
from dataclasses import dataclass
from enum import Enum
from importlib import metadata

from .errors import BackupNeeded, ImageIsPractice, OutOfRange, VerifyFailed
from .firmware import HeaderChange, Image, check_fits, with_flash_parameters
from .session import Cancel, Device, Identity, Progress, ask_to_stop, tool_versions
from .transfer import Fetched, Written, fetch, md5_of_device, write_changes
from .vault import Backup, Vault

__all__ = [
    "BackUpResult", "EraseResult", "FlashResult", "IdentifyResult", "RestoreResult",
    "VerifyResult", "Waiver", "back_up", "erase", "flash", "identify", "restore", "verify",
]  # fmt: skip

KNOWN_BACKUPS = 5  # so many are compared with the device; each costs reading its file


class Waiver(Enum):
    """Going on without proof: each names what is lost."""

    ORIGINAL_IS_LOST = "There is no backup: what is on the device now cannot be brought back."
    OTHER_DEVICES_BACKUP = "The backup is another device's: its identity and radio calibration come along."


@dataclass(frozen=True)
class IdentifyResult:
    """Who answered."""

    identity: Identity


@dataclass(frozen=True)
class BackUpResult:
    """A finished, verified backup, and what it took; ``speed`` says how fast the line was, and why."""

    backup: Backup
    seconds: float
    fetched: Fetched
    speed: str


@dataclass(frozen=True)
class EraseResult:
    """An erased flash, checked to be blank."""

    identity: Identity
    seconds: float


@dataclass(frozen=True)
class FlashResult:
    """A firmware written and verified, and the header bytes that were changed for this flash."""

    identity: Identity
    image: Image
    address: int
    changes: tuple[HeaderChange, ...]
    md5: str
    seconds: float
    written: Written
    speed: str


@dataclass(frozen=True)
class RestoreResult:
    """A backup written back, byte for byte, and verified."""

    identity: Identity
    backup: Backup
    seconds: float
    written: Written
    speed: str


@dataclass(frozen=True)
class VerifyResult:
    """Whether the device holds exactly those bytes: its own MD5, and theirs."""

    matches: bool
    size: int
    device_md5: str
    expected_md5: str


def identify(device: Device, progress: Progress | None = None, cancel: Cancel | None = None) -> IdentifyResult:
    """Who this is. It was found out when connecting; nothing more is sent."""
    return IdentifyResult(device.identity)


def back_up(
    device: Device,
    vault: Vault | None = None,
    *,
    sticker: str = "",
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> BackUpResult:
    """Copy the whole flash into the vault, verified against the device's own MD5.

    The size is the detected one. What is blank, or the same as in an earlier
    backup of this device, is told by its digests and not read. A try that was
    cut off goes on where it stopped, after the device confirmed that it still
    holds what was read. Raises VerifyFailed if file and device do not agree
    in the end.
    """
    began = time.monotonic()
    vault = vault or Vault()
    with vault.begin(device.identity) as draft:
        fetched = fetch(device, draft, _known(vault, device.identity), progress, cancel)
        backup = draft.finish(fetched.md5, _tools(), sticker)
    return BackUpResult(backup, time.monotonic() - began, fetched, device.speed_story)


def erase(
    device: Device,
    proof: Backup | Waiver,
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> EraseResult:
    """Erase the whole flash and check that it is blank.

    ``proof`` is a verified, full-size backup of this very device, or
    ``Waiver.ORIGINAL_IS_LOST``. One command of up to a minute, which cannot
    be stopped.
    """
    began = time.monotonic()
    _check_proof(device, proof)
    ask_to_stop(cancel)
    size = device.identity.flash_size
    device.erase_chip()
    blank = hashlib.md5(b"\xff" * size).hexdigest()
    if md5_of_device(device, 0, size, blank, cancel) != blank:
        raise VerifyFailed("The flash is not blank after erasing.")
    if progress is not None:
        progress(size, size)
    return EraseResult(device.identity, time.monotonic() - began)


def flash(
    device: Device,
    image: Image,
    proof: Backup | Waiver,
    *,
    address: int = 0,
    mode: str | None = "dout",
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> FlashResult:
    """Write a firmware, as far as it differs from what is there, and verify all of it.

    At address 0 its header gets the flash mode (DOUT unless told otherwise)
    and the detected size; the result names the bytes that this changed. The
    proof is as for ``erase``.
    """
    began = time.monotonic()
    _check_target(device, image, address)
    _check_proof(device, proof)
    data, changes = image.data, tuple[HeaderChange, ...]()
    if address == 0:
        data, changes = with_flash_parameters(image.data, mode, device.identity.flash_size)
    data += b"\xff" * (-len(data) % 4)  # flash is written by the word
    ask_to_stop(cancel)
    written = write_changes(device, address, data, progress, cancel)
    md5 = hashlib.md5(data).hexdigest()
    seconds = time.monotonic() - began
    return FlashResult(device.identity, image, address, changes, md5, seconds, written, device.speed_story)


def restore(
    device: Device,
    backup: Backup,
    waiver: Waiver | None = None,
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> RestoreResult:
    """Write a backup back, every byte as it was, and verify it; only what differs is sent.

    Raises ForeignBackup for another device's, unless the waiver
    ``OTHER_DEVICES_BACKUP`` is given, and always for another size of flash.
    """
    began = time.monotonic()
    backup.check_size(device.identity)
    if waiver is not Waiver.OTHER_DEVICES_BACKUP:
        backup.check_belongs_to(device.identity)
    ask_to_stop(cancel)
    written = write_changes(device, 0, backup.read(), progress, cancel)
    return RestoreResult(device.identity, backup, time.monotonic() - began, written, device.speed_story)


def verify(
    device: Device,
    expected: Backup | bytes,
    *,
    address: int = 0,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> VerifyResult:
    """Whether the device holds exactly these bytes at an address, by its own MD5."""
    data = expected.read() if isinstance(expected, Backup) else expected
    expected_md5 = hashlib.md5(data).hexdigest()
    device_md5 = md5_of_device(device, address, len(data), expected_md5, cancel)
    if progress is not None:
        progress(len(data), len(data))
    return VerifyResult(device_md5 == expected_md5, len(data), device_md5, expected_md5)


def _check_proof(device: Device, proof: Backup | Waiver) -> None:
    if proof is Waiver.ORIGINAL_IS_LOST:
        return
    if not isinstance(proof, Backup):
        raise BackupNeeded(f"This destroys what is on the device {device.identity.mac}, and there is no backup.")
    proof.check_proves(device.identity)


def _check_target(device: Device, image: Image, address: int) -> None:
    check_fits(image, device.identity.flash_size)
    if address % 0x1000:
        raise OutOfRange(f"The address {address:#x} is not at the beginning of a 4 KiB sector.")
    if address + len(image.data) > device.identity.flash_size or address < 0:
        raise OutOfRange(f"{image.name} at {address:#x} reaches beyond the end of the flash.")
    if image.is_practice and not device.is_practice:
        raise ImageIsPractice(f"{image.name} is for the practice Sonoff and holds no program.")


def _known(vault: Vault, identity: Identity) -> list[Backup]:
    """The newest earlier backups of this very flash: what it holds now may be in one of them."""
    mine = [backup for backup in vault.backups(identity.mac) if backup.manifest.size == identity.flash_size]
    return mine[:KNOWN_BACKUPS]


def _tools() -> dict[str, str]:
    return {"sonoffkit": metadata.version("sonoffkit"), "python": platform.python_version()} | tool_versions()
