"""Reads paging.h, so that the binding has no list of functions, structures and constants of its own."""
import ctypes
import re
from typing import Any, Dict, List, Tuple

_NUMBERS = {
    "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "int64_t": ctypes.c_int64, "uint64_t": ctypes.c_uint64,
    "uint8_t": ctypes.c_uint8, "char": ctypes.c_char, "void": None,
}
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_INLINE = re.compile(r"#ifndef PAGING_DECLARATIONS_ONLY\n.*?\n#endif    /\* PAGING_DECLARATIONS_ONLY \*/", re.S)
_VERSION = re.compile(r"^#define PAGING_(\w+) (\d+)$", re.M)
_ENUM = re.compile(r"enum \{([^}]*)\}")
_CONSTANT = re.compile(r"PAGING_(\w+)\s*=\s*(-?\w+)")
_HANDLE = re.compile(r"^(?:PAGING_HANDLE\(|typedef uint64_t )(paging_\w+)\)?;", re.M)
_STRUCTURE = re.compile(r"typedef struct \w+ \{([^}]*)\} (\w+);")
_FIELD = re.compile(r"([\w ]+?[ *]+)(?:\(\*(?P<call>\w+)\)\((?P<list>[^)]*)\)|(?P<name>\w+)(?:\[(?P<count>\d+)\])?);")
_FUNCTION = re.compile(r"^((?:const )?\w+ \*?)paging_(\w+)\(([^)]*)\);", re.M)
_PARAMETER = re.compile(r"(.*?)\w+$", re.S)
_NAME = re.compile(r"\w+$")


def declarations(text: str) -> str:
    """The header without comments and without inline functions."""
    return _COMMENT.sub("", _INLINE.sub("", text))


class Header:
    """What paging.h declares: constants without their prefix, structures as ctypes classes, functions as (result, parameters)."""

    def __init__(self, text: str) -> None:
        text = declarations(text)
        self.constants: Dict[str, int] = {name: int(value) for name, value in _VERSION.findall(text)}
        for body in _ENUM.findall(text):
            self.constants.update((name, int(value, 0)) for name, value in _CONSTANT.findall(body))
        self._types: Dict[str, Any] = {**_NUMBERS, **{name: ctypes.c_uint64 for name in _HANDLE.findall(text)}}
        self.structures: Dict[str, Any] = {}
        for body, name in _STRUCTURE.findall(text):
            fields = [self._field(match) for match in _FIELD.finditer(body)]
            made = type(name, (ctypes.Structure,), {"_fields_": fields})
            self.structures[name[len("paging_"):]] = self._types[name] = made
        self.functions: Dict[str, Tuple[Any, List[Any]]] = {}
        self.parameters: Dict[str, List[str]] = {}    # their names
        for result, name, parameters in _FUNCTION.findall(text):
            self.functions[name] = (self._type(result), self._parameters(parameters))
            self.parameters[name] = [_NAME.search(one.strip())[0] for one in parameters.split(",")]    # type: ignore[index]

    def _field(self, match: "re.Match[str]") -> Tuple[str, Any]:
        kind = self._type(match[1])
        if match["call"]:
            return match["call"], ctypes.CFUNCTYPE(kind, *self._parameters(match["list"]))
        return match["name"], kind * int(match["count"]) if match["count"] else kind

    def _parameters(self, text: str) -> List[Any]:
        return [] if text.strip() == "void" else [self._type(_PARAMETER.match(one.strip())[1]) for one in text.split(",")]    # type: ignore[index]

    def _type(self, text: str) -> Any:
        is_const, stars = "const " in text, text.count("*")
        base = text.replace("const ", "").replace("*", "").strip()
        if base == "char" and stars == 1 and is_const:
            return ctypes.c_char_p
        if base in ("void", "char", "uint8_t") and stars == 1:
            return ctypes.c_void_p    # any buffer of bytes
        kind = ctypes.c_void_p if base == "void" and stars else self._types[base]
        for _ in range(stars - (base == "void")):
            kind = ctypes.POINTER(kind)
        return kind
