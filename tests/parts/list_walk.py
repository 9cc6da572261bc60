"""A walk through every list of the office, as its address can ask for it: pages, orders, filters, searches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

ORDERS = {
    "/office": ("announced", "reference", "recipient"),
    "/office/mails": ("queued", "reference"),
    "/office/audit": ("announced", "reference"),
    "/office/actions": ("at", "name"),
    "/office/devices": ("name", "enrolled", "seen"),
    "/office/import": ("made", "name"),
}
NARROWED: dict[str, Sequence[str]] = {
    "/office": (
        "search=JEROME+muller",
        "search=FILL-42",
        "search=fill-77%40example.org",
        "search=nobody+at+all",
        "state=announced",
        "state=out",
        "state=handed_over",
        "state=ended",
        "sender=grosse",
        "day={day}",
        "tour={device}",
        "show=reported",
        "show=visit_failed",
        "show=locked",
        "show=blocked",
        "show=mail_failed",
        "show=visit_failed&show=mail_failed&state=out&search=muller&sort=recipient",
    ),
    "/office/mails": ("search=JEROME", "state=failed", "state=sent", "day={day}", "search=muller&state=failed"),
    "/office/audit": (
        "reference=FILL-4",
        "recipient=JEROME",
        "device=grosse",
        "day={day}",
        "recipient=muller&device=grosse+1&day={day}",
    ),
    "/office/actions": ("name=Ada", "search=FILL-42", "day={day}", "name=Ada&day={day}&sort=name"),
    "/office/devices": ("search=GROSSE", "kind=counter", "state=in_use"),
    "/office/import": ("search=MULLER", "state=not_started"),
}
OTHERS = (
    "/office/today",
    "/office/reports",
    "/office/tours",
    "/office/tours/{device}",
    "/office/tours/{device}?search=muller",
)


def asked(day: str, device: str, *, to_the_end: bool) -> Iterator[str]:
    """Yield the address of each list in each order with its last page, and of each narrowed one, with its last too."""
    for path, orders in ORDERS.items():
        for order in orders:
            for turned in ("", "-"):
                yield f"{path}?sort={turned}{order}"
                yield f"{path}?sort={turned}{order}&page=99999"
        for narrowed in NARROWED[path]:
            address = f"{path}?{narrowed.format(day=day, device=device)}"
            yield address
            if to_the_end:
                yield f"{address}&page=99999"
    for path in OTHERS:
        yield path.format(device=device)
