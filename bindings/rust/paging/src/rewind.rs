//! States of a process or an engine, to which it goes back and forth.
use crate::{ask, check, make, sys, Engine, Error, Local, Process, Result, Threads};
use std::marker::PhantomData;

/// States that were recorded, with the program's own: see paging.h, "Rewind". They are thinned out as they grow old, and to stay within a
/// budget. A record after a restore begins a branch.
pub struct Rewind<'engine, T: Threads = Local> {
    handle: sys::paging_rewind,
    engine: PhantomData<(&'engine (), T)>,
}

type Open = unsafe extern "C" fn(sys::paging_handle, u64, *const u32, u32, *mut sys::paging_rewind) -> i32;

// SAFETY, of all calls: handles and numbers, which the library checks, and an array as long as the call is told.
impl<T: Threads> Rewind<'_, T> {
    fn open(call: Open, of: sys::paging_handle, budget: u64, spacings: &[(u32, u32)]) -> Result<Self> {
        let numbers: Vec<u32> = spacings.iter().flat_map(|&(every, count)| [every, count]).collect();
        let count = u32::try_from(spacings.len()).unwrap_or(u32::MAX);
        let handle = make(|made| unsafe { call(of, budget, numbers.as_ptr(), count, made) })?;
        Ok(Self { handle, engine: PhantomData })
    }

    /// The number that `sys` knows it by.
    pub fn handle(&self) -> sys::paging_rewind {
        self.handle
    }

    /// Records the state as it is now, and returns its number. Copies nothing.
    pub fn record(&self) -> Result<i64> {
        check(unsafe { sys::paging_rewind_record(self.handle) })
    }

    /// Goes to a state, back or forth. `PAGING_ENOENT`: it was thinned out.
    pub fn restore(&self, number: i64) -> Result<()> {
        check(unsafe { sys::paging_rewind_restore(self.handle, number) }.into()).map(drop)
    }

    /// The newest state with that number or a lower one.
    pub fn find(&self, number: i64) -> Result<Option<i64>> {
        match check(unsafe { sys::paging_rewind_find(self.handle, number) }) {
            Err(Error::Errno { errno, .. }) if errno == sys::PAGING_ENOENT as i32 => Ok(None),
            found => found.map(Some),
        }
    }

    /// How many states there are, what they hold, and the numbers of the oldest, current, previous and next one (-1: none).
    pub fn info(&self) -> Result<sys::paging_rewind_info> {
        ask(|info| unsafe { sys::paging_rewind_info_get(self.handle, info) })
    }
}

impl<T: Threads> Drop for Rewind<'_, T> {
    fn drop(&mut self) {
        unsafe { sys::paging_free(self.handle) };
    }
}

impl<T: Threads> Process<'_, T> {
    /// States of the process, to be recorded. `budget`: the most bytes that they keep, 0 for 256 MiB. `spacings`: for the newest states
    /// first, one in so many records stays, and how many states stay so; none: for sixty records a second.
    ///
    /// ```
    /// let engine = paging::Engine::new()?;
    /// let process = engine.process("console")?;
    /// let at = process.map(4096)?;
    /// let rewind = process.rewind(0, &[(1, 120), (60, 60)])?;
    /// for frame in 0..5u8 {
    ///     process.store(at, frame)?;
    ///     rewind.record()?;
    /// }
    /// rewind.restore(rewind.info()?.previous)?;
    /// assert_eq!(process.load::<u8>(at)?, 3);
    /// # Ok::<(), paging::Error>(())
    /// ```
    pub fn rewind(&self, budget: u64, spacings: &[(u32, u32)]) -> Result<Rewind<'_, T>> {
        Rewind::open(sys::paging_rewind_open, self.handle(), budget, spacings)
    }
}

impl<T: Threads> Engine<T> {
    /// States of all processes and of the memory that they share, to be recorded. As [`Process::rewind`].
    pub fn rewind(&self, budget: u64, spacings: &[(u32, u32)]) -> Result<Rewind<'_, T>> {
        Rewind::open(sys::paging_engine_rewind_open, self.handle(), budget, spacings)
    }
}
