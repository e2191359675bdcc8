from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "sourcier.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from datetime import timedelta

        from sourcier.mail.due import register_due
        from sourcier.web.notices import send_waiting_notices

        register_due("waiting_notices", send_waiting_notices, every=timedelta(minutes=1), atomic=False)
