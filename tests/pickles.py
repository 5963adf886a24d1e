"""Pickle files as bytes, hostile and harmless, written opcode by opcode: nothing here runs, or needs PyTorch."""

import io
import struct
import zipfile
from collections.abc import Mapping

TORCH_MAGIC = 0x1950A86A20F9469CFC6C


def name(module: str, attribute: str) -> bytes:
    """GLOBAL: import a name."""
    return b"c" + module.encode() + b"\n" + attribute.encode() + b"\n"


def text(value: str) -> bytes:
    """BINUNICODE."""
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def short(value: str) -> bytes:
    """SHORT_BINUNICODE."""
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def call(module: str, attribute: str, *arguments: bytes) -> bytes:
    """Import a name and call it: GLOBAL, MARK, the arguments, TUPLE, REDUCE."""
    return name(module, attribute) + b"(" + b"".join(arguments) + b"tR"


def pickle(body: bytes, protocol: int = 2) -> bytes:
    """PROTO, the body, STOP."""
    return b"\x80" + bytes([protocol]) + body + b"."


def torch_zip(data: bytes, more: Mapping[str, bytes] | None = None, top: str = "archive") -> bytes:
    """What ``torch.save`` writes: the object as a pickle, the numbers beside it."""
    parts = {"data.pkl": data, "byteorder": b"little", "data/0": bytes(64), "version": b"3\n", **(more or {})}
    return zipped({f"{top}/{path}": content for path, content in parts.items()})


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """A zip file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in parts.items():
            archive.writestr(path, content)
    return made.getvalue()


def npy(description: str = "'<f4'", body: bytes = bytes(16)) -> bytes:
    """An array file of NumPy."""
    header = f"{{'descr': {description}, 'fortran_order': False, 'shape': (4,), }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


_TENSOR = (
    name("torch._utils", "_rebuild_tensor_v2")
    + b"((" + text("storage") + name("torch", "FloatStorage") + text("0") + text("cpu") + b"K\x10tQ"
    + b"K\x00(K\x04K\x04t(K\x04K\x01t\x89" + name("collections", "OrderedDict") + b")RtR"
)  # fmt: skip
STATE = pickle(name("collections", "OrderedDict") + b")R(" + text("weight") + _TENSOR + b"u")
_NUMPY_TRICK = (  # protectai/modelscan#330: BUILD gives numpy.size a __builtins__ of its own, with eval in it
    short("numpy") + short("size") + b"\x93\x94\x94" + short("numpy") + short("__builtins__") + b"\x93\x94\x94"
    + b"h\x01}}" + short("shape") + b"h\x03s\x86bh\x01h\x01" + short("eval") + b"\x86R"
    + short('__import__("os").system("id")') + b"\x85R"
)  # fmt: skip
_SPAWN = b"(" + text("/bin/sh") + text("-c") + text("id") + b"t"

EVIL: dict[str, bytes] = {
    "os.system": pickle(call("posix", "system", text("id"))),
    "eval": pickle(call("__builtin__", "eval", text("__import__('os').system('id')"))),
    "runpy": pickle(call("runpy", "_run_code", text("print(1)"), b"}")),
    "torch zip": torch_zip(pickle(call("posix", "system", text("id")))),
    "importlib": pickle(call("importlib", "import_module", text("antigravity"))),
    "multiprocessing": pickle(call("multiprocessing.util", "spawnv_passfds", text("/bin/sh"), _SPAWN, b")")),
    "torch.utils.collect_env": pickle(call("torch.utils.collect_env", "run", text("id"))),
    "numpy BUILD": pickle(_NUMPY_TRICK, 4),
}
GOOD: dict[str, bytes] = {
    "plain": pickle(b"}(" + text("a") + b"G" + struct.pack(">d", 0.5) + text("b") + b"K\x07u"),
    "torch zip": torch_zip(STATE),
    "numpy array": pickle(
        name("numpy._core.multiarray", "_reconstruct") + b"(" + name("numpy", "ndarray") + b"K\x00\x85C\x01btR"
        + b"(K\x01K\x04\x85" + name("numpy", "dtype") + b"(" + text("f4") + b"\x89\x88tR"
        + b"(K\x03" + text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89C\x10" + bytes(16) + b"tb",
        3,
    ),
    "old torch": pickle(b"\x8a\x0a" + TORCH_MAGIC.to_bytes(10, "little"))
    + pickle(b"M\xe9\x03") + pickle(b"}") + STATE + pickle(b"](" + text("0") + b"e") + struct.pack("<q", 9) + bytes(36),
    "npy": npy(),
    "npz": zipped({"a.npy": npy(), "b.npy": npy("[('x', '<i8'), ('y', '<f4', (2,))]")}),
}  # fmt: skip
