"""The second half of `anlan init`, which may be run by itself: the place at the root and the first administrator."""

import argparse
import sys
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse

from anlan.kernel.authority import Actor, Conflict, Invalid, machine
from anlan.people import services as people
from anlan.places import queries as places_now
from anlan.places import services as places
from anlan.places.terms import Level

HELP = "建立顶级地方和管理员（anlan init 会调用）"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--admin", metavar="NAME", help="管理员登录名")
    parser.add_argument("--name", default="", help="管理员的姓名（默认同登录名）")
    parser.add_argument("--password-file", metavar="FILE", type=Path, help="从文件第一行读密码")
    parser.add_argument("--place", metavar="NAME", help="顶级地方的名称")
    parser.add_argument("--place-code", default="", help="行政区划代码")
    parser.add_argument("--level", default="city", choices=("province", "city", "district"))


def run(args: argparse.Namespace) -> int:
    by = machine("anlan init")
    try:
        with transaction.atomic():
            path = root(args, by)
            link = administrator(args, path, by) if args.admin else ""
    except (Invalid, Conflict) as error:
        sys.stderr.write(f"没有建立：{error}\n")
        return 1
    if link:
        sys.stdout.write(link)
    return 0


def root(args: argparse.Namespace, by: Actor) -> str:
    """Return the path of the place at the root, founding it if there is none."""
    there = places_now.roots()
    if there:
        return str(there[0].path)
    name = args.place or settings.CITY_NAME
    place = places.found_root(name, Level(args.level), args.place_code, by)
    sys.stdout.write(f"顶级地方：{name}\n")
    return str(place.path)


def administrator(args: argparse.Namespace, path: str, by: Actor) -> str:
    """Open the first administrator's account; return what to print: nothing, or a link that sets the password once."""
    password = None
    if args.password_file:
        password = args.password_file.read_text(encoding="utf-8").splitlines()[0].strip()
    before = get_user_model().objects.filter(username=args.admin).first()
    account = people.found_administrator(args.admin, args.name or args.admin, place_path=path, by=by, password=password)
    if before is not None and account.has_usable_password():
        return f"管理员 {args.admin} 已经有了，没有改动\n"
    if password is not None:
        return f"管理员 {args.admin}：密码取自文件\n"
    link = people.password_link(account)
    address = reverse("people:set-password", args=[link.uid, link.token])
    return f"管理员 {args.admin}：请打开一次性链接设密码\n  {settings.PUBLIC_URL}{address}\n"
