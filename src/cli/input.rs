//! Reads files, never more of them than the library would take.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use dealproof::bounds::Limits;

/// A document as read.
#[derive(Debug)]
pub struct Document {
    /// What to call it.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refused.
    #[error("cannot read {name}: {problem}")]
    Io {
        /// The file.
        name: String,
        /// Why.
        problem: io::Error,
    },
    /// It is larger than what the library takes.
    #[error("{name} has more than the {limit} bytes a document may have")]
    TooLarge {
        /// The file.
        name: String,
        /// The limit.
        limit: usize,
    },
}

/// Reads a file, or standard input for `-`.
pub fn read(path: &Path, limits: &Limits) -> Result<Document, ReadError> {
    if path.as_os_str() == "-" {
        return read_bounded("standard input".to_owned(), io::stdin().lock(), limits);
    }
    let name = path.display().to_string();
    let io_error = |problem| ReadError::Io { name: name.clone(), problem };
    let file = File::open(path).map_err(io_error)?;
    // A regular file says its size at once; what only turns out to be too long is stopped while it is read.
    let size = file.metadata().map_err(io_error)?.len();
    if size > limit_of(limits) {
        let limit = limits.document_bytes;
        return Err(ReadError::TooLarge { name, limit });
    }
    read_bounded(name, file, limits)
}

fn read_bounded(name: String, from: impl Read, limits: &Limits) -> Result<Document, ReadError> {
    let mut bytes = Vec::new();
    let one_more = limit_of(limits).saturating_add(1);
    if let Err(problem) = from.take(one_more).read_to_end(&mut bytes) {
        return Err(ReadError::Io { name, problem });
    }
    if bytes.len() > limits.document_bytes {
        let limit = limits.document_bytes;
        return Err(ReadError::TooLarge { name, limit });
    }
    Ok(Document { name, bytes })
}

fn limit_of(limits: &Limits) -> u64 {
    u64::try_from(limits.document_bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_a_document_may_have() {
        let limits = Limits::default().document_bytes(4);
        let fits = read_bounded("four".to_owned(), &b"1234"[..], &limits).unwrap();
        assert_eq!(fits.bytes, b"1234");
        // An endless source must not be read to its end.
        let endless = read_bounded("endless".to_owned(), io::repeat(b' '), &limits);
        assert!(matches!(endless, Err(ReadError::TooLarge { limit: 4, .. })));
    }
}
