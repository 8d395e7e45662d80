"""Every hook into LiteLLM's inside, one module a seam. `setup` puts them in and takes them out."""
