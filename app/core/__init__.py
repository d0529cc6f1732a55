"""What every domain stands on: health, errors, logs, middlewares, clients."""
