"""Public keys as OpenSSH writes them, and signatures by them."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.identity.ed25519 import Ed25519
from steelyard.identity.signing import BadKey, VerifyKey, read_key, read_line
from steelyard.testing.signer import OllamaSigner

# RFC 8032, section 7.1, test 2.
KEY = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_the_example_of_the_specification() -> None:
    key, verifier = VerifyKey(KEY), Ed25519()
    assert verifier.is_signed(key, SIGNATURE, b"\x72")
    assert not verifier.is_signed(key, SIGNATURE, b"\x73")
    assert not verifier.is_signed(key, SIGNATURE[:-1] + b"\x01", b"\x72")
    assert not verifier.is_signed(key, b"", b"\x72")
    assert not verifier.is_signed(VerifyKey(b"\xff" * 32), SIGNATURE, b"\x72")


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen here")
def test_a_key_of_ssh_keygen(tmp_path: Path) -> None:
    file = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann at home", "-f", str(file)], check=True)
    shown = subprocess.run(["ssh-keygen", "-l", "-f", str(file)], check=True, capture_output=True, text=True).stdout
    line = file.with_suffix(".pub").read_text()
    key, comment = read_line(line)
    assert (key.fingerprint, comment) == (shown.split()[1], "ann at home")
    assert line.split()[1] == key.text == OllamaSigner(file).line.split()[1]


def test_a_line_without_a_comment() -> None:
    signer = OllamaSigner()
    assert read_line(f"  {signer.line}\n")[1] == ""
    assert read_key(signer.line.split()[1]) == read_line(signer.line)[0]


@pytest.mark.parametrize(
    "line",
    [
        "", "ssh-ed25519", "ssh-ed25519 ", "ssh-ed25519 AAAA", "ssh-rsa AAAAB3NzaC1yc2E=", VerifyKey(KEY).text,
        f"ssh-rsa {VerifyKey(KEY).text}", f"ssh-ed25519 {VerifyKey(KEY + b'x').text}", "ssh-ed25519 ä",
        f"ssh-ed25519 {VerifyKey(KEY[:-1]).text}",
    ],
)  # fmt: skip
def test_what_is_no_key(line: str) -> None:
    with pytest.raises(BadKey) as caught:
        read_line(line)
    assert ".pub" in (caught.value.hint or "")


def test_a_private_key_is_not_repeated() -> None:
    with pytest.raises(BadKey) as caught:
        read_line("-----BEGIN OPENSSH PRIVATE KEY-----b3BlbnNza")
    assert "private key" in str(caught.value)
    assert "b3Blb" not in f"{caught.value} {caught.value.hint}"


@given(st.text())
def test_any_text_is_a_key_or_a_clear_refusal(text: str) -> None:
    assert read_key(text) is None or len(text) == 68
    try:
        read_line(text)
    except BadKey:
        return
