"""What a file is, judged by its content; the name it came with and the type its sender claimed say nothing.

Only what is named here comes in. What a browser could run (HTML, SVG, scripts) and what a machine could (programs)
is on no list, and is looked for in what passes as text.
"""

import codecs
import re
import unicodedata
import warnings
import zipfile
from dataclasses import dataclass
from typing import BinaryIO

import filetype
from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from hyperflow.core.errors import Invalid

_HEAD = 8_192
_NAME_LENGTH = 150


@dataclass(frozen=True)
class Kind:
    """A type that may come in. ``extensions[0]`` is what a file without a fitting one gets."""

    content_type: str
    extensions: tuple[str, ...]
    is_image: bool = False


_IMAGES = {
    "PNG": Kind("image/png", ("png",), is_image=True),
    "JPEG": Kind("image/jpeg", ("jpg", "jpeg"), is_image=True),
    "GIF": Kind("image/gif", ("gif",), is_image=True),
    "WEBP": Kind("image/webp", ("webp",), is_image=True),
}
_PDF = Kind("application/pdf", ("pdf",))
_ZIP = Kind("application/zip", ("zip",))
_TEXT = Kind("text/plain", ("txt", "md", "log", "csv", "tsv", "json"))
#: By what stands first in their directory or in their `mimetype` entry.
_OFFICE = {
    "word/": Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",)),
    "xl/": Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",)),
    "ppt/": Kind("application/vnd.openxmlformats-officedocument.presentationml.presentation", ("pptx",)),
}
_OPEN_DOCUMENT = {
    "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods",),
    "application/vnd.oasis.opendocument.presentation": ("odp",),
}
#: Sound and film, which nothing here opens; their first bytes are enough.
_MEDIA = {
    "audio/mpeg": Kind("audio/mpeg", ("mp3",)),
    "audio/x-wav": Kind("audio/wav", ("wav",)),
    "audio/ogg": Kind("audio/ogg", ("ogg",)),
    "audio/mp4": Kind("audio/mp4", ("m4a",)),
    "audio/m4a": Kind("audio/mp4", ("m4a",)),
    "video/mp4": Kind("video/mp4", ("mp4",)),
    "video/webm": Kind("video/webm", ("webm",)),
    "video/quicktime": Kind("video/quicktime", ("mov",)),
}
#: Unpacked, an archive may be this much bigger than MAX_UPLOAD_BYTES and than itself, and have so many entries.
_UNPACKED_TIMES_LIMIT, _RATIO, _ENTRIES = 8, 200, 10_000
_PROGRAM = re.compile(r"\.(exe|dll|com|scr|msi|bat|cmd|ps1|vbs|js|jse|wsf|hta|jar|apk|sh|php|lnk)$", re.IGNORECASE)

_MARKUP = re.compile(
    r"<\s*(!doctype|html|head|body|script|iframe|svg|object|embed|meta|link|style|img|form|base|math|video|audio)\b"
    r"|<\?(xml|php|=)|<!entity|<%",
    re.IGNORECASE,
)
_SCRIPT_LINE = re.compile(r"\A\s*(#!|@echo\s+off\b|<\?)", re.IGNORECASE)


def recognise(file: BinaryIO, *, images_only: bool = False) -> Kind:
    """The kind of a file. Raises `Invalid` with ``unsupported_file_type``, ``image_too_large`` or ``invalid_image``."""
    file.seek(0)
    head = file.read(_HEAD)
    guess = filetype.guess(head)
    mime = guess.mime if guess else ""
    if mime in {kind.content_type for kind in _IMAGES.values()}:
        return _image(file)
    if not head:
        raise Invalid(_("The file is empty."), code="unsupported_file_type", field="file")
    if images_only:
        raise _unsupported()
    if head.startswith(b"%PDF-"):
        return _PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(file)
    if mime in _MEDIA:
        return _MEDIA[mime]
    if not mime and _is_plain_text(file):
        return _TEXT
    raise _unsupported()


def clean_name(name: str, kind: Kind | None = None) -> str:
    """A name that is safe to show and to save under: no folders, no control or direction characters, not too long.

    It keeps its own extension only where that fits the kind.
    """
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join(character for character in name if unicodedata.category(character)[0] != "C")
    name = re.sub(r'[<>:"|?*]', "_", name).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    if kind and extension.lower() not in kind.extensions:
        stem, extension = name, kind.extensions[0]
    stem = stem[:_NAME_LENGTH].strip(" .") or "file"
    if re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", stem, re.IGNORECASE):
        stem = f"_{stem}"  # names of devices on Windows
    return f"{stem}.{extension[:10]}" if extension else stem


def _unsupported() -> Invalid:
    return Invalid(
        _("This kind of file is not accepted. Images, PDF, office documents, text, zip, sound and film are."),
        code="unsupported_file_type",
        field="file",
    )


def _image(file: BinaryIO) -> Kind:
    """Looks at the size that the header claims before a single pixel is unpacked."""
    damaged = Invalid(_("This image is damaged."), code="invalid_image", field="file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            file.seek(0)
            with Image.open(file, formats=list(_IMAGES)) as image:
                kind, (width, height), frames = _IMAGES[image.format or ""], image.size, getattr(image, "n_frames", 1)
                if width * height > settings.MAX_IMAGE_PIXELS or frames > 1_000:
                    raise _too_large()
                image.verify()
            file.seek(0)
            with Image.open(file, formats=list(_IMAGES)) as image:
                # Decodes in a small size where the format can (JPEG), which finds a file that was cut off.
                image.draft("RGB", (64, 64))
                image.load()
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, KeyError, MemoryError) as error:
        raise damaged from error
    return kind


def _too_large() -> Invalid:
    return Invalid(
        _("This image has too many pixels (at most %(millions)d million).")
        % {"millions": settings.MAX_IMAGE_PIXELS // 1_000_000},
        code="image_too_large",
        field="file",
    )


def _archive(file: BinaryIO) -> Kind:
    """A zip file or an office document, judged by its directory alone: nothing is unpacked but 200 bytes."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _refuse_bomb(entries)
            names = [entry.filename for entry in entries]
            if "[Content_Types].xml" in names:
                if any("vbaproject" in name.lower() for name in names):
                    raise _unsupported()
                found = [kind for folder, kind in _OFFICE.items() if any(name.startswith(folder) for name in names)]
                if len(found) == 1:
                    return found[0]
                raise _unsupported()
            if names and names[0] == "mimetype" and entries[0].file_size <= 200:
                declared = archive.read("mimetype").decode("ascii", "replace").strip()
                if declared in _OPEN_DOCUMENT:
                    return Kind(declared, _OPEN_DOCUMENT[declared])
            if any(_PROGRAM.search(name) or name.lower().startswith("meta-inf/manifest") for name in names):
                raise _unsupported()
            return _ZIP
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise _unsupported() from error


def _refuse_bomb(entries: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    too_much = unpacked > _UNPACKED_TIMES_LIMIT * settings.MAX_UPLOAD_BYTES
    if too_much or len(entries) > _ENTRIES or (unpacked > 10_000_000 and unpacked > _RATIO * max(packed, 1)):
        raise _unsupported()


def _is_plain_text(file: BinaryIO) -> bool:
    """UTF-8 throughout, without control characters, and nothing that a browser or a shell would run."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    file.seek(0)
    tail, is_first = "", True
    while True:
        chunk = file.read(65_536)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            return False
        if is_first and _SCRIPT_LINE.match(text):
            return False
        is_first = False
        if any(character < " " and character not in "\t\n\r\f" for character in text) or _MARKUP.search(tail + text):
            return False
        if not chunk:
            return True
        tail = text[-40:]
