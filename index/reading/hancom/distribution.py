"""Distribution documents of HWP 5 ("배포용 문서"): their text is AES-128-ECB under a key that lies in the file.

They forbid editing and copying, not reading: every viewer opens them without a password.
"""

import struct
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

KEY_RECORD = 256
_BLOCK = 16
_ROUNDS = 10
_AT_ONCE = 1 << 20


def distribution_key(record: bytes) -> bytes:
    """Return the AES key in the 256 bytes of a DISTRIBUTE_DOC_DATA record: masked by Visual C's ``rand()``, which they seed."""
    (seed,) = struct.unpack_from("<I", record)
    start = 4 + (seed & 0xF)
    unmasked, mask, left = bytearray(record), 0, 0
    for position in range(KEY_RECORD):
        if not left:
            seed, mask = _rand(seed)
            seed, left = _rand(seed)
            mask, left = mask & 0xFF, (left & 0xF) + 1
        if position >= 4:
            unmasked[position] ^= mask
        left -= 1
    return bytes(unmasked[start : start + _BLOCK])


def _rand(seed: int) -> tuple[int, int]:
    seed = (seed * 214013 + 2531011) & 0xFFFFFFFF
    return seed, (seed >> 16) & 0x7FFF


def decrypt_ecb(data: bytes, key: bytes) -> bytes:
    """Decrypt AES-128 (FIPS 197) in electronic code book mode, without padding.

    What is no whole block at the end is left out.

    >>> decrypt_ecb(bytes.fromhex("69c4e0d86a7b0430d8cdb78070b4c55a"), bytes(range(16))).hex()
    '00112233445566778899aabbccddeeff'
    """
    whole = len(data) // _BLOCK * _BLOCK
    return b"".join(_decrypt(data[start : min(start + _AT_ONCE, whole)], key) for start in range(0, whole, _AT_ONCE))


def _decrypt(data: bytes, key: bytes) -> bytes:
    import numpy as np

    tables, keys = _tables(), np.frombuffer(_round_keys(key), np.uint8).reshape(_ROUNDS + 1, _BLOCK)
    blocks = np.frombuffer(data, np.uint8).reshape(-1, _BLOCK) ^ keys[_ROUNDS]
    for turn in range(_ROUNDS - 1, -1, -1):
        blocks = tables["unsubstitute"][blocks[:, tables["unshift"]]] ^ keys[turn]
        if turn:
            blocks = _unmix_columns(blocks)
    decrypted: bytes = blocks.tobytes()
    return decrypted


def _unmix_columns(blocks: "npt.NDArray[np.uint8]") -> "npt.NDArray[np.uint8]":
    import numpy as np

    tables = _tables()
    columns = blocks.reshape(-1, 4, 4)
    mixed = tables["by14"][columns]
    for shift, factor in enumerate(("by11", "by13", "by9"), 1):
        mixed = mixed ^ tables[factor][np.roll(columns, -shift, axis=2)]
    return mixed.reshape(-1, _BLOCK)  # type: ignore[no-any-return]


@cache
def _tables() -> dict[str, Any]:
    """Return lookup tables, each (256,) uint8 but ``unshift``, (16,): where each byte of a block comes from."""
    import numpy as np

    table = {f"by{n}": np.array([_product(value, n) for value in range(256)], np.uint8) for n in (9, 11, 13, 14)}
    table["unsubstitute"] = np.argsort(np.array(_substitution())).astype(np.uint8)
    table["unshift"] = np.array([(position - 4 * (position % 4)) % _BLOCK for position in range(_BLOCK)])
    return table


@cache
def _substitution() -> tuple[int, ...]:
    """Return the S-box: the inverse in GF(2^8), then an affine map."""
    powers = [1]  # of 3, which generates the field
    while len(powers) < 255:
        powers.append(_product(powers[-1], 3))
    inverses = {power: powers[-exponent % 255] for exponent, power in enumerate(powers)}
    box = []
    for value in range(256):
        turned = inverse = inverses.get(value, 0)
        for shift in range(1, 5):
            turned ^= (inverse << shift | inverse >> (8 - shift)) & 0xFF
        box.append(turned ^ 0x63)
    return tuple(box)


def _product(left: int, right: int) -> int:
    """Multiply in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1."""
    result = 0
    while right:
        result ^= left if right & 1 else 0
        left = (left << 1) ^ (0x11B if left & 0x80 else 0)
        right >>= 1
    return result


def _round_keys(key: bytes) -> bytes:
    """Return the eleven round keys, one after another."""
    words, box, constant = [key[position : position + 4] for position in range(0, _BLOCK, 4)], _substitution(), 1
    while len(words) < 4 * (_ROUNDS + 1):
        word = words[-1]
        if len(words) % 4 == 0:
            word = bytes(box[byte] for byte in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _product(constant, 2)
        words.append(bytes(old ^ new for old, new in zip(words[-4], word, strict=True)))
    return b"".join(words)
