"""Reed-Solomon over GF(256) as in ISO/IEC 18004 §7.5.2: errors and erasures, many words at once.

The field is that of the polynomial x⁸ + x⁴ + x³ + x² + 1, the generator's roots are 1, α, α², … A word of n symbols
with r check symbols is corrected when twice its errors and its erasures are r at most; nothing is found else.
Words are rows of bytes, the highest power first, and each row has its own erasures.
"""

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint8]

_POLYNOMIAL = 0x11D
_ORDER = 255


def _powers() -> npt.NDArray[np.int64]:
    powers, value = [], 1
    for _ in range(_ORDER):
        powers.append(value)
        value = value << 1 ^ (_POLYNOMIAL if value & 0x80 else 0)
    return np.array(powers, np.int64)


_EXP = _powers()
_LOG = np.zeros(256, np.int64)
_LOG[_EXP] = np.arange(_ORDER)
_PRODUCTS = np.zeros((256, 256), np.int64)
_PRODUCTS[1:, 1:] = _EXP[(_LOG[1:, None] + _LOG[None, 1:]) % _ORDER]
_INVERSES = np.zeros(256, np.int64)
_INVERSES[1:] = _EXP[-_LOG[1:] % _ORDER]


def multiply(one: npt.NDArray[np.integer], other: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Return the products in the field, element by element."""
    products: npt.NDArray[np.int64] = _PRODUCTS[one, other]
    return products


def check_symbols(data: Words, count: int) -> Words:
    """Return the check symbols of rows of data symbols: the remainder of the division by the generator."""
    generator = np.array([1], np.int64)
    for power in range(count):
        generator = np.append(generator, 0) ^ np.append(0, multiply(generator, _EXP[power]))
    remainder = np.zeros((len(data), count), np.int64)
    for column in data.T.astype(np.int64):
        factor = column ^ remainder[:, 0]
        remainder = np.roll(remainder, -1, axis=1)
        remainder[:, -1] = 0
        remainder ^= multiply(factor[:, None], generator[None, 1:])
    return remainder.astype(np.uint8)


def syndromes(words: Words, count: int) -> npt.NDArray[np.int64]:
    """Return the words' values at the generator's roots: all zero in a code word."""
    length = words.shape[1]
    at_roots = _EXP[np.outer(np.arange(length - 1, -1, -1), np.arange(count)) % _ORDER]
    values: npt.NDArray[np.int64] = np.bitwise_xor.reduce(multiply(words[:, :, None], at_roots[None]), axis=1)
    return values


def correct(words: Words, erased: npt.NDArray[np.bool_], count: int) -> tuple[Words, npt.NDArray[np.bool_]]:
    """Return the words corrected, and which of them could be; a row that could not is returned as it was.

    Berlekamp and Massey's iteration begins with the erasures' locator (Blahut, Algebraic Codes for Data
    Transmission, §7.4); roots by trying every place (Chien), values by Forney's formula.
    """
    rows, length = words.shape
    found = syndromes(words, count)
    places = _EXP[np.arange(length - 1, -1, -1)]
    erasures = erased.sum(axis=1)
    locator = np.zeros((rows, count + 1), np.int64)
    locator[:, 0] = 1
    for column in range(length):
        here = np.where(erased[:, column], places[column], 0)
        locator[:, 1:] ^= multiply(here[:, None], locator[:, :-1])
    helper, size = locator.copy(), erasures.copy()
    reversed_found = found[:, ::-1]
    for step in range(1, count + 1):
        # Σ locator[j] · syndrome[step - 1 - j], for the rows whose erasures are all taken in by now.
        window = np.zeros((rows, count + 1), np.int64)
        window[:, :step] = reversed_found[:, count - step :]
        error = np.bitwise_xor.reduce(multiply(locator, window), axis=1)
        error[step <= erasures] = 0
        active = step > erasures
        shifted = np.roll(helper, 1, axis=1)
        shifted[:, 0] = 0
        grows = (error != 0) & (2 * size <= step - 1 + erasures)
        old = locator.copy()
        locator ^= multiply(error[:, None], shifted)
        helper = np.where(active[:, None], shifted, helper)
        helper = np.where(grows[:, None], multiply(_INVERSES[error][:, None], old), helper)
        size = np.where(grows, step + erasures - size, size)
    return _forney(words, found, locator, size, places, count)


def _forney(
    words: Words,
    found: npt.NDArray[np.int64],
    locator: npt.NDArray[np.int64],
    size: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
    count: int,
) -> tuple[Words, npt.NDArray[np.bool_]]:
    inverse = _INVERSES[places]
    exponents = np.outer(_LOG[inverse], np.arange(count + 1)) % _ORDER
    at_places = _EXP[exponents]
    values = np.bitwise_xor.reduce(multiply(locator[:, None, :], at_places[None]), axis=2)
    is_root = values == 0
    evaluator = np.zeros_like(found)
    for power in range(count):
        evaluator[:, power:] ^= multiply(locator[:, power, None], found[:, : count - power])
    numerator = np.bitwise_xor.reduce(multiply(evaluator[:, None, :], at_places[None, :, :count]), axis=2)
    # The formal derivative keeps the odd powers, each one lower; times the place: the first consecutive root is 1.
    odd = locator[:, 1::2]
    derivative = np.bitwise_xor.reduce(multiply(odd[:, None, :], at_places[None, :, 0:count:2]), axis=2)
    amounts = multiply(multiply(numerator, _INVERSES[derivative]), places[None, :])
    corrected = (words ^ np.where(is_root, amounts, 0)).astype(np.uint8)
    good = (is_root.sum(axis=1) == size) & (syndromes(corrected, count) == 0).all(axis=1)
    return np.where(good[:, None], corrected, words), good
