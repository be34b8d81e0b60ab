"""Every setting, read from the environment once. Each variable is described in docs/reference/settings.md."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from environs import Env, validate

from anlan.kernel import clock
from anlan.web import logs, store
from anlan.web.work_settings import *  # noqa: F403  the names are settings, read through django.conf

env = Env(expand_vars=False)
OIDC_CLAIMS = ("preferred_username", "email", "phone_number")  # by which the city's sign-in may name an account

HOME = store.home()
DEBUG = env.bool("ANLAN_DEBUG", default=False)
DEMO = env.bool("ANLAN_DEMO", default=False)
SPEECH: str = env.str("ANLAN_SPEECH", "espeak-ng -v cmn -s 160 --stdin --stdout")  # reads aloud: text in, WAV out
PUBLIC_URL = env.str("ANLAN_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
SECURE = PUBLIC_URL.startswith("https://")
CITY_NAME = env.str("ANLAN_CITY_NAME", "安澜")


def secret(name: str, *, size: int = 32) -> str:
    """Return a secret kept as a file in ANLAN_HOME/keys, made by `anlan init`; the environment overrides it.

    Before `anlan init` (a lint run, `--help`) it is random, so that nothing can be signed with a known key.
    """
    kept = HOME / "keys" / name.lower()
    value: str = env.str(f"ANLAN_{name}", "")
    return value or (kept.read_text().strip() if kept.is_file() else os.urandom(size).hex())


SECRET_KEY = secret("SECRET_KEY")
FIELD_KEY = secret("FIELD_KEY")  # encrypts phones, identity numbers, private text
LOOKUP_KEY = secret("LOOKUP_KEY")  # HMAC by which an encrypted phone is found

ALLOWED_HOSTS = env.list(
    "ANLAN_ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", urlsplit(PUBLIC_URL).hostname or ""]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# --- store


def database(url: str) -> dict[str, object]:
    """Turn a postgresql:// URL into Django's dict; query parameters become libpq options, `host` a socket folder."""
    parts = urlsplit(url)
    options: dict[str, object] = dict(parse_qsl(parts.query))
    host = str(options.pop("host", None) or parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": False,
        "OPTIONS": options,
    }


DATABASE_URL = env.str("DATABASE_URL", "")  # empty: the embedded PostgreSQL in ANLAN_HOME
OWNER_DATABASE_URL = env.str("ANLAN_OWNER_DATABASE_URL", "")
AS_OWNER = env.bool("ANLAN_AS_OWNER", default=False)
EMBEDDED_URL = f"postgresql://anlan_app@/anlan?host={store.sockets(HOME)}"
EMBEDDED_OWNER_URL = f"postgresql://anlan_owner@/anlan?host={store.sockets(HOME)}"
_app_url = DATABASE_URL or EMBEDDED_URL
_owner_url = OWNER_DATABASE_URL or DATABASE_URL or EMBEDDED_OWNER_URL
DATABASES = {"default": database(_owner_url if AS_OWNER else _app_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- applications

INSTALLED_APPS = [
    "anlan.web",
    "anlan.analytics",
    "anlan.incidents",
    "anlan.alerts",
    "anlan.hazards",
    "anlan.sensing",
    "anlan.fieldwork",
    "anlan.callout",
    "anlan.people",
    "anlan.places",
    "anlan.ledger",
    "procrastinate.contrib.django",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "axes",
    "csp",
    "ninja",
]

MIDDLEWARE = [
    "anlan.web.health.CountMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "anlan.web.middleware.ActorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "anlan.web.urls"
WSGI_APPLICATION = "anlan.web.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "anlan.web.shell.context",
            ],
            "builtins": ["anlan.web.templatetags.anlan"],
        },
    }
]

# --- language and time

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("ANLAN_TIME_ZONE", "Asia/Shanghai")
if _hurried := env.str("ANLAN_CLOCK", ""):  # set by `anlan drill` alone, for a database of its own
    clock.hurry(*map(float, _hurried.split("*")))

# --- files served

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static" if (HOME / "static").is_dir() else None  # only for nginx: mkdir, then collectstatic
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"/dist/.*-[\w-]{8}\.\w+$"  # Vite names a file by its content
MEDIA_ROOT = HOME / "media"

# --- sign-in

AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "demo:seats" if DEMO else "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "anlan.web.signin.ClosedAdapter"
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,10/5m/key"}  # guesses of the second factor; axes counts passwords
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
MFA_ADAPTER = "anlan.web.signin.SealedAdapter"
MFA_TOTP_ISSUER = "安澜"
SECOND_FACTOR = env.bool("ANLAN_SECOND_FACTOR", default=not DEMO)  # posts whose role says so must sign in with one
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "anlan.web.signin.PasskeyForm"}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
PASSWORD_RESET_TIMEOUT = env.int("ANLAN_PASSWORD_LINK_HOURS", 48) * 3600
AXES_RESET_ON_SUCCESS = True
USERSESSIONS_TRACK_ACTIVITY = True
AXES_FAILURE_LIMIT = env.int("ANLAN_LOGIN_FAILURES", 5)
AXES_COOLOFF_TIME = env.float("ANLAN_LOGIN_COOLOFF_HOURS", 0.25)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "anlan.web.pages.locked_out"

# --- the city's own sign-in (OpenID Connect) and provisioning (SCIM)

OIDC_URL = env.str("ANLAN_OIDC_URL", "").rstrip("/")
OIDC_NAME = env.str("ANLAN_OIDC_NAME", "统一身份认证")
OIDC_MATCH = env.str("ANLAN_OIDC_MATCH", "preferred_username", validate=validate.OneOf(OIDC_CLAIMS))
SOCIALACCOUNT_ADAPTER = "anlan.web.signin.CityAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "SCOPE": env.list("ANLAN_OIDC_SCOPES", ["openid", "profile"]),
        "APPS": [
            {
                "provider_id": "city",
                "name": OIDC_NAME,
                "client_id": env.str("ANLAN_OIDC_CLIENT", "anlan"),
                "secret": secret("OIDC_SECRET") if OIDC_URL else "",
                "settings": {"server_url": OIDC_URL},
            }
        ]
        if OIDC_URL
        else [],
    }
}
SCIM_TOKEN = env.str("ANLAN_SCIM_TOKEN", "")  # without one /scim/v2 is not there

# --- security headers

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = env.int("ANLAN_SESSION_HOURS", 12) * 3600
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("ANLAN_BEHIND_PROXY", default=False) else None
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "anlan.web.pages.csrf_failed"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "worker-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'", *([OIDC_URL] if OIDC_URL else [])],
    }
}

# --- duty roster

DUTY_REST_HOURS = env.int("ANLAN_DUTY_REST_HOURS", 12)  # least rest between two shifts, for a rota that says no other
DUTY_GAP_HOURS = env.int("ANLAN_DUTY_GAP_HOURS", 24)  # how far ahead a hole in a shift is looked for

# --- ledger and call-out

SEAL_HASH = env.str("ANLAN_SEAL_HASH", "sha256")  # or sm3
PUSH_LOOPBACK = env.bool("ANLAN_PUSH_LOOPBACK", default=False)  # a push service on this machine: for tests

DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("ANLAN_UPLOAD_MB", 40) * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- the duty list

ASSIGNMENT_RULE = env.str("ANLAN_ASSIGNMENT_RULE", "《北京市接诉即办工作条例》第十七条")

# --- jobs, logs, the watchdog

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
LOG_LEVEL = env.str("ANLAN_LOG_LEVEL", "INFO").upper()
LOGGING = logs.config(LOG_LEVEL, plain=env.bool("ANLAN_LOG_PLAIN", default=False))
METRICS_TOKEN = env.str("ANLAN_METRICS_TOKEN", "")  # without one /metrics answers loopback only
WATCHDOG_URL = env.str("ANLAN_WATCHDOG_URL", "")
WATCHDOG_MAIL: list[str] = env.list("ANLAN_WATCHDOG_MAIL", [])
WATCHDOG_COMMAND = env.str("ANLAN_WATCHDOG_COMMAND", "")
DISK_FREE_MB = env.int("ANLAN_DISK_FREE_MB", 2048)

# --- mail

EMAIL_HOST = env.str("ANLAN_SMTP_HOST", "")
EMAIL_PORT = env.int("ANLAN_SMTP_PORT", 465)
EMAIL_HOST_USER = env.str("ANLAN_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.str("ANLAN_SMTP_PASSWORD", "")
EMAIL_USE_SSL = env.bool("ANLAN_SMTP_SSL", default=True)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("ANLAN_MAIL_FROM", "anlan@localhost")
