"""The people who run the shop: their roles, and invitations that are links, handed over by whoever invites."""

from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from wraca.console import words
from wraca.console.doors import Visit, shop_page
from wraca.console.forms import InviteForm, PasswordForm
from wraca.console.roles import Right, Role, grantable
from wraca.console.wiring import wiring
from wraca.storage.models import Member
from wraca.storage.queries.shops import team


@shop_page(Right.TEAM, methods=("GET", "POST"))
def show(visit: Visit) -> HttpResponse:
    """Members and roles; inviting somebody shows a link once."""
    roles = [(role.value, words.word(words.ROLES, role.value)) for role in grantable(visit.role)]
    form = InviteForm(visit.request.POST or None, roles=roles)
    invitation = ""
    if visit.request.method == "POST" and form.is_valid():
        user = _invited(visit, form.cleaned_data["email"].strip().lower(), Role(form.cleaned_data["role"]))
        if not user.has_usable_password():
            invitation = wiring().public_url + _welcome(user)
        form = InviteForm(roles=roles)
    members = [
        (member, Role(member.role) in grantable(visit.role) and member.user_id != visit.user.pk) for member in team(visit.key)
    ]
    context = {"here": "settings", "tab": "team", "form": form, "members": members, "roles": roles, "invitation": invitation}
    return visit.page("team.html", {**context, "meanings": [(role.value, role.value) for role in Role]})


def _invited(visit: Visit, address: str, role: Role) -> User:
    with transaction.atomic():
        user, is_new = User.objects.get_or_create(username=address, defaults={"email": address})
        if is_new:
            user.set_unusable_password()
            user.save()
        here = {"bucket": visit.key.bucket, "shop_id": visit.key.shop, "user": user}
        member = Member.objects.filter(**here).first()
        if member is None:
            Member.objects.create(**here, role=role)
            visit.note("member.invited", user=user.pk, role=role.value)
        else:
            messages.error(visit.request, _("%(address)s is in the team already.") % {"address": address})
    return user


def _welcome(user: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("welcome", args=[uid, default_token_generator.make_token(user)])


@shop_page(Right.TEAM, methods=("POST",))
def change(visit: Visit, user: int) -> HttpResponse:
    """Another role, or out of the team. Nobody changes themselves, so that an owner always stays."""
    member = Member.objects.filter(bucket=visit.key.bucket, shop_id=visit.key.shop, user_id=user).first()
    allowed = grantable(visit.role)
    if member is None or Role(member.role) not in allowed or user == visit.user.pk:
        raise Http404
    wanted = visit.request.POST.get("role", "")
    if wanted == "none":
        member.delete()
        visit.note("member.removed", user=user)
    elif wanted in {role.value for role in allowed}:
        Member.objects.filter(pk=member.pk).update(role=wanted)
        visit.note("member.role", user=user, role=wanted)
    return redirect("team", shop=visit.shop.id)


@sensitive_post_parameters("password")
def welcome(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Somebody who was invited chooses a password. The link works once, and for three days."""
    user = _invitee(uid)
    if user is None or not default_token_generator.check_token(user, token):
        return render(request, "console/stale_link.html", status=404)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user.set_password(form.cleaned_data["password"])
        user.save()
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("home")
    return render(request, "console/welcome.html", {"form": form, "address": user.get_username()})


def _invitee(uid: str) -> User | None:
    try:
        pk = int(urlsafe_base64_decode(uid).decode())
    except (ValueError, UnicodeDecodeError):
        return None
    user = get_user_model().objects.filter(pk=pk).first()
    return user if isinstance(user, User) else None
