"""People: how they log in, for how long, and the mail that they get."""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

from config.settings.application import LANGUAGES
from config.settings.place import WHARF_DATA_DIR, base_address, env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.NameOrEmail"]
PASSWORD_HASHERS = [
    "accounts.hashing.PatientPasswordHasher",  # the first one is for people
    "accounts.oauth.secrets.ClientSecretHasher",
]
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=4).total_seconds())
LOGIN_URL = "/auth/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/auth/login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.password_rules.KnownPasswords"},
    {"NAME": "accounts.password_rules.WordsOfThisServer"},
]
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())  # since the log-in, or what changed in the session since
WHARF_SESSION = timedelta(days=30)  # from the log-in, however busy the session is
WHARF_MOST_SESSIONS = 100  # of a person
WHARF_STAFF_SESSION = timedelta(hours=12)  # from the log-in of somebody who may use the admin
# From the wish to have an account deleted until it is, in which it can be kept
WHARF_DELETION_AFTER = timedelta(days=env.int("WHARF_DELETION_DAYS", default=7))
WHARF_PROVEN_FOR = timedelta(minutes=15)  # since somebody has shown again who they are
WHARF_STAFF_PROVEN_FOR = timedelta(hours=1)  # the same in the admin, for which a log-in counts, too
# Whether operators must have a second step of their log-in to use the admin
WHARF_STAFF_SECOND_FACTOR = env.bool("WHARF_STAFF_SECOND_FACTOR", default=False)
WHARF_UNPROVEN_KEPT = timedelta(days=3)  # until an account is removed that somebody began to make and never proved
# Of pages whose browser asks for none that there is, and of mails to people of whom none is known
WHARF_LANGUAGE = env.str("WHARF_LANGUAGE", default="en")
if WHARF_LANGUAGE not in dict(LANGUAGES):
    raise ImproperlyConfigured(f"WHARF_LANGUAGE must be one of {', '.join(dict(LANGUAGES))}, not {WHARF_LANGUAGE!r}.")
WHARF_SIGN_UP = env.bool("WHARF_SIGN_UP", default=True)
WHARF_DEFAULT_QUOTA = env.int("WHARF_DEFAULT_QUOTA", default=0) or None  # bytes; 0: no limit

# django-allauth: sign-up, log-in, addresses, second steps, sessions (accounts/entry)

ACCOUNT_ADAPTER = "accounts.entry.adapter.PeopleAdapter"
ACCOUNT_RATE_LIMITS = False  # they would be counted in the cache: ours stand in the database (accounts/throttles.py)
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False  # who is logged in may log in as somebody else
ACCOUNT_CHANGE_EMAIL = True  # an account has one address, and another one once that is proven
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL = "/settings/account"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = int(WHARF_PROVEN_FOR.total_seconds())
ACCOUNT_FORMS = {
    "login": "accounts.entry.forms.LogInForm",
    "signup": "accounts.entry.forms.SignUpForm",
    "confirm_email_verification_code": "accounts.entry.forms.AddressCodeForm",
    "add_email": "accounts.entry.forms.NewAddressForm",
    "reauthenticate": "accounts.entry.forms.PasswordAgainForm",
    "reset_password": "accounts.entry.forms.ResetForm",
    "reset_password_from_key": "accounts.forms.SetPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "user_token": "accounts.entry.forms.LinkForm",
}
MFA_ADAPTER = "accounts.entry.factors.FactorsAdapter"
MFA_RATE_LIMITS = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True  # beside the password, which every account has
MFA_TOTP_TOLERANCE = 1  # codes: the one before and the one after are good as well
MFA_FORMS = {
    "authenticate": "accounts.entry.factor_forms.SecondStepForm",
    "reauthenticate": "accounts.entry.factor_forms.CodeAgainForm",
    "activate_totp": "accounts.entry.factor_forms.AppForm",
    "add_webauthn": "accounts.entry.factor_forms.PasskeyForm",
    "edit_webauthn": "accounts.entry.factor_forms.PasskeyNameForm",
    "authenticate_webauthn": "accounts.entry.factor_forms.PasskeyStepForm",
    "login_webauthn": "accounts.entry.factor_forms.PasskeyLogInForm",
    "reauthenticate_webauthn": "accounts.entry.factor_forms.PasskeyAgainForm",
}

# Mail: files in the data folder until a server is named

EMAIL_CONFIG = env.email_url("EMAIL_URL", default=f"filemail:///{WHARF_DATA_DIR / 'mail'}")
if EMAIL_CONFIG["EMAIL_FILE_PATH"]:  # the parser takes the path's first slash away
    EMAIL_CONFIG["EMAIL_FILE_PATH"] = "/" + EMAIL_CONFIG["EMAIL_FILE_PATH"].lstrip("/")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 30  # seconds; without it, a mail server that hangs would hold a thread for ever
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Wharf <wharf@{base_address.hostname}>")
