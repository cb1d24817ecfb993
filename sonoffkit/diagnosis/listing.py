"""Diagnoses as lines for a terminal, and what to do where there is none."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from .catalogue import phrases
from .model import Diagnosis

__all__ = ["listing", "unknown_text_help"]

WIDTH = 100  # characters


def listing(diagnoses: Sequence[Diagnosis], width: int = WIDTH) -> str:
    """The first one in full, the others by what they mean and what to do first."""
    if not diagnoses:
        return ""
    first, *others = diagnoses
    blocks = [_in_full(first, width), *(_in_short(other, width) for other in others)]
    return "\n\n".join("\n".join(block) for block in blocks)


def unknown_text_help() -> str:
    """What to do with a text that nothing is known about."""
    return textwrap.dedent(
        """\
        Nothing in this text is known to sonoffkit, so there is no diagnosis. It may be an error all the
        same.

        1. Was it all of the text? What counts is often some lines above the end: paste the whole
           terminal, from the command line on.
        2. Run the command again, and note what you did with the button and the power meanwhile.
        3. Run 'sonoffkit check': it looks at ports, drivers and permissions.
        4. Ask for help. 'sonoffkit diagnose --bundle report.txt' writes down versions, ports and this
           text, with passwords, names and addresses masked. Read it, then attach it to a question that
           says what you wanted to do, with which device and which adapter, what you expected, and what
           came instead. Tasmota's discussions help with devices (github.com/arendst/Tasmota), esptool's
           issues with esptool (github.com/espressif/esptool); to this kit's own issues belongs whatever
           the kit should have told you.

        Nothing has been changed on the device by asking."""
    )


def _in_full(diagnosis: Diagnosis, width: int) -> Iterator[str]:
    say = phrases(diagnosis.language)
    yield f"{diagnosis.title}  [{diagnosis.name}]"
    yield from _told_by(diagnosis, width)
    yield from _wrapped(diagnosis.means, width)
    yield ""
    yield say["order"] if len(diagnosis.causes) > 1 else ""
    for number, cause in enumerate(diagnosis.causes, 1):
        yield from _wrapped(cause.what, width, f"{number}. ")
        yield from _wrapped(f"{say['check']} {cause.check}", width, "   ", "     ")
        yield from _wrapped(f"{say['fix']} {cause.fix}", width, "   ", "     ")
    yield ""
    yield from _wrapped(f"{say['safe']} {diagnosis.safe}", width)
    if diagnosis.sources:
        yield from _wrapped(f"{say['sources']} {', '.join(diagnosis.sources)}", width)


def _in_short(diagnosis: Diagnosis, width: int) -> Iterator[str]:
    say = phrases(diagnosis.language)
    yield f"{say['also']} {diagnosis.title}  [{diagnosis.name}]"
    yield from _told_by(diagnosis, width)
    yield from _wrapped(f"{diagnosis.causes[0].what} {say['fix']} {diagnosis.causes[0].fix}", width, "   ")


def _told_by(diagnosis: Diagnosis, width: int) -> Iterable[str]:
    say = phrases(diagnosis.language)
    for line in diagnosis.evidence:
        yield from _wrapped(f"{say['told_by']} {line}", width, "   ", "     ")


def _wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    indent = " " * len(first) if rest is None else rest
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)
