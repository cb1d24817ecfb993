"""Texts that people posted, and the entry that each of them must be told by: first, where the text alone decides it."""

from __future__ import annotations

COM5 = "could not open port 'COM5': "
RECIPE = (
    ("wrong-port", COM5 + "WindowsError(2, 'The system cannot find the file specified.')"),
    (
        "no-answer",
        "A fatal error occurred: Failed to connect to Espressif device: Timed out waiting for packet header",
    ),
)

# By the groups of what goes wrong when people back up and flash a Sonoff: 7 (5 V) has no text, nor has 20 (secrets).
GROUPS = {
    "1 not in download mode": (
        ("no-answer", "A fatal error occurred: Failed to connect to ESP8266: Timed out waiting for packet header"),
        ("no-answer", "A fatal error occurred: Failed to connect to ESP8266: No serial data received."),
        (
            "no-answer",
            "A fatal error occurred: Failed to connect to Espressif device: No serial data received.\n"
            "For troubleshooting steps visit: "
            "https://docs.espressif.com/projects/esptool/en/latest/troubleshooting.html",
        ),
        ("no-answer", "esptool.FatalError: Failed to connect to ESP8266: Timed out waiting for packet header"),
        ("no-answer", "warning: espcomm_sync failed\nerror: espcomm_open failed\nerror: espcomm_upload_mem failed"),
    ),
    "2 the second command": (
        (
            "power-cycle-needed",
            "Leaving...\nHard resetting via RTS pin...\n\n$ esptool.py --port COM5 write_flash 0 image.bin\n"
            "esptool.py v2.8\nSerial port COM5\nConnecting........_____....._____\n\n"
            "A fatal error occurred: Failed to connect to Espressif device: Timed out waiting for packet header",
        ),
        (
            "power-cycle-needed",
            "Hard resetting via RTS pin...\n$ esptool --port /dev/ttyUSB0 erase-flash\nesptool v5.1.0\n"
            "Connecting......................................\n"
            "A fatal error occurred: Failed to connect to Espressif device: No serial data received.",
        ),
    ),
    "3 a part of the flash": (
        (
            "partial-backup",
            "Manufacturer: ef\nDevice: 4016\nDetected flash size: 4MB\nHard resetting via RTS pin...\n"
            "C:\\> esptool.py --port COM5 read_flash 0x00000 0x100000 backup.bin\nesptool.py v2.8\n"
            "Read 1048576 bytes at 0x0 in 94.0 seconds (89.2 kbit/s)...",
        ),
    ),
    "4 a read that stops": (
        (
            "transfer-broken",
            "A fatal error occurred: Corrupt data, expected 0x1000 bytes but received 0xfff bytes.",
        ),
        ("transfer-broken", "A fatal error occurred: Corrupt data, expected 0x1000 bytes but received 0xfe0 bytes"),
        (
            "transfer-broken",
            "A fatal error occurred: Serial data stream stopped: Possible serial noise or corruption.",
        ),
        ("transfer-broken", "A fatal error occurred: Packet content transfer stopped (received 812 bytes)"),
        ("transfer-broken", "A fatal error occurred: The chip stopped responding."),
        ("transfer-broken", "A fatal error occurred: Invalid SLIP escape (0xdb, 0xD6)"),
        ("transfer-broken", "A fatal error occurred: Read more than expected."),
        ("transfer-broken", "A fatal error occurred: Expected digest, got: 9a3c"),
        ("transfer-broken", "A fatal error occurred: Response doesn't match request."),
        (
            "transfer-broken",
            "A fatal error occurred: No more data to read from the serial port. This can have many causes, "
            "for troubleshooting steps visit:",
        ),
    ),
    "5 digest mismatch": (
        (
            "digest-mismatch",
            "A fatal error occurred: Digest mismatch: expected D02D6AD59491B97F2CE5D3B4968EA95D, "
            "got 21B508538B2C5F74073263BCFB38EA0C",
        ),
    ),
    "6 weak 3.3 V": (
        (
            "weak-power",
            "esptool.py v2.8\nStub running...\nCompressed 57000 bytes to 46758...\n"
            "A fatal error occurred: Invalid head of packet (0x72)",
        ),
    ),
    "8 TX and RX swapped": (("no-answer", "esptool.py v2.8\nSerial port COM5\nConnecting......"),),
    "9 port busy": (
        ("port-busy", COM5 + "PermissionError(13, 'Access is denied.', None, 5)"),
        (
            "port-busy",
            "[Errno 11] Could not exclusively lock port /dev/ttyUSB0: [Errno 11] Resource temporarily unavailable",
        ),
        (
            "port-busy",
            "[Errno 35] Could not exclusively lock port /dev/cu.usbserial-1420: "
            "[Errno 35] Resource temporarily unavailable",
        ),
        (
            "port-busy",
            "[Errno 16] could not open port /dev/ttyUSB0: [Errno 16] Device or resource busy: '/dev/ttyUSB0'",
        ),
        ("port-busy", "OSError: [Errno 16] Resource busy: '/dev/cu.usbserial-1420'"),
        (
            "port-busy",
            "A fatal error occurred: Could not open COM5, the port is busy or doesn't exist.\n"
            "(could not open port 'COM5': PermissionError(13, 'Access is denied.', None, 5))\n\n"
            "Hint: Check if the port is not used by another task\n",
        ),
        (
            "port-lost",
            "A serial exception error occurred: device reports readiness to read but returned no data "
            "(device disconnected or multiple access on port?)",
        ),
    ),
    "10 permission": (
        (
            "port-denied",
            "[Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0'",
        ),
        ("port-denied", "could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0'"),
        (
            "port-denied",
            "A fatal error occurred: Could not open /dev/ttyUSB0, the port is busy or doesn't exist.\n"
            "([Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0')\n\n"
            "Hint: Try to add user into dialout or uucp group.",
        ),
        ("tools-missing", "ImportError: No module named serial"),
        ("tools-missing", "ModuleNotFoundError: No module named 'serial'"),
    ),
    "11 wrong port": (
        ("wrong-port", COM5 + "FileNotFoundError(2, 'The system cannot find the file specified.', None, 2)"),
        (
            "wrong-port",
            "[Errno 2] could not open port /dev/ttyUSB0: [Errno 2] No such file or directory: '/dev/ttyUSB0'",
        ),
        ("wrong-port", "could not open port /dev/ttyUSB0: [Errno 2] No such file or directory: '/dev/ttyUSB0'"),
        (
            "no-device-on-any-port",
            "A fatal error occurred: Could not connect to an Espressif device on any of the 3 available serial ports.",
        ),
    ),
    "12 driver": (
        (
            "adapter-driver",
            "Cannot configure port, something went wrong. Original message: "
            "PermissionError(13, 'A device attached to the system is not functioning.', None, 31)",
        ),
        ("adapter-driver", COM5 + "OSError(22, 'The semaphore timeout period has expired.', None, 121)"),
        ("brltty", "usb 1-2: usbfs: interface 0 claimed by ch341 while 'brltty' sets config #1"),
    ),
    "13 stub": (
        ("stub-failed", "A fatal error occurred: Failed to write to target RAM (result was 0107: Operation timed out)"),
        ("stub-failed", "A fatal error occurred: Failed to write to target RAM (result was 0107: Checksum error)"),
        ("stub-failed", "A fatal error occurred: Failed to write to target RAM (result was 0107)"),
        ("stub-failed", "A fatal error occurred: Failed to start stub flasher. There was no response."),
        ("stub-failed", "A fatal error occurred: Failed to start stub. Unexpected response: b'\\x00'"),
    ),
    "14 erase": (
        ("flash-not-ready", "A fatal error occurred: Timed out waiting for packet content"),
        (
            "flash-not-ready",
            "Erasing flash (this may take a while)...\nA fatal error occurred: Timed out waiting for packet header",
        ),
    ),
    "15 MD5": (
        ("verify-failed", "A fatal error occurred: MD5 of file does not match data in flash!"),
        ("verify-failed", "A fatal error occurred: Write failed, the written flash region is empty."),
        ("verify-failed", "-- verify FAILED (digest mismatch)\n\nA fatal error occurred: Verify failed."),
    ),
    "16 flash id": (
        ("flash-id-wrong", "Manufacturer: 00\nDevice: 0000\nDetected flash size: Unknown"),
        ("flash-id-wrong", "Manufacturer: ff\nDevice: ffff\nDetected flash size: Unknown"),
        (
            "flash-id-wrong",
            "WARNING: Could not auto-detect Flash size (FlashID=0xffffff, SizeID=0xff), defaulting to 4MB",
        ),
        ("flash-id-wrong", "WARNING: Could not auto-detect flash size, defaulting to 4MB."),
        (
            "flash-id-wrong",
            "WARNING: Failed to communicate with the flash chip, read/write operations will fail. "
            "Try checking the chip connections or removing any other hardware connected to IOs.",
        ),
    ),
    "17 flash mode": (
        ("boot-loop", " ets Jan  8 2013,rst cause:4, boot mode:(3,6)\n\nwdt reset\nload 0x40100000, len 2408, room 16"),
        (
            "boot-loop",
            " ets Jan  8 2013,rst cause:2, boot mode:(3,7)\n\nload 0x40100000, len 816, room 16\ntail 0\n"
            "chksum 0x8d\n ets Jan  8 2013,rst cause:2, boot mode:(3,7)\n",
        ),
        ("boot-loop", " ets Jan  8 2013,rst cause:1, boot mode:(3,6)\ncsum 0x2d\ncsum err\nets_main.c"),
    ),
    "18 another speed": (
        (
            "garbled-answer",
            "A fatal error occurred: Invalid head of packet (0x08): Possible serial noise or corruption.",
        ),
        (
            "garbled-answer",
            "A fatal error occurred: Failed to connect to ESP8266: Invalid head of packet (0xE0): "
            "Possible serial noise or corruption.",
        ),
        ("garbled-answer", "A fatal error occurred: Failed to connect to ESP8266: Invalid head of packet (0x00)"),
    ),
    "19 restore": (("radio-calibration-lost", "rf_cal[0] !=0x05,is 0xFF"),),
    "20 the wrong family": (
        ("wrong-chip", "A fatal error occurred: This chip is ESP32, not ESP8266. Wrong chip argument?"),
        ("wrong-chip", "A fatal error occurred: This chip is ESP32 not ESP8266. Wrong --chip argument?"),
        ("wrong-chip-argument", "A fatal error occurred: This chip is ESP8266, not ESP32. Wrong chip argument?"),
        ("ota-too-big", "Upload failed\nNot enough space"),
        (
            "no-answer",
            "Failed to initialize. Try resetting your device or holding the BOOT button while clicking INSTALL.",
        ),
    ),
    "further texts": (
        (
            "harmless-note",
            "NOTE: Chip was NOT reset. Setting RTS/DTR lines is not supported for port '/dev/ttyUSB0'.",
        ),
        ("harmless-note", "NOTE: Failed to get VID/PID of a device on /dev/ttyUSB0, using standard reset sequence."),
        (
            "image-too-big",
            "A fatal error occurred: File 'x' (length 2137360) at offset 0x00000000 will not fit in 1048576 bytes "
            "of flash. Change the flash_size argument or flashing address.",
        ),
        (
            "out-of-range",
            "A fatal error occurred: Can't access flash regions larger than detected flash size "
            "(set size 0x1000 from address 0x00100000 goes past 1MB by 0x1000 bytes).",
        ),
        ("out-of-range", "Specified size 0x400000 is greater than detected flash size 0x100000."),
        (
            "wrong-chip",
            "A fatal error occurred: Unexpected chip magic value 0x12345678. Failed to autodetect chip type.",
        ),
        (
            "baud-refused",
            "A fatal error occurred: Failed to set baud rate 921600. The driver may not support this rate.",
        ),
        ("write-timeout", "serial.serialutil.SerialTimeoutException: Write timeout"),
        ("write-timeout", "Write timeout"),
        ("needs-stub", "A fatal error occurred: ESP8266 ROM does not support function read_flash_slow."),
        ("verify-failed", "A fatal error occurred: Verification failed."),
        ("verify-failed", "Verification failed."),
        ("cancelled", "KeyboardInterrupt: Run cancelled by user."),
    ),
    "beyond": (
        (
            "wrong-boot-mode",
            "A fatal error occurred: Failed to connect to ESP8266: Wrong boot mode detected (0x13)! "
            "The chip needs to be in download mode.",
        ),
        (
            "tx-wire",
            "A fatal error occurred: Failed to connect to ESP8266: Download mode successfully detected, "
            "but getting no sync reply: The serial TX path seems to be down.",
        ),
        (
            "speed-too-high",
            "Changing baud rate to 921600\nChanged.\nA fatal error occurred: Timed out waiting for packet header",
        ),
        (
            "write-broken",
            "A fatal error occurred: Failed to write compressed data to flash after seq 0 "
            "(result was C100: Bad data checksum)",
        ),
        ("no-serial-port", "SerialException: Could not configure port: (25, 'Inappropriate ioctl for device')"),
        ("file-missing", "FileNotFoundError: [Errno 2] No such file or directory: 'backup.bin'"),
        ("cannot-save", "OSError: [Errno 28] No space left on device: 'backup.bin'"),
        ("cannot-save", "PermissionError: [Errno 13] Permission denied: 'backup.bin'"),
        ("port-lost", "A serial exception error occurred: write failed: [Errno 5] Input/output error"),
        (
            "port-lost",
            "serial.serialutil.SerialException: ClearCommError failed "
            "(PermissionError(13, 'Access is denied.', None, 5))",
        ),
        ("image-invalid", "A fatal error occurred: Invalid firmware image magic=0x1f"),
    ),
}
TEXTS = [*RECIPE, *(row for rows in GROUPS.values() for row in rows)]

# Windows speaks the person's language; the numbers stay. Some came through another code page, or from Python 2.
LOCALISED = [
    (name, f"{COM5}{kind}({number}, {message!r}{tail}")
    for name, kind, number, tail, messages in (
        (
            "wrong-port",
            "FileNotFoundError",
            2,
            ", None, 2)",
            (
                "Das System kann die angegebene Datei nicht finden.",
                "Le fichier spécifié est introuvable.",
                "El sistema no puede encontrar el archivo especificado.",
                "系统找不到指定的文件。",
                "Не удается найти указанный файл.",
                "指定されたファイルが見つかりません。",
                "Impossibile trovare il file specificato.",
                "O sistema não pode encontrar o arquivo especificado.",
                "ϵͳÕÒ²»µ½Ö¸¶¨µÄÎļþ¡£",
            ),
        ),
        (
            "port-busy",
            "PermissionError",
            13,
            ", None, 5)",
            (
                "Zugriff verweigert",
                "Accès refusé.",
                "L'accès au port est refusé.",
                "Acceso denegado.",
                "拒绝访问。",
                "Отказано в доступе.",
                "アクセスが拒否されました。",
                "Accesso negato.",
                "Odmowa dostępu.",
                "\\xbe\\xdc\\xbe\\xf8\\xb7\\xc3\\xce\\xca\\xa1\\xa3",
            ),
        ),
        (
            "wrong-port",
            "WindowsError",
            2,
            ")",
            ("Das System kann die angegebene Datei nicht finden.", "Le fichier spécifié est introuvable."),
        ),
        ("port-busy", "WindowsError", 5, ")", ("Zugriff verweigert", "Acceso denegado.")),
        (
            "adapter-driver",
            "PermissionError",
            13,
            ", None, 31)",
            ("Ein an das System angeschlossenes Gerät funktioniert nicht.", "连到系统上的设备没有发挥作用。"),
        ),
        (
            "adapter-driver",
            "OSError",
            22,
            ", None, 121)",
            ("Das Zeitlimit für die Semaphore wurde erreicht.", "信号灯超时时间已到"),
        ),
    )
    for message in messages
]
