"""Whatever bytes come in, no loader falls over, each can be brought to answer, and flash is written as it was told."""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from functools import reduce
from operator import xor

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from test_slip import frames_of_the_new_stub, frames_of_the_old_stub, frames_of_the_rom

from sonoffkit.practice.chip import Running

BAUD = 115200
SECTOR, STEP, SIZE = 0x1000, 0x4000, 0x20000
DARK = 0x5A  # what the flash holds before
FLASH_BEGIN, FLASH_DATA, FLASH_END = 0x02, 0x03, 0x04
DEFL_BEGIN, DEFL_DATA, DEFL_END = 0x10, 0x11, 0x12
SYNC = b"\0\x08\x24\0\0\0\0\0\x07\x07\x12\x20" + b"\x55" * 32

# The loaders, by what the bench calls them.
ROM, OLDEST, OLD, NEW = LOADERS = (
    (Running.ROM, 2),
    (Running.STUB, 0),
    (Running.STUB, 1),
    (Running.STUB, 2),
)
every_loader = pytest.mark.parametrize("loader", LOADERS, ids=["rom", "stub-0", "stub-1", "stub-2"])


def start(bench, loader):
    running, generation = loader
    rig = bench(running, generation=generation, size=SIZE, fill=bytes([DARK]))
    rig.sends(encode(SYNC))
    return rig


def encode(payload: bytes) -> bytes:
    escapes = {0xC0: b"\xdb\xdc", 0xDB: b"\xdb\xdd"}
    return b"\xc0" + b"".join(escapes.get(byte, bytes([byte])) for byte in payload) + b"\xc0"


def request(op: int, data: bytes, check: int = 0) -> bytes:
    return struct.pack("<BBHI", 0, op, len(data), check) + data


def words(op: int, *numbers: int) -> bytes:
    return request(op, struct.pack(f"<{len(numbers)}I", *numbers))


def data_request(op: int, data: bytes, number: int) -> bytes:
    return request(op, struct.pack("<IIII", len(data), number, 0, 0) + data, reduce(xor, data, 0xEF))


def plain_write(data: bytes, offset: int = 0) -> list[bytes]:
    """The frames of a plain write, as esptool sends it."""
    blocks = [data[n : n + STEP] for n in range(0, len(data), STEP)]
    return [
        encode(words(FLASH_BEGIN, len(data), len(blocks), STEP, offset)),
        *(encode(data_request(FLASH_DATA, block, number)) for number, block in enumerate(blocks)),
        encode(words(FLASH_END, 1)),
    ]


def compressed_write(data: bytes, offset: int = 0) -> list[bytes]:
    packed = zlib.compress(data)
    blocks = [packed[n : n + STEP] for n in range(0, len(packed), STEP)]
    return [
        encode(words(DEFL_BEGIN, len(data), len(blocks), STEP, offset)),
        *(encode(data_request(DEFL_DATA, block, number)) for number, block in enumerate(blocks)),
        encode(words(DEFL_END, 1)),
    ]


def noisy(size: int, salt: bytes = b"") -> bytes:
    """Bytes that hardly compress, with marks and escapes among them."""
    rows = (hashlib.sha256(salt + bytes([n % 256, n // 256])).digest() for n in range(-(-size // 32)))
    return b"".join(rows)[:size]


def answers(rig) -> bool:
    """Whether it answers a SYNC: the body and one mark bring any decoder into phase, and end a read under way."""
    for _ in range(6):
        before = rig.chip.state.baud or BAUD
        heard = b"".join(sent.data for sent in rig.sends(SYNC + b"\xc0", before))
        if b"\xc0\x01\x08" in heard:
            return True
    return False


# Bytes that mean something: marks, escapes, headers whole and broken, with noise between.

SAFE_WORDS = st.sampled_from([0, 1, 4, 0x40, 0x100, SECTOR, 0x40001000, 0x3FFE8000]) | st.integers(0, 2 * SIZE)
OPS = st.sampled_from([2, 3, 4, 5, 6, 7, 8, 9, 0x0A, 0x0B, 0x0D, 0x10, 0x11, 0x12, 0x13, 0x14, 0xD0, 0xD1, 0xD2, 0xD3])
commands = st.builds(
    lambda op, numbers, rest, check: request(op, struct.pack(f"<{len(numbers)}I", *numbers) + rest, check),
    OPS | st.integers(0, 255).filter(lambda op: op != 0x0F),  # a change of speed is another test's
    st.lists(SAFE_WORDS, max_size=6),
    st.binary(max_size=40),
    st.sampled_from([0, 0xEF]) | st.integers(0, 255),
)
cut_commands = st.tuples(commands, st.integers(0, 60)).map(lambda pair: pair[0][: pair[1]])
raw = st.lists(st.sampled_from([0xC0, 0xC0, 0xDB, 0xDC, 0xDD, 0]) | st.integers(0, 255), max_size=60).map(bytes)
noise = st.lists(raw | commands.map(encode) | cut_commands.map(encode) | cut_commands, max_size=10).map(b"".join)
pieces = st.integers(1, 200)
begun = st.sampled_from([None, FLASH_BEGIN, DEFL_BEGIN])


def under_way(rig, begin: int | None) -> None:
    """Begin a write, and send its first block."""
    if begin is not None:
        data = b"under way".ljust(64, b".")
        block = data if begin == FLASH_BEGIN else zlib.compress(data)
        rig.sends(encode(words(begin, SECTOR, 1, STEP, 0)))
        rig.sends(encode(data_request(begin + 1, block, 0)))


def feed(rig, noise: bytes, piece: int) -> None:
    for n in range(0, len(noise), piece):
        rig.sends(noise[n : n + piece], rig.chip.state.baud or BAUD)


def erases_for_long(noise: bytes) -> bool:
    """Whether a write of more than the flash holds begins in these bytes: the ROM erases it all, round and round."""
    frames = frames_of_the_rom(encode(SYNC) + noise)
    begins = [frame for frame in frames if frame[:2] == bytes([0, FLASH_BEGIN]) and len(frame) >= 12]
    return any(int.from_bytes(frame[8:12], "little") > 4 * SIZE for frame in begins)


def is_hung(rig) -> bool:
    return rig.chip._busy_until == math.inf


def heard_ops(loader, noise: bytes) -> set[int]:
    """The commands in these bytes that the loader could carry out, by the plain decoders."""
    noise = encode(SYNC) + noise  # the frame with which each test starts: its end mark counts for the ROM
    if loader == ROM:
        return {frame[1] for frame in frames_of_the_rom(noise) if len(frame) >= 8 and frame[0] == 0}
    if loader == NEW:
        return {frame[1] for frame in frames_of_the_new_stub(noise) if len(frame) >= 8 and frame[0] == 0}
    buffers, ops = [bytearray(0x4040), bytearray(0x4040)], set()
    for frame in frames_of_the_old_stub(noise):
        buffers[0][: len(frame)] = frame
        ops.add(buffers[0][1])
        buffers.reverse()
    return ops


@every_loader
@settings(max_examples=200)
@given(noise, pieces, begun)
@example(encode(words(0xD2, 0, 0x100, 0x40, 64)) + encode(bytes(4)), 7, None)
@example(b"\xc0", 1, FLASH_BEGIN)
@example(b"\xc0" * 7 + b"\xdb", 1, DEFL_BEGIN)
@example(encode(words(8)), 100, None)
def test_after_any_bytes_it_can_be_brought_to_answer(bench, loader, noise, pieces, begin):
    assume(loader != ROM or not erases_for_long(noise))
    rig = start(bench, loader)
    under_way(rig, begin)
    feed(rig, noise, pieces)
    ran_on = rig.chip.state.running is not loader[0]
    if begin is None and (ran_on or is_hung(rig)):  # only what was told to can leave, or wait for ever
        leaves = {4, 6} if loader == ROM else {4, 6, 0x12, 0xD3}
        assert heard_ops(loader, noise) & (leaves if ran_on else {3, 0x11, 0xD2})
    if not ran_on and not is_hung(rig):
        # What the old stub had half of may become a command that leaves it, or waits for ever.
        assert answers(rig) or (loader in (OLDEST, OLD) and (rig.chip.state.running is not loader[0] or is_hung(rig)))


@every_loader
@settings(max_examples=200)
@given(noise, pieces)
def test_no_bytes_write_flash_unless_they_hold_a_command_that_does(bench, loader, noise, pieces):
    assume(loader != ROM or not erases_for_long(noise))
    rig = start(bench, loader)
    feed(rig, noise, pieces)
    writing = {2, 3} if loader == ROM else {2, 3, 0x10, 0x11, 0xD0, 0xD1}
    if not heard_ops(loader, noise) & (writing | {9}):  # 9: through the registers of the flash's controller
        assert rig.cells == bytes([DARK]) * SIZE


@every_loader
@given(st.lists(raw | cut_commands, max_size=10).map(b"".join).map(lambda data: data.replace(b"\xc0", b"")), begun)
def test_bytes_without_a_mark_do_nothing(bench, loader, noise, begin):
    rig = start(bench, loader)
    under_way(rig, begin)
    before = bytes(rig.cells)
    assert rig.sends(noise) == []
    assert rig.cells == before


# One mutation in a write. The host stops where an answer is missing or not good, as esptool does.

DATA = noisy(2 * STEP) + bytes(range(256)) * 40 + b"\xc0\xdb" * 500 + noisy(3000, b"end")
SESSIONS = {"plain": plain_write(DATA), "compressed": compressed_write(DATA)}


def session(loader, kind: str) -> list[bytes]:
    """For the ROM without its end, which would start the firmware."""
    return SESSIONS[kind][:-1] if loader == ROM else SESSIONS[kind]


mutations = st.tuples(
    st.sampled_from(["flip", "lose", "double"]), st.integers(0, 2**16), st.integers(0, 7), st.integers(1, 20)
)


def mutated(wire: bytes, how: str, at: int, bit: int) -> bytes:
    """One bit turned, or one byte lost or doubled, somewhere."""
    at %= len(wire)
    changed = {"flip": bytes([wire[at] ^ 1 << bit]), "lose": b"", "double": wire[at : at + 1] * 2}[how]
    return wire[:at] + changed + wire[at + 1 :]


def is_good(frame: bytes, heard: bytes) -> bool:
    op = frame[2]
    return heard == bytes([0xC0, 1, op, 2, 0, 0, 0, 0, 0, 0, 0, 0xC0])


def assert_never_wrong(cells: bytes, data: bytes, length: int) -> None:
    """Each step holds the data sent, or nothing but what was there before and erased sectors."""
    for n in range(0, SIZE, STEP):
        part, sent = bytes(cells[n : n + STEP]), data[n : n + STEP]
        sectors = [part[k : k + SECTOR] for k in range(0, STEP, SECTOR)]
        clean = all(sector in (bytes([DARK]) * SECTOR, b"\xff" * SECTOR) for sector in sectors)
        written = bool(sent) and part[: len(sent)] == sent and set(part[len(sent) :]) <= {0xFF, DARK}
        assert clean or written, n
        assert n < length or clean


def write_with_a_mutation(rig, frames: list[bytes], where: int, how: str, at: int, bit: int) -> bool:
    """Whether the host saw nothing wrong."""
    for number, frame in enumerate(frames):
        wire = mutated(frame, how, at, bit) if number == where else frame
        if not is_good(frame, b"".join(sent.data for sent in rig.sends(wire))):
            return False
    return True


@pytest.mark.parametrize(("loader", "kind"), [(ROM, "plain"), (NEW, "plain"), (NEW, "compressed")])
@settings(max_examples=150)
@given(mutations)
@example(("lose", 0, 0, 1))
@example(("lose", -1, 0, 1))
@example(("double", -1, 0, 2))
@example(("flip", 0, 0, 3))
@example(("flip", 2, 4, 1))
@example(("flip", 2, 0, 1))
def test_a_damaged_block_is_never_written_as_something_else(bench, loader, kind, mutation):
    how, at, bit, where = mutation
    frames = session(loader, kind)
    where = 1 + where % (len(frames) - 1)  # what the first frame says is not protected by any checksum
    # Nor is a block's number, and 0 makes the new stub begin the stream anew.
    assume(not (kind == "compressed" and how == "flip" and 13 <= at % len(frames[where]) <= 18))
    rig = start(bench, loader)
    whole = write_with_a_mutation(rig, frames, where, how, at, bit)
    # The ROM erases too much, but only erases.
    assert_never_wrong(rig.cells, DATA, len(DATA))
    if whole:
        assert rig.cells[: len(DATA)] == DATA


@pytest.mark.parametrize("kind", SESSIONS)
@given(st.integers(0, 60), st.sampled_from(["lose", "double"]))
def test_a_beginning_that_lost_a_byte_begins_nothing_in_the_new_stub(bench, kind, at, how):
    frames = SESSIONS[kind]
    rig = start(bench, NEW)
    wire = mutated(frames[0], how, at, 0)
    same = frames_of_the_new_stub(wire) == frames_of_the_new_stub(frames[0])
    good = is_good(frames[0], b"".join(sent.data for sent in rig.sends(wire)))
    assert good == same
    if not good:
        assert rig.cells == bytes([DARK]) * SIZE


@pytest.mark.parametrize(("loader", "kind"), [(ROM, "plain"), (NEW, "plain"), (NEW, "compressed"), (OLD, "compressed")])
def test_a_write_that_nothing_happened_to_is_whole(bench, loader, kind):
    rig = start(bench, loader)
    for frame in session(loader, kind):
        assert is_good(frame, b"".join(sent.data for sent in rig.sends(frame)))
    assert rig.cells[: len(DATA)] == DATA
    assert_never_wrong(rig.cells, DATA, len(DATA))


# The old stub takes what is missing of a frame from the last but one, so damage can write the wrong thing there. It
# must be the same wrong thing that the C would write: here it is again, as small as possible, for a plain write.


class PlainOldStub:
    """flasher_stub/stub_flasher.c and stub_write_flash.c, as far as a plain write goes; nothing is left to chance."""

    MAKES_NO_DIFFERENCE = frozenset({5, 7, 8, 9, 0x0A, 0x0B, 0x0D, 0x13})
    NOT_HERE = frozenset({6, 0x0F, 0x10, 0x11, 0x12, 0xD0, 0xD1, 0xD2, 0xD3})

    def __init__(self):
        self.cells = [DARK] * SIZE
        self.buffers = [[0] * 0x4040, [0] * 0x4040]
        self.turn = 0
        self.write = None
        self.strayed = False  # into what is not said here

    def frame(self, payload: bytes) -> None:
        buffer = self.buffers[self.turn]
        self.turn = 1 - self.turn
        buffer[: len(payload)] = payload
        op, length = buffer[1], buffer[2] | buffer[3] << 8
        data = bytes(buffer[8:])
        numbers = struct.unpack_from("<IIII", data)
        if length > 0x4010:
            return
        if op == FLASH_BEGIN:
            if length in (16, 20) and numbers[2] <= 0x4000:
                size, _blocks, _block_size, offset = numbers
                sectors = (offset % SECTOR + size + SECTOR - 1) // SECTOR
                self.write = {
                    "at": offset,
                    "left": size,
                    "sector": offset // SECTOR,
                    "sectors": sectors,
                    "failed": False,
                }
        elif op == FLASH_DATA:
            if self.write is not None and not self.write["failed"] and length >= 16 and numbers[0] == length - 16:
                block = data[16:length]
                if reduce(xor, block, 0xEF) == int.from_bytes(bytes(buffer[4:8]), "little"):
                    self.take(block)
        elif op == FLASH_END:
            self.strayed |= length < 4 or numbers[0] == 0
            if self.write is not None and not self.write["left"]:
                self.write = None
        elif op in self.NOT_HERE:
            self.strayed = True

    def take(self, block: bytes) -> None:
        write = self.write
        block = block[: write["left"]]
        if not block:
            return
        while write["sectors"] and write["sector"] <= (write["at"] + len(block)) // SECTOR:
            count = 16 if write["sectors"] >= 16 and write["sector"] % 16 == 0 else 1
            first = write["sector"] * SECTOR
            for n in range(first, first + count * SECTOR):
                self.cells[n % SIZE] = 0xFF
            write["sector"] += count
            write["sectors"] -= count
        if write["at"] + len(block) > 0x1000000:  # as far as it reaches until it is told of a size
            write["failed"] = True
        else:
            for n, byte in enumerate(block, write["at"]):
                self.cells[n % SIZE] &= byte
        write["at"] += len(block)
        write["left"] -= len(block)


SMALL = noisy(700, b"small")
SMALL_BLOCKS = [SMALL[n : n + 100] for n in range(0, 700, 100)]
SMALL_WRITE = [
    encode(words(FLASH_BEGIN, 700, 7, 100, 0x100)),
    *(encode(data_request(FLASH_DATA, block, number)) for number, block in enumerate(SMALL_BLOCKS)),
    encode(words(FLASH_END, 1)),
]
SMALL_WIRE = b"".join(SMALL_WRITE)


@pytest.mark.parametrize("generation", [0, 1])
@settings(max_examples=200)
@given(st.lists(mutations, min_size=1, max_size=3))
@example([("double", 18, 0, 1), ("double", 18, 0, 1)])  # the address in the beginning, beyond all flash
@example([("lose", len(b"".join(SMALL_WRITE[:3])), 0, 1)])  # the mark before the third block
@example([("double", len(b"".join(SMALL_WRITE[:3])), 0, 1)])
@example([("lose", len(b"".join(SMALL_WRITE[:4])) - 1, 0, 1)])  # the mark after it
def test_damage_to_a_write_of_the_old_stub_does_what_its_source_does(bench, generation, damage):
    wire = SMALL_WIRE
    for how, at, bit, _where in damage:
        wire = mutated(wire, how, at, bit)
    model, rig = PlainOldStub(), start(bench, (Running.STUB, generation))
    for frame in [SYNC, *frames_of_the_old_stub(wire)]:
        model.frame(frame)
    rig.sends(wire)
    if not model.strayed:
        assert rig.cells == bytes(model.cells)


def test_a_lost_mark_makes_the_old_stub_write_blocks_again(bench):
    rig = start(bench, OLD)
    first = len(b"".join(SMALL_WRITE[:3]))
    rig.sends(SMALL_WIRE[:first] + SMALL_WIRE[first + 1 :])
    written = bytes(rig.cells[0x100 : 0x100 + 700])
    # Two blocks came; from then on each frame is an empty one: the last but one command, again.
    assert written[:200] == SMALL[:200]
    assert written[200:] == (SMALL[:200] * 3)[:500]
