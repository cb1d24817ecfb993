"""One operation at work: a thread, its state, its numbers and its words. Knows no widget."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from ..errors import (
    Cancelled,
    DeviceChanged,
    GarbledAnswer,
    NoAnswer,
    NotFinished,
    OperationRunning,
    PortLost,
    PortMissing,
    SonoffkitError,
)
from ..guide import Advice
from ..ports import is_practice
from ..progress import note_done, note_fault
from ..session import Device, Identity, connect_when_ready, log_to
from .listening import let_go
from .noted import noted
from .plans import Plan
from .waiting import Waiting

__all__ = ["Job", "JobState", "Snapshot", "job_for"]

LONGEST_LOG = 200  # lines; a log is to be read
CONFIRM_LENGTH = 4  # characters of the MAC
RETURNS = 5  # how often a device may go away in the middle and come back
KEPT = "What was done so far is kept, and it goes on from there."
GONE = (NoAnswer, GarbledAnswer, PortLost, PortMissing)


class JobState(StrEnum):
    """Where a job stands."""

    READY = "ready"
    CONNECTING = "connecting"
    WAITING = "waiting"  # for a hand: the device does not answer yet
    CONFIRM = "confirm"  # for a person: something will be lost
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class Snapshot:
    """A job at one moment: what a view shows.

    ``done`` and ``total`` are bytes; ``moved`` of them in ``moving`` seconds
    came in this run, over the wire or told by a digest; the rest was there.
    ``about`` names what is to be confirmed; ``advice`` is what to try while it waits for a hand.
    """

    state: JobState = JobState.READY
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    moved: int = 0
    moving: float = 0.0
    message: str = ""
    hint: str = ""
    about: tuple[tuple[str, str], ...] = ()
    advice: Advice | None = None
    identity: Identity | None = None
    can_cancel: bool = True

    @property
    def speed(self) -> float:
        """Bytes a second, 0 while it can't be told."""
        return self.moved / self.moving if self.moving > 0.5 else 0.0

    @property
    def seconds_left(self) -> float | None:
        return (self.total - self.done) / self.speed if self.speed and self.total else None


class Job:
    """An operation on a port, in a thread of its own.

    ``start`` it once; ``cancel`` asks it to stop; ``wait`` until it is over.
    ``result`` gives what it brought, or raises what ended it.
    """

    def __init__(self, plan: Plan, port: str, baud: int | None = None, patience: float = 120.0) -> None:
        self.plan, self.port = plan, port
        self._baud, self._patience = baud, patience
        self._lock = threading.Lock()
        self._now = Snapshot()
        self._log: list[str] = []
        self._cancel = threading.Event()
        self._confirmed = threading.Event()
        self._over = threading.Event()
        self._waiting = Waiting(port, self._cancel, lambda advice: self._change(advice=advice))
        self._began = 0.0
        self._first: tuple[int, float] | None = None  # the first bytes done, and when
        self._met: set[type[BaseException]] = set()
        self._outcome: Any = None
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; raises OperationRunning if another job has the port."""
        with _jobs_lock:
            other = _jobs.get(self.port)
            if other and other is not self and other.is_live:
                raise OperationRunning(f"This notebook is busy on {self.port}: {other.plan.title.lower()}.")
            if self._thread or self._over.is_set():  # cancelled before it began
                return
            _jobs[self.port] = self
            self._thread = threading.Thread(target=self._work, name=f"sonoffkit {self.plan.name}", daemon=True)
        self._change(state=JobState.CONNECTING)
        self._thread.start()

    def cancel(self) -> None:
        """Ask it to stop; it does so between two packets, or not where it can't."""
        self._cancel.set()
        if not self._thread:
            self._finish(JobState.CANCELLED, Cancelled("You stopped it."))

    def confirm(self, text: str) -> bool:
        """Whether the text is the end of the MAC; if so, the job goes on."""
        identity = self._now.identity
        if identity and _letters(text) == _letters(identity.mac)[-CONFIRM_LENGTH:]:
            self._confirmed.set()
            return True
        return False

    def tried(self) -> None:
        """The person did what the advice says, and it still waits: the next thing to try."""
        self._waiting.tried()

    def back(self) -> None:
        """The advice before."""
        self._waiting.back()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is over; False if it is not after ``timeout`` seconds."""
        return self._over.wait(timeout)

    @property
    def is_live(self) -> bool:
        return self._thread is not None and not self._over.is_set()

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def result(self) -> Any:
        """What it brought; raises what ended it, or NotFinished."""
        if self._error:
            raise self._error
        if not self._over.is_set():
            raise NotFinished(f"'{self.plan.title}' has not finished.")
        return self._outcome

    @property
    def outcome(self) -> Any:
        """What it brought, None if nothing (yet)."""
        return self._outcome

    @property
    def error(self) -> BaseException | None:
        return self._error

    def snapshot(self) -> Snapshot:
        with self._lock:
            return self._now

    def log(self) -> list[str]:
        """The last lines that were said."""
        with self._lock:
            return list(self._log)

    # In the thread

    def _work(self) -> None:
        try:
            let_go(self.port)  # a boot monitor of this notebook makes way
            with log_to(self._say):
                outcome = self._connect_and_run()
        except Cancelled as error:
            self._finish(JobState.CANCELLED, error)
        except BaseException as error:  # whatever it is, nobody must wait for ever
            self._say(f"{type(error).__name__}: {error}")
            self._finish(JobState.FAILED, error)
        else:
            self._outcome = outcome
            self._finish(JobState.DONE, None)

    def _connect_and_run(self) -> Any:
        with self._connect() as device:
            identity, prepared = device.identity, self.plan.prepare(device.identity)
            if not self.plan.loses or is_practice(self.port):
                return self._run_or_wait(device, prepared)
        self._ask_person(prepared)  # the port is closed while a person thinks
        return self._run_or_wait(self._connect_to(identity), prepared)

    def _run_or_wait(self, device: Device, prepared: dict[str, Any]) -> Any:
        """Run it; where cable or power is pulled on the way, wait for its return and go on."""
        for returns_left in reversed(range(RETURNS + 1)):
            try:
                with device:
                    return self._run(device, prepared)
            except GONE as error:
                if not returns_left:
                    raise
                lost = error
            self._waiting.left = lost.hint if self.plan.loses else KEPT
            self._say(f"{lost} Waiting for the device, to go on where it stopped.")
            self._wait_for_a_hand(lost)
            device = self._connect_to(device.identity, lost)
        raise AssertionError("the last return ends above")

    def _connect_to(self, identity: Identity, lost: SonoffkitError | None = None) -> Device:
        """The same device again; if it does not come back, what ended it is how it was lost."""
        try:
            device = self._connect()
        except GONE as silent:
            raise (lost or silent) from silent
        if device.identity != identity:
            device.close()
            raise DeviceChanged(f"This is not the device {identity.mac} that it began with, but {device.identity.mac}.")
        return device

    def _connect(self) -> Device:
        device = connect_when_ready(
            self.port,
            self._baud,
            patience=self._patience,
            cancel=self._cancel,
            waiting=self._wait_for_a_hand,
            between=self._waiting.listen,
        )
        self._change(state=JobState.CONNECTING, message="", hint="", advice=None, identity=device.identity)
        return device

    def _wait_for_a_hand(self, error: SonoffkitError) -> None:
        self._waiting.tell(error)
        self._meet(error)
        self._change(state=JobState.WAITING, message=str(error), hint=self._waiting.hint(error), can_cancel=True)

    def _ask_person(self, prepared: dict[str, Any]) -> None:
        self._change(state=JobState.CONFIRM, message=self.plan.loses, about=tuple(self.plan.about(prepared)))
        while not self._confirmed.wait(0.1):
            if self._cancel.is_set():
                raise Cancelled("You did not confirm it, and nothing was done.")
        self._change(state=JobState.CONNECTING, message="", hint="")

    def _run(self, device: Device, prepared: dict[str, Any]) -> Any:
        self._began = self._began or time.monotonic()
        self._first = None
        self._change(state=JobState.RUNNING, message="", hint="", can_cancel=not self.plan.no_cancel)
        return self.plan.carry_out(device, self._progress, self._cancel, prepared)

    def _progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = (done, now)
        moved, moving = done - self._first[0], now - self._first[1]
        self._change(done=done, total=total, seconds=now - self._began, moved=moved, moving=moving)

    def _say(self, line: str) -> None:
        with self._lock:
            self._log.append(line)
            del self._log[:-LONGEST_LOG]

    def _change(self, **what: Any) -> None:
        with self._lock:
            self._now = replace(self._now, **what)

    def _meet(self, error: BaseException) -> None:
        """Write a fault down in the learner's progress; one job meets each kind once."""
        if type(error) not in self._met and (why := noted(note_fault, self.plan.name, self.port, error)):
            self._say(why)
        self._met.add(type(error))

    def _finish(self, state: JobState, error: BaseException | None) -> None:
        self._error = error
        message = str(error) if error else ""
        hint = self._waiting.hint(error) if isinstance(error, GONE) else getattr(error, "hint", "")
        self._change(state=state, message=message, hint=hint, advice=None, can_cancel=False)
        if state is JobState.FAILED and error:
            self._meet(error)
        if state is JobState.DONE and (
            why := noted(note_done, self.plan.name, self.port, self._now.identity, self._outcome)
        ):
            self._say(why)
        if self._began:
            self._change(seconds=time.monotonic() - self._began)
        self._over.set()


_jobs: dict[str, Job] = {}
_jobs_lock = threading.Lock()


def job_for(plan: Plan, port: str, baud: int | None = None, patience: float = 120.0) -> Job:
    """The live job of that operation on that port, or a new one: a cell that is run again finds its own."""
    with _jobs_lock:
        live = _jobs.get(port)
    if live and live.is_live and live.plan.name == plan.name:
        return live
    return Job(plan, port, baud, patience)


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())
