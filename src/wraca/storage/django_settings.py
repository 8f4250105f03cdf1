"""Django's settings, made from Wraca's. Only the console, the cold tables and the migrations see them."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from wraca import settings as wraca_settings

_settings = wraca_settings.load()
_public = urlsplit(_settings.public_url)
_console = Path(__file__).resolve().parents[1] / "console"


def _database() -> dict[str, object]:
    if _settings.sqlite_path is not None:
        return {
            "ENGINE": "wraca.storage.sqlite_backend",
            "NAME": str(_settings.sqlite_path.resolve()),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 15},
        }
    url = urlsplit(_settings.database_url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or dict(part.partition("=")[::2] for part in url.query.split("&")).get("host", ""),
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": 60,
    }


SECRET_KEY = _settings.secret_key
DEBUG = _settings.debug
ALLOWED_HOSTS = [_public.hostname or "", "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
DATABASES = {"default": _database()}
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = (("en", "English"), ("pl", "Polski"), ("bg", "Български"))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "wraca.storage",
    "wraca.console",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "wraca.console.sessions.SessionLimits",
    "wraca.console.headers.SafeHeaders",
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"]
ROOT_URLCONF = "wraca.console.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_console / "templates"],  # before those that allauth brings
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wraca.console.surroundings.surroundings",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
LOCALE_PATHS = [_console / "locale"]
STATIC_URL = "/console/static/"

# Accounts come from the first-run page and from invitations; there is no sign-up and no mail from the console itself.
ACCOUNT_ADAPTER = "wraca.console.accounts.ConsoleAccounts"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Wraca"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600  # seconds: how long an invitation is good
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# With https every cookie is bound to this very host; without it (a trial on one's own machine) browsers refuse such names.
_is_https = _public.scheme == "https"
_host = "__Host-" if _is_https else ""
SESSION_COOKIE_NAME = f"{_host}wraca_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600  # seconds
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
CSRF_COOKIE_NAME = f"{_host}wraca_csrf"
CSRF_FAILURE_VIEW = "wraca.console.errors.csrf_failed"
LANGUAGE_COOKIE_NAME = "wraca_language"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _is_https else 0
