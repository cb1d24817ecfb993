"""The practice Sonoff: an ESP8266 with its flash, in Python, that esptool takes for a real one.

It works at the level of bytes, pins and flash cells. Nothing in RAM is executed:
a download is recognised as one of esptool's flasher stubs, whose behaviour is
then played, or it is a program that falls silent.

::

    host ── a door ── Line ──────────── Chip ─────────────────────────────────
            port        bytes in time,    power, EN, GPIO0 (the button)
            pty_door    latency, plug     │
            rfc2217_    tampering: lost,  ├─ running: nothing · firmware ─ boot
              door      turned, doubled,  │    or a loader, with its own SLIP decoder:
            console     late bytes        │      rom · stub · legacy_stub
            (the hand)  uart: framing at  │      flash_write: erase ahead, inflate
                        two speeds        └─ Machine: RAM, registers, eFuses
                                               └─ SpiController ─ FlashChip ─ NorFlash
    device: a folder with flash.bin                 spi            jedec       flash
    and state.json, one open port
    bench: wires, plug and button, dangers (what it refuses), hidden (a teacher's faults)

==================  ==========================================================================
what is modelled    after which source
==================  ==========================================================================
commands, errors    esptool's documentation ("Serial Protocol"); ROM: traces in esptool issues
stub, new           esp-flasher-stub, ``src/command_handler.c`` and ``slip.c``; what esptool
                    5.4 to 5.6 ship was disassembled where the sources leave doubt
stub, old           esptool 4, ``flasher_stub/*.c``, its slips included; before 3.1 it has no SYNC
ROM erase size      esptool, ``get_erase_size`` and what it works around
boot log            the ROM's disassembly, and public logs of the same images
registers, eFuses   esptool, ``targets/esp8266.py``
flash commands      data sheets of W25Q80 and W25Q32; SFDP: QEMU's W25Q80BL
NOR cells, times    the same; read and MD5 are fitted to timed reads in public logs
automatic reset     NodeMCU's two transistors; EN rises in 5 ms (esptool issue 383)
sending             128 bytes of buffer; whoever has more to send waits (ROM, ``uart_tx_one_char``)
framing             8N1, sampled in the middle of each bit; a bad stop bit loses nothing (Linux n_tty)
adapter             latency timer of an FT232 (16 ms); counterfeit: it runs no faster than it can
==================  ==========================================================================

Inferred, because nobody published it: what the ROM answers to an unknown
command, how it gets back in step after a lost mark, and that it takes a write
protection away before it writes.

Not modelled: execution of code (so no firmware runs beyond its first words, and
esptool's ``load-ram`` loads what then is silent), the mask ROM's bytes, Wi-Fi,
GPIOs but GPIO0, sleep, the watchdog (but restarts by it, a fault), analogue effects (but a sag, by its
result), an erase or a block of data that the power cuts off half-way (it is in
the cells as soon as it was sent, and only its time passes), the UART's receive
buffer running over (a real stub keeps two frames and 128 bytes; here any number
wait), and an adapter's own quirks but those in ``faults``.
"""

from __future__ import annotations

from .bench import Answer, Bench, bench_of, hide
from .dangers import Refused
from .device import LESSON, DeviceInUse, PracticeDevice, known_devices, practice_device, practice_folder
from .faults import Faults
from .hidden import HIDDEN_FAULTS, code_words
from .images import lesson_images
from .models import MODELS, STARTERS, Model
from .port import SCHEME, device_at, register
from .samples import sample_dumps

__all__ = [
    "HIDDEN_FAULTS",
    "LESSON",
    "MODELS",
    "SCHEME",
    "STARTERS",
    "Answer",
    "Bench",
    "DeviceInUse",
    "Faults",
    "Model",
    "PracticeDevice",
    "Refused",
    "bench_of",
    "code_words",
    "device_at",
    "hide",
    "known_devices",
    "lesson_images",
    "practice_device",
    "practice_folder",
    "register",
    "sample_dumps",
]
