//! The records of a ZIP file (PKWARE APPNOTE 6.3.9): parsing with every bound checked, and writing.

pub(super) const LOCAL: u32 = 0x0403_4b50;
pub(super) const CENTRAL: u32 = 0x0201_4b50;
pub(super) const END: u32 = 0x0605_4b50;
pub(super) const END64: u32 = 0x0606_4b50;
pub(super) const LOCATOR64: u32 = 0x0706_4b50;

pub(super) const LOCAL_SIZE: usize = 30;
pub(super) const CENTRAL_SIZE: usize = 46;
pub(super) const END_SIZE: usize = 22;
pub(super) const END64_SIZE: usize = 56;
pub(super) const LOCATOR64_SIZE: usize = 20;

/// Bit 0: encrypted; bit 3: sizes follow the data; bit 11: the name is UTF-8.
pub(super) const ENCRYPTED: u16 = 1;
pub(super) const SIZES_FOLLOW: u16 = 1 << 3;
pub(super) const UTF8: u16 = 1 << 11;

/// Little-endian numbers at places that may lie outside.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn slice(self, at: usize, length: usize) -> Option<&'a [u8]> {
        self.0.get(at..at.checked_add(length)?)
    }

    pub(super) fn u16(self, at: usize) -> Option<u16> {
        Some(u16::from_le_bytes(self.slice(at, 2)?.try_into().ok()?))
    }

    pub(super) fn u32(self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(self.slice(at, 4)?.try_into().ok()?))
    }

    pub(super) fn u64(self, at: usize) -> Option<u64> {
        Some(u64::from_le_bytes(self.slice(at, 8)?.try_into().ok()?))
    }
}

/// What the local header and the central directory both say of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileRecord {
    pub(super) name: String,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc32: u32,
    pub(super) compressed: u64,
    pub(super) uncompressed: u64,
    /// Where the local header is; 0 in a local header itself.
    pub(super) offset: u64,
    /// Bytes of the whole record.
    pub(super) length: usize,
    /// Whether the directory has a comment for it.
    pub(super) comment: bool,
}

impl FileRecord {
    /// A local file header at the start of `bytes`; `None` when it is not one or is cut off.
    pub(super) fn local(bytes: &[u8]) -> Option<Self> {
        let b = Bytes(bytes);
        if b.u32(0)? != LOCAL {
            return None;
        }
        let (name, extra) = (usize::from(b.u16(26)?), usize::from(b.u16(28)?));
        let mut record = Self {
            name: String::from_utf8_lossy(b.slice(LOCAL_SIZE, name)?).into_owned(),
            flags: b.u16(6)?,
            method: b.u16(8)?,
            crc32: b.u32(14)?,
            compressed: u64::from(b.u32(18)?),
            uncompressed: u64::from(b.u32(22)?),
            offset: 0,
            length: LOCAL_SIZE + name + extra,
            comment: false,
        };
        record.extend(b.slice(LOCAL_SIZE + name, extra)?)?;
        Some(record)
    }

    /// A file header of the central directory at the start of `bytes`; `None` when it is not one or is cut off.
    pub(super) fn central(bytes: &[u8]) -> Option<Self> {
        let b = Bytes(bytes);
        if b.u32(0)? != CENTRAL {
            return None;
        }
        let (name, extra) = (usize::from(b.u16(28)?), usize::from(b.u16(30)?));
        let comment = usize::from(b.u16(32)?);
        let mut record = Self {
            name: String::from_utf8_lossy(b.slice(CENTRAL_SIZE, name)?).into_owned(),
            flags: b.u16(8)?,
            method: b.u16(10)?,
            crc32: b.u32(16)?,
            compressed: u64::from(b.u32(20)?),
            uncompressed: u64::from(b.u32(24)?),
            offset: u64::from(b.u32(42)?),
            length: CENTRAL_SIZE + name + extra + comment,
            comment: comment > 0,
        };
        record.extend(b.slice(CENTRAL_SIZE + name, extra)?)?;
        b.slice(0, record.length)?;
        Some(record)
    }

    /// Takes over the ZIP64 numbers for those fields that are all ones.
    fn extend(&mut self, extra: &[u8]) -> Option<()> {
        const FULL: u64 = 0xffff_ffff;
        let b = Bytes(extra);
        let mut at = 0;
        while let (Some(tag), Some(size)) = (b.u16(at), b.u16(at + 2)) {
            if tag == 1 {
                let field = Bytes(b.slice(at + 4, usize::from(size))?);
                let mut next = 0;
                for number in [&mut self.uncompressed, &mut self.compressed, &mut self.offset] {
                    if *number == FULL {
                        *number = field.u64(next)?;
                        next += 8;
                    }
                }
                break;
            }
            at += 4 + usize::from(size);
        }
        Some(())
    }

    /// The local header and, with `central`, the directory's.
    pub(super) fn write(&self, central: bool, out: &mut Vec<u8>) {
        // 1980-01-01 00:00, the first that a ZIP can say: the same files give the same archive.
        const DATE: [u8; 4] = [0, 0, 0x21, 0];
        let wide = central && self.offset >= u64::from(u32::MAX);
        let version: u16 = if wide { 45 } else { 20 };
        let short = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
        if central {
            out.extend(CENTRAL.to_le_bytes());
            // Made on Unix, so that the permissions below are understood.
            out.extend((3u16 << 8 | version).to_le_bytes());
        } else {
            out.extend(LOCAL.to_le_bytes());
        }
        out.extend(version.to_le_bytes());
        out.extend(self.flags.to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.extend(DATE);
        out.extend(self.crc32.to_le_bytes());
        out.extend(short(self.compressed));
        out.extend(short(self.uncompressed));
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend(if wide { 12u16 } else { 0 }.to_le_bytes());
        if central {
            // No comment, first disk, binary; a regular file that its owner may write and everybody read.
            out.extend([0; 6]);
            out.extend((0o100_644u32 << 16).to_le_bytes());
            out.extend(short(self.offset));
        }
        out.extend(self.name.as_bytes());
        if wide {
            out.extend(1u16.to_le_bytes());
            out.extend(8u16.to_le_bytes());
            out.extend(self.offset.to_le_bytes());
        }
    }
}

/// Where the central directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) entries: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
}

impl Directory {
    /// From the end record at the start of `bytes`; numbers that are all ones stand in a ZIP64 end record.
    pub(super) fn end(bytes: &[u8]) -> Option<Self> {
        let b = Bytes(bytes);
        let directory =
            Self { entries: u64::from(b.u16(10)?), size: u64::from(b.u32(12)?), offset: u64::from(b.u32(16)?) };
        (b.u32(0)? == END && b.slice(END_SIZE, usize::from(b.u16(20)?)).is_some()).then_some(directory)
    }

    pub(super) fn is_wide(&self) -> bool {
        self.entries == 0xffff || self.size == 0xffff_ffff || self.offset == 0xffff_ffff
    }

    /// From the ZIP64 end record at the start of `bytes`.
    pub(super) fn end64(bytes: &[u8]) -> Option<Self> {
        let b = Bytes(bytes);
        (b.u32(0)? == END64).then_some(())?;
        Some(Self { entries: b.u64(32)?, size: b.u64(40)?, offset: b.u64(48)? })
    }

    /// The end records, those of ZIP64 too when the numbers need them. `at` is where they will stand.
    pub(super) fn write(&self, at: u64, out: &mut Vec<u8>) {
        let wide = self.entries >= 0xffff || self.size >= 0xffff_ffff || self.offset >= 0xffff_ffff;
        if wide {
            out.extend(END64.to_le_bytes());
            out.extend((END64_SIZE as u64 - 12).to_le_bytes());
            out.extend((3u16 << 8 | 45).to_le_bytes());
            out.extend(45u16.to_le_bytes());
            out.extend([0; 8]);
            out.extend(self.entries.to_le_bytes());
            out.extend(self.entries.to_le_bytes());
            out.extend(self.size.to_le_bytes());
            out.extend(self.offset.to_le_bytes());
            out.extend(LOCATOR64.to_le_bytes());
            out.extend([0; 4]);
            out.extend(at.to_le_bytes());
            out.extend(1u32.to_le_bytes());
        }
        out.extend(END.to_le_bytes());
        out.extend([0; 4]);
        let entries = u16::try_from(self.entries).unwrap_or(u16::MAX);
        out.extend(entries.to_le_bytes());
        out.extend(entries.to_le_bytes());
        out.extend(u32::try_from(self.size).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(u32::try_from(self.offset).unwrap_or(u32::MAX).to_le_bytes());
        out.extend([0; 2]);
    }
}
