"""The short run of the soak: a minute of backups, restores and flashes under faults."""

from __future__ import annotations

from soak import soak

SEED = 2026
OPERATIONS = 100


def test_faults_of_all_kinds_lose_nothing_and_leave_nothing(home):
    failed: list[str] = []
    sums = soak(SEED, range(OPERATIONS), home / "soak", failed.append)
    print(sums.text(SEED))
    assert not failed, "\n".join(failed)
    assert sums.operations == OPERATIONS
    assert sums.unmet() == []
    assert sum(sums.resumed.values()) > 0
