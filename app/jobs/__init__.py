"""Work besides requests: rows of Postgres, each claimed by one worker at a time."""
