"""Messages: the outbox with its states and reasons, and one message as its reader sees it."""

from django.http import Http404, HttpResponse

from wraca.app.previews import Wanted, message_as_seen, reader_of
from wraca.console import words
from wraca.console.doors import Visit, shop_page
from wraca.console.headers import PREVIEW_POLICY
from wraca.console.pages.previews import shown
from wraca.console.roles import Right
from wraca.console.timeline import timeline
from wraca.console.wiring import wiring
from wraca.ports.channel import ChannelError, TemplateProblem
from wraca.storage.queries import carts, journeys, messages, people

_STATES = ("planned", "held", "retry", "accepted", "skipped", "uncertain", "rejected")


@shop_page(Right.CARTS)
def show(visit: Visit) -> HttpResponse:
    """The outbox, the newest plan first."""
    asked = visit.request.GET
    state = asked.get("state", "")
    state = state if state in words.MESSAGE_STATES else ""
    page = messages.messages(visit.key, state, asked.get("journey", ""), carts.cursor_of(asked.get("after", "")))
    counts = messages.states(visit.key)
    context = {
        "here": "messages",
        "page": page,
        "state": state,
        "journey": asked.get("journey", ""),
        "states": [(each, words.word(words.MESSAGE_STATES, each), counts.get(each, 0)) for each in _STATES],
        "total": sum(counts.values()),
        "journeys": [journey.name for journey in journeys.journeys(visit.key)],
        "is_first": not asked.get("after"),
    }
    return visit.page("messages.html", context)


@shop_page(Right.CARTS, Right.PERSON)
def one(visit: Visit, message: str) -> HttpResponse:
    """One message: its state, every reason, the way there, and the preview."""
    seen = messages.message(visit.key, message)
    if seen is None:
        raise Http404
    person = None
    if visit.may(Right.PERSON):
        person = people.person(visit.key, seen.person)
        visit.note("message.read", message=message, person=seen.person)
    history = people.history(visit.key, seen.person)
    entries = [entry for entry in timeline(history, seen.cart, visit.now) if entry.message == message]
    decisions = [each for each in history.decisions if each.run == seen.run]
    context = {"here": "messages", "message": seen, "person": person, "entries": entries, "decisions": decisions}
    return visit.page("message.html", context)


@shop_page(Right.PERSON)
def preview(visit: Visit, message: str, form: str) -> HttpResponse:
    """The message with the person's cart as it now stands; its links lead nowhere."""
    seen = messages.message(visit.key, message)
    person = people.person(visit.key, seen.person) if seen else None
    register = wiring().register
    if seen is None or person is None or seen.channel not in register.channels:
        raise Http404
    opened = carts.cart(visit.key, seen.cart)
    connection = register.connection(visit.key.shop, seen.channel)
    language = seen.language or person.language[:2] or visit.shop.language
    sources = register.sources(visit.key.shop, seen.template, language)
    wanted = Wanted(seen.template, language, connection.settings if connection else {}, sources, seen.channel)
    reader = reader_of(visit.key.bucket, visit.key.shop, person, opened.cart if opened else None, seen.run)
    try:
        rendered = register.channels[seen.channel].render(message_as_seen(register, visit.key.shop, wanted, reader, visit.now))
    except (TemplateProblem, ChannelError) as problem:
        return HttpResponse(str(problem), content_type="text/plain", headers={"Content-Security-Policy": PREVIEW_POLICY})
    return shown(rendered, form)
