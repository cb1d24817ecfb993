"""Checks for the exercises in the notebooks: an answer in, a verdict with its reason out.

``check`` serves any exercise. Each exercise has a check of its own, so that no notebook shows the answer beside the
question. In 3-inspect a person brings a dump of their own: what is right comes out of the dump, and a dump in which
there is nothing to find says so.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Verdict",
    "blank_check",
    "check",
    "hunt_check",
    "left_behind_check",
    "mode_byte_check",
    "network_check",
    "noise_check",
    "owner_check",
    "size_check",
    "start_check",
    "written_twice_check",
]  # fmt: skip

SECTOR = 4096
DENSE = 7.5  # bits per byte in a block of 1 KiB: compressed, encrypted or noise
UNANSWERED = "Not answered yet: replace None, and run this cell again."
UNANSWERED_HUNT = "Not answered yet: choose the fault on the bench, or replace None, and run this cell again."

# A sonoffkit.session.Identity, a sonoffkit.report.Report, a sonoffkit.widgets.PracticeBench. This room lies below
# theirs, and imports nothing.
Identity = Any
Report = Any
Bench = Any


@dataclass(frozen=True)
class Verdict:
    """What came of an exercise; a notebook shows it as a sentence."""

    right: bool
    text: str

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]:
        sign = "✓" if self.right else "→"
        return {"text/plain": f"{sign} {self.text}", "text/html": f"<p>{sign} {html.escape(self.text)}</p>"}


def check(answer: object, right: object, why: str, hint: str) -> Verdict:
    """Compare an answer with the right one; an unanswered exercise (None) is no failure."""
    if answer is None:
        return Verdict(False, UNANSWERED)
    if _plain(answer) == _plain(right):
        return Verdict(True, f"Right. {why}")
    return Verdict(False, f"Not quite. {hint}")


def size_check(answer: object, device: Identity) -> Verdict:
    """How many bytes does this device's flash hold?"""
    hint = f"1 MB is 1024 × 1024 bytes, and this flash has {device.size_text}."
    return check(answer, device.flash_size, "The next notebook saves all of them.", hint)


def left_behind_check(answer: object) -> Verdict:
    """How many bytes of 4 MB did a recipe leave behind that read 1 MB?"""
    return check(answer, 0x400000 - 0x100000, "Three quarters were lost for good.", "4 MB less 0x100000 bytes.")


def written_twice_check(answer: object) -> Verdict:
    """What does a byte read as, written twice without erasing: 0000 1111, then 1111 0000?"""
    why = "Each writing made its zeros, and none made a one: that is why flash is erased before it is written."
    return check(answer, 0b00001111 & 0b11110000, why, "A bit that was 0 once stays 0, whatever is written over it.")


def mode_byte_check(answer: object) -> Verdict:
    """Which flash mode stands in the flash after the kit wrote a firmware?"""
    why = "DOUT works with every flash chip that Sonoffs have."
    return check(answer, 3, why, "Look for the line Fitted in the card of Write a firmware.")


def hunt_check(answer: str | None, bench: Bench) -> Verdict:
    """Which fault is hidden on the bench? The right name repairs it; what was answered on the bench counts."""
    if answer is None and bench.named:
        return Verdict(True, f"Answered on the bench: {bench.named}.")
    if answer is None:
        return Verdict(False, UNANSWERED_HUNT)
    try:
        found: Verdict = bench.found(answer)
    except ValueError as error:
        return Verdict(False, f"Not quite. {error}")
    return found


def start_check(answer: object, report: Report) -> Verdict:
    """Which program starts in this dump?"""
    layout = report.layout
    if not layout.runs:
        return _cannot("Nothing in this dump says which program starts.")
    return check(answer, layout.runs, _sentence(layout.runs_because), "The line Runs in the card begins with its name.")


def blank_check(selection: tuple[int, int], report: Report) -> Verdict:
    """Is at least one sector selected, and all of it blank?"""
    if b"\xff" * SECTOR not in report.data:
        return _cannot(f"Nowhere in this dump are {SECTOR} bytes in a row FF.")
    start, end = selection
    size, blank = end - start, report.data.count(0xFF, start, end)
    if not size:
        return Verdict(
            False, "Nothing is selected yet: drag across a pale stretch of the map, and run this cell again."
        )
    if size > blank:
        return Verdict(False, f"Not quite. Of the {size} bytes that you selected, {size - blank} are not FF.")
    if size < SECTOR:
        return Verdict(False, f"Not quite. You selected {size} bytes, all of them FF; it takes at least {SECTOR}.")
    return Verdict(True, f"Right. {size} bytes, each of them FF.")


def noise_check(answer: object, report: Report) -> Verdict:
    """What is the dense sector that nobody knows?"""
    found = _dense(report)
    if found is None:
        return _cannot("Nothing unknown in this dump is that dense.")
    at, bits = found
    why = f"The 1 KiB at {at:#x} has {bits:.2f} bits in a byte: neither code nor settings are that dense. "
    why += "Which of the three it is, the bytes alone do not tell."
    hint = f"Programs have about 6.5 bits in a byte, settings less than 4.5. At {at:#x} there are {bits:.2f}."
    return check(answer, "compressed, encrypted or noise", why, hint)


def network_check(answer: object, report: Report) -> Verdict:
    """Which Wi-Fi network does the device know? Any of its names will do."""
    found = [secret for secret in report.secrets if secret.kind.value == "Wi-Fi name"]
    if not found:
        return _cannot("No Wi-Fi name was found in this dump; where the firmware is not known, that proves nothing.")
    if answer is None:
        return Verdict(False, UNANSWERED)
    copies = [secret for secret in found if secret.text() == answer]
    if not copies:
        return Verdict(False, "Not quite. Look for Wi-Fi name in the table. Capitals count.")
    where = "1 place" if len(copies) == 1 else f"{len(copies)} places"
    factory = next((f" It is {secret.proof}." for secret in copies if "factory" in secret.proof), "")
    return Verdict(True, f"Right. It was found in {where}.{factory}")


def owner_check(answer: object, flashed: Report) -> Verdict:
    """Whose Wi-Fi does a device know that was flashed without erasing?"""
    if not any(secret.kind.value == "Wi-Fi name" for secret in flashed.secrets):
        return _cannot(
            "This is not the sample any more: it holds no Wi-Fi name.", "Delete it, and run the notebook again."
        )
    why = "Flashing writes the new program's bytes, and no others. Erase first."
    return check(
        answer, "the old owner's", why, "Open the list Masked in the explorer: is there a Wi-Fi password in A?"
    )


def _dense(report: Report) -> tuple[int, float] | None:
    """The first whole block of an unknown region that is as dense as noise, and its entropy."""
    block = report.numbers.block
    for number, bits in enumerate(report.numbers.entropy[: report.size // block]):
        at = number * block
        if bits >= DENSE and report.layout.region_at(at).kind == "unknown":
            return at, float(bits)
    return None


def _cannot(why: str, then: str = "Choose sample-basic.bin at the top, and run all cells below it.") -> Verdict:
    return Verdict(False, f"This dump cannot answer that. {why} {then}")


def _plain(value: object) -> object:
    """Small letters and no blanks around it: how a name is typed is not what is asked."""
    return value.strip().casefold() if isinstance(value, str) else value


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
