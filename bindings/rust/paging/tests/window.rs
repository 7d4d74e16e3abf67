//! Native loads and stores in a window: each fault goes from the handler through the trampoline to the library.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]
use paging::{Access, Engine, FaultKind, Options, Signals, Stop, WindowOutcome};
use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

// struct sigaction of Linux on x86-64, as glibc has it.
#[repr(C)]
struct Action {
    handler: usize,
    mask: [u64; 16],
    flags: i32,
    restorer: usize,
}

extern "C" {
    fn sigaction(signal: i32, action: *const Action, old: *mut Action) -> i32;
}

static SIGNALS: AtomicPtr<Signals> = AtomicPtr::new(std::ptr::null_mut());
static FAULTS: AtomicU32 = AtomicU32::new(0);
static STOPS: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn on_segv(_: i32, info: *const c_void, context: *mut c_void) {
    FAULTS.fetch_add(1, Ordering::Relaxed);
    if !(*SIGNALS.load(Ordering::Relaxed)).signal(info, context) {
        std::process::abort();
    }
}

// The value of a refused load is 5, and the instruction is done. movl (%rdi), %eax has two bytes.
fn stopped(stop: &mut Stop) {
    assert_eq!(stop.outcome(), Ok(WindowOutcome::Refused));
    assert_eq!((stop.fault().unwrap().0, stop.access()), (FaultKind::NotMapped, Access::Read));
    STOPS.fetch_add(1, Ordering::Relaxed);
    stop.registers[0] = 5;
    stop.instruction += 2;
}

unsafe fn load(at: *const u32) -> u32 {
    let value: u32;
    std::arch::asm!("movl (%rdi), %eax", in("rdi") at, out("eax") value, options(att_syntax));
    value
}

/// The same between two values in the 128 bytes below the stack pointer, which a function of System V may use.
unsafe fn load_beside_red_zone(at: *const u32) -> (u32, u64, u64) {
    let (value, first, last): (u32, u64, u64);
    std::arch::asm!("movq $0x1111, -8(%rsp)", "movq $0x2222, -128(%rsp)", "movl (%rdi), %eax", "movq -8(%rsp), %rcx",
        "movq -128(%rsp), %rdx", in("rdi") at, out("eax") value, out("rcx") first, out("rdx") last, options(att_syntax));
    (value, first, last)
}

#[test]
fn loads_and_stores_are_instructions() -> Result<(), paging::Error> {
    let engine = Engine::with(Options::new().share_ram(true))?;
    let process = engine.process("window")?;
    let at = process.map(8192)?;
    let window = process.window()?;
    assert_eq!((process.window().is_err(), window.mappings()?), (true, 1));
    let signals = Box::into_raw(Box::new(Signals::new(&window, stopped).unwrap()));
    SIGNALS.store(signals, Ordering::Relaxed);
    let action = Action { handler: on_segv as *const () as usize, mask: [0; 16], flags: 4, restorer: 0 };    // SA_SIGINFO
    let mut before = Action { handler: 0, mask: [0; 16], flags: 0, restorer: 0 };
    // SAFETY: the window lives until the end, and the handler before is back by then.
    unsafe {
        assert_eq!(sigaction(11, &action, &mut before), 0);
        let word = window.base().add(at as usize).cast::<u32>();
        assert_eq!((load(word), FAULTS.load(Ordering::Relaxed)), (0, 1));
        word.write_volatile(7);
        assert_eq!((load(word), process.load::<u32>(at)?, FAULTS.load(Ordering::Relaxed)), (7, 7, 2));
        let snapshot = process.snapshot()?;
        word.write_volatile(8);
        snapshot.restore()?;
        assert_eq!((load_beside_red_zone(word), FAULTS.load(Ordering::Relaxed)), ((7, 0x1111, 0x2222), 4));
        process.unmap(at, 4096)?;
        assert_eq!((load_beside_red_zone(word), STOPS.load(Ordering::Relaxed)), ((5, 0x1111, 0x2222), 1));
        assert_eq!(window.fault(word.cast(), Access::Read)?.0, WindowOutcome::Refused);
        assert_eq!(sigaction(11, &before, std::ptr::null_mut()), 0);
        drop(window);
        drop(Box::from_raw(signals));
    }
    Ok(())
}
