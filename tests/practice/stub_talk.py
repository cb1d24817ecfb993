"""Talking to a bare stub, as a host does: what the tests of the stubs share."""

from __future__ import annotations

import struct
import zlib

from sonoffkit.practice.loader import Op
from sonoffkit.practice.slip import checksum, slip_encode

SECTOR, BLOCK, BUFFER = 0x1000, 0x10000, 0x8000
CONTENT = bytes(n * n % 251 for n in range(3 * SECTOR))
SYNC = b"\x07\x07\x12\x20" + 32 * b"\x55"
ADDRESS_OF_MAGIC, MAGIC = 0x40001000, 0xFFF0C101
RAM = 0x3FFE8000


def status_of(stub, op: int, *words: int) -> int:
    (reply,) = stub.ask_words(op, *words)
    assert (reply.op, reply.value) == (op, 0)
    return reply.status


def start_read(stub, offset: int, size: int, packet: int = SECTOR, in_flight: int = 64) -> list[bytes]:
    request = stub.request(Op.READ_FLASH, struct.pack("<IIII", offset, size, packet, in_flight))
    answer, *packets = stub.frames(request)
    assert answer == bytes([1, Op.READ_FLASH, 2, 0, 0, 0, 0, 0, 0, 0])
    return packets


def acknowledge(stub, n: int) -> list[bytes]:
    return stub.frames(struct.pack("<I", n))


def begin_write(stub, offset: int, size: int, op: int = Op.FLASH_BEGIN, blocks: int = 1) -> None:
    assert status_of(stub, op, size, blocks, 0x4000, offset) == 0


def block(stub, op: int, data: bytes, number: int = 0, **flaws) -> int:
    """The status of one block, counted as esptool does."""
    head = struct.pack("<IIII", flaws.get("size", len(data)), number, 0, 0)
    (reply,) = stub.ask(op, head + data, flaws.get("check", checksum(data)))
    assert (reply.op, reply.value, reply.body) == (op, 0, b"")
    return reply.status


def write_compressed(stub, offset: int, data: bytes, piece: int = 0x4000) -> None:
    packed = zlib.compress(data, 9)
    while 0 < len(packed) % piece <= 4:  # the stub may want the stream's checksum in one piece
        piece += 1
    pieces = [packed[start : start + piece] for start in range(0, len(packed), piece)]
    assert status_of(stub, Op.FLASH_DEFL_BEGIN, len(data), len(pieces), piece, offset) == 0
    for number, part in enumerate(pieces):
        assert block(stub, Op.FLASH_DEFL_DATA, part, number) == 0


def is_alive(stub) -> bool:
    return [(reply.op, reply.value, reply.status) for reply in stub.ask(Op.SYNC, SYNC)] == [(Op.SYNC, 0, 0)] * 8


def is_deaf(stub) -> bool:
    return not any(stub.sends(slip_encode(stub.request(Op.SYNC, SYNC))) for _ in range(3))


def protect(stub, bits: int) -> None:
    stub.chip.flash.command(0x06, 0, b"", 0)
    stub.chip.flash.command(0x01, 0, bytes([bits]), 0)
