"""The private parts of Connexion 3.3 that the pipeline needs."""

from connexion import ConnexionMiddleware

from orderly.http.messages import ASGIApp


def build_stack(connexion: ConnexionMiddleware) -> ASGIApp:
    """Build the middleware stack, and return the application.

    Connexion builds it at the first request. An operation that cannot be compiled must fail at start.
    """
    connexion.app, connexion.middleware_stack = connexion._build_middleware_stack()
    app: ASGIApp = connexion
    return app
