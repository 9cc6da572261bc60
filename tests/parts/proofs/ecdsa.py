"""Public keys computed from a signature alone (SEC 1 §4.1.6), as a forger would."""

from __future__ import annotations

from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int] | None


def keys_that_fit(text: bytes, signature: bytes) -> list[bytes]:
    """Return every uncompressed point under which 64 bytes r ‖ s verify for a text."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    e = int.from_bytes(sha256(text).digest(), "big")
    y = pow(r**3 - 3 * r + B, (P + 1) // 4, P)
    found = []
    for root in (y, P - y):
        inverse = pow(r, -1, N)
        point = _added(_times(s * inverse % N, (r, root)), _times(-e * inverse % N, G))
        assert point is not None
        encoded = b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), encoded)
        try:
            key.verify(encode_dss_signature(r, s), text, ec.ECDSA(SHA256()))
        except InvalidSignature:
            continue
        found.append(encoded)
    return found


def _added(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    if one[0] == other[0] and (one[1] + other[1]) % P == 0:
        return None
    if one == other:
        slope = (3 * one[0] ** 2 - 3) * pow(2 * one[1], -1, P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, P)
    x = (slope**2 - one[0] - other[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def _times(number: int, point: Point) -> Point:
    total: Point = None
    while number:
        total = _added(total, point) if number & 1 else total
        point, number = _added(point, point), number >> 1
    return total
