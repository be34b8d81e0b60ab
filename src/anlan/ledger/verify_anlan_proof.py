"""安澜证据包离线校验程序 / Stand-alone verifier of an Anlan evidence bundle.

用法 / usage:  python -I verify_anlan_proof.py [bundle.zip | folder] [--head HEX]

只用 Python 3.10 以上的标准库，不联网。
退出码 0：证据完好；1：不完好；2：用法不对或文件读不出。
Python 3.10 or newer, standard library only, no network.
Exit code 0: the evidence holds; 1: it does not; 2: bad usage or unreadable file.
"""

import argparse
import hashlib
import json
import sys
import zipfile
from pathlib import Path

from anlan.ledger.sm3 import sm3

FIELDS = (
    *("id", "era", "xid", "at_us", "recorded_at_us", "did", "pseudonym", "actor", "post", "post_title"),
    *("subject_type", "subject_id", "chain", "place_path", "exercise", "values"),
)
FILES = ("canonical.json", "entry.json", "proof.json")
LARGEST = 200_000_000  # bytes of one file: more is not a bundle


class Unsound(Exception):  # noqa: N818 - a sentence: the evidence is unsound
    """The evidence does not hold; the text says where."""


def digest(algorithm: str, data: bytes) -> bytes:
    """Return the digest by the named algorithm."""
    if algorithm == "sm3":
        return sm3(data)
    if algorithm == "sha256":
        return hashlib.sha256(data).digest()
    raise Unsound(f"unknown algorithm / 未知算法: {algorithm}")


def read(place: Path) -> dict[str, bytes]:
    """Return the bundle's files by name, from a zip or a folder."""
    if place.is_dir():
        return {name: (place / name).read_bytes() for name in FILES}
    with zipfile.ZipFile(place) as bundle:
        for name in FILES:
            if bundle.getinfo(name).file_size > LARGEST:
                raise ValueError(f"{name} is too large")
        return {name: bundle.read(name) for name in FILES}


def check(files: dict[str, bytes], head: str | None = None) -> tuple[int, str]:
    """Raise Unsound, or return (block number and hash of the head that the entry hangs from)."""
    canonical = files["canonical.json"]
    proof = json.loads(files["proof.json"])
    values = json.loads(canonical)
    if dict(zip(FIELDS, values, strict=True)) != json.loads(files["entry.json"]):
        raise Unsound("entry.json is not canonical.json / entry.json 与 canonical.json 不一致")
    headers = proof["headers"]
    number, algorithm = headers[0][1], headers[0][2]
    node = digest(algorithm, b"\x00" + canonical)
    for side, sibling in proof["path"]:
        other = bytes.fromhex(sibling)
        node = digest(algorithm, b"\x01" + (other + node if side == "left" else node + other))
    if node.hex() != headers[0][7]:
        raise Unsound("the entry is not in its block / 这条记录不在所称的区块里")
    position = (values[1], int(values[2]), values[0])
    first, last = [(p[0], int(p[1]), p[2]) for p in headers[0][5:7]]
    if not first <= position <= last:
        raise Unsound("the entry stands outside its block / 这条记录的次序不在区块范围内")
    before = ""
    for header in headers:
        if header[0] != "anlan-block-1" or (before and (header[1], header[8]) != (number + 1, before)):
            raise Unsound(f"block {header[1]} does not follow / 区块 {header[1]} 没有接上前一块")
        number = header[1]
        text = json.dumps(header, separators=(",", ":"), ensure_ascii=True).encode()
        before = digest(header[2], text).hex()
    if before != proof["head"]:
        raise Unsound("the chain does not end at the stated head / 链条没有到达所称的链头")
    if head and head.lower() != before:
        raise Unsound(f"the head is {before}, not the published one / 链头与公布的不一致")
    return number, before


def main() -> int:
    """Check the bundle named on the command line, or the one this program lies in; of several entries, each."""
    parser = argparse.ArgumentParser(description="安澜证据包离线校验 / verify an Anlan evidence bundle")
    parser.add_argument("bundle", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--head", help="公布的链头哈希 / the published head, in hex")
    args = parser.parse_args()
    place = Path(args.bundle)
    several = sorted((place / "entries").iterdir()) if (place / "entries").is_dir() else [place]
    for one in several:
        try:
            number, head = check(read(one), args.head if len(several) == 1 else None)
        except Unsound as error:
            print(f"不完好 UNSOUND {one.name}: {error}")  # noqa: T201
            return 1
        except (OSError, ValueError, KeyError, IndexError, TypeError, zipfile.BadZipFile) as error:
            print(f"读不出 UNREADABLE {one.name}: {error!r}")  # noqa: T201
            return 2
        if len(several) > 1:
            print(f"完好 SOUND {one.name}  block {number} {head}")  # noqa: T201
    print(f"完好 SOUND\n链头 head: block {number} {head}")  # noqa: T201
    if not args.head:
        print("请与公布的链头核对 / compare the head with the published one (--head HEX)")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
