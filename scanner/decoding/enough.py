"""What a reading may end with, as whoever asks waits for a label, for a delivery code, or for all that is there.

`web/static/js/lib/decoding/enough.js` names the same.
"""

from collections.abc import Callable
from enum import StrEnum

from scanner.decoding.delivery_codes import is_delivery_code
from scanner.decoding.symbols import Symbol


class Enough(StrEnum):
    """With which symbol a reading is done."""

    DELIVERY_CODE = "delivery_code"
    LABEL = "label"
    ANY = "any"
    ALL = "all"


def enough_for(enough: Enough) -> Callable[[Symbol], bool] | None:
    """Return what says that a symbol is enough; None where every one counts."""
    return _ENDS[enough]


def _is_label(symbol: Symbol) -> bool:
    """Say whether a text may be a label's: links and delivery codes are none."""
    return "://" not in symbol.text and not is_delivery_code(symbol.text)


_ENDS: dict[Enough, Callable[[Symbol], bool] | None] = {
    Enough.DELIVERY_CODE: lambda symbol: is_delivery_code(symbol.text),
    Enough.LABEL: _is_label,
    Enough.ANY: lambda symbol: True,
    Enough.ALL: None,
}
