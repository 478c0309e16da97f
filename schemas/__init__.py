"""The types of the platform: frozen pydantic models and their content ids."""
