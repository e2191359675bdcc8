"""Large uploads wait on the disk encrypted: the key of each is in memory alone, and gone with the request.

Django's own handler would write a quote in clear, in the system's temporary folder, before anybody may read it.
"""

import io
import secrets
from tempfile import TemporaryFile
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

BLOCK = 16


class Spool(io.RawIOBase):
    """A temporary file that holds only what AES-256 in counter mode makes of the bytes written; written once, then read."""

    def __init__(self) -> None:
        super().__init__()
        self._file = TemporaryFile()  # noqa: SIM115 - closed with the spool
        self._key, self._nonce = secrets.token_bytes(32), secrets.token_bytes(8)
        self._encryptor = self._cipher(0).encryptor()
        self._size = self._position = 0

    def _cipher(self, block: int) -> Cipher[CTR]:
        return Cipher(AES(self._key), CTR(self._nonce + block.to_bytes(8)))

    def write(self, data: Any) -> int:
        self._file.write(self._encryptor.update(data))
        self._size += len(data)
        return len(data)

    def readinto(self, buffer: Any) -> int:
        block, skipped = divmod(self._position, BLOCK)
        self._file.seek(block * BLOCK)
        clear = self._cipher(block).decryptor().update(self._file.read(skipped + len(buffer)))[skipped:]
        buffer[: len(clear)] = clear
        self._position += len(clear)
        return len(clear)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()


class SpoolingHandler(FileUploadHandler):
    """Takes what is too large for memory."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.spool = Spool()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.spool.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        return UploadedFile(self.spool, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra)

    def upload_interrupted(self) -> None:
        if hasattr(self, "spool"):
            self.spool.close()
