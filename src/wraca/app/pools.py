"""Pools of codes: uploaded by the merchant, read line by line, never the same code twice."""

import re

import msgspec
from django.db import transaction

from wraca.domain.events import Instant
from wraca.domain.ids import ShopId
from wraca.storage.fields import to_datetime
from wraca.storage.models import OfferCode, Shop

LONGEST_UPLOAD = 5 << 20  # bytes, or characters
MOST_CODES = 200_000  # of one upload
LOW = 20  # fewer free codes than this are worth a word
_LONGEST = 100
_SHOWN = 20  # lines that could not be used
_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_HEADS = frozenset({"code", "codes", "coupon", "coupon code", "kod", "код"})


class BadPool(ValueError):
    """The pool's name or the upload cannot be used; the message says what to change."""


class BadLine(msgspec.Struct, frozen=True):
    """A line that holds no code. `why`: "spaces" or "long" or "signs"."""

    number: int
    text: str
    why: str


class Upload(msgspec.Struct, frozen=True):
    """What became of an upload. `doubles` were there before, in this pool or another, or stood in the file twice."""

    added: int
    doubles: int
    bad: tuple[BadLine, ...] = ()  # the first of them
    bad_count: int = 0


def read_codes(text: str) -> tuple[list[str], list[BadLine]]:
    """The codes of a text, one a line; of a table the first column. Empty lines and a heading are passed over."""
    codes: list[str] = []
    bad: list[BadLine] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        code = re.split(r"[,;\t]", line, maxsplit=1)[0].strip().strip('"').strip()
        if not code or (number == 1 and code.lower() in _HEADS):
            continue
        if why := _fault(code):
            bad.append(BadLine(number, code[:60], why))
        else:
            codes.append(code)
    return codes, bad


def _fault(code: str) -> str:
    if len(code) > _LONGEST:
        return "long"
    if any(sign.isspace() for sign in code):
        return "spaces"
    return "" if code.isprintable() else "signs"


def add_codes(bucket: int, shop: ShopId, pool: str, text: str, now: Instant) -> Upload:
    """Put these codes into a pool. Raises BadPool.

    Shops tell codes apart without regard to capitals: so does the look for doubles. A code that any pool of the shop has is not
    taken again: it may have been given to somebody.
    """
    if not _NAME.fullmatch(pool):
        raise BadPool("A pool's name is made of small letters, digits and dashes, and begins with a letter: autumn-10.")
    if len(text) > LONGEST_UPLOAD:
        raise BadPool(f"The list is longer than {LONGEST_UPLOAD >> 20} MB. Upload it in parts.")
    codes, bad = read_codes(text)
    if len(codes) > MOST_CODES:
        raise BadPool(f"These are more than {MOST_CODES:,} codes. Upload them in parts.")
    here = {"bucket": bucket, "shop_id": shop}
    with transaction.atomic():
        list(Shop.objects.select_for_update().filter(bucket=bucket, id=shop))  # two uploads at once: one after the other
        known = {code.lower() for code in OfferCode.objects.filter(**here).values_list("code", flat=True).iterator()}
        fresh: dict[str, str] = {}
        for code in codes:
            if code.lower() not in known:
                fresh.setdefault(code.lower(), code)
        rows = [OfferCode(**here, pool=pool, code=code, added_at=to_datetime(now)) for code in fresh.values()]
        OfferCode.objects.bulk_create(rows, batch_size=2_000)
    return Upload(len(rows), len(codes) - len(rows), tuple(bad[:_SHOWN]), len(bad))
