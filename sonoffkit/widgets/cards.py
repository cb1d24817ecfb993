"""What a job looks like in words: its status, its result card, its command for a terminal."""

from __future__ import annotations

from ..ports import is_practice
from .job import Job, JobState, Snapshot
from .style import code_block, says

__all__ = ["result_card", "status_html", "terminal_html"]

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
        return says("bad", f"{type(job.error).__name__}: {now.message}", now.hint)
    if now.state is JobState.CANCELLED:
        return says("care", "Cancelled", now.hint)
    if now.state is JobState.WAITING:
        return says("care", now.message, now.hint)
    if now.state is JobState.CONFIRM and now.identity:
        ask = f"If you want that, type the last four letters and digits of its MAC, {now.identity.mac}, above."
        return says("care", f"{now.message} This is a real device.", ask)
    return ""


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
