"""Making a need precise: the few questions of its family, what its words already answer, and how precise it is.

Pure: no Django, no clock. The questions are ours (`data/questions.tsv`), and a list of them for each family of
`spend/data/families.tsv` (`data/question_lists.tsv`). Nothing here stops a need from being sent: it helps.
"""
