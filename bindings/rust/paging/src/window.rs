//! Windows of the host, and the way from a SIGSEGV in one to the call that resolves it.
use crate::{check, make, sys, Access, FaultKind, Result, WindowOutcome};
use std::ffi::c_void;
use std::marker::PhantomData;

/// The memory of a process as 4 GiB of the host's addresses, for code that the program has made or linked: the byte at `a` is at
/// `base() + a`. paging.h says what is shown when. An access to a page that is not shown is SIGSEGV: see [`Signals`].
pub struct Window<'engine> {
    handle: sys::paging_window,
    base: *mut u8,
    engine: PhantomData<&'engine ()>,
}

impl Window<'_> {
    pub(crate) fn open<'engine>(process: u64) -> Result<Window<'engine>> {
        let mut base = std::ptr::null_mut();
        // SAFETY: the library checks the number.
        let handle = make(|made| unsafe { sys::paging_window_open(process, 0, made, &mut base) })?;
        Ok(Window { handle, base: base.cast(), engine: PhantomData })
    }

    /// The number that `sys` knows it by.
    pub fn handle(&self) -> u64 {
        self.handle
    }

    /// The byte at guest address 0, until the window is dropped. Access through raw pointers: the guest's memory has no owner in Rust.
    pub fn base(&self) -> *mut u8 {
        self.base
    }

    /// Resolves the fault of an access: what becomes of it, and the guest's fault and its address if it is refused. Not async-signal-safe.
    pub fn fault(&self, host_address: *const c_void, access: Access) -> Result<(WindowOutcome, Option<(FaultKind, u32)>)> {
        let mut fault = sys::paging_fault { kind: 0, address: 0 };
        // SAFETY: the library checks the numbers, and follows no pointer but the last.
        let outcome = check(unsafe { sys::paging_window_fault(self.handle, host_address, access.number(), &mut fault) }.into())?;
        Ok((WindowOutcome::of(outcome as u32), (fault.kind != 0).then(|| (FaultKind::of(fault.kind), fault.address))))
    }

    /// How many of the host's mappings it has.
    pub fn mappings(&self) -> Result<i64> {
        // SAFETY: the library checks the number.
        check(unsafe { sys::paging_window_mappings(self.handle) }.into())
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        // SAFETY: the library checks the number.
        unsafe { sys::paging_free(self.handle) };
    }
}

/// An access that was not made: the registers before the instruction (rax rcx rdx rbx rsp rbp rsi rdi r8 …), which may be changed.
/// rsp may only grow.
#[repr(C)]
pub struct Stop {
    pub registers: [u64; 16],
    pub instruction: u64,
    pub flags: u64,
    pub host_address: *const c_void,
    access: u32,
    outcome: i32,
    fault: sys::paging_fault,
}

impl Stop {
    /// What the instruction does.
    pub fn access(&self) -> Access {
        crate::types::access_of(self.access)
    }

    /// [`WindowOutcome::ByCall`] or [`WindowOutcome::Refused`]; an error if the library could not resolve it.
    pub fn outcome(&self) -> Result<WindowOutcome> {
        check(self.outcome.into()).map(|outcome| WindowOutcome::of(outcome as u32))
    }

    /// The guest's fault and its address, if it is refused.
    pub fn fault(&self) -> Option<(FaultKind, u32)> {
        (self.fault.kind != 0).then(|| (FaultKind::of(self.fault.kind), self.fault.address))
    }
}

/// What a handler of SIGSEGV needs: the counterpart of paging_window.h, which says more. For Linux on x86-64.
pub struct Signals {
    window: u64,
    base: usize,
    stopped: fn(&mut Stop),
    state_size: u64,
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod trampoline {
    use super::{sys, Signals, Stop, Window};
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    use std::ffi::c_void;

    const GUARD: usize = 64 << 10;
    // Of ucontext_t: its 23 registers, and which of them the processor numbers 0, 1, 2, …
    const REGISTERS: usize = 40;
    const PLACES: [usize; 16] = [13, 14, 12, 11, 15, 10, 9, 8, 0, 1, 2, 3, 4, 5, 6, 7];
    const RSP: usize = 15;
    const RIP: usize = 16;
    const FLAGS: usize = 17;
    const ERROR: usize = 19;
    const TRAP: usize = 20;

    #[repr(C)]
    struct Frame {
        stop: Stop,
        flags: u64,
        stack: u64,
        state_size: u64,
        resolve: unsafe extern "C" fn(*mut Frame),
        signals: *const Signals,
    }

    std::arch::global_asm!(
        ".text",
        ".globl paging_rust_window_trampoline",
        ".hidden paging_rust_window_trampoline",
        "paging_rust_window_trampoline:",
        "movq %rsp, %rbx",
        "subq 184(%rsp), %rsp",
        "andq $-64, %rsp",
        "movq %rsp, %r12",
        "xorl %eax, %eax",    // the header of the area must be 0
        "movq %rax, 512(%rsp); movq %rax, 520(%rsp); movq %rax, 528(%rsp); movq %rax, 536(%rsp)",
        "movq %rax, 544(%rsp); movq %rax, 552(%rsp); movq %rax, 560(%rsp); movq %rax, 568(%rsp)",
        "movl $-1, %eax; movl $-1, %edx",
        "xsave64 (%r12)",
        "cld",
        "movq %rbx, %rdi",
        "call *192(%rbx)",
        "movl $-1, %eax; movl $-1, %edx",
        "xrstor64 (%r12)",
        "movq %rbx, %rsp",
        "movq 0(%rsp), %rax; movq 8(%rsp), %rcx; movq 16(%rsp), %rdx; movq 24(%rsp), %rbx; movq 40(%rsp), %rbp",
        "movq 48(%rsp), %rsi; movq 56(%rsp), %rdi; movq 64(%rsp), %r8; movq 72(%rsp), %r9; movq 80(%rsp), %r10",
        "movq 88(%rsp), %r11; movq 96(%rsp), %r12; movq 104(%rsp), %r13; movq 112(%rsp), %r14; movq 120(%rsp), %r15",
        "leaq 168(%rsp), %rsp",
        "popfq",
        "popq %rsp",
        "ret $128",
        options(att_syntax)
    );

    extern "C" {
        fn paging_rust_window_trampoline();
    }

    // SAFETY: called by the trampoline, with the frame that signal has made; the stack below the red zone is the thread's own.
    unsafe extern "C" fn resolve(frame: *mut Frame) {
        let (frame, signals) = (&mut *frame, &*(*frame).signals);
        let stop = &mut frame.stop;
        stop.outcome = sys::paging_window_fault(signals.window, stop.host_address, stop.access, &mut stop.fault);
        if stop.outcome != sys::PAGING_WINDOW_SHOWN as i32 {
            (signals.stopped)(stop);
        }
        frame.flags = stop.flags;
        frame.stack = stop.registers[4] - 136;
        *(frame.stack as *mut u64) = stop.instruction;
    }

    impl Signals {
        /// `stopped` is called for each access that was not made, on its thread and after the signal. None: the processor has no XSAVE.
        pub fn new(window: &Window<'_>, stopped: fn(&mut Stop)) -> Option<Signals> {
            const OSXSAVE: u32 = 1 << 27;
            #[allow(unused_unsafe)]
            // SAFETY: every processor of this kind has cpuid.
            let state_size = unsafe {
                if __cpuid(1).ecx & OSXSAVE == 0 {
                    return None;
                }
                __cpuid_count(13, 0).ebx
            };
            Some(Signals { window: window.handle, base: window.base as usize, stopped, state_size: state_size.into() })
        }

        /// For a handler of SIGSEGV (SA_SIGINFO); async-signal-safe. true: return from the handler, and the instruction is executed again
        /// or `stopped` is called. false: not an access in this window.
        ///
        /// # Safety
        /// `info` and `context` are the handler's; the thread has 16 KiB of stack; the window and this value live while it runs.
        pub unsafe fn signal(&self, info: *const c_void, context: *mut c_void) -> bool {
            let code = info.cast::<i32>().add(2).read();
            let address = info.cast::<usize>().add(2).read();
            let registers = context.cast::<u8>().add(REGISTERS).cast::<u64>();
            let offset = address.wrapping_sub(self.base).wrapping_add(GUARD);
            if code <= 0 || registers.add(TRAP).read() != 14 || offset >= (1 << 32) + 2 * GUARD {
                return false;
            }
            let top = registers.add(RSP).read() as usize - 128 - 16 - std::mem::size_of::<Frame>();
            let frame = (top & !63) as *mut Frame;
            let write = registers.add(ERROR).read() & 2 != 0;
            frame.write(Frame {
                stop: Stop {
                    registers: PLACES.map(|place| registers.add(place).read()),
                    instruction: registers.add(RIP).read(),
                    flags: registers.add(FLAGS).read(),
                    host_address: address as *const c_void,
                    access: if write { sys::PAGING_ACCESS_WRITE } else { sys::PAGING_ACCESS_READ },
                    outcome: 0,
                    fault: sys::paging_fault { kind: 0, address: 0 },
                },
                flags: 0,
                stack: 0,
                state_size: self.state_size,
                resolve,
                signals: self,
            });
            registers.add(RSP).write(frame as u64);
            registers.add(RIP).write(paging_rust_window_trampoline as *const () as u64);
            true
        }
    }
}
