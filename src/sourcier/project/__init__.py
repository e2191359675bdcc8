"""Settings, addresses, command line, demonstration: wires everything, imported by nobody."""
