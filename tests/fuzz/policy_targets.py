"""What must hold of any bytes that reach policies and conditions: each function is a target, and asserts it.

They are of headers that clients write (baggage, tokens, credentials, Accept-Encoding, `x-weir-endpoint`), of bodies to
unpack, and of what operators hand in: key sets, password files, conditions. Whatever it is ends in a typed refusal or
in something that an independent reading agrees with.
"""

from __future__ import annotations

import base64
import gzip
import ipaddress
import json
import re
import unicodedata
import zlib

import brotli  # type: ignore[import-untyped]
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.expressions import check as conditions
from config.expressions.errors import ExpressionError
from config.resources.access import BasicAccess
from gateway.hot.head import scan_request
from policies.access.basic import BasicStep
from policies.access.claims import Claims
from policies.access.htpasswd import PasswordFile
from policies.access.key_set import ALGORITHMS, KeySet
from policies.access.material import FixedMaterial
from policies.access.questions import CheckPassword, PasswordAnswer, PasswordChecked
from policies.access.refusal import TokenRefused
from policies.access.signed_token import SignedToken
from policies.compression.coders import coder
from policies.compression.negotiation import choose
from policies.decompression.decoders import decoders
from policies.decompression.unpacker import UNWATCHED_BYTES, Unfit, Unpacker
from policies.expressions.library import Evaluated
from policies.expressions.lowering import lower
from policies.expressions.predicates import ERROR, FALSE, TRUE
from policies.steering.endpoint_header import EndpointHeader
from policies.subject import Subject
from policies.tags import baggage as w3c
from policies.verdict import Ask, Denial

NOW_S = 1_700_000_000.0
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
CODINGS = (b"zstd", b"br", b"gzip")


def subject(*lines: bytes, target: bytes = b"/") -> Subject | None:
    """A request with these header lines; None where a head cannot have them."""
    if any(b"\r" in line or b"\n" in line for line in lines):
        return None
    head_text = b"\r\n".join([b"GET %b HTTP/1.1" % target, b"host: shop.example", *lines, b"", b""])
    try:
        head = scan_request(head_text, 0, 65536, 100, 16384, 32)
    except Exception as error:
        assert type(error).__name__ == "ProtocolError", error
        return None
    assert head is not None
    return Subject(
        head,
        route="shop/orders",
        scheme=b"https",
        address="10.9.3.4",
        peer="10.9.3.4",
        port=4711,
        now_s=NOW_S,
        draw=lambda: 0.5,
    )


# --- baggage --------------------------------------------------------------------------------------------------------


def baggage(data: bytes) -> None:
    """Lines are the fields of one message; what is read and written again reads the same, within the limits."""
    _any_value_travels(data.decode("utf-8", "replace"))
    fields = data.split(b"\n")
    w3c._read.cache_clear()
    try:
        members = w3c.read(fields)
    except w3c.BaggageRefused as refused:
        assert refused.status in (400, 431)
        return
    header, dropped = w3c.write([], members)
    _is_a_header(header)
    assert dropped == 0 and w3c.read([header]) == members
    try:
        tags = w3c.tags_of(members, w3c.PREFIX)
    except w3c.BaggageRefused as refused:
        assert refused.status == 400
        return
    others = [member for member in members if not member.key.startswith(w3c.PREFIX)]
    header, dropped = w3c.write([(w3c.PREFIX + name.encode(), value) for name, value in tags.items()], others)
    _is_a_header(header)
    again = w3c.read([header])
    assert len(again) + dropped == len(members)
    if not dropped:
        assert w3c.tags_of(again, w3c.PREFIX) == tags
        assert [member for member in again if not member.key.startswith(w3c.PREFIX)] == others


def _any_value_travels(value: str) -> None:
    w3c._text.cache_clear()
    header, dropped = w3c.write([(b"weir.lane", value)], [])
    _is_a_header(header)
    if not dropped:
        (member,) = w3c.read([header])
        assert w3c.decoded(member.value) == value


def _is_a_header(header: bytes) -> None:
    assert len(header) <= w3c.MAX_BYTES and header.count(b",") < w3c.MAX_MEMBERS
    assert re.fullmatch(rb"[\t\x20-\x7e]*", header), header


# --- tokens and keys ------------------------------------------------------------------------------------------------


def _b64(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def _signed(header: bytes, payload: bytes) -> bytes:
    signed = _b64(header) + b"." + _b64(payload)
    return signed + b"." + _b64(KEY.sign(signed))


KEYS = KeySet.parse(
    json.dumps(
        {
            "keys": [
                {"kty": "OKP", "crv": "Ed25519", "x": _b64(KEY.public_key().public_bytes_raw()).decode(), "kid": "a"}
            ]
        }
    ).encode()
)
GOOD = _signed(b'{"alg":"EdDSA","kid":"a"}', b'{"sub":"alice","exp":1800000000}')


def tokens(data: bytes) -> None:
    """The first octet chooses: a token as it is, a good one with some octets changed, or words that are signed well."""
    if not data:
        return
    kind, text = data[0] % 3, data[1:]
    if kind == 0:
        # Nobody but the holder of the key makes one.
        assert _claims_of(text) is None or text == GOOD, text
    elif kind == 1:
        changed = bytearray(GOOD)
        for place, octet in zip(text[::2], text[1::2], strict=False):
            changed[place % len(changed)] = octet
        assert (_claims_of(bytes(changed)) is not None) == (bytes(changed) == GOOD), bytes(changed)
    else:
        header, _, payload = text.partition(b"\n")
        members = _claims_of(_signed(header, payload))
        if members is None:
            return
        assert json.loads(header)["alg"] == "EdDSA" and not {"crit", "enc", "zip"} & json.loads(header).keys()
        assert members == json.loads(payload)
        _judged(members)


def _claims_of(text: bytes) -> dict[str, object] | None:
    try:
        return SignedToken(text).verify(KEYS, ALGORITHMS)
    except TokenRefused:
        return None


def _judged(members: dict[str, object]) -> None:
    try:
        claims = Claims(members)
    except TokenRefused:
        return
    assert isinstance(members["exp"], (int, float)) and claims.expires_s == float(members["exp"])


def keys(data: bytes) -> None:
    """A JSON Web Key Set: refused with a reason, or public keys, none of which takes a signature that is none."""
    try:
        found = KeySet.parse(data)
    except ValueError as error:
        assert type(error) is ValueError and str(error)
        return
    entries = json.loads(data)["keys"]
    assert 0 < len(found.keys) <= len(entries) <= 100
    for key in found.keys:
        assert key.kid is None or any(entry.get("kid") == key.kid for entry in entries)
        assert key.algorithms <= set(ALGORITHMS)
        assert not any(key.verify(algorithm, b"signed", b"signature") for algorithm in sorted(key.algorithms))


# --- passwords ------------------------------------------------------------------------------------------------------

HASH = b"$2b$04$" + b"." * 53
PASSWORDS = PasswordFile.parse(b"alice:" + HASH)


def passwords(data: bytes) -> None:
    """A file as `htpasswd` writes it: refused with a line number, or each user has a hash of an allowed cost."""
    try:
        found = PasswordFile.parse(data)
    except ValueError as error:
        assert type(error) is ValueError and re.match(r"line \d+: ", str(error))
        return
    users = [line for line in data.decode().split("\n") if line.removesuffix("\r") and not line.startswith("#")]
    for line in users:
        stored = found.stored(unicodedata.normalize("NFC", line.partition(":")[0]))
        assert stored is not None and re.fullmatch(rb"\$2[aby]\$(0[4-9]|1[0-4])\$.{53}", stored)


def basic(data: bytes) -> None:
    """Credentials behind `Basic`: refused, or a question about the very password; in comes who is known and right."""
    step = BasicStep(BasicAccess(realm="weir", htpasswd_file="x"), FixedMaterial(PASSWORDS), bytes(32))
    request = subject(b"authorization: Basic " + data)
    if request is None:
        return
    verdict = step.decide(request)
    if isinstance(verdict, Denial):
        assert verdict.status == 401
        return
    assert isinstance(verdict, Ask) and isinstance(verdict.question, CheckPassword)
    given = base64.b64decode(data.strip(b" \t")).decode()
    user, _, password = given.partition(":")
    assert verdict.question.password == unicodedata.normalize("NFC", password).encode()
    assert len(verdict.question.password) <= 72 and b"\0" not in verdict.question.password
    right = step.resume(request, PasswordChecked(PasswordAnswer.RIGHT, verdict.question.stored))
    assert (right is None) == (unicodedata.normalize("NFC", user) == "alice")
    assert request.identity == ("alice" if right is None else "")


# --- an endpoint by name --------------------------------------------------------------------------------------------

ENDPOINT_HEADER = EndpointHeader(("10.0.0.0/8",))


def endpoint(data: bytes) -> None:
    """`x-weir-endpoint`: refused, or an address and a port, in the one form that endpoints are known by."""
    request = subject(b"x-weir-endpoint: " + data)
    if request is None:
        return
    verdict = ENDPOINT_HEADER.decide(request)
    if verdict is not None:
        assert verdict.status == 400
        return
    assert request.steered is not None
    written = request.steered.endpoint
    host, _, port = written.rpartition(":")
    address = ipaddress.ip_address(host.strip("[]"))
    assert written == (f"[{address}]:{int(port)}" if address.version == 6 else f"{address}:{int(port)}")
    assert 0 < int(port) < 65536
    given_host, _, given_port = data.strip(b" \t").decode().rpartition(":")
    assert (ipaddress.ip_address(given_host.strip("[]")), int(given_port)) == (address, int(port))


# --- content codings ------------------------------------------------------------------------------------------------


def encodings(data: bytes) -> None:
    """Lines are Accept-Encoding fields; what is chosen is wanted, and none that is offered is wanted more."""
    values = data.split(b"\n") if data else []
    chosen = choose(values, CODINGS)
    wanted = _wanted(values)
    weight = {name: wanted.get(name, wanted.get(b"*", 0.0)) for name in CODINGS}
    plain = wanted.get(b"identity", 0.0)
    if chosen is None:
        assert not values or max(weight.values()) == 0.0 or max(weight.values()) < plain
        return
    assert weight[chosen] == max(weight.values()) > 0.0 and weight[chosen] >= plain
    assert chosen == next(name for name in CODINGS if weight[name] == weight[chosen])


def _wanted(values: list[bytes]) -> dict[bytes, float]:
    """RFC 9110 12.5.3 and 12.4.2 by one pattern."""
    found: dict[bytes, float] = {}
    item = re.compile(rb"[ \t]*([^;, \t]|[^;,]*[^;, \t])[ \t]*(?:;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?")
    for part in (part for value in values for part in value.lower().split(b",")):
        if (match := item.fullmatch(part)) is not None:
            name = {b"x-gzip": b"gzip", b"x-compress": b"compress"}.get(match[1].strip(b" \t"), match[1].strip(b" \t"))
            found.setdefault(name, float(match[2] or b"1"))
    return found


MAX_BYTES, MAX_RATIO = 1 << 17, 20


def bodies(data: bytes) -> None:
    """The first octet chooses a coding; the rest is a body of it, and also one that is packed and unpacked again."""
    if not data:
        return
    coding, body = CODINGS[data[0] % 3], data[1:]
    whole, status = _unpacked(coding, [body])
    cut = zlib.crc32(body) % (len(body) + 1)
    in_parts, status_in_parts = _unpacked(coding, [body[:cut], body[cut:]])
    # The ratio is that of what has come so far: what grows late may pass it in parts, and not as a whole.
    assert (in_parts, status_in_parts) == (whole, status) or status_in_parts == 413, cut
    if status == 0:
        assert whole == _by_library(coding, body)
        assert len(whole) <= min(MAX_BYTES, max(UNWATCHED_BYTES, MAX_RATIO * len(body)))
    elif status == 400 and coding == b"br":
        assert not _is_whole_brotli(body), "a body that the library reads is refused"
    packer = coder(coding.decode(), 1)()
    packed = packer.feed(body) + packer.finish()
    assert _by_library(coding, packed) == body
    assert _unpacked(coding, [packed]) in ((body, 0), (b"", 413))


def _unpacked(coding: bytes, parts: list[bytes]) -> tuple[bytes, int]:
    """What comes out, and 0 or the status of the refusal."""
    unpacker = Unpacker(decoders()[coding](), MAX_BYTES, MAX_RATIO)
    try:
        out = b"".join([unpacker.feed(part) for part in parts])
        unpacker.finish()
    except Unfit as unfit:
        assert unfit.denial.status in (400, 413)
        return b"", unfit.denial.status
    return out, 0


def _by_library(coding: bytes, body: bytes) -> bytes:
    if coding == b"gzip":
        return gzip.decompress(body)
    if coding == b"br":
        return bytes(brotli.decompress(body))
    reader = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True)
    return bytes(reader.read())


def _is_whole_brotli(body: bytes) -> bool:
    stream = brotli.Decompressor()
    try:
        out = stream.process(body, output_buffer_limit=MAX_BYTES)
    except brotli.error:
        return False
    return bool(stream.is_finished()) and len(out) < MAX_BYTES


# --- conditions -----------------------------------------------------------------------------------------------------


def expressions(data: bytes) -> None:
    """Text of a condition: refused at a place in it, or the same for each request as the library says."""
    text = data.decode("utf-8", "replace")
    conditions._KNOWN.clear()
    try:
        checked = conditions.check(text)
    except ExpressionError as error:
        assert 1 <= error.column <= len(text) + 1 and error.message, (error, error.column)
        return
    lowered = lower(checked.root)
    library = Evaluated(checked)
    for request in _requests():
        said = library.test(request)
        assert said in (ERROR, FALSE, TRUE)
        if lowered is not None:
            assert lowered.test(request) == said, text


def _requests() -> list[Subject]:
    made = [
        subject(),
        subject(b"a: a", b"b: \xe9", b"cookie: a=b; b=1; a=c", target=b"/ab?a=a&b=%C3%A9&a=1"),
        subject(b"a: canary", b"a: b", b"x-beta: 1", target=b"/canary?c=%FF"),
    ]
    requests = [request for request in made if request is not None]
    requests[1].tags = {"a": "ab", "lane": "canary"}
    requests[1].claims = {"a": 1, "b": ["a", "b"], "c": True, "scope": "read write"}
    requests[2].claims = {"a": "a", "b": None, "c": {"a": 1.5}}
    requests[2].identity, requests[2].tenant = "alice", "shop"
    return requests
