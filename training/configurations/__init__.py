"""What each way of training can be told: pydantic models, read from TOML files, free of torch."""
