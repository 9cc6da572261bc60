"""Where a request comes from: through which proxies, and whether another site's page sent it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Request

Environ = dict[str, Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FORWARDED = ("FOR", "PROTO", "HOST", "PORT", "PREFIX")
OWN_SITE = frozenset({"same-origin", "none"})


def proxy_correction(hops: int, networks: Sequence[Network]) -> Callable[[Environ], None]:
    """Take the caller's address, scheme and host from so many proxies, if the nearest one is in these networks.

    From anybody else such headers are dropped: whoever reaches the port itself could write what he likes.
    """
    fix = ProxyFix(lambda _environ, _start: (), x_for=hops, x_proto=hops, x_host=hops)

    def correct(environ: Environ) -> None:
        for name in ("HTTP_FORWARDED", *(f"HTTP_X_FORWARDED_{each}" for each in FORWARDED)):
            if name in environ and not is_within(environ.get("REMOTE_ADDR", ""), networks):
                del environ[name]
        fix(environ, lambda *_: lambda _piece: None)

    return correct


def said_by_proxy(request: Request, header: str | None, networks: Sequence[Network]) -> str | None:
    """Return the one value of a header that a proxy in these networks sent itself; from anybody else it is nothing.

    What counts is who holds the connection, not whom the proxy speaks for.
    """
    value = request.headers.get(header, "") if header else ""
    peer = request.environ.get("werkzeug.proxy_fix.orig", request.environ).get("REMOTE_ADDR") or ""
    if not value or "," in value or not is_within(peer, networks):
        return None
    try:
        return value.encode("latin-1").decode("utf-8").strip()[:100] or None
    except UnicodeError:
        return None


def is_within(text: str, networks: Sequence[Network]) -> bool:
    """Tell whether an address is in one of these networks; what is no address is in none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks if network.version == address.version)


def network_of(address: str | None, *, ipv4_prefix: int = 32) -> str:
    """Return the network in which one person usually has all addresses: of IPv6 a /64; what is no address is in one.

    An IPv4 address within IPv6 counts as what it is.
    """
    try:
        parsed = ipaddress.ip_address((address or "").strip().strip("[]").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed.sixtofour or parsed
    prefix = ipv4_prefix if parsed.version == 4 else 64
    return str(ipaddress.ip_network((parsed, prefix), strict=False))


def is_foreign(request: Request, *, by_address: bool = False) -> bool:
    """Tell whether a request that changes something came from another site's page.

    Browsers say so themselves (Fetch Metadata); older ones name the origin alone (RFC 6454).
    Ticket pages send no referrer, so browsers without Fetch Metadata say "Origin: null" there (``by_address``).
    Whoever knows the unguessable address may act under it anyway, and no cookie counts.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site not in OWN_SITE
    if origin is None or (by_address and origin == "null"):
        return False
    try:
        return urlsplit(origin).netloc != request.host
    except ValueError:
        return True  # what is no origin is none of ours
