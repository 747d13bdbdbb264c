"""What a browser sends and gets: a head of a KiB with cookies, a page of 16 KiB."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.comparison import Traffic
from benchmarks.http_client import Answer
from benchmarks.origin import PAGE_PATH, Origin
from benchmarks.results import Finding
from benchmarks.scenarios.keepalive_small import compared

COOKIE = "; ".join(
    (
        "session=8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab9159f51fd0297e236d",
        "csrf=eccbc87e4b5ce2fe28308fd9f2a7baf3",
        "theme=dark",
        "consent=necessary.preferences.statistics",
        "_visitor=GA1.2.1403478914.1711103251",
        "cart=eyJpdGVtcyI6W3siaWQiOjQyLCJuIjoxfSx7ImlkIjoxNywibiI6M31dLCJjdXJyZW5jeSI6IkVVUiJ9",
    )
)
HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0 with some more of its kind",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Accept-Language": "en-GB,en-US;q=0.9,en;q=0.8,de;q=0.7",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Cache-Control": "no-cache",
    "Cookie": COOKIE,
    "Referer": "http://bench.example/api/start?from=newsletter&campaign=autumn",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
    "Upgrade-Insecure-Requests": "1",
}


class Browser:
    """The same route as keepalive-small; twelve headers with Host."""

    name = "browser"
    what = "64 kept connections, 12 headers with cookies in a 1 KiB head, 16 KiB answers"
    traffic = Traffic(path=PAGE_PATH, headers=HEADERS, expected=Answer(200, Origin.page_body()))

    def run(self, bench: Bench) -> Finding:
        """Compare Weir and the peers."""
        return compared(self.name, self.what, self.traffic, bench)
