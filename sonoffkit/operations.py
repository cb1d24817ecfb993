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

from .errors import BackupNeeded, ImageIsPractice, OutOfRange, SonoffkitError, VerifyFailed
from .firmware import HeaderChange, Image, check_fits, with_flash_parameters
from .session import Cancel, Device, Identity, Progress, ask_to_stop, tool_versions
from .transfer import Piece, matches_device, pieces_of, read_pieces
from .vault import Backup, Draft, Vault

__all__ = [
    "BackUpResult", "EraseResult", "FlashResult", "IdentifyResult", "RestoreResult",
    "VerifyResult", "Waiver", "back_up", "erase", "flash", "identify", "restore", "verify",
]  # fmt: skip

HALF_WRITTEN = (
    "The device may now hold only a part of it, and not start. Its loader still answers when the button is held at "
    "power-up: run this again, or restore your backup."
)
ROUNDS = 3  # how often pieces that differ from the device's are read again


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
    """A finished, verified backup, and what it took.

    ``bytes_read`` came over the wire now, ``bytes_resumed`` from an earlier
    try; ``pieces_retried`` were broken on the way and read again.
    """

    backup: Backup
    seconds: float
    bytes_read: int
    bytes_resumed: int
    pieces_retried: int


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


@dataclass(frozen=True)
class RestoreResult:
    """A backup written back, byte for byte, and verified."""

    identity: Identity
    backup: Backup
    seconds: float


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

    The size is the detected one. A try that was cut off goes on where it
    stopped, after the device confirmed that it still holds what was read.
    Raises VerifyFailed if file and device do not agree in the end.
    """
    began = time.monotonic()
    size = device.identity.flash_size
    draft = (vault or Vault()).begin(device.identity)
    draft.drop(_stale_pieces(device, draft))
    resumed = sum(piece.size for piece in draft.pieces)
    read = retried = 0
    for _ in range(ROUNDS):
        have = {piece.address for piece in draft.pieces}
        missing = [piece for piece in pieces_of(size) if piece.address not in have]
        held = size - sum(piece.size for piece in missing)

        def step(done: int, _total: int, held: int = held) -> None:
            if progress is not None:
                progress(held + done, size)

        retried += read_pieces(device, missing, draft.keep, step, cancel)
        read += size - held
        ask_to_stop(cancel)
        if device.md5(0, size) == hashlib.md5(draft.data()).hexdigest():
            backup = draft.finish(_tools(), sticker)
            return BackUpResult(backup, time.monotonic() - began, read, resumed, retried)
        draft.drop(_stale_pieces(device, draft))
    raise VerifyFailed(
        f"After {ROUNDS} rounds, what was read is still not what the device says it holds.",
        "Power the device again with the button held, and run this again. Nothing on it was changed.",
    )


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
    if device.md5(0, size) != hashlib.md5(b"\xff" * size).hexdigest():
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
    """Write a firmware and verify what was really written.

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
    _write_and_verify(device, address, data, progress, cancel)
    md5 = hashlib.md5(data).hexdigest()
    return FlashResult(device.identity, image, address, changes, md5, time.monotonic() - began)


def restore(
    device: Device,
    backup: Backup,
    waiver: Waiver | None = None,
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> RestoreResult:
    """Write a backup back, every byte as it was, and verify it.

    Raises ForeignBackup for another device's, unless the waiver
    ``OTHER_DEVICES_BACKUP`` is given, and always for another size of flash.
    """
    began = time.monotonic()
    backup.check_size(device.identity)
    if waiver is not Waiver.OTHER_DEVICES_BACKUP:
        backup.check_belongs_to(device.identity)
    _write_and_verify(device, 0, backup.read(), progress, cancel)
    return RestoreResult(device.identity, backup, time.monotonic() - began)


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
    device_md5 = device.md5(address, len(data))
    expected_md5 = hashlib.md5(data).hexdigest()
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


def _write_and_verify(
    device: Device, address: int, data: bytes, progress: Progress | None, cancel: Cancel | None
) -> None:
    ask_to_stop(cancel)
    try:
        device.write(address, data, progress, cancel)
    except SonoffkitError as error:
        error.hint = HALF_WRITTEN
        raise
    if device.md5(address, len(data)) != hashlib.md5(data).hexdigest():
        raise VerifyFailed("What was written reads back differently.")


def _stale_pieces(device: Device, draft: Draft) -> list[Piece]:
    """Pieces on disk that the device does not hold (any more)."""
    if not draft.pieces or _one_run_matches(device, draft):
        return []
    good = set(matches_device(device, draft.pieces))
    return [piece for piece in draft.pieces if piece not in good]


def _one_run_matches(device: Device, draft: Draft) -> bool:
    """Whether pieces without a gap from address 0 match as one: one question in place of many."""
    end = 0
    for piece in draft.pieces:
        if piece.address != end:
            return False
        end += piece.size
    return device.md5(0, end) == hashlib.md5(draft.data()[:end]).hexdigest()


def _tools() -> dict[str, str]:
    return {"sonoffkit": metadata.version("sonoffkit"), "python": platform.python_version()} | tool_versions()
