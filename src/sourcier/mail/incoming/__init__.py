"""What arrives by e-mail, read in memory: pure, no Django, never an exception.

Nouns: `Incoming` (a message as it is understood), `Attachment`, `Split` (what was written, and what it quotes). Verb: `read`.
Nothing here decides what becomes of a message, and nothing is lost: `quoted` holds all that `text` leaves out.
"""

from sourcier.mail.incoming.kinds import Kind
from sourcier.mail.incoming.message import Attachment, Incoming, read
from sourcier.mail.incoming.quoting import Split, split

__all__ = ["Attachment", "Incoming", "Kind", "Split", "read", "split"]
