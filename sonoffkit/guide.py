"""A short dialogue with somebody whose device does not answer: what it said, and one thing to try at a time."""

from __future__ import annotations

from dataclasses import dataclass

from .bootlog import Finding, Heard, Verdict, judge
from .diagnosis import Cause, Diagnosis, diagnose
from .errors import SonoffkitError

__all__ = ["Advice", "Guide"]

# A device that waits in download mode is as silent as one without power: silence tells only after a power-up.
TELLS_LITTLE = (Verdict.SILENCE, Verdict.OTHER)
NOT_HEARD = "Nothing yet. It speaks only at the moment when it gets power."
STILL_SILENT = "Nothing, although it was powered up: it has no power, or its words do not reach the adapter."


@dataclass(frozen=True)
class Advice:
    """What to tell now: what it is, what the device said, the one thing to try, and which of how many that is."""

    title: str
    said: str
    cause: Cause
    number: int
    count: int
    safe: str

    @property
    def is_last(self) -> bool:
        return self.number == self.count


class Guide:
    """Leads through the causes of a failure, the likeliest first, and begins anew when something new is heard.

    ``tell`` it the error, ``hear`` what came at power-up, and go on with ``tried`` or ``back``;
    ``advice`` is what to show, None while there is nothing to advise.
    """

    def __init__(self) -> None:
        self._error: SonoffkitError | None = None
        self._heard: Heard | None = None
        self._finding: Finding | None = None
        self._tried: list[str] = []

    def tell(self, error: SonoffkitError) -> None:
        """What went wrong; another kind of error is another story."""
        if type(error) is not type(self._error):
            self._tried.clear()
        self._error = error

    def hear(self, heard: Heard) -> None:
        """What the device said. Silence takes nothing back of what it said before."""
        finding = judge(heard)
        if finding.verdict in TELLS_LITTLE and self._finding:
            return
        if finding.verdict not in TELLS_LITTLE and finding.verdict is not self._verdict:
            self._tried.clear()
        self._heard, self._finding = heard, finding

    def tried(self) -> None:
        """The person did what the advice says, and it still does not answer: the next one."""
        now = self.advice
        if now and not now.is_last:
            self._tried.append(now.cause.what)
            if self._verdict is Verdict.FIRMWARE:  # it was started again since, and said nothing new
                self._heard = self._finding = None

    def back(self) -> None:
        """The one before."""
        if self._tried:
            self._tried.pop()

    @property
    def advice(self) -> Advice | None:
        """The one thing to try now."""
        diagnosis = self._diagnosis()
        if diagnosis is None or not diagnosis.causes:
            return None
        count = len(diagnosis.causes)
        left = [cause for cause in diagnosis.causes if cause.what not in self._tried] or [diagnosis.causes[-1]]
        number = count - len(left) + 1
        return Advice(diagnosis.title, self._said(), left[0], number, count, diagnosis.safe)

    @property
    def _verdict(self) -> Verdict | None:
        return self._finding.verdict if self._finding else None

    def _diagnosis(self) -> Diagnosis | None:
        if self._error is None:
            return None
        tells = self._heard if self._tried or self._verdict not in TELLS_LITTLE else None
        found = diagnose(self._error, heard=tells)
        return found[0] if found else None

    def _said(self) -> str:
        if self._finding is None:
            return ""
        if self._verdict is Verdict.SILENCE:
            return STILL_SILENT if self._tried else NOT_HEARD
        return self._finding.says
