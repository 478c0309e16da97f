"""The command line: one module for each command group; it wires the packages together and holds no logic."""
