"""Text files as physical lines: each is the header, blank, part of a record, or has a problem. None is lost."""

from __future__ import annotations

import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from clm_ml.errors import DataRefused
from clm_ml.load.mapping import Format

BLOCK_BYTES = 4 << 20
LONGEST_RECORD = 200  # lines that the quoted fields of one record may run over
_BOM = b"\xef\xbb\xbf"
_FOREIGN_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}
_UNCLOSED = "unclosed quote"


@dataclass(frozen=True)
class Fingerprint:
    """What a file holds: the hash of its content (after gunzip), its physical lines, and the first of its bytes."""

    sha256: str
    line_count: int
    byte_count: int
    head: bytes

    @property
    def is_parquet(self) -> bool:
        return self.head.startswith(b"PAR1")


@dataclass
class Records:
    """Records in file order. One with a problem has no fields; `spans` says how many lines each takes."""

    numbers: list[int] = field(default_factory=list)
    spans: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    problems: list[str | None] = field(default_factory=list)
    fields: list[list[str] | None] = field(default_factory=list)

    def add(self, number: int, text: str, fields: list[str] | None, problem: str | None, span: int = 1) -> None:
        self.numbers.append(number)
        self.spans.append(span)
        self.texts.append(text)
        self.problems.append(problem)
        self.fields.append(fields)


class _Undecodable(str):
    """A line that is not text in the declared encoding; its bytes stand in it as backslash escapes."""


def fingerprint(path: Path) -> Fingerprint:
    """Read the file once, to its end: a damaged gzip is found here, before anything is written."""
    digest, newlines, size, last, head = hashlib.sha256(), 0, 0, b"\n", b""
    for block in blocks(path):
        digest.update(block)
        newlines += block.count(b"\n")
        size += len(block)
        last = block[-1:]
        head = head or block
    return Fingerprint(digest.hexdigest(), newlines + (last != b"\n"), size, head)


def blocks(path: Path) -> Iterator[bytes]:
    """The content in blocks, decompressed where its first bytes say gzip (whatever its name says)."""
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[assignment]
        try:
            while block := stream.read(BLOCK_BYTES):
                yield block
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataRefused(f"{path.name} is a damaged gzip file: {error}", "fetch it again") from error


def header_of(file_name: str, head: bytes, form: Format) -> tuple[list[str], bool]:
    """The column names, and whether the file's first line states them (if not, a layout of the mapping does)."""
    fields = _first_fields(file_name, head, form)
    known = {name for layout in form.layouts for name in layout}
    if form.header == "required" or known & set(fields):
        return fields, True
    for layout in form.layouts:
        if len(layout) == len(fields):
            return list(layout), False
    widths = " or ".join(str(len(layout)) for layout in form.layouts)
    raise DataRefused(
        f"{file_name} has no header, and {len(fields)} fields in its first line where {widths} are known",
        "add a header line to the file, or a layout to the mapping",
    )


class LineReader:
    """Cuts the lines of one text file into records of `width` fields, and counts its header and blank lines."""

    def __init__(self, path: Path, form: Format, width: int, has_header: bool) -> None:
        self.path = path
        self.form = form
        self.width = width
        self.header_count = 0
        self.blank_count = 0
        self._awaits_header = has_header
        self._at_start = True
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The hash of the content that was read."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[Records]:
        csv.field_size_limit(1 << 30)
        waiting: list[str] = []
        number = 1
        for batch in self._batches():
            waiting += batch
            records, used = self._cut(waiting, number, is_last=False)
            number += used
            waiting = waiting[used:]
            yield records
        yield self._cut(waiting, number, is_last=True)[0]

    def _batches(self) -> Iterator[list[str]]:
        parts: list[bytes] = []
        for block in blocks(self.path):
            self._digest.update(block)
            body, newline, tail = block.rpartition(b"\n")
            if newline:
                yield self._decode(b"".join([*parts, body]))
                parts = [tail]
            else:
                parts.append(block)
        rest = b"".join(parts)
        if rest:
            yield self._decode(rest)

    def _decode(self, body: bytes) -> list[str]:
        body = body.removesuffix(b"\r").replace(b"\r\n", b"\n") if b"\r" in body else body
        if self._at_start:
            self._at_start, body = False, body.removeprefix(_BOM)
        try:
            return body.decode(self.form.encoding).split("\n")
        except UnicodeDecodeError:
            return [self._decode_line(line) for line in body.split(b"\n")]

    def _decode_line(self, line: bytes) -> str:
        try:
            return line.decode(self.form.encoding)
        except UnicodeDecodeError:
            return _Undecodable(line.decode(self.form.encoding, "backslashreplace"))

    def _cut(self, lines: list[str], number: int, *, is_last: bool) -> tuple[Records, int]:
        """Records of these lines, and how many lines they use up: a record still open at the end waits for more."""
        records = Records()
        add, quote, width = records.add, self.form.quote or "\0", self.width
        delimiter = None if self.form.splits_on_whitespace else self.form.delimiter
        at, end = 0, len(lines)
        while at < end:
            line = lines[at]
            if not line or line.isspace():
                self.blank_count += 1
            elif self._awaits_header:
                self._awaits_header, self.header_count = False, 1
            elif quote not in line and "\0" not in line and "\r" not in line and type(line) is str:
                fields = line.split(delimiter)
                problem = None if len(fields) == width else self._misfit(fields)
                add(number + at, line, None if problem else fields, problem)
            else:
                fields_or_none, problem = self._parse([line])
                span = 1
                if problem == _UNCLOSED:
                    if not is_last and end - at <= LONGEST_RECORD:
                        break
                    fields_or_none, problem, span = self._parse_over_lines(lines, at)
                add(number + at, "\n".join(lines[at : at + span]), fields_or_none, problem, span)
                at += span - 1
            at += 1
        return records, at

    def _parse(self, lines: list[str]) -> tuple[list[str] | None, str | None]:
        """The fields of one record, or why it is none."""
        if any(isinstance(line, _Undecodable) for line in lines):
            return None, f"not {self.form.encoding} text"
        if any("\0" in line for line in lines):
            return None, "NUL byte"
        if self.form.splits_on_whitespace or not self.form.quote:
            fields = lines[0].split(None if self.form.splits_on_whitespace else self.form.delimiter)
        else:
            try:
                fields = self._csv(lines)
            except csv.Error as error:
                return None, _csv_problem(error)
        problem = self._misfit(fields) if len(fields) != self.width else None
        return (None, problem) if problem else (fields, None)

    def _parse_over_lines(self, lines: list[str], at: int) -> tuple[list[str] | None, str | None, int]:
        """A quoted field may run over lines, unless one of them is a record by itself: then the quote is a stray."""
        for end in range(at + 1, min(at + LONGEST_RECORD, len(lines))):
            if self._parse([lines[end]])[0] is not None:
                break
            fields, problem = self._parse(lines[at : end + 1])
            if fields is not None:
                return fields, None, end + 1 - at
            if problem != _UNCLOSED:
                break
        return None, _UNCLOSED, 1

    def _csv(self, lines: list[str]) -> list[str]:
        ended = [*(line + "\n" for line in lines[:-1]), lines[-1]]
        return next(csv.reader(ended, delimiter=self.form.delimiter, quotechar=self.form.quote, strict=True))

    def _misfit(self, fields: list[str]) -> str:
        return f"{len(fields)} fields where the header has {self.width}"


def _first_fields(file_name: str, head: bytes, form: Format) -> list[str]:
    for bom, encoding in _FOREIGN_BOMS.items():
        if head.startswith(bom):
            raise DataRefused(f"{file_name} is {encoding} text", "save it as UTF-8")
    first = next((line for line in head.removeprefix(_BOM).split(b"\n") if line.strip()), None)
    if first is None:
        raise DataRefused(f"{file_name} is empty: it has no header", "is it the right file?")
    try:
        line = first.decode(form.encoding).rstrip("\r")
        quoted = form.quote and form.quote in line and not form.splits_on_whitespace
        delimiter = None if form.splits_on_whitespace else form.delimiter
        names = _csv_header(line, form) if quoted else line.split(delimiter)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataRefused(f"{file_name}: the header cannot be read: {error}", "is it the right file?") from error
    return [name.strip() for name in names]


def _csv_header(line: str, form: Format) -> list[str]:
    return next(csv.reader([line], delimiter=form.delimiter, quotechar=form.quote, strict=True))


def _csv_problem(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end" in said:
        return _UNCLOSED
    return "carriage return inside the line" if "new-line" in said else "stray quote"
