"""Whatever is wrong with a device: each operation ends in the right diagnosis, loses nothing, and works afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from fault_matrix import DONE, FAULTS, OPERATIONS, Cell, Fault, Matrix, table

from sonoffkit.errors import SonoffkitError
from sonoffkit.practice.faults import FAULT_NAMES, Noise, Wires

REPORT = Path(__file__).parent.parent / "build" / "fault-matrix.md"
seen: list[Cell] = []


@pytest.fixture
def matrix(tmp_path) -> Matrix:
    return Matrix(tmp_path)


@pytest.fixture(scope="module", autouse=True)
def report():
    """The table, for people."""
    seen.clear()
    yield
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(table(seen) + "\n", encoding="utf-8")
    print(f"\n{table(seen)}")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_every_operation_ends_in_the_right_diagnosis_loses_nothing_and_works_afterwards(matrix, fault: Fault):
    for operation in OPERATIONS:
        cell = matrix.with_fault(fault, operation)
        seen.append(cell)
        assert cell.told in fault.right_for(operation), cell
        if cell.told != DONE:
            assert isinstance(cell.error, SonoffkitError)
            assert cell.error.hint.strip()
        assert matrix.backup.read() == matrix.original  # and its checksum holds
        if operation in ("identify", "back up"):
            assert matrix.device.contents() == matrix.original
        assert matrix.healthy(operation), cell


def test_every_fault_of_the_practice_sonoff_is_in_the_matrix():
    names = {fault.name.split()[0] for fault in FAULTS}
    assert set(FAULT_NAMES) - {"seed"} <= names
    assert {f"wires {kind}" for kind in Wires if kind is not Wires.GOOD} <= {fault.name for fault in FAULTS}
    assert {f"noise {kind}" for kind in Noise} <= {fault.name for fault in FAULTS}
