"""Asking the market: panel, request, invitations, questions and answers, deadline.

Nouns: `Sourcing` (information, quotes, one firm directly), its `Search`es and `Candidate`s (the panel, with every reason), its
request (`PriceLine`, `Criterion`, `Question`, documents), one `Invitation` per firm asked, `FirmQuestion`, `Extension`, `Relay`
(what a firm reached by letter must be told otherwise), `NoticeVisit` (who comes by the public notice).
Verbs: `actions/panel.py` → `request.py` → `invite.py` → `questions.py`, `notice.py`, `identity.py` → `closing.py`; higher rooms
move the state on with `progress.py`.

Invariants:
- All firms receive the same information at the same minute; what comes after (answers, a later deadline) goes to all.
- As soon as two answers may come, criteria whose weights make 100 and a price formula were announced.
- Who came by the notice speaks for the address he confirmed, never for the firm, until a buyer has checked who he is.
- Until the opening nobody in the city learns who asked, who came by the notice, who answered.
- No secret rests in the database: see `tokens`.
- An answer is in if its last byte came at the deadline or before, whatever the state says a second later.
"""
