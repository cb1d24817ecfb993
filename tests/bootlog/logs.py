"""Boot logs as people posted them, in both wordings."""

from __future__ import annotations

# The public log of an eWeLink Basic with boot 1.6.
STOCK = (
    b"\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\n\r\n"
    b"load 0x40100000, len 2408, room 16 \r\ntail 8\r\nchksum 0xe5\r\n"
    b"load 0x3ffe8000, len 776, room 0 \r\ntail 8\r\nchksum 0x84\r\n"
    b"load 0x3ffe8310, len 632, room 0 \r\ntail 8\r\nchksum 0xd8\r\n"
    b"csum 0xd8\r\n\r\n"
    b"2nd boot version : 1.6\r\n  SPI Speed      : 40MHz\r\n  SPI Mode       : DOUT\r\n"
    b"  SPI Flash Size & Map: 8Mbit(512KB+512KB)\r\njump to run user1 @ 1000\r\n\r\n"
)
# With a header that runs over a block of the ROM's: its tail is no segment's.
RUNS_OVER = (
    b"\r\n ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n\r\n"
    b"load 0x40100000, len 25700, room 16 \r\ntail 4\r\nchksum 0x11\r\n"
    b"load 0x3ffe8000, len 848, room 4 \r\ntail 12\r\nchksum 0x22\r\nho 0 tail 12 room 4\r\n"
    b"load 0x3ffe8350, len 184, room 12 \r\ntail 12\r\nchksum 0x33\r\ncsum 0x33\r\n"
)
EBOOT = (
    b"\r\n ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n\r\n"
    b"load 0x4010f000, len 1384, room 16 \r\ntail 8\r\nchksum 0x2d\r\ncsum 0x2d\r\nv4ceabea9\r\n~ld\r\n"
)
DOWNLOAD = b"\r\n ets Jan  8 2013,rst cause:1, boot mode:(1,6)\r\n\r\n"
AS_DOCUMENTED = b"ets Jan  8 2014,rst cause 1, boot mode:(1,7)\n\nwaiting for host\n"
SHORT_WORDING = b" ets Jan  8 2013,rst cause 2, boot mode 3\r\n"
ERASED = b"\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,7)\r\n\r\nets_main.c \r\n"
ALL_FF = (
    b"\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,7)\r\n\r\n"
    b"load 0xffffffff, len -1, room 16 \r\ntail 15\r\nchksum 0xef\r\ncsum 0xef\r\ncsum err\r\nets_main.c \r\n"
)
WATCHDOG = b"\r\n ets Jan  8 2013,rst cause:4, boot mode:(3,6)\r\n\r\nwdt reset\r\n"
CSUM_ERR = b"load 0x40100000, len 2408, room 16 \r\ntail 8\r\nchksum 0xe5\r\ncsum 0xe5\r\ncsum err\r\nets_main.c \r\n"
READ_ERR = b"load 0x40100000, len 9999999, room 16 \r\nflash read err, ets_unpack_flash_code\r\nets_main.c \r\n"
EXCEPTION = b"Fatal exception (28):\r\nepc1=0x4025bdc2, epc2=0x00000000, epc3=0x00000000\r\n"
ARDUINO_EXCEPTION = (
    b"\r\nException (28):\r\nepc1=0x402103f4\r\n\r\n>>>stack>>>\r\n3ffffe10:  3ffe8730 \r\n<<<stack<<<\r\n"
)
SOFT_WATCHDOG = b"\r\n Soft WDT reset\r\n\r\n>>>stack>>>\r\n<<<stack<<<\r\n"
NO_CALIBRATION = b"rf_cal[0] !=0x05,is 0xFF\r\n"
NO_PROGRAM = (
    b"\r\n2nd boot version : 1.7(5d6f877)\r\n  SPI Speed      : 40MHz\r\n"
    b"jump to run user1 @ 1000\r\n\r\nerror magic!\r\n"
    b"first boot failed, reboot to try backup bin\r\n\r\n"
)


def starts(cause: int, mode: int = 3) -> bytes:
    """The ROM's first line."""
    return b"\r\n ets Jan  8 2013,rst cause:%d, boot mode:(%d,6)\r\n\r\n" % (cause, mode)
