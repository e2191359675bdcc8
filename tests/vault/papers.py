"""Documents made on the spot: ordinary ones and hostile ones."""

import io
import struct
import zipfile
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

CONTENT_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def pdf_bytes(**save: object) -> bytes:
    """A PDF of one blank page."""
    pdf = Pdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out, **save)
    return out.getvalue()


def scripted_pdf() -> bytes:
    """A PDF that runs scripts from five places, launches a program and carries another file."""
    pdf = Pdf.new()
    page = pdf.add_blank_page()
    script = pdf.make_indirect(Dictionary(Type=Name.Action, S=Name.JavaScript, JS=String("app.alert('MARQUE')")))
    pdf.Root.OpenAction = script
    pdf.Root.AA = Dictionary(WC=Dictionary(S=Name.JavaScript, JS=String("MARQUE")))
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), script])))
    pdf.attachments["secret.txt"] = b"MARQUE"
    page.obj.AA = Dictionary(O=Dictionary(S=Name.Launch, F=String("MARQUE.exe")))
    rectangle = Array([0, 0, 10, 10])
    page.obj.Annots = Array(
        [
            Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=rectangle, A=Dictionary(S=Name.Launch, F=String("MARQUE"))),
            Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=rectangle, Contents=String("MARQUE")),
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Link,
                Rect=rectangle,
                A=Dictionary(S=Name.URI, URI=String("https://ville.example")),
            ),
        ]
    )
    out = io.BytesIO()
    pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False)
    return out.getvalue()


def deflated(begun: bytes, size: int) -> bytes:
    """What zlib makes of `begun` and of `size` spaces. One block is packed: after a full flush, the next come out alike."""
    block = b" " * min(size, 1_000_000)
    packer = zlib.compressobj(9, wbits=-15)
    head = packer.compress(begun) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    total, times = zlib.adler32(begun), size // len(block)
    for _ in range(times):
        total = zlib.adler32(block, total)
    return b"\x78\xda" + head + packed * times + packer.flush() + struct.pack(">I", total)


def pdf_bomb(size: int, *, twice: bool) -> bytes:
    """A PDF of one page whose object stream unpacks to `size` spaces; packed `twice`, a gigabyte holds in 3 KB."""
    content, packing = deflated(b"4 0 <</A 1>>", size), b"/FlateDecode"
    if twice:
        content, packing = zlib.compress(content, 9), b"[/FlateDecode /FlateDecode]"
    bodies = {
        1: b"<</Type/Catalog/Pages 2 0 R/X 4 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>",
        5: b"<</Type/ObjStm/N 1/First 4/Filter %s/Length %d>>stream\n%s\nendstream" % (packing, len(content), content),
    }
    out, starts = bytearray(b"%PDF-1.5\n"), {}
    for number, body in bodies.items():
        starts[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    starts[6] = len(out)
    rows = [struct.pack(">BIH", 1, starts[n], 0) if n in starts else bytes(7) for n in range(7)]
    rows[4] = struct.pack(">BIH", 2, 5, 0)
    index = b"".join(rows)
    out += b"6 0 obj\n<</Type/XRef/Size 7/W[1 4 2]/Root 1 0 R/Length %d>>stream\n%s\nendstream\nendobj\n" % (len(index), index)
    return bytes(out + b"startxref\n%d\n%%%%EOF" % starts[6])


def zipped(entries: dict[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def docx(**more: bytes | str) -> bytes:
    """A minimal Word document, with more entries on request."""
    return zipped({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": "<w:document/>", **more})


def odt() -> bytes:
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<office/>"})


def bomb() -> bytes:
    """300 MB of zeros in a document of 300 KB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        with archive.open("word/document.xml", "w") as entry:
            for _ in range(300):
                entry.write(bytes(1_000_000))
    return out.getvalue()


def lying_bomb() -> bytes:
    """20 MB that declare themselves as 10 bytes, checksum included."""
    data = bytearray(docx(**{"word/media/a.bin": bytes(20_000_000)}))
    name = b"word/media/a.bin"
    for signature, size_at, crc_at, name_at in ((b"PK\x03\x04", 22, 14, 30), (b"PK\x01\x02", 24, 16, 46)):
        start = data.index(name)
        while data[start - name_at : start - name_at + 4] != signature:
            start = data.index(name, start + 1)
        struct.pack_into("<I", data, start - name_at + size_at, 10)
        struct.pack_into("<I", data, start - name_at + crc_at, zlib.crc32(bytes(10)))
    return bytes(data)


def png() -> bytes:
    """One white pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + bytes(64) + b"\xff\xd9"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def ole(*streams: str) -> bytes:
    return OLE + b"".join(stream.encode("utf-16-le") + bytes(64) for stream in streams)
