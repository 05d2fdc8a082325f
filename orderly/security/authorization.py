"""Authorization of callers by the contract's `security`."""

from collections.abc import Callable, Mapping

from orderly.contract.loader import ContractError
from orderly.contract.operation import Operation
from orderly.database.connections import ReadSession
from orderly.errors import Forbidden
from orderly.http.errors import InvalidCredential, MissingCredential
from orderly.http.messages import Request
from orderly.security.caller import Caller
from orderly.security.credentials import CredentialReader

Authenticate = Callable[[str, Request, ReadSession | None], Caller | None]
"""An authenticator: takes a credential and returns its caller, or None for an invalid credential."""


class Authorizer:
    """Authorizer of the callers of one operation."""

    def __init__(
        self, operation: Operation, credentials: CredentialReader, authenticators: Mapping[str, Authenticate]
    ) -> None:
        """Compile the security requirement of an operation.

        Raises:
            ContractError: one alternative requires two credentials.
        """
        self._credentials = credentials
        self._authenticators = authenticators
        self._alternatives = operation.security
        self._is_public = operation.is_public
        self._is_optional = any(not alternative for alternative in operation.security)
        if any(len(alternative) > 1 for alternative in operation.security):
            raise ContractError(
                f"{operation.operation_id} requires two credentials at once, which is not supported; "
                "write one scheme in each alternative of `security`",
                f"{operation.node.pointer}/security",
            )

    def authorize(self, request: Request, session: ReadSession | None) -> Caller | None:
        """Return the caller, or None if the operation requires no credential.

        Raises:
            AmbiguousCredentials: more than one credential was sent.
            MissingCredential: none was sent, and the operation requires one.
            InvalidCredential: the credential is invalid.
            Forbidden: the credential lacks the scopes. This is decided before any lookup.
        """
        if self._is_public:
            return None
        credential = self._credentials.read(request)
        if credential is None:
            if self._is_optional:
                return None
            raise MissingCredential
        scheme, secret = credential
        caller = self._authenticators[scheme](secret, request, session)
        if caller is None:
            raise InvalidCredential
        if not any(scheme in each and caller.scopes.issuperset(each[scheme]) for each in self._alternatives):
            raise Forbidden
        return caller
