"""`python -m tests.support.sink_s3 PORT`: an S3 server that takes everything at once and keeps nothing of it, for tests
of what sends to it. An uploaded part costs it next to nothing, so that on a busy machine, too, it answers in time."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PIECE = 1024 * 1024
BEGUN = "<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>"
COMPLETE = '<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>'


class SinkHandler(BaseHTTPRequestHandler):
    """Objects and parts (PUT), the two ends of a multipart upload (POST), and whether the bucket is there (HEAD)."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer(status=204)

    def do_POST(self) -> None:
        asked = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        self._answer(BEGUN if "uploads" in asked else COMPLETE)

    def _answer(self, body: str = "", status: int = 200) -> None:
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            left -= len(self.rfile.read(min(left, PIECE)))
        self.send_response(status)
        self.send_header("ETag", '"e"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is said."""


class SinkServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    SinkServer(("127.0.0.1", int(sys.argv[1])), SinkHandler).serve_forever()
