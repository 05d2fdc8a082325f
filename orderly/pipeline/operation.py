"""An operation, compiled at start. All steps of a request run in one thread."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from orderly.contract.loader import ContractError
from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.database import timing
from orderly.database.connections import ReadSession
from orderly.database.database import Database
from orderly.http.body import ClientDisconnected, read_body, read_json
from orderly.http.errors import NotImplementedYet
from orderly.http.messages import Receive, Request, Response, Send
from orderly.http.negotiation import check_acceptable, check_media_type
from orderly.http.problems import ProblemRenderer
from orderly.pipeline.context import RequestContext
from orderly.pipeline.deprecation import deprecation_headers
from orderly.pipeline.failure import FailureBuilder
from orderly.pipeline.handlers import Handlers
from orderly.pipeline.idempotency import IdempotencyStore
from orderly.pipeline.pagination import CursorSigner
from orderly.pipeline.preconditions import Precondition
from orderly.pipeline.success import SuccessBuilder
from orderly.pipeline.thread_pool import WorkerPool
from orderly.pipeline.transaction import run_transaction
from orderly.rate_limiting.limiter import Limiter, RateLimitStore
from orderly.security.authorization import Authorizer
from orderly.validation.request import RequestValidator
from orderly.validation.response import ResponseValidator
from orderly.validation.schemas import SchemaCompiler


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Objects that all operations share."""

    contract: Contract
    handlers: Handlers
    database: Database | None
    """None without a database."""
    schemas: SchemaCompiler
    problems: ProblemRenderer
    rate_limit_store: RateLimitStore | None
    """None if rate limits are off."""
    cursor_signer: CursorSigner
    workers: WorkerPool
    password_workers: WorkerPool
    """The pool of operations that take a password."""


class CompiledOperation:
    """An operation with everything needed to serve it. Calling it serves one request."""

    def __init__(self, operation: Operation, dependencies: Dependencies) -> None:
        """Compile the operation.

        Raises:
            ContractError: the operation does not fit its handler, or requires a database and the service has none.
        """
        self.operation = operation
        handlers, contract = dependencies.handlers, dependencies.contract
        self._database = dependencies.database
        self._handler = handlers.bind(operation)
        self._media_types = frozenset(operation.body)
        self._authorizer = Authorizer(operation, handlers.credentials, handlers.authenticators)
        self._limiter = Limiter(operation, dependencies.rate_limit_store)
        self._request_validator = RequestValidator(operation, dependencies.schemas)
        validator = ResponseValidator(operation, dependencies.schemas)
        self._success = SuccessBuilder(contract, operation, validator, dependencies.cursor_signer)
        self._failure = FailureBuilder(validator, dependencies.problems)
        self._precondition = Precondition(operation, handlers.bind_read(operation))
        self._idempotency = IdempotencyStore(operation)
        self._is_get = operation.method == "GET"
        types = self._handler.injected_types if self._handler else frozenset[type]()
        self._writes = Session in types or operation.idempotent or self._precondition.is_declared
        self._checks_late = self._precondition.is_declared and {Session, ReadSession} <= types
        if self._writes and self._database is None:
            raise ContractError(f"{operation.operation_id} writes, and this application has no database")
        self._path = contract.base_path + operation.path
        self._deprecation_headers = deprecation_headers(operation)
        # The liveness check has no input, so it never waits: it responds even while all threads are busy.
        has_input = bool(operation.parameters or operation.rate_limits or operation.security)
        takes_arguments = self._handler is not None and self._handler.takes_arguments
        self._needs_thread = not self._is_get or has_input or takes_arguments
        self._workers = dependencies.password_workers if operation.takes_password else dependencies.workers

    async def __call__(self, request: Request, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request.facts.operation = self.operation.operation_id
        request.facts.path = self._path
        request.facts.deprecated = bool(self._deprecation_headers)
        try:
            check_acceptable(request)
            if self._media_types:
                await self._read_body(request, receive)
            if self._needs_thread:
                response = await self._workers.run(self._serve, request)
            else:
                response = self._serve(request)
        except ClientDisconnected:
            raise
        except Exception as error:
            response = self._failure.build(error, request)
        response.headers |= self._deprecation_headers
        await response.send(send)

    async def _read_body(self, request: Request, receive: Receive) -> None:
        body = await read_body(request, receive)
        if body:
            check_media_type(request, self._media_types)
            request.body = read_json(body)
            request.has_body = True

    def _serve(self, request: Request) -> Response:
        """Run all steps that may wait for the database."""
        quota: dict[str, str] = {}
        started_at = timing.time_spent.seconds
        try:
            with self._reading() as session:
                context = RequestContext(request, session)
                context.caller = self._authorizer.authorize(request, session)
                request.facts.user_id = context.caller.id if context.caller else None
                quota = self._limiter.hit(request, request.facts.user_id)
                if self._handler is None:
                    raise NotImplementedYet
                context.arguments = self._request_validator.validate(request)
                response = self._write(context) if self._writes else self._read(context)
        except Exception as error:
            response = self._failure.build(error, request)
        request.facts.database_ms = round((timing.time_spent.seconds - started_at) * 1000, 1)
        response.headers = {**quota, **response.headers}
        return response

    def _reading(self) -> AbstractContextManager[ReadSession | None]:
        if self._database is None:
            return nullcontext()
        return self._database.reading(replica=self._is_get and not self._writes)

    def _read(self, context: RequestContext) -> Response:
        return self._success.build(self._call(context), context)

    def _write(self, context: RequestContext) -> Response:
        assert self._database is not None and context.read_session is not None  # noqa: S101, PT018  # checked at start
        context.read_session.close()  # returns the connection before the write transaction takes one
        return run_transaction(self._database, partial(self._perform, context), snapshot=self._precondition.is_declared)

    def _perform(self, context: RequestContext, session: Session) -> Response:
        """Run one attempt in a transaction. The response is validated before the commit."""
        context.session = session
        key = self._idempotency.claim(context.request, context.caller)
        replay = self._idempotency.find(key, session) if key else None
        if replay is not None:
            context.request.facts.replayed = True
            return replay
        result = self._change(context, checks_late=self._checks_late and key is None)
        session.flush()
        response = self._success.build(result, context)
        if key:
            self._idempotency.store(key, session, response)
        return response

    def _change(self, context: RequestContext, *, checks_late: bool) -> Any:
        """Call the handler and check its precondition, in one transaction.

        A handler that takes both sessions does slow work before its first write, such as comparing a password. Its
        transaction begins with the first statement of the write session, and the precondition is checked then.
        """
        if not checks_late:
            self._precondition.check(context)
            return self._call(context)
        self._precondition.check_at_begin(context)
        result = self._call(context)
        assert context.session is not None  # noqa: S101  # set by _perform
        context.session.connection()  # begins the transaction if the handler has not
        return result

    def _call(self, context: RequestContext) -> Any:
        assert self._handler is not None  # noqa: S101  # checked in _serve
        return self._handler(context.arguments, context.injected)
