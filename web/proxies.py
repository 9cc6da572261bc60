"""Reverse proxies: what they say of the caller counts only if they are ours."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FORWARDED = ("FOR", "PROTO", "HOST", "PORT", "PREFIX")


def behind_proxies(application: Application, hops: int, networks: Sequence[Network]) -> Application:
    """Take the caller's address, scheme and host from so many proxies, if the nearest one is in these networks.

    From anybody else such headers are dropped: whoever reaches the port itself could write what he likes.
    """
    fixed = ProxyFix(application, x_for=hops, x_proto=hops, x_host=hops)

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        for name in ("HTTP_FORWARDED", *(f"HTTP_X_FORWARDED_{each}" for each in FORWARDED)):
            if name in environ and not is_within(environ.get("REMOTE_ADDR", ""), networks):
                del environ[name]
        return fixed(environ, start_response)

    return serve


def is_within(text: str, networks: Sequence[Network]) -> bool:
    """Tell whether an address is in one of these networks; what is no address is in none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks if network.version == address.version)
