"""Formula + Condition to Relation: f(x) = A."""
