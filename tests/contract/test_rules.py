"""The house rules: each is seen to fail on a planted defect, at its line; the contract itself breaks none."""

from itertools import pairwise
from pathlib import Path

import pytest

from openapi import contract
from openapi.workbench.check import RULES, check
from openapi.workbench.rules.bounds import is_catastrophic

GOOD = Path(__file__).with_name("good.yaml")
SOURCE = GOOD.read_text()

BOMB = "x-a: &a [lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"x-{name}: &{name} [{', '.join([f'*{former}'] * 9)}]\n" for former, name in pairwise("abcdefghi")
)
"""Eight lines of aliases that would be 400 million words."""

DEFECTS = [
    # rule, what stands in the good contract, what takes its place, what the line of the finding has
    ("operation-id-is-verb-noun", "operationId: get_health", "operationId: health", "operationId: health"),
    ("path-is-kebab-case", "  /health:", "  /Health:", "/Health"),
    ("tag-is-kebab-case", "tags: [health]", "tags: [He_alth]", "tags: [He_alth]"),
    ("component-is-pascal-case", "    Text:\n", "    old_text: {type: boolean}\n    Text:\n", "    old_text:"),
    ("property-is-snake-case", "        colours:", "        coloursOfIt:", "coloursOfIt"),
    ("property-is-snake-case", "name: dry_run", "name: dryRun", "dryRun"),
    ("header-is-train-case", "name: If-Match", "name: if-match", "name: if-match"),
    ("scope-is-resource-and-action", "notes:write: Write", "write_notes: Write", "write_notes"),
    (
        "operation-keys-in-order",
        "      operationId: get_health\n      summary: Is it well?\n",
        "      summary: Is it well?\n      operationId: get_health\n",
        "summary: Is it well?",
    ),
    (
        "responses-in-order",
        '"403": {$ref: "#/components/responses/Forbidden"}\n        "412": {',
        '"418": {$ref: "#/components/responses/Forbidden"}\n        "412": {',
        '"418"',
    ),
    (
        "components-in-order",
        "    RateLimit:\n      description: What is left.\n      schema: {type: string, maxLength: 100}\n",
        "    Age: {description: How old., schema: {type: string, maxLength: 9}}\n"
        "    RateLimit:\n      description: What is left.\n      schema: {type: string, maxLength: 100}\n",
        "    Idempotency-Replayed:\n      desc",
    ),
    ("operations-in-order-of-tags", "tags: [notes]", "tags: [health]", "tags: [notes]"),
    ("operation-is-described", "      summary: Change a note\n", "", "    patch:"),
    ("operation-is-described", "      description: Changes what it says.\n", "", "    patch:"),
    ("tag-is-introduced", "  - {name: health, description: What load balancers ask.}\n", "", "tags: [health]"),
    ("property-is-described", "{description: Its id., type", "{type", "        id: {"),
    ("component-is-described", "      description: A note to write.\n", "", "    NoteCreate:"),
    ("schema-has-a-type", "type: string, maxLength: 255", "maxLength: 255", "schema: {maxLength: 255}"),
    ("number-has-bounds", ", maximum: 1000,", ",", "Its version."),
    ("number-has-bounds", "minimum: 1, maximum: 1000", "maximum: 1000", "Its version."),
    ("string-has-max-length", "schema: {type: string, maxLength: 255}", "schema: {type: string}", "{type: string}"),
    ("array-has-max-items", "          maxItems: 9\n", "", "        labels:"),
    ("array-has-max-items", "          items: {type: string, maxLength: 9}\n", "", "        labels:"),
    ("map-has-bounds", "          maxProperties: 9\n", "", "        colours:"),
    ("map-has-bounds", "          propertyNames: {maxLength: 9}\n", "", "        colours:"),
    ("pattern-is-linear", "^[0-9]+(?:-[0-9]+)*$", "^(?:[0-9]+)*$", "^(?:[0-9]+)*$"),
    ("pattern-is-linear", "^[0-9]+(?:-[0-9]+)*$", "^(?=a)[0-9]+$", "^(?=a)[0-9]+$"),
    ("open-list-is-a-list", "    Text:\n", "    Text:\n      x-open: true\n", "x-open"),
    ("extension", "enum: [red, blue]", "enum: [red, blue], x-open: yes please", "x-open"),
    ("pattern-is-anchored", "^[0-9]+(?:-[0-9]+)*$", "[0-9]+", "[0-9]+"),
    ("pattern-is-anchored", "^[0-9]+(?:-[0-9]+)*$", "^[0-9]+", "^[0-9]+"),
    ("schema-keyword-is-known", "{type: boolean}", "{type: boolean, nullable: true}", "nullable"),
    ("schema-keyword-is-known", "type: string, maxLength: 255", "type: string, maxLenght: 255", "maxLenght"),
    ("schema-keyword-is-known", 'maxLength: 30, examples: ["1"]', 'maxLength: 30, example: "1"', 'example: "1"'),
    ("format-is-known", "maxLength: 64, examples", "maxLength: 64, format: colour, examples", "format: colour"),
    (
        "discriminator-leads-somewhere",
        "    Problem:\n",
        "    Problem:\n      discriminator: {propertyName: code, mapping: {gone: Nowhere}}\n      required: [code]\n",
        "mapping",
    ),
    (
        "discriminator-leads-somewhere",
        "    Problem:\n",
        "    Problem:\n      discriminator: {propertyName: code}\n",
        "discriminator",
    ),
    (
        "object-can-end",
        "required: [id, text, version]\n      properties:\n",
        "required: [id, text, version, next]\n      properties:\n        next: {$ref: '#/components/schemas/Note'}\n",
        "next: {$ref",
    ),
    ("limits-agree", "      minLength: 1\n", "      minLength: 101\n", "minLength: 101"),
    ("request-object-is-closed", "      additionalProperties: false\n    Problem:", "    Problem:", "    NoteCreate:"),
    ("required-property-is-there", "required: [text]", "required: [texts]", "required: [texts]"),
    ("path-parameter-is-declared", '        - $ref: "#/components/parameters/NoteId"\n', "", "    patch:"),
    (
        "parameter-stands-once",
        '        - $ref: "#/components/parameters/NoteId"\n',
        '        - $ref: "#/components/parameters/NoteId"\n        - $ref: "#/components/parameters/NoteId" # twice\n',
        "# twice",
    ),
    (
        "bodiless-has-no-body",
        "      security: []\n      resp",
        "      security: []\n      requestBody: {content: {application/json: {schema: {const: 1}, example: 1}}}\n"
        "      resp",
        "requestBody: {content",
    ),
    (
        "bodiless-has-no-body",
        "{description: It is well.}",
        "{description: It is well., content: {application/json: {schema: {type: boolean}, example: true}}}",
        "It is well.",
    ),
    (
        "error-is-shared",
        '"428": {$ref: "#/components/responses/PreconditionRequired"}',
        '"428": {description: No., content: {application/problem+json: {schema: true, example: {}}}}',
        '"428": {description: No.',
    ),
    ("error-is-a-problem", "      x-error-codes: [rate_limited]\n", "", "    RateLimited:\n"),
    (
        "error-is-a-problem",
        "Who is there?\n      content:\n        application/problem+json:",
        "Who is there?\n      content:\n        application/json:",
        "    Unauthorized:\n",
    ),
    (
        "error-code-is-explained",
        "  rate_limited: {title: Too many, cause: You were fast.,",
        "  rate_limited: {",
        "[rate_limited]",
    ),
    ("problem-is-of-its-response", "{status: 412,", "{status: 409,", "{status: 409, code: precondition_failed}"),
    ("problem-is-of-its-response", "code: rate_limited}", "code: forbidden}", "{status: 429, code: forbidden}"),
    (
        "body-has-an-example",
        "            example: {text: Milk}\n",
        "",
        'application/json:\n            schema: {$ref: "#/components/schemas/NoteCreate"}\n      responses',
    ),
    ("property-has-an-example", 'maxLength: 30, examples: ["1"]}', "maxLength: 30}", "Its id."),
    ("example-is-true", '{id: "1", text: Milk, version: 2}', "{id: 1, text: Milk, version: 2}", "{id: 1, text"),
    ("example-is-true", 'value: {id: "1", text: Milk, version: 1}', 'value: {id: "1", text: Milk}', "value: {id"),
    ("example-is-true", "      examples: [Milk]", '      examples: [""]', 'examples: [""]'),
    (
        "example-is-here",
        'value: {id: "1", text: Milk, version: 1}',
        "externalValue: https://shop.example/milk.json",
        "    Milk:",
    ),
    (
        "example-has-its-answer",
        "            example: {text: Milk, labels: [home]}",
        "            examples: {cheese: {value: {text: Cheese}}}",
        "cheese",
    ),
    ("listed-value-is-true", "enum: [red, blue]", "enum: [red, 3]", "enum: [red, 3]"),
    ("listed-value-is-true", "enum: [red, blue]", "enum: [red, red]", "enum: [red, red]"),
    ("listed-value-is-true", "{type: boolean}", "{type: boolean, default: maybe}", "default: maybe"),
    (
        "created-has-links",
        "          links:\n            change_note:\n              operationId: change_note\n"
        '              parameters: {note_id: "$response.body#/id"}\n',
        "",
        '"201":',
    ),
    (
        "link-leads-to-an-operation",
        "              operationId: change_note",
        "              operationId: changes_note",
        "operationId: changes_note",
    ),
    (
        "link-has-real-parameters",
        '{note_id: "$response.body#/id"}',
        '{note_id: "$response.body#/id", note: x}',
        ", note: x}",
    ),
    (
        "link-has-real-parameters",
        '              parameters: {note_id: "$response.body#/id"}\n',
        "",
        "            change_note:",
    ),
    ("link-expression-is-real", "$response.body#/id", "$response.body#/key", "$response.body#/key"),
    (
        "component-is-used",
        'milk: {$ref: "#/components/examples/Milk"}',
        "milk: {value: {id: a, text: b, version: 1}}",
        "    Milk:",
    ),
    ("extension-is-known", "x-idempotent: true", "x-idempotent: true\n      x-idempotency: true", "x-idempotency"),
    (
        "extension",
        "x-precondition: required",
        "x-precondition: needed",
        "x-precondition: needed",
    ),
    ("extension", "per: caller}", "per: user}", "per: user}"),
    ("idempotent-is-complete", '        "422": {$ref: "#/components/responses/Reused"}\n', "", "x-idempotent"),
    ("idempotent-is-complete", '        "409": {$ref: "#/components/responses/InFlight"}\n', "", "x-idempotent"),
    ("idempotent-is-complete", '        - $ref: "#/components/parameters/IdempotencyKey"\n', "", "x-idempotent"),
    (
        "idempotent-is-complete",
        '            Idempotency-Replayed: {$ref: "#/components/headers/Idempotency-Replayed"}\n',
        "",
        '"201":',
    ),
    ("idempotency-key-is-taken", "      x-idempotent: true\n", "", "    post:"),
    (
        "precondition-is-complete",
        '        "428": {$ref: "#/components/responses/PreconditionRequired"}\n',
        "",
        "x-precondition",
    ),
    (
        "precondition-is-complete",
        '        "412": {$ref: "#/components/responses/PreconditionFailed"}\n',
        "",
        "x-precondition",
    ),
    ("precondition-is-complete", '        - $ref: "#/components/parameters/IfMatch"\n', "", "x-precondition"),
    ("rate-limit-is-complete", '        "429": {$ref: "#/components/responses/RateLimited"}\n', "", "x-rate-limit"),
    (
        "rate-limit-is-complete",
        '            RateLimit-Policy: {$ref: "#/components/headers/RateLimit"}\n',
        "",
        '"201":',
    ),
    (
        "deprecation-has-its-days",
        "x-precondition: required",
        'x-precondition: required\n      x-sunset: "2027-01-01"',
        "x-sunset",
    ),
    (
        "deprecation-has-its-days",
        "x-precondition: required",
        'x-precondition: required\n      deprecated: true\n      x-sunset: "2027-01-01"',
        "deprecated: true",
    ),
    (
        "deprecation-has-its-days",
        "description: Whether to leave it at trying.",
        'deprecated: true\n          x-deprecated-since: "2027-01-01"\n          description: Whether to try.',
        "deprecated: true",
    ),
    (
        "sunset-is-later",
        "type: integer, minimum: 1, maximum: 1000",
        'type: integer, minimum: 1, maximum: 9, deprecated: true, x-deprecated-since: "2027-01-01", '
        'x-sunset: "2027-01-01"',
        "x-sunset",
    ),
    (
        "extension",
        "x-precondition: required",
        "x-precondition: required\n      deprecated: true\n      x-deprecated-since: soon",
        "x-deprecated-since",
    ),
    ("security-is-declared", "security:\n  - bearer: []\n", "security: []\n", "openapi: 3.1.0"),
    ("security-is-declared", "security:\n  - bearer: []\n", "security:\n  - bear: []\n", "- bear: []"),
    ("scope-is-held", "customer: [notes:write]", "customer: []", "- bearer: [notes:write]"),
    ("scope-is-explained", "customer: [notes:write]", "customer: [notes:write, notes:read]", "customer:"),
    ("scope-is-listed", "x-scopes:\n", "x-scopes:\n  notes:read: Read.\n", "grants:"),
    (
        "secured-operation-can-refuse",
        '        "403": {$ref: "#/components/responses/Forbidden"}\n        "412"',
        '        "412"',
        'responses:\n        "200"',
    ),
    (
        "secured-operation-can-refuse",
        "[ambiguous_credentials, validation_error]",
        "[validation_error]",
        '"400": {',
    ),
    ("secret-travels-safely", "name: dry_run", "name: access_token", "access_token"),
    (
        "secret-travels-safely",
        "bearer: {description: A token., type: http, scheme: bearer}",
        "bearer: {description: A token., type: apiKey, in: query, name: key}",
        "in: query, name: key",
    ),
    ("password-is-write-only", ", writeOnly: true", "", "        password:"),
    ("scheme-is-served", "scheme: bearer", "scheme: basic", "scheme: basic"),
    (
        "scheme-is-served",
        "  securitySchemes:\n",
        "  securitySchemes:\n    login: {description: A., type: openIdConnect, openIdConnectUrl: https://a.example}\n",
        "    login:",
    ),
    ("version-is-semantic", "version: 1.0.0}", "version: one}", "version: one"),
    ("server-is-safe", "url: /v1", 'url: "/{stage}/v1"', "{stage}"),
    ("server-is-safe", "url: /v1", "url: http://shop.example/v1", "http://shop.example"),
    # before the house rules: what is no contract at all
    ("yaml", "info: {title: Notes, version: 1.0.0}", "info: {title: Notes", "servers:"),
    ("yaml", "  - {name: health", "\t- {name: health", "\t- {name: health"),
    ("yaml", "enum: [red, blue]", "enum: [no, yes]", "enum: [no, yes]"),
    ("yaml", "minimum: 400", "minimum: 0400", "minimum: 0400"),
    ("yaml", "    Text:\n", "    Text:\n      <<: {}\n", "<<"),
    ("yaml", "{type: boolean}", "!!python/object:os.system {type: boolean}", "!!python"),
    ("yaml", "{type: boolean}", "*nobody", "*nobody"),
    ("yaml", "openapi: 3.1.0\n", f"openapi: 3.1.0\n{BOMB}", "x-b"),
    ("yaml", "labels: [home]}", "labels: &labels [*labels]}", "*labels"),
    ("yaml", "What people", "What\0people", "What\0people"),
    ("yaml", "  /health:", "  /shared-notes:", "  /shared-notes:\n    get"),
    ("yaml", '        "204": {', "        204: {", "        204: {"),
    ("reference", "parameters/NoteId", "parameters/Nobody", "parameters/Nobody"),
    ("reference", "#/components/parameters/NoteId", "#/components/schemas/Note", '#/components/schemas/Note"\n'),
    ("reference", "#/components/parameters/NoteId", "parameters.yaml#/NoteId", "parameters.yaml#/NoteId"),
    ("reference", "#/components/parameters/NoteId", "https://a.example/b.yaml", "https://a.example"),
    ("openapi", "summary: Is it well?", "sumary: Is it well?", "sumary: Is it well?"),
    ("openapi", '        "204": {', '        "600": {', '        "600": {'),
    ("json-schema", "{type: boolean}", "{type: bool}", "{type: bool}"),
    ("json-schema", "maxLength: 40", "maxLength: long", "maxLength: long"),
    (
        "extension",
        "      x-error-codes: [rate_limited]",
        "      x-error-codes: rate_limited",
        "x-error-codes: rate_limited",
    ),
    ("openapi", "info: {title: Notes, version", "info: {version", "info: {version"),
    ("openapi", "in: path", "in: paths", "in: paths"),
    ("contract", "  /health:", "  /shared-notes/{other_id}:", "  /shared-notes/{other_id}:"),
    ("contract", "operationId: get_health", "operationId: change_note", "operationId: change_note\n      summary: Is"),
    ("contract", "      tags: [health]\n", "", "    get:"),
    ("contract", '        "204": {', '        "304": {', '      responses:\n        "304"'),
]


def line_of(source: str, text: str) -> int:
    return source[: source.index(text)].count("\n") + 1


@pytest.mark.parametrize(("rule", "good", "bad", "at"), DEFECTS)
def test_a_planted_defect_is_found_at_its_line(tmp_path, rule, good, bad, at):
    assert good in SOURCE
    source = SOURCE.replace(good, bad, 1)
    (tmp_path / "bad.yaml").write_text(source)
    found = {(each.rule, each.line) for each in check(tmp_path / "bad.yaml")}
    assert (rule, line_of(source, at)) in found


def test_an_alias_is_a_copy(tmp_path):
    responses = '"401": {$ref: "#/components/responses/Unauthorized"}'
    source = SOURCE.replace(responses, responses.replace("{", "&who {"), 1).replace(responses, '"401": *who')
    assert "*who" in source
    (tmp_path / "good.yaml").write_text(source)
    assert check(tmp_path / "good.yaml") == []


def test_every_rule_is_seen_to_fail():
    assert {rule.__name__.replace("_", "-") for rule in RULES} <= {rule for rule, *_ in DEFECTS}


@pytest.mark.parametrize("path", [GOOD, contract.DEFAULT_PATH], ids=["good", "ours"])
def test_a_good_contract_has_no_finding(path):
    assert check(path) == []


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "[0-9]*[0-9]*x",
        "(?:a|a)*",
        "(?:b[a-z]+)*",
        "(?:.*a)*",
        r"(\w+\s?)*",
        "(a?){50}",
        "((a)+)+",
        "(?:a|ab)*",
        "(a*){2,9}",
    ],
)
def test_a_pattern_that_backtracking_never_ends_is_known(pattern):
    assert is_catastrophic(f"^{pattern}$")


@pytest.mark.parametrize(
    "pattern", ["[!-~]+(?: [!-~]+)*", "([a-z]{2}){3}", r"[0-9]+(?:\.[0-9]+)*", "(?:ab|cd)+", "(?:a+)?", r"a\(b+\)*"]
)
def test_a_pattern_that_has_one_way_to_match_is_fine(pattern):
    assert not is_catastrophic(f"^{pattern}$")
