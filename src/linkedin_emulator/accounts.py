"""Ad accounts and who may do what on them."""

from typing import Literal, get_args

import msgspec

from linkedin_emulator import errors
from linkedin_emulator.wire import Json

Role = Literal["ACCOUNT_BILLING_ADMIN", "ACCOUNT_MANAGER", "CAMPAIGN_MANAGER", "CREATIVE_MANAGER", "VIEWER"]
ROLES: tuple[Role, ...] = get_args(Role)
AccountStatus = Literal["ACTIVE", "CANCELED", "DRAFT", "PENDING_DELETION", "REMOVED"]
AccountType = Literal["BUSINESS", "ENTERPRISE"]


class Account(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A sponsored ad account."""

    id: int
    name: str
    currency: str = "EUR"
    reference: str = "urn:li:organization:5622087"
    status: AccountStatus = "ACTIVE"
    type: AccountType = "BUSINESS"
    test: bool = False

    @property
    def urn(self) -> str:
        """`urn:li:sponsoredAccount:N`."""
        return f"urn:li:sponsoredAccount:{self.id}"

    def record(self) -> Json:
        """The record of adAccounts."""
        fields: Json = msgspec.structs.asdict(self)
        return {**fields, "servingStatuses": ["RUNNABLE"], "version": {"versionTag": "12"}}


class AccountUser(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The role of a member on an account."""

    account: int
    member: str
    role: Role
    created: int = 0

    def record(self) -> Json:
        """The record of adAccountUsers."""
        stamp = {"actor": "urn:li:unknown:0", "time": self.created}
        return {
            "account": f"urn:li:sponsoredAccount:{self.account}",
            "user": f"urn:li:person:{self.member}",
            "role": self.role,
            "changeAuditStamps": {"created": stamp, "lastModified": stamp},
            "version": {"versionTag": "1"},
        }


class Accounts:
    """All ad accounts and roles."""

    def __init__(self) -> None:
        self.by_id: dict[int, Account] = {}
        self.users: dict[tuple[int, str], AccountUser] = {}

    def role(self, account: int, member: str) -> Role | None:
        """The member's role, if any."""
        user = self.users.get((account, member))
        return user.role if user else None

    def require_reader(self, account: int, member: str) -> None:
        """Any role may read; whoever has none is refused."""
        if self.role(account, member) is None:
            raise errors.no_permission(f"to read sponsoredAccount {account}")

    def require_manager(self, account: int, member: str) -> None:
        """Audiences are managed with any role other than VIEWER."""
        if self.role(account, member) in (None, "VIEWER"):
            raise errors.no_permission(f"to manage audiences of sponsoredAccount {account}")

    def of_member(self, member: str) -> list[AccountUser]:
        """The roles of one member, by account."""
        return [user for (_, holder), user in sorted(self.users.items()) if holder == member]
