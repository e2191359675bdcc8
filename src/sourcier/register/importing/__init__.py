"""From INSEE's stock files to a register, in stages: read, match, communes, write, streets, arrays, names, switch.

Everything is built in a folder beside the target and moved in at the end: until then, and after any failure, the register in
use still answers.
"""
