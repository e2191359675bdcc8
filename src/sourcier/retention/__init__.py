"""How long what a purchase leaves is kept, and how it is destroyed: clocks, holds, visas of the archives, erasures.

A clock is born with the record it is about, in the entry of the act that begins it; its term starts with an event
(notification, end of execution, last contact, departure), stated as unknown until then. Nothing is destroyed while it runs,
while a litigation holds the purchase, or before the archives service has signed. An erasure empties the rows that the rooms
above declare, destroys the payloads, and the files that nothing else cites; every proof stays whole.
"""
