"""The form of an audience's copy elsewhere: what the place itself asks for, and the merchant's rules; and its file."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wraca.app.ledger import Rules
from wraca.console.forms import channel_form
from wraca.ports.audiences import AudienceSink

_KINDS = ("email", "phone")


def copy_form(sink: AudienceSink, saved: tuple[dict[str, object], Rules] | None, said: Any = None) -> forms.Form:  # noqa: ANN401
    """Secrets are never shown: empty keeps what is saved."""
    settings, rules = saved or ({}, Rules())
    form = channel_form(tuple(sink.settings), settings, said)
    form.fields["buyers_leave"] = forms.BooleanField(
        label=_("Whoever orders leaves"),
        required=False,
        initial=rules.buyers_leave,
        help_text=_("Also people whom the shop's own tools put into this audience, until they join again."),
    )
    form.fields["excluded"] = forms.CharField(
        label=_("Categories that no ad platform may learn of"),
        required=False,
        max_length=1_000,
        initial=", ".join(rules.excluded),
        help_text=_(
            "With commas between: health, erotica. Whoever has something of them in a cart or an order of the last "
            "90 days is not told of."
        ),
    )
    return form


def hash_lines(people: Iterable[Mapping[str, str]]) -> Iterator[bytes]:
    """A table of hashes: a heading, then a line for each person."""
    yield _line([f"{kind}_sha256" for kind in _KINDS])
    for one in people:
        yield _line([one.get(kind, "") for kind in _KINDS])


def _line(values: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue().encode()
