"""Every fault of the practice Sonoff, and every operation: what comes of it, and what it is told to be.

python tests/fault_matrix.py            prints the table, after some minutes; the test judges it
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sonoffkit.diagnosis import diagnose
from sonoffkit.operations import back_up, erase, flash, identify, restore
from sonoffkit.practice import PracticeDevice, lesson_images, practice_device
from sonoffkit.practice.faults import Restarts
from sonoffkit.vault import Backup, Vault
from sonoffkit.widgets.job import Job
from sonoffkit.widgets.plans import plan_for

__all__ = ["DONE", "FAULTS", "OPERATIONS", "Cell", "Fault", "Matrix", "table"]

URL = "practice://basic?hurry=1"
OPERATIONS = {"identify": identify, "back up": back_up, "erase": erase, "flash": flash, "restore": restore}
DONE = "done"
PATIENCE_SECONDS = 300  # for an operation that hangs

# What may be told where bytes break all the time: that is chance, and each of them leads to wires and speed.
BROKEN = frozenset({"stub-failed", "transfer-broken", "garbled-answer", "no-answer"})
NO_CONTACT = frozenset({"no-answer"})
STARTED = frozenset({"no-answer", "garbled-answer"})  # a firmware may talk, or not


def _faults(words: str) -> Callable[[PracticeDevice], None]:
    return lambda device: device.set_fault(words.split())


@dataclass(frozen=True)
class Fault:
    """Something wrong: ``put_on`` does it, at the power-up if ``early``; else on a device that is ready.

    ``told`` are the diagnoses that are right, or DONE where the kit gets round it; ``harmless_to`` are the
    operations that it cannot hit, ``may_pass`` says that chance may spare any.
    """

    name: str
    told: frozenset[str]
    put_on: Callable[[PracticeDevice], None]
    early: bool = False
    harmless_to: tuple[str, ...] = ()
    may_pass: bool = False

    def right_for(self, operation: str) -> frozenset[str]:
        if operation in self.harmless_to:
            return frozenset({DONE})
        return self.told | {DONE} if self.may_pass else self.told


def _fault(words: str, *told: str, **more: object) -> Fault:
    return Fault(words, frozenset(told), _faults(words), **more)  # type: ignore[arg-type]


def _line(kind: str, few: int, many: int = 40) -> Iterator[Fault]:
    """Few bytes break, and so many that hardly anything gets through: told, or got round by trying again."""
    for often in (few, many):
        yield Fault(f"{kind} {often}", BROKEN, _faults(f"{kind} {often}"), may_pass=True)


READS = ("identify", "back up")
FAULTS = (
    *_line("drop-to-host", 3000),
    *_line("drop-to-chip", 20000),
    *_line("flip-to-host", 3000),
    *_line("flip-to-chip", 20000),
    *_line("duplicate-to-host", 3000),
    *_line("duplicate-to-chip", 20000),
    _fault("delay-to-host 20000", DONE),
    _fault("delay-to-chip 20000", DONE),
    _fault("flip-after 400", DONE),
    _fault("unplug-after 50", "port-lost"),
    _fault("unplug-at 0.0", "port-lost"),
    _fault("wires swapped", *NO_CONTACT),
    _fault("wires tx-open", *NO_CONTACT),
    _fault("wires rx-open", *NO_CONTACT),
    _fault("wires open", *NO_CONTACT),
    _fault("wires looped", "garbled-answer"),
    _fault("power-open yes", *NO_CONTACT, early=True),
    *(_fault(f"restarts {kind}", *STARTED, early=True) for kind in Restarts),
    _fault("noise 00", "garbled-answer"),
    _fault("noise ff", "garbled-answer"),
    _fault("top-speed 57600", "speed-too-high", may_pass=True),  # told once, then it is known of this adapter
    _fault("frail-above 115200", DONE),
    _fault("sag-after 3000", "device-lost", harmless_to=(*READS, "erase")),
    _fault("stuck-busy yes", "device-lost", "flash-not-ready", harmless_to=READS),
    _fault("bad-sector 0x2000", "verify-failed", harmless_to=READS),
    _fault("flash-id 0", "flash-id-wrong"),
    _fault("flash-id 0xffffff", "flash-id-wrong"),
    _fault("chip-magic 0x00f01d83", "wrong-chip"),
    # Not in its list of faults, but what people meet most.
    Fault("the button was not held", STARTED, lambda device: None, early=True),
    Fault("no power", NO_CONTACT, lambda device: device.power_off()),
    Fault("no adapter", frozenset({"wrong-port"}), lambda device: device.unplug()),
    Fault("another program has the port", frozenset({"port-busy"}), lambda device: device.attach()),
)


@dataclass(frozen=True)
class Cell:
    """How one operation ended under one fault: DONE, or what it was told to be; and its error, if any."""

    fault: str
    operation: str
    told: str
    error: BaseException | None = None


class Matrix:
    """A practice Sonoff with its backup, on which faults are put and taken away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.device = practice_device("basic")
        self.original = self.device.contents()
        self.image = folder / "practice-blink.bin"
        self.image.write_bytes(lesson_images()["practice-blink.bin"])
        self.heal()
        self.backup: Backup = self._run("back up", Vault()).result.backup

    def heal(self) -> None:
        """No fault, and download mode."""
        if self.device.line:
            self.device.detach()
        self.device.faults.heal()
        if not self.device.state().plugged_in:
            self.device.plug_in()
        self._power_up(held=True)

    def with_fault(self, fault: Fault, operation: str) -> Cell:
        """One operation while this is wrong."""
        self.heal()
        with (self.device.folder / "flash.bin").open("r+b") as cells:  # what a restore finds is blank
            cells.write(b"\xff" * len(self.original) if operation == "restore" else self.original)
        fault.put_on(self.device)
        if fault.early:
            self._power_up(held=False)
        job = self._run(operation, self._vault(operation))
        if not job.is_over:
            raise AssertionError(f"{operation} hangs with {fault.name}: {job.snapshot()}")
        found = diagnose(job.error) if job.error else ()
        told = found[0].name if found else type(job.error).__name__ if job.error else DONE
        return Cell(fault.name, operation, told, job.error)

    def healthy(self, operation: str) -> bool:
        """Whether the same works once nothing is wrong, and did what it should."""
        self.heal()
        job = self._run(operation, Vault() if operation == "back up" else self._vault(operation))
        return job.error is None and job.is_over and self._is_as_it_should(operation)

    def _is_as_it_should(self, operation: str) -> bool:
        now = self.device.contents()
        if operation == "erase":
            return now == b"\xff" * len(now)
        if operation == "flash":  # bytes 2 and 3 are fitted to the device
            image = self.image.read_bytes()
            return now[4 : len(image)] == image[4:]
        return now == self.original

    def _vault(self, operation: str) -> Vault:
        """Where backups are; for a backup, an empty one, or it would be told by what is known."""
        return Vault(Path(tempfile.mkdtemp(dir=self._folder))) if operation == "back up" else Vault()

    def _run(self, operation: str, vault: Vault) -> Job:
        options = {
            "back up": {"vault": vault},
            "flash": {"image": self.image},
            "restore": {"backup": getattr(self, "backup", None)},
        }.get(operation, {})
        job = Job(plan_for(OPERATIONS[operation], options), URL, None, patience=0.0)
        job.start()
        job.wait(PATIENCE_SECONDS)
        return job

    def _power_up(self, *, held: bool) -> None:
        self.device.power_off()
        (self.device.hold_button if held else self.device.release_button)()
        self.device.power_on()
        self.device.release_button()


def table(cells: list[Cell]) -> str:
    """The matrix as a table, a row for each fault."""
    rows: dict[str, dict[str, str]] = {}
    for cell in cells:
        rows.setdefault(cell.fault, {})[cell.operation] = cell.told
    head = f"| fault | {' | '.join(OPERATIONS)} |\n|{'---|' * (len(OPERATIONS) + 1)}"
    lines = (f"| {fault} | {' | '.join(row.get(name, '') for name in OPERATIONS)} |" for fault, row in rows.items())
    return "\n".join((head, *lines))


def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SONOFFKIT_HOME"] = f"{folder}/home"
        matrix = Matrix(Path(folder))
        print(table([matrix.with_fault(fault, operation) for fault in FAULTS for operation in OPERATIONS]))


if __name__ == "__main__":
    _main()
