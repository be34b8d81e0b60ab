"""SCIM 2.0 (RFC 7643, 7644): the city's directory opens, changes and closes accounts. Posts stay Anlan's own affair.

`/scim/v2`, one bearer token (ANLAN_SCIM_TOKEN). Users only: userName, displayName, one mobile number, one e-mail,
active, externalId. What a DELETE takes away stays closed with its record; the same userName later brings it back.
"""

import hmac
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from pydantic import EmailStr, Field, ValidationError
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ComplexAttribute,
    Context,
    Error,
    ETag,
    Filter,
    InvalidValueException,
    ListResponse,
    Meta,
    NotFoundException,
    Patch,
    PatchOp,
    Required,
    Resource,
    ResourceType,
    ResponseParameters,
    Schema,
    SCIMException,
    ScimPolicy,
    ScimProvider,
    SearchRequest,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
    UniquenessException,
)  # fmt: skip

from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, machine
from anlan.people import queries as people
from anlan.people import services
from anlan.people.models import Account
from anlan.people.services import Wanted
from anlan.places import queries as places

MEDIA = "application/scim+json"
MOST = 200  # users of one answer
Door = Callable[..., HttpResponse]


class Phone(ComplexAttribute):
    """A telephone number; the first one is kept, of whatever type."""

    value: Annotated[str | None, Required.true] = Field(None, examples=["13712348888", "13900139000"])


class Email(ComplexAttribute):
    """An e-mail address; the first one is kept."""

    value: Annotated[EmailStr | None, Required.true] = None


class User(Resource[Any]):
    """What of an account the directory sees and sets."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")
    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    display_name: str | None = None
    active: bool | None = None
    phone_numbers: list[Phone] | None = None
    emails: list[Email] | None = None


CONFIG = ServiceProviderConfig(
    documentation_uri=None,
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MOST),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=False),
    etag=ETag(supported=False),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken, name="Bearer", description="ANLAN_SCIM_TOKEN", primary=True
        )
    ],
)
# A directory sends all it has (titles, managers, types of numbers); what we do not keep is left unread.
SERVICE = ScimProvider([User], config=CONFIG, policy=ScimPolicy(unknown=ScimPolicy.Unknown.ignore))


def said(body: Any, status: int = 200, context: Context = Context.RESOURCE_QUERY_RESPONSE, **more: Any) -> HttpResponse:
    """Return a resource or an error as SCIM writes it."""
    text = "" if body is None else body.model_dump_json(scim_ctx=context)
    return HttpResponse(text, status=status, content_type=MEDIA, **more)


def answered(body: Any, asked: ResponseParameters[User]) -> HttpResponse:
    """Return what was read, with the attributes that were asked for."""
    text = body.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked)
    return HttpResponse(text, content_type=MEDIA)


def door(view: Callable[..., HttpResponse]) -> Door:
    """Let nobody in without the token, and turn what is wrong into SCIM's errors."""

    @wraps(view)
    def entered(request: HttpRequest, **named: Any) -> HttpResponse:
        if not settings.SCIM_TOKEN:
            return said(Error(status=404, detail="SCIM is off"), 404)
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(given.encode(), settings.SCIM_TOKEN.encode()):
            return said(
                Error(status=401, detail="a bearer token is needed"), 401, headers={"WWW-Authenticate": "Bearer"}
            )
        try:
            with SERVICE:
                return view(request, **named)
        except ValidationError as error:
            found = Error.from_validation_errors(error)[0]
        except SCIMException as error:
            found = error.to_error()
        except Conflict as error:
            found = UniquenessException(detail=str(error)).to_error()
        except Invalid as error:
            found = InvalidValueException(detail="; ".join(error.errors.values())).to_error()
        except Hidden:
            found = NotFoundException(detail="no such user").to_error()
        return said(found, int(found.status or 400))

    made: Door = csrf_exempt(login_not_required(entered))
    return made


def wrong_method(*allowed: str) -> HttpResponse:
    """Answer a method that an address does not have."""
    return said(Error(status=405, detail="not here"), 405, headers={"Allow": ", ".join(allowed)})


def address(account: UUID) -> str:
    """Return where a user is found."""
    return f"{settings.PUBLIC_URL}/scim/v2/Users/{account}"


def shown(account: Account) -> User:
    """Return an account as the directory sees it, its number whole: it came from there."""
    phone = people.phones([bytes(account.person.phone_cipher or b"") or None])[0]
    made = User(
        id=str(account.id), external_id=account.external_id, user_name=account.username,
        display_name=account.person.name, active=account.is_active,
        phone_numbers=[Phone(value=phone)] if phone else None,
        emails=[Email(value=account.email)] if account.email else None,
    )  # fmt: skip
    joined = account.date_joined
    made.meta = Meta(resource_type="User", created=joined, last_modified=joined, location=address(account.id))
    return made


def wanted(user: User) -> Wanted:
    """Return what a user as sent asks of us."""
    phone = next((p.value for p in user.phone_numbers or () if p.value), "")
    email = next((str(e.value) for e in user.emails or () if e.value), "")
    return Wanted(
        user.user_name or "", user.display_name or "", phone or "", email, active=user.active is not False,
        external_id=user.external_id or "",
    )  # fmt: skip


def here() -> tuple[Actor, str]:
    """Return who acts, and the place at the root."""
    root = places.roots().first()
    if root is None:
        raise InvalidValueException(detail="there is no place yet: run anlan init")
    return machine("scim"), root.path


def known() -> QuerySet[Account]:
    """Return the accounts that the directory may see: all that it did not take away."""
    return Account.objects.select_related("person").filter(left_at=None).order_by("id")


def one(identifier: str) -> Account:
    """Return an account by its id. Raises Hidden."""
    try:
        found = known().filter(id=UUID(identifier)).first()
    except ValueError:
        found = None
    if found is None:
        raise Hidden(identifier)
    return found


@door
def users(request: HttpRequest) -> HttpResponse:
    """List or find users; make one."""
    if request.method == "POST":
        asked = User.model_validate_json(request.body, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
        by, root = here()
        made = services.provision(wanted(asked), place_path=root, by=by)
        user = shown(one(str(made.id)))
        where = {"Location": address(made.id)}
        return said(user, 201, Context.RESOURCE_CREATION_RESPONSE, headers=where)
    if request.method != "GET":
        return wrong_method("GET", "POST")
    return listed(SearchRequest[User].model_validate(request.GET.dict(), scim_ctx=Context.SEARCH_REQUEST))


@door
def search(request: HttpRequest) -> HttpResponse:
    """Find users by a question in the body (RFC 7644 §3.4.3)."""
    if request.method != "POST":
        return wrong_method("POST")
    return listed(SearchRequest[User].model_validate_json(request.body, scim_ctx=Context.SEARCH_REQUEST))


def listed(asked_for: SearchRequest[User]) -> HttpResponse:
    """Return a page of users."""
    start, count = max(asked_for.start_index or 1, 1), min(asked_for.count if asked_for.count is not None else 50, MOST)
    total, page = found(asked_for, start, max(count, 0))
    answer = ListResponse[User](total_results=total, start_index=start, items_per_page=len(page), resources=page)
    return answered(answer, asked_for)


def found(asked: SearchRequest[User], start: int, count: int) -> tuple[int, list[User]]:
    """Return how many users fit a filter, and a page of them. userName eq … is asked of an index; the rest is read."""
    if asked.filter is None:
        rows = known()
        return rows.count(), [shown(a) for a in rows[start - 1 : start - 1 + count]]
    fitting = [user for user in narrowed(str(asked.filter)) if asked.filter.match(user)]
    return len(fitting), fitting[start - 1 : start - 1 + count]


def narrowed(text: str) -> Iterator[User]:
    """Yield the users that a filter may fit: one where it names one, else all."""
    name, _space, rest = text.strip().partition(" eq ")
    value = rest.strip()
    rows = known()
    if value.startswith('"') and value.endswith('"') and value.count('"') == 2 and "\\" not in value:
        plain = value[1:-1]
        if name.lower() == "username":
            rows = rows.filter(username__iexact=plain)
        elif name.lower() == "externalid":
            rows = rows.filter(external_id=plain)
    for account in rows.iterator(1_000):
        yield shown(account)


@door
def user(request: HttpRequest, identifier: str) -> HttpResponse:
    """Show, replace, change or take away a user."""
    account = one(identifier)
    by, _root = here()
    if request.method == "GET":
        which = {k: v for k, v in request.GET.items() if k in {"attributes", "excludedAttributes"}}
        return answered(shown(account), ResponseParameters[User].model_validate(which))
    if request.method == "DELETE":
        services.leave(account.id, by=by)
        return said(None, 204)
    if request.method == "PUT":
        asked = User.model_validate_json(request.body, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
        context = Context.RESOURCE_REPLACEMENT_RESPONSE
    elif request.method == "PATCH":
        asked = shown(account)
        PatchOp[User].model_validate_json(request.body, scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(asked)
        context = Context.RESOURCE_PATCH_RESPONSE
    else:
        return wrong_method("GET", "PUT", "PATCH", "DELETE")
    services.reprovision(account.id, wanted(asked), by=by)
    return said(shown(one(identifier)), 200, context)


def described(kind: str) -> Callable[..., HttpResponse]:
    """Return the door of a discovery endpoint: everything, or one by its id."""

    def view(request: HttpRequest, identifier: str = "") -> HttpResponse:
        if request.method != "GET":
            return wrong_method("GET")
        if "filter" in request.GET:
            raise SCIMException(status=403, detail="no filter here")
        rows: list[Any] = list(SERVICE.schemas if kind == "Schemas" else SERVICE.resource_types)
        if identifier:
            match = next((row for row in rows if str(row.id) == identifier), None)
            if match is None:
                raise Hidden(identifier)
            return said(match)
        shape: Any = ListResponse[Schema] if kind == "Schemas" else ListResponse[ResourceType]
        return said(shape(total_results=len(rows), start_index=1, items_per_page=len(rows), resources=rows))

    return door(view)


@door
def config(request: HttpRequest) -> HttpResponse:
    """Say what this service can do."""
    return said(CONFIG) if request.method == "GET" else wrong_method("GET")


@door
def nowhere(_request: HttpRequest, rest: str) -> HttpResponse:
    """Answer any other address."""
    raise Hidden(rest)


urlpatterns = [
    path("Users", users, name="scim-users"),
    path("Users/.search", search, name="scim-search"),
    path(".search", search, name="scim-search-all"),
    path("Users/<str:identifier>", user, name="scim-user"),
    path("ServiceProviderConfig", config, name="scim-config"),
    path("Schemas", described("Schemas"), name="scim-schemas"),
    path("Schemas/<str:identifier>", described("Schemas"), name="scim-schema"),
    path("ResourceTypes", described("ResourceTypes"), name="scim-types"),
    path("ResourceTypes/<str:identifier>", described("ResourceTypes"), name="scim-type"),
    path("<path:rest>", nowhere, name="scim-nowhere"),
]
