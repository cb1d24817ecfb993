"""What the soak does to a device: backup, restore, flash or erase, and what must hold afterwards."""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from soak_world import MB, SAFE_BAUD, SECTOR, World

from sonoffkit import operations
from sonoffkit.firmware import Image
from sonoffkit.operations import Waiver
from sonoffkit.practice import lesson_images
from sonoffkit.practice.images import Segment, boot_image
from sonoffkit.session import Cancel, Device, Progress
from sonoffkit.vault import Backup

__all__ = ["Action", "draw_action", "look"]


@dataclass(frozen=True)
class Action:
    """An operation, and about how many bytes it moves; ``size`` are those that it programs, ``kept`` those it need not.

    ``wrong`` says what is not as it should be afterwards.
    """

    name: str
    run: Callable[[Device, Progress, Cancel], Any]
    wrong: Callable[[Any], str]
    baud: int | None
    to_host: int
    to_chip: int
    size: int = 0
    kept: int = 0
    says: str = ""


def draw_action(rng: random.Random, world: World) -> Action:
    name = rng.choices(["back_up", "restore", "flash", "erase"], [52, 20, 22, 6])[0]
    baud = rng.choices([None, SAFE_BAUD, 230_400, 460_800, 921_600], [40, 20, 10, 20, 10])[0]
    return _ACTIONS[name](rng, world, baud)


def look(world: World) -> Action:
    """Only verify: the device must say that it holds what it does."""
    contents = world.device.contents()

    def run(device: Device, progress: Progress, cancel: Cancel) -> operations.VerifyResult:
        return operations.verify(device, contents)

    def wrong(result: operations.VerifyResult) -> str:
        return "" if result.matches else "the device says that it holds something else"

    return Action("look", run, wrong, SAFE_BAUD, 0, 0)


def _back_up(rng: random.Random, world: World, baud: int | None) -> Action:
    def run(device: Device, progress: Progress, cancel: Cancel) -> operations.BackUpResult:
        return operations.back_up(device, world.vault, progress=progress, cancel=cancel)

    def wrong(result: operations.BackUpResult) -> str:
        left = [path.name for path in world.vault.folder.iterdir() if path.suffix not in (".bin", ".json", ".lock")]
        if left:
            return f"after a backup there is still {', '.join(left)}"
        right = result.backup.read() == world.device.contents()
        return "" if right and result.backup in world.vault.backups() else "the backup is not what is in flash"

    unknown = world.unknown_bytes()
    return Action("back_up", run, wrong, baud, 6000 + unknown, 4000 + unknown // 300)


def _restore(rng: random.Random, world: World, baud: int | None) -> Action:
    backup = rng.choice(world.vault.backups())
    data = backup.read()

    def run(device: Device, progress: Progress, cancel: Cancel) -> operations.RestoreResult:
        return operations.restore(device, backup, progress=progress, cancel=cancel)

    def wrong(result: operations.RestoreResult) -> str:
        return "" if world.device.contents() == data else "what is in flash is not the backup"

    return Action("restore", run, wrong, baud, 6000, *world.work_for(0, data), says=backup.path.name)


def _flash(rng: random.Random, world: World, baud: int | None) -> Action:
    image = rng.choice(_images())
    address = rng.choice([0, 0, 0, SECTOR * rng.randrange(0, 16)])
    proof = rng.choice([world.vault.backups()[0], Waiver.ORIGINAL_IS_LOST])
    end = address + -(-len(image.data) // SECTOR) * SECTOR

    def run(device: Device, progress: Progress, cancel: Cancel) -> operations.FlashResult:
        return operations.flash(device, image, proof, address=address, progress=progress, cancel=cancel)

    def wrong(result: operations.FlashResult) -> str:
        now, before = world.device.contents(), world.contents
        written = now[address : address + -(-len(image.data) // 4) * 4]
        if hashlib.md5(written).hexdigest() != result.md5 or written[4 : len(image.data)] != image.data[4:]:
            return "what is in flash is not the image"
        same = now[:address] == before[:address] and now[end:] == before[end:]
        return "" if same or world.may_write_anywhere else "flashing changed what lies beside the image"

    about = f"{image.name} at {address:#x}, {'a backup' if isinstance(proof, Backup) else 'a waiver'} as proof"
    return Action("flash", run, wrong, baud, 3000, *world.work_for(address, image.data), says=about)


def _erase(rng: random.Random, world: World, baud: int | None) -> Action:
    def run(device: Device, progress: Progress, cancel: Cancel) -> operations.EraseResult:
        return operations.erase(device, world.vault.backups()[0], progress=progress, cancel=cancel)

    def wrong(result: operations.EraseResult) -> str:
        return "" if world.device.contents().strip(b"\xff") == b"" else "it is not blank"

    return Action("erase", run, wrong, baud, 1000, 1000)


_ACTIONS: dict[str, Callable[[random.Random, World, int | None], Action]] = {
    "back_up": _back_up, "restore": _restore, "flash": _flash, "erase": _erase,
}  # fmt: skip


@functools.cache
def _images() -> list[Image]:
    """Two small ones, one that is large, and one that is large and does not compress."""
    rng = random.Random("images")
    text = b"".join(rng.choice([b"relay ", b"switch ", b"led ", rng.randbytes(4)]) for _ in range(120_000))
    large = {"large.bin": text[:500_000], "dense.bin": rng.randbytes(300_003)}
    made = {name: boot_image([Segment(0x40201010, data)], mode=0, flash_size=MB) for name, data in large.items()}
    return [Image(name, data, hashlib.sha256(data).hexdigest()) for name, data in (lesson_images() | made).items()]
