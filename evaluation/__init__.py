"""How good retrieval is, on labelled questions; the service never imports this."""
