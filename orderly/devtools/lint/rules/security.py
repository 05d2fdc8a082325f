"""Who may do what, and where secrets travel."""

from orderly.contract.loader import ContractError
from orderly.contract.node import Node
from orderly.contract.roles import lineage, own_scopes
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

REFUSED = {"400": "ambiguous_credentials", "401": "unauthenticated", "403": "forbidden"}
"""What the service answers to a credential that will not do."""
SERVED = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def security_is_declared(draft: ContractDocument) -> Violations:
    """Everything asks for a credential that the contract describes, unless the operation says `security: []`."""
    if not draft.root.value.get("security"):
        yield draft.root, "say at the top which security operations have that say nothing"
    known = {name for name, _ in draft.components("securitySchemes")}
    for scheme in _schemes(draft):
        if scheme.name not in known:
            yield scheme, f"describe {scheme.name} in components/securitySchemes"


def scope_is_held(draft: ContractDocument) -> Violations:
    """A scope that no role holds shuts everybody out."""
    held = {scope for role in draft.root.value.get("x-roles", {}).values() for scope in own_scopes(role)}
    for operation, scope in _scopes(draft):
        if scope.value not in held:
            yield scope, f"{operation} asks for {scope.value}, which no role of x-roles holds."


def scope_is_explained(draft: ContractDocument) -> Violations:
    """Each scope that is asked for or held stands in x-scopes, in words."""
    explained = draft.root.value.get("x-scopes", {})
    lists = [role if isinstance(role.value, list) else role.get("scopes") for role in _roles(draft)]
    held = [scope for scopes in lists if scopes for _, scope in scopes.members()]
    for scope in [*(scope for _, scope in _scopes(draft)), *held]:
        if scope.value not in explained:
            yield scope, f"explain the scope {scope.value} in x-scopes"


def role_extends_a_role(draft: ContractDocument) -> Violations:
    """A role extends a role of `x-roles`, and not itself."""
    roles = draft.root.value.get("x-roles", {})
    for role in _roles(draft):
        try:
            lineage(roles, role.name)
        except ContractError as broken:
            if broken.pointer == f"{role.pointer}/extends":
                yield role.child("extends", None), str(broken)


def scope_is_listed(draft: ContractDocument) -> Violations:
    """Where scopes can be asked for, each can: a list of some of them was forgotten when one came."""
    known = draft.root.value.get("x-scopes", {}).keys()
    for schema in draft.of("schema"):
        listed = set(map(str, schema.value.get("enum", ())))
        if listed and listed < known:
            yield schema["enum"], f"list {', '.join(sorted(known - listed))} too, which x-scopes has"


def secured_operation_can_refuse(draft: ContractDocument) -> Violations:
    """Who asks for a credential refuses two of them, none or a bad one, and one that is not enough."""
    for operation in draft.operations():
        security = operation.value.get("security", draft.root.value.get("security"))
        for status, code in REFUSED.items() if security else ():
            response = operation["responses"].get(status)
            if response is None:
                yield operation["responses"], f"declare the {status}: this operation asks for a credential"
            elif code not in response.target.value.get("x-error-codes", ()):
                yield response, f"refer to a {status} that has the code {code}: this operation asks for a credential"


def secret_travels_safely(draft: ContractDocument) -> Violations:
    """URLs are logged and shared: no key, token or password stands in them."""
    for scheme in draft.of("security_scheme"):
        if scheme.value.get("in") == "query":
            yield scheme["in"], "let the key travel in a header: URLs are logged"
    for parameter in draft.of("parameter"):
        words = set(str(parameter.value.get("name", "")).lower().replace("-", "_").split("_"))
        if parameter.value.get("in") == "query" and words & {"password", "secret", "token", "apikey"}:
            yield parameter["name"], "let secrets travel in a body or a header: URLs are logged"


def password_is_write_only(draft: ContractDocument) -> Violations:
    """Nobody is told a password."""
    for schema in draft.of("schema"):
        if schema.value.get("format") == "password" and schema.value.get("writeOnly") is not True:
            yield schema, "add writeOnly: true: a password is never answered"


def scheme_is_served(draft: ContractDocument) -> Violations:
    """The service reads two kinds of credentials, and knows them by these names."""
    for name, scheme in draft.components("securitySchemes"):
        wanted = SERVED.get(name)
        if not wanted:
            yield scheme, f"nothing reads {name}: the service knows {' and '.join(SERVED)}"
        elif any(str(scheme.value.get(key)).lower() != value.lower() for key, value in wanted.items()):
            yield scheme, f"describe {name} as {', '.join(f'{key}: {value}' for key, value in wanted.items())}"


def server_is_safe(draft: ContractDocument) -> Violations:
    """A relative URL, or https, and nothing in it that is to be filled in."""
    servers = draft.root.get("servers")
    for _, server in servers.members() if servers else ():
        if str(server["url"].value).startswith("http://"):
            yield server["url"], "use https, or a path alone"
        if "{" in str(server["url"].value):
            yield server["url"], "write the address out: nothing fills its variables in"


RULES = (
    security_is_declared,
    scope_is_held,
    scope_is_explained,
    role_extends_a_role,
    scope_is_listed,
    secured_operation_can_refuse,
    secret_travels_safely,
    password_is_write_only,
    scheme_is_served,
    server_is_safe,
)


def _roles(draft: ContractDocument) -> list[Node]:
    roles = draft.root.get("x-roles")
    return [role for _, role in roles.members()] if roles else []


def _schemes(draft: ContractDocument) -> list[Node]:
    """Each mention of a security scheme, with its scopes."""
    holders = [node for node in (draft.root, *draft.operations()) if node.value.get("security")]
    return [scheme for node in holders for _, each in node["security"].members() for _, scheme in each.members()]


def _scopes(draft: ContractDocument) -> list[tuple[str, Node]]:
    """Each scope that an operation asks for, with the operation's name."""
    found = []
    for operation in draft.operations():
        security = operation.get("security")
        for _, each in security.members() if security else ():
            for _, scopes in each.members():
                found += [(str(operation.value.get("operationId")), scope) for _, scope in scopes.members()]
    return found
