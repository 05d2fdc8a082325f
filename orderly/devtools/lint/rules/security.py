"""Rules for security schemes, scopes, roles and secrets."""

from orderly.contract.loader import ContractError
from orderly.contract.node import Node
from orderly.contract.roles import lineage, own_scopes
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

CREDENTIAL_ERRORS = {"400": "ambiguous_credentials", "401": "unauthenticated", "403": "forbidden"}
"""Statuses and codes of the responses to an invalid credential."""
SUPPORTED = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def security_is_declared(draft: ContractDocument) -> Violations:
    """Require a declared scheme by default; a public operation has `security: []`."""
    if not draft.root.value.get("security"):
        yield draft.root, "Add security at the top level: the default of operations without their own."
    known = {name for name, _ in draft.components("securitySchemes")}
    for scheme in _schemes(draft):
        if scheme.name not in known:
            yield scheme, f"Add {scheme.name} to components/securitySchemes."


def scope_is_granted(draft: ContractDocument) -> Violations:
    """Require a role that grants each scope: otherwise no caller has access."""
    granted = {scope for role in draft.root.value.get("x-roles", {}).values() for scope in own_scopes(role)}
    for operation, scope in _scopes(draft):
        if scope.value not in granted:
            yield scope, f"Add {scope.value} to a role of x-roles: {operation} requires it and no role grants it."


def scope_is_described(draft: ContractDocument) -> Violations:
    """Require a description in x-scopes of each required or granted scope."""
    described = draft.root.value.get("x-scopes", {})
    lists = [role if isinstance(role.value, list) else role.get("scopes") for role in _roles(draft)]
    granted = [scope for scopes in lists if scopes for _, scope in scopes.members()]
    for scope in [*(scope for _, scope in _scopes(draft)), *granted]:
        if scope.value not in described:
            yield scope, f"Add a description of the scope {scope.value} to x-scopes."


def role_extends_a_role(draft: ContractDocument) -> Violations:
    """Require that a role extends another role of `x-roles`."""
    roles = draft.root.value.get("x-roles", {})
    for role in _roles(draft):
        try:
            lineage(roles, role.name)
        except ContractError as error:
            if error.pointer == f"{role.pointer}/extends":
                yield role.child("extends", None), str(error)


def scope_enum_is_complete(draft: ContractDocument) -> Violations:
    """Require all scopes in an `enum`: new ones are easily forgotten."""
    known = draft.root.value.get("x-scopes", {}).keys()
    for schema in draft.of("schema"):
        listed = set(map(str, schema.value.get("enum", ())))
        if listed and listed < known:
            yield schema["enum"], f"Add {', '.join(sorted(known - listed))}: x-scopes has more scopes than this enum."


def secured_operation_has_errors(draft: ContractDocument) -> Violations:
    """Require the errors for ambiguous, missing, invalid and insufficient credentials."""
    for operation in draft.operations():
        security = operation.value.get("security", draft.root.value.get("security"))
        for status, code in CREDENTIAL_ERRORS.items() if security else ():
            response = operation["responses"].get(status)
            if response is None:
                yield operation["responses"], f"Add a {status}: this operation requires a credential."
            elif code not in response.target.value.get("x-error-codes", ()):
                yield response, f"Reference a {status} with the code {code}: this operation requires a credential."


def secret_is_not_in_url(draft: ContractDocument) -> Violations:
    """Reject secrets in URLs: URLs are logged and shared."""
    for scheme in draft.of("security_scheme"):
        if scheme.value.get("in") == "query":
            yield scheme["in"], "Send the key in a header: URLs are logged."
    for parameter in draft.of("parameter"):
        words = set(str(parameter.value.get("name", "")).lower().replace("-", "_").split("_"))
        if parameter.value.get("in") == "query" and words & {"password", "secret", "token", "apikey"}:
            yield parameter["name"], "Send the secret in a body or a header: URLs are logged."


def password_is_write_only(draft: ContractDocument) -> Violations:
    """Require `writeOnly`: no response contains a password."""
    for schema in draft.of("schema"):
        if schema.value.get("format") == "password" and schema.value.get("writeOnly") is not True:
            yield schema, "Add writeOnly: true. No response contains a password."


def scheme_is_supported(draft: ContractDocument) -> Violations:
    """Require one of the two schemes that the service supports, by name."""
    for name, scheme in draft.components("securitySchemes"):
        supported = SUPPORTED.get(name)
        if not supported:
            yield scheme, f"Remove {name}: the service supports {' and '.join(SUPPORTED)}."
        elif any(str(scheme.value.get(key)).lower() != value.lower() for key, value in supported.items()):
            yield scheme, f"Declare {name} as {', '.join(f'{key}: {value}' for key, value in supported.items())}."


def server_is_safe(draft: ContractDocument) -> Violations:
    """Require a relative or https URL without variables."""
    servers = draft.root.get("servers")
    for _, server in servers.members() if servers else ():
        if str(server["url"].value).startswith("http://"):
            yield server["url"], "Use https, or a path alone."
        if "{" in str(server["url"].value):
            yield server["url"], "Write the whole address: variables are not replaced."


RULES = (
    security_is_declared,
    scope_is_granted,
    scope_is_described,
    role_extends_a_role,
    scope_enum_is_complete,
    secured_operation_has_errors,
    secret_is_not_in_url,
    password_is_write_only,
    scheme_is_supported,
    server_is_safe,
)


def _roles(draft: ContractDocument) -> list[Node]:
    roles = draft.root.get("x-roles")
    return [role for _, role in roles.members()] if roles else []


def _schemes(draft: ContractDocument) -> list[Node]:
    """Return each use of a security scheme, with its scopes."""
    holders = [node for node in (draft.root, *draft.operations()) if node.value.get("security")]
    return [scheme for node in holders for _, each in node["security"].members() for _, scheme in each.members()]


def _scopes(draft: ContractDocument) -> list[tuple[str, Node]]:
    """Return each scope that an operation requires, with its operationId."""
    required = []
    for operation in draft.operations():
        security = operation.get("security")
        for _, each in security.members() if security else ():
            for _, scopes in each.members():
                required += [(str(operation.value.get("operationId")), scope) for _, scope in scopes.members()]
    return required
