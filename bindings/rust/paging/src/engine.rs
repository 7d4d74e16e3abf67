//! Engines: a machine's memory.
use crate::callbacks::{self, Backing, Device, PageSource, Policy, SwapStore};
use crate::costs::Ledger;
use crate::objects::{DirtyLog, Events, Group, Image, Processor, Snapshot, Swap};
use crate::{
    ask, check, files::HostMemory, make, name, path, sized, sys, text, EngineReport, FaultCounts, File, Local, Machine, Options, Overcommit,
    Pager, Process, ProcessOptions, Result, Rights, Shared, Threads,
};
use std::any::Any;
use std::marker::PhantomData;
use std::os::unix::io::BorrowedFd;
use std::path::Path;
use std::ptr::null;
use std::sync::{Arc, Mutex};

/// What the library may call. Not a box, which would have to be the only pointer to it.
type Kept = Arc<dyn Any + Send + Sync>;

const MOST_PROCESSES: usize = 1 << 16;    // of one load

/// A machine's memory: RAM, page tables, a page cache, swap, and processes. Dropping it ends everything in it.
pub struct Engine<T: Threads = Local> {
    pub(crate) handle: sys::paging_engine,
    kept: Mutex<Vec<Kept>>,    // what the library may call until the engine is gone
    threads: PhantomData<T>,
}

/// Who decides which page leaves.
pub enum PolicyChoice {
    /// The library's policy of this name: LRU, CLOCK, ARC, ...
    Named(String),
    /// The program's.
    Own(Box<dyn Policy>),
}

/// The options of a memory group.
#[derive(Default)]
pub struct GroupOptions {
    /// The most frames; None: no limit.
    pub limit_frames: Option<u64>,
    /// At the limit a process of the group ends; otherwise the access faults.
    pub kills: bool,
    /// Page tables do not count, as in a simulator.
    pub excludes_tables: bool,
    /// Each access is reported to the policy, and no translation is remembered.
    pub every_access: bool,
    /// None: Linux' two lists.
    pub policy: Option<PolicyChoice>,
}

/// The pool of huge pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HugePool {
    pub total: i64,
    pub free: i64,
    pub reserved: i64,
    pub surplus: i64,
}

impl Engine<Local> {
    /// An engine with 64 MiB of RAM.
    pub fn new() -> Result<Self> {
        Self::with(Options::new())
    }

    /// An engine with options. [`Engine::shared`] makes one for many threads.
    pub fn with(options: Options) -> Result<Self> {
        Self::create(options)
    }
}

impl Engine<Shared> {
    /// An engine that all threads may use.
    ///
    /// ```
    /// let engine = paging::Engine::shared(paging::Options::new().ram_bytes(16 << 20))?;
    /// let process = engine.process("p")?;
    /// let at = process.map(4096)?;
    /// std::thread::scope(|threads| for _ in 0..2 {
    ///     threads.spawn(|| {
    ///         let cpu = engine.processor("worker").unwrap();
    ///         cpu.run(&process).unwrap();
    ///         for _ in 0..100 { process.add(at, 1u32).unwrap(); cpu.poll().unwrap(); }
    ///     });
    /// });
    /// let cpu = engine.processor("main")?;
    /// cpu.run(&process)?;
    /// assert_eq!(process.load::<u32>(at)?, 200);
    /// # Ok::<(), paging::Error>(())
    /// ```
    pub fn shared(options: Options) -> Result<Self> {
        Self::create(options)
    }

    /// The calling thread's right to access guest memory.
    pub fn processor(&self, called: &str) -> Result<Processor<'_>> {
        let called = name(called)?;
        // SAFETY: the pointers are good during the call, here and below.
        Ok(Processor::new(make(|made| unsafe { sys::paging_processor_create(self.handle, called.as_ptr(), made) })?))
    }
}

impl<T: Threads> Engine<T> {
    fn create(options: Options) -> Result<Self> {
        let Options { raw: mut options, policy, every_access } = options;
        options.allow_threads = u32::from(!T::HAS_HITS);
        let mut kept = Vec::new();
        let (structure, _name) = policy_structure(policy, every_access, &mut kept)?;
        options.policy = structure.as_ref().map_or(null(), |one| one);
        let handle = make(|made| unsafe { sys::paging_engine_create(&options, made) })?;
        Ok(Self { handle, kept: Mutex::new(kept), threads: PhantomData })
    }

    /// The number that `sys` knows it by.
    pub fn handle(&self) -> sys::paging_engine {
        self.handle
    }

    /// Ends everything, as dropping does, and says whether a file could not be written.
    pub fn close(self) -> Result<()> {
        let mut this = std::mem::ManuallyDrop::new(self);
        this.end().map(drop)
    }

    fn end(&mut self) -> Result<i64> {
        // SAFETY: what was made of the engine borrows it, so that nothing is left.
        let result = check(unsafe { sys::paging_free(self.handle) }.into());
        let kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        if matches!(result, Err(crate::Error::Misuse { .. })) {
            std::mem::forget(kept);    // the engine is still there, and may call
        }
        result
    }

    fn keep(&self, kept: Kept) {
        self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(kept);
    }

    /// Keeps an object that the library calls. Returns the context of the calls.
    pub(crate) fn keep_called<V: Send + 'static>(&self, object: V) -> *mut std::ffi::c_void {
        let kept = Arc::new(callbacks::context(object));
        let context = Arc::as_ptr(&kept);
        self.keep(kept);
        context as *mut _
    }

    /// Makes a process with nothing mapped.
    pub fn process(&self, called: &str) -> Result<Process<'_, T>> {
        self.process_with(called, ProcessOptions::new())
    }

    /// Makes a process with options: a group, addresses, where its mappings begin.
    pub fn process_with(&self, called: &str, options: ProcessOptions<'_>) -> Result<Process<'_, T>> {
        let called = name(called)?;
        Process::new(self, make(|made| unsafe { sys::paging_process_create(self.handle, called.as_ptr(), &options.raw, made) })?)
    }

    /// A new process from what [`Snapshot::save`] has written.
    pub fn load(&self, saved: impl AsRef<Path>) -> Result<Process<'_, T>> {
        self.load_file(saved.as_ref(), null())
    }

    /// As `load`, with `find` as for `load_bytes_with`.
    pub fn load_with<'file>(
        &self, saved: impl AsRef<Path>, mut find: impl FnMut(&str) -> Option<&'file File<'file, T>>,
    ) -> Result<Process<'_, T>>
    where
        T: 'file,
    {
        with_files(&mut find, |finder| self.load_file(saved.as_ref(), finder))
    }

    fn load_file(&self, saved: &Path, finder: *const sys::paging_file_finder) -> Result<Process<'_, T>> {
        let saved = path(saved)?;
        Process::new(self, make(|made| unsafe { sys::paging_process_load(self.handle, saved.as_ptr(), finder, made) })?)
    }

    /// A new process from what [`Snapshot::save_bytes`] has given.
    pub fn load_bytes(&self, saved: &[u8]) -> Result<Process<'_, T>> {
        self.load_memory(saved, null())
    }

    /// As `load_bytes`; `find` gives the file that the process mapped under a name.
    pub fn load_bytes_with<'file>(
        &self, saved: &[u8], mut find: impl FnMut(&str) -> Option<&'file File<'file, T>>,
    ) -> Result<Process<'_, T>>
    where
        T: 'file,
    {
        with_files(&mut find, |finder| self.load_memory(saved, finder))
    }

    fn load_memory(&self, saved: &[u8], finder: *const sys::paging_file_finder) -> Result<Process<'_, T>> {
        let (start, length) = (saved.as_ptr().cast(), saved.len() as u64);
        Process::new(self, make(|made| unsafe { sys::paging_process_load_bytes(self.handle, start, length, finder, made) })?)
    }

    /// A new process with the memory of an image, whose pages it shares until it writes.
    ///
    /// ```
    /// let image = {
    ///     let engine = paging::Engine::new()?;
    ///     let process = engine.process("first")?;
    ///     process.write(process.map(4096)?, b"once")?;
    ///     let start = process.snapshot()?;
    ///     start.image()?
    /// };
    /// let workers: Vec<_> = (0..2).map(|_| { let image = image.clone(); std::thread::spawn(move || {
    ///     let engine = paging::Engine::with(paging::Options::new().ram_bytes(1 << 20))?;
    ///     let clone = engine.clone_process(&image)?;
    ///     clone.load::<u32>(0xb7fff000)
    /// })}).collect();
    /// for worker in workers { assert_eq!(worker.join().unwrap()?.to_le_bytes(), *b"once"); }
    /// # Ok::<(), paging::Error>(())
    /// ```
    pub fn clone_process(&self, image: &Image) -> Result<Process<'_, T>> {
        self.clone_one(image, null())
    }

    /// As `clone_process`, with `find` as for `load_bytes_with`.
    pub fn clone_process_with<'file>(
        &self, image: &Image, mut find: impl FnMut(&str) -> Option<&'file File<'file, T>>,
    ) -> Result<Process<'_, T>>
    where
        T: 'file,
    {
        with_files(&mut find, |finder| self.clone_one(image, finder))
    }

    fn clone_one(&self, image: &Image, finder: *const sys::paging_file_finder) -> Result<Process<'_, T>> {
        Process::new(self, make(|made| unsafe { sys::paging_process_clone(self.handle, image.handle(), finder, made) })?)
    }

    /// New processes from what an engine's [`Snapshot::save`] has written, with all that they share.
    pub fn load_all(&self, saved: impl AsRef<Path>) -> Result<Vec<Process<'_, T>>> {
        self.load_all_of(saved.as_ref(), null())
    }

    /// As `load_all`, with `find` and `group` as for `load_all_bytes_with`.
    pub fn load_all_with<'file>(
        &self, saved: impl AsRef<Path>, mut find: impl FnMut(&str) -> Option<&'file File<'file, T>>,
        mut group: impl FnMut(&str) -> Option<&'file Group<'file, T>>,
    ) -> Result<Vec<Process<'_, T>>>
    where
        T: 'file,
    {
        with_files_and_groups(&mut find, &mut group, |finder| self.load_all_of(saved.as_ref(), finder))
    }

    fn load_all_of(&self, saved: &Path, finder: *const sys::paging_file_finder) -> Result<Vec<Process<'_, T>>> {
        let saved = path(saved)?;
        self.make_all(|made, most| unsafe { sys::paging_engine_load(self.handle, saved.as_ptr(), finder, made, most) })
    }

    /// New processes from what an engine's [`Snapshot::save_bytes`] has given, with all that they share.
    ///
    /// ```
    /// let (engine, other) = (paging::Engine::new()?, paging::Engine::new()?);
    /// let server = engine.process("server")?;
    /// let at = server.map(4096)?;
    /// server.write(at, b"once")?;
    /// let client = server.fork()?;
    /// let both = other.load_all_bytes(&engine.snapshot()?.save_bytes()?)?;
    /// assert_eq!(both.len(), 2);
    /// assert_eq!(both[1].load::<u32>(at)?.to_le_bytes(), *b"once");
    /// # drop(client);
    /// # Ok::<(), paging::Error>(())
    /// ```
    pub fn load_all_bytes(&self, saved: &[u8]) -> Result<Vec<Process<'_, T>>> {
        self.load_all_of_memory(saved, null())
    }

    /// As `load_all_bytes`; `find` gives the files as for `load_bytes_with`, `group` a memory group by its name. One that it does not give is
    /// made.
    pub fn load_all_bytes_with<'file>(
        &self, saved: &[u8], mut find: impl FnMut(&str) -> Option<&'file File<'file, T>>,
        mut group: impl FnMut(&str) -> Option<&'file Group<'file, T>>,
    ) -> Result<Vec<Process<'_, T>>>
    where
        T: 'file,
    {
        with_files_and_groups(&mut find, &mut group, |finder| self.load_all_of_memory(saved, finder))
    }

    fn load_all_of_memory(&self, saved: &[u8], finder: *const sys::paging_file_finder) -> Result<Vec<Process<'_, T>>> {
        let (start, length) = (saved.as_ptr().cast(), saved.len() as u64);
        self.make_all(|made, most| unsafe { sys::paging_engine_load_bytes(self.handle, start, length, finder, made, most) })
    }

    /// New processes with the memory of an engine's image, and all that they share.
    pub fn clone_processes(&self, image: &Image) -> Result<Vec<Process<'_, T>>> {
        self.clone_all(image, null())
    }

    /// As `clone_processes`, with `find` and `group` as for `load_all_bytes_with`.
    pub fn clone_processes_with<'file>(
        &self, image: &Image, mut find: impl FnMut(&str) -> Option<&'file File<'file, T>>,
        mut group: impl FnMut(&str) -> Option<&'file Group<'file, T>>,
    ) -> Result<Vec<Process<'_, T>>>
    where
        T: 'file,
    {
        with_files_and_groups(&mut find, &mut group, |finder| self.clone_all(image, finder))
    }

    fn clone_all(&self, image: &Image, finder: *const sys::paging_file_finder) -> Result<Vec<Process<'_, T>>> {
        self.make_all(|made, most| unsafe { sys::paging_engine_clone(self.handle, image.handle(), finder, made, most) })
    }

    fn make_all(&self, call: impl FnOnce(*mut u64, u32) -> i64) -> Result<Vec<Process<'_, T>>> {
        let mut handles = vec![0u64; MOST_PROCESSES];
        let count = check(call(handles.as_mut_ptr(), MOST_PROCESSES as u32))? as usize;
        handles[..count].iter().map(|&handle| Process::new(self, handle)).collect()
    }

    /// A snapshot of all processes and of the memory that they share. Files with a backing are not part of it.
    pub fn snapshot(&self) -> Result<Snapshot<'_, T>> {
        Ok(Snapshot::new(make(|made| unsafe { sys::paging_engine_snapshot_take(self.handle, made) })?))
    }

    // ---- files

    /// A file in the engine's RAM, as in tmpfs.
    pub fn file(&self, called: &str, length: u64) -> Result<File<'_, T>> {
        let called = name(called)?;
        Ok(File::new(make(|made| unsafe { sys::paging_file_create(self.handle, called.as_ptr(), length, made) })?))
    }

    /// A file of the host, through the page cache.
    pub fn host_file(&self, host: impl AsRef<Path>, rights: Rights, create: bool) -> Result<File<'_, T>> {
        let (host, rights) = (path(host.as_ref())?, rights.bits());
        Ok(File::new(make(|made| unsafe { sys::paging_file_open_host(self.handle, host.as_ptr(), rights, create.into(), made) })?))
    }

    /// A directory: something that can be opened and not mapped.
    pub fn directory(&self, called: &str) -> Result<File<'_, T>> {
        let called = name(called)?;
        Ok(File::new(make(|made| unsafe { sys::paging_directory_create(self.handle, called.as_ptr(), made) })?))
    }

    /// A file whose storage the program has.
    pub fn backed_file<B: Backing>(&self, called: &str, backing: B, rights: Rights) -> Result<File<'_, T>> {
        self.new_backed_file(backing, |calls| {
            let called = name(called)?;
            make(|made| unsafe { sys::paging_file_create_backed(self.handle, called.as_ptr(), calls, rights.bits(), made) })
        })
    }

    /// Makes a file by a call of the engine or of a ledger.
    pub(crate) fn new_backed_file<B: Backing>(
        &self, backing: B, create: impl FnOnce(&sys::paging_backing) -> Result<u64>,
    ) -> Result<File<'_, T>> {
        let length = backing.length();
        create(&callbacks::backing::<B>(self.keep_called(backing), length)).map(File::new)
    }

    /// Memory whose loads and stores are calls. Map it shared.
    ///
    /// ```
    /// struct Port(std::sync::mpsc::Sender<u8>);
    /// impl paging::Device for Port {
    ///     fn load(&mut self, offset: u64, _: u32) -> Result<u64, i32> { Ok(offset) }
    ///     fn store(&mut self, _: u64, _: u32, value: u64) -> Result<(), i32> { self.0.send(value as u8).map_err(|_| 5) }
    /// }
    /// let (sender, sent) = std::sync::mpsc::channel();
    /// let engine = paging::Engine::new()?;
    /// let process = engine.process("p")?;
    /// let at = process.map_file(&engine.device("port", Port(sender), 4096)?, 4096)?;
    /// process.store(at, b'!')?;
    /// assert_eq!((process.load::<u32>(at + 8)?, sent.recv()), (8, Ok(b'!')));
    /// # Ok::<(), paging::Error>(())
    /// ```
    pub fn device<D: Device>(&self, called: &str, device: D, length: u64) -> Result<File<'_, T>> {
        let called = name(called)?;
        let calls = callbacks::device::<D>(self.keep_called(device));
        let rights = sys::PAGING_READ_WRITE;
        Ok(File::new(make(|made| unsafe { sys::paging_device_create(self.handle, called.as_ptr(), &calls, length, rights, made) })?))
    }

    /// So many pages of this program's memory as a file: its shared mappings show them, as fast as RAM.
    pub fn host_memory(&self, called: &str, pages: u32, rights: Rights) -> Result<(File<'_, T>, HostMemory<'_, T>)> {
        let called = name(called)?;
        let memory = HostMemory::allocate(pages as usize)?;
        let (start, length) = memory.place();
        self.keep(memory.owner());
        let handle = make(|made| unsafe {
            sys::paging_host_memory_create(self.handle, called.as_ptr(), start.cast(), length as u64, rights.bits(), made)
        })?;
        Ok((File::new(handle), memory))
    }

    /// A ROM with a copy of some bytes, a multiple of 4,096. Map it shared. Loads are as fast as of RAM, and stores are ignored.
    pub fn rom(&self, called: &str, contents: &[u8]) -> Result<File<'_, T>> {
        self.new_rom(called, contents, null())
    }

    /// As `rom`, and a function gets each store: its offset, its size and its value.
    ///
    /// ```
    /// let (bank, banks) = std::sync::mpsc::channel();
    /// let engine = paging::Engine::new()?;
    /// let process = engine.process("p")?;
    /// let rom = engine.rom_with("rom", &[7; 4096], move |_, _, value| bank.send(value).map_err(|_| 5))?;
    /// let at = process.map_file(&rom, 4096)?;
    /// process.store(at, 3u8)?;
    /// assert_eq!((process.load::<u8>(at)?, banks.recv()), (7, Ok(3)));
    /// # Ok::<(), paging::Error>(())
    /// ```
    pub fn rom_with(
        &self, called: &str, contents: &[u8], stores: impl FnMut(u64, u32, u64) -> std::result::Result<(), i32> + Send + 'static,
    ) -> Result<File<'_, T>> {
        self.new_rom(called, contents, &callbacks::stores(self.keep_called(callbacks::stores_box(stores))))
    }

    fn new_rom(&self, called: &str, contents: &[u8], stores: *const sys::paging_device) -> Result<File<'_, T>> {
        let called = name(called)?;
        let memory = HostMemory::<T>::allocate((contents.len() + 4095) / 4096)?;
        memory.write(0, contents);
        let start = memory.place().0;
        self.keep(memory.owner());
        let length = contents.len() as u64;    // the library refuses a part of a page
        Ok(File::new(make(|made| unsafe { sys::paging_rom_create(self.handle, called.as_ptr(), start.cast(), length, stores, made) })?))
    }

    /// Memory whose pages the program supplies when they are first touched.
    pub fn pager<S: PageSource>(&self, called: &str, pages: u32, source: S) -> Result<Pager<'_, T>> {
        let called = name(called)?;
        let calls = callbacks::page_source::<S>(self.keep_called(source));
        Ok(Pager::new(make(|made| unsafe { sys::paging_pager_create(self.handle, called.as_ptr(), pages, &calls, made) })?))
    }

    // ---- swap and groups

    /// swapon(2): slots of 4,096 bytes in the program's hands.
    pub fn swap_on<S: SwapStore>(&self, called: &str, store: S, slots: u32) -> Result<Swap<'_, T>> {
        self.new_swap(store, slots, |calls| {
            let called = name(called)?;
            make(|made| unsafe { sys::paging_swap_on(self.handle, called.as_ptr(), calls, made) })
        })
    }

    /// Switches swap on by a call of the engine or of a ledger.
    pub(crate) fn new_swap<S: SwapStore>(
        &self, store: S, slots: u32, switch_on: impl FnOnce(&sys::paging_swap_store) -> Result<u64>,
    ) -> Result<Swap<'_, T>> {
        switch_on(&callbacks::swap_store::<S>(self.keep_called(store), slots)).map(Swap::new)
    }

    /// swapon(2): so many bytes of the host's memory.
    pub fn swap_on_memory(&self, length: u64) -> Result<Swap<'_, T>> {
        Ok(Swap::new(make(|made| unsafe { sys::paging_swap_on_memory(self.handle, length, made) })?))
    }

    /// A memory group; None: no limit. Processes join it when they are made.
    pub fn group(&self, called: &str, limit_frames: Option<u64>) -> Result<Group<'_, T>> {
        let called = name(called)?;
        let limit = limit_frames.unwrap_or(u64::MAX);
        Ok(Group::new(make(|made| unsafe { sys::paging_group_create(self.handle, called.as_ptr(), limit, made) })?))
    }

    /// A memory group with options, as a policy of its own.
    pub fn group_with(&self, called: &str, options: GroupOptions) -> Result<Group<'_, T>> {
        let called = name(called)?;
        let mut kept = Vec::new();
        let (structure, _name) = policy_structure(options.policy, options.every_access, &mut kept)?;
        self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).append(&mut kept);
        let wanted = sys::paging_group_options {
            out_of_memory: options.kills.into(),
            limit_frames: options.limit_frames.unwrap_or(0),
            excludes_tables: options.excludes_tables.into(),
            policy: structure.as_ref().map_or(null(), |one| one),
            ..sized()
        };
        let group = Group::new(make(|made| unsafe { sys::paging_group_create_with(self.handle, called.as_ptr(), &wanted, made) })?);
        if options.limit_frames == Some(0) {
            group.set_limit(Some(0))?;    // which in the structure means none
        }
        Ok(group)
    }

    // ---- the machine

    /// Which frames of the machine are written from now on.
    pub fn dirty_log(&self) -> Result<DirtyLog<'_>> {
        Ok(DirtyLog::new(make(|made| unsafe { sys::paging_engine_dirty_log_open(self.handle, made) })?))
    }

    /// A ledger of costs. `prices`: "desktop-2009", "server-2025", or a list's text in JSON (docs/COSTS.md).
    ///
    /// ```
    /// let engine = paging::Engine::new()?;
    /// let process = engine.process("p")?;
    /// let at = process.map(4096)?;
    /// let ledger = engine.ledger("desktop-2009", 1)?;
    /// process.store(at, 5u8)?;
    /// ledger.observe(&process, at, 1, 0, paging::Access::Write, 0)?;
    /// let times = ledger.times(Some(&process))?;
    /// assert!(times.minor_fault_count == 1 && times.minor_faults > times.user);
    /// # Ok::<(), paging::Error>(())
    /// ```
    pub fn ledger(&self, prices: &str, processors: u32) -> Result<Ledger<'_, T>> {
        let prices = name(prices)?;
        let handle = make(|made| unsafe { sys::paging_ledger_open(self.handle, prices.as_ptr(), processors, made) })?;
        Ok(Ledger::new(handle, self))
    }

    /// Records faults, copies, reclaim, swap and unmapping; keeps so many events. One recorder at a time.
    pub fn record_events(&self, capacity: u32) -> Result<Events<'_>> {
        Ok(Events::new(make(|made| unsafe { sys::paging_events_record(self.handle, capacity, made) })?))
    }

    /// A tick of write-back, reclaim ahead of need and zeroing ahead. Returns the pages worked on.
    pub fn background(&self, page_budget: i32) -> Result<i64> {
        check(unsafe { sys::paging_background(self.handle, page_budget) }.into())
    }

    /// sync(2).
    pub fn sync(&self) -> Result<()> {
        check(unsafe { sys::paging_sync(self.handle) }.into()).map(drop)
    }

    /// vm.drop_caches.
    pub fn drop_caches(&self) -> Result<()> {
        check(unsafe { sys::paging_drop_caches(self.handle) }.into()).map(drop)
    }

    /// vm.compact_memory: how many frames moved.
    pub fn compact(&self) -> Result<i64> {
        check(unsafe { sys::paging_compact(self.handle) })
    }

    /// Recounts everything and checks each invariant. Returns the findings: none if all is well. Slow.
    ///
    /// ```
    /// assert_eq!(paging::Engine::new()?.audit()?, Vec::<String>::new());
    /// # Ok::<(), paging::Error>(())
    /// ```
    pub fn audit(&self) -> Result<Vec<String>> {
        let mut room = vec![0u8; 1 << 16];
        let count = check(unsafe { sys::paging_audit(self.handle, room.as_mut_ptr().cast(), room.len() as u64) })?;
        let end = room.iter().position(|byte| *byte == 0).unwrap_or(room.len());
        let text = String::from_utf8_lossy(&room[..end]);
        Ok(text.lines().take(count as usize).map(str::to_owned).collect())
    }

    /// vm.overcommit_memory and vm.overcommit_ratio.
    pub fn set_overcommit(&self, mode: Overcommit, ratio: u32) -> Result<()> {
        check(unsafe { sys::paging_set_overcommit(self.handle, mode.number(), ratio) }.into()).map(drop)
    }

    /// vm.max_map_count.
    pub fn set_max_map_count(&self, count: i32) -> Result<()> {
        check(unsafe { sys::paging_set_max_map_count(self.handle, count) }.into()).map(drop)
    }

    /// Sets vm.nr_hugepages, if asked, and returns the pool.
    pub fn huge_pool(&self, resize: Option<u32>) -> Result<HugePool> {
        let (mut free, mut reserved, mut surplus) = (0, 0, 0);
        let count = resize.map_or(-1, i64::from);
        let total =
            check(unsafe { sys::paging_huge_pool_resize(self.handle, count, &mut free, &mut reserved, &mut surplus) })?;
        Ok(HugePool { total, free, reserved, surplus })
    }

    /// The host's file that holds RAM, in an engine with share_ram: frame f lies at 4096 * f.
    ///
    /// # Safety
    /// The descriptor is a way to RAM around the engine, page tables included: nothing may be written through it, nor mapped for writing,
    /// while this thread or another one uses the engine, and its length may not change.
    pub unsafe fn ram_file(&self) -> Result<BorrowedFd<'_>> {
        let descriptor = check(sys::paging_ram_file(self.handle).into())?;
        // SAFETY: it is the library's until the engine ends, which this borrows.
        Ok(BorrowedFd::borrow_raw(descriptor as i32))
    }

    /// A file of /proc, byte for byte, or a picture.
    pub fn report(&self, report: EngineReport) -> Result<String> {
        text(|buffer, capacity| unsafe { sys::paging_engine_report(self.handle, report.number(), buffer, capacity) })
    }

    /// Counts of page faults.
    pub fn faults(&self) -> Result<FaultCounts> {
        ask(|counts| unsafe { sys::paging_engine_faults_get(self.handle, counts) }).map(FaultCounts::of)
    }

    /// The frames of the machine. A pass over all frames.
    pub fn machine(&self) -> Result<Machine> {
        ask(|machine| unsafe { sys::paging_machine_get(self.handle, machine) }).map(Machine::of)
    }
}

impl<T: Threads> Drop for Engine<T> {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// Makes a call with a finder of files by their names. It is good during the call.
fn with_files<'file, T: Threads + 'file, R>(
    find: &mut dyn FnMut(&str) -> Option<&'file File<'file, T>>, call: impl FnOnce(*const sys::paging_file_finder) -> R,
) -> R {
    let mut handle_of = |name: &str| find(name).map(|file| file.handle);
    let mut find: callbacks::Find<'_> = &mut handle_of;
    call(&callbacks::finder(&mut find))
}

/// As `with_files`, and of groups by their names.
fn with_files_and_groups<'file, T: Threads + 'file, R>(
    find: &mut dyn FnMut(&str) -> Option<&'file File<'file, T>>, group: &mut dyn FnMut(&str) -> Option<&'file Group<'file, T>>,
    call: impl FnOnce(*const sys::paging_file_finder) -> R,
) -> R {
    let (mut file_of, mut group_of) = (|name: &str| find(name).map(|file| file.handle), |name: &str| group(name).map(|one| one.handle));
    let mut both = callbacks::FindAll { file: &mut file_of, group: &mut group_of };
    call(&callbacks::finder_of_all(&mut both))
}

/// The policy as C's structure, with the text that it may point to; what the library calls later is added to `kept`.
fn policy_structure(
    policy: Option<PolicyChoice>, every_access: bool, kept: &mut Vec<Kept>,
) -> Result<(Option<sys::paging_policy>, std::ffi::CString)> {
    let mut called = std::ffi::CString::default();
    let structure = match policy {
        None => None,
        Some(PolicyChoice::Named(text)) => {
            called = name(&text)?;
            Some(sys::paging_policy { name: called.as_ptr(), information: every_access.into(), ..sized() })
        }
        Some(PolicyChoice::Own(own)) => {
            let own = Arc::new(callbacks::context(own));
            let context = Arc::as_ptr(&own);
            kept.push(own);
            Some(sys::paging_policy { information: every_access.into(), ..callbacks::policy(context as *mut _) })
        }
    };
    Ok((structure, called))
}
