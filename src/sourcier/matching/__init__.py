"""Words of a need to activities of the nomenclature, explained. Pure Python and numpy; nothing is learned in silence.

`engine.match` ranks activities and says which words counted, over `index` (BM25, neighbours, phrases) of the `thesaurus`
and of `examples`;
`intent`: what is wanted of the thing; `french`: the words that exist and those that go together; `several`: two needs in one
sentence; `remarks`: what is told of what is no need; `labels` names an activity. Sources and licences: `data/LICENCES.md`.
`decp`, `collected`, `learned`: published contracts. `capacities`, `clauses`, `measures`: what a need asks and a firm says.
"""
