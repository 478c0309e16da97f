"""Process labels: for each step of a solution whether it is right, from every source that can be trusted."""
