//! Snapshots and journals of a ledger, from bytes nobody vouches for.

use super::{LoadError, Problem, read};
use crate::bounds::Limits;
use crate::ledger::{Entry, Snapshot};
use crate::record::Fingerprint;

/// Reads a snapshot of a ledger: its format is known and its digest is its own.
/// [`Embedded::restore`](crate::ledger::Embedded::restore) then checks that it holds together. Its size is bounded by
/// [`Limits::snapshot_bytes`] and [`Limits::snapshot_nodes`], which a host raises to what its own ledger comes to.
///
/// ```
/// use dealproof::bounds::Limits;
/// use dealproof::ledger::{Embedded, Settings};
/// use dealproof::load;
/// use dealproof::money::Currency;
///
/// let settings = Settings::new(Currency::CNY);
/// let text = serde_json::to_string(&Embedded::new(settings).snapshot())?;
/// let ledger = Embedded::restore(settings, &load::snapshot(&text, &Limits::default())?)?;
/// assert_eq!(serde_json::to_string(&ledger.snapshot())?, text);
///
/// let newer = text.replace(r#""format":1"#, r#""format":2"#);
/// let error = load::snapshot(newer, &Limits::default()).unwrap_err();
/// assert_eq!(error.to_string(), "/format (line 1, column 11): format 2; this version reads 1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first problem.
pub fn snapshot(document: impl AsRef<[u8]>, limits: &Limits) -> Result<Snapshot, LoadError> {
    // A ledger outgrows a rule file by far, and its host vouches for how large it is.
    let (document_bytes, nodes) = (limits.snapshot_bytes, limits.snapshot_nodes);
    let limits = Limits { document_bytes, nodes, ..*limits };
    read(document.as_ref(), &limits, |snapshot: Snapshot| {
        snapshot.check().map_err(|error| (error.path, Problem::Snapshot(error.problem)))?;
        Ok(snapshot)
    })
}

/// The entries of a journal file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalFile {
    /// The entries, in their order.
    pub entries: Vec<Entry>,
    /// Bytes up to the end of the last whole line. What stands behind it was never acknowledged: cut it off before
    /// appending.
    pub whole_bytes: usize,
}

/// A journal file that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// A line that is no digest, space and text.
    #[error("line {line}: not a digest and an entry")]
    NotALine {
        /// Its number, from 1.
        line: usize,
    },
    /// A line whose text is not the one that was written.
    #[error("line {line}: the digest is not that of the text")]
    WrongDigest {
        /// Its number, from 1.
        line: usize,
    },
    /// A line whose text is no entry.
    #[error("line {line}: {error}")]
    NotAnEntry {
        /// Its number, from 1.
        line: usize,
        /// Why not; the place is that within the text.
        error: LoadError,
    },
    /// An entry that does not follow the one before it.
    #[error("line {line}: entry {given} follows {before}")]
    Gap {
        /// Its number, from 1.
        line: usize,
        /// The number of the entry.
        given: u64,
        /// The number of the entry before it.
        before: u64,
    },
}

/// Reads a journal file, of lines as [`Entry::to_line`] writes them; the limits are for each line. A last line without its
/// line feed was torn by a crash and is left out; nothing else is.
///
/// # Errors
/// The first line that is wrong.
pub fn journal(document: impl AsRef<[u8]>, limits: &Limits) -> Result<JournalFile, JournalError> {
    let mut file = JournalFile::default();
    let lines = document.as_ref().split_inclusive(|byte| *byte == b'\n');
    for (line, bytes) in (1..).zip(lines) {
        let Some(whole) = bytes.strip_suffix(b"\n") else { break };
        let entry = entry(line, whole, limits)?;
        if let Some(before) = file.entries.last().map(|entry: &Entry| entry.seq)
            && before.checked_add(1) != Some(entry.seq)
        {
            return Err(JournalError::Gap { line, given: entry.seq, before });
        }
        file.entries.push(entry);
        file.whole_bytes += bytes.len();
    }
    Ok(file)
}

fn entry(line: usize, bytes: &[u8], limits: &Limits) -> Result<Entry, JournalError> {
    let space = bytes.iter().position(|byte| *byte == b' ');
    let parts = space.and_then(|space| bytes.split_at_checked(space));
    let (digest, rest) = parts.ok_or(JournalError::NotALine { line })?;
    let text = rest.get(1..).unwrap_or_default();
    if digest != Fingerprint::of(text).to_string().as_bytes() {
        return Err(JournalError::WrongDigest { line });
    }
    read(text, limits, Ok).map_err(|error| JournalError::NotAnEntry { line, error })
}
