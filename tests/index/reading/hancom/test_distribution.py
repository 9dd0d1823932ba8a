"""AES-128 and the key of distribution documents, against published vectors and a slow exact twin."""

import pytest

from index.reading.hancom.distribution import _product, _round_keys, _substitution, decrypt_ecb, distribution_key


def encrypt(data: bytes, key: bytes) -> bytes:
    """FIPS 197's cipher as it is written there, a byte at a time."""
    keys, box = _round_keys(key), _substitution()
    done = b""
    for start in range(0, len(data), 16):
        state = [byte ^ keys[place] for place, byte in enumerate(data[start : start + 16])]
        for turn in range(1, 11):
            state = [box[state[(place + 4 * (place % 4)) % 16]] for place in range(16)]
            if turn < 10:
                state = _mix(state)
            state = [byte ^ keys[16 * turn + place] for place, byte in enumerate(state)]
        done += bytes(state)
    return done


def _mix(state: list[int]) -> list[int]:
    mixed = []
    for column in range(0, 16, 4):
        for row in range(4):
            a, b, c, d = (state[column + (row + shift) % 4] for shift in range(4))
            mixed.append(_product(a, 2) ^ _product(b, 3) ^ c ^ d)
    return mixed


@pytest.mark.parametrize(
    ("key", "plain", "cipher"),
    [
        (  # FIPS 197, appendix C.1
            "000102030405060708090a0b0c0d0e0f",
            "00112233445566778899aabbccddeeff",
            "69c4e0d86a7b0430d8cdb78070b4c55a",
        ),
        (  # FIPS 197, appendix B
            "2b7e151628aed2a6abf7158809cf4f3c",
            "3243f6a8885a308d313198a2e0370734",
            "3925841d02dc09fbdc118597196a0b32",
        ),
        (  # SP 800-38A, F.1.1, four blocks
            "2b7e151628aed2a6abf7158809cf4f3c",
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
            "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4",
        ),
    ],
)
def test_published_vectors(key: str, plain: str, cipher: str) -> None:
    assert decrypt_ecb(bytes.fromhex(cipher), bytes.fromhex(key)).hex() == plain
    assert encrypt(bytes.fromhex(plain), bytes.fromhex(key)).hex() == cipher


def test_what_is_no_whole_block_is_left_out() -> None:
    assert decrypt_ecb(b"short", bytes(16)) == b""
    assert len(decrypt_ecb(bytes(40), bytes(16))) == 32


def test_key_lies_behind_the_mask_of_the_seed() -> None:
    """rand() of Visual C after srand(0) begins 38, 7719, 21238: eight bytes (7719 & 15, and one) masked with 38."""
    record = bytearray(256)
    key = distribution_key(bytes(record))
    assert key[:4] == bytes([38] * 4)
    record[4:20] = bytes(left ^ right for left, right in zip(key, b"sixteen letters!", strict=True))
    assert distribution_key(bytes(record)) == b"sixteen letters!"
