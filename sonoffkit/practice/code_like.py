"""Bytes that look like a program without being one: instruction-like, with text in between."""

from __future__ import annotations

import random

__all__ = ["code_like", "text_block"]

# Xtensa instructions are 2 or 3 bytes long; few opcodes make up most of a
# program. Drawing from a skewed table of whole instructions gives the entropy
# that real ESP8266 code has: about 6.5 bits in a byte over 1 KiB.
VOCABULARY = 3000
SKEW = 0.75

WORDS = [
    "wifi",
    "station",
    "connect",
    "timeout",
    "relay",
    "state",
    "switch",
    "error",
    "heap",
    "task",
    "start",
    "stop",
    "update",
    "config",
    "flash",
    "read",
    "write",
    "sector",
    "timer",
    "socket",
    "http",
    "json",
    "token",
    "server",
    "device",
    "online",
    "offline",
    "button",
    "press",
    "long",
    "short",
    "led",
    "blink",
    "sync",
    "clock",
    "retry",
    "failed",
    "success",
    "invalid",
]


def code_like(size: int, seed: str) -> bytes:
    """``size`` bytes of stand-in machine code, the same for the same seed."""
    rng = random.Random(seed)
    favourite = rng.choices(range(256), weights=[1 / (n + 2.6) for n in range(256)], k=VOCABULARY * 3)
    rng.shuffle(order := list(range(256)))
    instructions = [
        bytes(order[b] for b in favourite[3 * n : 3 * n + (2 if rng.random() < 0.35 else 3)]) for n in range(VOCABULARY)
    ]
    weights = [(n + 1) ** -SKEW for n in range(VOCABULARY)]
    body = b"".join(rng.choices(instructions, weights=weights, k=size // 2 + 1))
    return body[:size]


def text_block(size: int, seed: str) -> bytes:
    """``size`` bytes of NUL-ended messages, as a program's read-only data holds them."""
    rng = random.Random(seed)
    out = bytearray()
    while len(out) < size:
        out += " ".join(rng.choices(WORDS, k=rng.randint(2, 5))).encode() + b"\n\0"
    return bytes(out[:size])
