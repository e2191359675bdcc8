"""Django settings. Everything that differs from one installation to another comes from environment variables."""

import json
import os
import re
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

PACKAGE = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("SOURCIER_VAR", "var")).resolve()
KEYS = Path(os.environ.get("SOURCIER_KEYS", VAR / "keys")).resolve()
VAULT = Path(os.environ.get("SOURCIER_VAULT", VAR / "vault")).resolve()
REGISTER = os.environ.get("SOURCIER_REGISTER", "")


def _make_folder(folder: Path, variable: str) -> None:
    """Make a folder of ours, closed to others. Raises `ImproperlyConfigured` with what to do."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(
            f"Le dossier {folder} ne peut pas servir ({error.strerror}). Donnez-en un autre à {variable}, "
            "ou le droit d'y écrire au compte du service."
        ) from None


def _port(variable: str, default: str) -> int:
    """A port number. Raises `ImproperlyConfigured`."""
    given = os.environ.get(variable, default)
    if not given.isdecimal() or not 0 < int(given) < 65_536:
        raise ImproperlyConfigured(f"{variable} doit être un numéro de port, comme 587 ; il vaut « {given} ».")
    return int(given)


def _number(variable: str, default: str) -> int:
    """A whole number. Raises `ImproperlyConfigured`."""
    given = os.environ.get(variable, default)
    if not given.isdecimal():
        raise ImproperlyConfigured(f"{variable} doit être un nombre entier ; il vaut « {given} ».")
    return int(given)


def _secret_key() -> str:
    """The key of the environment, else one drawn once and kept beside the other keys, readable by its owner alone."""
    if given := os.environ.get("SOURCIER_SECRET_KEY"):
        return given
    file = KEYS / "secret_key"
    if not file.exists():
        _make_folder(KEYS, "SOURCIER_KEYS")
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return file.read_text()
        with os.fdopen(descriptor, "w") as out:
            out.write(get_random_secret_key())
    return file.read_text()


def _database() -> dict[str, Any]:
    """SQLite in `var/` by default; `SOURCIER_DATABASE_URL=postgresql://user:password@host:port/name` for PostgreSQL."""
    url = urlsplit(os.environ.get("SOURCIER_DATABASE_URL", ""))
    if url.scheme in ("postgres", "postgresql"):
        query = dict(pair.split("=", 1) for pair in url.query.split("&") if "=" in pair)
        return {
            "ENGINE": "sourcier.project.postgresql",
            "NAME": url.path.lstrip("/"),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": unquote(query.get("host", url.hostname or "")),
            "PORT": str(url.port or ""),
            "CONN_HEALTH_CHECKS": True,
        }
    if os.environ.get("SOURCIER_DATABASE_URL"):
        raise ImproperlyConfigured(
            "SOURCIER_DATABASE_URL ne se lit pas. Écrivez postgresql://compte:mot-de-passe@machine:5432/base, "
            "ou retirez-la pour SQLite."
        )
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR / "sourcier.sqlite3",
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON; "
            # What is erased is overwritten, not only left free.
            "PRAGMA secure_delete=ON; "
            # 8 MB of pages: the ends of every index of the orders stay at hand while an export is imported.
            "PRAGMA cache_size=-8000;",
        },
    }


def _authorities() -> tuple[str, ...]:
    """The authorities that stamp the time, in the order they are asked. Raises `ImproperlyConfigured`."""
    urls = tuple(url.strip() for url in os.environ.get("SOURCIER_TSA", "").split(",") if url.strip())
    if not all(urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname for url in urls):
        # The address may hold a password: it is not repeated.
        raise ImproperlyConfigured("SOURCIER_TSA doit donner une ou plusieurs adresses en http:// ou https://, entre virgules.")
    return urls


def _reply_to() -> str:
    """The address that receives the replies, or nothing. Raises `ImproperlyConfigured`."""
    given = os.environ.get("SOURCIER_REPLY_TO", "").strip().lower()
    local, at, domain = given.partition("@")
    if given and (not at or not local or "+" in local or "." not in domain or len(local) > 40):
        raise ImproperlyConfigured("SOURCIER_REPLY_TO doit être une adresse sans « + », comme reponse@ville.example.")
    return given


def _listen() -> tuple[str, str, int] | None:
    """The protocol, host and port where messages arrive, or nothing. Raises `ImproperlyConfigured`."""
    given = os.environ.get("SOURCIER_MAIL_LISTEN", "")
    url = urlsplit(given)
    try:
        if given:
            if url.scheme not in ("smtp", "lmtp") or not url.hostname or not url.port:
                raise ValueError
            return url.scheme, url.hostname, url.port
    except ValueError:
        raise ImproperlyConfigured(
            "SOURCIER_MAIL_LISTEN doit être une adresse comme lmtp://127.0.0.1:2424 ou smtp://127.0.0.1:2525."
        ) from None
    return None


def _resolver() -> str:
    """The address of the DNS resolver, `system` for the machine's own, or nothing. Raises `ImproperlyConfigured`."""
    given = os.environ.get("SOURCIER_DNS", "").strip()
    try:
        if given and given != "system":
            server = urlsplit(f"//{given}")
            ip_address(server.hostname or "")
            _ = server.port
    except ValueError:
        raise ImproperlyConfigured(
            "SOURCIER_DNS doit être une adresse comme 192.0.2.53 ou 127.0.0.1:5353, ou « system »."
        ) from None
    return given


def _imap() -> str:
    """The mailbox to read, or nothing. Raises `ImproperlyConfigured`; the address holds a password and is not repeated."""
    given = os.environ.get("SOURCIER_IMAP", "")
    url = urlsplit(given)
    if given and (url.scheme not in ("imap", "imaps") or not url.hostname or not url.username):
        raise ImproperlyConfigured("SOURCIER_IMAP doit s'écrire imaps://compte:mot-de-passe@machine/INBOX.")
    return given


def _ban_url() -> str:
    """The geocoder, or nothing. Raises `ImproperlyConfigured`; the address may hold a key and is not repeated."""
    given = os.environ.get("SOURCIER_BAN_URL", "").strip()
    url = urlsplit(given)
    if given and (url.scheme not in ("http", "https") or not url.hostname):
        raise ImproperlyConfigured(
            "SOURCIER_BAN_URL doit être une adresse en https://, celle du service d'adresses (…/search/)."
        )
    return given


def _sms_url() -> str:
    """The gateway of the SMS, or nothing. Raises `ImproperlyConfigured`; the address may hold a key and is not repeated."""
    given = os.environ.get("SOURCIER_SMS_URL", "").strip()
    url = urlsplit(given)
    if given and (url.scheme not in ("http", "https") or not url.hostname):
        raise ImproperlyConfigured("SOURCIER_SMS_URL doit être une adresse en https://, celle de la passerelle de SMS.")
    return given


def _sms_body() -> dict[str, Any]:
    """The JSON that the gateway expects, with its places. Raises `ImproperlyConfigured`."""
    given = os.environ.get("SOURCIER_SMS_BODY") or '{"to": "{to}", "text": "{text}", "from": "{sender}", "id": "{id}"}'
    try:
        body = json.loads(given)
    except ValueError:
        body = None
    if not isinstance(body, dict) or "{to}" not in given or "{text}" not in given:
        raise ImproperlyConfigured(
            'SOURCIER_SMS_BODY doit être un objet JSON avec {to} et {text}, comme {"to": "{to}", "text": "{text}"}.'
        )
    return body


def _sms_header() -> tuple[str, str] | None:
    """The header that opens the gateway: « Authorization: Bearer … » or « api-key: … ». Raises `ImproperlyConfigured`."""
    given = os.environ.get("SOURCIER_SMS_HEADER", "")
    name, colon, value = given.partition(":")
    if not given:
        return None
    if not colon or not name.strip().replace("-", "").isalnum() or not value.strip() or not given.isprintable():
        raise ImproperlyConfigured("SOURCIER_SMS_HEADER doit s'écrire comme « Authorization: Bearer votre-clé ».")
    return name.strip(), value.strip()


def _sms_inbound() -> str:
    """The secret in the address where the gateway tells what arrives, or nothing. Raises `ImproperlyConfigured`."""
    given = os.environ.get("SOURCIER_SMS_INBOUND", "")
    if given and not re.fullmatch(r"[A-Za-z0-9_-]{22,128}", given):
        raise ImproperlyConfigured("SOURCIER_SMS_INBOUND doit compter au moins 22 lettres et chiffres tirés au hasard.")
    return given


_make_folder(VAR, "SOURCIER_VAR")
SECRET_KEY = _secret_key()
DEBUG = os.environ.get("SOURCIER_DEBUG") == "1"
SITE_URL = os.environ.get("SOURCIER_URL", "http://127.0.0.1:8000").rstrip("/")
HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = [urlsplit(SITE_URL).hostname or "127.0.0.1", "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "rules",
    "sourcier.journal",
    "sourcier.vault",
    "sourcier.accounts",
    "sourcier.retention",
    "sourcier.mail",
    "sourcier.spend",
    "sourcier.vocabulary",
    "sourcier.needs",
    "sourcier.suppliers",
    "sourcier.sourcing",
    "sourcier.quotes",
    "sourcier.ideas",
    "sourcier.direct",
    "sourcier.insights",
    "sourcier.dossier",
    "sourcier.web",
    "sourcier.project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "sourcier.web.uploads.WeightMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sourcier.web.middleware.AgentMiddleware",
    "sourcier.web.middleware.FormAddressMiddleware",
]

ROOT_URLCONF = "sourcier.project.urls"
WSGI_APPLICATION = "sourcier.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sourcier.web.context.city",
            ],
            "builtins": [
                "sourcier.web.templatetags.claims",
                "sourcier.web.templatetags.french",
                "sourcier.web.templatetags.components",
                "sourcier.web.templatetags.marks",
                "sourcier.web.templatetags.spoken",
            ],
        },
    }
]

DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "sourcier.web.sign_in.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_FORMS = {
    "login": "sourcier.web.sign_in.SignIn",
    "reset_password": "sourcier.web.sign_in.ForgottenPassword",
    "reset_password_from_key": "sourcier.web.sign_in.NewPassword",
    "change_password": "sourcier.web.sign_in.OtherPassword",
    "reauthenticate": "sourcier.web.sign_in.PasswordAgain",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Sourcier"
# Steps of 30 s accepted before and after the present one (allauth's default is none). One: a code copied while the telephone
# shows the next one still serves, as RFC 6238 allows in its section 5.2, and a telephone may be half a minute wrong.
# Such a code lives 90 s instead of 30: `web.sign_in.ServesOnce` remembers as long that it was used.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "sourcier.web.sign_in.SecondStep",
    "reauthenticate": "sourcier.web.sign_in.SecondStepAgain",
    "activate_totp": "sourcier.web.sign_in.ActivateApplication",
}

LANGUAGE_CODE = "fr"
LANGUAGES = [  # of the firm's pages alone
    ("fr", "Français"), ("fr-falc", "Français facile"), ("en", "English"), ("pt", "Português"), ("ar", "العربية"),
    ("tr", "Türkçe"),
]  # fmt: skip
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
WHITENOISE_USE_FINDERS = True

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

# One file may weigh 25 MB, one answer 100 MB (`vault.rules`, `web.uploads`); above 1 MB they wait on the disk, encrypted.
FILE_UPLOAD_HANDLERS = [
    "sourcier.web.uploads.CuttingHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "sourcier.web.spool.SpoolingHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_NUMBER_FILES = 40
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

EMAIL_HOST = os.environ.get("SOURCIER_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = _port("SOURCIER_SMTP_PORT", "25")
EMAIL_HOST_USER = os.environ.get("SOURCIER_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("SOURCIER_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("SOURCIER_SMTP_STARTTLS") == "1"
EMAIL_USE_SSL = os.environ.get("SOURCIER_SMTP_TLS") == "1"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("SOURCIER_FROM", "ne-pas-repondre@ville.example")

# Messages a minute to the addresses of one domain; 0: as many as there are. More, and the large providers refuse them all.
MAIL_PER_DOMAIN = _number("SOURCIER_MAIL_PER_DOMAIN", "100")

# Where firms reply: `reponse@ville.example` makes `reponse+…@ville.example`, one address for each firm asked.
REPLY_TO = _reply_to()
MAIL_LISTEN = _listen()
# Whom to ask for the keys that check the signatures of domains (DKIM): an address, or « system »; nobody otherwise.
RESOLVER = _resolver()
IMAP = _imap()

# Addresses are found in the register; a geocoder of the city's choice is asked first when it is set.
BAN_URL = _ban_url()
BAN_TIMEOUT = 3.0

# SMS leave by an HTTP gateway. Without its address no page speaks of SMS.
SMS_URL = _sms_url()
SMS_BODY = _sms_body()
SMS_HEADER = _sms_header()
SMS_SENDER = os.environ.get("SOURCIER_SMS_SENDER", "")
SMS_INBOUND = _sms_inbound()
SMS_TIMEOUT = 10.0

# Between the deadline of a request and the opening of its sealed quotes: what was on its way arrives, clocks agree.
OPENING_WAIT = timedelta(seconds=int(os.environ.get("SOURCIER_OPENING_WAIT", "300")))
TSA = _authorities()
TSA_ROOTS = os.environ.get("SOURCIER_TSA_ROOTS", "")
TSA_TIMEOUT = 10.0

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "sourcier.project.logs.DiscreetFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "filters": {"refusals": {"()": "sourcier.project.logs.NoTraceOfRefusals"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["refusals"]}},
    "loggers": {"django.server": {"handlers": ["stderr"], "propagate": False}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("SOURCIER_LOG", "WARNING")},
}
