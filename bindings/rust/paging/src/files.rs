//! Files, pagers, and memory of the host: what a process can map besides anonymous memory.
use crate::{check, memory, misuse, sys, Local, OpenFlags, Process, Result, Rights, Seals, Threads};
use std::alloc::{alloc_zeroed, dealloc, Layout};
use std::marker::PhantomData;
use std::sync::{Arc, RwLock};

const PAGE: usize = 4096;

/// A file of the engine. Dropping it lets the file live on until its last mapping is gone.
pub struct File<'engine, T: Threads = Local> {
    pub(crate) handle: sys::paging_file,
    engine: PhantomData<(&'engine (), T)>,
}

impl<T: Threads> File<'_, T> {
    pub(crate) fn new(handle: u64) -> Self {
        Self { handle, engine: PhantomData }
    }

    /// The number that `sys` knows it by.
    pub fn handle(&self) -> sys::paging_file {
        self.handle
    }

    /// Opens it for a process; returns the descriptor.
    pub fn open(&self, process: &Process<'_, T>, rights: Rights, flags: OpenFlags) -> Result<i32> {
        // SAFETY: nothing but handles and numbers, here and below, or a buffer as long as the call is told.
        check(unsafe { sys::paging_file_open(self.handle, process.handle(), rights.bits(), flags.bits()) }.into()).map(|found| found as i32)
    }

    /// Reads for the host, through the page cache. Returns how many bytes.
    pub fn read(&self, offset: i64, bytes: &mut [u8]) -> Result<usize> {
        check(unsafe { sys::paging_file_read(self.handle, offset, bytes.as_mut_ptr().cast(), bytes.len() as u64) }).map(|count| count as usize)
    }

    /// Writes for the host, through the page cache. Returns how many bytes.
    pub fn write(&self, offset: i64, bytes: &[u8]) -> Result<usize> {
        check(unsafe { sys::paging_file_write(self.handle, offset, bytes.as_ptr().cast(), bytes.len() as u64) }).map(|count| count as usize)
    }

    /// Cuts or extends the file; mappings beyond the end fault from then on.
    pub fn set_length(&self, length: u64) -> Result<()> {
        check(unsafe { sys::paging_file_set_length(self.handle, length) }.into()).map(drop)
    }

    /// Its length in bytes.
    pub fn length(&self) -> Result<i64> {
        check(unsafe { sys::paging_file_length(self.handle) })
    }

    /// F_ADD_SEALS of fcntl(2).
    pub fn add_seals(&self, seals: Seals) -> Result<()> {
        check(unsafe { sys::paging_file_add_seals(self.handle, seals.bits()) }.into()).map(drop)
    }
}

impl<T: Threads> Drop for File<'_, T> {
    fn drop(&mut self) {
        unsafe { sys::paging_free(self.handle) };
    }
}

/// Memory whose pages the program supplies when they are first touched. As a [`File`], it is opened and mapped.
pub struct Pager<'engine, T: Threads = Local> {
    file: File<'engine, T>,
}

impl<'engine, T: Threads> Pager<'engine, T> {
    pub(crate) fn new(handle: u64) -> Self {
        Self { file: File::new(handle) }
    }

    /// The next page that was answered with Later and not yet taken.
    pub fn next_request(&self) -> Result<Option<u32>> {
        let found = unsafe { sys::paging_pager_next(self.file.handle) };
        if found == -i64::from(sys::PAGING_EAGAIN) {
            return Ok(None);
        }
        check(found).map(|page| Some(page as u32))
    }

    /// Supplies a page; None: zeros. EEXIST: it is there already.
    pub fn supply(&self, page: u32, bytes: Option<&[u8; 4096]>) -> Result<()> {
        let start = bytes.map_or(std::ptr::null(), |bytes| bytes.as_ptr().cast());
        check(unsafe { sys::paging_pager_supply(self.file.handle, page, start) }.into()).map(drop)
    }

    /// Says that a page cannot be had: accesses to it are SIGBUS.
    pub fn fail(&self, page: u32) -> Result<()> {
        check(unsafe { sys::paging_pager_fail(self.file.handle, page) }.into()).map(drop)
    }

    /// How many pages accesses wait for.
    pub fn pending(&self) -> Result<i64> {
        check(unsafe { sys::paging_pager_pending(self.file.handle) }.into())
    }
}

impl<'engine, T: Threads> std::ops::Deref for Pager<'engine, T> {
    type Target = File<'engine, T>;

    fn deref(&self) -> &File<'engine, T> {
        &self.file
    }
}

/// Pages of this program that guests map. They stay until the engine is gone.
///
/// Those of a [`Local`] engine stay on its thread, as its processes do, whose stores are no calls:
///
/// ```compile_fail,E0277
/// let engine = paging::Engine::new().unwrap();
/// let (_file, memory) = engine.host_memory("h", 1, paging::Rights::READ_WRITE).unwrap();
/// std::thread::scope(|threads| { threads.spawn(|| memory.write(0, &[1])); });
/// ```
///
/// Those of a [`Shared`](crate::Shared) one may be copied by all threads. A copy is whole to other copies; a guest sees its words one by
/// one.
///
/// ```
/// let engine = paging::Engine::shared(paging::Options::new())?;
/// let (_file, memory) = engine.host_memory("h", 1, paging::Rights::READ_WRITE)?;
/// std::thread::scope(|threads| { threads.spawn(|| memory.write(0, &[1; 4096])); });
/// # Ok::<(), paging::Error>(())
/// ```
pub struct HostMemory<'engine, T: Threads = Local> {
    pages: Arc<Pages>,
    engine: PhantomData<(&'engine (), T)>,
}

pub(crate) struct Pages {
    start: *mut u8,
    layout: Layout,
    copies: RwLock<()>,
}

// SAFETY: the program copies from and to the memory by atomic words (memory.rs), from any thread. A guest of an engine with Local threads
// stores in another way, but then HostMemory is on its thread.
unsafe impl Send for Pages {}
unsafe impl Sync for Pages {}

impl<T: Threads> HostMemory<'_, T> {
    pub(crate) fn allocate(pages: usize) -> Result<Self> {
        let length = pages.checked_mul(PAGE).ok_or_else(|| misuse("too many pages"))?;
        let layout = Layout::from_size_align(length, PAGE).map_err(|_| misuse("too many pages"))?;
        if length == 0 {
            return Err(misuse("host memory has a page at least"));
        }
        // SAFETY: the length is not 0.
        let start = unsafe { alloc_zeroed(layout) };
        if start.is_null() {
            return Err(crate::Error::plain(sys::PAGING_ENOMEM));
        }
        Ok(Self { pages: Arc::new(Pages { start, layout, copies: RwLock::new(()) }), engine: PhantomData })
    }

    pub(crate) fn place(&self) -> (*mut u8, usize) {
        (self.pages.start, self.pages.layout.size())
    }

    pub(crate) fn owner(&self) -> Arc<Pages> {
        self.pages.clone()
    }

    /// Copies bytes out. Panics beyond the end.
    pub fn read(&self, offset: usize, bytes: &mut [u8]) {
        self.check(offset, bytes.len());
        let _whole = self.pages.copies.read();
        // SAFETY: checked, and the memory is whole words.
        unsafe { memory::copy_out(self.pages.start.add(offset), bytes) };
    }

    /// Copies bytes in. Panics beyond the end.
    pub fn write(&self, offset: usize, bytes: &[u8]) {
        self.check(offset, bytes.len());
        let _whole = self.pages.copies.write();
        // SAFETY: as read.
        unsafe { memory::copy_in(bytes, self.pages.start.add(offset)) };
    }

    fn check(&self, offset: usize, length: usize) {
        let size = self.pages.layout.size();
        assert!(offset <= size && length <= size - offset, "{length} bytes at {offset} of {size}");
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout.
        unsafe { dealloc(self.start, self.layout) };
    }
}
