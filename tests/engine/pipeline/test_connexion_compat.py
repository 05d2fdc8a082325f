"""The private parts of Connexion: without one, its test fails by name."""

from connexion import ConnexionMiddleware

from orderly.pipeline.connexion_compat import build_stack


async def _pages(scope: object, receive: object, send: object) -> None:
    """Send nothing."""


def test_connexion_has_build_middleware_stack() -> None:
    assert callable(ConnexionMiddleware._build_middleware_stack)


def test_stack_is_built_before_the_first_request() -> None:
    connexion = ConnexionMiddleware(_pages, import_name=__name__, middlewares=[])
    assert connexion.middleware_stack is None

    stack = build_stack(connexion)

    assert connexion.middleware_stack is not None
    assert stack is connexion
