"""Access by JSON Web Token as bearer token: who has a good one comes in as its `sub` (RFC 6750, RFC 7519, RFC 8725)."""

from __future__ import annotations

from hashlib import sha256

from config.resources.access import JWTAccess
from policies.access.claims import ClaimRules, Claims, text_of_claim
from policies.access.key_set import KeySet
from policies.access.material import Material
from policies.access.questions import RefreshKeys
from policies.access.refusal import KeyUnknown, TokenRefused
from policies.access.signed_token import SignedToken
from policies.access.token_place import Place
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Ask, Denial, Verdict

MAX_LEEWAY_S = 300.0
"""Of the configuration: a token that is known to be good is kept for so long after its end."""


def _challenge(error: str = "") -> tuple[bytes]:
    """The field that asks for a token, with the error code of RFC 6750 3.1, and no word more on what is wrong."""
    parameters = f'realm="weir", error="{error}"' if error else 'realm="weir"'
    return (f"www-authenticate: Bearer {parameters}\r\n".encode(),)


_NO_TOKEN = _challenge()
_INVALID_REQUEST = _challenge("invalid_request")
_INVALID_TOKEN = _challenge("invalid_token")
_INSUFFICIENT_SCOPE = _challenge("insufficient_scope")


class JWTStep(Step):
    """Lets in who has a token of the issuer with the claims that are asked for.

    401 without a good token, 400 with two different ones, 403 where a required claim is missing, 503 while the issuer's
    keys are not there. Headers that claims set are dropped from every request, whatever comes of it, so that nobody is
    believed who writes them himself, in a dry run neither; so is the token, unless it is to be forwarded.
    """

    name = "access.jwt"
    __slots__ = ("_algorithms", "_forward", "_headers", "_keys", "_places", "_rules", "_tags")

    def __init__(self, spec: JWTAccess, keys: Material[KeySet]) -> None:
        self._keys = keys
        self._algorithms = frozenset(spec.algorithms)
        self._rules = ClaimRules(spec)
        self._places = tuple(Place(place) for place in spec.from_)
        self._forward = spec.forward
        self._headers = tuple((claim, name.lower().encode("ascii")) for claim, name in spec.claims_to_headers.items())
        self._tags = tuple(spec.claims_to_tags.items())

    def decide(self, subject: Subject) -> Verdict | None:
        """Asks RefreshKeys where the key of the token is not known."""
        return self._judge(subject, may_ask=True)

    def resume(self, subject: Subject, answer: object) -> Verdict | None:
        """By the keys as they are now."""
        return self._judge(subject, may_ask=False)

    def _judge(self, subject: Subject, *, may_ask: bool) -> Verdict | None:
        tokens = self._take(subject)
        subject.request_drop.update(name for _, name in self._headers)
        if not tokens:
            return Denial(401, "no token", _NO_TOKEN)
        if len(tokens) > 1:
            return Denial(400, "two different tokens", _INVALID_REQUEST)
        keys = self._keys.current
        if keys is None:
            return Ask(RefreshKeys(self._keys)) if may_ask else Denial(503, "the keys of the issuer are not known")
        try:
            claims = self._verified(tokens[0], keys, subject.now_s)
        except KeyUnknown as error:
            return Ask(RefreshKeys(self._keys)) if may_ask else Denial(401, str(error), _INVALID_TOKEN)
        except TokenRefused as error:
            return Denial(401, str(error), _INVALID_TOKEN)
        if lack := self._rules.lack(claims):
            return Denial(403, f"a token without the right claim `{lack}`", _INSUFFICIENT_SCOPE)
        self._let_in(subject, claims)
        return None

    def _take(self, subject: Subject) -> list[bytes]:
        """The different tokens that the request has; the same one in two places is one (RFC 6750 2)."""
        tokens: dict[bytes, None] = {}
        for place in self._places:
            if found := place.find(subject):
                tokens.update(dict.fromkeys(found))
                if not self._forward:
                    place.strip(subject)
        return list(tokens)

    def _verified(self, text: bytes, keys: KeySet, now_s: float) -> Claims:
        """The claims of a good token, whose signature is checked once. Raises TokenRefused."""
        digest = sha256(text).digest()
        known = keys.verified.get(digest, now_s)
        if known is None or known[0] not in self._algorithms:
            token = SignedToken(text)
            known = (token.algorithm, Claims(token.verify(keys, self._algorithms)))
            keys.verified.put(digest, known, known[1].expires_s + MAX_LEEWAY_S)
        claims = known[1]
        if fault := self._rules.fault(claims, now_s):
            raise TokenRefused(fault)
        return claims

    def _let_in(self, subject: Subject, claims: Claims) -> None:
        subject.claims = claims.members
        if claims.subject:
            subject.identity = claims.subject
        for claim, name in self._headers:
            if (text := text_of_claim(claims.members.get(claim))) is not None:
                subject.set_request_field(name, text.encode("utf-8"))
        for claim, tag in self._tags:
            if (text := text_of_claim(claims.members.get(claim))) is not None:
                subject.tags[tag] = text
