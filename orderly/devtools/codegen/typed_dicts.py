"""Makes `handlers/contract_types.py`: the contract's schemas as TypedDicts, for handlers to take and give."""

from orderly.config.errors import CommandError

HEADER = '"""What the contract\'s schemas hold. Made by `orderly types` from openapi.yaml: edit that, not this."""'


def types_of(source: bytes) -> str:
    """The Python source of the types.

    A closed list of values is plain text here: rows hold it as text, and every answer is checked against the list.

    Args:
        source: the contract's YAML.

    Raises:
        CommandError: the generator, which only developers need, is not installed.
    """
    try:
        from datamodel_code_generator import InputFileType, generate
        from datamodel_code_generator.enums import DataModelType
        from datamodel_code_generator.format import Formatter, PythonVersion
    except ImportError:
        raise CommandError("datamodel-code-generator is not installed: `pip install --group check` has it.") from None
    made = generate(
        source.decode(),
        custom_file_header=HEADER,
        disable_timestamp=True,
        formatters=[Formatter.BUILTIN],
        ignore_enum_constraints=True,
        input_file_type=InputFileType.OpenAPI,
        output_model_type=DataModelType.TypingTypedDict,
        target_python_version=PythonVersion.PY_311,
        use_closed_typed_dict=False,
        use_schema_description=True,
        use_single_line_docstring=True,
        use_standard_collections=True,
        use_union_operator=True,
    )
    return f"{made}\n"
