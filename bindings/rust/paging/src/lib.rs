//! Linux' memory management for 32-bit x86 as a library: the engine of libpaging.so.
//!
//! A program of your own needs the library when it is built and when it runs. Set `PAGING_LIBRARY_DIR` to the folder of libpaging.so
//! for `cargo build`, and give the program that folder as its rpath in a `build.rs` of your own:
//!
//! ```no_run
//! // [dependencies] paging and paging-sys, by path: Cargo gives the folder only to crates that name paging-sys themselves
//! println!("cargo:rustc-link-arg=-Wl,-rpath,{}", std::env::var("DEP_PAGING_FOLDER").unwrap());
//! ```
//!
//! (Or put libpaging.so where ld.so looks, or set LD_LIBRARY_PATH.) In a checkout, `PAGING_LIBRARY_DIR` may be left out: the published
//! library is found.
//!
//! ```
//! let engine = paging::Engine::new()?;
//! let process = engine.process("first")?;
//! let at = process.map(8192)?;
//! process.store(at, 42u32)?;
//! assert_eq!(process.load::<u32>(at)?, 42);
//! assert!(matches!(process.load::<u8>(16), Err(paging::Error::Fault { address: 16, .. })));
//! # Ok::<(), paging::Error>(())
//! ```
//!
//! An [`Engine`] belongs to the thread that made it, and its hits need no call. An [`Engine<Shared>`](Shared) may be used by all threads;
//! each makes a [`Processor`], and each access is a call. Windows' calls, and the rest without a safe form, are in [`sys`].
//!
//! SOUNDNESS.md of the crate says what safe code cannot do, and why: threads, lifetimes, reentrancy, guest memory.
mod callbacks;
mod costs;
mod engine;
mod files;
mod memory;
mod names;
mod objects;
mod options;
mod process;
mod results;
mod rewind;
mod types;
mod window;

#[cfg(doctest)]
#[doc = include_str!("../SOUNDNESS.md")]
struct Soundness;

#[cfg(doctest)]
#[doc = include_str!("../../../../docs/QUESTIONS.md")]
struct Questions;

pub use callbacks::{Backing, Device, HostState, Page, PageSource, Policy, SwapStore, PageBits};
pub use costs::Ledger;
pub use engine::{Engine, GroupOptions, HugePool, PolicyChoice};
pub use files::{File, HostMemory, Pager};
pub use objects::{
    CoreThread, DirtyLog, Events, FlatView, Group, Image, Message, Pin, PinMut, Processor, Shadow, Snapshot, Swap, Userfaultfd, Watched, Watchpoint,
};
pub use options::{Options, ProcessOptions};
pub use paging_sys as sys;
pub use process::{FetchWindow, Process};
pub use results::{Area, Event, FaultCounts, LedgerClock, LedgerTimes, Machine, ProcessInfo, ReplayResult, Usage};
pub use rewind::Rewind;
pub use types::*;
pub use window::{Signals, Stop, Window};
use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Why a call was refused. Two with the same errno are equal, whatever their texts.
#[derive(Debug, Clone, Eq)]
pub enum Error {
    /// Refused with an errno of Linux, and the library's text where it has one (of host files and saved processes); else it is empty.
    Errno { errno: i32, text: String },
    /// An access that Linux would answer with a signal, and the first byte that cannot be accessed.
    Fault { kind: FaultKind, address: u32 },
    /// Misuse: one of `sys::PAGING_BAD_HANDLE` to `PAGING_UNEXPECTED`, and what the library says.
    Misuse { code: i32, text: String },
}

impl std::fmt::Display for Error {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Errno { errno, text } if text.is_empty() => write!(to, "{}", std::io::Error::from_raw_os_error(*errno)),
            Error::Errno { errno, text } => write!(to, "{text} (os error {errno})"),
            Error::Fault { kind, address } => match fault_name(*kind) {
                Some(name) => write!(to, "{name} at {address:08x}"),
                None => write!(to, "fault {} at {address:08x}", kind.number()),
            },
            Error::Misuse { code, text } => write!(to, "{text} ({code})"),
        }
    }
}

impl std::error::Error for Error {}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Error::Errno { errno: one, .. }, Error::Errno { errno: two, .. }) => one == two,
            (Error::Fault { kind, address }, Error::Fault { kind: other, address: there }) => (kind, address) == (other, there),
            (Error::Misuse { code, text }, Error::Misuse { code: other, text: said }) => (code, text) == (other, said),
            _ => false,
        }
    }
}

impl Error {
    /// The errno of a refusal by Linux.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Error::Errno { errno, .. } => Some(*errno),
            _ => None,
        }
    }

    pub(crate) fn plain(errno: u32) -> Self {
        Error::Errno { errno: errno as i32, text: String::new() }
    }
}

fn fault_name(kind: FaultKind) -> Option<&'static str> {
    Some(match kind {
        FaultKind::NotMapped => "not mapped",
        FaultKind::NotAllowed => "not allowed",
        FaultKind::BusError => "bus error",
        FaultKind::OutOfMemory => "out of memory",
        FaultKind::Pending => "pending",
        FaultKind::Device => "device",
        FaultKind::Unaddressable => "unaddressable byte",
        FaultKind::Uninitialized => "uninitialized byte",
        FaultKind::Other(_) => return None,
    })
}

/// The result of a call.
pub type Result<T> = std::result::Result<T, Error>;

mod sealed {
    pub trait Sealed {}
}

/// Which threads may use an engine: [`Local`] or [`Shared`].
pub trait Threads: sealed::Sealed {
    #[doc(hidden)]
    const HAS_HITS: bool;
}

/// The thread that made the engine, and no other.
pub struct Local(PhantomData<*const ()>);

/// All threads. Each that accesses guest memory makes a [`Processor`] for itself.
pub struct Shared(());

impl sealed::Sealed for Local {}
impl sealed::Sealed for Shared {}
impl Threads for Local {
    const HAS_HITS: bool = true;
}
impl Threads for Shared {
    const HAS_HITS: bool = false;
}

/// What one access moves: integers of 1, 2, 4 and 8 bytes.
pub trait Value: Copy + Default + sealed::Sealed {}
macro_rules! values { ($($kind:ty)*) => { $(impl sealed::Sealed for $kind {} impl Value for $kind {})* } }
values! { u8 u16 u32 u64 i8 i16 i32 i64 }

/// The version of the library's interface.
pub fn version() -> i32 {
    // SAFETY: nothing is given.
    unsafe { sys::paging_version() }
}

/// Runs a trace through so many frames, empty at first; policy: FIFO, LRU, ... OPT. An access is a page's number, and whether it stores.
pub fn replay(policy: &str, frames: u32, trace: impl IntoIterator<Item = (u64, bool)>) -> Result<ReplayResult> {
    let words: Vec<u64> = trace.into_iter().map(|(page, stores)| page << 1 | u64::from(stores)).collect();
    let mut result = sized::<sys::paging_replay_result>();
    // SAFETY: the array has as many words as the call is told.
    check(unsafe { sys::paging_replay(name(policy)?.as_ptr(), frames, words.as_ptr(), words.len() as u64, &mut result) }.into())?;
    Ok(ReplayResult::of(result))
}

/// As [`replay`], with the trace of a file, plain or gzip.
pub fn replay_file(policy: &str, frames: u32, trace: impl AsRef<Path>) -> Result<ReplayResult> {
    let mut result = sized::<sys::paging_replay_result>();
    let path = path(trace.as_ref())?;
    // SAFETY: the pointers are good during the call.
    check(unsafe { sys::paging_replay_file(name(policy)?.as_ptr(), frames, path.as_ptr(), &mut result) }.into())?;
    Ok(ReplayResult::of(result))
}

pub(crate) fn check(result: i64) -> Result<i64> {
    match result {
        0.. => Ok(result),
        -4095..=-1 => Err(Error::Errno { errno: -result as i32, text: last_error() }),
        _ => Err(Error::Misuse { code: result as i32, text: last_error() }),
    }
}

#[cold]
pub(crate) fn refused(result: i64, fault: sys::paging_fault) -> Result<i64> {
    if result == -i64::from(sys::PAGING_EFAULT) && fault.kind != 0 {
        return Err(Error::Fault { kind: FaultKind::of(fault.kind), address: fault.address });
    }
    check(result)
}

pub(crate) fn misuse(text: &str) -> Error {
    Error::Misuse { code: sys::PAGING_BAD_ARGUMENT, text: text.to_string() }
}

pub(crate) fn last_error() -> String {
    // SAFETY: the text stays until the thread's next failure; NULL when there is no memory for one.
    let text = unsafe { sys::paging_last_error().as_ref().map(|text| CStr::from_ptr(text).to_string_lossy().into_owned()) };
    callbacks::with_reason(names::in_rust(&text.unwrap_or_default()))
}

pub(crate) fn name(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::plain(sys::PAGING_EINVAL))
}

pub(crate) fn path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Error::plain(sys::PAGING_EINVAL))
}

/// A structure of paging.h that begins with its size. All are integers and pointers, of which zeros are a value.
pub(crate) trait Sized32: Copy {
    fn set_size(&mut self, size: u32);
}
macro_rules! sized_structures { ($($kind:ident)*) => { $(impl Sized32 for sys::$kind {
    fn set_size(&mut self, size: u32) { self.size = size; }
})* } }
sized_structures! {
    paging_options paging_process_options paging_process_info paging_backing paging_device paging_page_source paging_file_finder paging_host_state
    paging_swap_store paging_watcher paging_policy paging_group_options paging_uffd_message paging_fault_counts paging_usage
    paging_machine paging_replay_result paging_ledger_times paging_ledger_clock paging_rewind_info
}

pub(crate) fn sized<S: Sized32>() -> S {
    // SAFETY: the trait is for structures of which zeros are a value.
    let mut made: S = unsafe { std::mem::zeroed() };
    made.set_size(std::mem::size_of::<S>() as u32);
    made
}

/// Fills in a structure by a call.
pub(crate) fn ask<S: Sized32>(call: impl FnOnce(*mut S) -> i32) -> Result<S> {
    let mut found = sized::<S>();
    check(call(&mut found).into())?;
    Ok(found)
}

/// A new handle by a call.
pub(crate) fn make(call: impl FnOnce(*mut u64) -> i32) -> Result<u64> {
    let mut handle = 0;
    check(call(&mut handle).into())?;
    Ok(handle)
}

/// Calls what fills in a text, twice if the first room is too small.
pub(crate) fn text(call: impl Fn(*mut std::os::raw::c_char, u64) -> i64) -> Result<String> {
    let mut room = vec![0u8; 4096];
    loop {
        let length = check(call(room.as_mut_ptr().cast(), room.len() as u64))? as usize;
        if length < room.len() {
            room.truncate(length);
            return Ok(String::from_utf8_lossy(&room).into_owned());
        }
        room.resize(length + 1, 0);
    }
}

/// A text that ends in the last byte of the room, at its end, and beyond.
#[test]
fn texts_have_the_length_of_the_last_call() {
    for length in [0, 1, 4094, 4095, 4096, 4097, 9000] {
        let found = text(|room, capacity| {
            let count = length.min(capacity as usize - 1);
            // SAFETY: the text and its zero fit.
            unsafe {
                room.write_bytes(b'a', count);
                room.add(count).write(0);
            }
            length as i64
        });
        assert_eq!(found, Ok("a".repeat(length)));
    }
}
