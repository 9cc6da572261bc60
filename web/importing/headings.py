"""What the columns of a file are: ours, what people, carriers and shops call them, and where their names stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from codes.values.folding import fold
from web.i18n import N_

RECIPIENT = ("name", "email", "language", "street", "postcode", "city", "note", "phone")
COLUMNS = (
    "reference",
    *RECIPIENT,
    *("sender", "value", "currency", "destination", "gift", "consignment", "sender_wish"),
)
PARTS = ("first_name", "house_number", "address_2")
"""What files have in columns of its own, though with us it is part of a name or a street."""
FILE_COLUMNS = (*COLUMNS, *PARTS)
NEEDED = ("reference", "name")
COLUMN_WORDS: Mapping[str, str] = {
    "reference": N_("Tracking number"),
    "name": N_("Recipient"),
    "first_name": N_("First name"),
    "email": N_("Email"),
    "phone": N_("Phone"),
    "language": N_("Language"),
    "street": N_("Street and number"),
    "house_number": N_("House number"),
    "address_2": N_("Address line 2"),
    "postcode": N_("Postcode"),
    "city": N_("City"),
    "note": N_("Note for the driver"),
    "sender": N_("Sender"),
    "value": N_("Value"),
    "currency": N_("Currency"),
    "destination": N_("Destination"),
    "gift": N_("Gift"),
    "consignment": N_("Order"),
    "sender_wish": N_("Code requested"),
}
ENOUGH = 2
"""A file needs two columns at least, so a line with fewer cells is a title, and no line of headings."""
FIRST_ROWS = 30
"""Headings stand among these; tables of people have a title, a date or an address above them."""
LONGEST_HEADING = 60
# Compared without case, accents, spaces and signs.
KNOWN_AS: Mapping[str, tuple[str, ...]] = {
    "reference": (
        *("tracking", "tracking number", "tracking no", "tracking id", "tracking code", "barcode", "sscc", "nve"),
        *("parcel number", "parcel no", "consignment note", "identcode", "referenz", "sendungsnummer", "sendungsnr"),
        *("paketnummer", "paketnr", "trackingnummer", "sendungs id", "paketscheinnummer", "numéro de suivi"),
        *("numéro de colis", "n° de suivi", "numero de seguimiento", "numero di tracciamento", "numero spedizione"),
        *("zendingnummer", "track and trace", "numer przesyłki", "numer listu przewozowego", "takip no"),
    ),
    "name": (
        *("recipient", "recipient name", "full name", "customer", "customer name", "shipping name", "consignee"),
        *("ship to name", "last name", "surname", "family name", "empfänger", "empfängername", "empfaenger", "kunde"),
        *("kundenname", "nachname", "familienname", "zuname", "name 1", "destinataire", "nom", "nom complet"),
        *("destinatario", "nombre", "apellidos", "cognome", "nominativo", "ontvanger", "naam", "achternaam"),
        *("odbiorca", "nazwisko", "alıcı"),
    ),
    "first_name": (
        *(
            "first name",
            "given name",
            "forename",
            "vorname",
            "prénom",
            "voornaam",
            "imię",
            "nome",
            "shipping first name",
        ),
    ),
    "email": (
        *("mail", "email address", "recipient email", "customer email", "e mail adresse", "mailadresse", "courriel"),
        *("adresse e mail", "correo electrónico", "correo", "indirizzo email", "adres e mail", "e posta"),
    ),
    "language": ("lang", "locale", "sprache", "langue", "idioma", "lingua", "taal", "język"),
    "phone": (
        *("telephone", "phone number", "mobile", "mobile phone", "telefon", "telefonnummer", "tel", "telefon 1"),
        *("handy", "handynummer", "mobil", "mobilnummer", "mobiltelefon", "téléphone", "portable", "teléfono"),
        *("móvil", "telefono", "cellulare", "telefoon", "telefoonnummer", "numer telefonu", "shipping phone"),
    ),
    "street": (
        *("address", "address 1", "address line 1", "street address", "street and number", "shipping address"),
        *("shipping address 1", "shipping street", "strasse", "strasse und hausnummer", "strasse und hausnr"),
        *("strasse hausnummer", "strasse nr", "strasse u nr", "str", "anschrift", "adresse", "lieferadresse", "rue"),
        *("adresse 1", "dirección", "calle", "indirizzo", "via", "straat", "adres", "ulica"),
    ),
    "house_number": ("house number", "house no", "hausnummer", "hausnr", "hnr", "hs nr", "huisnummer", "nr domu"),
    "address_2": (
        *("address 2", "address line 2", "shipping address 2", "adresszusatz", "adresszusatz 1", "zusatz", "adresse 2"),
        *("complément d'adresse", "adresszeile 2", "apartment"),
    ),
    "city": (
        *("town", "shipping city", "ort", "stadt", "wohnort", "lieferort", "ville", "localité", "ciudad", "población"),
        *("città", "comune", "plaats", "woonplaats", "miasto", "miejscowość"),
    ),
    "note": (
        *("driver note", "note for the driver", "delivery note", "delivery notes", "delivery instructions"),
        *("instructions", "customer note", "hinweis", "zustellhinweis", "lieferhinweis", "fahrerhinweis", "bemerkung"),
        *("hinweis für den fahrer", "remarque", "instructions de livraison", "observaciones", "opmerking", "uwagi"),
    ),
    "postcode": (
        *("zip", "zip code", "postal code", "shipping zip", "plz", "postleitzahl", "code postal", "código postal"),
        *("cap", "codice postale", "kod pocztowy", "posta kodu"),
    ),
    "sender": ("shop", "merchant", "consignor", "absender", "versender", "mandant", "expéditeur", "mittente"),
    "value": (
        *("total", "amount", "price", "order total", "wert", "warenwert", "betrag", "summe", "preis", "montant"),
        *("valeur", "importe", "valor", "importo", "valore", "bedrag", "wartość", "kwota"),
    ),
    "currency": ("currency code", "währung", "waehrung", "devise", "moneda", "valuta", "waluta"),
    "destination": ("destination type", "zustellart", "zielart"),
    "gift": ("is gift", "geschenk", "cadeau", "regalo"),
    "consignment": (
        *("order", "order number", "order id", "order no", "shipment", "auftrag", "auftragsnummer", "bestellung"),
        *("bestellnummer", "commande", "numéro de commande", "pedido", "ordine", "zamówienie"),
    ),
    "sender_wish": ("code required", "code wanted", "code requested", "code gewünscht", "wunschcode"),
}
_DATA = re.compile(r"\S+@\S+\.\w+|[A-Za-z]{0,4}[ ./-]?\d[\d ./-]{3,}[A-Za-z]{0,4}|\+\d[\d ()./-]+")
"""An address, a number of a parcel, a postcode, a phone: such stands in a row of a table, and heads no column."""


def guess_mapping(headings: Iterable[str], known_as: Mapping[str, tuple[str, ...]] | None = None) -> dict[str, str]:
    """Return for each of our columns the heading that means it, as far as that can be told.

    ``known_as`` are the columns of another table, and what else each is called.
    """
    free = {_plain(heading): heading for heading in reversed(list(headings)) if len(heading) <= LONGEST_HEADING}
    guessed = {}
    for column, names in (_names() if known_as is None else _as_compared(known_as)).items():
        found = next((name for name in names if name in free), None)
        if found is not None:
            guessed[column] = free.pop(found)
    return guessed


def place_of_headings(rows: Sequence[Sequence[str]]) -> int | None:
    """Return which of a file's first rows has the headings; None where they are missing, and the first is a parcel's.

    Headings that are known decide; else the first row that is more than a title.
    """
    known = [len(guess_mapping(cells)) for cells in rows]
    if found := next((place for place, count in enumerate(known) if count >= ENOUGH), None):
        return found
    if not known or known[0]:
        return 0
    first = next((place for place, cells in enumerate(rows) if sum(map(bool, cells)) >= ENOUGH), 0)
    return None if any(len(cell) <= LONGEST_HEADING and _DATA.fullmatch(cell) for cell in rows[first]) else first


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Return what each column may be called, as it is compared, the likeliest first."""
    return _as_compared({column: KNOWN_AS.get(column, ()) for column in FILE_COLUMNS})


def _as_compared(known_as: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {column: tuple(map(_plain, (column, *names))) for column, names in known_as.items()}


def _plain(name: str) -> str:
    return "".join(sign for sign in fold(name) if sign.isalnum())
