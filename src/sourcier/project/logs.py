"""What the logs may hold: never a secret link."""

import logging
import re

SECRET_PATH = re.compile(r"(/r/|/avis/confirmer/)[A-Za-z0-9_\-]{16,}")


def cut_secrets(text: str) -> str:
    """The text without the token of a firm's link: « /r/… »."""
    return SECRET_PATH.sub(r"\1…", text)


class DiscreetFormatter(logging.Formatter):
    """Cuts the tokens from the whole line, traceback included: a path can come from anywhere."""

    def format(self, record: logging.LogRecord) -> str:
        return cut_secrets(super().format(record))
