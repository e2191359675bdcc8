"""What the logs may hold: never a secret link."""

import logging
import re

SECRET_PATH = re.compile(r"(/r/confirmer/|/r/|/avis/confirmer/|/sms/)[A-Za-z0-9_\-.]{16,}")


def cut_secrets(text: str) -> str:
    """The text without the token of a firm's link: « /r/… »."""
    return SECRET_PATH.sub(r"\1…", text)


class DiscreetFormatter(logging.Formatter):
    """Cuts the tokens from the whole line, traceback included: a path can come from anywhere."""

    def format(self, record: logging.LogRecord) -> str:
        return cut_secrets(super().format(record))


class NoTraceOfRefusals(logging.Filter):
    """A page refused, not found or badly asked for is a line; the trace is for what broke here."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True
