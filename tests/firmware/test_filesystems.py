"""File systems in dumps, packed here by the rules of their specifications."""

from __future__ import annotations

import struct
import zlib
from functools import partial

import pytest
from counted_calls import counted
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.firmware.records import RegionKind
from sonoffkit.firmware.records.filesystems import find_filesystems, spiffs_pages

BLANK = b"\xff"


def littlefs_block(*commits, revision=1, size=4096):
    """A metadata block: commits of tags (type, id, data), each closed by its checksum."""
    block, before = struct.pack("<I", revision), 0xFFFFFFFF
    begin = 0
    for commit in commits:
        for kind, number, content in commit:
            tag = kind << 20 | number << 10 | len(content)
            block += struct.pack(">I", tag ^ before) + content
            before = tag
        tag = 0x500 << 20 | 0x3FF << 10 | 4
        block += struct.pack(">I", tag ^ before)
        block += struct.pack("<I", zlib.crc32(block[begin:]) ^ 0xFFFFFFFF)
        before, begin = tag, len(block)
    return block.ljust(size, BLANK)


def superblock(block=4096, count=16, version=0x20000):
    configuration = struct.pack("<6I", version, block, count, 255, 0x7FFFFFFF, 1022)
    return [(0x0FF, 0, b"littlefs"), (0x201, 0, configuration)]


def littlefs(*names, block=4096, count=16, version=0x20000):
    tags = superblock(block, count, version)
    tags += [(0x001, n, name) for n, name in enumerate(names, 1)]
    one = littlefs_block(tags, size=block)
    return (one + one).ljust(block * count, BLANK)


def spiffs_page(number, span, flags, content):
    return (struct.pack("<HHB", number, span, flags) + content).ljust(256, BLANK)


def spiffs(files, *, block=4096, count=16, counted=True, deleted=()):
    """Files and deleted older contents as pages, in blocks whose first page is object ids and magic."""
    pages = []
    for number, (name, content) in enumerate(files.items(), 1):
        head = BLANK * 3 + struct.pack("<IB", len(content), 1) + name.encode().ljust(32, b"\0")
        pages.append((number | 0x8000, spiffs_page(number | 0x8000, 0, 0xF8, head)))
        for span in range(-(-len(content) // 251)):
            part = content[span * 251 : (span + 1) * 251]
            pages.append((number, spiffs_page(number, span, 0xFC, part)))
    pages += [(0, spiffs_page(number, span, 0x7C, content)) for number, span, content in deleted]
    blocks = []
    per_block = block // 256 - 1
    for n in range(count):
        mine = pages[n * per_block : (n + 1) * per_block]
        lookup = b"".join(struct.pack("<H", number) for number, _ in mine).ljust(252, BLANK)
        magic = 0x0529 ^ 256 ^ (count - n if counted else 0)
        body = lookup + struct.pack("<HH", magic, 1) + b"".join(page for _, page in mine)
        blocks.append(body.ljust(block, BLANK))
    return b"".join(blocks)


def fat(count=100, sector=4096, small=True):
    boot = bytearray(sector)
    boot[:11] = b"\xeb\xfe\x90MSDOS5.0"
    struct.pack_into("<HBHB", boot, 11, sector, 1, 1, 1)
    struct.pack_into("<H", boot, 19, count if small else 0)
    struct.pack_into("<I", boot, 32, 0 if small else count)
    boot[510:512] = b"\x55\xaa"
    return bytes(boot).ljust(sector * count, BLANK)


@pytest.mark.parametrize(("block", "count"), [(4096, 16), (4096, 99), (8192, 8)])
def test_littlefs_is_found_with_its_exact_extent_and_its_names(block, count):
    data = BLANK * 8192 + littlefs(b"boot.py", b"main.py", block=block, count=count) + BLANK * 4096
    (record,) = find_filesystems(data)
    assert (record.name, record.kind) == ("littlefs file system", RegionKind.FILES)
    assert (record.at, record.size) == (8192, block * count)
    assert record.facts == {"version": "2.0", "block size": str(block), "blocks": str(count), "names seen": "2"}


def test_names_in_a_later_commit_and_in_another_block_are_seen_once():
    one = littlefs_block(superblock(), [(0x001, 1, b"a.txt")], [(0x001, 2, b"b.txt")])
    other = littlefs_block([(0x001, 0, b"b.txt"), (0x002, 1, b"folder")])
    data = (one + one + other).ljust(16 * 4096, BLANK)
    assert find_filesystems(data)[0].facts["names seen"] == "3"


def test_names_in_a_commit_whose_checksum_does_not_hold_are_not_seen():
    data = bytearray(littlefs(b"boot.py"))
    for at in (0, 4096):
        data[at + data[at:].index(b"boot.py")] ^= 1
    (record,) = find_filesystems(bytes(data))
    assert record.facts["names seen"] == "0"


@pytest.mark.parametrize(
    "change", [{"count": 0}, {"count": 0xFFFFFFFF}, {"block": 0}, {"block": 100}, {"version": 0x10000}]
)
def test_a_superblock_that_cannot_be_is_no_file_system(change):
    one = littlefs_block(superblock(**change))
    assert find_filesystems((one + one).ljust(0x10000, BLANK)) == ()


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize(("block", "count"), [(4096, 16), (8192, 20), (4096, 3), (4096, 4096), (8192, 2048)])
def test_spiffs_is_found_with_its_exact_extent_and_its_names(block, count, counted):
    image = spiffs({"/config.dat": b"x" * 700, "/rules1.txt": b"y"}, block=block, count=count, counted=counted)
    data = b"\x12" * 4096 + image + b"\x34" * 8192
    (record,) = find_filesystems(data)
    assert (record.name, record.at, record.size) == ("SPIFFS file system", 4096, block * count)
    assert record.facts == {"block size": str(block), "blocks": str(count), "names seen": "2"}


def test_a_spiffs_with_an_erased_block_keeps_its_extent():
    data = bytearray(spiffs({"/a": b""}))
    data[2 * 4096 : 3 * 4096] = BLANK * 4096
    (record,) = find_filesystems(bytes(data))
    assert record.size == len(data)


def test_pages_of_a_file_are_found_in_place_and_older_copies_are_told():
    content = bytes(range(1, 251)) * 3
    data = BLANK * 4096 + spiffs({"/one": content, "/two": b"zwei"}, deleted=[(1, 0, b"alt")])
    pages = list(spiffs_pages(data, 4096, len(data)))
    new = [page for page in pages if page.name == "/one" and not page.deleted]
    assert b"".join(data[page.at : page.at + page.size] for page in new)[: len(content)] == content
    assert [page.offset for page in new] == [0, 251, 502]
    (old,) = [page for page in pages if page.deleted]
    assert (old.name, old.offset, data[old.at : old.at + 3]) == ("/one", 0, b"alt")


@pytest.mark.parametrize("small", [True, False])
def test_fat_is_found_with_its_exact_extent(small):
    data = BLANK * 4096 + fat(small=small) + BLANK * 4096
    (record,) = find_filesystems(data)
    assert (record.name, record.at, record.size) == ("FAT file system", 4096, 100 * 4096)


@pytest.mark.parametrize("make", [littlefs, lambda: spiffs({"/a": b"b"}), fat])
def test_a_file_system_that_is_cut_off_ends_with_the_file_and_says_so(make):
    data = make()[: 5 * 4096 + 77]
    (record,) = find_filesystems(data)
    assert record.end == len(data)
    assert "only 20557 of its" in record.note


def test_several_file_systems_are_given_in_their_order():
    data = spiffs({"/a": b"b"}) + fat() + littlefs(b"c")
    assert [record.name.split()[0] for record in find_filesystems(data)] == ["SPIFFS", "FAT", "littlefs"]


@pytest.mark.parametrize("byte", [0, 0xFF, 0xE9])
def test_a_dump_of_one_byte_value_has_no_file_system_and_takes_little_work(byte):
    sectors = 4096
    work, found = counted(partial(find_filesystems, bytes([byte]) * (sectors * 0x1000)))
    assert found == ()
    assert work < 100 * sectors


@given(st.binary(max_size=3 * 4096))
def test_any_bytes_have_file_systems_inside_or_none(data):
    assert all(record.end <= len(data) for record in find_filesystems(data))


@given(st.integers(0, 2), st.binary(min_size=1, max_size=600), st.integers(0, 16 * 4096 - 1), st.integers(0, 70000))
def test_a_damaged_or_shortened_file_system_is_none_or_inside(which, noise, at, length):
    data = bytearray((littlefs(b"boot.py"), spiffs({"/a": b"b" * 900}), fat())[which])
    data[at : at + len(noise)] = noise
    short = bytes(data[:length])
    for record in find_filesystems(short):
        assert record.end <= len(short)
        list(spiffs_pages(short, record.at, record.end))
