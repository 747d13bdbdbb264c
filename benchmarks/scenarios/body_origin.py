"""An origin that takes bodies and says how long they were, keeps some, and answers with large and with chunked ones."""

from __future__ import annotations

from pathlib import Path
from random import Random

from benchmarks.origin import Origin
from benchmarks.placement import Cores
from tools.running import free_ports

UPLOAD_PATH = "/api/upload"
CHUNKED_PATH = "/api/chunked"
KEPT_PATH = "/api/kept"
LARGE_PATH = "/api/large"
CHUNKED_FILE = "chunked.bin"
LARGE_FILE = "large.bin"

# A request body is read whole, then the sink is asked, which is told the length; nothing of it goes there.
_LOCATIONS = f"""\
        client_max_body_size 0;
        client_body_buffer_size 256k;
        proxy_http_version 1.1;
        proxy_method GET;
        proxy_pass_request_body off;
        proxy_buffers 16 16k;
        proxy_set_header Connection "";
        proxy_set_header Content-Length "";
        proxy_set_header Transfer-Encoding "";
        proxy_set_header X-Received $content_length;
        location = {UPLOAD_PATH} {{ proxy_pass http://sink; }}
        location = {CHUNKED_PATH} {{ add_header X-Received $content_length; proxy_pass http://sink; }}
        location {KEPT_PATH}/ {{ root @folder; dav_methods PUT; create_full_put_path on; }}
        location = {LARGE_PATH} {{ root @folder; try_files /{LARGE_FILE} =500; }}"""
# Server side includes are what makes nginx forget a file's length, so that it is sent in chunks.
_SINK = f"""\
    upstream sink {{ server 127.0.0.1:@port; keepalive 128; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:@port backlog=4096;
        location = {UPLOAD_PATH} {{ return 200 "received $http_x_received"; }}
        location = {CHUNKED_PATH} {{ root @folder; ssi on; ssi_types *; try_files /{CHUNKED_FILE} =500; }}
    }}"""


def received(length_bytes: int) -> bytes:
    """What a request to `UPLOAD_PATH` with a body of that length is answered with."""
    return f"received {length_bytes}".encode()


def bytes_of(length_bytes: int) -> bytes:
    """A body that has every byte value, and does not repeat itself."""
    return Random(length_bytes).randbytes(length_bytes)


def body_origin(folder: Path, cores: Cores, *, chunked: bytes = b"", large: bytes = b"") -> Origin:
    """The origin, not started. `chunked` and `large` are its answers at these paths."""
    (folder / CHUNKED_FILE).write_bytes(chunked)
    (folder / LARGE_FILE).write_bytes(large)
    (port,) = free_ports(1)

    def filled(text: str) -> str:
        return text.replace("@folder", str(folder)).replace("@port", str(port))

    return Origin(folder, cores.load, locations=filled(_LOCATIONS), beside=filled(_SINK))
