"""What all lists of the office share: how many rows there are, a page of them, an order, and addresses that say so.

Everything that a list shows stands in its address, so that it can be kept, shared and gone back to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import request, url_for

from web.http.moments import read_day
from web.services import services

Choice = TypeVar("Choice", bound=StrEnum)
Row = TypeVar("Row")
Filters = TypeVar("Filters")

ROWS_A_PAGE = 50
TRANSIENT = frozenset({"lang", "done", "count", "left"})
"""What an address says once: the language that was chosen there, and what was just done."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as its address asks for it: which page, sorted by what; and, once counted, how many rows there are."""

    page: int
    sort: str
    descending: bool
    total: int = 0

    @property
    def offset(self) -> int:
        """Return how many rows come before this page."""
        return (self.page - 1) * ROWS_A_PAGE

    @property
    def last(self) -> int:
        """Return the number of the last page."""
        return max(1, -(-self.total // ROWS_A_PAGE))

    @property
    def order(self) -> str:
        """Return the order as addresses and forms write it: with a minus where the last comes first."""
        return f"-{self.sort}" if self.descending else self.sort

    @property
    def filters(self) -> dict[str, list[str]]:
        """Return what the address says, but for what is said once and the page."""
        return {name: values for name, values in request.args.lists() if name not in TRANSIENT | {"page"}}

    @property
    def query(self) -> str:
        """Return what the address says behind its question mark, to come back by."""
        return request.query_string.decode()

    def address(self, **changes: object) -> str:
        """Return the address of the same list with these changes, of which None leaves something out."""
        stands = {name: values for name, values in request.args.lists() if name not in TRANSIENT}
        return with_query(url_for(str(request.endpoint), **(request.view_args or {})), stands | changes)

    def same_of(self, endpoint: str) -> str:
        """Return the address of another view of what this list shows."""
        return with_query(url_for(endpoint), self.filters)

    def with_or_without(self, name: str, value: str) -> str:
        """Return the address of the first page of the list with this filter, or without it where it stands."""
        stands = request.args.getlist(name)
        others = [each for each in stands if each != value]
        return self.address(page=None, **{name: others if value in stands else [*stands, value]})

    def sorted_by(self, column: str) -> str:
        """Return the address of the list sorted by a column, the other way round if it is sorted by it already."""
        turned = f"-{column}" if self.order == column else column
        return self.address(page=None, sort=turned)


def with_query(path: str, said: Mapping[str, object]) -> str:
    """Return a path with what stands behind its question mark; None is left out.

    Names come from addresses that anybody wrote, and `url_for` would take some of them for options of its own.
    """
    query = urlencode({name: value for name, value in said.items() if value is not None}, doseq=True)
    return f"{path}?{query}" if query else path


def asked_page(
    page_of: Callable[..., list[Row]], count: Callable[[Any, Filters], int], filters: Filters, default: StrEnum
) -> tuple[Listing, list[Row]]:
    """Return the page of a list that the address asks for, and its rows; of pages beyond the last, that one.

    Unless the address names an order, it is ``default``, the last first.
    """
    orders, codes = type(default), services().codes
    listing = replace(_asked_listing(list(orders), f"-{default}"), total=codes.read(count, filters))
    listing = replace(listing, page=min(listing.page, listing.last))
    rows = codes.read(
        page_of,
        filters,
        order=orders(listing.sort),
        descending=listing.descending,
        limit=ROWS_A_PAGE,
        offset=listing.offset,
    )
    return listing, rows


def _asked_listing(columns: Collection[str], default: str) -> Listing:
    """Read which page of a list is asked for, sorted by what; what makes no sense is as if it were not said."""
    asked = request.args.get("sort", "")
    order = asked if asked.removeprefix("-") in columns else default
    number = request.args.get("page", "")
    page = int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else 1
    return Listing(max(1, page), order.removeprefix("-"), order.startswith("-"))


def asked_text(name: str, longest: int) -> str:
    """Return what an address says under a name."""
    return request.args.get(name, "").strip()[:longest]


def asked_choice(name: str, choices: type[Choice]) -> Choice | None:
    """Return which of these an address says, if it is one."""
    with suppress(ValueError):
        return choices(request.args.get(name, ""))
    return None


def asked_day() -> date | None:
    """Return the day that an address says, if it is one."""
    with suppress(ValueError):
        return read_day(request.args.get("day", ""))
    return None


def asked_id(name: str) -> UUID | None:
    """Return the id that an address says, if it is one."""
    return id_in(request.args.get(name, ""))


def id_in(text: str) -> UUID | None:
    """Return the id that a text is, if it is one."""
    with suppress(ValueError):
        return UUID(text)
    return None
