"""The addresses of allauth that Sourcier uses, under its own words. Sign-up and e-mail management are not exposed."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import path, re_path

urlpatterns = [
    path("connexion/", account.login, name="account_login"),
    path("deconnexion/", account.logout, name="account_logout"),
    path("desactive/", account.account_inactive, name="account_inactive"),
    path("confirmer/", account.reauthenticate, name="account_reauthenticate"),
    path("mot-de-passe/", account.password_change, name="account_change_password"),
    path("mot-de-passe/oublie/", account.password_reset, name="account_reset_password"),
    path("mot-de-passe/envoye/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^mot-de-passe/choisir/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("mot-de-passe/change/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("double-verification/", mfa.index, name="mfa_index"),
    path("double-verification/code/", mfa.authenticate, name="mfa_authenticate"),
    path("double-verification/confirmer/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("double-verification/activer/", totp.activate_totp, name="mfa_activate_totp"),
    path("double-verification/desactiver/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("double-verification/secours/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("double-verification/secours/refaire/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("double-verification/secours/telecharger/", recovery.download_recovery_codes, name="mfa_download_recovery_codes"),
]
