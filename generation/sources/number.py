"""Exact numbers as sources write them, as one plain text: `145.0` is 145, `$1,000` is 1000, `-(1/3)` is -1/3."""

import re
from decimal import Decimal
from fractions import Fraction

from generation.sources.errors import RowError
from generation.sources.fields import kind
from generation.verification.expression import MAX_DIGITS

_NUMBER = re.compile(
    r"(?P<sign>-?)\$?(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+|(?=\.))(?:\.(?P<decimals>[0-9]+))?(?:/0*(?P<bottom>[1-9][0-9]*))?"
)
_BRACKETED = re.compile(r"-?\([^()]*\)")


def number_text(value: object, name: str) -> str:
    """The exact number as plain text: no sign of money, no commas, no decimals that are all zero.

    Takes an int, a Decimal, a float (by its shortest decimal text) or a text. Raises RowError for anything else
    and for more than MAX_DIGITS digits.
    """
    if isinstance(value, Decimal):
        # Checked before it is written out: 1e999999999 is a short Decimal and a text of a gigabyte.
        if not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS:
            raise RowError(f"{name} is {str(value)[:40]}, which is out of range")
        value = f"{value:f}"
    elif isinstance(value, float):
        return number_text(Decimal(repr(value)), name)
    elif isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**MAX_DIGITS:
            raise RowError(f"{name} has more than {MAX_DIGITS} digits")
        return str(value)
    if not isinstance(value, str):
        raise RowError(f"{name} is {kind(value)}, not a number")
    plain = plain_number(value)
    if plain is None:
        raise RowError(f"{name} is {value.strip()[:40]!r}, not a number" if value.strip() else f"{name} is empty")
    return plain


def plain_number(text: str) -> str | None:
    """The number that a text writes, as plain text; None where it is no number or has over MAX_DIGITS digits."""
    text = text.strip()
    if _BRACKETED.fullmatch(text):
        text = text.replace("(", "", 1)[:-1]
    match = _NUMBER.fullmatch(text) if len(text) <= 2 * MAX_DIGITS else None
    if match is None or (match["decimals"] and match["bottom"]) or sum(map(str.isdigit, text)) > MAX_DIGITS:
        return None
    whole = match["whole"].replace(",", "").lstrip("0") or "0"
    decimals = match["decimals"] or ""
    bottom = match["bottom"]
    number = whole + (f".{decimals}" if decimals.strip("0") else "") + (f"/{bottom}" if bottom else "")
    return number if number == "0" else match["sign"] + number


def decimal_text(value: Fraction) -> str:
    """The exact value as people write it: a decimal where it ends within MAX_DIGITS digits (`2.5`), else `1/3`."""
    rest, places = value.denominator, 0
    while rest % 10 == 0 or rest % 5 == 0 or rest % 2 == 0:
        rest //= 10 if rest % 10 == 0 else 5 if rest % 5 == 0 else 2
        places += 1
    if rest != 1 or places > MAX_DIGITS:
        return str(value)
    if not places:
        return str(value.numerator)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:].rstrip('0')}"
