"""From INSEE's stock files to a register, in stages: read, columns, places (project), write, names, switch.

Everything is built in a folder beside the target and moved in at the end: until then, and after any failure, the register in
use still answers.
"""
