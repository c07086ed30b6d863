"""What was said: one exchange, a proxy that writes exchanges down, and a way to ask without one."""

import http.client
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

TIMEOUT = 30
# Headers that belong to one connection and not to the message.
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    version: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: bytes
    status: int
    answer_type: str
    answer: bytes
    # The request is wrong on purpose: only its answer is judged.
    wrong: bool = False
    # The client's, not the witness's own.
    of_client: bool = False


@dataclass
class Book:
    """Every exchange, in the order of the answers. `version` is what requests should be speaking now."""

    version: str = ""
    pages: list[Exchange] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, exchange: Exchange) -> None:
        with self.lock:
            self.pages.append(exchange)


def send(base: str, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """Sends one request to `base` on a connection of its own."""
    where = urlsplit(base)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=TIMEOUT)
    try:
        connection.request(method, target, body=body or None, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


def exchange(book: Book, method: str, target: str, headers: dict[str, str], body: bytes, answer, **more) -> Exchange:
    """Puts request and answer together."""
    status, answer_headers, answer_body = answer
    kinds = [value for name, value in answer_headers if name.lower() == "content-type"]
    parts = urlsplit(target)
    return Exchange(
        version=book.version,
        method=method,
        path=parts.path,
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
        status=status,
        answer_type=kinds[0] if kinds else "",
        answer=answer_body,
        **more,
    )


class Proxy:
    """Stands in front of a twin on a free loopback port and writes down what passes."""

    def __init__(self, upstream: str, book: Book) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
                answer = send(upstream, self.command, self.path, headers, body)
                book.write(exchange(book, self.command, self.path, headers, body, answer, of_client=True))
                self.send_response_only(answer[0])
                for name, value in answer[1]:
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                self.send_header("content-length", str(len(answer[2])))
                self.end_headers()
                self.wfile.write(answer[2])

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = pass_on

            def log_message(self, *_args) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_error) -> None:
        self.server.shutdown()
        self.server.server_close()
