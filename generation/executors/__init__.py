"""Where problems are derived: a pool of processes on this machine."""
