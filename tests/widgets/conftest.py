"""What the widgets' tests share: no job outlives its test, and a backup that costs no time."""

from __future__ import annotations

import pytest
from waiting import threads, wait_until

from sonoffkit.session import connect
from sonoffkit.vault import Vault
from sonoffkit.widgets.job import _jobs


@pytest.fixture(autouse=True)
def _no_job_outlives_its_test():
    yield
    for job in list(_jobs.values()):
        job.cancel()
    wait_until(lambda: not threads())
    _jobs.clear()


@pytest.fixture
def saved(sonoff):
    """A verified backup of the device, without the two seconds of reading it."""
    with connect("practice://basic") as device:
        return Vault().adopt(sonoff.folder / "flash.bin", device)
