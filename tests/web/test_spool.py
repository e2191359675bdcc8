"""What waits on the disk while it arrives is not readable there."""

import secrets

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from sourcier.web.spool import Spool


def test_a_large_upload_is_read_back_whole_and_its_bytes_are_not_on_the_disk() -> None:
    content = b"MARQUE-4711" * 400_000
    request = RequestFactory().post("/", {"document": SimpleUploadedFile("devis.txt", content)})
    upload = request.FILES["document"]
    assert upload.size == len(content) and upload.read() == content
    upload.seek(11)
    assert b"".join(upload.chunks()) == content
    upload.file._file.seek(0)
    raw = upload.file._file.read()
    assert len(raw) == len(content) and b"MARQUE" not in raw


@given(st.lists(st.binary(max_size=50)), st.lists(st.tuples(st.integers(0, 700), st.integers(0, 70)), max_size=8))
def test_a_spool_reads_like_a_file(written: list[bytes], reads: list[tuple[int, int]]) -> None:
    content = b"".join(written)
    with Spool() as spool:
        for piece in written:
            spool.write(piece)
        for start, length in reads:
            spool.seek(start)
            assert spool.read(length) == content[start : start + length]
        spool.seek(0)
        assert spool.read() == content


def test_two_uploads_of_the_same_bytes_have_nothing_in_common_on_the_disk() -> None:
    content, raws = secrets.token_bytes(32), []
    for _ in range(2):
        with Spool() as spool:
            spool.write(content)
            spool._file.seek(0)
            raws.append(spool._file.read())
    assert raws[0] != raws[1]
