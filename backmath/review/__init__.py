"""`backmath review`: people decide in Argilla what the checks cannot tell."""
