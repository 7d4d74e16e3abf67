//! A snapshot loop, faults, misuse, and a device through `sys`. objects.rs has the rest.
use paging::{sys, Engine, Error, FaultKind, MapFlags, Options, Protection};
use std::ffi::c_void;

const NONE: Vec<String> = Vec::new();

#[test]
fn inputs_run_from_a_snapshot() -> Result<(), Error> {
    let engine = Engine::with(Options::new().ram_bytes(16 << 20))?;
    let process = engine.process("target")?;
    let at = process.map(64 * 4096)?;
    for page in 0..64u32 {
        process.store(at + page * 4096, page)?;
    }
    let start = process.snapshot()?;
    for input in 0..1000u32 {
        process.store(at + input % 64 * 4096, !input)?;
        assert_eq!(start.dirty_pages()?, 1);
        start.restore()?;
        assert_eq!(process.load::<u32>(at + input % 64 * 4096)?, input % 64);
    }
    assert_eq!(engine.audit()?, NONE);
    Ok(())
}

#[test]
fn refusals_are_values() -> Result<(), Error> {
    let engine = Engine::new()?;
    let process = engine.process("p")?;
    let at = process.map(4096)?;
    process.write(at + 4090, b"hello!")?;
    assert_eq!(process.write(at + 4090, b"hello, world"), Err(Error::Fault { kind: FaultKind::NotMapped, address: at + 4096 }));
    assert_eq!(process.load::<u64>(at + 4092), Err(Error::Fault { kind: FaultKind::NotMapped, address: at + 4096 }));
    process.protect(at, 4096, Protection::READ)?;
    assert_eq!(process.store(at, 1u8), Err(Error::Fault { kind: FaultKind::NotAllowed, address: at }));
    assert_eq!(process.unmap(at + 1, 4096), Err(Error::Errno { errno: sys::PAGING_EINVAL as i32, text: String::new() }));
    assert!(matches!(Engine::with(Options::new().ram_bytes(5)), Err(Error::Misuse { code: sys::PAGING_BAD_ARGUMENT, .. })));
    let child = process.fork()?;
    process.unmap(at, 4096)?;
    let mut bytes = [0; 6];
    child.read(at + 4090, &mut bytes)?;
    assert_eq!(&bytes, b"hello,");    // a copy that faults has written what lies before the fault
    Ok(())
}

/// Compiles only if a type is neither Send nor Sync: otherwise two of the three impls fit, and none is chosen.
macro_rules! assert_stays_on_its_thread { ($($kind:ty)*) => { $(const _: fn() = || {
    trait Stays<A> { fn here() {} }
    impl<T: ?Sized> Stays<()> for T {}
    impl<T: ?Sized + Send> Stays<u8> for T {}
    impl<T: ?Sized + Sync> Stays<u16> for T {}
    <$kind as Stays<_>>::here()
};)* } }
assert_stays_on_its_thread! {
    Engine paging::Process<'static> paging::Snapshot<'static> paging::File<'static> paging::Pager<'static> paging::HostMemory<'static>
    paging::Group<'static> paging::Swap<'static> paging::Ledger<'static> paging::DirtyLog<'static> paging::Pin<'static>
    paging::PinMut<'static> paging::FlatView<'static> paging::Window<'static> paging::Shadow<'static> paging::Events<'static> paging::Userfaultfd<'static>
    paging::Watchpoint<'static> paging::Message<'static> paging::Processor<'static> paging::PageBits<'static>
    paging::FetchWindow<'static, 'static>
}

/// Another thread maps more between the count and the rows: the last area is there all the same.
#[test]
fn areas_while_others_map() {
    let engine = Engine::shared(Options::new().ram_bytes(8 << 20)).unwrap();
    let process = engine.process("p").unwrap();
    let top = process.map(4096).unwrap();
    let has_ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for _ in 0..3000 {
                let many = process.mmap(0, 64 * 4096, Protection::READ, MapFlags::PRIVATE | MapFlags::ANONYMOUS, -1, 0).unwrap();
                for page in (0..64).step_by(2) {
                    process.protect(many + page * 4096, 4096, Protection::NONE).unwrap();
                }
                process.unmap(many, 64 * 4096).unwrap();
            }
            has_ended.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        let mut is_whole = true;
        while !has_ended.load(std::sync::atomic::Ordering::Relaxed) {
            let areas = process.areas().unwrap();
            is_whole &= areas.last().map_or(false, |last| last.start <= top && last.end > top);
        }
        assert!(is_whole);
    });
}

fn is_shared<T: Send + Sync>() {}

#[test]
fn what_all_threads_may_use() {
    use paging::Shared;
    is_shared::<paging::Image>();
    is_shared::<Engine<Shared>>();
    is_shared::<paging::Process<'_, Shared>>();
    is_shared::<paging::Snapshot<'_, Shared>>();
    is_shared::<paging::File<'_, Shared>>();
    is_shared::<paging::Pager<'_, Shared>>();
    is_shared::<paging::HostMemory<'_, Shared>>();
    is_shared::<paging::Group<'_, Shared>>();
    is_shared::<paging::Swap<'_, Shared>>();
}

/// Every option of paging.h that safe code may have is a method, and no other.
#[test]
fn every_option_is_a_method() {
    let header = include_str!("../../../c/paging.h");
    let methods = include_str!("../src/options.rs");
    for (structure, elsewhere) in [("options", ["allow_threads", "policy", "", ""]),    // Engine::shared; policy and every_access
        ("process_options", ["group", "has_bounds", "lowest_address", "highest_address"])] {    // group and addresses
        let body = header.split(&format!("typedef struct paging_{structure} {{")).nth(1).unwrap().split("\n}").next().unwrap();
        let fields = body.lines().filter_map(|line| line.split(';').next()?.split_whitespace().last()).map(|field| field.trim_start_matches('*'));
        for field in fields.filter(|field| !field.starts_with("reserved") && *field != "size" && !elsewhere.contains(field)) {
            assert!(methods.contains(&format!("        {field}: ")) || methods.contains(&format!("pub fn {field}")), "{structure}: {field}");
        }
    }
}

/// SOUNDNESS.md argues each `unsafe impl`, and each `unsafe fn` that programs can call; and has no more of them.
#[test]
fn what_is_unsafe_is_argued() {
    let page = include_str!("../SOUNDNESS.md");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().map(str::trim) {
            let what = if line.starts_with("unsafe impl") {
                line.trim_end_matches("{}").trim()
            } else if line.starts_with("pub unsafe fn") {
                line["pub ".len()..].split('(').next().unwrap()
            } else {
                continue;
            };
            assert!(page.contains(&format!("| `{what}` |")), "{what}");
            found += 1;
        }
    }
    assert_eq!(page.matches("| `unsafe ").count(), found);
}

unsafe extern "C" fn load(_: *mut c_void, offset: u64, length: u32, value: *mut u64) -> i32 {
    *value = offset * 16 + u64::from(length);
    0
}

unsafe extern "C" fn store(context: *mut c_void, _: u64, _: u32, value: u64) -> i32 {
    (*context.cast::<Vec<u8>>()).push(value as u8);
    0
}

#[test]
fn a_device_of_the_header() -> Result<(), Error> {
    let mut sent: Vec<u8> = Vec::new();
    let engine = Engine::new()?;
    let process = engine.process("p")?;
    let device = sys::paging_device {
        size: std::mem::size_of::<sys::paging_device>() as u32,
        reserved: 0,
        context: (&mut sent as *mut Vec<u8>).cast(),
        load: Some(load),
        store: Some(store),
        fetch: None,
    };
    let mut file = 0;
    let rights = sys::PAGING_READ_WRITE;
    let name = b"port\0".as_ptr().cast();
    assert_eq!(unsafe { sys::paging_device_create(engine.handle(), name, &device, 4096, rights, &mut file) }, 0);
    let descriptor = unsafe { sys::paging_file_open(file, process.handle(), rights, 0) };
    let at = process.mmap(0, 4096, Protection::READ_WRITE, MapFlags::SHARED, descriptor, 0)?;
    for letter in b"hello" {
        process.store(at, *letter)?;
    }
    assert_eq!(process.load::<u32>(at + 8)?, 8 * 16 + 4);
    drop(process);
    drop(engine);
    assert_eq!(sent, b"hello");
    Ok(())
}

/// Windows' calls through `sys`: what one process of the host saves, another one loads. The second is this test again, with a file's name.
#[test]
fn processes_of_windows_go_on_in_another_program() -> Result<(), Error> {
    const FILE: &str = "PAGING_TEST_OF_WINDOWS";
    let engine = Engine::with(Options::new().ram_bytes(16 << 20))?;
    let mut process = 0;
    let mut value = 41u32;
    let bytes = (&mut value as *mut u32).cast::<c_void>();
    if let Ok(saved) = std::env::var(FILE) {
        let (path, at) = (std::ffi::CString::new(saved).unwrap(), 0x100000);
        assert_eq!(unsafe { sys::paging_windows_load(engine.handle(), path.as_ptr(), std::ptr::null(), &mut process, 1) }, 1);
        assert_eq!(unsafe { sys::paging_windows_read(process, at, bytes, 4, std::ptr::null_mut()) }, 0);
        assert_eq!((value, engine.audit()?), (42, NONE));
        return Ok(());
    }
    let (mut at, name) = (0, b"w\0".as_ptr().cast());
    assert_eq!(unsafe { sys::paging_windows_process_create(engine.handle(), name, &mut process) }, 0);
    let types = sys::PAGING_WINDOWS_MEM_RESERVE | sys::PAGING_WINDOWS_MEM_COMMIT;
    let rights = sys::PAGING_WINDOWS_PAGE_READ_WRITE;
    assert_eq!(unsafe { sys::paging_virtual_alloc(process, 0x100000, 4096, types, rights, &mut at) }, 0);
    unsafe { *bytes.cast::<u32>() = 42 };
    assert_eq!(unsafe { sys::paging_windows_write(process, at, bytes, 4, std::ptr::null_mut()) }, 0);
    let file = std::env::temp_dir().join(format!("paging-windows-{}", std::process::id()));
    let path = std::ffi::CString::new(file.to_str().unwrap()).unwrap();
    assert_eq!(unsafe { sys::paging_windows_save(engine.handle(), process, path.as_ptr()) }, 0);
    let again = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes_of_windows_go_on_in_another_program"]).env(FILE, &file).status().unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(again.success());
    Ok(())
}
