"""Problems to candidates with proofs."""
