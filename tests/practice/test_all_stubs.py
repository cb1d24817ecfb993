"""What the old stub and the new one do alike."""

from __future__ import annotations

import hashlib

import pytest
from stub_talk import BLOCK, CONTENT, RAM, SECTOR, begin_write, block, is_alive, is_deaf, status_of

from sonoffkit.practice.chip import Running
from sonoffkit.practice.loader import Op


@pytest.fixture(params=[1, 2], ids=["old", "new"])
def stub(bench, request):
    """A running stub on a flash that holds something to read."""
    stub = bench(Running.STUB, generation=request.param, fill=b"\0")
    stub.cells[: len(CONTENT)] = CONTENT
    return stub


def test_sync_is_answered_with_the_value_zero_by_which_esptool_knows_a_stub(stub):
    assert is_alive(stub)


def test_one_command_writes_many_registers_through_their_masks(stub):
    words = [RAM, 0x11223344, 0xFFFFFFFF, 0, RAM + 4, 0xAAAAAAAA, 0xFFFFFFFF, 0, RAM + 4, 0x55555555, 0x0000FFFF, 5]
    assert status_of(stub, Op.WRITE_REG, *words) == 0
    assert [stub.ask_words(Op.READ_REG, RAM + n)[0].value for n in (0, 4)] == [0x11223344, 0xAAAA5555]


def test_the_digest_of_a_region_is_that_of_its_bytes(stub):
    (reply,) = stub.ask_words(Op.SPI_FLASH_MD5, 101, 5002, 0, 0)
    assert (reply.status, reply.body) == (0, hashlib.md5(CONTENT[101:5103]).digest())


@pytest.mark.parametrize("op", [Op.FLASH_DATA, Op.FLASH_DEFL_DATA])
def test_data_without_a_beginning_are_refused(stub, op):
    assert block(stub, op, b"abcd") == 0xC600
    assert stub.cells[:4] == CONTENT[:4]


def test_erase_flash_leaves_ff_only(stub):
    assert status_of(stub, Op.ERASE_FLASH) == 0
    assert stub.cells == b"\xff" * len(stub.cells)


def test_erase_region_takes_exactly_its_sectors(stub):
    # From the last sector of a block, over a whole block, to the first of the next.
    start, size = BLOCK - SECTOR, BLOCK + 2 * SECTOR
    assert status_of(stub, Op.ERASE_REGION, start, size) == 0
    assert stub.cells[start - 1 : start + size + 1] == b"\0" + b"\xff" * size + b"\0"
    assert stub.cells[: len(CONTENT)] == CONTENT


def test_a_write_to_a_flash_that_stays_busy_is_taken_and_never_ends(stub):
    stub.faults.stuck_busy = True
    begin_write(stub, 0, 4)
    assert block(stub, Op.FLASH_DATA, b"abcd") == 0
    assert is_deaf(stub)
