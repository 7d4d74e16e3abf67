#!/usr/bin/env python3
"""Packs the Python package with the library into a wheel, artifacts/paging-VERSION-….whl, and prints its path.

    dotnet publish src/interop/Paging.Interop -c Release
    python3 tools/pack-python.py && pip install artifacts/paging-*.whl

A wheel is a zip file with a list of its files and their checksums; the standard library is all that this takes.
"""
import argparse
import base64
import hashlib
import pathlib
import re
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "src/interop/Paging.Interop/bin/Release/net10.0/linux-x64/publish/libpaging.so"
TAG = "py3-none-manylinux_2_34_x86_64"    # the newest symbols of glibc that libpaging.so needs
VERSION = re.search(r"<Version>(.*)</Version>", (ROOT / "Directory.Build.props").read_text(encoding="utf-8"))[1]
INFO = f"paging-{VERSION}.dist-info"
SUMMARY = "Linux' memory management for 32-bit x86 as a library"


def contents():
    """The files of the wheel: their names in it, and their bytes."""
    for path in sorted((ROOT / "bindings/python/paging").glob("*")):
        if path.is_file():
            yield f"paging/{path.name}", path.read_bytes()
    yield "paging/paging.h", (ROOT / "bindings/c/paging.h").read_bytes()
    yield "paging/names.csv", (ROOT / "bindings/names.csv").read_bytes()
    yield "paging/libpaging.so", LIBRARY.read_bytes()
    yield f"{INFO}/licenses/LICENSE", (ROOT / "LICENSE").read_bytes()
    yield f"{INFO}/licenses/THIRD-PARTY-NOTICES.txt", (LIBRARY.parent / "THIRD-PARTY-NOTICES.txt").read_bytes()    # .NET's runtime
    yield f"{INFO}/WHEEL", f"Wheel-Version: 1.0\nGenerator: pack-python\nRoot-Is-Purelib: false\nTag: {TAG}\n".encode()
    yield f"{INFO}/METADATA", (f"Metadata-Version: 2.1\nName: paging\nVersion: {VERSION}\nSummary: {SUMMARY}\n"
                               f"Requires-Python: >=3.9\nLicense: MIT\nClassifier: Typing :: Typed\n").encode()


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    wheel = ROOT / f"artifacts/paging-{VERSION}-{TAG}.whl"
    wheel.parent.mkdir(exist_ok=True)
    record = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        def add(name, data):
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))    # the same input gives the same wheel
            entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)

        for name, data in contents():
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(data)}\n")
            add(name, data)
        add(f"{INFO}/RECORD", ("".join(record) + f"{INFO}/RECORD,,\n").encode())
    print(wheel)


if __name__ == "__main__":
    main()
