"""Every address of the console. Whatever is beneath /console/<shop>/ passes the door in doors.py."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, register_converter

from wraca.console.assets import asset
from wraca.console.pages import (
    audiences,
    beginning,
    carts,
    chats,
    composer,
    drafts,
    editor,
    feeds,
    journeys,
    newsletter,
    notices,
    offers,
    onsite,
    outbox,
    overview,
    pushing,
    reasons,
    settings,
    sms,
    starting,
    team,
    template_versions,
    templates,
    trying_out,
    versions,
    webhooks,
)
from wraca.console.pages import dry_run as trying


class IdConverter:
    """32 lower-case hexadecimal digits."""

    regex = "[0-9a-f]{32}"

    @staticmethod
    def to_python(value: str) -> str:
        return value

    @staticmethod
    def to_url(value: str) -> str:
        return str(value)


class FormConverter(IdConverter):
    regex = "html|text"


register_converter(IdConverter, "id")
register_converter(FormConverter, "form")


def _closed(_request: HttpRequest) -> HttpResponse:
    """Pages that allauth wants to name; Wraca has none of them: accounts come by invitation."""
    raise Http404


_accounts = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("two-factor/", mfa.index, name="mfa_index"),
    path("two-factor/sign-in/", mfa.authenticate, name="mfa_authenticate"),
    path("two-factor/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("two-factor/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("two-factor/app/off/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("two-factor/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("two-factor/codes/new/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("two-factor/codes/file/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("closed/sign-up/", _closed, name="account_signup"),
    path("closed/email/", _closed, name="account_email"),
    path("closed/password-set/", _closed, name="account_set_password"),
    path("closed/verification/", _closed, name="account_email_verification_sent"),
]

_shop = [
    path("", overview.show, name="overview"),
    path("carts/", carts.show, name="carts"),
    path("carts/<id:cart>/", carts.one, name="cart"),
    path("people/", carts.find, name="people"),
    path("people/<id:person>/", carts.person, name="person"),
    path("chats/", chats.show, name="chats"),
    path("chats/live/", chats.live, name="chats_live"),
    path("chats/answers/", chats.answers, name="chat_answers"),
    path("chats/<id:chat>/", chats.one, name="chat"),
    path("chats/<id:chat>/side/", chats.side, name="chat_side"),
    path("chats/<id:chat>/lines/", chats.lines, name="chat_lines"),
    path("chats/<id:chat>/file/<int:number>/", chats.file, name="chat_file"),
    path("journeys/", journeys.show, name="journeys"),
    path("journeys/add/", journeys.add, name="journey_add"),
    path("journeys/new/", drafts.new, name="journey_new"),
    path("journeys/import/", drafts.bring, name="journey_import"),
    path("journeys/<slug:name>/", journeys.one, name="journey"),
    path("journeys/<slug:name>/edit/", editor.edit, name="journey_edit"),
    path("journeys/<slug:name>/file/", drafts.file, name="journey_file"),
    path("journeys/<slug:name>/compare/", versions.compare, name="journey_compare"),
    path("journeys/<slug:name>/migrate/", versions.migrate, name="journey_migrate"),
    path("journeys/<slug:name>/start/", starting.start, name="journey_start"),
    path("journeys/<slug:name>/times/", journeys.times, name="journey_times"),
    path("journeys/<slug:name>/code/", journeys.code, name="journey_code"),
    path("journeys/<slug:name>/versions/", journeys.versions, name="journey_versions"),
    path("journeys/<slug:name>/switch/", journeys.switch, name="journey_switch"),
    path("journeys/<slug:name>/try/", trying.show, name="journey_try"),
    path("journeys/<slug:name>/try/<id:rehearsal>/", trying.one, name="journey_rehearsal"),
    path("journeys/<slug:name>/texts/", templates.of_journey, name="texts"),
    path("templates/", templates.show, name="templates"),
    path("templates/new/", templates.new, name="template_new"),
    path("templates/<slug:template>/drop/", templates.drop, name="template_drop"),
    path("templates/<slug:template>/<slug:language>/", composer.edit, name="template"),
    path("templates/<slug:template>/<slug:language>/preview/<form:form>/", composer.preview, name="template_preview"),
    path("templates/<slug:template>/<slug:language>/reader/", trying_out.choose, name="template_reader"),
    path("templates/<slug:template>/<slug:language>/test/", trying_out.send, name="template_test"),
    path("templates/<slug:template>/<slug:language>/versions/", template_versions.show, name="template_versions"),
    path("templates/<slug:template>/<slug:language>/compare/", template_versions.compare, name="template_compare"),
    path("reasons/", reasons.show, name="reasons"),
    path("reasons/file/", reasons.counts_file, name="reasons_file"),
    path("reasons/words/", reasons.words_file, name="answers_file"),
    path("offers/", offers.show, name="offers"),
    path("onsite/", onsite.show, name="onsite"),
    path("onsite/<slug:placement>/", onsite.one, name="placement"),
    path("onsite/<slug:placement>/switch/", onsite.turn, name="placement_switch"),
    path("onsite/<slug:placement>/preview/", onsite.preview, name="placement_preview"),
    path("audiences/", audiences.show, name="audiences"),
    path("audiences/<str:audience>/", audiences.one, name="audience"),
    path("audiences/<str:audience>/file/csv/", audiences.file, name="audience_file"),
    path("audiences/<str:audience>/<slug:platform>/", audiences.copy, name="audience_copy"),
    path("feeds/", feeds.show, name="feeds"),
    path("notices/", notices.show, name="notices"),
    path("messages/", outbox.show, name="messages"),
    path("messages/<id:message>/", outbox.one, name="message"),
    path("messages/<id:message>/<form:form>/", outbox.preview, name="message_preview"),
    path("settings/", settings.shop, name="settings"),
    path("settings/pause/", settings.pause, name="pause"),
    path("settings/keys/", settings.keys, name="keys"),
    path("settings/sms/", sms.show, name="sms"),
    path("settings/channels/<slug:channel>/", settings.channel, name="channel"),
    path("settings/channels/<slug:channel>/test/", settings.test, name="channel_test"),
    path("settings/push-key/", pushing.new_key, name="push_key"),
    path("settings/team/", team.show, name="team"),
    path("settings/team/<int:user>/", team.change, name="team_change"),
    path("settings/newsletter/", newsletter.show, name="newsletter"),
    path("settings/newsletter/file/", newsletter.links_file, name="newsletter_file"),
    path("settings/webhooks/", webhooks.show, name="webhooks"),
    path("settings/webhooks/<id:endpoint>/", webhooks.one, name="webhook"),
    path("settings/log/", settings.log, name="audit"),
    path("settings/log/file/", settings.log_file, name="audit_file"),
]

urlpatterns = [
    path("", overview.root),
    path("console/", overview.home, name="home"),
    path("console/static/<path:path>", asset, name="asset"),
    path("console/first-run/", beginning.first, name="first_run"),
    path("console/new-shop/", beginning.new_shop, name="new_shop"),
    path("console/language/", beginning.language, name="language"),
    path("console/welcome/<str:uid>/<str:token>/", team.welcome, name="welcome"),
    path("console/account/", include(_accounts)),
    path("console/<id:shop>/", include(_shop)),
]

handler400 = "wraca.console.errors.not_found"
handler403 = "wraca.console.errors.forbidden"
handler404 = "wraca.console.errors.not_found"
handler500 = "wraca.console.errors.failed"
