"""What a job looks like in words: its status, its result card, its command for a terminal."""

from __future__ import annotations

import html

from ..diagnosis import diagnose, unknown_text_help
from ..guide import Advice
from ..ports import is_practice
from ..session import Identity
from .diagnosis_view import diagnosis_details
from .job import Job, JobState, Snapshot
from .style import code_block, says, table

__all__ = ["result_card", "status_html", "terminal_html"]

LAST = "That was the last of the usual causes. Notebook 6-troubleshooting goes on from here, and shows how to ask."
WHERE = "In JupyterLab: File, New, Terminal. "
STATES = {
    JobState.READY: "Ready.",
    JobState.CONNECTING: "Connecting…",
    JobState.WAITING: "Waiting for the device. It goes on by itself as soon as the device answers.",
    JobState.CONFIRM: "Waiting for you.",
    JobState.RUNNING: "Running…",
    JobState.DONE: "Done.",
    JobState.FAILED: "Stopped by an error.",
    JobState.CANCELLED: "Cancelled.",
}


def terminal_html(job: Job) -> str:
    """The commands that do the same, and for a practice Sonoff how to get it onto a port."""
    steps = job.plan.command(job.port)
    if not is_practice(job.port):
        return WHERE + code_block(steps)
    return (
        WHERE + "A practice Sonoff is put on a port for terminals by the first command (its first line of output is "
        "the port's name now); the second runs in another terminal. Stop the first to go on here." + code_block(steps)
    )


def result_card(job: Job, now: Snapshot) -> str:
    """What came out, what went wrong, or what the person should do now; empty while it just runs."""
    plan = job.plan
    if now.state is JobState.DONE:
        rows = [*plan.rows(job.outcome), ("Vault", str(plan.vault.folder))]
        if getattr(job.outcome, "matches", True) is False:
            return says("bad", "They differ", rows=rows)
        return says("good", f"{plan.title}: done", rows=rows)
    if now.state is JobState.FAILED:
        return says("bad", f"{type(job.error).__name__}: {now.message}", now.hint) + _why(job.error)
    if now.state is JobState.CANCELLED:
        return says("care", "Cancelled", now.hint)
    if now.state is JobState.WAITING:
        return _to_try(now.message, now.advice) if now.advice else says("care", now.message, now.hint)
    if now.state is JobState.CONFIRM and now.identity:
        return _to_confirm(now, now.identity)
    return ""


def _to_confirm(now: Snapshot, identity: Identity) -> str:
    """What will be lost, what it would be replaced by, and which letters to type."""
    names = "".join(f"<div>{html.escape(name)}: <b>{html.escape(value)}</b></div>" for name, value in now.about)
    begin, end = identity.mac[:-5], identity.mac[-5:]
    return (
        f'<div class="sk-card sk-care"><b class="sk-head">This is a real device. {html.escape(now.message)}</b>{names}'
        f"<div>If you want that, type the last four letters and digits of its MAC into the field below: "
        f"{begin}<b>{end}</b></div></div>"
    )


def _to_try(message: str, advice: Advice) -> str:
    """What the device said, and the one thing to try now."""
    said = f"<div>What it said: {html.escape(advice.said)}</div>" if advice.said else ""
    rows = (
        ("Perhaps", advice.cause.what),
        ("How to see it", advice.cause.check),
        ("What to do", _by_itself(advice.cause.fix)),
    )
    step = f"Try this now ({advice.number} of {advice.count})"
    last = f"<div>{html.escape(LAST)}</div>" if advice.is_last and advice.count > 1 else ""
    return (
        f'<div class="sk-card sk-care"><b class="sk-head">{html.escape(message)}</b>{said}'
        f'<div class="sk-step"><b>{step}</b>{table(rows)}</div>{last}'
        f'<div class="sk-quiet">{html.escape(advice.safe)}</div></div>'
    )


def _by_itself(fix: str) -> str:
    """A fix is written for a terminal; here the kit tries again without being told."""
    return fix.replace(", and run the command again", "").replace(" and run the command again", "")


def _why(error: BaseException | None) -> str:
    """The likeliest diagnosis, folded; what nobody has a diagnosis for gets the way to help."""
    found = diagnose(error) if error else ()
    if found:
        return diagnosis_details(found[0])
    return f"<details><summary>How to ask for help</summary>{code_block([unknown_text_help()])}</details>"


def status_html(now: Snapshot, no_cancel: str) -> str:
    """Where it stands, in one line."""
    text = STATES[now.state]
    if now.state is JobState.RUNNING and now.total:
        text = f"{now.done // 1024} of {now.total // 1024} KB"
        if now.speed:
            text += f", {now.speed / 1024:.0f} KB/s"
        if now.seconds_left is not None:
            text += f", {_clock(now.seconds_left)} left"
    elif now.state is JobState.RUNNING and no_cancel:
        text = f"Running… {no_cancel}"
    elif now.state is JobState.DONE:
        text = f"Done in {_clock(now.seconds)}."
    return f'<span role="status">{text}</span>'


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
