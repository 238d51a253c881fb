//! Compression by the file's name: `.gz`, `.zst`, or none. The same bytes in give the same bytes out: no time, no host.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder, write::GzEncoder};

use crate::disk::Aside;

/// Zstandard's own middle way.
const ZSTD_LEVEL: i32 = 3;

/// A file on its way, compressed as its name says.
pub enum Packed {
    /// As it is.
    Plain(Aside),
    /// Gzip.
    Gzip(GzEncoder<Aside>),
    /// Zstandard.
    Zstd(zstd::Encoder<'static, Aside>),
}

impl Packed {
    /// Starts as the name says.
    ///
    /// # Errors
    /// Out of memory.
    pub fn start(name: &str, aside: Aside) -> io::Result<Self> {
        if name.ends_with(".gz") {
            return Ok(Self::Gzip(GzBuilder::new().mtime(0).write(aside, Compression::default())));
        }
        if name.ends_with(".zst") {
            let mut encoder = zstd::Encoder::new(aside, ZSTD_LEVEL)?;
            encoder.include_checksum(true)?;
            return Ok(Self::Zstd(encoder));
        }
        Ok(Self::Plain(aside))
    }

    /// Writes what is held back and gives the file back.
    ///
    /// # Errors
    /// Those of the file.
    pub fn end(self) -> io::Result<Aside> {
        match self {
            Self::Plain(aside) => Ok(aside),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(aside) => aside.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
