"""The verbs of quotes, in the order of a purchase: answer, evaluate, choose, tell."""
