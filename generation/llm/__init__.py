"""Language models: requests, the client, and the prompts as files."""
