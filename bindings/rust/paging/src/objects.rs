//! Snapshots, images, shadows, logs, pins, groups, swap, processors, and what observes a process.
use crate::results::Event;
use crate::types::{self, Access, ByteState, FillFlags, UserfaultEvent, UserfaultModes};
use crate::{ask, check, make, memory, path, refused, sys, Error, Local, Process, Result, Threads};
use std::any::Any;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

// SAFETY, of all calls of this file: handles and numbers, which the library checks, and buffers as long as the call is told.

/// A handle that paging_free frees. `T` says which threads may use it.
macro_rules! objects { ($($(#[$text:meta])* $kind:ident)*) => { $(
    $(#[$text])*
    pub struct $kind<'engine> {
        pub(crate) handle: u64,
        engine: PhantomData<&'engine *const ()>,
    }

    impl $kind<'_> {
        pub(crate) fn new(handle: u64) -> Self {
            Self { handle, engine: PhantomData }
        }

        /// The number that `sys` knows it by.
        pub fn handle(&self) -> u64 {
            self.handle
        }
    }

    impl Drop for $kind<'_> {
        fn drop(&mut self) {
            unsafe { sys::paging_free(self.handle) };
        }
    }
)* } }

objects! {
    /// Which pages of a process, or frames of an engine, are written. Several logs may be open.
    DirtyLog
    /// A thread's right to access guest memory, in an engine of [`Shared`](crate::Shared). It rests when it is dropped.
    Processor
    /// Marks bytes of a process, as valgrind's memcheck does. Dropping it makes every byte good.
    Shadow
    /// Records what happens to all processes of an engine.
    Events
    /// Missing and protected pages of a process in the program's hands, with the results of userfaultfd(2).
    Userfaultfd
}

/// The memory of a process, or of an engine with all its processes, at one moment.
pub struct Snapshot<'engine, T: Threads = Local> {
    handle: sys::paging_snapshot,
    engine: PhantomData<(&'engine (), T)>,
}

impl<T: Threads> Snapshot<'_, T> {
    pub(crate) fn new(handle: u64) -> Self {
        Self { handle, engine: PhantomData }
    }

    /// The number that `sys` knows it by.
    pub fn handle(&self) -> sys::paging_snapshot {
        self.handle
    }

    /// Goes back. Costs what has changed since. Processes that began after an engine's snapshot end.
    pub fn restore(&self) -> Result<()> {
        check(unsafe { sys::paging_snapshot_restore(self.handle) }.into()).map(drop)
    }

    /// Pages written iteration after iteration stay the process's own, and get their bytes back: one takes a fifth less time, has fewer
    /// faults, and each such page has two frames. Off by default; no effect with `allow_threads`.
    pub fn keep_written(&self, on: bool) -> Result<()> {
        check(unsafe { sys::paging_snapshot_keep_written(self.handle, on.into()) }.into()).map(drop)
    }

    /// How many pages a restore would put back.
    pub fn dirty_pages(&self) -> Result<i64> {
        check(unsafe { sys::paging_snapshot_dirty_pages(self.handle) })
    }

    /// false: its process is gone.
    pub fn is_valid(&self) -> Result<bool> {
        check(unsafe { sys::paging_snapshot_is_valid(self.handle) }.into()).map(|found| found != 0)
    }

    /// Saves a file or shared memory by a name, for which the loader is asked. `number` is the object of areas; None: its own name.
    /// Shared memory with a name is not saved.
    pub fn name(&self, number: u32, name: Option<&str>) -> Result<()> {
        let name = name.map(crate::name).transpose()?;
        let name = name.as_ref().map_or(std::ptr::null(), |name| name.as_ptr());
        check(unsafe { sys::paging_snapshot_name(self.handle, number, name) }.into()).map(drop)
    }

    /// Writes the snapshot to a file of the host: a process for [`Engine::load`](crate::Engine::load), all of an engine for
    /// [`Engine::load_all`](crate::Engine::load_all).
    pub fn save(&self, to: impl AsRef<Path>) -> Result<()> {
        let to = path(to.as_ref())?;
        check(unsafe { sys::paging_snapshot_save(self.handle, to.as_ptr()) }.into()).map(drop)
    }

    /// What `save` writes, as bytes, for [`Engine::load_bytes`](crate::Engine::load_bytes) or `load_all_bytes`.
    pub fn save_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            let length = check(unsafe { sys::paging_snapshot_save_bytes(self.handle, bytes.as_mut_ptr().cast(), bytes.len() as u64) })? as usize;
            let is_whole = length <= bytes.len();
            bytes.resize(length, 0);
            if is_whole {
                return Ok(bytes);
            }
        }
    }

    /// Copies the memory once, for clones in any number of engines.
    pub fn image(&self) -> Result<Image> {
        Ok(Image::new(make(|made| unsafe { sys::paging_image_create(self.handle, made) })?))
    }

    /// As [`Snapshot::image`], but shares the pages of another image, and has only those that differ by content at the same address. Of
    /// a clone of the parent it costs what the clone has written.
    pub fn delta(&self, parent: &Image) -> Result<Image> {
        Ok(Image::new(make(|made| unsafe { sys::paging_image_create_delta(self.handle, parent.handle(), made) })?))
    }
}

impl<T: Threads> Drop for Snapshot<'_, T> {
    fn drop(&mut self) {
        unsafe { sys::paging_free(self.handle) };
    }
}

/// The memory of a process as it was in a snapshot, or in a core file. It belongs to no engine; all threads may use it.
#[derive(Clone)]
pub struct Image(Arc<Held>);

struct Held(u64);

/// A thread of a core file. The registers are ebx, ecx, edx, esi, edi, ebp, eax, ds, es, fs, gs, orig_eax, eip, cs, eflags, esp, ss.
pub type CoreThread = sys::paging_core_thread;

impl Image {
    fn new(handle: u64) -> Self {
        Self(Arc::new(Held(handle)))
    }

    /// The number that `sys` knows it by.
    pub fn handle(&self) -> sys::paging_image {
        self.0 .0
    }

    /// From a core file of an i386 program. Files that it mapped are read below `root`, if they have the same build identifier; without
    /// it, their pages are bus errors.
    pub fn from_core(core: impl AsRef<Path>, root: Option<&Path>) -> Result<Self> {
        let (core, root) = (path(core.as_ref())?, root.map(path).transpose()?);
        let root = root.as_ref().map_or(std::ptr::null(), |root| root.as_ptr());
        Ok(Self::new(make(|made| unsafe { sys::paging_image_from_core(core.as_ptr(), root, made) })?))
    }

    /// An image that [`Image::save`] has written. The file is mapped: its pages are read when they are touched, and all programs share
    /// them.
    ///
    /// # Safety
    /// No program changes or cuts the file while the image or a clone of it is there: loads of clones read its bytes in place. (`save`
    /// replaces a file, and does not change it.)
    pub unsafe fn open(from: impl AsRef<Path>, of_engine: bool) -> Result<Self> {
        let from = path(from.as_ref())?;
        Ok(Self::new(make(|made| sys::paging_image_open(from.as_ptr(), of_engine.into(), made))?))
    }

    /// Writes the image to a file of the host. Replaces the file, which programs that have it open keep as it was.
    pub fn save(&self, to: impl AsRef<Path>) -> Result<()> {
        let to = path(to.as_ref())?;
        check(unsafe { sys::paging_image_save(self.handle(), to.as_ptr()) }.into()).map(drop)
    }

    /// As [`Image::save`], but writes all pages of a delta, for [`Image::open`].
    pub fn save_whole(&self, to: impl AsRef<Path>) -> Result<()> {
        let to = path(to.as_ref())?;
        check(unsafe { sys::paging_image_save_whole(self.handle(), to.as_ptr()) }.into()).map(drop)
    }

    /// A delta that [`Image::save`] has written, with the image that it is against. EINVAL: no delta, a damaged one, or one against
    /// another image; the message has both hashes.
    ///
    /// # Safety
    /// As [`Image::open`].
    pub unsafe fn open_delta(from: impl AsRef<Path>, parent: &Image) -> Result<Self> {
        let from = path(from.as_ref())?;
        Ok(Self::new(make(|made| sys::paging_image_open_delta(from.as_ptr(), parent.handle(), made))?))
    }

    /// How many pages it has that no image before it has.
    pub fn own_pages(&self) -> Result<i64> {
        check(unsafe { sys::paging_image_own_pages(self.handle()) })
    }

    /// A hash of its content in 32 digits, by which a delta names its parent. The same for an image and its file.
    pub fn hash(&self) -> Result<String> {
        crate::text(|buffer, capacity| unsafe { sys::paging_image_hash(self.handle(), buffer, capacity) })
    }

    /// How many pages it has that are not all zeros.
    pub fn pages(&self) -> Result<i64> {
        check(unsafe { sys::paging_image_pages(self.handle()) })
    }

    /// How many processes it has: 1, unless it is of an engine's snapshot.
    pub fn processes(&self) -> Result<i64> {
        check(unsafe { sys::paging_image_processes(self.handle()) })
    }

    /// The threads of a core file; the first is the one that the signal has ended.
    pub fn threads(&self) -> Result<Vec<CoreThread>> {
        let count = check(unsafe { sys::paging_image_threads(self.handle(), std::ptr::null_mut(), 0) })?;
        let mut found = vec![CoreThread { id: 0, registers: [0; 17] }; count as usize];
        check(unsafe { sys::paging_image_threads(self.handle(), found.as_mut_ptr(), found.len() as u32) })?;
        Ok(found)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        unsafe { sys::paging_free(self.0) };
    }
}

impl Shadow<'_> {
    /// Gives bytes a state. ENOMEM: a page is not mapped, and nothing has changed.
    pub fn mark(&self, start: u32, length: u32, state: ByteState) -> Result<()> {
        check(unsafe { sys::paging_shadow_mark(self.handle, start, length, state.number()) }.into()).map(drop)
    }

    /// The state of a byte.
    pub fn state(&self, address: u32) -> Result<ByteState> {
        check(unsafe { sys::paging_shadow_state(self.handle, address) }.into()).map(types::byte_state_of)
    }

    /// The address of the first byte that is unaddressable, or also of one that is uninitialized.
    pub fn find(&self, start: u32, length: u32, also_uninitialized: bool) -> Result<Option<u32>> {
        match check(unsafe { sys::paging_shadow_find(self.handle, start, length, also_uninitialized.into()) }) {
            Err(Error::Errno { errno, .. }) if errno == sys::PAGING_ENOENT as i32 => Ok(None),
            found => found.map(|address| Some(address as u32)),
        }
    }

    /// Which marks refuse accesses: all (true, true), only unaddressable bytes (false, true), none (_, false).
    pub fn set(&self, refuses_uninitialized: bool, is_enforced: bool) -> Result<()> {
        check(unsafe { sys::paging_shadow_set(self.handle, refuses_uninitialized.into(), is_enforced.into()) }.into()).map(drop)
    }
}

impl DirtyLog<'_> {
    /// How many were written since the last collection.
    pub fn count(&self) -> Result<i64> {
        check(unsafe { sys::paging_dirty_log_count(self.handle) }.into())
    }

    /// The numbers of what was written since the last collection, and begins anew. O(written).
    pub fn collect(&self) -> Result<Vec<u32>> {
        loop {
            let mut numbers = vec![0; self.count()? as usize + 64];    // other threads may write in between
            match check(unsafe { sys::paging_dirty_log_collect(self.handle, numbers.as_mut_ptr(), numbers.len() as u32) }) {
                Err(Error::Errno { errno, .. }) if errno == sys::PAGING_ENOSPC as i32 => {}
                found => {
                    numbers.truncate(found? as usize);
                    return Ok(numbers);
                }
            }
        }
    }
}

/// Guest memory that stays where it is, whatever the process does, until it is dropped. For reading: [`PinMut`] is for writing.
///
/// ```compile_fail,E0599
/// let engine = paging::Engine::new().unwrap();
/// let process = engine.process("p").unwrap();
/// let pin = process.pin(process.map(4096).unwrap(), 4096).unwrap();
/// pin.write(0, b"no").unwrap();
/// ```
pub struct Pin<'engine> {
    handle: sys::paging_pinned,
    engine: PhantomData<&'engine *const ()>,
}

/// Guest memory that stays where it is, and is written. It can be read as a [`Pin`].
///
/// ```
/// let engine = paging::Engine::new()?;
/// let process = engine.process("p")?;
/// let at = process.map(4096)?;
/// let pin = process.pin_mut(at, 4096)?;
/// pin.write(4, b"yes")?;
/// let mut bytes = [0; 5];
/// pin.read(3, &mut bytes)?;
/// assert_eq!((&bytes, process.load::<u8>(at + 4)?), (b"\0yes\0", b'y'));
/// # Ok::<(), paging::Error>(())
/// ```
pub struct PinMut<'engine>(Pin<'engine>);

impl<'engine> Pin<'engine> {
    pub(crate) fn open(process: u64, start: u32, length: u32, access: u32) -> Result<Self> {
        let (mut handle, mut fault) = (0, sys::paging_fault { kind: 0, address: 0 });
        let result = unsafe { sys::paging_pin(process, start, length, access, &mut handle, &mut fault) };
        refused(result.into(), fault).map(|_| Self { handle, engine: PhantomData })
    }

    /// The number that `sys` knows it by.
    pub fn handle(&self) -> sys::paging_pinned {
        self.handle
    }

    /// Copies bytes out of the pinned memory; EFAULT beyond its end.
    pub fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let find = |part| {
            let mut start = std::ptr::null();
            check(unsafe { sys::paging_pin_part(self.handle, part, &mut start) }).map(|size| (start.cast::<u8>(), size as u64))
        };
        each_part(find, offset, bytes.len(), |start, skip, at, count| {
            // SAFETY: within the part, which lies in RAM, as do the words around it.
            unsafe { memory::copy_out(start.add(skip), &mut bytes[at..at + count]) };
        })
    }
}

impl Drop for Pin<'_> {
    fn drop(&mut self) {
        unsafe { sys::paging_free(self.handle) };
    }
}

impl<'engine> PinMut<'engine> {
    pub(crate) fn open(process: u64, start: u32, length: u32) -> Result<Self> {
        Pin::open(process, start, length, sys::PAGING_ACCESS_WRITE).map(Self)
    }

    /// Copies bytes into the pinned memory; EFAULT beyond its end.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let find = |part| {
            let mut start = std::ptr::null_mut();
            check(unsafe { sys::paging_pin_part_writable(self.handle, part, &mut start) }).map(|size| (start.cast::<u8>(), size as u64))
        };
        each_part(find, offset, bytes.len(), |start, skip, at, count| {
            // SAFETY: as read, and it was pinned for writing.
            unsafe { memory::copy_in(&bytes[at..at + count], start.add(skip)) };
        })
    }
}

impl<'engine> std::ops::Deref for PinMut<'engine> {
    type Target = Pin<'engine>;

    fn deref(&self) -> &Pin<'engine> {
        &self.0
    }
}

/// Gives a copy each part of the pinned memory that it needs, with the offset in the part, and how much is done and to do.
fn each_part<P: Copy>(
    find: impl Fn(u32) -> Result<(P, u64)>, offset: u64, length: usize, mut copy: impl FnMut(P, usize, usize, usize),
) -> Result<()> {
    let (mut skip, mut done, mut part) = (offset, 0, 0);
    while done < length {
        let (start, size) = find(part)?;
        if size == 0 {
            return Err(Error::plain(sys::PAGING_EFAULT));
        }
        part += 1;
        if skip >= size {
            skip -= size;
            continue;
        }
        let count = (length - done).min((size - skip) as usize);
        copy(start, skip as usize, done, count);
        (done, skip) = (done + count, 0);
    }
    Ok(())
}

/// Pages of a process as one run of bytes for reading: what was present at the last refresh, and zeros. paging.h says what is stale when.
pub struct FlatView<'engine> {
    handle: sys::paging_flat_view,
    bytes: *const u8,
    length: usize,
    engine: PhantomData<&'engine ()>,
}

impl FlatView<'_> {
    pub(crate) fn open<'engine>(process: u64, start: u32, length: u64) -> Result<FlatView<'engine>> {
        let mut bytes = std::ptr::null();
        let handle = make(|made| unsafe { sys::paging_flat_view_open(process, start, length, made, &mut bytes) })?;
        Ok(FlatView { handle, bytes: bytes.cast(), length: length as usize, engine: PhantomData })
    }

    /// The first byte; there are [`length`](Self::length), until the view is dropped. Read without references: the guest may write.
    pub fn bytes(&self) -> *const u8 {
        self.bytes
    }

    /// How many bytes there are.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Copies bytes out. Panics beyond the end.
    pub fn read(&self, offset: usize, bytes: &mut [u8]) {
        let (size, length) = (self.length, bytes.len());
        assert!(offset <= size && length <= size - offset, "{length} bytes at {offset} of {size}");
        // SAFETY: checked, and the view is whole words.
        unsafe { memory::copy_out(self.bytes.add(offset), bytes) };
    }

    /// Shows the pages that are present now. Returns how many of them it cannot show.
    pub fn refresh(&self) -> Result<i64> {
        check(unsafe { sys::paging_flat_view_refresh(self.handle) })
    }

    /// false: a page that is shown may be the process's no longer.
    pub fn is_current(&self) -> Result<bool> {
        check(unsafe { sys::paging_flat_view_is_current(self.handle) }.into()).map(|found| found != 0)
    }
}

impl Drop for FlatView<'_> {
    fn drop(&mut self) {
        unsafe { sys::paging_free(self.handle) };
    }
}

impl Processor<'_> {
    /// Says in which process's memory this thread works from now on.
    pub fn run<T: Threads>(&self, process: &Process<'_, T>) -> Result<()> {
        check(unsafe { sys::paging_run(self.handle, process.handle()) }.into()).map(drop)
    }

    /// Says that the thread holds nothing that it has found in the memory. Call it often.
    pub fn poll(&self) -> Result<()> {
        check(unsafe { sys::paging_poll(self.handle) }.into()).map(drop)
    }

    /// Says that the thread is about to block, or to idle.
    pub fn rest(&self) -> Result<()> {
        check(unsafe { sys::paging_rest(self.handle) }.into()).map(drop)
    }

    /// How long an access waits for a page that a pager supplies later; 0, the default: it faults at once.
    pub fn pending_wait(&self, milliseconds: u32) -> Result<()> {
        check(unsafe { sys::paging_pending_wait(self.handle, milliseconds) }.into()).map(drop)
    }
}

/// A memory group of processes with a limit in frames. Dropping it removes it if it has no processes.
pub struct Group<'engine, T: Threads = Local> {
    pub(crate) handle: sys::paging_group,
    engine: PhantomData<(&'engine (), T)>,
}

impl<T: Threads> Group<'_, T> {
    pub(crate) fn new(handle: u64) -> Self {
        Self { handle, engine: PhantomData }
    }

    /// Sets the limit; None: no limit.
    pub fn set_limit(&self, frames: Option<u64>) -> Result<()> {
        check(unsafe { sys::paging_group_set_limit(self.handle, frames.unwrap_or(u64::MAX)) }.into()).map(drop)
    }

    /// Removes the group, as dropping does. EBUSY: it has processes.
    pub fn remove(self) -> Result<()> {
        let this = std::mem::ManuallyDrop::new(self);
        check(unsafe { sys::paging_free(this.handle) }.into()).map(drop)
    }
}

impl<T: Threads> Drop for Group<'_, T> {
    fn drop(&mut self) {
        unsafe { sys::paging_free(self.handle) };
    }
}

/// A swap device in use. Dropping it switches it off.
pub struct Swap<'engine, T: Threads = Local> {
    handle: sys::paging_swap,
    engine: PhantomData<(&'engine (), T)>,
}

impl<T: Threads> Swap<'_, T> {
    pub(crate) fn new(handle: u64) -> Self {
        Self { handle, engine: PhantomData }
    }

    /// swapoff(2): reads everything back. On an error the device stays in use, until the engine ends.
    pub fn off(self) -> Result<()> {
        let this = std::mem::ManuallyDrop::new(self);
        check(unsafe { sys::paging_free(this.handle) }.into()).map(drop)
    }
}

impl<T: Threads> Drop for Swap<'_, T> {
    fn drop(&mut self) {
        unsafe { sys::paging_free(self.handle) };
    }
}

impl Events<'_> {
    /// How many events wait.
    pub fn count(&self) -> Result<i64> {
        check(unsafe { sys::paging_events_count(self.handle) }.into())
    }

    /// How many were lost because older ones were not drained in time.
    pub fn lost(&self) -> Result<i64> {
        check(unsafe { sys::paging_events_lost(self.handle) })
    }

    /// Takes all events, the oldest first.
    pub fn drain(&self) -> Result<Vec<Event>> {
        loop {
            let mut rows: Vec<sys::paging_event> = Vec::with_capacity(self.count()? as usize + 64);
            let found = check(unsafe { sys::paging_events_drain(self.handle, rows.as_mut_ptr(), rows.capacity() as u32) });
            match found {
                Err(Error::Errno { errno, .. }) if errno == sys::PAGING_ENOSPC as i32 => {}
                found => {
                    // SAFETY: the call has filled in so many.
                    unsafe { rows.set_len(found? as usize) };
                    return Ok(rows.iter().map(Event::of).collect());
                }
            }
        }
    }
}

/// An access to watched bytes that is about to happen: the bytes in memory, and those that a write will store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched<'call> {
    pub address: u32,
    pub access: Access,
    pub before: &'call [u8],
    pub after: &'call [u8],
}

/// Reports the accesses to some bytes, until it is dropped.
pub struct Watchpoint<'engine> {
    handle: sys::paging_watchpoint,
    report: Option<Arc<dyn Any + Send + Sync>>,    // what the library calls
    engine: PhantomData<&'engine *const ()>,
}

impl Watchpoint<'_> {
    pub(crate) fn new(handle: u64, report: Arc<dyn Any + Send + Sync>) -> Self {
        Self { handle, report: Some(report), engine: PhantomData }
    }
}

impl Drop for Watchpoint<'_> {
    fn drop(&mut self) {
        let result = unsafe { sys::paging_free(self.handle) };
        if result != 0 {
            std::mem::forget(self.report.take());    // it may be there still, or come back with its process, and call
        }
    }
}

/// A message of a userfaultfd.
pub struct Message<'engine> {
    pub event: UserfaultEvent,
    /// The page, or where a change begins.
    pub address: u32,
    /// Of a change.
    pub length: u32,
    /// Where an area was moved.
    pub to: u32,
    pub is_write: bool,
    /// The page is there, and protected from writing.
    pub is_protected: bool,
    /// The page is in the page cache, and not mapped.
    pub is_minor: bool,
    pub thread: i32,
    /// Of a fork: the child's userfaultfd.
    pub child: Option<Userfaultfd<'engine>>,
}

impl Message<'_> {
    fn of(raw: sys::paging_uffd_message) -> Self {
        Self {
            event: UserfaultEvent::of(raw.event),
            address: raw.address,
            length: raw.length,
            to: raw.to,
            is_write: raw.is_write != 0,
            is_protected: raw.is_protected != 0,
            is_minor: raw.is_minor != 0,
            thread: raw.thread,
            child: (raw.child != 0).then(|| Userfaultfd::new(raw.child)),
        }
    }
}

impl<'engine> Userfaultfd<'engine> {
    /// The oldest message; None: there is none.
    pub fn read(&self) -> Result<Option<Message<'engine>>> {
        match ask::<sys::paging_uffd_message>(|message| unsafe { sys::paging_uffd_read(self.handle, message) }) {
            Err(Error::Errno { errno, .. }) if errno == sys::PAGING_EAGAIN as i32 => Ok(None),
            found => found.map(|raw| Some(Message::of(raw))),
        }
    }

    /// UFFDIO_REGISTER.
    pub fn register(&self, start: u32, length: u64, modes: UserfaultModes) -> Result<()> {
        check(unsafe { sys::paging_uffd_register(self.handle, start, length, modes.bits()) }.into()).map(drop)
    }

    /// UFFDIO_UNREGISTER.
    pub fn unregister(&self, start: u32, length: u64) -> Result<()> {
        check(unsafe { sys::paging_uffd_unregister(self.handle, start, length) }.into()).map(drop)
    }

    /// UFFDIO_WAKE.
    pub fn wake(&self, start: u32, length: u64) -> Result<()> {
        check(unsafe { sys::paging_uffd_wake(self.handle, start, length) }.into()).map(drop)
    }

    /// UFFDIO_COPY: fills missing pages. EEXIST: a page is there.
    pub fn copy(&self, start: u32, bytes: &[u8], flags: FillFlags) -> Result<()> {
        let (from, length) = (bytes.as_ptr().cast(), bytes.len() as u64);
        check(unsafe { sys::paging_uffd_copy(self.handle, start, from, length, flags.bits(), std::ptr::null_mut()) }.into()).map(drop)
    }

    /// UFFDIO_ZEROPAGE.
    pub fn zero(&self, start: u32, length: u64, flags: FillFlags) -> Result<()> {
        check(unsafe { sys::paging_uffd_zeropage(self.handle, start, length, flags.bits(), std::ptr::null_mut()) }.into()).map(drop)
    }

    /// UFFDIO_CONTINUE: maps pages that are in the page cache.
    pub fn proceed(&self, start: u32, length: u64, flags: FillFlags) -> Result<()> {
        check(unsafe { sys::paging_uffd_continue(self.handle, start, length, flags.bits(), std::ptr::null_mut()) }.into()).map(drop)
    }

    /// UFFDIO_POISON: each access is a SIGBUS from then on.
    pub fn poison(&self, start: u32, length: u64, flags: FillFlags) -> Result<()> {
        check(unsafe { sys::paging_uffd_poison(self.handle, start, length, flags.bits(), std::ptr::null_mut()) }.into()).map(drop)
    }

    /// UFFDIO_MOVE: moves private pages into place.
    pub fn move_pages(&self, start: u32, source: u32, length: u64, allow_holes: bool, flags: FillFlags) -> Result<()> {
        let holes = allow_holes.into();
        check(unsafe { sys::paging_uffd_move(self.handle, start, source, length, holes, flags.bits(), std::ptr::null_mut()) }.into()).map(drop)
    }

    /// UFFDIO_WRITEPROTECT.
    pub fn write_protect(&self, start: u32, length: u64, protect: bool, flags: FillFlags) -> Result<()> {
        check(unsafe { sys::paging_uffd_writeprotect(self.handle, start, length, protect.into(), flags.bits()) }.into()).map(drop)
    }
}
