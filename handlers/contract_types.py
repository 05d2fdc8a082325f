"""What the contract's schemas hold. Made by `orderly types` from openapi.yaml: edit that, not this."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

AdjustmentId: TypeAlias = str


Amount: TypeAlias = int


class ApiKeyRotate(TypedDict):
    """How to replace a key."""

    overlap_seconds: NotRequired[int]


Category: TypeAlias = str


Currency: TypeAlias = str


CurrentPassword: TypeAlias = str


Cursor: TypeAlias = str


Delta: TypeAlias = int


Email: TypeAlias = str


EntityTags: TypeAlias = str


EventId: TypeAlias = str


EventType: TypeAlias = str


HasMore: TypeAlias = bool


IdempotencyKey: TypeAlias = str


KeyId: TypeAlias = str


KeyPrefix: TypeAlias = str


LineId: TypeAlias = str


class Liveness(TypedDict):
    """The process answers."""

    status: Literal['ok']


class Money(TypedDict):
    """An amount of money."""

    amount: Amount
    currency: Currency


Name: TypeAlias = str


NextCursor: TypeAlias = Cursor | None


OrderId: TypeAlias = str


OrderMetadata: TypeAlias = dict[str, str]


OrderMetadataUpdate: TypeAlias = dict[str, str | None]


OrderNote: TypeAlias = str


class OrderRefund(TypedDict):
    """How much to refund."""

    amount: NotRequired[int]
    restock: NotRequired[bool]


OrderStatus: TypeAlias = str


Password: TypeAlias = str


class PasswordChange(TypedDict):
    """The password now and the one from now on."""

    current_password: CurrentPassword
    new_password: Password


PaymentReference: TypeAlias = str


PriceAmount: TypeAlias = int


ProductDescription: TypeAlias = str


ProductId: TypeAlias = str


ProductName: TypeAlias = str


ProductSort: TypeAlias = str


class Readiness(TypedDict):
    """The service can serve."""

    status: Literal['ok']
    version: str


Reason: TypeAlias = str


Region: TypeAlias = str


RequestPart: TypeAlias = str


Role: TypeAlias = str


Scope: TypeAlias = str


Scopes: TypeAlias = list[Scope]
"""What a key may do."""


SessionId: TypeAlias = str


class ShippingAddress(TypedDict):
    """Where to send the goods."""

    name: Name
    street: str
    city: str
    postal_code: str
    region: NotRequired[Region]
    country: str


Sku: TypeAlias = str


Stock: TypeAlias = int


class StockAdjustmentCreate(TypedDict):
    """A change of stock, and why."""

    delta: Delta
    reason: Reason


Timestamp: TypeAlias = str


TimestampInput: TypeAlias = str


class TokenCreate(TypedDict):
    """Who signs in."""

    email: Email
    password: CurrentPassword


class TokenRefresh(TypedDict):
    """A refresh token to exchange."""

    refresh_token: str


class Tokens(TypedDict):
    """What a client needs to act for somebody who is signed in."""

    access_token: str
    token_type: Literal['Bearer']
    expires_in: int
    refresh_token: str


Tracking: TypeAlias = str


class UserCreate(TypedDict):
    """Somebody who signs up."""

    email: Email
    password: Password
    name: Name


UserId: TypeAlias = str


UserStatus: TypeAlias = str


class UserUpdate(TypedDict):
    """What an administrator may change of a user."""

    name: NotRequired[Name]
    role: NotRequired[Role]


Version: TypeAlias = int


Violation = TypedDict(
    'Violation',
    {
        'in': RequestPart,
        'pointer': NotRequired[str],
        'name': NotRequired[str],
        'keyword': str,
        'message': str,
    },
)


class ApiKey(TypedDict):
    """A key for a program, without its secret."""

    id: KeyId
    name: Name
    prefix: KeyPrefix
    scopes: Scopes
    created_at: Timestamp
    expires_at: Timestamp | None
    last_used_at: Timestamp | None


class ApiKeyCreate(TypedDict):
    """A key that is wanted."""

    name: Name
    scopes: Scopes
    expires_at: NotRequired[TimestampInput]


class ApiKeyCreated(TypedDict):
    """A new key with its secret, which is shown this once."""

    id: KeyId
    name: Name
    prefix: KeyPrefix
    scopes: Scopes
    created_at: Timestamp
    expires_at: Timestamp | None
    last_used_at: Timestamp | None
    secret: str


class ApiKeyPage(TypedDict):
    """A page of API keys."""

    data: list[ApiKey]
    has_more: HasMore
    next_cursor: NextCursor


class EventLine(TypedDict):
    """How many of one product."""

    product_id: ProductId
    quantity: int


class MeUpdate(TypedDict):
    """What to change of the caller's account. A new email address needs the current password."""

    email: NotRequired[Email]
    name: NotRequired[Name]
    current_password: NotRequired[CurrentPassword]


class OrderFulfilment(TypedDict):
    """How an order was sent."""

    tracking: NotRequired[Tracking]


class OrderLineCreate(TypedDict):
    """How many to order of a product."""

    product_id: ProductId
    quantity: int


class OrderPayment(TypedDict):
    """How an order was paid."""

    reference: PaymentReference


class OrderUpdate(TypedDict):
    """What to change of a pending order; null removes."""

    note: NotRequired[OrderNote | None]
    shipping_address: NotRequired[ShippingAddress | None]
    metadata: NotRequired[OrderMetadataUpdate | None]


class Price(TypedDict):
    """What one piece costs."""

    amount: PriceAmount
    currency: Currency


class Problem(TypedDict):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: NotRequired[list[Violation]]


class Product(TypedDict):
    """Something that the shop sells."""

    id: ProductId
    sku: Sku
    name: ProductName
    description: ProductDescription | None
    category: Category | None
    price: Price
    stock: Stock
    version: Version
    created_at: Timestamp
    updated_at: Timestamp


class ProductCreate(TypedDict):
    """A product to add."""

    sku: Sku
    name: ProductName
    description: NotRequired[ProductDescription]
    category: NotRequired[Category]
    price: Price
    stock: NotRequired[int]


class ProductPage(TypedDict):
    """A page of products."""

    data: list[Product]
    has_more: HasMore
    next_cursor: NextCursor


class ProductUpdate(TypedDict):
    """What to change of a product; null removes."""

    sku: NotRequired[Sku]
    name: NotRequired[ProductName]
    description: NotRequired[ProductDescription | None]
    category: NotRequired[Category | None]
    price: NotRequired[Price]


class Session(TypedDict):
    """A place where the caller is signed in."""

    id: SessionId
    created_at: Timestamp
    last_used_at: Timestamp
    expires_at: Timestamp
    current: bool
    user_agent: str | None


class SessionPage(TypedDict):
    """A page of sessions."""

    data: list[Session]
    has_more: HasMore
    next_cursor: NextCursor


class StockAdjustment(TypedDict):
    """An entry of a product's stock ledger."""

    id: AdjustmentId
    product_id: ProductId
    delta: Delta
    reason: Reason
    user_id: UserId | None
    created_at: Timestamp


class StockAdjustmentPage(TypedDict):
    """A page of stock adjustments."""

    data: list[StockAdjustment]
    has_more: HasMore
    next_cursor: NextCursor


class User(TypedDict):
    """An account."""

    id: UserId
    email: Email
    name: Name
    role: Role
    status: UserStatus
    version: Version
    created_at: Timestamp
    updated_at: Timestamp


class UserPage(TypedDict):
    """A page of users."""

    data: list[User]
    has_more: HasMore
    next_cursor: NextCursor


class EventData(TypedDict):
    """What a program wants to know at once: ids, states, quantities, amounts in minor units. Never personal data. What there is depends on the type, and more may come."""

    lines: NotRequired[list[EventLine]]


class OrderCreate(TypedDict):
    """What to order."""

    lines: list[OrderLineCreate]
    note: NotRequired[OrderNote]
    shipping_address: NotRequired[ShippingAddress]
    expected_total: NotRequired[Money]
    metadata: NotRequired[OrderMetadata]


class OrderLine(TypedDict):
    """How many of one product were ordered, as it was called and priced then."""

    id: LineId
    product_id: ProductId
    sku: Sku
    name: ProductName
    quantity: int
    unit_price: Price


class Event(TypedDict):
    """A change that was made."""

    id: EventId
    type: EventType
    subject_id: str
    actor_id: UserId | None
    data: EventData
    created_at: Timestamp


class EventPage(TypedDict):
    """A page of events."""

    data: list[Event]
    has_more: HasMore
    next_cursor: NextCursor


class Order(TypedDict):
    """An order."""

    id: OrderId
    user_id: UserId
    status: OrderStatus
    lines: list[OrderLine]
    total: Money
    refunded: Money | None
    note: OrderNote | None
    shipping_address: ShippingAddress | None
    metadata: OrderMetadata
    payment_reference: PaymentReference | None
    tracking: Tracking | None
    version: Version
    created_at: Timestamp
    updated_at: Timestamp
    paid_at: Timestamp | None
    fulfilled_at: Timestamp | None
    cancelled_at: Timestamp | None
    refunded_at: Timestamp | None


class OrderPage(TypedDict):
    """A page of orders."""

    data: list[Order]
    has_more: HasMore
    next_cursor: NextCursor
