"""Generator of `handlers/contract_types.py`: the contract's schemas as TypedDicts."""

from orderly.config.errors import CommandError

HEADER = '"""What the contract\'s schemas hold. Made by `orderly types` from openapi.yaml: edit that, not this."""'


def types_of(source: bytes) -> str:
    """Return the Python source of the types.

    An enum becomes `str`: rows contain strings, and every response is validated by the enum.

    Args:
        source: the contract's YAML.

    Raises:
        CommandError: the generator is not installed; only developers need it.
    """
    try:
        from datamodel_code_generator import InputFileType, generate
        from datamodel_code_generator.enums import DataModelType
        from datamodel_code_generator.format import Formatter, PythonVersion
    except ImportError:
        raise CommandError("datamodel-code-generator is not installed: run `pip install --group check`.") from None
    generated = generate(
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
    return f"{generated}\n"
