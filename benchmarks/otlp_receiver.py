"""Takes traces and keeps none of them: `python -m benchmarks.otlp_receiver PORT`."""

import argparse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(BaseHTTPRequestHandler):
    """Answers every request with 200."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Says that it is there."""
        self._answer()

    def do_POST(self) -> None:
        """Takes spans."""
        self.rfile.read(int(self.headers["content-length"]))
        self._answer()

    def log_message(self, *_: object) -> None:
        """Nothing of it."""

    def _answer(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Receiver).serve_forever()
