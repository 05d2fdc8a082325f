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
    """The process is running."""

    status: Literal['ok']


class Money(TypedDict):
    """An amount of money."""

    amount: Amount
    currency: Currency


Name: TypeAlias = str


NextCursor: TypeAlias = str | None


NullableCategory: TypeAlias = str | None


NullableOrderNote: TypeAlias = str | None


NullableProductDescription: TypeAlias = str | None


NullableTimestamp: TypeAlias = str | None


NullableUserId: TypeAlias = str | None


OrderId: TypeAlias = str


OrderMetadata: TypeAlias = dict[str, str]


OrderMetadataUpdate: TypeAlias = dict[str, str | None]


OrderNote: TypeAlias = str


class OrderRefund(TypedDict):
    """The refund of an order."""

    amount: NotRequired[int]
    restock: NotRequired[bool]


OrderStatus: TypeAlias = str


Password: TypeAlias = str


class PasswordChange(TypedDict):
    """The current password and the new password."""

    current_password: CurrentPassword
    new_password: Password


PaymentReference: TypeAlias = str


PriceAmount: TypeAlias = int


ProductDescription: TypeAlias = str


ProductId: TypeAlias = str


ProductName: TypeAlias = str


ProductSort: TypeAlias = str


class Readiness(TypedDict):
    """The service is ready for requests."""

    status: Literal['ok']
    version: str


Reason: TypeAlias = str


Region: TypeAlias = str


RequestPart: TypeAlias = str


Role: TypeAlias = str


Scope: TypeAlias = str


Scopes: TypeAlias = list[Scope]
"""The permissions of a key."""


SessionId: TypeAlias = str


class ShippingAddress(TypedDict):
    """A shipping address."""

    name: Name
    street: str
    city: str
    postal_code: str
    region: NotRequired[Region]
    country: str


Sku: TypeAlias = str


Stock: TypeAlias = int


class StockAdjustmentCreate(TypedDict):
    """A stock adjustment to make."""

    delta: Delta
    reason: Reason


Timestamp: TypeAlias = str


TimestampInput: TypeAlias = str


class TokenCreate(TypedDict):
    """The credentials of a user."""

    email: Email
    password: CurrentPassword


class TokenRefresh(TypedDict):
    """A refresh token to exchange."""

    refresh_token: str


class Tokens(TypedDict):
    """The tokens of a session."""

    access_token: str
    token_type: Literal['Bearer']
    expires_in: int
    refresh_token: str


Tracking: TypeAlias = str


class UserCreate(TypedDict):
    """An account to create."""

    email: Email
    password: Password
    name: Name


UserId: TypeAlias = str


UserStatus: TypeAlias = str


class UserUpdate(TypedDict):
    """Changes to a user by an administrator."""

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
    expires_at: NullableTimestamp
    last_used_at: NullableTimestamp


class ApiKeyCreate(TypedDict):
    """A key to create."""

    name: Name
    scopes: Scopes
    expires_at: NotRequired[TimestampInput]


class ApiKeyCreated(TypedDict):
    """A new key with its secret, which is returned only once."""

    id: KeyId
    name: Name
    prefix: KeyPrefix
    scopes: Scopes
    created_at: Timestamp
    expires_at: NullableTimestamp
    last_used_at: NullableTimestamp
    secret: str


class ApiKeyPage(TypedDict):
    """A page of API keys."""

    data: list[ApiKey]
    has_more: HasMore
    next_cursor: NextCursor


class EventLine(TypedDict):
    """The quantity of a product."""

    product_id: ProductId
    quantity: int


class MeUpdate(TypedDict):
    """Changes to the caller's account. A new email address needs the current password."""

    email: NotRequired[Email]
    name: NotRequired[Name]
    current_password: NotRequired[CurrentPassword]


class OrderFulfilment(TypedDict):
    """The shipment of an order."""

    tracking: NotRequired[Tracking]


class OrderLineCreate(TypedDict):
    """A product and a quantity to order."""

    product_id: ProductId
    quantity: int


class OrderPayment(TypedDict):
    """The payment of an order."""

    reference: PaymentReference


class OrderUpdate(TypedDict):
    """Changes to a pending order. Null removes a value."""

    note: NotRequired[NullableOrderNote]
    shipping_address: NotRequired[ShippingAddress | None]
    metadata: NotRequired[OrderMetadataUpdate | None]


class Price(TypedDict):
    """The price of a piece."""

    amount: PriceAmount
    currency: Currency


class Problem(TypedDict):
    """A description of an error (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: NotRequired[list[Violation]]


class Product(TypedDict):
    """A product of the shop."""

    id: ProductId
    sku: Sku
    name: ProductName
    description: NullableProductDescription
    category: NullableCategory
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
    """Changes to a product. Null removes a value."""

    sku: NotRequired[Sku]
    name: NotRequired[ProductName]
    description: NotRequired[NullableProductDescription]
    category: NotRequired[NullableCategory]
    price: NotRequired[Price]


class Session(TypedDict):
    """A session of the caller."""

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
    user_id: NullableUserId
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
    """The facts of a change: ids, states, quantities, amounts in minor units. There is no personal data. The members depend on the type, and new members may be added."""

    lines: NotRequired[list[EventLine]]


class OrderCreate(TypedDict):
    """An order to create."""

    lines: list[OrderLineCreate]
    note: NotRequired[OrderNote]
    shipping_address: NotRequired[ShippingAddress]
    expected_total: NotRequired[Money]
    metadata: NotRequired[OrderMetadata]


class OrderLine(TypedDict):
    """The quantity of an ordered product, with its name and price at that time."""

    id: LineId
    product_id: ProductId
    sku: Sku
    name: ProductName
    quantity: int
    unit_price: Price


class Event(TypedDict):
    """A change."""

    id: EventId
    type: EventType
    subject_id: str
    actor_id: NullableUserId
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
    note: NullableOrderNote
    shipping_address: ShippingAddress | None
    metadata: OrderMetadata
    payment_reference: str | None
    tracking: str | None
    version: Version
    created_at: Timestamp
    updated_at: Timestamp
    paid_at: NullableTimestamp
    fulfilled_at: NullableTimestamp
    cancelled_at: NullableTimestamp
    refunded_at: NullableTimestamp


class OrderPage(TypedDict):
    """A page of orders."""

    data: list[Order]
    has_more: HasMore
    next_cursor: NextCursor
