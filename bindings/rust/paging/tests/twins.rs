//! Two worlds side by side, in which every number and object of a call differs: a method that exchanges two arguments, forgets one, or takes
//! the first object of its kind, is wrong in the second world. tools/border.py lists what no test gives.
mod common;

use common::Slots;
use paging::*;
use std::sync::{Arc, Mutex};

type Test = Result<()>;
type Answer<T> = std::result::Result<T, i32>;

const PAGE: u32 = 4096;
const RW: Protection = Protection::READ_WRITE;
const MEGABYTE: u32 = 1 << 20;

fn engines() -> Result<[Engine; 2]> {
    let one = |k: u32| Options::new().ram_bytes((16 + 8 * u64::from(k)) << 20).share_ram(true).huge_pages(1 + k).swap_read_ahead_pages(1);
    Ok([Engine::with(one(0))?, Engine::with(one(1))?])
}

/// A process of each, with sixteen pages at `start_of`.
fn processes(engines: &[Engine; 2]) -> Result<[Process<'_>; 2]> {
    let made = [engines[0].process("first")?, engines[1].process("second")?];
    for k in 0..2 {
        fixed(&made[k as usize], start_of(k), 16)?;
    }
    Ok(made)
}

fn start_of(k: u32) -> u32 {
    0x2000_0000 + (k << 24)
}

fn fixed(process: &Process<'_>, address: u32, pages: u32) -> Result<u32> {
    process.mmap(address, pages * PAGE, RW, MapFlags::PRIVATE | MapFlags::ANONYMOUS | MapFlags::FIXED, -1, 0)
}

/// The world with this number: its engine, its process, and where the sixteen pages are.
macro_rules! both { ($engines:ident, $processes:ident, |$k:ident, $e:ident, $p:ident, $at:ident| $body:block) => {
    for $k in 0..2u32 {
        let ($e, $p, $at) = (&$engines[$k as usize], &$processes[$k as usize], start_of($k));
        let _ = ($e, $p, $at);
        $body
    }
} }

fn kind_of<V: std::fmt::Debug>(result: Result<V>) -> FaultKind {
    match result {
        Err(Error::Fault { kind, .. }) => kind,
        other => panic!("{other:?}"),
    }
}

fn errno_of<V: std::fmt::Debug>(result: Result<V>) -> u32 {
    result.unwrap_err().errno().unwrap() as u32
}

fn rest(k: u32, of_both: &[u64], of_second: u64) -> Vec<u64> {
    of_both.iter().copied().chain((k == 1).then_some(of_second)).collect()
}

/// A backing whose bytes are the numbers of their pages, and a device that answers with its offset.
struct Numbers(u64, u64);
impl Backing for Numbers {
    fn length(&self) -> u64 {
        self.0
    }
    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> Answer<usize> {
        bytes.iter_mut().zip(offset..).for_each(|(byte, at)| *byte = (self.1 + (at >> 12)) as u8);
        Ok(bytes.len())
    }
}
impl Device for Numbers {
    fn load(&mut self, offset: u64, size: u32) -> Answer<u64> {
        Ok((self.1 + offset) & ((1 << (8 * size)) - 1))
    }
    fn store(&mut self, _: u64, _: u32, _: u64) -> Answer<()> {
        Ok(())
    }
}

/// Fills in no more than one byte of what it is asked for; from page 4 on it fails with that errno.
struct Sparse(i32);
impl PageSource for Sparse {
    fn request(&mut self, page: u32, bytes: &mut [u8; 4096]) -> Page {
        bytes[page as usize] = 9;
        Page::Supplied
    }
}
impl Backing for Sparse {
    fn length(&self) -> u64 {
        8 << 12
    }
    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> Answer<usize> {
        if offset >= 4 << 12 {
            return Err(self.0);
        }
        bytes[offset as usize >> 12] = 9;
        Ok(bytes.len())
    }
}

struct Late(u32);
impl PageSource for Late {
    fn request(&mut self, page: u32, _: &mut [u8; 4096]) -> Page {
        if page <= self.0 { Page::Zeros } else { Page::Later }
    }
}

struct Kept(Arc<Mutex<Vec<u8>>>);
impl HostState for Kept {
    fn save(&mut self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
    fn restore(&mut self, state: &[u8]) {
        *self.0.lock().unwrap() = state.to_vec();
    }
}

#[test]
fn engines_and_processes() -> Test {
    let e = engines()?;
    let p = processes(&e)?;
    both!(e, p, |k, engine, process, _at| {
        assert_eq!((engine.machine()?.total, engine.huge_pool(None)?.total), (((16 + 8 * k) << 8) - 1, 1 + i64::from(k)));
        assert_eq!((engine.huge_pool(Some(k))?.total, engine.huge_pool(Some(0))?.total), (i64::from(k), 0));
        assert!(engine.background(1 + k as i32)? <= 1 + i64::from(k) && engine.audit()?.is_empty() && engine.compact()? >= 0);
        engine.sync()?;
        engine.drop_caches()?;
        let (full, mut count) = (engine.process("full")?, 0);
        engine.set_max_map_count(3 + k as i32)?;
        while fixed(&full, 0x3000_0000 + count * 2 * PAGE, 1).is_ok() {
            count += 1;
        }
        assert_eq!(count, 4 + k);
        engine.set_max_map_count(1000 - k as i32)?;
        engine.set_overcommit(Overcommit::Never, 10 + 80 * k)?;
        match fixed(process, 0x3000_0000, 3072) {
            Ok(made) if k == 1 => process.unmap(made, 3072 * PAGE)?,
            refused => assert_eq!((k, errno_of(refused)), (0, sys::PAGING_ENOMEM)),
        }
        engine.set_overcommit([Overcommit::Heuristic, Overcommit::Always][k as usize], 50 + k)?;
        let (child, other) = (process.fork()?, engine.process_with("other", ProcessOptions::new().start_break(0x0900_0000 + (k << 20)))?);
        assert_eq!((child.info()?.parent_id, other.info()?.parent_id), (process.info()?.id, 0));
        child.set_name(["one", "two"][k as usize])?;
        child.set_score(5 - 9 * k as i32)?;
        let status = child.report(ProcessReport::Status)?;
        assert_eq!((child.info()?.out_of_memory_score, status.split_whitespace().nth(1)), (5 - 9 * k as i32, Some(["one", "two"][k as usize])));
        let limits = [Limit::Data, Limit::Stack, Limit::Locked, Limit::Addresses];
        let length = |at: usize| (1u64 << 30) + ((at as u64) << 20) + (u64::from(k) << 13);
        for (at, limit) in limits.into_iter().enumerate() {
            child.set_limit(limit, Some(length(at)))?;
        }
        for (at, limit) in limits.into_iter().enumerate() {
            assert_eq!(child.limit(limit)?, Some(length(at)));
        }
        other.reserve(0x4000_0000 + (k << 20), PAGE << k)?;
        other.reserve(0x4000_0000 + (k << 20) + (PAGE << k), PAGE)?;
        let wanted = 0x0900_0000 + (k << 20) + PAGE * (k + 1);
        assert_eq!((other.brk(0)?, other.brk(wanted)?), (0x0900_0000 + (k << 20), wanted));
        other.set_transparent_policy([TransparentPolicy::Off, TransparentPolicy::OnlyAdvised][k as usize])?;
        other.exit(40 + k as i32)?;
        assert_eq!(other.info()?.exit_code, 40 + k as i32);
        assert!(engine.faults()?.minor >= process.faults()?.minor);
        let report = engine.report([EngineReport::Meminfo, EngineReport::Vmstat][k as usize])?;
        assert!(report.starts_with(["MemTotal:", "nr_free_pages"][k as usize]), "{report}");
    });
    // SAFETY: nothing is written.
    let files = unsafe { (e[0].ram_file()?.try_clone_to_owned().unwrap(), e[1].ram_file()?.try_clone_to_owned().unwrap()) };
    let length = |file| std::fs::File::from(file).metadata().unwrap().len();
    assert_eq!((length(files.0), length(files.1)), (16 << 20, 24 << 20));
    Ok(())
}

#[test]
fn memory_calls() -> Test {
    let e = engines()?;
    let p = processes(&e)?;
    both!(e, p, |k, _engine, process, at| {
        let (n, start) = (k + 2, at + (k + 2) * PAGE);
        assert_eq!((process.touch(start, Access::Write)?, process.touch(start, Access::Read)?), (true, false));
        assert_eq!(process.in_core(start - PAGE, (2 + k) * PAGE)?, [false, true, false][..2 + k as usize]);
        process.protect(start, n * PAGE, Protection::from_bits(k))?;
        let found: Vec<_> = process.areas()?.into_iter().filter(|one| one.start == start).collect();
        assert_eq!((found[0].end - start, found[0].protection), (n * PAGE, Protection::from_bits(k)));
        process.protect(start, n * PAGE, RW)?;
        process.lock(start, n * PAGE, LockFlags::from_bits(k))?;
        assert_eq!((process.usage()?.locked, process.usage()?.resident), (n.into(), if k == 1 { 1 } else { n.into() }));
        process.unlock(start + PAGE, (n - 1) * PAGE)?;
        assert_eq!(process.usage()?.locked, 1);
        process.lock_all(LockAllFlags::from_bits(1 + 4 * k))?;
        assert_eq!(process.usage()?.locked, 16);
        process.unlock_all()?;
        assert_eq!(process.usage()?.locked, 0);
        process.advise(start, n * PAGE, if k == 1 { Advice::DontNeed } else { Advice::Cold })?;
        assert_eq!(process.in_core(start, PAGE)?, [k == 0]);
        let flags = MapFlags::SHARED | MapFlags::ANONYMOUS | MapFlags::FIXED;
        let shared = process.mmap(0x3100_0000 + (k << 24), 4 * PAGE, RW, flags, -1, 0)?;
        for i in 0..4 {
            process.fill(shared + i * PAGE, 4, (i + k) as u8)?;
        }
        process.sync(shared + k * PAGE, PAGE << k, SyncFlags::from_bits(1 + 3 * k))?;
        process.remap_file_pages(shared, PAGE << k, 2 - k, MapFlags::from_bits(0x10000 * k))?;
        assert_eq!(process.load::<u8>(shared)?, 2);
        process.unmap(shared, 4 * PAGE)?;
        fixed(process, shared, 3 + k)?;
        process.fill(shared, 4, 3 + k as u8)?;
        let wanted = shared + MEGABYTE * (1 + k);
        let moved = process.remap(shared, (2 + k) * PAGE, (4 - 2 * k) * PAGE, RemapFlags::MAYMOVE | RemapFlags::FIXED, wanted)?;
        assert_eq!((moved, process.load::<u8>(moved)?), (wanted, 3 + k as u8));
        assert!(process.areas()?.iter().any(|one| (one.start, one.end - one.start) == (moved, (4 - 2 * k) * PAGE)));
        assert_eq!(process.remap(moved, (4 - 2 * k) * PAGE, PAGE, RemapFlags::default(), 0)?, moved);
        process.seal(moved, PAGE >> k)?;
        assert_eq!(errno_of(process.unmap(moved, PAGE)), sys::PAGING_EPERM);
        process.fill(at, 3 * PAGE, 1)?;
        process.clear_refs(ClearRefs::SoftDirty)?;
        process.fill(at + k * PAGE, 1, 1)?;
        let dirty: Vec<u64> = process.pagemap((at >> 12) + k, 1 + k)?.iter().map(|word| word >> 55 & 1).collect();
        assert_eq!(dirty, rest(k, &[1], 0));
        process.clear_refs([ClearRefs::All, ClearRefs::Anonymous][k as usize])?;
        process.protect(at, PAGE, RW | Protection::EXEC)?;
        let value = 0x0102_0304_0506_0708u64 * u64::from(k + 1);
        process.store(at + 8 * k, value)?;
        let (byte, half) = (process.fetch::<u8>(at + 8 * k)?, process.fetch::<u16>(at + 8 * k)?);
        assert_eq!((byte, half, process.fetch::<u32>(at + 8 * k)?, process.fetch::<u64>(at + 8 * k)?), (value as u8, value as u16, value as u32, value));
        let mut code = FetchWindow::new(process);
        assert_eq!((code.fetch::<u16>(at + 8 * k)?, code.fetch::<u8>(at + 8 * k + 1)?), (value as u16, (value >> 8) as u8));
        process.fill(at, 16, 0)?;
        if k == 0 {
            assert_eq!((process.exchange(at, 5u16)?, process.compare_exchange(at, 9u8, 5)?, process.compare_exchange(at, 8u16, 7)?), (0, 5, 9));
            assert_eq!((process.load::<u16>(at)?, process.add(at, 3u16)?), (9, 12));
        } else {
            assert_eq!((process.exchange(at + 8, 6u32)?, process.compare_exchange(at + 8, 9u16, 6)?), (0, 6));
            assert_eq!((process.compare_exchange(at + 8, 8u32, 9)?, process.add(at + 8, 4u32)?, process.load::<u32>(at + 8)?), (9, 12, 12));
            let wide = 0x1_0000_0000u64;
            process.store(at, wide)?;
            assert_eq!((process.compare_exchange(at, 7, wide)?, process.compare_exchange(at, 8, wide + 7)?, process.load::<u64>(at)?), (wide, 7, 7));
        }
        process.advise(at, 16 * PAGE, Advice::DontNeed)?;
        process.resolve_fault(at + (9 + k) * PAGE, 4 + 2 * k)?;
        assert_eq!(process.own_pages((at >> 12) + 9 + k, 1 + k)?, [k == 1, false][..1 + k as usize]);
        let mut bytes = [9; 3];
        process.write(at + 5 * PAGE - 1 - k, &[1, 2, 3][..2 + k as usize])?;
        process.read(at + 5 * PAGE - 1 - k, &mut bytes[..2 + k as usize])?;
        assert_eq!(bytes, [1, 2, [9, 3][k as usize]]);
        assert!(!process.report([ProcessReport::Statm, ProcessReport::Smaps][k as usize])?.is_empty() && process.faults()?.anonymous > 0);
    });
    Ok(())
}

/// Every access of every length that reaches from one page into the next, both of which are hits: the halves are where they belong.
#[test]
fn accesses_over_the_end_of_a_page() -> Test {
    let e = engines()?;
    let p = processes(&e)?;
    fn check<V: Value + PartialEq + std::fmt::Debug>(process: &Process<'_>, end: u32, value: V) -> Test {
        let size = std::mem::size_of::<V>() as u32;
        for before in 0..=size {
            let at = end - before;
            process.fill(end - 16, 32, 0xee)?;
            process.store(at, value)?;
            assert_eq!(process.load::<V>(at)?, value);
            let mut bytes = [0; 32];
            process.read(end - 16, &mut bytes)?;
            let start = 16 - before as usize;
            assert_eq!(bytes.iter().filter(|byte| **byte == 0xee).count(), 32 - size as usize, "{before} of {size} bytes before the end");
            assert!(bytes[start..start + size as usize].iter().all(|byte| *byte != 0xee));
        }
        Ok(())
    }
    both!(e, p, |k, _engine, process, at| {
        for page in 0..16 {
            process.store(at + page * PAGE, 1u8)?;
        }
        process.remap(at + (3 - k) * PAGE, PAGE, PAGE, RemapFlags::MAYMOVE | RemapFlags::FIXED, at + (9 + k) * PAGE)?;    // frames in another order
        fixed(process, at + (3 - k) * PAGE, 1)?;
        process.store(at + (3 - k) * PAGE, 1u8)?;
        for page in 1..16 {
            check(process, at + page * PAGE, 0x11u8)?;
            check(process, at + page * PAGE, 0x2211u16)?;
            check(process, at + page * PAGE, 0x4433_2211u32)?;
            check(process, at + page * PAGE, 0x0807_0605_0403_0201u64)?;
        }
    });
    Ok(())
}

#[test]
fn files_and_descriptors() -> Test {
    let e = engines()?;
    let p = processes(&e)?;
    let folder = std::env::temp_dir().join(format!("paging-twins-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    both!(e, p, |k, engine, process, at| {
        let (i, wide) = (k as usize, i64::from(k));
        let file = engine.file(["f", "g"][i], 100 + u64::from(k))?;
        let mut bytes = [0; 4];
        assert_eq!((file.length()?, file.write(20 + 7 * wide, b"0123456789")?, file.read(22 + 7 * wide, &mut bytes[..3 + i])?), (100 + wide, 10, 3 + i));
        assert_eq!(bytes[..3 + i], b"2345"[..3 + i]);
        let sealed = engine.file("sealed", PAGE.into())?;
        sealed.add_seals(Seals::from_bits(2 << k))?;
        assert_eq!(errno_of(sealed.set_length([1, 2 * PAGE][i].into())), sys::PAGING_EPERM);
        file.set_length(90 + u64::from(k))?;
        assert_eq!(file.length()?, 90 + wide);
        file.set_length(100 + u64::from(k))?;
        let rights = [Rights::READ, Rights::READ_WRITE][i];
        let backed = engine.backed_file("b", Numbers(u64::from((3 + k) * PAGE), 10), rights)?;
        assert_eq!((backed.length()?, backed.read(PAGE.into(), &mut bytes[..1])?, bytes[0]), (i64::from((3 + k) * PAGE), 1, 11));
        let device = engine.device("d", Numbers(0, 20), u64::from((1 + k) * PAGE))?;
        let d = device.open(process, Rights::READ, OpenFlags::default())?;
        let shown = process.mmap(0, PAGE, Protection::READ, MapFlags::SHARED, d, u64::from(k * PAGE))?;
        assert_eq!(process.load::<u16>(shown + 8)?, (28 + k * PAGE) as u16);
        let (host, memory) = engine.host_memory("m", 1 + k, rights)?;
        memory.write((k * PAGE) as usize, &[5 + k as u8]);
        let d = host.open(process, Rights::READ, OpenFlags::default())?;
        let shown = process.mmap(0, PAGE, Protection::READ, MapFlags::SHARED, d, (k * PAGE).into())?;
        assert_eq!((host.length()?, process.load::<u8>(shown)?), (i64::from((1 + k) * PAGE), 5 + k as u8));
        let contents = [vec![0; (PAGE * k) as usize], vec![6 + k as u8; PAGE as usize]].concat();
        let rom = engine.rom("r", &contents)?.open(process, Rights::READ, OpenFlags::default())?;
        let shown = process.mmap(0, PAGE, Protection::READ, MapFlags::SHARED, rom, (k * PAGE).into())?;
        assert_eq!(process.load::<u8>(shown)?, 6 + k as u8);
        let path = folder.join(format!("host{k}"));
        let on_host = engine.host_file(&path, Rights::READ_WRITE, true)?;
        assert_eq!(on_host.write(0, &b"kept!"[..4 + i])?, 4 + i);
        engine.sync()?;
        drop(on_host);
        assert_eq!(std::fs::read(&path).unwrap(), b"kept!"[..4 + i]);
        let on_host = engine.host_file(&path, rights, false)?;
        assert_eq!(on_host.length()?, 4 + wide);
        for one in [&backed, &host, &on_host] {
            match one.open(process, Rights::WRITE, OpenFlags::default()) {
                Ok(descriptor) if k == 1 => process.close_descriptor(descriptor)?,
                refused => assert_eq!((k, errno_of(refused)), (0, sys::PAGING_EACCES)),
            }
        }
        let before = process.memfd("number", MemfdFlags::default())?;
        process.close_descriptor(before)?;
        assert_eq!(process.map_file(&host, (1 + k) * PAGE).map(|start| process.store(start, 1u8).is_ok()), Ok(k == 1));
        assert_eq!((errno_of(process.map_file(&file, 0)), errno_of(process.map_file(&host, 0))), (sys::PAGING_EINVAL, sys::PAGING_EINVAL));
        let after = process.memfd("number", MemfdFlags::default())?;
        process.close_descriptor(after)?;
        assert_eq!(after, before);    // also a mapping that is refused has closed its descriptor
        let descriptor = file.open(process, Rights::READ_WRITE, OpenFlags::from_bits(1024 * k))?;
        assert_eq!(process.write_from(descriptor, at, 4)?, 4);
        assert_eq!(process.file_length(descriptor)?, 100 + 5 * wide);
        process.close_descriptor(descriptor)?;
        process.close_descriptor(engine.directory("d")?.open(process, Rights::READ, OpenFlags::default())?)?;
        let mut first = Vec::new();
        for one in 0..2 + k {
            first.push(process.memfd("x", MemfdFlags::from_bits(if one == 0 { 2 * k } else { 0 }))?);
        }
        let d = first[1 + i];
        assert_eq!((process.pwrite(d, &b"0123456789a"[..10 + i], 100 + wide)?, process.file_length(d)?, process.file_length(first[0])?), (10 + i, 110 + 2 * wide, 0));
        assert_eq!((process.pread(d, &mut bytes[..3 + i], 103 + wide)?, process.seek(d, 101 + wide, Whence::Start)?), (3 + i, 101 + wide));
        assert_eq!(bytes[..3 + i], b"3456"[..3 + i]);
        assert_eq!((process.read_to(d, at + 64 * k, 3 + k)?, process.load::<u8>(at + 64 * k + 2 + k)?), (3 + wide, b"34"[i]));
        assert_eq!((process.seek(d, wide, Whence::Current)?, process.write_from(d, at + 64 * k, 2 + k)?, process.seek(d, -1 - wide, Whence::End)?),
            (104 + 3 * wide, 2 + wide, 109 + wide));
        process.truncate(d, 50 + wide)?;
        process.fsync(d)?;
        process.allocate(d, AllocateFlags::from_bits(k), i64::from((3 + k) * PAGE), i64::from(PAGE + k))?;
        assert_eq!(process.file_length(d)?, [4 * i64::from(PAGE), 51][i]);
        process.truncate(d, 8 * i64::from(PAGE))?;
        process.pwrite(d, b"abcd", ((2 + k) * PAGE).into())?;
        process.pwrite(d, b"abcd", (6 * PAGE).into())?;
        process.punch(d, ((2 + k) * PAGE).into(), ((2 - k) * PAGE).into())?;
        process.pread(d, &mut bytes[..1], ((2 + k) * PAGE).into())?;
        process.pread(d, &mut bytes[1..2], (6 * PAGE).into())?;
        assert_eq!(bytes[..2], *b"\0a");
        process.advise_file(d, ((1 + k) * PAGE).into(), ((2 - k) * PAGE).into(), [FileAdvice::Random, FileAdvice::Sequential][i])?;
        let sparse = engine.pager("sparse", 4, Sparse(0))?;    // what a callback leaves alone is zeros, and nothing of another page
        let (d, mut page) = (sparse.open(process, Rights::READ, OpenFlags::default())?, [1; 4096]);
        let start = process.mmap(0, 4 * PAGE, Protection::READ, MapFlags::PRIVATE, d, 0)?;
        process.close_descriptor(d)?;
        for number in 0..4 {
            process.read(start + number * PAGE, &mut page)?;
            assert_eq!((page.iter().map(|byte| u32::from(*byte)).sum::<u32>(), page[number as usize]), (9, 9));
        }
        for (given, seen) in [(1, 1), (133, 133), (134, 5), (4096, 5), (0, 5), (-1, 5), (i32::MIN, 5)] {    // Linux has 133
            let failing = engine.backed_file("failing", Sparse(given), Rights::READ)?;
            assert_eq!((failing.read(0, &mut page[..1])?, errno_of(failing.read(i64::from(4 * PAGE), &mut page[..1]))), (1, seen));
        }
        let pager = engine.pager("p", 4 + k, Late(k))?;
        let d = pager.open(process, Rights::READ, OpenFlags::default())?;
        let start = process.mmap(0, (4 + k) * PAGE, Protection::READ, MapFlags::PRIVATE, d, 0)?;
        for page in 1 + k..4 + k {
            assert_eq!(kind_of(process.load::<u8>(start + page * PAGE)), FaultKind::Pending);
        }
        let mut asked = Vec::new();
        while let Some(page) = pager.next_request()? {
            asked.push(page);
        }
        assert_eq!((pager.pending()?, asked), (3, (1 + k..4 + k).collect()));
        pager.supply(1 + k, Some(&[70 + k as u8; 4096]))?;
        pager.fail(2 + k)?;
        assert_eq!(kind_of(process.load::<u8>(start + (2 + k) * PAGE)), FaultKind::BusError);
        assert_eq!((process.load::<u8>(start + (1 + k) * PAGE)?, pager.pending()?), (70 + k as u8, 1));
        pager.supply(3 + k, None)?;
        assert_eq!(process.load::<u8>(start + (3 + k) * PAGE)?, 0);
    });
    std::fs::remove_dir_all(&folder).unwrap();
    Ok(())
}

#[test]
fn ledgers() -> Test {
    let e = engines()?;
    let p = processes(&e)?;
    let ledgers = [e[0].ledger("desktop-2009", 2)?, e[1].ledger("server-2025", 3)?];
    both!(e, p, |k, engine, process, at| {
        let (ledger, other) = (&ledgers[k as usize], engine.process("other")?);
        process.fill(at, 8 * PAGE, 1)?;
        ledger.observe(process, at + k * PAGE, 4 + k, 0, [Access::Read, Access::Write][k as usize], k)?;
        let user = ledger.times(Some(process))?.user;
        ledger.observe(process, at, 64 + 8 * k, 4 << k, Access::Read, 1 - k)?;
        assert_eq!(ledger.times(Some(process))?.user, user * [17, 10][k as usize]);
        let rights = [Rights::READ, Rights::READ_WRITE][k as usize];
        let file = ledger.backed_file("f", Numbers(u64::from((300 + k) * PAGE), 0), rights)?;
        let descriptor = file.open(process, Rights::READ, OpenFlags::default())?;
        process.pread(descriptor, &mut [0], ((100 + k) * PAGE).into())?;
        ledger.end_read(&other, &file, ((200 + k) * PAGE).into(), 1 + k, 1 - k)?;
        ledger.end_read(process, &file, ((100 + k) * PAGE).into(), 1 + k, k)?;
        assert!(ledger.times(Some(&other))?.wait_for_file == 0 && ledger.times(Some(process))?.wait_for_file > 0);
        let before = ledger.times(Some(process))?;
        ledger.end_call(process, PAGE << k, 1 - k)?;
        let after = ledger.times(Some(process))?;
        assert!(after.copies > before.copies && after.call_count == before.call_count + 1);
        let child = process.fork()?;
        ledger.end_call(&child, 0, 0)?;
        let before = ledger.times(Some(process))?.system_calls;
        ledger.end_fork(process, &child, 1 - k)?;
        let full = ledger.times(Some(process))?.system_calls - before;
        ledger.end_fork(process, &other, k)?;
        assert!(ledger.times(Some(process))?.system_calls - before - full < full);
        assert_eq!((ledger.times(Some(&child))?.call_count, ledger.times(Some(process))?.call_count), (1, after.call_count + 2));
        ledger.end_background()?;
        assert!(ledger.clock()?.end >= ledger.clock()?.now && ledger.report()?.contains(["desktop", "server"][k as usize]));
        let total = engine.machine()?.swap_total;
        let added = || Ok::<_, Error>(engine.machine()?.swap_total - total);
        let swaps = [
            (ledger.swap_on("s", Slots::default(), 40 + k)?, i64::from(40 + k)),
            (ledger.swap_on_memory(u64::from(1 + k) << 20)?, 256 << k),
            (engine.swap_on("t", Slots::default(), 50 + k)?, i64::from(50 + k)),
            (engine.swap_on_memory(u64::from(1 + k) << 20)?, 256 << k),
        ];
        let mut left: i64 = swaps.iter().map(|(_, slots)| slots).sum();
        assert_eq!(added()?, left);
        for (device, slots) in swaps {
            device.off()?;
            left -= slots;
            assert_eq!(added()?, left);
        }
    });
    Ok(())
}

#[test]
fn snapshots_and_images() -> Test {
    const AT: u32 = 0x3c00_0000;
    let e = engines()?;
    let p = processes(&e)?;
    let folder = std::env::temp_dir().join(format!("paging-twin-images-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let states = [0, 1].map(|k: usize| Arc::new(Mutex::new(b"registers"[..5 + k].to_vec())));
    let (mut one, mut whole) = (Vec::new(), Vec::new());
    both!(e, p, |k, engine, process, _at| {
        process.set_host_state(Some(Box::new(Kept(states[k as usize].clone()))))?;
        fixed(process, AT, 1 + k)?;
        process.fill(AT, 1, 90 + k as u8)?;
        one.push(process.snapshot()?);
        whole.push(engine.snapshot()?);
    });
    both!(e, p, |k, engine, process, _at| {
        let (one, whole, state) = (&one[k as usize], &whole[k as usize], &states[k as usize]);
        process.fill(AT, (1 + k) * PAGE, 1)?;
        assert_eq!((one.dirty_pages()?, one.is_valid()?, whole.is_valid()?), (1 + i64::from(k), true, true));
        *state.lock().unwrap() = b"later".to_vec();
        one.keep_written(k == 1)?;
        one.restore()?;
        assert_eq!((process.load::<u8>(AT)?, &state.lock().unwrap()[..]), (90 + k as u8, &b"registers"[..5 + k as usize]));
        let path = folder.join(format!("saved{k}"));
        one.save(&path)?;
        let mut made = vec![engine.load(&path)?, engine.load_bytes(&one.save_bytes()?)?];
        whole.save(&path)?;
        made.extend(engine.load_all(&path)?);
        made.extend(engine.load_all_bytes(&whole.save_bytes()?)?);
        for (image, of_engine) in [(one.image()?, false), (whole.image()?, true)] {
            image.save(&path)?;
            for opened in [&image, &unsafe { Image::open(&path, of_engine) }?] {
                assert!(opened.pages()? > 0 && opened.processes()? == 1);
                if of_engine {
                    made.extend(engine.clone_processes(opened)?);
                } else {
                    made.push(engine.clone_process(opened)?);
                }
            }
        }
        for clone in &made {
            assert_eq!(clone.load::<u8>(AT)?, 90 + k as u8);
        }
        assert_eq!((made.len(), engine.machine()?.process_count), (8, 9));
        let threads = [CoreThread { id: 7 + k as i32, registers: [1; 17] }, CoreThread { id: 9, registers: [2; 17] }];
        process.write_core(&path, &threads[..1 + k as usize], 11 - 5 * k as i32)?;
        let found: Vec<i32> = Image::from_core(&path, None)?.threads()?.iter().map(|thread| thread.id).collect();
        assert_eq!(found, [7 + k as i32, 9][..1 + k as usize]);
    });
    let spacings = |k: u32| [(1, 2 + k), (2, 1)];
    let mut rewinds = Vec::new();
    both!(e, p, |k, engine, process, _at| {
        rewinds.push((process.rewind(u64::from(1 + k) << 20, &spacings(k)[..1 + k as usize])?,
            engine.rewind(u64::from(2 + k) << 20, &spacings(k)[..2 - k as usize])?));
    });
    for i in 0..5 {
        both!(e, p, |k, _engine, process, _at| {
            process.fill(AT, 1, (10 * k + i) as u8)?;
            let (of_one, of_all) = &rewinds[k as usize];
            assert_eq!((of_one.record()?, of_all.record()?), (i.into(), i.into()));
        });
    }
    both!(e, p, |k, _engine, process, _at| {
        let (of_one, of_all) = &rewinds[k as usize];
        assert_eq!((of_one.find(3 + i64::from(k))?, of_one.find(100 + i64::from(k))?), (Some(3 + i64::from(k)), Some(4)));
        assert_eq!((of_one.find(-1)?, of_all.find(i64::MIN)?), (None, None));
        of_one.restore(4 - i64::from(k))?;
        let info = of_one.info()?;
        assert_eq!((process.load::<u8>(AT)?, info.current, info.previous), (4 + 9 * k as u8, 4 - i64::from(k), 3 - i64::from(k)));
        assert_eq!((of_all.find(3 + i64::from(k))?, of_all.find(100 + i64::from(k))?), (Some(3 + i64::from(k)), Some(4)));
        of_all.restore(4 - i64::from(k))?;
        assert_eq!((process.load::<u8>(AT)?, of_all.info()?.current), (4 + 9 * k as u8, 4 - i64::from(k)));
    });
    both!(e, p, |k, engine, _process, _at| {
        let holder = engine.process("names")?;
        for i in 0..3 {
            holder.mmap(0x4000_0000 + i * 2 * PAGE, PAGE, RW, MapFlags::SHARED | MapFlags::ANONYMOUS | MapFlags::FIXED, -1, 0)?;
        }
        let (memory, snapshot, asked) = (engine.file("m", PAGE.into())?, holder.snapshot()?, std::cell::RefCell::new(Vec::new()));
        snapshot.name(holder.areas()?[1 + k as usize].object, Some(["one", "two"][k as usize]))?;
        memory.write(0, b"memory")?;
        let find = |name: &str| { asked.borrow_mut().push(name.to_owned()); Some(&memory) };
        let loaded = engine.load_bytes_with(&snapshot.save_bytes()?, find)?;
        let found: Vec<u8> = (0..3).map(|i| loaded.load::<u8>(0x4000_0000 + i * 2 * PAGE)).collect::<Result<_>>()?;
        assert_eq!((asked.into_inner(), found), (vec![["one", "two"][k as usize].to_owned()], vec![0, [109, 0][k as usize], [0, 109][k as usize]]));
    });
    let mut parents = Vec::new();
    both!(e, p, |k, engine, process, at| {
        process.fill(at, 4 * PAGE, 1 + k as u8)?;
        let parent = process.snapshot()?.image()?;
        let clone = engine.clone_process(&parent)?;
        clone.fill(at, (1 + k) * PAGE, 20 + k as u8)?;
        let delta = clone.snapshot()?.delta(&parent)?;
        assert_eq!(delta.own_pages()?, 1 + i64::from(k));
        assert!(delta.hash()? != parent.hash()? && parent.own_pages()? >= 4);
        delta.save(folder.join(format!("delta{k}")))?;
        parents.push(parent);
    });
    both!(e, p, |k, engine, _process, at| {
        let path = folder.join(format!("delta{k}"));
        assert_eq!(unsafe { Image::open_delta(&path, &parents[1 - k as usize]) }.err().unwrap().errno(), Some(sys::PAGING_EINVAL as i32));
        let opened = unsafe { Image::open_delta(&path, &parents[k as usize]) }?;
        opened.save_whole(folder.join("whole"))?;
        for image in [&opened, &unsafe { Image::open(folder.join("whole"), false) }?] {
            let clone = engine.clone_process(image)?;
            assert_eq!((clone.load::<u8>(at)?, clone.load::<u8>(at + 3 * PAGE)?), (20 + k as u8, 1 + k as u8));
        }
    });
    std::fs::remove_dir_all(&folder).unwrap();
    Ok(())
}

#[test]
fn observers() -> Test {
    let e = engines()?;
    let p = processes(&e)?;
    let mut logs = Vec::new();
    both!(e, p, |k, engine, process, _at| {
        logs.push((process.dirty_log()?, engine.dirty_log()?, engine.record_events(4 + k)?));
    });
    both!(e, p, |k, engine, process, at| {
        let (log, frames, events) = &logs[k as usize];
        let pages: Vec<u32> = (0..1 + k).map(|i| (at >> 12) + 2 + i).collect();
        for page in &pages {
            process.fill(page << 12, 1, 7)?;
        }
        assert_eq!((log.count()?, log.collect()?, frames.count()?, frames.collect()?.len()), (1 + i64::from(k), pages.clone(), 1 + i64::from(k), 1 + k as usize));
        let seen: Vec<u32> = events.drain()?.iter().filter(|one| one.kind == EventKind::MinorFault).map(|one| one.first_page).collect();
        assert_eq!(seen, pages);
        for _ in 0..12 {
            process.advise(at, PAGE, Advice::DontNeed)?;
            process.touch(at, Access::Write)?;
        }
        assert!(events.count()? == 4 + i64::from(k) && events.lost()? > 0);
        let pin = process.pin_mut(at + (2 + k) * PAGE, 3 + k)?;
        pin.write(k.into(), &[40 + k as u8])?;
        let mut bytes = [0; 2];
        process.pin(at + (2 + k) * PAGE + k, 1 + k)?.read(0, &mut bytes[..1])?;
        let flat = process.flat_view(at + k * PAGE, u64::from((4 + k) * PAGE))?;
        flat.read((2 * PAGE + k) as usize, &mut bytes[1..]);
        assert_eq!((process.load::<u8>(at + (2 + k) * PAGE + k)?, bytes, flat.length()), (40 + k as u8, [40 + k as u8; 2], ((4 + k) * PAGE) as usize));
        process.advise(at, PAGE, Advice::DontNeed)?;
        flat.refresh()?;
        assert!(flat.is_current()?);
        let (shadow, start) = (process.shadow()?, at + 2 * PAGE);
        shadow.mark(start + 50 * k + 50, 10 + 7 * k, [ByteState::Uninitialized, ByteState::Unaddressable][k as usize])?;
        let mut marked = Vec::new();
        for i in 0..200 {
            if shadow.state(start + i)? != ByteState::Good {
                marked.push(i);
            }
        }
        assert_eq!(marked, (50 + 50 * k..60 + 57 * k).collect::<Vec<_>>());
        assert_eq!((shadow.find(start + k, 120 + k, k == 0)?, shadow.find(start, 50 + k, true)?), (Some(start + 50 + 50 * k), None));
        shadow.set(k == 1, k == 0)?;
        assert_eq!(process.load::<u8>(start + 50 + 50 * k)?, 0);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        let watch = process.watch(at + PAGE + 10 * k, 2 + k, Accesses::from_bits(1 + k), move |access| {
            kept.lock().unwrap().push((access.address, access.access));
            Ok(())
        })?;
        for i in 0..20 {
            process.load::<u8>(at + PAGE + i)?;
            process.store(at + PAGE + i, 1u8)?;
        }
        let kind = [Access::Read, Access::Write][k as usize];
        assert_eq!(*seen.lock().unwrap(), (0..2 + k).map(|i| (at + PAGE + 10 * k + i, kind)).collect::<Vec<_>>());
        drop(watch);
        let swap = engine.swap_on_memory(u64::from(1 + k) << 20)?;
        engine.group("plain", Some(30 + u64::from(k)))?.remove()?;
        for form in 0..4 {
            let options = |frames| GroupOptions {
                limit_frames: Some(frames), excludes_tables: form == 0 && k == 1, kills: form == 1,
                policy: (form == 2).then(|| PolicyChoice::Named(["LRU", "fifo"][k as usize].into())), ..Default::default()
            };
            let group = engine.group_with(["g", "h"][k as usize], options(20 + u64::from(k)))?;
            for limit in [20 + u64::from(k), 15 + u64::from(k)] {
                if limit != 20 + u64::from(k) {
                    group.set_limit(Some(limit))?;
                }
                let member = engine.process_with("m", ProcessOptions::new().group(&group))?;
                member.fill(fixed(&member, at, 64)?, 64 * PAGE, 1)?;
                let resident = member.usage()?.resident as u64;
                assert!(limit - 8 < resident && resident <= limit, "{resident} of {limit}");
            }
            group.remove()?;
            let group = engine.group_with("none", options(0))?;
            let member = engine.process_with("m", ProcessOptions::new().group(&group));
            assert!(member.and_then(|member| { let at = fixed(&member, at, 1)?; member.store(at, 1u8) }).is_err());
        }
        swap.off()?;
    });
    Ok(())
}

/// What a policy was told, in order: a letter for each call, and the slot or the last digits of the page.
struct Told(Arc<Mutex<Vec<(char, u64)>>>, Vec<i32>);
impl Told {
    fn note(&self, letter: char, number: u64) {
        self.0.lock().unwrap().push((letter, number));
    }
}
impl Policy for Told {
    fn begin(&mut self, frames: u32) {
        self.note('b', frames.into());
    }
    fn missed(&mut self, page: u64) {
        self.note('m', page & 15);
    }
    fn loaded(&mut self, slot: i32, page: u64) {
        self.note('l', (slot as u64) << 8 | page & 15);
        self.1.push(slot);
    }
    fn hit(&mut self, slot: i32) {
        self.note('h', slot as u64);
    }
    fn find_victim(&mut self, bits: &PageBits<'_>) -> Option<i32> {
        let slot = self.1[0];
        self.note(if bits.is_dirty(slot) { 'd' } else { 'c' }, slot as u64);
        Some(slot)
    }
    fn evicted(&mut self, slot: i32, page: u64) {
        self.note('e', (slot as u64) << 8 | page & 15);
        self.1.retain(|one| *one != slot);
    }
    fn removed(&mut self, slot: i32) {
        self.note('r', slot as u64);
        self.1.retain(|one| *one != slot);
    }
}

/// Every function of a policy, with a slot and a page of its own; accesses are told only where they are asked for.
#[test]
fn policies() -> Test {
    let e = engines()?;
    let p = processes(&e)?;
    both!(e, p, |k, engine, _process, at| {
        let told = Arc::new(Mutex::new(Vec::new()));
        let swap = engine.swap_on("s", Slots::default(), 64)?;
        let options = GroupOptions {
            limit_frames: Some(2 + u64::from(k)), excludes_tables: true, every_access: k == 1,
            policy: Some(PolicyChoice::Own(Box::new(Told(told.clone(), Vec::new())))), ..Default::default()
        };
        let group = engine.group_with("g", options)?;
        let member = engine.process_with("m", ProcessOptions::new().group(&group))?;
        fixed(&member, at, 8)?;
        let take = || std::mem::take(&mut *told.lock().unwrap());
        for page in 0..2 + k {
            member.store(at + page * PAGE, 1u8)?;
        }
        let first = take();
        assert_eq!(first[0], ('b', 2 + u64::from(k)));
        let of = |letter: char, said: &[(char, u64)]| said.iter().filter(|one| one.0 == letter).map(|one| one.1).collect::<Vec<_>>();
        assert_eq!(of('l', &first), (0..2 + u64::from(k)).map(|slot| slot << 8 | slot).collect::<Vec<_>>());
        assert_eq!(of('m', &first).len(), 2 + k as usize);
        for _ in 0..3 {
            member.load::<u8>(at + PAGE)?;
        }
        assert_eq!(of('h', &take()), vec![1u64; [0, 3][k as usize]]);
        member.store(at + 5 * PAGE, 1u8)?;
        let said = take();
        assert_eq!((of('d', &said), of('e', &said), of('l', &said)), (vec![0], vec![0], vec![5]));
        member.unmap(at + PAGE, PAGE)?;
        assert_eq!(of('r', &take()), [1]);
        assert_eq!(member.load::<u8>(at)?, 1);    // from its slot
        drop(member);
        group.remove()?;
        swap.off()?;
        assert!(engine.audit()?.is_empty());
    });
    Ok(())
}

#[test]
fn userfaultfds() -> Test {
    use UserfaultModes as Modes;
    let e = engines()?;
    let p = processes(&e)?;
    let features = UserfaultFeatures::WRITE_PROTECTION | UserfaultFeatures::POISON | UserfaultFeatures::MOVE
        | UserfaultFeatures::MINOR_SHARED | UserfaultFeatures::MISSING_SHARED;
    let all = [features, features | UserfaultFeatures::EXACT_ADDRESS];
    let uffds = [p[0].userfaultfd(all[0], false)?, p[1].userfaultfd(all[1], true)?];
    both!(e, p, |k, _engine, process, at| {
        let (uffd, n, i) = (&uffds[k as usize], 1 + k, k as usize);
        let far = fixed(process, 0x5000_0000 + (k << 24), 16 + k)?;
        let of = |page: u32| far + page * PAGE;
        let length = |pages: u32| u64::from(pages * PAGE);
        let (none, quiet, protecting) = (FillFlags::default(), FillFlags::DONT_WAKE, FillFlags::WRITE_PROTECT);
        uffd.register(far, length(16 + k), Modes::from_bits(1 + 2 * k))?;
        assert_eq!(kind_of(process.touch(of(k) + 5, [Access::Write, Access::Read][i])), FaultKind::Pending);
        let message = uffd.read()?.unwrap();
        assert_eq!((message.address, message.is_write), (of(k) + 5 * k, k == 0));
        uffd.copy(of(k), &vec![60 + k as u8; (n * PAGE) as usize], [none, protecting][i])?;
        uffd.wake(of(k), length(n))?;
        assert_eq!(process.load::<u8>(of(k))?, 60 + k as u8);
        uffd.zero(of(4 + k), length(n), [none, quiet][i])?;
        uffd.poison(of(8 + k), length(n), [none, quiet][i])?;
        assert_eq!((process.in_core(of(4), 4 * PAGE)?, process.load::<u32>(of(4 + k))?), (vec![k == 0, k == 1, k == 1, false], 0));
        for page in 0..n {
            assert_eq!(kind_of(process.load::<u8>(of(8 + k + page))), FaultKind::BusError);
        }
        process.fill(at + k * PAGE, PAGE, 80 + k as u8)?;
        uffd.move_pages(of(11 + k), at + k * PAGE, length(n), k == 1, [quiet, none][i])?;
        assert_eq!((process.load::<u8>(of(11 + k))?, process.load::<u8>(at + k * PAGE)?), (80 + k as u8, 0));
        let guarded = fixed(process, far + 2 * MEGABYTE, 4)?;
        uffd.register(guarded, length(4 - k), Modes::WRITE_PROTECT)?;
        for page in 0..3 {
            process.touch(guarded + page * PAGE, Access::Write)?;
        }
        uffd.write_protect(guarded, length(2 + k), true, none)?;
        uffd.write_protect(guarded + k * PAGE, length(1), false, [none, quiet][i])?;
        let protected: Vec<u32> = (0..3).filter(|page| process.touch(guarded + page * PAGE, Access::Write).is_err()).collect();
        assert_eq!(protected, [vec![1], vec![0, 2]][i]);
        let descriptor = process.memfd("m", MemfdFlags::default())?;
        process.pwrite(descriptor, &vec![50 + k as u8; 2 * PAGE as usize], 0)?;
        let shared = process.mmap(far + 4 * MEGABYTE, 2 * PAGE, RW, MapFlags::SHARED | MapFlags::FIXED, descriptor, 0)?;
        uffd.register(shared, length(2), Modes::MINOR)?;
        uffd.proceed(shared, length(n), [none, quiet][i])?;
        assert_eq!(process.load::<u8>(shared + k * PAGE)?, 50 + k as u8);
        uffd.unregister(far, length(16 + k))?;
        assert!(process.touch(of(15 + k), Access::Write)?);
    });
    Ok(())
}

#[test]
fn threads_and_traces() -> Test {
    for k in 0..2u32 {
        let engine = Engine::shared(Options::new().ram_bytes(8 << 20))?;
        let processes = [engine.process("p")?, engine.process("o")?];
        let flags = MapFlags::PRIVATE | MapFlags::ANONYMOUS | MapFlags::FIXED;
        for process in &processes {
            process.mmap(0x2000_0000, PAGE, RW, flags, -1, 0)?;
        }
        let (here, there) = (&processes[k as usize], &processes[1 - k as usize]);
        let processor = engine.processor(["t", "u"][k as usize])?;
        processor.run(here)?;
        here.store(0x2000_0000, 5 + k)?;
        assert!(matches!(there.store(0x2000_0000, 1u8), Err(Error::Misuse { code: sys::PAGING_WRONG_STATE, .. })));
        processor.poll()?;
        processor.pending_wait(1 + 2 * k)?;
        processor.rest()?;
        processor.run(there)?;
        assert_eq!(there.load::<u32>(0x2000_0000)?, 0);
    }
    let path = std::env::temp_dir().join(format!("paging-twin-trace-{}", std::process::id()));
    std::fs::write(&path, (0..6).map(|i| format!("{:x}000\n", 1 + i % 3)).collect::<String>()).unwrap();
    for (policy, frames, of_file, of_list, list) in [("LRU", 2, 6, 4, &[1, 2, 3, 1][..]), ("FIFO", 3, 3, 2, &[1, 2, 1])] {
        assert_eq!(replay_file(policy, frames, &path)?.misses, of_file);
        assert_eq!(replay(policy, frames, list.iter().map(|page| (*page, false)))?.misses, of_list);
    }
    std::fs::remove_file(&path).unwrap();
    Ok(())
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
#[test]
fn windows() -> Test {
    let e = engines()?;
    let p = processes(&e)?;
    let windows = [p[0].window()?, p[1].window()?];
    both!(e, p, |k, _engine, process, at| {
        let (window, here) = (&windows[k as usize], at + (3 + k) * PAGE);
        process.store(here, 1 + k as u8)?;
        // SAFETY: the page is in RAM, and the window shows it once it says so.
        let shown = unsafe { window.base().add(here as usize) };
        assert_eq!(window.fault(shown.cast(), [Access::Read, Access::Write][k as usize])?, (WindowOutcome::Shown, None));
        assert_eq!((unsafe { shown.read_volatile() }, window.mappings()? > 1), (1 + k as u8, true));
        let refused = window.fault(unsafe { window.base().add(16 * k as usize) }.cast(), Access::Write)?;
        assert_eq!(refused, (WindowOutcome::Refused, Some((FaultKind::NotMapped, 16 * k))));
    });
    Ok(())
}
