"""What a proxy says of the caller is believed from our own proxies only, and from so many of them as are set."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from web.http.origin import proxy_correction

OURS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
SAID = {
    "X-Forwarded-For": "198.51.100.7, 203.0.113.9, 10.0.0.2",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "told.example",
    "Forwarded": "for=198.51.100.8",
}


@pytest.mark.parametrize(
    ("hops", "caller", "address", "scheme"),
    [
        (1, "10.0.0.1", "10.0.0.2", "https"),
        (2, "10.0.0.1", "203.0.113.9", "https"),
        (1, "fd00::1", "10.0.0.2", "https"),
        (1, "::ffff:10.0.0.1", "10.0.0.2", "https"),
        (1, "192.0.2.1", "192.0.2.1", "http"),
        (2, "::ffff:192.0.2.1", "::ffff:192.0.2.1", "http"),
        (1, "unix:", "unix:", "http"),
    ],
)
def test_only_our_proxies_are_believed(hops: int, caller: str, address: str, scheme: str) -> None:
    said = SAID | (
        {} if hops == 1 else {"X-Forwarded-Proto": "https, https", "X-Forwarded-Host": "told.example, inside"}
    )
    environ = EnvironBuilder(headers=Headers(said), environ_base={"REMOTE_ADDR": caller}).get_environ()
    proxy_correction(hops, OURS)(environ)
    found = Request(environ)
    assert (found.remote_addr, found.scheme) == (address, scheme)
    assert found.host == ("told.example" if scheme == "https" else "localhost")
    assert ("Forwarded" in found.headers) is (scheme == "https")
