"""The office ends a parcel for good, and its recipient's page shows no code any more and says why."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.model import Ending
from codes.office.parcel_list import Filters, State, count_parcels
from tests.parts.domain import recorded
from tests.parts.web.tickets import announced, digits

WORDS = {
    Ending.CANCELLED: "Your parcel was cancelled",
    Ending.DELIVERED_ELSEWHERE: "The carrier says that your parcel was delivered elsewhere",
    Ending.RETURNED: "Your parcel went back to its sender",
}


@pytest.mark.parametrize("ending", list(Ending))
def test_what_the_office_ends_is_said_on_the_recipients_page(
    client: FlaskClient, administrator: FlaskClient, codes: DeliveryCodes, ending: Ending
) -> None:
    key = announced(codes)
    six = digits(codes, key)
    assert "cannot be undone" in administrator.get("/office/parcels/P-1?lang=en").text
    answer = administrator.post(f"/office/end/{ending}/P-1")
    assert answer.status_code == 303
    assert recorded(codes).ended_as is ending
    page = client.get(f"/t/{key}?lang=en").text
    assert WORDS[ending] in page
    assert f"{six[:3]} {six[3:]}" not in page
    assert client.get(f"/t/{key}/symbol.png").status_code == 404
    office = administrator.get(answer.headers["Location"]).text
    assert "Nobody can receive this parcel any more" in office
    assert "/office/unblock/" not in office
    later = list(Ending)[list(Ending).index(ending) + 1 :]
    assert [each for each in Ending if f"/office/end/{each}/" in office] == later
    found = [codes.read(count_parcels, Filters(state=each)) for each in (State.ENDED, State.DELIVERED_ELSEWHERE)]
    assert found == ([0, 1] if ending is Ending.DELIVERED_ELSEWHERE else [1, 0])


def test_a_parcel_ends_in_no_other_way(administrator: FlaskClient, codes: DeliveryCodes) -> None:
    announced(codes)
    assert administrator.post("/office/end/burnt/P-1").status_code == 404
    assert recorded(codes).ended_as is None
