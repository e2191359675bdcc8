"""Someone who presses « En faire deux besoins » when told: `python -m tests.needs.splitter DATABASE USER`.

Each line of the standard input is a draft and the version at which its page was read; the page that comes is one line out.
"""

import json
import sys


def main(database: str, user_id: str) -> None:
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    from django.test import Client
    from django.urls import reverse

    from sourcier.accounts.models import User

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(pk=user_id), backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get(reverse("needs"))
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        need, version = line.split()
        page = client.post(reverse("need_split", args=[need]), {"version": version}, follow=True)
        print(json.dumps(page.content.decode()), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
