"""Who comes in, on a running Weir: by network, token, key, password and rule; on trial; forced from above."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import bcrypt
import pytest

from tests.support.issuer import ISSUER, claims, jwk, key_set, private_key, token
from tests.support.recording_server import RecordingServer
from tests.support.supervised import free_port
from tests.support.weir_process import Spec, WeirProcess, resource, route_to, static_backend

KEY = private_key("P-256")
ROUTE = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "all"}
NAMESPACE = {"group": "", "kind": "Namespace", "name": "default"}


def policy(name: str, target: Spec, **spec: object) -> dict[str, object]:
    return resource("TrafficPolicy", name, {"targetRefs": [target], **spec})


def fresh_token(**changes: object) -> str:
    """Signed by `KEY` and good at this moment, but for `changes`."""
    now_s = time.time()
    payload = {"iat": now_s, "exp": now_s + 600, **changes}
    return token(KEY, "ES256", payload=claims(**payload), kid="one").decode()


@pytest.fixture
def weir(tmp_path: Path) -> Iterator[WeirProcess]:
    """Two workers before one endpoint, with the keys and passwords of one client in files."""
    (tmp_path / "jwks.json").write_bytes(key_set(jwk(KEY, kid="one")))
    (tmp_path / "users").write_bytes(b"alice:" + bcrypt.hashpw(b"open sesame", bcrypt.gensalt(4)) + b"\n")
    (tmp_path / "keys").write_text(f"alice:{hashlib.sha256(b'k1').hexdigest()}\n")
    port = free_port()
    process = {"telemetry": {"accessLog": {"path": str(tmp_path / "access.log")}}}
    resources = (static_backend("orders", port), route_to("orders"))
    with RecordingServer("one", port), WeirProcess(tmp_path, *resources, workers=2, process=process) as running:
        yield running


def put(weir: WeirProcess, *policies: Spec) -> None:
    """Have `policies` in force in every worker, and no others."""
    before = weir.api("config")["generation"]
    weir.apply("policies.yaml", *policies)
    weir.wait_until(lambda: all(each["generation"] > before for each in weir.api("workers")["workers"].values()))


def ask(weir: WeirProcess, path: str = "/", **fields: str) -> tuple[int, Mapping[str, str], str]:
    """Status, header fields and body."""
    connection = http.client.HTTPConnection("127.0.0.1", weir.port, timeout=10)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in fields.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def test_each_way_in_takes_the_right_one_and_tells_the_wrong_one_nothing(weir: WeirProcess, tmp_path: Path) -> None:
    put(weir, policy("p", ROUTE, access={"jwt": {"issuer": ISSUER, "jwks": {"file": str(tmp_path / "jwks.json")}}}))
    assert ask(weir, authorization=f"Bearer {fresh_token()}")[0] == 200
    for wrong in (fresh_token(exp=time.time() - 60), fresh_token(iss="https://mallory.example"), "a.b.c"):
        status, fields, body = ask(weir, authorization=f"Bearer {wrong}")
        assert (status, fields["www-authenticate"][:6]) == (401, "Bearer")
        assert not any(word in body for word in ("exp", "iss", "signature"))
    assert weir.metric("weir_policy_denials_total", policy="access.jwt") == 3

    put(weir, policy("p", ROUTE, access={"apiKey": {"file": str(tmp_path / "keys")}}))
    assert ask(weir, x_api_key="k1")[0] == 200
    assert ask(weir, x_api_key="k2")[0] == ask(weir)[0] == 401
    log = weir.folder / "access.log"
    weir.wait_until(lambda: log.exists() and '"identity":"alice"' in log.read_text())

    put(weir, policy("p", ROUTE, access={"basic": {"htpasswdFile": str(tmp_path / "users")}}))
    right, wrong = (base64.b64encode(f"alice:{word}".encode()).decode() for word in ("open sesame", "open barley"))
    assert ask(weir, authorization=f"Basic {right}")[0] == 200
    status, fields, _ = ask(weir, authorization=f"Basic {wrong}")
    assert (status, fields["www-authenticate"]) == (401, 'Basic realm="weir", charset="UTF-8"')

    put(weir, policy("p", ROUTE, access={"sources": {"deny": ["127.0.0.0/8"]}}))
    assert ask(weir)[0] == 403


def test_a_key_that_is_taken_back_is_of_no_use_soon_after(weir: WeirProcess, tmp_path: Path) -> None:
    put(weir, policy("p", ROUTE, access={"apiKey": {"file": str(tmp_path / "keys")}}))
    assert ask(weir, x_api_key="k1")[0] == 200
    (tmp_path / "keys").write_text(f"bob:{hashlib.sha256(b'k2').hexdigest()}\n")
    weir.wait_until(lambda: all(ask(weir, x_api_key="k1")[0] == 401 for _ in range(8)))
    assert ask(weir, x_api_key="k2")[0] == 200


def test_keys_in_a_secret_are_followed_by_reload_and_a_broken_one_lets_nobody_in(weir: WeirProcess) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}}
    jwt = policy("p", ROUTE, access={"jwt": {"issuer": ISSUER, "jwks": {"secretRef": {"name": "keys"}}}})
    bearer = f"Bearer {fresh_token()}"
    put(weir, jwt)
    assert ask(weir, authorization=bearer)[0] == 503
    put(weir, jwt, {**secret, "stringData": {"jwks.json": key_set(jwk(KEY, kid="one")).decode()}})
    assert ask(weir, authorization=bearer)[0] == 200
    put(weir, jwt, {**secret, "stringData": {"jwks.json": "not a key set"}})
    assert ask(weir, authorization=bearer)[0] == 503
    assert "Secret default/keys: " in weir.log
    assert weir.metric("weir_access_events_total", event="secretRefused") == 2
    status = next(each for each in weir.api("config")["statuses"] if each["kind"] == "Secret" or each["name"] == "p")
    assert "not a key set" not in json.dumps(status)


def test_rules_see_what_the_other_parts_found_out(weir: WeirProcess, tmp_path: Path) -> None:
    rules = [
        {"name": "readers", "when": 'request.method == "GET" && "read" in source.claims.scopes', "action": "Allow"},
        {"name": "others", "when": "true", "action": "Deny"},
    ]
    jwt = {"issuer": ISSUER, "jwks": {"file": str(tmp_path / "jwks.json")}}
    put(weir, policy("p", ROUTE, access={"jwt": jwt, "rules": rules}))
    assert ask(weir, authorization=f"Bearer {fresh_token(scopes=['read'])}")[0] == 200
    assert ask(weir, authorization=f"Bearer {fresh_token(scopes=['write'])}")[0] == 403
    assert ask(weir, authorization=f"Bearer {fresh_token()}")[0] == 403


def test_on_trial_nobody_is_refused_and_all_are_counted(weir: WeirProcess) -> None:
    put(weir, policy("p", ROUTE, access={"sources": {"deny": ["127.0.0.0/8"]}, "dryRun": True}))
    assert [ask(weir)[0] for _ in range(5)] == [200] * 5
    log = weir.folder / "access.log"
    noted = '"wouldDeny":"access.sources: 127.0.0.1 is in 127.0.0.0/8, which is refused"'
    weir.wait_until(lambda: log.exists() and log.read_text().count(noted) == 5)
    assert weir.metric("weir_policy_dry_run_denials_total", policy="access.sources") == 5
    assert weir.metric("weir_policy_denials_total") == 0


def test_what_a_platform_forces_a_service_cannot_lift(weir: WeirProcess) -> None:
    closed, opened = {"sources": {"deny": ["127.0.0.0/8"]}}, {"sources": {"allow": ["127.0.0.0/8"]}}
    # A default is lifted by the one that is nearer.
    put(weir, policy("platform", NAMESPACE, access=closed), policy("service", ROUTE, access=opened))
    assert ask(weir)[0] == 200
    # One that is forced is not.
    put(weir, policy("platform", NAMESPACE, overrides=True, access=closed), policy("service", ROUTE, access=opened))
    assert ask(weir)[0] == 403


def test_a_server_that_is_asked_decides_and_its_headers_go_on(weir: WeirProcess, tmp_path: Path) -> None:
    port, log = free_port(), []

    # HTTP/1.0, so that no connection outlives the server.
    class Authorizer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            log.append(self.path)
            known = self.headers.get("authorization") == "Bearer good"
            self.send_response(200 if known else 401)
            self.send_header("x-user" if known else "www-authenticate", "alice" if known else "Bearer")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            """Say nothing."""

    external = {"backendRef": {"group": "weir.dev", "kind": "Backend", "name": "auth"}, "path": "/check"}
    asking = policy("p", ROUTE, access={"external": {**external, "responseHeaders": ["x-user"], "cache": "1m"}})
    with ThreadingHTTPServer(("127.0.0.1", port), Authorizer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            put(weir, static_backend("auth", port), asking)
            assert ask(weir, "/orders", authorization="Bearer good")[0] == 200
            status, fields, _ = ask(weir, "/orders", authorization="Bearer bad")
            assert (status, fields["www-authenticate"]) == (401, "Bearer")
            assert set(log) == {"/check/orders"}
        finally:
            server.shutdown()
            thread.join()
    # Nobody answers any more: what is remembered in a worker holds, all else is refused.
    weir.wait_until(lambda: ask(weir, "/other", authorization="Bearer good")[0] == 503)
    assert weir.metric("weir_access_events_total", event="authorizerAsked") >= 2
    assert weir.metric("weir_access_events_total", event="authorizerFailed") >= 1
