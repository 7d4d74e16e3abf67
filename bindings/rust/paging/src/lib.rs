//! Linux' memory management for 32-bit x86 as a library: the engine of libpaging.so.
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
//! An engine belongs to the thread that made it, so nothing here is Send or Sync. What this crate has no safe form for is in [`sys`],
//! among it engines for many threads.
pub use paging_sys as sys;
use std::ffi::{c_void, CStr, CString};
use std::marker::PhantomData;

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Linux refuses it, with its errno.
    Errno(i32),
    /// An access that Linux would answer with a signal: one of `sys::PAGING_FAULT_`, and the first byte that cannot be accessed.
    Fault { kind: u32, address: u32 },
    /// Misuse: one of `sys::PAGING_BAD_HANDLE` to `PAGING_UNEXPECTED`, and what the library says.
    Misuse { code: i32, text: String },
}

impl std::fmt::Display for Error {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Errno(number) => write!(to, "{}", std::io::Error::from_raw_os_error(*number)),
            Error::Fault { kind, address } => write!(to, "fault {kind} at {address:08x}"),
            Error::Misuse { code, text } => write!(to, "{text} ({code})"),
        }
    }
}

impl std::error::Error for Error {}

fn check(result: i64) -> Result<i64, Error> {
    match result {
        0.. => Ok(result),
        -4095..=-1 => Err(Error::Errno(-result as i32)),
        _ => Err(Error::Misuse { code: result as i32, text: last_error() }),
    }
}

fn last_error() -> String {
    // SAFETY: the text stays until the thread's next failure; NULL when there is no memory for one.
    unsafe { sys::paging_last_error().as_ref().map(|text| CStr::from_ptr(text).to_string_lossy().into()).unwrap_or_default() }
}

fn name(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::Errno(sys::PAGING_EINVAL as i32))
}

/// A machine's memory: RAM, page tables, a page cache, swap, and processes. Dropping it ends everything in it.
pub struct Engine {
    handle: sys::paging_engine,
    not_send: PhantomData<*const ()>,
}

impl Engine {
    /// An engine with 64 MiB of RAM.
    pub fn new() -> Result<Self, Error> {
        Self::with(|_| {})
    }

    /// An engine whose options a function changes; they begin with their defaults. allow_threads is refused: a hit looks at no thread,
    /// so safe code could race with calls of other threads.
    pub fn with(change: impl FnOnce(&mut sys::paging_options)) -> Result<Self, Error> {
        // SAFETY: a structure of integers, of which zeros are a value.
        let mut options: sys::paging_options = unsafe { std::mem::zeroed() };
        options.size = std::mem::size_of_val(&options) as u32;
        let mut handle = 0;
        // SAFETY: both pointers are good during the calls.
        unsafe {
            check(sys::paging_options_defaults(&mut options).into())?;
            change(&mut options);
            options.size = std::mem::size_of_val(&options) as u32;    // so much may be read of it
            if options.allow_threads != 0 {
                let text = "this crate has no safe form for allow_threads: use paging::sys".to_string();
                return Err(Error::Misuse { code: sys::PAGING_BAD_ARGUMENT, text });
            }
            check(sys::paging_engine_create(&options, &mut handle).into())?;
        }
        Ok(Self { handle, not_send: PhantomData })
    }

    /// The number that `sys` knows it by.
    pub fn handle(&self) -> sys::paging_engine {
        self.handle
    }

    /// Makes a process with nothing mapped.
    pub fn process(&self, called: &str) -> Result<Process<'_>, Error> {
        let mut handle = 0;
        // SAFETY: the pointers are good during the call.
        check(unsafe { sys::paging_process_create(self.handle, name(called)?.as_ptr(), std::ptr::null(), &mut handle) }.into())?;
        Process::new(handle)
    }

    /// Recounts everything; the number of findings, 0 if all is well.
    pub fn audit(&self) -> Result<i64, Error> {
        // SAFETY: no buffer is asked for.
        check(unsafe { sys::paging_audit(self.handle, std::ptr::null_mut(), 0) })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: processes and snapshots borrow the engine, so that none is left.
        unsafe { sys::paging_engine_destroy(self.handle) };
    }
}

mod sealed {
    pub trait Sealed {}
}

/// What one access moves: integers of 1, 2, 4 and 8 bytes.
pub trait Value: Copy + Default + sealed::Sealed {}
macro_rules! values { ($($kind:ty)*) => { $(impl sealed::Sealed for $kind {} impl Value for $kind {})* } }
values! { u8 u16 u32 u64 i8 i16 i32 i64 }

/// An address space with the memory calls of Linux. Dropping it ends the process.
pub struct Process<'engine> {
    handle: sys::paging_process,
    translations: *const sys::paging_translations,
    engine: PhantomData<&'engine Engine>,
}

impl<'engine> Process<'engine> {
    fn new(handle: sys::paging_process) -> Result<Self, Error> {
        // SAFETY: the handle is one of a living process.
        let translations = unsafe { sys::paging_translations_of(handle) };
        if translations.is_null() {
            return Err(Error::Misuse { code: sys::PAGING_BAD_HANDLE, text: last_error() });
        }
        Ok(Self { handle, translations, engine: PhantomData })
    }

    /// The number that `sys` knows it by.
    pub fn handle(&self) -> sys::paging_process {
        self.handle
    }

    /// Maps private anonymous memory, to read and to write, at an address that the engine chooses.
    pub fn map(&self, length: u32) -> Result<u32, Error> {
        let (rights, flags) = (sys::PAGING_PROT_READ | sys::PAGING_PROT_WRITE, sys::PAGING_MAP_PRIVATE | sys::PAGING_MAP_ANONYMOUS);
        self.mmap(0, length, rights, flags, -1, 0)
    }

    /// mmap(2).
    pub fn mmap(&self, address: u32, length: u32, rights: u32, flags: u32, descriptor: i32, offset: u64) -> Result<u32, Error> {
        // SAFETY: nothing but numbers, here and in the two below.
        check(unsafe { sys::paging_mmap(self.handle, address, length, rights, flags, descriptor, offset) }).map(|at| at as u32)
    }

    /// munmap(2).
    pub fn unmap(&self, start: u32, length: u32) -> Result<(), Error> {
        check(unsafe { sys::paging_munmap(self.handle, start, length) }.into()).map(drop)
    }

    /// mprotect(2).
    pub fn protect(&self, start: u32, length: u32, rights: u32) -> Result<(), Error> {
        check(unsafe { sys::paging_mprotect(self.handle, start, length, rights) }.into()).map(drop)
    }

    /// fork(2). No page is copied before one of the two writes to it.
    pub fn fork(&self) -> Result<Process<'engine>, Error> {
        let mut child = 0;
        // SAFETY: the pointer is good during the call.
        check(unsafe { sys::paging_fork(self.handle, &mut child) }.into())?;
        Process::new(child)
    }

    /// One load at any address. A hit is no call.
    #[inline]
    pub fn load<T: Value>(&self, address: u32) -> Result<T, Error> {
        let mut value = T::default();
        let size = std::mem::size_of::<T>();
        // SAFETY: the rules of paging.h, "Translations": both words are loaded for each access, and a word that is not 0 leads to the page.
        unsafe {
            let table = std::ptr::read_volatile(&(*self.translations).read);
            let addend = std::ptr::read_volatile(table.add(address as usize >> 12));
            if addend != 0 && address as usize & 4095 <= 4096 - size {
                return Ok(std::ptr::read_unaligned((addend as usize).wrapping_add(address as usize) as *const T));
            }
            let mut fault = sys::paging_fault { kind: 0, address: 0 };
            let result = sys::paging_read(self.handle, address, &mut value as *mut T as *mut c_void, size as u32, &mut fault);
            refused(result.into(), fault).map(|_| value)
        }
    }

    /// One store at any address. A hit is no call.
    #[inline]
    pub fn store<T: Value>(&self, address: u32, value: T) -> Result<(), Error> {
        let size = std::mem::size_of::<T>();
        // SAFETY: as in load; a page in the table of writes may be written.
        unsafe {
            let table = std::ptr::read_volatile(&(*self.translations).write);
            let addend = std::ptr::read_volatile(table.add(address as usize >> 12));
            if addend != 0 && address as usize & 4095 <= 4096 - size {
                std::ptr::write_unaligned((addend as usize).wrapping_add(address as usize) as *mut T, value);
                return Ok(());
            }
            let mut fault = sys::paging_fault { kind: 0, address: 0 };
            let result = sys::paging_write(self.handle, address, &value as *const T as *const c_void, size as u32, &mut fault);
            refused(result.into(), fault).map(drop)
        }
    }

    /// Copies bytes out; an error if not all can be read.
    pub fn read(&self, address: u32, bytes: &mut [u8]) -> Result<(), Error> {
        let mut fault = sys::paging_fault { kind: 0, address: 0 };
        // SAFETY: the buffer is as long as the call is told.
        let done = unsafe { sys::paging_copy_out(self.handle, address, bytes.as_mut_ptr().cast(), bytes.len() as u64, &mut fault) };
        refused(if fault.kind != 0 { -i64::from(sys::PAGING_EFAULT) } else { done }, fault).map(drop)
    }

    /// Copies bytes in; an error if not all can be written. Those before the fault are.
    pub fn write(&self, address: u32, bytes: &[u8]) -> Result<(), Error> {
        let mut fault = sys::paging_fault { kind: 0, address: 0 };
        // SAFETY: the buffer is as long as the call is told.
        let done = unsafe { sys::paging_copy_in(self.handle, address, bytes.as_ptr().cast(), bytes.len() as u64, &mut fault) };
        refused(if fault.kind != 0 { -i64::from(sys::PAGING_EFAULT) } else { done }, fault).map(drop)
    }

    /// A snapshot of the memory. Copies no page.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, Error> {
        let mut handle = 0;
        // SAFETY: the pointer is good during the call.
        check(unsafe { sys::paging_snapshot_take(self.handle, &mut handle) }.into())?;
        Ok(Snapshot { handle, process: PhantomData })
    }
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        // SAFETY: snapshots borrow the process, so that none is left.
        unsafe { sys::paging_free(self.handle) };
    }
}

/// The memory of a process at one moment.
pub struct Snapshot<'process> {
    handle: sys::paging_snapshot,
    process: PhantomData<&'process Process<'process>>,    // not Send or Sync, as a process is not
}

impl Snapshot<'_> {
    /// Goes back. Costs what has changed since.
    pub fn restore(&self) -> Result<(), Error> {
        // SAFETY: nothing but a handle, here and below.
        check(unsafe { sys::paging_snapshot_restore(self.handle) }.into()).map(drop)
    }

    /// How many pages a restore would put back.
    pub fn dirty_pages(&self) -> Result<i64, Error> {
        check(unsafe { sys::paging_snapshot_dirty_pages(self.handle) })
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        unsafe { sys::paging_free(self.handle) };
    }
}

#[cold]
fn refused(result: i64, fault: sys::paging_fault) -> Result<i64, Error> {
    if result == -i64::from(sys::PAGING_EFAULT) && fault.kind != 0 {
        return Err(Error::Fault { kind: fault.kind, address: fault.address });
    }
    check(result)
}
