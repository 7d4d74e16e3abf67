//! What a program hands in: devices, files, pages, swap and policies, as traits; and the functions that C calls for them.
//!
//! The library calls one at a time, inside the call that needs it. The methods must not call the engine: such a call is refused. A panic
//! in one is an I/O error to the guest, and so is each later call of the object.
use crate::{memory, sys};
use std::cell::RefCell;
use std::ffi::{c_void, CStr};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Mutex, TryLockError};

/// Linux' number of an error.
pub type Errno = i32;
type Answer<T> = Result<T, Errno>;

const PAGE: usize = 4096;

/// Memory whose loads and stores are calls: an aligned access of 1, 2, 4 or 8 bytes is exactly one, in program order.
pub trait Device: Send + 'static {
    /// The value of `size` bytes at an offset.
    fn load(&mut self, offset: u64, size: u32) -> Answer<u64>;
    /// Takes a value of `size` bytes.
    fn store(&mut self, offset: u64, size: u32, value: u64) -> Answer<()>;
    /// As load, for instructions.
    fn fetch(&mut self, offset: u64, size: u32) -> Answer<u64> {
        self.load(offset, size)
    }
}

/// A file's storage.
pub trait Backing: Send + 'static {
    /// The length of the file when it is created.
    fn length(&self) -> u64;
    /// Fills in bytes from an offset, and returns how many: fewer at the end of the file.
    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> Answer<usize>;
    /// Takes bytes, and returns how many.
    fn write(&mut self, _offset: u64, _bytes: &[u8]) -> Answer<usize> {
        Err(sys::PAGING_EROFS as Errno)
    }
    /// Cuts or extends the storage.
    fn set_length(&mut self, _length: u64) -> Answer<()> {
        Err(sys::PAGING_EROFS as Errno)
    }
    /// Makes what was written durable.
    fn flush(&mut self) -> Answer<()> {
        Ok(())
    }
}

/// What a [`PageSource`] answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The bytes are filled in.
    Supplied,
    /// The page is empty.
    Zeros,
    /// The access ends with [`FaultKind::Pending`](crate::FaultKind::Pending): supply the page, and make it again.
    Later,
    /// There is no such page: SIGBUS.
    Failed,
}

/// Memory whose pages the program supplies when they are first touched.
pub trait PageSource: Send + 'static {
    /// Fills in a page, or says what becomes of it.
    fn request(&mut self, page: u32, bytes: &mut [u8; 4096]) -> Page;
    /// Takes a page that was written through a shared mapping.
    fn store(&mut self, _page: u32, _bytes: &[u8; 4096]) -> Answer<()> {
        Err(sys::PAGING_EROFS as Errno)
    }
}

/// A swap device: slots of 4,096 bytes.
pub trait SwapStore: Send + 'static {
    /// Fills in the bytes of a slot.
    fn read(&mut self, slot: u32, bytes: &mut [u8; 4096]) -> Answer<()>;
    /// Takes the bytes of a slot.
    fn write(&mut self, slot: u32, bytes: &[u8; 4096]) -> Answer<()>;
}

/// What a policy can ask about pages while find_victim runs.
pub struct PageBits<'call>(&'call sys::paging_page_bits);

impl PageBits<'_> {
    /// Whether the page in the slot was accessed since the last time. Clears the mark. false for a slot without a page.
    pub fn take_accessed(&self, slot: i32) -> bool {
        // SAFETY: both functions are the library's, and good while the structure is.
        self.0.take_accessed.map_or(false, |ask| unsafe { ask(self.0.pages, slot) } == 1)
    }

    /// Whether evicting the page costs a write.
    pub fn is_dirty(&self, slot: i32) -> bool {
        // SAFETY: as take_accessed.
        self.0.is_dirty.map_or(false, |ask| unsafe { ask(self.0.pages, slot) } == 1)
    }
}

/// State of the program that belongs to a process, as the registers of its processor: it goes with the process's snapshots and clones.
pub trait HostState: Send + 'static {
    /// The state as it is now, up to 64 MiB.
    fn save(&mut self) -> Vec<u8>;
    /// Goes back to a state.
    fn restore(&mut self, state: &[u8]);
}

/// Decides which page leaves when a frame is needed. A slot is a small number, reused last in, first out; a page a number that stays the
/// same while the page is out. A panic, or a slot without a page, ends the policy: Linux' lists choose from then on.
pub trait Policy: Send + 'static {
    /// Called once, with the number of frames.
    fn begin(&mut self, _frames: u32) {}
    /// The page is about to be loaded.
    fn missed(&mut self, _page: u64) {}
    /// The page lies in the slot now.
    fn loaded(&mut self, slot: i32, page: u64);
    /// The page was accessed again; called only with every_access.
    fn hit(&mut self, _slot: i32) {}
    /// The slot to free; None: nothing is resident.
    fn find_victim(&mut self, bits: &PageBits<'_>) -> Option<i32>;
    /// The victim is gone.
    fn evicted(&mut self, slot: i32, page: u64);
    /// The page is gone for another reason.
    fn removed(&mut self, slot: i32);
}

/// An object of the program, and the bytes that a call gives to it or takes from it. It gets copies: memory of the engine is never lent,
/// since guests on other threads, or accesses of the object itself, could change it meanwhile.
pub(crate) struct Called<T> {
    object: T,
    bytes: Vec<u8>,
}

/// What the engine keeps of an object, and where a context leads.
pub(crate) type Context<T> = Mutex<Called<T>>;

pub(crate) fn context<T>(object: T) -> Context<T> {
    Mutex::new(Called { object, bytes: Vec::new() })
}

impl<T> Called<T> {
    /// So many bytes, zeros at first.
    fn room(&mut self, length: usize) -> (&mut T, &mut [u8]) {
        self.bytes.clear();
        self.bytes.resize(length, 0);
        (&mut self.object, &mut self.bytes)
    }

    /// A copy of bytes of the engine.
    ///
    /// # Safety
    /// So many can be read, with the rest of their words; none need any place.
    unsafe fn copy(&mut self, start: *const c_void, length: usize) -> (&mut T, &[u8]) {
        let (object, bytes) = self.room(length);
        memory::copy_out(start.cast(), bytes);
        (object, bytes)
    }
}

thread_local! {
    /// Why a callback of this thread answered EIO, when it was this crate's answer: for the text of the error. Any other refusal clears it.
    static REASON: RefCell<Option<String>> = RefCell::new(None);
}

fn note(reason: Option<String>) {
    let _ = REASON.try_with(|kept| kept.replace(reason));    // a thread that ends has none any more
}

/// The library's text about a callback, with the reason where this crate knows it.
pub(crate) fn with_reason(text: String) -> String {
    let reason = REASON.try_with(|kept| kept.take()).ok().flatten();
    match (reason, text.strip_suffix(" gave -5.")) {
        (Some(reason), Some(function)) => format!("{function} {reason}."),
        _ => text,
    }
}

/// The value of a call of the program; a panic is none. A payload whose own drop panics is forgotten: nothing may unwind into the library.
fn caught<R>(call: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(call))
        .map_err(|payload| {
            let said = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            note(Some(said.map_or("panicked".to_string(), |said| format!("panicked: {said}"))));
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(payload)));
            dropped.map_err(std::mem::forget)
        })
        .ok()
}

/// Calls an object after a context. A call inside another one, and a panic, are EIO.
///
/// # Safety
/// The context is a pointer to a `Context<T>` that lives.
unsafe fn with<T>(context: *mut c_void, call: impl FnOnce(&mut Called<T>) -> Answer<i32>) -> i32 {
    let target = &*context.cast::<Context<T>>();
    let mut inside = match target.try_lock() {
        Ok(inside) => inside,
        Err(refused) => {
            let is_panic = matches!(refused, TryLockError::Poisoned(_));
            note(Some(if is_panic { "is not called again: its object has panicked" } else { "was called inside a call of its object" }.into()));
            return -(sys::PAGING_EIO as i32);
        }
    };
    let answer = caught(move || call(&mut inside));
    if let Some(Err(_)) = answer {
        note(None);
    }
    match answer {
        Some(Ok(value)) => value,
        Some(Err(errno)) if (1..=4095).contains(&errno) => -errno,
        _ => -(sys::PAGING_EIO as i32),
    }
}

type Bytes = *mut c_void;

fn page(bytes: &[u8]) -> &[u8; PAGE] {
    bytes.try_into().expect("a page")
}

fn page_mut(bytes: &mut [u8]) -> &mut [u8; PAGE] {
    bytes.try_into().expect("a page")
}

fn count(moved: usize, asked: usize) -> Answer<i32> {
    if moved > asked { Err(sys::PAGING_EIO as Errno) } else { Ok(moved as i32) }    // more than was asked for is no answer
}

// SAFETY, of all below: the library calls with the context that it was given, a Context<T> that lives as long as the engine, and with
// pointers to as many bytes as it says.

unsafe extern "C" fn load<T: Device>(context: *mut c_void, offset: u64, size: u32, value: *mut u64) -> i32 {
    with::<T>(context, |device| device.object.load(offset, size).map(|found| { *value = found; 0 }))
}
unsafe extern "C" fn store<T: Device>(context: *mut c_void, offset: u64, size: u32, value: u64) -> i32 {
    with::<T>(context, |device| device.object.store(offset, size, value).map(|()| 0))
}
unsafe extern "C" fn fetch<T: Device>(context: *mut c_void, offset: u64, size: u32, value: *mut u64) -> i32 {
    with::<T>(context, |device| device.object.fetch(offset, size).map(|found| { *value = found; 0 }))
}

pub(crate) fn device<T: Device>(context: *mut c_void) -> sys::paging_device {
    sys::paging_device { context, load: Some(load::<T>), store: Some(store::<T>), fetch: Some(fetch::<T>), ..crate::sized() }
}

pub(crate) type Stores = Box<dyn FnMut(u64, u32, u64) -> Answer<()> + Send>;

unsafe extern "C" fn store_in_rom(context: *mut c_void, offset: u64, size: u32, value: u64) -> i32 {
    with::<Stores>(context, |stores| (stores.object)(offset, size, value).map(|()| 0))
}

pub(crate) fn stores(context: *mut c_void) -> sys::paging_device {
    sys::paging_device { context, load: None, store: Some(store_in_rom), fetch: None, ..crate::sized() }
}

pub(crate) fn stores_box(stores: impl FnMut(u64, u32, u64) -> Answer<()> + Send + 'static) -> Stores {
    Box::new(stores)
}

unsafe extern "C" fn read_file<T: Backing>(context: *mut c_void, offset: u64, bytes: Bytes, size: u32) -> i32 {
    with::<T>(context, |file| {
        let (file, room) = file.room(size as usize);
        let done = count(file.read(offset, room)?, room.len())?;
        memory::copy_in(&room[..done as usize], bytes.cast());
        Ok(done)
    })
}
unsafe extern "C" fn write_file<T: Backing>(context: *mut c_void, offset: u64, bytes: *const c_void, size: u32) -> i32 {
    with::<T>(context, |file| {
        let (file, given) = file.copy(bytes, size as usize);
        count(file.write(offset, given)?, given.len())
    })
}
unsafe extern "C" fn set_length<T: Backing>(context: *mut c_void, length: u64) -> i32 {
    with::<T>(context, |file| file.object.set_length(length).map(|()| 0))
}
unsafe extern "C" fn flush<T: Backing>(context: *mut c_void) -> i32 {
    with::<T>(context, |file| file.object.flush().map(|()| 0))
}

pub(crate) fn backing<T: Backing>(context: *mut c_void, length: u64) -> sys::paging_backing {
    sys::paging_backing {
        context, length, read: Some(read_file::<T>), write: Some(write_file::<T>), set_length: Some(set_length::<T>),
        flush: Some(flush::<T>), release: None, ..crate::sized()
    }
}

unsafe extern "C" fn request<T: PageSource>(context: *mut c_void, number: u32, bytes: Bytes) -> i32 {
    with::<T>(context, |source| {
        let (source, room) = source.room(PAGE);
        Ok(match source.request(number, page_mut(room)) {
            Page::Supplied => {
                memory::copy_in(room, bytes.cast());
                sys::PAGING_PAGE_SUPPLIED as i32
            }
            Page::Zeros => sys::PAGING_PAGE_ZEROS as i32,
            Page::Later => sys::PAGING_PAGE_LATER as i32,
            Page::Failed => sys::PAGING_PAGE_FAILED as i32,
        })
    })
}
unsafe extern "C" fn keep_page<T: PageSource>(context: *mut c_void, number: u32, bytes: *const c_void) -> i32 {
    with::<T>(context, |source| {
        let (source, given) = source.copy(bytes, PAGE);
        source.store(number, page(given)).map(|()| 0)
    })
}

pub(crate) fn page_source<T: PageSource>(context: *mut c_void) -> sys::paging_page_source {
    sys::paging_page_source { context, request: Some(request::<T>), store: Some(keep_page::<T>), ..crate::sized() }
}

unsafe extern "C" fn read_slot<T: SwapStore>(context: *mut c_void, slot: u32, bytes: Bytes) -> i32 {
    with::<T>(context, |store| {
        let (store, room) = store.room(PAGE);
        store.read(slot, page_mut(room))?;
        memory::copy_in(room, bytes.cast());
        Ok(0)
    })
}
unsafe extern "C" fn write_slot<T: SwapStore>(context: *mut c_void, slot: u32, bytes: *const c_void) -> i32 {
    with::<T>(context, |store| {
        let (store, given) = store.copy(bytes, PAGE);
        store.write(slot, page(given)).map(|()| 0)
    })
}

pub(crate) fn swap_store<T: SwapStore>(context: *mut c_void, slot_count: u32) -> sys::paging_swap_store {
    sys::paging_swap_store { context, slot_count, read: Some(read_slot::<T>), write: Some(write_slot::<T>), release: None, ..crate::sized() }
}

type Own = Box<dyn Policy>;

unsafe extern "C" fn begin(context: *mut c_void, frames: u32) -> i32 {
    with::<Own>(context, |policy| { policy.object.begin(frames); Ok(0) })
}
unsafe extern "C" fn missed(context: *mut c_void, page: u64) -> i32 {
    with::<Own>(context, |policy| { policy.object.missed(page); Ok(0) })
}
unsafe extern "C" fn loaded(context: *mut c_void, slot: i32, page: u64) -> i32 {
    with::<Own>(context, |policy| { policy.object.loaded(slot, page); Ok(0) })
}
unsafe extern "C" fn hit(context: *mut c_void, slot: i32) -> i32 {
    with::<Own>(context, |policy| { policy.object.hit(slot); Ok(0) })
}
unsafe extern "C" fn find_victim(context: *mut c_void, bits: *const sys::paging_page_bits) -> i32 {
    with::<Own>(context, |policy| Ok(policy.object.find_victim(&PageBits(&*bits)).filter(|slot| *slot >= 0).unwrap_or(-1)))
}
unsafe extern "C" fn evicted(context: *mut c_void, slot: i32, page: u64) -> i32 {
    with::<Own>(context, |policy| { policy.object.evicted(slot, page); Ok(0) })
}
unsafe extern "C" fn removed(context: *mut c_void, slot: i32) -> i32 {
    with::<Own>(context, |policy| { policy.object.removed(slot); Ok(0) })
}

pub(crate) fn policy(context: *mut c_void) -> sys::paging_policy {
    sys::paging_policy {
        context, begin: Some(begin), missed: Some(missed), loaded: Some(loaded), hit: Some(hit), find_victim: Some(find_victim),
        evicted: Some(evicted), removed: Some(removed), ..crate::sized()
    }
}

type State = Box<dyn HostState>;

unsafe extern "C" fn save(context: *mut c_void, bytes: *mut *const c_void) -> i32 {
    with::<State>(context, |state| {
        state.bytes = state.object.save();
        *bytes = state.bytes.as_ptr().cast();
        i32::try_from(state.bytes.len()).map_err(|_| sys::PAGING_EIO as Errno)
    })
}
unsafe extern "C" fn restore(context: *mut c_void, bytes: *const c_void, length: u32) -> i32 {
    with::<State>(context, |host| {
        let (host, state) = host.copy(bytes, length as usize);
        host.restore(state);
        Ok(0)
    })
}

pub(crate) fn host_state(context: *mut c_void) -> sys::paging_host_state {
    sys::paging_host_state { context, save: Some(save), restore: Some(restore), ..crate::sized() }
}

type Report = Box<dyn FnMut(crate::Watched<'_>) -> Answer<()> + Send>;

unsafe extern "C" fn report(context: *mut c_void, access: *const sys::paging_watched) -> i32 {
    let seen = &*access;
    with::<Report>(context, |report| {
        let length = seen.length as usize;
        let (report, bytes) = report.room(2 * length);
        let (before, after) = bytes.split_at_mut(length);
        memory::copy_out(seen.before.cast(), before);
        memory::copy_out(seen.after.cast(), after);
        report(crate::Watched { address: seen.address, access: crate::types::access_of(seen.access), before, after }).map(|()| 0)
    })
}

pub(crate) fn watcher(context: *mut c_void) -> sys::paging_watcher {
    sys::paging_watcher { context, report: Some(report), ..crate::sized() }
}

pub(crate) fn report_context(report: impl FnMut(crate::Watched<'_>) -> Answer<()> + Send + 'static) -> Context<Report> {
    context(Box::new(report))
}

/// Finds the files of a saved process by their names: called inside the call that loads it.
pub(crate) type Find<'call> = &'call mut dyn FnMut(&str) -> Option<u64>;

unsafe extern "C" fn open_file(context: *mut c_void, name: *const std::os::raw::c_char, file: *mut u64) -> i32 {
    let find = &mut *context.cast::<Find<'_>>();
    match caught(|| find(&CStr::from_ptr(name).to_string_lossy()).unwrap_or(0)) {
        Some(found) => { *file = found; 0 }
        None => -(sys::PAGING_EIO as i32),
    }
}

/// Finds the files and the groups of a saved engine by their names: called inside the call that loads it.
pub(crate) struct FindAll<'call> {
    pub(crate) file: Find<'call>,
    pub(crate) group: Find<'call>,
}

unsafe extern "C" fn open_file_of_all(context: *mut c_void, name: *const std::os::raw::c_char, file: *mut u64) -> i32 {
    open_file((&mut (*context.cast::<FindAll<'_>>()).file as *mut Find<'_>).cast(), name, file)
}

unsafe extern "C" fn find_group(context: *mut c_void, name: *const std::os::raw::c_char, group: *mut u64) -> i32 {
    open_file((&mut (*context.cast::<FindAll<'_>>()).group as *mut Find<'_>).cast(), name, group)
}

/// The structure is good as long as `find` is.
pub(crate) fn finder_of_all(find: &mut FindAll<'_>) -> sys::paging_file_finder {
    sys::paging_file_finder {
        context: (find as *mut FindAll<'_>).cast(), open_file: Some(open_file_of_all), find_group: Some(find_group), ..crate::sized()
    }
}

/// The structure is good as long as `find` is.
pub(crate) fn finder(find: &mut Find<'_>) -> sys::paging_file_finder {
    sys::paging_file_finder { context: (find as *mut Find<'_>).cast(), open_file: Some(open_file), ..crate::sized() }
}
