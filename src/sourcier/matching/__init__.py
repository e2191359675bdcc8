"""Words of a need to activities of the nomenclature, explained. Pure Python.

`engine.match` ranks the activities whose label and thesaurus share words with a need, and says which words counted;
`labels.label` names an activity. Both data files are ours: `data/naf_rev2.tsv` (official labels, INSEE, NAF rév. 2, 2008)
and `data/activities.tsv` (the words cities use for each activity). Nothing is learned in silence.
"""
