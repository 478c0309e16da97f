"""`backmath release`: what was decided, as versioned datasets."""
