//! Processes: the memory calls of Linux, and accesses.
use crate::callbacks;
use crate::objects::{CoreThread, DirtyLog, FlatView, Pin, PinMut, Shadow, Snapshot, Userfaultfd, Watched, Watchpoint};
use crate::results::{Area, FaultCounts, ProcessInfo, Usage};
use crate::types::*;
use crate::{ask, check, last_error, make, name, path, refused, sys, text, Engine, Error, File, Local, Result, Threads, Value, Window};
use std::ffi::c_void;
use std::mem::size_of;
use std::path::Path;

/// An address space with the memory calls of Linux. Dropping it ends the process.
pub struct Process<'engine, T: Threads = Local> {
    handle: sys::paging_process,
    engine: &'engine Engine<T>,
    translations: usize,    // of a paging_translations, if its hits need no call
}

const NO_FAULT: sys::paging_fault = sys::paging_fault { kind: 0, address: 0 };

// SAFETY, of all calls of this file: handles and numbers, which the library checks; pointers that are good during the call, and buffers as
// long as the call is told.

impl<'engine, T: Threads> Process<'engine, T> {
    pub(crate) fn new(engine: &'engine Engine<T>, handle: sys::paging_process) -> Result<Self> {
        if !T::HAS_HITS {
            return Ok(Self { handle, engine, translations: 0 });
        }
        let translations = unsafe { sys::paging_translations_of(handle) };
        if translations.is_null() {
            return Err(Error::Misuse { code: sys::PAGING_BAD_HANDLE, text: last_error() });
        }
        Ok(Self { handle, engine, translations: translations as usize })
    }

    /// The number that `sys` knows it by.
    pub fn handle(&self) -> sys::paging_process {
        self.handle
    }

    // ---- memory calls

    /// Maps private anonymous memory, to read and to write, at an address that the engine chooses.
    pub fn map(&self, length: u32) -> Result<u32> {
        self.mmap(0, length, Protection::READ_WRITE, MapFlags::PRIVATE | MapFlags::ANONYMOUS, -1, 0)
    }

    /// Maps a file or a pager shared, from its start, to read and to write; only to read where the file allows no more.
    pub fn map_file(&self, file: &File<'_, T>, length: u32) -> Result<u32> {
        let (descriptor, protection) = match file.open(self, Rights::READ_WRITE, OpenFlags::default()) {
            Err(Error::Errno { errno, .. }) if errno == sys::PAGING_EACCES as i32 => {
                (file.open(self, Rights::READ, OpenFlags::default())?, Protection::READ)
            }
            opened => (opened?, Protection::READ_WRITE),
        };
        let at = self.mmap(0, length, protection, MapFlags::SHARED, descriptor, 0);
        self.close_descriptor(descriptor)?;
        at
    }

    /// mmap(2).
    pub fn mmap(
        &self, address: u32, length: u32, protection: Protection, flags: MapFlags, descriptor: i32, offset: u64,
    ) -> Result<u32> {
        let (protection, flags) = (protection.bits(), flags.bits());
        check(unsafe { sys::paging_mmap(self.handle, address, length, protection, flags, descriptor, offset) }).map(|at| at as u32)
    }

    /// munmap(2).
    pub fn unmap(&self, start: u32, length: u32) -> Result<()> {
        check(unsafe { sys::paging_munmap(self.handle, start, length) }.into()).map(drop)
    }

    /// mprotect(2).
    pub fn protect(&self, start: u32, length: u32, protection: Protection) -> Result<()> {
        check(unsafe { sys::paging_mprotect(self.handle, start, length, protection.bits()) }.into()).map(drop)
    }

    /// mremap(2).
    pub fn remap(&self, old: u32, old_length: u32, new_length: u32, flags: RemapFlags, new: u32) -> Result<u32> {
        let flags = flags.bits();
        check(unsafe { sys::paging_mremap(self.handle, old, old_length, new_length, flags, new) }).map(|at| at as u32)
    }

    /// Linux' brk: the break afterwards; 0 only asks for it.
    pub fn brk(&self, wanted: u32) -> Result<u32> {
        check(unsafe { sys::paging_brk(self.handle, wanted) }).map(|at| at as u32)
    }

    /// madvise(2).
    pub fn advise(&self, start: u32, length: u32, advice: Advice) -> Result<()> {
        check(unsafe { sys::paging_madvise(self.handle, start, length, advice.number()) }.into()).map(drop)
    }

    /// mseal(2).
    pub fn seal(&self, start: u32, length: u32) -> Result<()> {
        check(unsafe { sys::paging_mseal(self.handle, start, length) }.into()).map(drop)
    }

    /// msync(2).
    pub fn sync(&self, start: u32, length: u32, flags: SyncFlags) -> Result<()> {
        check(unsafe { sys::paging_msync(self.handle, start, length, flags.bits()) }.into()).map(drop)
    }

    /// mlock2(2).
    pub fn lock(&self, start: u32, length: u32, flags: LockFlags) -> Result<()> {
        check(unsafe { sys::paging_mlock(self.handle, start, length, flags.bits()) }.into()).map(drop)
    }

    /// munlock(2).
    pub fn unlock(&self, start: u32, length: u32) -> Result<()> {
        check(unsafe { sys::paging_munlock(self.handle, start, length) }.into()).map(drop)
    }

    /// mlockall(2).
    pub fn lock_all(&self, flags: LockAllFlags) -> Result<()> {
        check(unsafe { sys::paging_mlockall(self.handle, flags.bits()) }.into()).map(drop)
    }

    /// munlockall(2).
    pub fn unlock_all(&self) -> Result<()> {
        check(unsafe { sys::paging_munlockall(self.handle) }.into()).map(drop)
    }

    /// mincore(2): whether each page is resident.
    pub fn in_core(&self, start: u32, length: u32) -> Result<Vec<bool>> {
        let mut pages = vec![0u8; (length as usize + 4095) / 4096];
        check(unsafe { sys::paging_mincore(self.handle, start, length, pages.as_mut_ptr()) }.into())?;
        Ok(pages.into_iter().map(|page| page & 1 != 0).collect())
    }

    /// remap_file_pages(2). Of the flags only MAP_NONBLOCK matters.
    pub fn remap_file_pages(&self, start: u32, length: u32, file_page: u32, flags: MapFlags) -> Result<()> {
        let flags = flags.bits();
        check(unsafe { sys::paging_remap_file_pages(self.handle, start, length, file_page, flags) }.into()).map(drop)
    }

    /// What writing to /proc/PID/clear_refs does.
    pub fn clear_refs(&self, kind: ClearRefs) -> Result<()> {
        check(unsafe { sys::paging_clear_refs(self.handle, kind.number()) }.into()).map(drop)
    }

    /// Reserves a range of free addresses: no mapping is placed there.
    pub fn reserve(&self, start: u32, length: u32) -> Result<()> {
        check(unsafe { sys::paging_reserve(self.handle, start, length) }.into()).map(drop)
    }

    /// setrlimit(2); None: no limit.
    pub fn set_limit(&self, limit: Limit, length: Option<u64>) -> Result<()> {
        check(unsafe { sys::paging_setrlimit(self.handle, limit.number(), length.unwrap_or(u64::MAX)) }.into()).map(drop)
    }

    /// getrlimit(2).
    pub fn limit(&self, limit: Limit) -> Result<Option<u64>> {
        let found = make(|length| unsafe { sys::paging_getrlimit(self.handle, limit.number(), length) })?;
        Ok((found != u64::MAX).then_some(found))
    }

    // ---- life

    /// fork(2). No page is copied before one of the two writes to it.
    pub fn fork(&self) -> Result<Process<'engine, T>> {
        Process::new(self.engine, make(|child| unsafe { sys::paging_fork(self.handle, child) })?)
    }

    /// Ends the process and frees its memory.
    pub fn exit(&self, code: i32) -> Result<()> {
        check(unsafe { sys::paging_exit(self.handle, code) }.into()).map(drop)
    }

    /// Number, parent, exit code and others.
    pub fn info(&self) -> Result<ProcessInfo> {
        ask(|info| unsafe { sys::paging_process_info_get(self.handle, info) }).map(ProcessInfo::of)
    }

    /// The name in reports.
    pub fn set_name(&self, called: &str) -> Result<()> {
        let called = name(called)?;
        check(unsafe { sys::paging_process_set_name(self.handle, called.as_ptr()) }.into()).map(drop)
    }

    /// oom_score_adj: -1000 to 1000.
    pub fn set_score(&self, score: i32) -> Result<()> {
        check(unsafe { sys::paging_process_set_score(self.handle, score) }.into()).map(drop)
    }

    /// PR_SET_THP_DISABLE.
    pub fn set_transparent_policy(&self, policy: TransparentPolicy) -> Result<()> {
        check(unsafe { sys::paging_set_transparent_policy(self.handle, policy.number()) }.into()).map(drop)
    }

    /// A snapshot of the memory. Copies no page.
    pub fn snapshot(&self) -> Result<Snapshot<'_, T>> {
        Ok(Snapshot::new(make(|made| unsafe { sys::paging_snapshot_take(self.handle, made) })?))
    }

    /// Attaches state of the program, which goes with snapshots, images and clones; None: none. A process that was loaded or cloned gets
    /// its bytes with this call. The state is kept until the engine ends.
    pub fn set_host_state(&self, state: Option<Box<dyn crate::HostState>>) -> Result<()> {
        let calls = state.map(|state| callbacks::host_state(self.engine.keep_called(state)));
        let given = calls.as_ref().map_or(std::ptr::null(), |calls| calls as *const _);
        check(unsafe { sys::paging_host_state_set(self.handle, given) }.into()).map(drop)
    }

    /// Writes a core file, which gdb opens. The first thread is the one that the signal has ended; 0: none did.
    pub fn write_core(&self, to: impl AsRef<Path>, threads: &[CoreThread], signal: i32) -> Result<()> {
        let to = path(to.as_ref())?;
        let (start, count) = (threads.as_ptr(), threads.len() as u32);
        check(unsafe { sys::paging_core_write(self.handle, to.as_ptr(), start, count, signal) }.into()).map(drop)
    }

    /// The byte shadow of the process; every byte is good if it has none yet.
    ///
    /// ```
    /// # let engine = paging::Engine::new()?;
    /// # let process = engine.process("p")?;
    /// # let at = process.map(4096)?;
    /// let shadow = process.shadow()?;
    /// shadow.mark(at + 8, 4, paging::ByteState::Unaddressable)?;
    /// assert!(matches!(process.store(at + 6, 1u32), Err(paging::Error::Fault { address, .. }) if address == at + 8));
    /// # Ok::<(), paging::Error>(())
    /// ```
    pub fn shadow(&self) -> Result<Shadow<'_>> {
        Ok(Shadow::new(make(|made| unsafe { sys::paging_shadow_open(self.handle, made) })?))
    }

    /// Which pages are written from now on.
    pub fn dirty_log(&self) -> Result<DirtyLog<'_>> {
        Ok(DirtyLog::new(make(|made| unsafe { sys::paging_dirty_log_open(self.handle, made) })?))
    }

    /// Keeps memory where it is, for reading.
    pub fn pin(&self, start: u32, length: u32) -> Result<Pin<'engine>> {
        Pin::open(self.handle, start, length, sys::PAGING_ACCESS_READ)
    }

    /// Keeps memory where it is, for reading and writing. Logs of pages report it as written when it is pinned.
    pub fn pin_mut(&self, start: u32, length: u32) -> Result<PinMut<'engine>> {
        PinMut::open(self.handle, start, length)
    }

    /// Shows pages as one run of bytes for reading, in an engine with share_ram.
    pub fn flat_view(&self, start: u32, length: u64) -> Result<FlatView<'_>> {
        FlatView::open(self.handle, start, length)
    }

    /// Opens the memory as 4 GiB of the host's addresses, for loads and stores of one instruction, in an engine with share_ram.
    pub fn window(&self) -> Result<Window<'_>> {
        Window::open(self.handle)
    }

    /// userfaultfd(2) on this process. Missing pages of anonymous memory need no feature.
    pub fn userfaultfd(&self, features: UserfaultFeatures, user_mode_only: bool) -> Result<Userfaultfd<'_>> {
        let features = features.bits();
        Ok(Userfaultfd::new(make(|made| unsafe { sys::paging_uffd_open(self.handle, features, user_mode_only.into(), made) })?))
    }

    /// Reports each access of some kinds before it happens. An errno refuses it. `report` must not call the engine.
    pub fn watch(
        &self, start: u32, length: u32, accesses: Accesses,
        report: impl FnMut(Watched<'_>) -> std::result::Result<(), callbacks::Errno> + Send + 'static,
    ) -> Result<Watchpoint<'_>> {
        let accesses = accesses.bits();
        let report = std::sync::Arc::new(callbacks::report_context(report));
        let calls = callbacks::watcher(std::sync::Arc::as_ptr(&report) as *mut c_void);
        let handle = make(|made| unsafe { sys::paging_watch(self.handle, start, length, accesses, &calls, made) })?;
        Ok(Watchpoint::new(handle, report))
    }

    // ---- accesses

    /// One load at any address. A hit needs no call.
    #[inline]
    pub fn load<V: Value>(&self, address: u32) -> Result<V> {
        let mut value = V::default();
        let size = size_of::<V>();
        // SAFETY: the rules of paging.h, "Translations": both words are loaded for each access, and a word that is not 0 leads to the page.
        unsafe {
            if T::HAS_HITS {
                let table = std::ptr::read_volatile(&(*(self.translations as *const sys::paging_translations)).read);
                let addend = std::ptr::read_volatile(table.add(address as usize >> 12));
                if addend != 0 && address as usize & 4095 <= 4096 - size {
                    return Ok(std::ptr::read_unaligned((addend as usize).wrapping_add(address as usize) as *const V));
                }
                let mut found = 0u64;
                let load = |page: &sys::paging_device_page, offset| {
                    ((*page.device).load.unwrap())((*page.device).context, offset, size as u32, &mut found)
                };
                if let Some(answer) = self.device(address, size, |page| page.load_tag, load) {
                    std::ptr::copy_nonoverlapping(&found as *const u64 as *const u8, &mut value as *mut V as *mut u8, size);
                    return self.answered(answer, sys::PAGING_ACCESS_READ).map(|_| value);
                }
            }
            let mut fault = NO_FAULT;
            let result = sys::paging_read(self.handle, address, &mut value as *mut V as *mut c_void, size as u32, &mut fault);
            refused(result.into(), fault).map(|_| value)
        }
    }

    /// One store at any address. A hit needs no call.
    #[inline]
    pub fn store<V: Value>(&self, address: u32, value: V) -> Result<()> {
        let size = size_of::<V>();
        // SAFETY: as in load; a page in the table of writes may be written.
        unsafe {
            if T::HAS_HITS {
                let table = std::ptr::read_volatile(&(*(self.translations as *const sys::paging_translations)).write);
                let addend = std::ptr::read_volatile(table.add(address as usize >> 12));
                if addend != 0 && address as usize & 4095 <= 4096 - size {
                    std::ptr::write_unaligned((addend as usize).wrapping_add(address as usize) as *mut V, value);
                    return Ok(());
                }
                let mut stored = 0u64;
                std::ptr::copy_nonoverlapping(&value as *const V as *const u8, &mut stored as *mut u64 as *mut u8, size);
                let store = |page: &sys::paging_device_page, offset| {
                    ((*page.device).store.unwrap())((*page.device).context, offset, size as u32, stored)
                };
                if let Some(answer) = self.device(address, size, |page| page.store_tag, store) {
                    return self.answered(answer, sys::PAGING_ACCESS_WRITE);
                }
            }
            let mut fault = NO_FAULT;
            let result = sys::paging_write(self.handle, address, &value as *const V as *const c_void, size as u32, &mut fault);
            refused(result.into(), fault).map(drop)
        }
    }

    /// Calls a device's function, if the page is known. The answer, or none: the access is a call.
    #[inline]
    unsafe fn device(&self, address: u32, size: usize, tag: impl Fn(&sys::paging_device_page) -> u32,
        call: impl FnOnce(&sys::paging_device_page, u64) -> i32) -> Option<i32> {
        // No references: the library changes both while the device's function runs.
        let table = self.translations as *const sys::paging_translations;
        let page = std::ptr::addr_of!((*table).devices).cast::<sys::paging_device_page>().add(address as usize >> 12 & 7).read_volatile();
        let host_call = (*table).host_call;
        if tag(&page) != (address >> 12) + 1 || address as usize & (size - 1) != 0 || *host_call != 0 {
            return None;
        }
        *host_call = 1;
        let answer = call(&page, page.offset + u64::from(address & 4095));
        *host_call = 0;
        Some(answer)
    }

    #[inline]
    fn answered(&self, answer: i32, access: u32) -> Result<()> {
        if answer == 0 {
            return Ok(());
        }
        let mut fault = NO_FAULT;
        let result = unsafe { sys::paging_device_refused(self.handle, answer, access, &mut fault) };
        refused(result.into(), fault).map(drop)
    }

    /// One load for execution. A [`FetchWindow`] makes fetches without a call.
    pub fn fetch<V: Value>(&self, address: u32) -> Result<V> {
        let (mut value, mut fault) = (V::default(), NO_FAULT);
        let to = &mut value as *mut V as *mut c_void;
        let result = unsafe { sys::paging_fetch(self.handle, address, to, size_of::<V>() as u32, &mut fault) };
        refused(result.into(), fault).map(|_| value)
    }

    /// Copies bytes out; an error if not all can be read.
    pub fn read(&self, address: u32, bytes: &mut [u8]) -> Result<()> {
        let mut fault = NO_FAULT;
        let done = unsafe { sys::paging_copy_out(self.handle, address, bytes.as_mut_ptr().cast(), bytes.len() as u64, &mut fault) };
        all(done, fault)
    }

    /// Copies bytes in; an error if not all can be written. Those before the fault are.
    pub fn write(&self, address: u32, bytes: &[u8]) -> Result<()> {
        let mut fault = NO_FAULT;
        let done = unsafe { sys::paging_copy_in(self.handle, address, bytes.as_ptr().cast(), bytes.len() as u64, &mut fault) };
        all(done, fault)
    }

    /// Writes the same byte everywhere.
    pub fn fill(&self, address: u32, length: u32, byte: u8) -> Result<()> {
        let mut fault = NO_FAULT;
        let done = unsafe { sys::paging_fill(self.handle, address, length, byte.into(), &mut fault) };
        all(done, fault)
    }

    /// Faults as an access does, and moves nothing. true: the page was missing.
    pub fn touch(&self, address: u32, access: Access) -> Result<bool> {
        let mut fault = NO_FAULT;
        let result = unsafe { sys::paging_touch(self.handle, address, access.number(), &mut fault) };
        refused(result.into(), fault).map(|was_missing| was_missing != 0)
    }

    /// For a processor that walks the page tables itself: resolves a page fault with x86's error code.
    pub fn resolve_fault(&self, address: u32, error_code: u32) -> Result<()> {
        let mut fault = NO_FAULT;
        let result = unsafe { sys::paging_resolve_fault(self.handle, address, error_code, &mut fault) };
        refused(result.into(), fault).map(drop)
    }

    /// Adds atomically, as x86's LOCK ADD; returns the sum.
    pub fn add<V: Value>(&self, address: u32, amount: V) -> Result<V> {
        let (amount, size) = (word(amount), size_of::<V>() as u32);
        self.atomic(|old, fault| unsafe { sys::paging_atomic_add(self.handle, address, amount, old, size, fault) })
    }

    /// Exchanges atomically; returns the value before.
    pub fn exchange<V: Value>(&self, address: u32, value: V) -> Result<V> {
        let (value, size) = (word(value), size_of::<V>() as u32);
        self.atomic(|old, fault| unsafe { sys::paging_atomic_exchange(self.handle, address, value, old, size, fault) })
    }

    /// Stores the value if the memory has the comparand, atomically; returns the value before.
    pub fn compare_exchange<V: Value>(&self, address: u32, value: V, comparand: V) -> Result<V> {
        let (value, comparand, size) = (word(value), word(comparand), size_of::<V>() as u32);
        self.atomic(|old, fault| unsafe {
            sys::paging_atomic_compare_exchange(self.handle, address, value, comparand, old, size, fault)
        })
    }

    fn atomic<V: Value>(&self, call: impl FnOnce(*mut u64, *mut sys::paging_fault) -> i32) -> Result<V> {
        let (mut old, mut fault) = (0u64, NO_FAULT);
        refused(call(&mut old, &mut fault).into(), fault)?;
        // SAFETY: a value has 8 bytes at most, and its low ones come first.
        Ok(unsafe { std::ptr::read_unaligned((&old as *const u64).cast()) })
    }

    // ---- descriptors

    /// memfd_create(2): returns a descriptor of the process.
    pub fn memfd(&self, called: &str, flags: MemfdFlags) -> Result<i32> {
        let (called, flags) = (name(called)?, flags.bits());
        check(unsafe { sys::paging_memfd_create(self.handle, called.as_ptr(), flags) }.into()).map(|found| found as i32)
    }

    /// close(2).
    pub fn close_descriptor(&self, descriptor: i32) -> Result<()> {
        check(unsafe { sys::paging_close(self.handle, descriptor) }.into()).map(drop)
    }

    /// pread(2), to the host. Returns how many bytes.
    pub fn pread(&self, descriptor: i32, bytes: &mut [u8], offset: i64) -> Result<usize> {
        let (to, length) = (bytes.as_mut_ptr().cast(), bytes.len() as u64);
        check(unsafe { sys::paging_pread(self.handle, descriptor, to, length, offset) }).map(|count| count as usize)
    }

    /// pwrite(2), from the host. Returns how many bytes.
    pub fn pwrite(&self, descriptor: i32, bytes: &[u8], offset: i64) -> Result<usize> {
        let (from, length) = (bytes.as_ptr().cast(), bytes.len() as u64);
        check(unsafe { sys::paging_pwrite(self.handle, descriptor, from, length, offset) }).map(|count| count as usize)
    }

    /// read(2) into the process's own memory. Returns how many bytes.
    pub fn read_to(&self, descriptor: i32, address: u32, length: u32) -> Result<i64> {
        check(unsafe { sys::paging_read_to(self.handle, descriptor, address, length) })
    }

    /// write(2) from the process's own memory. Returns how many bytes.
    pub fn write_from(&self, descriptor: i32, address: u32, length: u32) -> Result<i64> {
        check(unsafe { sys::paging_write_from(self.handle, descriptor, address, length) })
    }

    /// lseek(2). Returns the position.
    pub fn seek(&self, descriptor: i32, offset: i64, whence: Whence) -> Result<i64> {
        check(unsafe { sys::paging_lseek(self.handle, descriptor, offset, whence.number()) })
    }

    /// ftruncate(2).
    pub fn truncate(&self, descriptor: i32, length: i64) -> Result<()> {
        check(unsafe { sys::paging_ftruncate(self.handle, descriptor, length) }.into()).map(drop)
    }

    /// The length of the file, as fstat(2) gives it.
    pub fn file_length(&self, descriptor: i32) -> Result<i64> {
        check(unsafe { sys::paging_fsize(self.handle, descriptor) })
    }

    /// fsync(2).
    pub fn fsync(&self, descriptor: i32) -> Result<()> {
        check(unsafe { sys::paging_fsync(self.handle, descriptor) }.into()).map(drop)
    }

    /// fallocate(2).
    pub fn allocate(&self, descriptor: i32, mode: AllocateFlags, offset: i64, length: i64) -> Result<()> {
        check(unsafe { sys::paging_fallocate(self.handle, descriptor, mode.bits(), offset, length) }.into()).map(drop)
    }

    /// fallocate(2) with FALLOC_FL_PUNCH_HOLE and FALLOC_FL_KEEP_SIZE.
    pub fn punch(&self, descriptor: i32, offset: i64, length: i64) -> Result<()> {
        check(unsafe { sys::paging_punch(self.handle, descriptor, offset, length) }.into()).map(drop)
    }

    /// posix_fadvise(2).
    pub fn advise_file(&self, descriptor: i32, offset: i64, length: i64, advice: FileAdvice) -> Result<()> {
        check(unsafe { sys::paging_fadvise(self.handle, descriptor, offset, length, advice.number()) }.into()).map(drop)
    }

    // ---- reports

    /// The areas, in order.
    pub fn areas(&self) -> Result<Vec<Area>> {
        let mut rows: Vec<sys::paging_area> = Vec::with_capacity(64);
        loop {
            let room = rows.capacity() as u32;
            let found = check(unsafe { sys::paging_areas(self.handle, rows.as_mut_ptr(), room) })? as usize;
            if found <= room as usize {
                // SAFETY: the call has filled in so many.
                unsafe { rows.set_len(found) };
                return Ok(rows.iter().map(Area::of).collect());
            }
            rows.reserve(found + 64);    // other threads may map in between
        }
    }

    /// A file of /proc/PID, byte for byte, or a picture.
    pub fn report(&self, report: ProcessReport) -> Result<String> {
        text(|buffer, capacity| unsafe { sys::paging_report(self.handle, report.number(), buffer, capacity) })
    }

    /// The words of /proc/PID/pagemap.
    pub fn pagemap(&self, first_page: u32, count: u32) -> Result<Vec<u64>> {
        check_pages(first_page, count)?;
        let mut words = vec![0; count as usize];
        check(unsafe { sys::paging_pagemap(self.handle, first_page, words.as_mut_ptr(), count) }.into())?;
        Ok(words)
    }

    /// Whether each page of a run is the process's own private copy, which no other process shares since a fork.
    pub fn own_pages(&self, first_page: u32, count: u32) -> Result<Vec<bool>> {
        check_pages(first_page, count)?;
        let mut pages = vec![0u8; count as usize];
        check(unsafe { sys::paging_own_pages(self.handle, first_page, pages.as_mut_ptr(), count) })?;
        Ok(pages.into_iter().map(|page| page != 0).collect())
    }

    /// Counts of page faults.
    pub fn faults(&self) -> Result<FaultCounts> {
        ask(|counts| unsafe { sys::paging_faults_get(self.handle, counts) }).map(FaultCounts::of)
    }

    /// Sizes in pages, as in status and statm.
    pub fn usage(&self) -> Result<Usage> {
        ask(|usage| unsafe { sys::paging_usage_get(self.handle, usage) }).map(Usage::of)
    }
}

impl<T: Threads> Drop for Process<'_, T> {
    fn drop(&mut self) {
        unsafe { sys::paging_free(self.handle) };
    }
}

/// The page of the last fetch: fetches in the same page are no calls.
///
/// ```
/// # let engine = paging::Engine::new()?;
/// # let process = engine.process("p")?;
/// # let at = process.map(4096)?;
/// process.protect(at, 4096, paging::Protection::READ | paging::Protection::EXEC)?;
/// let mut code = paging::FetchWindow::new(&process);
/// assert_eq!((code.fetch::<u8>(at)?, code.fetch::<u32>(at + 4)?), (0, 0));
/// # Ok::<(), paging::Error>(())
/// ```
pub struct FetchWindow<'process, 'engine, T: Threads = Local> {
    process: &'process Process<'engine, T>,
    window: sys::paging_fetch_window,
}

impl<'process, 'engine, T: Threads> FetchWindow<'process, 'engine, T> {
    /// A window on the code of a process.
    pub fn new(process: &'process Process<'engine, T>) -> Self {
        Self { process, window: sys::paging_fetch_window { start: 0, reserved: 0, addend: 0, epoch: 0 } }
    }

    /// One load for execution, with the result of [`Process::fetch`].
    #[inline]
    pub fn fetch<V: Value>(&mut self, address: u32) -> Result<V> {
        let size = size_of::<V>();
        // SAFETY: the rules of paging.h, "Translations": the page is good as long as the epoch is the same.
        unsafe {
            if T::HAS_HITS && self.window.addend != 0 && address.wrapping_sub(self.window.start) as usize <= 4096 - size {
                let translations = self.process.translations as *const sys::paging_translations;
                if std::ptr::read_volatile(&(*translations).epoch) == self.window.epoch {
                    return Ok(std::ptr::read_unaligned((self.window.addend as usize).wrapping_add(address as usize) as *const V));
                }
            }
            let (mut value, mut fault) = (V::default(), NO_FAULT);
            let to = &mut value as *mut V as *mut c_void;
            let result = sys::paging_fetch_page(self.process.handle, address, to, size as u32, &mut self.window, &mut fault);
            refused(result.into(), fault).map(|_| value)
        }
    }
}

/// Refuses pages beyond 4 GiB, before there is a row for each.
fn check_pages(first: u32, count: u32) -> Result<()> {
    if u64::from(first) + u64::from(count) > 1 << 20 {
        return Err(crate::misuse("the pages go beyond 4 GiB"));
    }
    Ok(())
}

/// A copy that a fault has ended is an error.
fn all(done: i64, fault: sys::paging_fault) -> Result<()> {
    refused(if fault.kind != 0 { -i64::from(sys::PAGING_EFAULT) } else { done }, fault).map(drop)
}

fn word<V: Value>(value: V) -> u64 {
    let mut word = 0u64;
    // SAFETY: a value has 8 bytes at most, and its low ones come first.
    unsafe { std::ptr::write_unaligned((&mut word as *mut u64).cast(), value) };
    word
}
