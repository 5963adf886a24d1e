"""Eight hostile shapes are caught, harmless ones pass, and whatever is neither does not."""

import gzip
import io
import pickletools
import struct
import tarfile
import zipfile

import pytest

from steelyard.catalog.pickles.judge import judge
from steelyard.catalog.pickles.stream import MOST_OPCODES
from tests.pickles import EVIL, GOOD, STATE, call, name, npy, pickle, short, text, torch_zip, zipped


def reasons(content: bytes) -> tuple[str, ...]:
    """Why these bytes do not pass."""
    verdict = judge(io.BytesIO(content), len(content))
    assert verdict.safe is not bool(verdict.reasons)
    return verdict.reasons


def packed(**files: bytes) -> bytes:
    """A tar file."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for path, content in files.items():
            about = tarfile.TarInfo(path)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return made.getvalue()


def twice() -> bytes:
    """An archive with two members of one name, of which readers take different ones."""
    made = io.BytesIO(torch_zip(STATE))
    with zipfile.ZipFile(made, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("archive/data.pkl", EVIL["eval"])
    return made.getvalue()


def bomb() -> bytes:
    """A pickle that unpacks to more than is read of one."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", bytes(70_000_000))
    return made.getvalue()


@pytest.mark.parametrize("kind", EVIL)
def test_the_hostile_shapes_are_caught(kind: str) -> None:
    assert reasons(EVIL[kind])[0].startswith("it imports ")


@pytest.mark.parametrize("kind", GOOD)
def test_the_harmless_ones_pass(kind: str) -> None:
    assert reasons(GOOD[kind]) == ()


def test_the_shapes_are_pickles() -> None:
    """What does not even load would prove nothing."""
    plain = {kind: content for kind, content in (EVIL | GOOD).items() if content.startswith(b"\x80")}
    assert len(plain) == 10
    del plain["numpy BUILD"]  # as it was published, it leaves something on the stack
    for content in plain.values():
        pickletools.dis(content, io.StringIO())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no whole pickle"),
        (b"\x00" * 600, "unknown kind"),  # an empty tar file
        (b"lmgg" + bytes(100), "no whole pickle"),
        (STATE[:-1], "no whole pickle"),
        (STATE[: len(STATE) // 2], "no whole pickle"),
        (STATE + b"x", "no whole pickle"),
        (STATE + EVIL["eval"], "it imports __builtin__.eval"),
        (pickle(b"K\x01") * 102, "more than 100 pickles"),
        (gzip.compress(STATE, mtime=0), "no whole pickle"),
        (pickle(b"\x82\x01"), "by a number"),
        (pickle(b"\x84\x01\x00\x00\x00)R"), "by a number"),
        (pickle(b"N" + b"N0" * (MOST_OPCODES // 2)), "too many"),
        (pickle(name("collections", "OrderedDict.__reduce__")), "it imports collections.OrderedDict.__reduce__"),
        (pickle(name("collections", "\x1b[31mred")), "it imports "),
    ],
)
def test_what_is_no_plain_pickle_does_not_pass(content: bytes, why: str) -> None:
    assert why in " ".join(reasons(content))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (packed(pickle=EVIL["eval"]), "unknown kind"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(100), "no whole pickle"),
        (zipped({}), "read in different ways"),
        (zipped({"a/readme.txt": b"hi"}), "a/readme.txt"),
        (zipped({"a/version": b"3"}), "unknown kind"),
        (torch_zip(STATE, {"code/__torch__.py": b""}), "code/__torch__.py"),
        (torch_zip(STATE, {"constants.pkl": EVIL["eval"]}), "constants.pkl"),
        (torch_zip(STATE, {"data/inner/x.pkl": EVIL["eval"]}), "data/inner/x.pkl"),
        (torch_zip(STATE, {"inner.zip": torch_zip(STATE)}), "inner.zip"),
        (zipped({"a/data.pkl": STATE, "b/data.pkl": EVIL["eval"]}), "b/data.pkl"),
        (torch_zip(STATE + EVIL["eval"]), "something follows"),
        (torch_zip(b""), "no whole pickle"),
        (torch_zip(STATE).replace(STATE[-60:-30], bytes(30), 1), "zip file"),
        (torch_zip(STATE)[:-30], "zip file"),
        (twice(), "read in different ways"),
        (bomb(), "too long"),
        (STATE + torch_zip(STATE), "hidden"),
        (GOOD["old torch"] + torch_zip(STATE, {"code/x.py": b""}), "hidden"),
        (b"PK\x03\x04" + bytes(30) + torch_zip(STATE), "read in different ways"),
        (zipped({"a.npy": npy("'|O'")}), "array of objects"),
        (zipped({"a.npy": npy(), "b.npy": EVIL["eval"]}), "no array"),
    ],
)
def test_archives_of_other_kinds_do_not_pass(content: bytes, why: str) -> None:
    assert why in " ".join(reasons(content))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (npy("'|O'"), "array of objects"),
        (npy("'object'"), "array of objects"),
        (npy("[('x', '<i8'), ('y', 'O')]"), "array of objects"),
        (npy("[('x', [('y', '|O')])]"), "array of objects"),
        (npy("(('O', 4), (2,))"), "array of objects"),
        (npy("7"), "array of objects"),
        (npy("__import__('os')"), "broken header"),
        (npy("(" * 3000), "broken header"),
        (b"\x93NUMPY\x09\x00\x10\x00", "unknown version"),
        (b"\x93NUMPY\x01\x00\xff\xff", "broken header"),
        (b"\x93NUMPY", "unknown version"),
    ],
)
def test_arrays_of_objects_do_not_pass(content: bytes, why: str) -> None:
    assert why in " ".join(reasons(content))


@pytest.mark.parametrize("kind", ["<f4", "|b1", ">c16", "<U12", "|S3", "<M8[ns]", "|V8", "|u1"])
def test_arrays_of_plain_things_pass(kind: str) -> None:
    assert reasons(npy(repr(kind))) == ()


def test_a_name_that_the_memo_hides_is_not_taken_for_another() -> None:
    """picklescan keeps one memo for all pickles of a file: the second one's would be read in the first one's."""
    first = pickle(short("collections") + b"\x94" + short("OrderedDict") + b"\x940\x94N0", 4)
    second = pickle(short("os") + b"\x94" + short("system") + b"\x9400h\x00h\x01\x93", 4)
    assert reasons(first + second) == ("it imports os.system",)


def test_a_name_put_into_an_attribute_does_not_pass() -> None:
    """protectai/modelscan#85: the memo of a scanner that takes an opcode's argument for the value on the stack."""
    trick = (
        name("numpy", "ndarray") + b"N}" + text("a") + text("os") + b"s\x86b0" + name("numpy", "ndarray.a") + b"p0\n0"
    )
    assert reasons(pickle(trick + b"g0\ng0\n\x93"))


def test_the_numbers_of_the_old_format_are_not_read() -> None:
    weights = bytearray(GOOD["old torch"])
    weights += struct.pack("<q", 8) + EVIL["eval"]
    assert reasons(bytes(weights)) == ()


def test_a_call_of_what_is_allowed_passes() -> None:
    assert reasons(pickle(call("collections", "OrderedDict"))) == ()
