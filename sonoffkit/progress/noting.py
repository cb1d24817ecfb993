"""What is written down: the result of a job as things done, what ended or delayed it as a fault."""

from __future__ import annotations

from ..diagnosis import diagnose
from ..errors import Cancelled, GarbledAnswer, NoAnswer, PortError, PortMissing
from ..masking import mask_text
from ..operations import BackUpResult, EraseResult, FlashResult, IdentifyResult, RestoreResult
from ..ports import is_of_a_lesson, is_practice
from ..session import Identity
from .entries import Known, clean, now
from .journal import Journal, change_journal

__all__ = ["note_done", "note_fault", "note_hunted", "note_inspected", "note_port"]

# Without an answer it is the same fault whatever was wanted of the device.
NOBODY_ANSWERED = (PortError, NoAnswer, GarbledAnswer)


def note_port() -> None:
    """A port was chosen. Raises OSError, as all of these do, where it cannot be written down."""
    change_journal(lambda journal: journal.with_done("port"))


def note_inspected(sha256: str, firmware: str) -> None:
    """A dump was looked at."""
    facts = {"sha256": sha256, "firmware": firmware}
    change_journal(lambda journal: journal.with_done("inspect", facts=facts))


def note_hunted(fault: str) -> None:
    """A fault that was hidden on the practice bench was named by the learner."""
    change_journal(lambda journal: journal.with_done("hunt", facts={"fault": fault}))


def note_done(operation: str, port: str, identity: Identity | None, result: object) -> None:
    """An operation ended well on a port, on that device."""

    def change(journal: Journal) -> Journal:
        if identity:
            journal = _with_device(journal, port, identity, result)
            for what, facts in _things_done(result):
                journal = journal.with_done(what, identity.mac, facts)
        return journal if is_of_a_lesson(port) else journal.with_success(port, operation)

    change_journal(change)


def note_fault(operation: str, port: str, error: BaseException) -> None:
    """An operation was ended by an error on a port, or waits because of it; that somebody stopped it is none.

    Nor is what happens on a lesson's own device: there the notebook fails on purpose.
    """
    if isinstance(error, Cancelled) or is_of_a_lesson(port):
        return
    found = diagnose(error, ports=())
    title = found[0].title if found else f"An error without a description: {type(error).__name__}"
    about = "" if isinstance(error, NOBODY_ANSWERED) else operation
    port = "" if isinstance(error, PortMissing) else port  # whoever takes another one has solved it
    change_journal(lambda journal: journal.with_fault(title, port, about))


def _with_device(journal: Journal, port: str, identity: Identity, result: object) -> Journal:
    sticker = result.backup.manifest.sticker if isinstance(result, BackUpResult) else ""
    known = Known(
        mac=identity.mac,
        chip=clean(identity.chip),
        flash_size=identity.flash_size,
        practice=is_practice(port),
        port=clean(port),
        seen=now(),
        sticker=clean(sticker),
    )
    return journal.with_device(known)


def _things_done(result: object) -> list[tuple[str, dict[str, str]]]:
    """The steps that a result means, and what is known of each."""
    match result:
        case IdentifyResult():
            return [("hello", {})]
        case BackUpResult(backup=backup):
            blank = {"blank": "yes"} if backup.is_blank else {}
            return [("hello", {}), ("backup", {"file": backup.path.name, "sha256": backup.manifest.sha256} | blank)]
        case EraseResult():
            return [("erase", {})]
        case FlashResult(image=image):
            return [("flash", {"name": mask_text(image.name, exported=True), "sha256": image.sha256})]
        case RestoreResult(backup=backup):
            return [("restore", {"sha256": backup.manifest.sha256})]
    return []
