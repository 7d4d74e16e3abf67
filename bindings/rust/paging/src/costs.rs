//! What memory costs: a ledger beside an engine.
use crate::callbacks::{Backing, SwapStore};
use crate::objects::Swap;
use crate::{ask, check, make, name, sys, text, Access, Engine, File, LedgerClock, LedgerTimes, Local, Process, Result, Rights, Threads};
use std::cell::Cell;
use std::marker::PhantomData;

/// The time that an engine's processes would take on a machine of a price list: see paging.h, "Costs". The program reports each access,
/// hits too, and each call after the engine has done it. Times are picoseconds of one virtual clock.
///
/// Reports come one at a time, so a ledger is used by one thread at a time, also that of a [`Shared`](crate::Shared) engine:
///
/// ```compile_fail,E0277
/// let engine = paging::Engine::shared(paging::Options::new()).unwrap();
/// let ledger = engine.ledger("desktop-2009", 1).unwrap();
/// std::thread::scope(|threads| { threads.spawn(|| ledger.end_background()); });
/// ```
pub struct Ledger<'engine, T: Threads = Local> {
    handle: sys::paging_ledger,
    engine: &'engine Engine<T>,
    one_at_a_time: PhantomData<Cell<()>>,
}

// SAFETY, of all calls: handles and numbers, which the library checks.
impl<'engine, T: Threads> Ledger<'engine, T> {
    pub(crate) fn new(handle: u64, engine: &'engine Engine<T>) -> Self {
        Self { handle, engine, one_at_a_time: PhantomData }
    }

    /// The number that `sys` knows it by.
    pub fn handle(&self) -> sys::paging_ledger {
        self.handle
    }

    /// Reports an access; with a step other than 0 a run of accesses of so many bytes each.
    pub fn observe(&self, process: &Process<'_, T>, address: u32, length: u32, step: u32, access: Access, processor: u32) -> Result<()> {
        let access = access.number();
        check(unsafe { sys::paging_ledger_observe(self.handle, process.handle(), address, length, step, access, processor) }.into())
            .map(drop)
    }

    /// Reports a call that has ended; so many bytes went to or from the process, as by read(2).
    pub fn end_call(&self, process: &Process<'_, T>, copied_bytes: u32, processor: u32) -> Result<()> {
        check(unsafe { sys::paging_ledger_end_call(self.handle, process.handle(), copied_bytes, processor) }.into()).map(drop)
    }

    /// Reports a read(2): the process waits for these bytes, even if they were requested before.
    pub fn end_read(&self, process: &Process<'_, T>, file: &File<'_, T>, offset: u64, length: u32, processor: u32) -> Result<()> {
        check(unsafe { sys::paging_ledger_end_read(self.handle, process.handle(), file.handle, offset, length, processor) }.into())
            .map(drop)
    }

    /// Reports a fork, with its copied entries.
    pub fn end_fork(&self, parent: &Process<'_, T>, child: &Process<'_, T>, processor: u32) -> Result<()> {
        check(unsafe { sys::paging_ledger_end_fork(self.handle, parent.handle(), child.handle(), processor) }.into()).map(drop)
    }

    /// Reports [`Engine::background`].
    pub fn end_background(&self) -> Result<()> {
        check(unsafe { sys::paging_ledger_end_background(self.handle) }.into()).map(drop)
    }

    /// A process's account by cause; None: the kernel's.
    pub fn times(&self, process: Option<&Process<'_, T>>) -> Result<LedgerTimes> {
        let process = process.map_or(0, |process| process.handle());
        ask(|times| unsafe { sys::paging_ledger_times_get(self.handle, process, times) }).map(LedgerTimes::of)
    }

    /// The virtual clock.
    pub fn clock(&self) -> Result<LedgerClock> {
        ask(|clock| unsafe { sys::paging_ledger_clock_get(self.handle, clock) }).map(LedgerClock::of)
    }

    /// The clock, and a line for each account that has time.
    pub fn report(&self) -> Result<String> {
        text(|buffer, capacity| unsafe { sys::paging_ledger_report(self.handle, sys::PAGING_REPORT_COSTS, buffer, capacity) })
    }

    /// As [`Engine::backed_file`], on the price list's device.
    pub fn backed_file<B: Backing>(&self, called: &str, backing: B, rights: Rights) -> Result<File<'engine, T>> {
        self.engine.new_backed_file(backing, |calls| {
            let called = name(called)?;
            make(|made| unsafe { sys::paging_ledger_file_create_backed(self.handle, called.as_ptr(), calls, rights.bits(), made) })
        })
    }

    /// As [`Engine::swap_on`], on the price list's device.
    pub fn swap_on<S: SwapStore>(&self, called: &str, store: S, slots: u32) -> Result<Swap<'engine, T>> {
        self.engine.new_swap(store, slots, |calls| {
            let called = name(called)?;
            make(|made| unsafe { sys::paging_ledger_swap_on(self.handle, called.as_ptr(), calls, made) })
        })
    }

    /// As [`Engine::swap_on_memory`], on the price list's device.
    pub fn swap_on_memory(&self, length: u64) -> Result<Swap<'engine, T>> {
        Ok(Swap::new(make(|made| unsafe { sys::paging_ledger_swap_on_memory(self.handle, length, made) })?))
    }
}

impl<T: Threads> Drop for Ledger<'_, T> {
    fn drop(&mut self) {
        unsafe { sys::paging_free(self.handle) };
    }
}
