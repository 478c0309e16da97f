"""How a backward question is put."""
