"""Process reward models: P(correct) of each step of a solution, learned and given."""
