"""Before the first shop: the first account, further shops, the language of the console."""

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language, get_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from wraca.app.journeys import put_journey
from wraca.app.shops import CreatedShop, create_shop
from wraca.console import first_run
from wraca.console.forms import LANGUAGES, AccountForm, FirstRunForm, NewShopForm
from wraca.console.roles import Role
from wraca.console.wiring import wiring
from wraca.domain.journeys.presets import preset_names, preset_text
from wraca.storage.models import Installation, Member, Shop

_YEAR = 365 * 24 * 3600  # seconds


@sensitive_post_parameters("password")
def first(request: HttpRequest) -> HttpResponse:
    """The first account and its shop. Needs the token that the start of Wraca printed; gone with the first account."""
    token = request.POST.get("token", "") or request.GET.get("token", "")
    if not first_run.is_open() or not first_run.fits(token, settings.SECRET_KEY):
        return render(request, "console/stale_link.html", status=404)
    kind = AccountForm if unclaimed() else FirstRunForm
    form = kind(request.POST or None, initial={"language": get_language() or "en"})
    if request.method == "POST" and form.is_valid():
        created = _begin(form)
        if created is None:
            return render(request, "console/stale_link.html", status=404)
        login(request, created, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("home")
    return render(request, "console/first_run.html", {"form": form, "token": token})


def _begin(form: AccountForm | FirstRunForm) -> User | None:
    """The owner, with a shop; None if somebody else was quicker."""
    with transaction.atomic():
        Installation.objects.get_or_create(id=1, defaults={"created_at": wiring().clock()})
        Installation.objects.select_for_update().get(id=1)  # two visitors with the same link: one of them waits here
        if not first_run.is_open():
            return None
        address = form.cleaned_data["email"].strip().lower()
        user = User.objects.create_superuser(username=address, email=address, password=form.cleaned_data["password"])
        if isinstance(form, FirstRunForm):
            _shop(form, user)
        claim(user)
        return user


def unclaimed() -> list[tuple[int, str]]:
    """(bucket, id) of the shops in which nobody has a role: the command line made them."""
    known = set(Member.objects.values_list("shop_id", flat=True))
    return [(bucket, shop) for bucket, shop in Shop.objects.values_list("bucket", "id") if shop not in known]


def claim(user: User) -> None:
    """The installation's owner owns every shop that nobody else has a role in."""
    for bucket, shop in unclaimed():
        Member.objects.get_or_create(bucket=bucket, shop_id=shop, user=user, defaults={"role": Role.OWNER})


def _shop(form: NewShopForm, user: User) -> CreatedShop:
    now = wiring().clock()
    created = create_shop(form.fields_of_shop(), now)
    Member.objects.create(bucket=created.bucket, shop_id=created.id, user=user, role=Role.OWNER)
    for name in preset_names():  # there to be looked at; nothing runs before somebody switches it on
        put_journey(created.bucket, created.id, preset_text(name), user.get_username(), now)
    return created


@login_required
def new_shop(request: HttpRequest) -> HttpResponse:
    """Another shop: for whoever owns the installation."""
    if not request.user.is_superuser:
        raise PermissionDenied
    form = NewShopForm(request.POST or None, initial={"language": get_language() or "en"})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            created = _shop(form, request.user)
        return redirect("overview", shop=created.id)
    return render(request, "console/new_shop.html", {"form": form})


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The language of the console, kept in this browser."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(LANGUAGES) or not check_for_language(chosen):
        raise Http404
    back = request.POST.get("next", "/console/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/console/"
    response = redirect(back)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, chosen, max_age=_YEAR, secure=request.is_secure(), httponly=True, samesite="Lax"
    )
    return response
