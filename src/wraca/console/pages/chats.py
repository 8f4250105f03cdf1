"""The team's inbox: who is in conversation, one conversation with everything known beside it, prepared answers."""

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wraca.app import chatanswers, chatdesk
from wraca.app.chatrows import Line, Room, prepared_answers
from wraca.app.chatting import LANGUAGES, NotSaid
from wraca.console.doors import Visit, shop_page
from wraca.console.forms import LANGUAGES as NAMED_LANGUAGES
from wraca.console.roles import Right
from wraca.console.wiring import wiring
from wraca.domain.chatting import GONE_AFTER, LARGEST_FILE
from wraca.storage.queries import carts, chats, people

_SYSTEM = {
    "address_left": gettext_lazy("The visitor left an e-mail address: if they leave, your answer goes there."),
    "mailed": gettext_lazy("The visitor had left: the answer went by e-mail."),
    "mail_failed": gettext_lazy("The visitor had left, and the answer could not be sent by e-mail."),
    "mail_unclear": gettext_lazy("The visitor had left. The answer may have gone by e-mail; the mail server did not say."),
}
_REFUSALS = {
    "empty": gettext_lazy("There is nothing to send yet."),
    "bad_file": gettext_lazy("Only pictures (PNG, JPEG, GIF, WebP) and PDF files can be sent."),
    "large_file": gettext_lazy("The file is larger than 5 MB."),
}
# Whatever a file turns out to be, it is kept as a file: never shown, never run.
_FILE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "attachment",
}


class Said(msgspec.Struct, frozen=True):
    """A line as the page shows it."""

    line: Line
    text: str
    who: str


@shop_page(Right.PERSON)
def show(visit: Visit) -> HttpResponse:
    """The list; the same address answers htmx with the rows alone."""
    is_all = visit.request.GET.get("all") == "1"
    context = {
        "here": "chats",
        "chats": chats.inbox(visit.key, only_open=not is_all),
        "is_all": is_all,
        "is_connected": chatdesk.is_connected(wiring().register, visit.key.shop),
        "names_shown": visit.may(Right.PEOPLE),
    }
    is_refresh = visit.request.headers.get("HX-Target") == "chat-rows"
    return visit.page("chats_rows.html" if is_refresh else "chats.html", context)


@shop_page(Right.PERSON)
def live(visit: Visit) -> HttpResponse:
    """For the badge: how many wait. Asked with `here=1` by pages of the inbox that somebody has before them."""
    if visit.request.GET.get("here") == "1":
        chatdesk.sit_down(wiring().register, visit.key.shop, visit.now)
    return JsonResponse({"unread": chats.unread(visit.key, visit.now), "lines": chats.unread_lines(visit.key, visit.now)})


@shop_page(Right.PERSON, methods=("GET", "POST"))
def one(visit: Visit, chat: str) -> HttpResponse:
    """One conversation. That somebody opened it is written down."""
    register = wiring().register
    opened = chatdesk.conversation(register, visit.key.shop, chat)
    if opened is None:
        raise Http404
    room, lines = opened
    if visit.request.method == "POST":
        return _act(visit, room)
    chatdesk.sit_down(register, visit.key.shop, visit.now)
    chatdesk.has_read(register, room)
    visit.note("chat.read", chat=chat, person=room.person)
    shop = register.shop(visit.key.shop)
    context = {
        **_beside(visit, room),
        "here": "chats",
        "chat": room,
        "lines": [_said(line) for line in lines],
        "last": lines[-1].number if lines else 0,
        "is_gone": _is_gone(visit, room),
        "answers": prepared_answers(shop, room.language),
        "reply_address": chatdesk.reply_address(register, room),
    }
    return visit.page("chat.html", context)


@shop_page(Right.PERSON)
def side(visit: Visit, chat: str) -> HttpResponse:
    """What is known of the visitor, as it now is: the cart changes while they talk."""
    opened = chatdesk.conversation(wiring().register, visit.key.shop, chat)
    if opened is None:
        raise Http404
    return visit.page("chat_side.html", {**_beside(visit, opened[0]), "chat": opened[0]})


def _beside(visit: Visit, room: Room) -> dict[str, object]:
    cart_id = chats.current_cart(visit.key, room.person)
    cart = carts.cart(visit.key, cart_id) if cart_id else None
    person = people.person(visit.key, room.person)
    return {
        "person": person,
        "name": (f"{person.first_name} {person.last_name}".strip() or person.email) if person else "",
        "person_id": room.person,
        "cart": cart.cart if cart else None,
        "runs": people.history(visit.key, room.person).runs if person else (),
        "orders": carts.orders_of(visit.key, room.person)[:5],
        "others": chats.chats_of(visit.key, room.person) - 1,
    }


@shop_page(Right.PERSON)
def lines(visit: Visit, chat: str) -> HttpResponse:
    """What was said beyond `after`: a page asks every second and a half while somebody has it before them."""
    asked = visit.request.GET.get("after", "")
    after = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    register = wiring().register
    opened = chatdesk.conversation(register, visit.key.shop, chat, after)
    if opened is None:
        raise Http404
    room, found = opened
    if visit.request.GET.get("here") == "1":
        chatdesk.sit_down(register, visit.key.shop, visit.now)
        chatdesk.has_read(register, room)
    shown = visit.page("chat_lines.html", {"chat": room, "lines": [_said(line) for line in found]})
    last = found[-1].number if found else after
    heard = sum(line.by == "visitor" for line in found)
    return JsonResponse({"html": shown.content.decode(), "last": last, "heard": heard, "gone": _is_gone(visit, room)})


@shop_page(Right.PERSON)
def file(visit: Visit, chat: str, number: int) -> HttpResponse:
    """A file, to be saved."""
    found = chatdesk.file_in(wiring().register, visit.key.shop, chat, number)
    if found is None:
        raise Http404
    about, content = found
    visit.note("chat.file", chat=chat, number=number)
    answer = HttpResponse(content, content_type=about.type, headers=_FILE_HEADERS)
    answer.headers["Content-Disposition"] = f'attachment; filename="{about.name.encode("ascii", "replace").decode()}"'
    return answer


@shop_page(Right.PERSON, methods=("GET", "POST"))
def answers(visit: Visit) -> HttpResponse:
    """The team's prepared answers: one in a paragraph, in each language."""
    if visit.request.method == "POST":
        said = {language: visit.request.POST.get(language, "").replace("\r\n", "\n").split("\n\n") for language in LANGUAGES}
        chatanswers.save_answers(wiring().register, visit.key.shop, said)
        visit.note("chat.answers")
        messages.success(visit.request, _("Saved."))
        return redirect("chat_answers", shop=visit.shop.id)
    shop = wiring().register.shop(visit.key.shop)
    named = dict(NAMED_LANGUAGES)
    texts = [(language, named[language], "\n\n".join(prepared_answers(shop, language))) for language in LANGUAGES]
    return visit.page("chat_answers.html", {"here": "chats", "texts": texts})


def _act(visit: Visit, room: Room) -> HttpResponse:
    register, shop, who = wiring().register, visit.key.shop, visit.user.get_username()
    match visit.request.POST.get("do", ""):
        case "answer":
            return _answer(visit, room)
        case "mine":
            chatdesk.assign(register, shop, room.id, who)
        case "nobody":
            chatdesk.assign(register, shop, room.id, "")
        case "close":
            chatdesk.close(register, shop, room.id, visit.now)
            visit.note("chat.closed", chat=room.id)
            return redirect("chats", shop=visit.shop.id)
        case _:
            raise Http404
    return redirect("chat", shop=visit.shop.id, chat=room.id)


def _answer(visit: Visit, room: Room) -> HttpResponse:
    """From the page's script (which wants JSON) or from a plain form."""
    said, sent = visit.request.POST, visit.request.FILES.get("file")
    upload = chatdesk.Upload(sent.name or "", sent.read(LARGEST_FILE + 1)) if sent else None
    words = chatdesk.Answer(visit.user.get_username(), said.get("text", ""), said.get("key", "")[:64], upload)
    problem = ""
    try:
        chatdesk.answer(wiring().register, visit.key.shop, room.id, words, visit.now)
    except NotSaid as no:
        problem = str(_REFUSALS.get(no.code, no.code))
    if visit.request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"problem": problem}, status=422 if problem else 200)
    if problem:
        messages.error(visit.request, problem)
    return redirect("chat", shop=visit.shop.id, chat=room.id)


def _said(line: Line) -> Said:
    if line.by == "system":
        return Said(line, str(_SYSTEM.get(line.text, line.text)), "")
    who = {"visitor": _("Visitor"), "journey": _("Journey")}.get(line.by, line.author or _("Team"))
    return Said(line, line.text, str(who))


def _is_gone(visit: Visit, room: Room) -> bool:
    return visit.now - room.visitor_seen_at >= GONE_AFTER
