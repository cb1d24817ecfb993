"""What each operation needs around it: its title, its proof, what it destroys, its command, its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from .. import operations
from ..commands import terminal_steps
from ..firmware import Image, load_image
from ..session import Cancel, Device, Identity, Progress
from ..transfer import Fetched, Written
from ..vault import Backup, Vault

__all__ = ["Plan", "plan_for"]

# One row of a result card: a name and what it is.
Row = tuple[str, str]


class Picks(Protocol):
    """A picker: ``picked()`` gives what the person chose, or raises an error with a hint."""

    def picked(self) -> Any: ...


@dataclass(frozen=True)
class Plan:
    """One operation as the runner runs it.

    ``prepare`` looks before anything is done: it raises what forbids the
    operation, and gives what ``run`` needs besides the device. ``loses`` says
    what will be lost; where it is empty, nothing is destroyed. ``no_cancel``
    says why the operation can't be stopped, where it can't. ``about`` names what
    was prepared, so that a person confirms a thing and not a widget's present
    choice. ``vault`` is where its backups are.
    """

    name: str
    title: str
    prepare: Callable[[Identity], dict[str, Any]]
    run: Callable[..., Any]
    command: Callable[[str], list[str]]
    rows: Callable[[Any], list[Row]]
    loses: str = ""
    no_cancel: str = ""
    about: Callable[[dict[str, Any]], list[Row]] = lambda prepared: []
    vault: Vault = field(default_factory=Vault)
    options: dict[str, Any] = field(default_factory=dict)

    def carry_out(self, device: Device, progress: Progress, cancel: Cancel, prepared: dict[str, Any]) -> Any:
        return self.run(device, **prepared, **self.options, progress=progress, cancel=cancel)


def plan_for(operation: Callable[..., Any], options: dict[str, Any]) -> Plan:
    """The plan for one of ``sonoffkit.operations``; TypeError for anything else."""
    try:
        make = PLANS[operation]
    except (KeyError, TypeError):
        names = ", ".join(known.__name__ for known in PLANS)
        raise TypeError(f"an OperationRunner runs one of {names}") from None
    return make(**options)


def _identify() -> Plan:
    return Plan(
        "identify",
        "Say hello to the device",
        lambda identity: {},
        operations.identify,
        lambda port: terminal_steps(port, "flash-id"),
        lambda result: _who(result.identity),
    )


def _back_up(vault: Vault | None = None, sticker: str = "") -> Plan:
    vault = vault or Vault()
    return Plan(
        "back_up",
        "Back up the whole flash",
        lambda identity: {},
        operations.back_up,
        lambda port: terminal_steps(port, "read-flash", "0", "ALL", "backup.bin"),
        _backup_rows,
        vault=vault,
        options={"vault": vault, "sticker": sticker},
    )


def _erase(vault: Vault | None = None, waiver: operations.Waiver | None = None) -> Plan:
    vault = vault or Vault()
    return Plan(
        "erase",
        "Erase the whole flash",
        lambda identity: {"proof": _proof(vault, waiver, identity)},
        operations.erase,
        lambda port: terminal_steps(port, "erase-flash"),
        lambda result: [*_who(result.identity), ("Result", "every byte is FF: the flash is blank, and checked")],
        vault=vault,
        loses="Everything on the device will be erased.",
        about=lambda prepared: _kept(prepared["proof"]),
        no_cancel="A whole-chip erase is one command inside the flash chip: once begun, it cannot be stopped.",
    )


def _flash(
    image: Image | Picks | Path | str,
    vault: Vault | None = None,
    waiver: operations.Waiver | None = None,
    mode: str | None = "dout",
) -> Plan:
    vault = vault or Vault()

    def prepare(identity: Identity) -> dict[str, Any]:
        return {"image": _image(image), "proof": _proof(vault, waiver, identity)}

    return Plan(
        "flash",
        "Write a firmware",
        prepare,
        operations.flash,
        lambda port: terminal_steps(port, "write-flash", "-fm", mode or "keep", "-fs", "detect", "0x0", _name(image)),
        _flash_rows,
        vault=vault,
        loses="The firmware on the device will be overwritten.",
        about=lambda prepared: [("Written", prepared["image"].name), *_kept(prepared["proof"])],
        options={"mode": mode},
    )


def _restore(
    backup: Backup | Picks | None = None, vault: Vault | None = None, waiver: operations.Waiver | None = None
) -> Plan:
    vault = vault or Vault()

    def prepare(identity: Identity) -> dict[str, Any]:
        return {"backup": _backup(backup, vault, identity)}

    return Plan(
        "restore",
        "Write the backup back",
        prepare,
        operations.restore,
        lambda port: terminal_steps(port, "write-flash", "-fm", "keep", "-fs", "keep", "0x0", "backup.bin"),
        _restore_rows,
        vault=vault,
        loses="What is on the device now will be overwritten by the backup.",
        about=lambda prepared: [("Written", prepared["backup"].path.name)],
        options={"waiver": waiver},
    )


def _verify(backup: Backup | Picks | None = None, vault: Vault | None = None) -> Plan:
    vault = vault or Vault()

    def prepare(identity: Identity) -> dict[str, Any]:
        return {"expected": _backup(backup, vault, identity)}

    return Plan(
        "verify",
        "Compare the device with a backup",
        prepare,
        operations.verify,
        lambda port: terminal_steps(port, "verify-flash", "0x0", "backup.bin"),
        _verify_rows,
        vault=vault,
    )


PLANS: dict[Callable[..., Any], Callable[..., Plan]] = {
    operations.identify: _identify,
    operations.back_up: _back_up,
    operations.erase: _erase,
    operations.flash: _flash,
    operations.restore: _restore,
    operations.verify: _verify,
}


def _proof(vault: Vault, waiver: operations.Waiver | None, identity: Identity) -> Backup | operations.Waiver:
    return waiver or vault.proof_for(identity)


def _backup(choice: Backup | Picks | None, vault: Vault, identity: Identity) -> Backup:
    """The backup that was chosen, or this device's newest verified one."""
    if choice is None:
        return vault.proof_for(identity)
    chosen: Backup = _picked(choice)
    return chosen


def _kept(proof: Backup | operations.Waiver) -> list[Row]:
    if isinstance(proof, Backup):
        return [("Verified backup", proof.path.name)]
    return [("Backup", f"none: {proof.value}")]


def _picked(choice: Any) -> Any:
    return choice.picked() if hasattr(choice, "picked") else choice


def _image(choice: Any) -> Image:
    chosen = _picked(choice)
    return chosen if isinstance(chosen, Image) else load_image(chosen)


def _name(choice: Any) -> str:
    chosen = getattr(choice, "file", choice)
    return getattr(chosen, "name", None) or str(chosen or "firmware.bin")


def _who(identity: Identity) -> list[Row]:
    return [
        ("Chip", identity.chip),
        ("MAC", identity.mac),
        ("Flash", f"{identity.size_text}, id {identity.flash_id:06x}"),
    ]


def _backup_rows(result: operations.BackUpResult) -> list[Row]:
    manifest = result.backup.manifest
    rows = [
        ("File", result.backup.path.name),
        (
            "Device",
            f"{manifest.chip}, MAC {manifest.mac}" + (f", sticker {manifest.sticker}" if manifest.sticker else ""),
        ),
        ("Size", f"{manifest.size_text}, the whole flash"),
        ("Verified", f"MD5 {manifest.md5}, by the device itself"),
    ]
    rows += [("Read", _where_from(result.fetched)), ("Speed", result.speed)]
    if result.fetched.repeats:
        rows.append(("Noise", f"{_times(result.fetched.repeats)} something broke on the way and was repeated"))
    return rows


def _where_from(fetched: Fetched) -> str:
    """Where the bytes of a backup came from, in words."""
    sources = {
        "over the wire": fetched.read,
        "blank": fetched.blank,
        "as in an earlier backup": fetched.known,
        "from the try before": fetched.resumed,
    }
    words = ", ".join(f"{size // 1024} KB {name}" for name, size in sources.items() if size)
    checked = fetched.read < sum(sources.values())
    return words + (" (the device's own checksums say so)" if checked else "")


def _sent(written: Written) -> list[Row]:
    rows = [("Sent", f"{written.sent // 1024} KB; {written.kept // 1024} KB were on the device already")]
    if written.repeats:
        rows.append(("Noise", f"{_times(written.repeats)} something broke on the way and was repeated"))
    return rows


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _flash_rows(result: operations.FlashResult) -> list[Row]:
    rows = [
        *_who(result.identity),
        ("Written", f"{result.image.name}: {len(result.image.data)} bytes at {result.address:#x}"),
        ("Verified", f"MD5 {result.md5}, by the device itself"),
        *_sent(result.written),
        ("Speed", result.speed),
    ]
    for change in result.changes:
        rows.append(("Fitted", str(change)))
    if result.changes:
        rows.append(("Checksum", "the fitted bytes are not those in the file: a published checksum fits the file only"))
    return rows


def _restore_rows(result: operations.RestoreResult) -> list[Row]:
    return [
        *_who(result.identity),
        ("Restored", f"{result.backup.path.name}, every byte as it was"),
        *_sent(result.written),
        ("Speed", result.speed),
    ]


def _verify_rows(result: operations.VerifyResult) -> list[Row]:
    verdict = "the same, byte for byte" if result.matches else "different: the device holds something else now"
    return [("Compared", f"{result.size // 1024} KB"), ("Result", verdict), ("Device's MD5", result.device_md5)]
