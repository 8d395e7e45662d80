"""A model's name to the deployments that serve it, and what each base model accepts. Pure: the client fetches."""
