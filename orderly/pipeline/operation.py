"""The seam: one operation of the contract, compiled at start; session, idempotency, preconditions, commit, answer."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from sqlalchemy.orm import Session

from db.users import Caller
from orderly import middleware
from orderly.contract.model import Contract, Operation
from orderly.database import timing
from orderly.database.connections import Access, Reads, Writes
from orderly.database.database import Database
from orderly.database.pagination import Listing
from orderly.database.readiness import Readiness
from orderly.errors import DomainError, is_retryable
from orderly.http.errors import InternalError, NotImplementedYet
from orderly.http.messages import Receive, Reply, Request, Send
from orderly.http.problems import Problems
from orderly.pipeline.deprecation import deprecation_headers
from orderly.pipeline.handler_resolver import Handler, HandlerOf, wanted_by
from orderly.pipeline.idempotency import IdempotencyStore
from orderly.pipeline.location import location_builder
from orderly.pipeline.pagination import CursorSigner, Paginator
from orderly.pipeline.preconditions import Precondition, etag, is_current
from orderly.pipeline.thread_pool import WorkerPool
from orderly.rate_limiting.limiter import Limiter, RateLimitStore
from orderly.security.guard import Credentials, Guard, Tokens
from orderly.validation.request import RequestValidator
from orderly.validation.response import ResponseContractError, ResponseValidator
from orderly.validation.schemas import SchemaCompiler

READING = {"session", "begin", "rows", "reads", "readiness"}
"""What a handler asks the database with."""
ATTEMPTS = 8
"""How often a transaction is run when the database asks for it again."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What operations share."""

    contract: Contract
    handler_of: HandlerOf
    database: Database
    validators: SchemaCompiler
    problems: Problems
    tokens: Tokens
    credentials: Credentials
    counters: RateLimitStore | None
    """None where limits are off."""
    cursors: CursorSigner
    readiness: Readiness
    workers: WorkerPool
    hashers: WorkerPool
    """The threads of the operations that take a password."""


class CompiledOperation:
    """An operation with everything that serving it takes, made once. Calling it serves one request."""

    def __init__(self, operation: Operation, handler: Handler | None, read: Handler | None, services: Services) -> None:
        """Compile.

        Args:
            operation: what the contract says.
            handler: what does it; None answers 501.
            read: the handler of the GET on the same path, whose version If-Match is compared with.
            services: what all operations share.

        Raises:
            ContractError: the handler takes an argument that the contract does not have.
        """
        self.operation = operation
        self._services = services
        self._handler = handler
        self._wanted = wanted_by(handler, operation) if handler else frozenset()
        self._media_types = frozenset(operation.body)
        self._guard = Guard(operation, services.credentials)
        self._limiter = Limiter(operation, services.counters)
        self._request_validator = RequestValidator(operation, services.validators)
        self._response_validator = ResponseValidator(operation, services.validators)
        self._paginator = Paginator(operation, services.cursors)
        self._precondition = Precondition(operation, read)
        self._idempotency = IdempotencyStore(operation)
        self._success = operation.success
        self._declares = {header.name for header in operation.success.headers}
        self._location = location_builder(services.contract, operation) if "Location" in self._declares else None
        self._only_reads = operation.method == "GET"
        self._facts: dict[str, Any] = {
            "operation": operation.operation_id,
            "path": services.contract.base_path + operation.path,
        }
        self._deprecation_headers = deprecation_headers(operation)
        if self._deprecation_headers:
            self._facts["deprecated"] = True
        # What asks neither the database nor the counters is answered where it is: liveness.
        asks = bool(operation.rate_limits) or "Link" in self._declares or bool(self._wanted & READING)
        self._needs_thread = asks or not operation.is_public
        self._workers = services.hashers if operation.takes_password else services.workers

    async def __call__(self, request: Request, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request.facts.update(self._facts)
        try:
            middleware.refuse_unacceptable(request)
            if self._media_types:
                await self._take_body(request, receive)
            if self._needs_thread:
                reply = await self._workers.run(self._serve, request)
            else:
                reply = self._serve(request)
        except middleware.ClientGone:
            raise
        except Exception as error:
            reply = self._refused(error, request)
        reply.headers |= self._deprecation_headers
        await reply.send(send)

    async def _take_body(self, request: Request, receive: Receive) -> None:
        body = await middleware.read_body(request, receive)
        if body:
            middleware.refuse_media_type(request, self._media_types)
            request.body = middleware.read_json(body)
            request.has_body = True

    def _serve(self, request: Request) -> Reply:
        """Everything that may wait for the database, in one go and in one thread."""
        quota: dict[str, str] = {}
        before = timing.time_spent.seconds
        try:
            with self._services.database.reads(replica=self._only_reads) as reads:
                caller = self._guard.admit(request, reads)
                request.facts["caller"] = caller.user_id if caller else None
                quota = self._limiter.hit(request, caller)
                if self._handler is None:
                    raise NotImplementedYet
                arguments = self._request_validator.arguments(request)
                if self._only_reads:
                    result = self._call(arguments, caller, reads, reads)
                    reply = self._reply(request, arguments, caller, reads, result)
                else:
                    reads.close()  # gives the connection back before the write transaction asks for one
                    reply = self._write(request, arguments, caller, reads)
        except Exception as error:
            reply = self._refused(error, request)
        request.facts["database_ms"] = round((timing.time_spent.seconds - before) * 1000, 1)
        reply.headers = {**quota, **reply.headers}
        return reply

    def _write(self, request: Request, arguments: dict[str, Any], caller: Caller | None, reads: Reads) -> Reply:
        """One write transaction, run again as often as the database asks for it."""
        for attempt in range(1, ATTEMPTS + 1):
            with self._services.database.writing(snapshot=self._precondition.is_declared) as session:
                try:
                    reply = self._perform(request, arguments, caller, session, reads)
                    session.commit()
                    return reply
                except DomainError as refusal:
                    if refusal.commits:
                        session.commit()
                    raise
                except Exception as error:
                    if attempt == ATTEMPTS or not is_retryable(error):
                        raise
            time.sleep(random.uniform(0, 0.005 * 2**attempt))  # noqa: S311  # jitter, not a secret
        raise AssertionError("unreachable")

    def _perform(
        self, request: Request, arguments: dict[str, Any], caller: Caller | None, session: Session, reads: Reads
    ) -> Reply:
        """What happens inside the transaction: the answer is checked before anything is committed."""
        claim = self._idempotency.claim(request, caller)
        replay = self._idempotency.find(claim, session) if claim else None
        if replay is not None:
            request.facts["replayed"] = True
            return replay

        def begin() -> Session:
            self._precondition.check(arguments, caller, session)
            return session

        if "begin" not in self._wanted:
            begin()
        access = Writes(session)
        result = self._call({**arguments, "begin": begin}, caller, access, reads)
        session.flush()
        reply = self._reply(request, arguments, caller, access, result)
        if claim:
            self._idempotency.keep(claim, session, reply)
        return reply

    def _call(self, arguments: dict[str, Any], caller: Caller | None, access: Access, reads: Reads) -> Any:
        handler: Callable[..., Any] | None = self._handler
        assert handler is not None  # noqa: S101  # refused in _serve
        own = {"caller": caller, "rows": access, "tokens": self._services.tokens, "readiness": self._services.readiness}
        given = {**arguments, **own}
        if "session" in self._wanted:
            given["session"] = access.session
        if "reads" in self._wanted:
            given["reads"] = reads.session
        return handler(**{name: given[name] for name in self._wanted if name in given})

    def _reply(
        self, request: Request, arguments: dict[str, Any], caller: Caller | None, access: Access, result: Any
    ) -> Reply:
        """The declared success, with the headers that the contract declares for it."""
        headers: dict[str, str] = {}
        if isinstance(result, Listing):
            result = self._paginator.page(result, request, arguments, caller, access, headers)
        if "ETag" in self._declares:
            headers["ETag"] = etag(result)
            if self._only_reads and is_current(headers["ETag"], request):
                return self._checked(Reply(304, headers, media_type=None))
        if self._location is not None:
            headers["Location"] = self._location(result, request)
        media_type = next(iter(self._success.media), None)
        body = b"" if media_type is None else orjson.dumps(result)
        return self._checked(Reply(int(self._success.status), headers, body, result, media_type))

    def _checked(self, reply: Reply) -> Reply:
        self._response_validator.check(reply.status, reply.media_type, reply.headers, reply.json)
        return reply

    def _refused(self, error: Exception, request: Request) -> Reply:
        """The answer to a request that ended in an error; one that the contract does not declare is our fault."""
        if isinstance(error, ResponseContractError):
            log.error("response_validation_failed", rule=str(error))
            request.facts["response_validation_failed"] = True
            error = InternalError()
        problems = self._services.problems
        reply = problems.reply(error, request.id)
        if isinstance(error, NotImplementedYet):
            return reply
        try:
            return self._checked(reply)
        except ResponseContractError as broken:
            log.error("response_validation_failed", rule=str(broken))
            request.facts["response_validation_failed"] = True
            return problems.reply(InternalError(), request.id)
