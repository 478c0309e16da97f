"""Review by people in Argilla: what they are asked, what they answer, and what is learnt from it."""
