//! Files that are whole or not there: written aside in the same folder, hashed on the way, flushed to the disk, renamed.
//! The one file of this room that touches the file system. It knows no table and no format.
//! What must hold: whatever the moment of a crash, a name shows either its old bytes or its new ones.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::error::{PlayedCrash, SinkError};

/// Bytes that go to the file in one write.
const CHUNK_BYTES: usize = 256 * 1024;

/// The file system, with a place for tests to break it.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    fault: Option<Arc<Fault>>,
}

#[derive(Debug)]
struct Fault {
    steps_left: AtomicU64,
    is_crash: bool,
}

/// The size and hash of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes {
    /// How many.
    pub n_bytes: u64,
    /// SHA-256 in lower-case hex.
    pub sha256: String,
}

impl Disk {
    /// The disk as it is.
    pub const fn real() -> Self {
        Self { fault: None }
    }

    /// A disk on which the process dies after that many writing steps: every later step fails and nothing is tidied up.
    pub fn crashing_after(n_steps: u64) -> Self {
        Self { fault: Some(Arc::new(Fault { steps_left: AtomicU64::new(n_steps), is_crash: true })) }
    }

    /// A disk that is full after that many writing steps.
    pub fn full_after(n_steps: u64) -> Self {
        Self { fault: Some(Arc::new(Fault { steps_left: AtomicU64::new(n_steps), is_crash: false })) }
    }

    /// Makes the folder and those above it.
    ///
    /// # Errors
    /// [`SinkError`] naming the folder.
    pub fn make_folder(&self, folder: &Path) -> Result<(), SinkError> {
        if folder.as_os_str().is_empty() || folder.is_dir() {
            return Ok(());
        }
        if let Some(above) = folder.parent() {
            self.make_folder(above)?;
        }
        self.step().and_then(|()| fs::create_dir(folder)).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists if folder.is_dir() => Ok(()),
            io::ErrorKind::AlreadyExists => Err(SinkError::of_io(folder, &io::Error::from(io::ErrorKind::NotADirectory))),
            _ => Err(SinkError::of_io(folder, &error)),
        })?;
        folder.parent().map_or(Ok(()), |above| self.sync_folder(above))
    }

    /// Starts a file aside of `target`, in the same folder, which must exist. A left-over of the same run is written over.
    ///
    /// # Errors
    /// [`SinkError`] naming the target.
    pub fn aside(&self, target: &Path, run_id: &str) -> Result<Aside, SinkError> {
        let temp = temp_path(target, run_id);
        let file = self.step().and_then(|()| File::create(&temp)).map_err(|error| SinkError::of_io(target, &error))?;
        Ok(Aside {
            disk: self.clone(),
            target: target.to_owned(),
            temp,
            file: Some(file),
            chunk: Vec::with_capacity(CHUNK_BYTES),
            hash: Sha256::new(),
            n_bytes: 0,
        })
    }

    /// Removes a file; one that is not there is fine.
    ///
    /// # Errors
    /// [`SinkError`] naming the file.
    pub fn remove_file(&self, path: &Path) -> Result<(), SinkError> {
        self.step().and_then(|()| fs::remove_file(path)).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(SinkError::of_io(path, &error)),
        })
    }

    /// Removes a folder if it is empty; one that holds something, or is not there, stays as it is.
    ///
    /// # Errors
    /// [`SinkError`] naming the folder.
    pub fn remove_empty_folder(&self, folder: &Path) -> Result<(), SinkError> {
        self.step().and_then(|()| fs::remove_dir(folder)).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty => Ok(()),
            _ => Err(SinkError::of_io(folder, &error)),
        })
    }

    /// Removes what crashes left beside these targets, which all stand in `folder`.
    ///
    /// # Errors
    /// [`SinkError`] naming the folder or the left-over.
    pub fn remove_left_overs(&self, folder: &Path, is_target: &dyn Fn(&str) -> bool) -> Result<(), SinkError> {
        for name in self.names(folder)? {
            if target_of_temp(&name).is_some_and(is_target) {
                self.remove_file(&folder.join(name))?;
            }
        }
        Ok(())
    }

    /// The names in a folder, sorted; none if it is not there. Names that are no UTF-8 are not ours and are left out.
    ///
    /// # Errors
    /// [`SinkError`] naming the folder.
    pub fn names(&self, folder: &Path) -> Result<Vec<String>, SinkError> {
        let wrong = |error: io::Error| SinkError::of_io(folder, &error);
        let entries = match fs::read_dir(shown(folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(wrong)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(wrong)?.file_name().into_string());
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The size of a file; none if it is not there.
    ///
    /// # Errors
    /// [`SinkError`] naming the file, also if it is a folder or a device: such a name is never written over.
    pub fn size(&self, path: &Path) -> Result<Option<u64>, SinkError> {
        match fs::metadata(path) {
            Ok(facts) if facts.is_file() => Ok(Some(facts.len())),
            Ok(_) => Err(SinkError::of_io(path, &io::Error::other("not a plain file"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SinkError::of_io(path, &error)),
        }
    }

    /// A plain file stands there and can be seen.
    pub fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    /// The size and hash of a file; none if it is not there.
    ///
    /// # Errors
    /// [`SinkError`] naming the file.
    pub fn bytes(&self, path: &Path) -> Result<Option<Bytes>, SinkError> {
        if self.size(path)?.is_none() {
            return Ok(None);
        }
        let wrong = |error: io::Error| SinkError::of_io(path, &error);
        let mut file = File::open(path).map_err(wrong)?;
        let (mut hash, mut n_bytes, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK_BYTES]);
        loop {
            let n_read = file.read(&mut chunk).map_err(wrong)?;
            if n_read == 0 {
                return Ok(Some(Bytes { n_bytes, sha256: hex(&hash.finalize()) }));
            }
            hash.update(chunk.get(..n_read).unwrap_or_default());
            n_bytes += n_read as u64;
        }
    }

    /// The text of a small file; none if it is not there.
    ///
    /// # Errors
    /// [`SinkError`] naming the file.
    pub fn text(&self, path: &Path) -> Result<Option<String>, SinkError> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SinkError::of_io(path, &error)),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), SinkError> {
        self.step().and_then(|()| fs::rename(from, to)).map_err(|error| SinkError::of_io(to, &error))?;
        to.parent().map_or(Ok(()), |folder| self.sync_folder(folder))
    }

    /// Makes the names in a folder last. Systems on which a folder cannot be opened keep them without being asked.
    fn sync_folder(&self, folder: &Path) -> Result<(), SinkError> {
        self.step().map_err(|error| SinkError::of_io(folder, &error))?;
        if cfg!(unix) {
            File::open(shown(folder)).and_then(|open| open.sync_all()).map_err(|error| SinkError::of_io(folder, &error))?;
        }
        Ok(())
    }

    fn step(&self) -> io::Result<()> {
        let Some(fault) = &self.fault else { return Ok(()) };
        let counted = fault.steps_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match counted {
            Ok(_) => Ok(()),
            Err(_) if fault.is_crash => Err(io::Error::other(PlayedCrash)),
            Err(_) => Err(io::Error::from(io::ErrorKind::StorageFull)),
        }
    }

    fn has_crashed(&self) -> bool {
        self.fault.as_ref().is_some_and(|fault| fault.is_crash && fault.steps_left.load(Ordering::SeqCst) == 0)
    }
}

/// A file on its way: what is written to it is hashed and does not show under the target's name before [`Sealed::publish`].
/// Dropped before that, it is removed.
#[derive(Debug)]
pub struct Aside {
    disk: Disk,
    target: PathBuf,
    temp: PathBuf,
    file: Option<File>,
    chunk: Vec<u8>,
    hash: Sha256,
    n_bytes: u64,
}

impl Aside {
    /// Ends the writing: all bytes are on the disk, still under another name.
    ///
    /// # Errors
    /// [`SinkError`] naming the target.
    pub fn seal(mut self) -> Result<Sealed, SinkError> {
        self.write_chunk().map_err(|error| SinkError::of_io(&self.target, &error))?;
        if let Some(file) = self.file.take() {
            self.disk.step().and_then(|()| file.sync_all()).map_err(|error| SinkError::of_io(&self.target, &error))?;
        }
        let bytes = Bytes { n_bytes: self.n_bytes, sha256: hex(&self.hash.clone().finalize()) };
        Ok(Sealed { aside: self, bytes })
    }

    fn write_chunk(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        if let Err(error) = self.disk.step() {
            // A write that is cut off leaves a part of its bytes behind.
            file.write_all(self.chunk.get(..self.chunk.len() / 2).unwrap_or_default())?;
            return Err(error);
        }
        file.write_all(&self.chunk)?;
        self.hash.update(&self.chunk);
        self.n_bytes += self.chunk.len() as u64;
        self.chunk.clear();
        Ok(())
    }
}

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if CHUNK_BYTES <= self.chunk.len() {
            self.write_chunk()?;
        }
        let room = CHUNK_BYTES - self.chunk.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.chunk.extend_from_slice(taken);
        Ok(taken.len())
    }

    /// Does nothing: writers flush in the middle, and the number of writes is none of their business.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.temp.as_os_str().is_empty() && !self.disk.has_crashed() {
            // The name is tried again by the next publication's tidying; here nobody could be told.
            let _ = fs::remove_file(&self.temp);
        }
    }
}

/// A file whose bytes are all on the disk, to be published or dropped.
#[derive(Debug)]
pub struct Sealed {
    aside: Aside,
    bytes: Bytes,
}

impl Sealed {
    /// Its size and hash.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Puts it under the target's name, over what stood there.
    ///
    /// # Errors
    /// [`SinkError`] naming the target.
    pub fn publish(mut self) -> Result<Bytes, SinkError> {
        self.aside.disk.rename(&self.aside.temp, &self.aside.target)?;
        self.aside.temp = PathBuf::new();
        Ok(self.bytes.clone())
    }
}

/// `out/.assessment.csv.0a1b2c3d.tmp`: told apart by run, so that two processes never write one file.
fn temp_path(target: &Path, run_id: &str) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let run = hex(&Sha256::digest(run_id.as_bytes()));
    target.with_file_name(format!(".{name}.{}.tmp", run.get(..8).unwrap_or_default()))
}

/// The name of the target that a file of that name was written aside of.
fn target_of_temp(name: &str) -> Option<&str> {
    let (target, run) = name.strip_prefix('.')?.strip_suffix(".tmp")?.rsplit_once('.')?;
    (run.len() == 8 && run.bytes().all(|letter| letter.is_ascii_hexdigit())).then_some(target)
}

/// The folder of a bare file name is the current one.
fn shown(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::SinkErrorKind;

    fn written(disk: &Disk, target: &Path, words: &[u8]) -> Result<Bytes, SinkError> {
        let mut aside = disk.aside(target, "run-1")?;
        aside.write_all(words).map_err(|error| SinkError::of_io(target, &error))?;
        aside.seal()?.publish()
    }

    #[test]
    fn the_hash_is_that_of_the_bytes_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.txt");
        let words = vec![b'x'; CHUNK_BYTES * 2 + 17];
        let bytes = written(&Disk::real(), &target, &words).unwrap();
        assert_eq!(bytes.n_bytes, words.len() as u64);
        assert_eq!(Disk::real().bytes(&target).unwrap(), Some(bytes));
        assert_eq!(fs::read(&target).unwrap(), words);
    }

    #[test]
    fn a_crash_at_any_step_leaves_the_old_bytes_or_the_new_ones() {
        for n_steps in 0..10 {
            let folder = tempfile::tempdir().unwrap();
            let target = folder.path().join("a.txt");
            written(&Disk::real(), &target, b"old").unwrap();
            let outcome = written(&Disk::crashing_after(n_steps), &target, b"new words");
            let seen = fs::read(&target).unwrap();
            match outcome {
                Ok(_) => assert_eq!(seen, b"new words"),
                Err(error) => {
                    assert_eq!(error.kind, SinkErrorKind::Crash, "step {n_steps}: {error}");
                    assert!(seen == b"old" || seen == b"new words", "step {n_steps}");
                }
            }
        }
    }

    #[test]
    fn a_full_disk_is_told_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.txt");
        written(&Disk::real(), &target, b"old").unwrap();
        let error = written(&Disk::full_after(1), &target, b"new").unwrap_err();
        assert_eq!(error.kind, SinkErrorKind::FullDisk);
        assert_eq!(Disk::real().names(folder.path()).unwrap(), ["a.txt"]);
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }

    #[test]
    fn only_left_overs_of_the_named_targets_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".a.txt.0123abcd.tmp", ".b.txt.0123abcd.tmp", ".a.txt.notes.tmp", "a.txt.0123abcd.tmp"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        Disk::real().remove_left_overs(folder.path(), &|name| name == "a.txt").unwrap();
        let names = Disk::real().names(folder.path()).unwrap();
        assert_eq!(names, [".a.txt.notes.tmp", ".b.txt.0123abcd.tmp", "a.txt.0123abcd.tmp"]);
    }
}
