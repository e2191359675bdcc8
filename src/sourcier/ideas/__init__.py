"""What firms propose to the city without being asked, and what the city answers.

Nouns: `Idea`. Verbs: propose (a firm); route, check, answer, tell (the city).
Invariants: nobody but the city reads an idea; each has a department or the purchasing service, a receipt, and a day by which it
is answered; an answer is written once.
"""
