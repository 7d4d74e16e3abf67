//! Each object and its calls: what they give, and what they refuse.
mod common;

use common::Slots;
use paging::*;
use std::sync::mpsc::{channel, Sender};
use std::sync::{Arc, Mutex};

type Test = Result<()>;
type Answer<T> = std::result::Result<T, i32>;

fn errno(number: u32) -> Error {
    Error::Errno { errno: number as i32, text: String::new() }
}

fn fault(kind: FaultKind, address: u32) -> Error {
    Error::Fault { kind, address }
}

const NONE: Vec<String> = Vec::new();

fn small() -> Result<Engine> {
    Engine::with(Options::new().ram_bytes(8 << 20))
}

/// The text of a misuse is one line in Rust's words.
fn check_text(error: &Error, code: i32) {
    match error {
        Error::Misuse { code: found, text } => {
            assert_eq!(*found, code, "{text}");
            let plain: String = text.split('\'').step_by(2).collect();
            assert!(!text.is_empty() && !["paging_", "\n", "Parameter", "Paging."].iter().any(|one| plain.contains(one)), "{text}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn memory_calls_and_accesses() -> Test {
    let engine = small()?;
    let p = engine.process_with("p", ProcessOptions::new().start_break(0x0805_0000))?;
    let at = p.map(3 * 4096)?;
    p.store(at, 0x1122_3344_5566_7788u64)?;
    assert_eq!((p.load::<u16>(at + 6)?, p.add(at, 1u8)?, p.exchange(at, 5u32)?), (0x1122, 0x89, 0x5566_7789));
    assert_eq!((p.compare_exchange(at, 9u8, 5)?, p.compare_exchange(at, 1u8, 5)?, p.add(at, u32::MAX)?), (5, 9, 8));
    assert_eq!((p.fetch::<u8>(at), p.touch(at + 4096, Access::Write)?, p.touch(at + 4096, Access::Write)?), (Err(fault(FaultKind::NotAllowed, at)), true, false));
    p.fill(at, 4, 0x41)?;
    assert_eq!((p.load::<u32>(at)?, p.fill(at + 3 * 4096, 1, 0)), (0x4141_4141, Err(fault(FaultKind::NotMapped, at + 3 * 4096))));
    assert_eq!((p.brk(0)?, p.brk(0x0805_1000)?, p.in_core(at, 3 * 4096)?), (0x0805_0000, 0x0805_1000, vec![true, true, false]));
    assert_eq!((p.limit(Limit::Data)?, p.set_limit(Limit::Data, Some(9))), (None, Ok(())));
    assert_eq!((p.limit(Limit::Data)?, p.limit(Limit::Stack)?), (Some(9), Some(8 << 20)));
    p.set_limit(Limit::Data, None)?;
    p.lock(at, 4096, LockFlags::default())?;
    assert_eq!((p.usage()?.locked, p.unlock(at, 4096), p.lock_all(LockAllFlags::CURRENT), p.unlock_all()), (1, Ok(()), Ok(()), Ok(())));
    assert_eq!(p.advise(at + 4096, 4096, Advice::DontNeed), Ok(()));
    assert_eq!(p.advise(at + 1, 4096, Advice::DontNeed), Err(errno(sys::PAGING_EINVAL)));
    assert_eq!((p.sync(at, 4096, SyncFlags::SYNC), p.clear_refs(ClearRefs::All)), (Ok(()), Ok(())));
    assert_eq!(p.sync(at, 4096, SyncFlags::from_bits(8)), Err(errno(sys::PAGING_EINVAL)));
    assert_eq!((p.reserve(0x4000_0000, 4096), p.load::<u8>(0x4000_0000)), (Ok(()), Err(fault(FaultKind::NotAllowed, 0x4000_0000))));
    let moved = p.remap(at, 4096, 8192, RemapFlags::MAYMOVE, 0)?;
    assert_eq!((p.load::<u8>(moved)?, p.remap_file_pages(moved, 4096, 0, MapFlags::default())), (0x41, Err(errno(sys::PAGING_EINVAL))));
    assert_eq!((p.resolve_fault(16, 4), p.own_pages(moved >> 12, 2)?), (Err(fault(FaultKind::NotMapped, 16)), vec![true, false]));
    for (first, count) in [(0, u32::MAX), (1 << 20, 1), (u32::MAX, 2), (0, (1 << 20) + 1)] {
        check_text(&p.pagemap(first, count).unwrap_err(), sys::PAGING_BAD_ARGUMENT);
        check_text(&p.own_pages(first, count).unwrap_err(), sys::PAGING_BAD_ARGUMENT);
    }
    assert_eq!((p.pagemap(0, 2)?, p.areas()?.len() > 2, p.report(ProcessReport::Maps)?.contains("[heap]")), (vec![0, 0], true, true));
    assert_eq!((p.seal(moved, 8192), p.unmap(moved, 8192)), (Ok(()), Err(errno(sys::PAGING_EPERM))));
    p.set_name("renamed")?;
    check_text(&p.set_score(1001).unwrap_err(), sys::PAGING_BAD_ARGUMENT);
    p.set_transparent_policy(TransparentPolicy::Off)?;
    let child = p.fork()?;
    child.exit(7)?;
    assert_eq!((child.info()?.exit_code, child.info()?.parent_id, p.faults()?.anonymous > 0), (7, 1, true));
    check_text(&child.brk(0).unwrap_err(), sys::PAGING_ENDED);
    assert_eq!(engine.audit()?, NONE);
    drop((p, child));
    engine.close()
}

#[test]
fn code_is_fetched_through_a_window() -> Test {
    let engine = small()?;
    let p = engine.process("p")?;
    let at = p.map(8192)?;
    p.protect(at, 8192, Protection::READ_WRITE | Protection::EXEC)?;
    p.store(at, 0x0403_0201u32)?;
    let mut code = FetchWindow::new(&p);
    assert_eq!((code.fetch::<u8>(at)?, code.fetch::<u16>(at + 1)?, code.fetch::<u32>(at + 4094)?), (1, 0x0302, 0));
    p.store(at, 9u8)?;
    assert_eq!((code.fetch::<u8>(at)?, code.fetch::<u64>(at)?), (9, 0x0403_0209));
    p.protect(at, 4096, Protection::READ_WRITE)?;
    assert_eq!((code.fetch::<u8>(at), code.fetch::<u8>(at + 4096)), (Err(fault(FaultKind::NotAllowed, at)), Ok(0)));
    p.unmap(at + 4096, 4096)?;
    assert_eq!(code.fetch::<u8>(at + 4096), Err(fault(FaultKind::NotMapped, at + 4096)));
    Ok(())
}

struct Storage(Arc<Mutex<Vec<u8>>>);
impl Backing for Storage {
    fn length(&self) -> u64 {
        self.0.lock().unwrap().len() as u64
    }
    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> Answer<usize> {
        let content = self.0.lock().unwrap();
        let count = bytes.len().min(content.len().saturating_sub(offset as usize));
        bytes[..count].copy_from_slice(&content[offset as usize..offset as usize + count]);
        Ok(count)
    }
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Answer<usize> {
        let mut content = self.0.lock().unwrap();
        let end = content.len().min(offset as usize + bytes.len());
        content[offset as usize..end].copy_from_slice(&bytes[..end - offset as usize]);
        Ok(bytes.len())
    }
}

/// A panic's payload that panics when it is dropped: nothing may leave the callback.
struct Bomb;
impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::panic_any(Bomb)
        }
    }
}

/// Panics with a bomb in every call that it gets.
struct Bombs;
impl Device for Bombs {
    fn load(&mut self, _: u64, _: u32) -> Answer<u64> {
        std::panic::panic_any(Bomb)
    }
    fn store(&mut self, _: u64, _: u32, _: u64) -> Answer<()> {
        std::panic::panic_any(Bomb)
    }
}
impl Backing for Bombs {
    fn length(&self) -> u64 {
        4096
    }
    fn read(&mut self, _: u64, _: &mut [u8]) -> Answer<usize> {
        std::panic::panic_any(Bomb)
    }
}
impl PageSource for Bombs {
    fn request(&mut self, _: u32, _: &mut [u8; 4096]) -> Page {
        std::panic::panic_any(Bomb)
    }
}
impl SwapStore for Bombs {
    fn read(&mut self, _: u32, _: &mut [u8; 4096]) -> Answer<()> {
        std::panic::panic_any(Bomb)
    }
    fn write(&mut self, _: u32, _: &[u8; 4096]) -> Answer<()> {
        std::panic::panic_any(Bomb)
    }
}
impl Policy for Bombs {
    fn loaded(&mut self, _: i32, _: u64) {
        std::panic::panic_any(Bomb)
    }
    fn find_victim(&mut self, _: &PageBits<'_>) -> Option<i32> {
        std::panic::panic_any(Bomb)
    }
    fn evicted(&mut self, _: i32, _: u64) {}
    fn removed(&mut self, _: i32) {}
}
impl paging::HostState for Bombs {
    fn save(&mut self) -> Vec<u8> {
        std::panic::panic_any(Bomb)
    }
    fn restore(&mut self, _: &[u8]) {
        std::panic::panic_any(Bomb)
    }
}

#[test]
fn payloads_that_panic_again() -> Test {
    let engine = small()?;
    let p = engine.process("p")?;
    let eio = || Err(errno(sys::PAGING_EIO));
    let at = p.map_file(&engine.device("d", Bombs, 4096)?, 4096)?;
    assert_eq!((p.load::<u32>(at), p.load::<u32>(at), p.store(at, 1u8)), (eio(), eio(), Err(errno(sys::PAGING_EIO))));
    let rom = p.map_file(&engine.rom_with("r", &[1; 4096], |_, _, _| std::panic::panic_any(Bomb))?, 4096)?;
    assert_eq!((p.store(rom, 1u8), p.load::<u8>(rom)?), (Err(errno(sys::PAGING_EIO)), 1));
    let backed = engine.backed_file("b", Bombs, Rights::READ_WRITE)?;
    let shown = p.map_file(&backed, 4096)?;
    assert_eq!((p.load::<u8>(shown), backed.read(0, &mut [0; 4])), (Err(fault(FaultKind::BusError, shown)), Err(errno(sys::PAGING_EIO))));
    let pager = engine.pager("g", 1, Bombs)?;
    let paged = p.map_file(&pager, 4096)?;
    assert_eq!(p.load::<u8>(paged), Err(fault(FaultKind::BusError, paged)));
    let watched = p.map(4096)?;
    let watch = p.watch(watched, 4, Accesses::WRITE, |_| std::panic::panic_any(Bomb))?;
    assert_eq!((p.store(watched, 1u8), p.load::<u8>(watched)?), (Err(errno(sys::PAGING_EIO)), 0));
    drop(watch);
    p.set_host_state(Some(Box::new(Bombs)))?;
    assert!(p.snapshot().is_err());
    p.set_host_state(None)?;
    let swap = engine.swap_on("s", Bombs, 64)?;
    let options = GroupOptions { limit_frames: Some(8), policy: Some(PolicyChoice::Own(Box::new(Bombs))), ..Default::default() };
    let group = engine.group_with("g", options)?;
    let small = engine.process_with("q", ProcessOptions::new().group(&group))?;
    let run = small.map(16 * 4096)?;
    assert!((0..16).any(|page| small.store(run + page * 4096, 1u8).is_err()));    // nowhere to go
    drop(small);
    group.remove()?;
    swap.off()?;
    assert_eq!(engine.audit()?, NONE);
    Ok(())
}

struct Panics;
impl Device for Panics {
    fn load(&mut self, _: u64, _: u32) -> Answer<u64> {
        panic!("a device of a test")
    }
    fn store(&mut self, _: u64, _: u32, value: u64) -> Answer<()> {
        Err(value as i32)
    }
}

#[test]
fn files_devices_and_memory_of_the_host() -> Test {
    let engine = small()?;
    let p = engine.process("p")?;
    let file = engine.file("tmp", 4096)?;
    assert_eq!((file.write(4090, b"0123456789")?, file.length()?, file.set_length(8192), file.add_seals(Seals::from_bits(1 << 20))),
        (10, 4100, Ok(()), Err(errno(sys::PAGING_EINVAL))));
    let at = p.map_file(&file, 8192)?;
    p.store(at, b'x')?;
    let mut bytes = [0; 3];
    assert_eq!((file.read(4095, &mut bytes)?, bytes, file.read(0, &mut bytes)?, bytes[0]), (3, *b"567", 3, b'x'));
    let content = Arc::new(Mutex::new(b"backed".to_vec()));
    let backed = engine.backed_file("b", Storage(content.clone()), Rights::READ_WRITE)?;
    let mapped = p.map_file(&backed, 4096)?;
    p.store(mapped, b'B')?;
    p.sync(mapped, 4096, SyncFlags::SYNC)?;
    assert_eq!(content.lock().unwrap().as_slice(), b"Backed");
    let device = p.map_file(&engine.device("d", Panics, 4096)?, 4096)?;
    assert_eq!((p.store(device, 13u8), p.store(device, 0u8)), (Err(errno(13)), Err(errno(sys::PAGING_EIO))));
    let said = |refused: std::result::Result<(), Error>| match refused {
        Err(Error::Errno { errno: 5, text }) => text,
        other => format!("{other:?}"),
    };
    assert_eq!(said(p.store(device, 5u8)), "The program's function store gave -5.");
    let panicked = p.load::<u32>(device).map(drop);    // a panic does not leave the library
    assert_eq!(said(panicked), "The program's function load panicked: a device of a test.");
    let again = p.store(device, 13u8);    // and the device is not called again
    assert_eq!(said(again), "The program's function store is not called again: its object has panicked.");
    let other = p.map_file(&engine.device("other", Panics, 4096)?, 4096)?;
    assert_eq!(said(p.store(other, 5u8)), "The program's function store gave -5.");    // an answer of its own
    let (shown, memory) = engine.host_memory("h", 2, Rights::READ_WRITE)?;
    let ram = p.map_file(&shown, 8192)?;
    p.store(ram + 4096, 0x0201u16)?;
    memory.write(0, b"host");
    memory.read(4095, &mut bytes);
    assert_eq!((bytes, p.load::<u32>(ram)?.to_le_bytes()), ([0, 1, 2], *b"host"));
    let directory = engine.directory("dir")?.open(&p, Rights::READ, OpenFlags::default())?;
    assert_eq!(p.mmap(0, 4096, Protection::READ, MapFlags::PRIVATE, directory, 0), Err(errno(sys::PAGING_ENODEV)));
    let missing = engine.host_file("/no/such", Rights::READ, false).err().unwrap();
    assert!(missing.errno() == Some(2) && missing.to_string().contains("/no/such"), "{missing}");
    let plain = p.unmap(1, 4096).unwrap_err();    // no text of the failure before
    assert!(matches!(&plain, Error::Errno { errno: 22, text } if text.is_empty()) && plain.to_string().starts_with("Invalid argument"));
    assert_eq!(fault(FaultKind::NotMapped, 16).to_string(), "not mapped at 00000010");
    let low = engine.process_with("low", ProcessOptions::new().addresses(0x100000, 0xbfff_ffff))?;
    let (both, fixed) = (Protection::READ_WRITE, MapFlags::PRIVATE | MapFlags::ANONYMOUS | MapFlags::FIXED);
    assert!(low.mmap(0x20000, 4096, both, fixed, -1, 0).is_err() && p.mmap(0x20000, 4096, both, fixed, -1, 0).is_ok());
    let d = p.memfd("m", MemfdFlags::default())?;
    assert_eq!((p.pwrite(d, b"bytes", 0)?, p.seek(d, 1, Whence::Start)?, p.read_to(d, at, 9)?, p.load::<u8>(at)?), (5, 1, 4, b'y'));
    assert_eq!((p.write_from(d, at, 2)?, p.file_length(d)?, p.truncate(d, 1), p.pread(d, &mut bytes, 0)?), (2, 7, Ok(()), 1));
    assert_eq!((p.fsync(d), p.allocate(d, AllocateFlags::default(), 0, 4096), p.punch(d, 0, 4096), p.advise_file(d, 0, 0, FileAdvice::NoReuse)),
        (Ok(()), Ok(()), Ok(()), Ok(())));
    assert_eq!((p.close_descriptor(d), p.close_descriptor(d)), (Ok(()), Err(errno(sys::PAGING_EBADF))));
    engine.sync()?;
    engine.drop_caches()
}

struct Far(Sender<u32>);
impl PageSource for Far {
    fn request(&mut self, page: u32, bytes: &mut [u8; 4096]) -> Page {
        bytes[0] = 7;
        [Page::Supplied, Page::Later, Page::Failed, Page::Zeros][page as usize % 4]
    }
    fn store(&mut self, page: u32, _: &[u8; 4096]) -> Answer<()> {
        self.0.send(page).map_err(|_| 5)
    }
}

#[test]
fn pagers_and_userfaultfds() -> Test {
    let engine = small()?;
    let p = engine.process("p")?;
    let (sender, stored) = channel();
    let pager = engine.pager("far", 4, Far(sender))?;
    let at = p.map_file(&pager, 4 * 4096)?;
    assert_eq!((p.load::<u8>(at)?, p.load::<u8>(at + 4096), pager.pending()?), (7, Err(fault(FaultKind::Pending, at + 4096)), 1));
    assert_eq!((pager.next_request()?, pager.next_request()?, pager.supply(1, Some(&[3; 4096]))), (Some(1), None, Ok(())));
    assert_eq!((p.load::<u8>(at + 4096)?, pager.supply(1, None), pager.fail(1)), (3, Err(errno(17)), Err(errno(17))));
    assert_eq!((p.load::<u8>(at + 2 * 4096), p.load::<u8>(at + 3 * 4096)), (Err(fault(FaultKind::BusError, at + 2 * 4096)), Ok(0)));
    p.store(at, 1u8)?;
    p.sync(at, 4096, SyncFlags::SYNC)?;
    assert_eq!(stored.recv(), Ok(0));
    let late = p.map(4 * 4096)?;
    let uffd = p.userfaultfd(UserfaultFeatures::FORK, false)?;
    let no = FillFlags::default();
    uffd.register(late, 4 * 4096, UserfaultModes::MISSING)?;
    assert_eq!((p.load::<u8>(late + 5), uffd.read()?.unwrap().address), (Err(fault(FaultKind::Pending, late + 5)), late));
    assert_eq!((uffd.copy(late, &[4; 4096], no), uffd.copy(late, &[4; 4096], no), p.load::<u8>(late)?), (Ok(()), Err(errno(17)), 4));
    assert_eq!((uffd.zero(late + 4096, 4096, no), uffd.poison(late + 8192, 4096, no), uffd.wake(late, 4096)), (Ok(()), Ok(()), Ok(())));
    assert_eq!((p.load::<u8>(late + 8192), uffd.proceed(late, 4096, no).is_err()), (Err(fault(FaultKind::BusError, late + 8192)), true));
    assert_eq!(uffd.move_pages(late, 0, 1, false, no), Err(errno(sys::PAGING_EINVAL)));
    assert!(uffd.write_protect(late, 4096, true, no).is_err() && uffd.unregister(late, 4 * 4096).is_ok());
    assert!(uffd.read()?.is_none());
    Ok(())
}

#[derive(Default)]
struct Last {
    slots: Vec<i32>,
    told: Arc<Mutex<(u32, u32, u32, bool)>>,    // frames, misses, evictions, whether any page was dirty
}
impl Policy for Last {
    fn begin(&mut self, frames: u32) {
        self.told.lock().unwrap().0 = frames;
    }
    fn missed(&mut self, _: u64) {
        self.told.lock().unwrap().1 += 1;
    }
    fn loaded(&mut self, slot: i32, _: u64) {
        self.slots.push(slot);
    }
    fn find_victim(&mut self, bits: &PageBits<'_>) -> Option<i32> {
        let slot = *self.slots.last()?;
        self.told.lock().unwrap().3 |= bits.is_dirty(slot) && bits.take_accessed(slot);
        Some(slot)
    }
    fn evicted(&mut self, slot: i32, _: u64) {
        self.told.lock().unwrap().2 += 1;
        self.slots.retain(|one| *one != slot);
    }
    fn removed(&mut self, slot: i32) {
        self.slots.retain(|one| *one != slot);
    }
}

#[test]
fn groups_with_policies_of_ones_own() -> Test {
    let engine = small()?;
    let swap = engine.swap_on("slots", Slots::default(), 64)?;
    let last = Last::default();
    let told = last.told.clone();
    let options = GroupOptions { limit_frames: Some(8), excludes_tables: true, policy: Some(PolicyChoice::Own(Box::new(last))), ..Default::default() };
    let group = engine.group_with("g", options)?;
    let p = engine.process_with("p", ProcessOptions::new().group(&group))?;
    let at = p.map(16 * 4096)?;
    for page in 0..16u32 {
        p.store(at + page * 4096, page + 1)?;
    }
    assert_eq!(*told.lock().unwrap(), (8, 16, 8, true));
    assert_eq!(p.in_core(at, 7 * 4096)?, vec![true; 7]);    // the first ones have never left
    for page in 0..16u32 {
        assert_eq!(p.load::<u32>(at + page * 4096)?, page + 1);
    }
    drop(p);
    group.set_limit(None)?;
    group.remove()?;
    swap.off()?;
    let wrong = GroupOptions { policy: Some(PolicyChoice::Named("NONE".into())), ..Default::default() };
    check_text(&engine.group_with("g", wrong).err().unwrap(), sys::PAGING_BAD_ARGUMENT);
    assert!(engine.group("h", Some(5))?.remove().is_ok() && engine.swap_on_memory(1 << 20)?.off().is_ok());
    let whole = Engine::with(Options::new().ram_bytes(1 << 20).policy(PolicyChoice::Named("2q".into())))?;
    assert!(whole.process("p")?.map(4096).is_ok());
    check_text(&Engine::with(Options::new().policy(PolicyChoice::Named("NONE".into()))).err().unwrap(), sys::PAGING_BAD_ARGUMENT);
    assert_eq!(engine.audit()?, NONE);
    Ok(())
}

/// First in, first out: the slots leave in the order in which they came, the lowest one first.
#[derive(Default)]
struct First {
    slots: Vec<i32>,
    evicted: Arc<Mutex<Vec<i32>>>,
}
impl Policy for First {
    fn loaded(&mut self, slot: i32, _: u64) {
        self.slots.push(slot);
    }
    fn find_victim(&mut self, _: &PageBits<'_>) -> Option<i32> {
        self.slots.first().copied()
    }
    fn evicted(&mut self, slot: i32, _: u64) {
        self.evicted.lock().unwrap().push(slot);
        self.removed(slot);
    }
    fn removed(&mut self, slot: i32) {
        self.slots.retain(|one| *one != slot);
    }
}

#[test]
fn a_policy_may_choose_every_slot_the_first_too() -> Test {
    let engine = small()?;
    let _swap = engine.swap_on("slots", Slots::default(), 64)?;
    let first = First::default();
    let evicted = first.evicted.clone();
    let options = GroupOptions { limit_frames: Some(4), excludes_tables: true, policy: Some(PolicyChoice::Own(Box::new(first))), ..Default::default() };
    let group = engine.group_with("g", options)?;
    let p = engine.process_with("p", ProcessOptions::new().group(&group))?;
    let at = p.map(12 * 4096)?;
    for page in 0..12u32 {
        p.store(at + page * 4096, page + 1)?;
    }
    assert_eq!(*evicted.lock().unwrap(), [0, 1, 2, 3, 0, 1, 2, 3]);
    assert_eq!(p.in_core(at, 12 * 4096)?, [vec![false; 8], vec![true; 4]].concat());
    for page in 0..12u32 {
        assert_eq!(p.load::<u32>(at + page * 4096)?, page + 1);
    }
    Ok(())
}

#[test]
fn engines_are_saved_and_cloned_whole() -> Test {
    let (engine, other) = (small()?, small()?);
    let group = engine.group("guests", Some(500))?;
    let server = engine.process_with("server", ProcessOptions::new().group(&group))?;
    let rights = Protection::READ_WRITE;
    let at = server.mmap(0, 4096, rights, MapFlags::SHARED | MapFlags::ANONYMOUS, -1, 0)?;
    server.store(at, 7u32)?;
    let client = server.fork()?;
    let whole = engine.snapshot()?;
    let saved = whole.save_bytes()?;
    let folder = std::env::temp_dir().join(format!("paging-all-{}", std::process::id()));
    whole.save(&folder)?;
    for set in [other.load_all_bytes(&saved)?, other.load_all(&folder)?, other.clone_processes(&whole.image()?)?] {
        assert_eq!(set.len(), 2);
        set[0].store(at, 8u32)?;
        assert_eq!((set[1].load::<u32>(at)?, client.load::<u32>(at)?), (8, 7));
    }
    std::fs::remove_file(&folder).unwrap();
    let parent = whole.image()?;
    server.store(at, 9u32)?;
    let now = engine.snapshot()?;
    let delta = now.delta(&parent)?;
    assert_eq!((delta.own_pages()?, delta.pages()?, parent.own_pages()?), (1, 1, 1));
    delta.save(&folder)?;
    // SAFETY: nobody changes the files of this test, here and below.
    assert_eq!(unsafe { Image::open(&folder, true) }.err(), Some(errno(sys::PAGING_EINVAL)));
    assert_eq!(unsafe { Image::open_delta(&folder, &delta) }.err(), Some(errno(sys::PAGING_EINVAL)));
    let opened = unsafe { Image::open_delta(&folder, &parent) }?;
    assert_eq!((opened.hash()?, opened.hash()?.len()), (delta.hash()?, 32));
    opened.save_whole(&folder)?;
    for image in [&opened, &unsafe { Image::open(&folder, true) }?] {
        assert_eq!(other.clone_processes(image)?[1].load::<u32>(at)?, 9);
    }
    std::fs::remove_file(&folder).unwrap();
    server.store(at, 7u32)?;
    drop(now);
    let asked = std::cell::RefCell::new(Vec::new());
    let found = |name: &str| { asked.borrow_mut().push(name.to_owned()); (name == "guests").then_some(&group) };
    engine.load_all_bytes_with(&saved, |_| None, found)?;
    engine.clone_processes_with(&whole.image()?, |_| None, found)?;
    whole.save(&folder)?;
    assert_eq!(engine.load_all_with(&folder, |_| None, found)?.len(), 2);
    std::fs::remove_file(&folder).unwrap();
    assert_eq!(asked.into_inner(), ["guests", "guests", "guests"]);
    assert_eq!((whole.image()?.processes()?, server.snapshot()?.image()?.processes()?), (2, 1));
    assert_eq!(other.load_bytes(&saved).err(), Some(errno(sys::PAGING_EINVAL)));
    whole.name(server.areas()?[0].object, Some("apart"))?;
    assert_eq!(other.load_all_bytes(&whole.save_bytes()?).err(), Some(errno(sys::PAGING_ENOENT)));
    assert_eq!(whole.name(1, Some("a\0b")).err(), Some(errno(sys::PAGING_EINVAL)));
    Ok(())
}

#[test]
fn snapshots_images_and_clones() -> Test {
    let engine = small()?;
    let p = engine.process("p")?;
    let at = p.map(3 * 4096)?;
    let file = engine.file("shown", 4096)?;
    for page in 0..3 {
        p.store(at + page * 4096, 10 + page)?;
    }
    let start = p.snapshot()?;
    let (image, saved) = (start.image()?, start.save_bytes()?);
    assert_eq!((image.pages()?, image.threads()?.len(), start.is_valid()?), (3, 0, true));
    assert_eq!(engine.load_bytes(&saved)?.load::<u32>(at)?, 10);
    assert_eq!(engine.load_bytes(&saved[1..]).err(), Some(errno(sys::PAGING_EINVAL)));
    let workers: Vec<_> = (0..2).map(|_| (image.clone(), saved.clone())).map(|(image, saved)| std::thread::spawn(move || -> Test {
        let engine = Engine::with(Options::new().ram_bytes(1 << 20))?;
        let clone = engine.clone_process(&image)?;
        let start = clone.snapshot()?;
        start.keep_written(true)?;
        for input in 0..200u32 {
            clone.store(at + input % 3 * 4096, input)?;
            assert_eq!(start.dirty_pages()?, 1);
            start.restore()?;
            assert_eq!(clone.load::<u32>(at + input % 3 * 4096)?, 10 + input % 3);
        }
        assert_eq!(engine.load_bytes(&saved)?.load::<u32>(at + 8192)?, 12);
        assert_eq!(engine.audit()?, NONE);
        Ok(())
    })).collect();
    for worker in workers {
        worker.join().unwrap()?;
    }
    let mapper = engine.process("m")?;
    let ram = mapper.map_file(&file, 4096)?;    // memory of the engine is saved with the process
    file.write(0, b"wxyz")?;
    let folder = std::env::temp_dir().join(format!("paging-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("shown");
    let host = engine.host_file(&path, Rights::READ_WRITE, true)?;
    host.write(0, &[b"abcd".as_slice(), &[0; 4092]].concat())?;
    let shown = mapper.map_file(&host, 4096)?;
    let taken = mapper.snapshot()?;
    let (saved, image) = (taken.save_bytes()?, taken.image()?);
    assert_eq!(engine.load_bytes(&saved).err(), Some(errno(sys::PAGING_ENOENT)));
    let find = |name: &str| (name == path.to_str().unwrap()).then_some(&host);
    assert_eq!(engine.load_bytes_with(&saved, find)?.load::<u32>(ram)?.to_le_bytes(), *b"wxyz");
    assert_eq!(engine.load_bytes_with(&saved, find)?.load::<u32>(shown)?.to_le_bytes(), *b"abcd");
    assert_eq!(engine.clone_process_with(&image, find)?.load::<u32>(shown)?.to_le_bytes(), *b"abcd");
    start.save(folder.join("saved"))?;
    assert_eq!(engine.load(folder.join("saved"))?.load::<u32>(at)?, 10);
    taken.save(folder.join("mapper"))?;
    assert_eq!(engine.load(folder.join("mapper")).err(), Some(errno(sys::PAGING_ENOENT)));
    assert_eq!(engine.load_with(folder.join("mapper"), find)?.load::<u32>(shown)?.to_le_bytes(), *b"abcd");
    assert_eq!(engine.load_with(folder.join("mapper"), |_| std::panic::panic_any(Bomb)).err(), Some(errno(sys::PAGING_EIO)));
    let mut thread = paging::CoreThread { id: 9, registers: [0; 17] };
    thread.registers[12] = at;
    p.write_core(folder.join("core"), &[thread], 11)?;
    let core = Image::from_core(folder.join("core"), None)?;
    assert_eq!((core.threads()?[0].registers[12], engine.clone_process(&core)?.load::<u32>(at + 4096)?), (at, 11));
    assert_eq!(Image::from_core(folder.join("saved"), None).err(), Some(errno(sys::PAGING_EINVAL)));
    std::fs::remove_dir_all(&folder).unwrap();
    let whole = engine.snapshot()?;
    p.store(at, 1u8)?;
    whole.restore()?;
    assert_eq!(p.load::<u32>(at)?, 10);
    Ok(())
}

struct Registers(Arc<Mutex<u8>>);
impl paging::HostState for Registers {
    fn save(&mut self) -> Vec<u8> {
        vec![*self.0.lock().unwrap()]
    }
    fn restore(&mut self, state: &[u8]) {
        *self.0.lock().unwrap() = state[0];
    }
}

#[test]
fn state_of_the_host_and_all_addresses() -> Test {
    let engine = small()?;
    let p = engine.process_with("p", ProcessOptions::new().addresses(0, u32::MAX))?;
    let (both, fixed) = (Protection::READ_WRITE, MapFlags::PRIVATE | MapFlags::ANONYMOUS | MapFlags::FIXED);
    assert_eq!((p.mmap(0, 4096, both, fixed, -1, 0)?, p.mmap(0xffff_f000, 4096, both, fixed, -1, 0)?), (0, 0xffff_f000));
    p.store(0, 7u8)?;
    let pc = Arc::new(Mutex::new(5));
    p.set_host_state(Some(Box::new(Registers(pc.clone()))))?;
    let start = p.snapshot()?;
    *pc.lock().unwrap() = 6;
    start.restore()?;
    assert_eq!((*pc.lock().unwrap(), p.load::<u8>(0)?), (5, 7));
    let clone = engine.clone_process(&start.image()?)?;
    *pc.lock().unwrap() = 9;
    clone.set_host_state(Some(Box::new(Registers(pc.clone()))))?;
    assert_eq!((*pc.lock().unwrap(), p.set_host_state(None)), (5, Ok(())));
    Ok(())
}

#[test]
fn what_observes_a_process() -> Test {
    let engine = small()?;
    let p = engine.process("p")?;
    let at = p.map(2 * 4096)?;
    let (log, frames, events) = (p.dirty_log()?, engine.dirty_log()?, engine.record_events(64)?);
    check_text(&engine.record_events(64).err().unwrap(), sys::PAGING_WRONG_STATE);
    p.store(at + 4096, 1u8)?;
    assert_eq!((log.count()?, log.collect()?, log.collect()?, frames.count()? > 0), (1, vec![(at >> 12) + 1], vec![], true));
    let seen = events.drain()?;
    assert_eq!((seen[0].first_page, events.count()?, events.lost()?), ((at >> 12) + 1, 0, 0));
    let (sender, watched) = channel();
    let watch = p.watch(at, 4, Accesses::WRITE, move |access| {
        sender.send((access.address, access.after.to_vec())).map_err(|_| 5)?;
        if access.after[0] == 9 { Err(13) } else { Ok(()) }
    })?;
    assert_eq!((p.store(at, 1u8), p.store(at, 9u8), p.load::<u8>(at)?), (Ok(()), Err(errno(13)), 1));
    drop(watch);
    assert_eq!((p.store(at, 9u8), watched.iter().collect::<Vec<_>>()), (Ok(()), vec![(at, vec![1]), (at, vec![9])]));
    let pin = p.pin_mut(at + 4090, 12)?;
    let mut bytes = [0; 12];
    pin.write(5, b"pin")?;
    assert_eq!((p.pin(at + 4095, 3)?.read(0, &mut bytes[..3]), &bytes[..3]), (Ok(()), &b"pin"[..]));
    assert_eq!((pin.write(10, b"long"), p.load::<u16>(at + 4100)?.to_le_bytes()), (Err(errno(14)), *b"lo"));
    assert_eq!((pin.read(0, &mut bytes), &bytes[4..9]), (Ok(()), &b"\0pin\0"[..]));
    assert_eq!(pin.read(1, &mut bytes), Err(errno(14)));
    assert_eq!((p.load::<u16>(at + 4095)?.to_le_bytes(), p.snapshot().err()), (*b"pi", None));
    drop(pin);
    let shadow = p.shadow()?;
    shadow.mark(at + 8, 4, ByteState::Unaddressable)?;
    assert_eq!((p.load::<u32>(at + 6), shadow.state(at + 8)?, shadow.find(at, 64, false)?), (Err(fault(FaultKind::Unaddressable, at + 8)), ByteState::Unaddressable, Some(at + 8)));
    assert_eq!((shadow.find(at, 4, true)?, shadow.set(true, false), p.load::<u32>(at + 6).is_ok()), (None, Ok(()), true));
    assert_eq!(shadow.mark(0, 4, ByteState::Unaddressable), Err(errno(sys::PAGING_ENOMEM)));
    Ok(())
}

#[test]
fn a_ledger() -> Test {
    let engine = small()?;
    let p = engine.process("p")?;
    check_text(&engine.ledger("no", 1).err().unwrap(), sys::PAGING_BAD_ARGUMENT);
    check_text(&engine.ledger("{\"name\": 1}", 1).err().unwrap(), sys::PAGING_BAD_ARGUMENT);
    check_text(&engine.ledger("server-2025", 257).err().unwrap(), sys::PAGING_BAD_ARGUMENT);
    let ledger = engine.ledger("desktop-2009", 2)?;
    let file = ledger.backed_file("disk", Storage(Arc::new(Mutex::new(vec![7; 8192]))), Rights::READ_WRITE)?;
    let at = p.map_file(&file, 8192)?;
    assert_eq!(p.load::<u8>(at)?, 7);
    ledger.observe(&p, at, 1, 0, Access::Read, 0)?;
    let times = ledger.times(Some(&p))?;
    assert!(times.major_fault_count == 1 && times.wait_for_file > 1_000_000_000 && times.user > 0);    // a turn of a disk: ms
    ledger.observe(&p, at, 4096, 4, Access::Read, 0)?;
    assert_eq!(ledger.times(Some(&p))?.user, 1025 * times.user);
    check_text(&ledger.observe(&p, at, 4, 0, Access::Read, 2).unwrap_err(), sys::PAGING_BAD_ARGUMENT);
    check_text(&ledger.observe(&p, at, 0, 0, Access::Read, 0).unwrap_err(), sys::PAGING_BAD_ARGUMENT);
    ledger.end_call(&p, 100, 1)?;
    ledger.end_read(&p, &file, 0, 100, 1)?;
    let pages = p.map(64 * 4096)?;
    p.fill(pages, 64 * 4096, 1)?;
    let (child, empty) = (p.fork()?, engine.process("empty")?);
    ledger.end_call(&child, 0, 1)?;
    ledger.end_call(&p, 0, 0)?;
    let before = ledger.times(Some(&p))?.system_calls;
    ledger.end_fork(&p, &child, 0)?;
    let full = ledger.times(Some(&p))?.system_calls - before;
    ledger.end_fork(&p, &empty, 1)?;
    assert!(ledger.times(Some(&p))?.system_calls - before < 2 * full && ledger.times(Some(&child))?.call_count == 1);
    ledger.end_background()?;
    assert!(ledger.swap_on_memory(1 << 20).is_ok());
    assert_eq!((ledger.times(Some(&p))?.call_count, ledger.times(None)?.process_id), (5, 0));
    assert!(ledger.clock()?.end >= ledger.clock()?.now && ledger.report()?.contains("wait: file"));
    Ok(())
}

#[test]
fn the_machine() -> Test {
    let engine = Engine::with(Options::new().ram_bytes(16 << 20).share_ram(true).huge_pages(1))?;
    assert_eq!((engine.huge_pool(None)?.total, engine.huge_pool(Some(0))?.free, engine.background(0)?), (1, 0, 0));
    check_text(&engine.background(-1).unwrap_err(), sys::PAGING_BAD_ARGUMENT);
    check_text(&engine.set_max_map_count(-1).unwrap_err(), sys::PAGING_BAD_ARGUMENT);
    assert_eq!((engine.set_overcommit(Overcommit::Heuristic, 50), engine.compact()? >= 0, engine.machine()?.total), (Ok(()), true, 4095));
    assert!(engine.report(EngineReport::Meminfo)?.starts_with("MemTotal:") && engine.faults()?.minor >= 0);
    let p = engine.process("p")?;
    let at = p.map(8192)?;
    p.store(at + 4096, 7u8)?;
    let flat = p.flat_view(at, 8192)?;
    p.store(at + 4097, 8u8)?;
    let mut seen = [9; 4];
    flat.read(4095, &mut seen);
    assert_eq!((seen, flat.is_current()?, flat.length()), ([0, 7, 8, 0], true, 8192));
    p.unmap(at, 8192)?;
    assert_eq!((flat.is_current()?, flat.refresh()?, flat.is_current()?), (false, 0, true));
    check_text(&p.flat_view(at + 1, 4096).err().unwrap(), sys::PAGING_BAD_ARGUMENT);
    check_text(&small()?.process("p")?.flat_view(0, 4096).err().unwrap(), sys::PAGING_WRONG_STATE);
    // SAFETY: nothing is written.
    let file = std::fs::File::from(unsafe { engine.ram_file() }?.try_clone_to_owned().unwrap());
    assert_eq!(file.metadata().unwrap().len(), 16 << 20);
    check_text(&unsafe { small()?.ram_file() }.err().unwrap(), sys::PAGING_WRONG_STATE);
    check_text(&Engine::with(Options::new().ram_bytes(5)).err().unwrap(), sys::PAGING_BAD_ARGUMENT);
    assert!(Engine::with(Options::new().fetch_rights(FetchRights::Tables).tables(Tables::Pae)).is_ok());
    for contents in [&[][..], &[1; 4095], &[1; 4097]] {
        check_text(&engine.rom("r", contents).err().unwrap(), sys::PAGING_BAD_ARGUMENT);
    }
    let quiet = engine.process("p")?;
    let at = quiet.map_file(&engine.rom("r", &[1; 8192])?, 8192)?;
    assert_eq!((quiet.store(at + 4096, 5u8), quiet.load::<u8>(at + 4096)), (Ok(()), Ok(1)));
    let refuses = engine.rom_with("r", &[1; 4096], |_, _, value| if value == 0 { panic!("a ROM of a test") } else { Err(value as i32) })?;
    let at = quiet.map_file(&refuses, 4096)?;
    assert_eq!((quiet.store(at, 13u8), quiet.store(at, 0u8)), (Err(errno(13)), Err(errno(sys::PAGING_EIO))));
    assert_eq!(paging::version(), sys::PAGING_VERSION as i32);
    let trace = [1, 2, 3, 1, 2, 3].map(|page| (page, false));
    assert_eq!((paging::replay("LRU", 2, trace)?.misses, paging::replay("OPT", 2, trace)?.misses), (6, 4));
    check_text(&paging::replay_file("LRU", 2, "/no/such").err().unwrap(), sys::PAGING_BAD_ARGUMENT);
    Ok(())
}

/// Threads copy to and from the same bytes, and a guest stores there: no copy is torn by another one, and the thread sanitizer is silent
/// (RUSTFLAGS=-Zsanitizer=thread cargo +nightly test -Zbuild-std --target x86_64-unknown-linux-gnu).
#[test]
fn memory_of_the_host_on_many_threads() -> Test {
    let engine = Engine::shared(Options::new().ram_bytes(8 << 20))?;
    let p = engine.process("p")?;
    let (file, memory) = engine.host_memory("h", 2, Rights::READ_WRITE)?;
    let at = p.map_file(&file, 8192)?;
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let cpu = engine.processor("guest").unwrap();
            cpu.run(&p).unwrap();
            for k in 0..20_000u32 {
                p.store(at + 4096 + k % 1000 * 4, k).unwrap();
                cpu.poll().unwrap();
            }
        });
        threads.spawn(|| {
            for k in 0..20_000u32 {
                memory.write(1, &[k as u8; 4000]);
                memory.write(4100, &[1; 3]);
            }
            done.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        let mut bytes = [0; 4000];
        while !done.load(std::sync::atomic::Ordering::SeqCst) {
            memory.read(1, &mut bytes);
            assert!(bytes.iter().all(|byte| *byte == bytes[0]));
            memory.read(4096, &mut bytes);
        }
    });
    let pages = p.map(4096)?;
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let cpu = engine.processor("pins").unwrap();
                cpu.run(&p).unwrap();
                let pin = p.pin_mut(pages, 4096).unwrap();
                let mut bytes = [0; 100];
                for k in 0..5_000 {
                    pin.write(k % 3000, &[k as u8; 99]).unwrap();
                    pin.read(k % 3000, &mut bytes).unwrap();
                }
            });
        }
    });
    Ok(())
}

/// What a program hands in on one engine works on copies: of a page that is stored into meanwhile it sees one state.
#[test]
fn callbacks_work_on_copies() -> Test {
    struct Twice(Arc<Mutex<bool>>);
    impl Backing for Twice {
        fn length(&self) -> u64 {
            1 << 20
        }
        fn read(&mut self, _: u64, bytes: &mut [u8]) -> Answer<usize> {
            assert!(bytes.iter().all(|byte| *byte == 0));
            Ok(bytes.len())
        }
        fn write(&mut self, _: u64, bytes: &[u8]) -> Answer<usize> {
            let first = bytes.to_vec();
            std::thread::yield_now();
            *self.0.lock().unwrap() &= first == bytes;
            Ok(bytes.len())
        }
    }
    struct More;
    impl Backing for More {
        fn length(&self) -> u64 {
            4096
        }
        fn read(&mut self, _: u64, bytes: &mut [u8]) -> Answer<usize> {
            Ok(bytes.len() + (1 << 32))
        }
    }
    let engine = Engine::shared(Options::new().ram_bytes(8 << 20))?;
    let p = engine.process("p")?;
    let same = Arc::new(Mutex::new(true));
    let at = p.map_file(&engine.backed_file("t", Twice(same.clone()), Rights::READ_WRITE)?, 1 << 20)?;
    let more = engine.backed_file("m", More, Rights::READ)?;
    assert_eq!(more.read(0, &mut [0; 8]), Err(errno(sys::PAGING_EIO)));    // more than was asked for, also in 64 bits
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let cpu = engine.processor("guest").unwrap();
            cpu.run(&p).unwrap();
            for k in 0..50_000u32 {
                p.store(at + k % 512, k).unwrap();
                cpu.poll().unwrap();
            }
        });
        for _ in 0..200 {
            engine.sync().unwrap();
        }
    });
    assert!(*same.lock().unwrap());
    Ok(())
}

/// A report that was dropped is not called again, wherever a snapshot goes back to.
#[test]
fn watchpoints_end_with_their_owner() -> Test {
    let engine = small()?;
    let p = engine.process("p")?;
    let at = p.map(4096)?;
    let alive = Arc::new(());
    let guard = alive.clone();
    let watch = p.watch(at, 4, Accesses::WRITE, move |_| { let _ = &guard; Err(13) })?;
    let (whole, one) = (engine.snapshot()?, p.snapshot()?);
    assert_eq!(p.store(at, 1u8), Err(errno(13)));
    drop(watch);
    for _ in 0..2 {
        assert_eq!(p.store(at, 1u8), Ok(()));
        one.restore()?;
        assert_eq!(p.store(at, 1u8), Ok(()));
        whole.restore()?;
    }
    p.exit(0)?;
    whole.restore()?;
    assert_eq!((p.store(at, 1u8), p.load::<u8>(at)?), (Ok(()), 1));
    let watch = p.watch(at, 4, Accesses::WRITE, |_| Err(13))?;
    let whole = engine.snapshot()?;
    p.exit(0)?;
    drop(watch);
    whole.restore()?;
    let stored = p.store(at, 1u8);
    assert!(stored == Ok(()) || stored == Err(errno(13)), "{stored:?}");
    Ok(())
}

#[test]
fn many_threads_on_one_engine() -> Test {
    let engine = Engine::shared(Options::new().ram_bytes(8 << 20))?;
    let p = engine.process("p")?;
    let at = p.map(8192)?;
    check_text(&p.load::<u8>(at).unwrap_err(), sys::PAGING_WRONG_STATE);    // no processor runs in it on this thread
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let cpu = engine.processor("worker").unwrap();
                cpu.run(&p).unwrap();
                cpu.pending_wait(0).unwrap();
                for _ in 0..1000 {
                    p.add(at, 1u32).unwrap();
                    cpu.poll().unwrap();
                }
                cpu.rest().unwrap();
            });
        }
    });
    let cpu = engine.processor("main")?;
    cpu.run(&p)?;
    assert_eq!((p.load::<u32>(at)?, FetchWindow::new(&p).fetch::<u8>(at)), (2000, Err(fault(FaultKind::NotAllowed, at))));
    drop(cpu);
    assert_eq!(engine.audit()?, NONE);
    Ok(())
}
