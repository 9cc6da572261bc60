"""Tell a delivery code from whatever else a picture shows.

`codes/values/payload.py` and `web/static/js/lib/handing/payload.js` hold the same rule; all three are tried on the
cases of `tests/cases/payload.json`.
"""

import re

_DELIVERY_CODE = re.compile(r"731[0-9]{31}", re.ASCII)


def is_delivery_code(text: str) -> bool:
    """Say whether a text is built as a payload of ours (34 digits, `731`, ISO 7064 MOD 97-10)."""
    return _DELIVERY_CODE.fullmatch(text) is not None and int(text) % 97 == 1
