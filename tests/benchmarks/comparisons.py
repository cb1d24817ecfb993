"""What both sides do: backup, second backup and restore, each on one device right after the other."""

from __future__ import annotations

import random

from served_device import Served
from timed_programs import Kit, esptool

from sonoffkit.practice.flash import SECTOR

__all__ = ["backup", "restored", "second_backup"]

_SAFE_BAUD = 115200
_CHANGED_SECTORS = 5  # of 256: 2 %


def backup(
    device: Served, run: int, *, baud: int | None, region: tuple[str, str] = ("0", "ALL")
) -> tuple[float, float]:
    """Ours and theirs, in seconds; so the others, too."""
    out = device.new_folder() / "image1M.bin"
    device.into_download_mode()
    theirs = esptool(device, baud or _SAFE_BAUD, "read-flash", *region, str(out))
    device.check(out)
    device.into_download_mode()
    return Kit(device, baud).back_up(), theirs


def second_backup(device: Served, run: int, *, baud: int | None) -> tuple[float, float]:
    kit = Kit(device, baud)
    device.into_download_mode()
    first = kit.back_up()
    return kit.back_up(), first


def restored(device: Served, run: int, *, baud: int) -> tuple[float, float]:
    device.into_download_mode()
    keeper = Kit(device)
    keeper.back_up()
    _damage(device, run)
    theirs = esptool(device, baud, "write-flash", "-fm", "keep", "-ff", "keep", "-fs", "keep", "0", str(device.image))
    device.check(device.image)
    _damage(device, run)
    ours = Kit(device, baud, keeper.vault).restore()
    device.check(device.image)
    return ours, theirs


def _damage(device: Served, seed: int) -> None:
    """Change some sectors, as if the device had worked on, and power it up in download mode."""
    rng = random.Random(seed)
    sectors = device.flash.stat().st_size // SECTOR
    for sector in rng.sample(range(sectors), _CHANGED_SECTORS):
        device.change(sector * SECTOR, rng.randbytes(SECTOR))
    device.into_download_mode()
