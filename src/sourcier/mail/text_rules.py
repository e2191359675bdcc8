"""What becomes of an SMS after an attempt. Pure; the states are those of a message (`rules`)."""

from datetime import timedelta

from sourcier.mail.rules import MAX_ATTEMPTS, WAITS, Outcome, Verb

ACCOUNT_WAIT = timedelta(minutes=5)
# Answers that concern our account or our settings, not the number written to: they must not condemn a city's numbers.
_OURS = {401, 402, 403, 404, 405, 406, 407, 411, 415, 421, 426}
_LATER = {408, 409, 423, 425, 429}


def down() -> Outcome:
    """The gateway cannot be reached: texts wait as long as it takes."""
    return Outcome(Verb.DEFER, ACCOUNT_WAIT, False, "La passerelle de SMS ne répond pas. Le SMS attend et partira tout seul.")


def silent(attempts: int) -> Outcome:
    """It took the text, perhaps, and said nothing: the next attempt bears the same number."""
    return _later(attempts, "La passerelle de SMS n'a pas fini de répondre.")


def answered(code: int, attempts: int) -> Outcome:
    """It answered with an HTTP status other than success, at the `attempts`-th attempt."""
    if code in _OURS or 300 <= code < 400:
        return Outcome(
            Verb.DEFER, ACCOUNT_WAIT, False,
            f"La passerelle de SMS refuse le compte de la ville ({code}). Le SMS attend. Prévenez l'administrateur.",
        )  # fmt: skip
    if 400 <= code < 500 and code not in _LATER:
        return Outcome(Verb.FAIL, sentence=f"La passerelle de SMS refuse ce numéro ({code}).", address_refused=True)
    return _later(attempts, f"La passerelle de SMS demande d'attendre ({code}).")


def stopped() -> Outcome:
    """The number answered « STOP » since the text was asked for."""
    return Outcome(Verb.FAIL, sentence="Ce numéro a répondu STOP : aucun SMS n'y part plus.")


def _later(attempts: int, sentence: str) -> Outcome:
    if attempts >= MAX_ATTEMPTS:
        return Outcome(Verb.FAIL, sentence=f"{sentence} Abandon après {attempts} essais.")
    return Outcome(Verb.DEFER, WAITS[max(attempts, 1) - 1], sentence=sentence)
