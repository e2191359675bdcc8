"""Accounts are opened by the city's administrator, never by sign-up. allauth signs in; its words and its mail are ours."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    default_token_generator,
)
from allauth.account.utils import user_pk_to_url_str
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings as mfa
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as CodeAgainForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from sourcier.accounts.agents import agent_for
from sourcier.accounts.models import User
from sourcier.mail.actions import enqueue
from sourcier.mail.rules import SECRET_MARK

ADVICE = "12 caractères au moins. Quelques mots sans lien entre eux se retiennent bien."


class ClosedAdapter(DefaultAccountAdapter):
    """No sign-up; mail leaves by the outbox of the person's city, which tries again when the server is down."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Only mail to a person who has a role: allauth asks for no other here."""
        user = context["user"]
        agent = agent_for(user)
        if agent is None:
            return
        secret = context.get("password_reset_url", "")
        words = {**context, "organisation": agent.organisation, "password_reset_url": SECRET_MARK}
        with transaction.atomic():
            enqueue(
                agent.organisation,
                kind="account",
                to_address=user.email,
                to_name=user.name,
                subject=" ".join(render_to_string(f"{template_prefix}_subject.txt", words).split()),
                body=render_to_string(f"{template_prefix}_message.txt", words).strip() + "\n",
                reply_to=agent.organisation.email,
                secret=secret,
            )


def password_link(user: User) -> str:
    """The address where this person chooses a password: valid three days (`PASSWORD_RESET_TIMEOUT`), once."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key)


class Plain(forms.Form):
    """Takes the grey words out of the fields (the label says it) and gives ours: `words` is {field: (label, help)}."""

    words: dict[str, tuple[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label, field.help_text = self.words.get(name, (field.label, ""))


class SignIn(Plain, LoginForm):
    words = {
        "login": ("Votre adresse électronique", ""),
        "password": ("Votre mot de passe", ""),
        "remember": ("Rester connecté sur cet appareil", ""),
    }


class ForgottenPassword(Plain, ResetPasswordForm):
    words = {"email": ("Votre adresse électronique professionnelle", "")}


class NewPassword(Plain, ResetPasswordKeyForm):
    words = {"password1": ("Nouveau mot de passe", ADVICE), "password2": ("Le même, encore une fois", "")}


class OtherPassword(Plain, ChangePasswordForm):
    words = {"oldpassword": ("Mot de passe actuel", ""), **NewPassword.words}


class PasswordAgain(Plain, ReauthenticateForm):
    words = {"password": ("Votre mot de passe", "")}


CODE = {"code": ("Code à 6 chiffres", "Celui que montre l'application de votre téléphone.")}


class ServesOnce(BaseAuthenticateForm):
    """A code that was used is refused for as long as the tolerance would accept it; allauth remembers it for one step only."""

    def clean_code(self) -> str:
        code = super().clean_code()
        seconds = mfa.TOTP_PERIOD * (2 * mfa.TOTP_TOLERANCE + 1)
        if not cache.add(f"second-code-used:{self.user.pk}:{normalize_user_code(code)}", "yes", timeout=seconds):
            raise get_adapter().validation_error("incorrect_code")
        return code


class SecondStep(Plain, ServesOnce, AuthenticateForm):
    words = {"code": ("Code", "Les 6 chiffres de l'application, ou l'un de vos codes de secours.")}


class SecondStepAgain(Plain, ServesOnce, CodeAgainForm):
    words = SecondStep.words


class ActivateApplication(Plain, ActivateTOTPForm):
    words = CODE
