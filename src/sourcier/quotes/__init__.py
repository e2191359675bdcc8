"""What came back: sealed answers, opening, comparison, choice and its reasons.

An answer is in when its last byte reached the server at the deadline or before. It may be replaced until then; the old one
is kept. A late one is kept in a closed envelope that nobody opens. Nobody in the city reads, counts or guesses before the
opening.
"""
