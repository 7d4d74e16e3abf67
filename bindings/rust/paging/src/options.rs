//! What engines and processes are made with.
use crate::engine::PolicyChoice;
use crate::{sized, sys, FetchRights, Group, Overcommit, Tables, Threads};
use std::marker::PhantomData;

/// How a value of a method becomes a field.
trait Field<T> {
    fn field(self) -> T;
}
macro_rules! fields { ($($from:ty => $to:ty: $how:expr,)*) => { $(impl Field<$to> for $from {
    fn field(self) -> $to { ($how)(self) }
})* } }
fields! {
    u32 => u32: |value| value, u64 => u64: |value| value, bool => u32: u32::from, Tables => u32: Tables::number,
    Overcommit => u32: Overcommit::number, FetchRights => u32: FetchRights::number,
}

macro_rules! setters { ($($(#[$text:meta])* $name:ident: $kind:ty,)*) => { $(
    $(#[$text])*
    pub fn $name(mut self, $name: $kind) -> Self {
        self.raw.$name = Field::field($name);
        self
    }
)* } }

/// The options of an [`Engine`](crate::Engine). Those that are not set have their defaults.
///
/// ```
/// use paging::{Engine, Options, Overcommit, PolicyChoice};
/// let engine = Engine::with(Options::new().ram_bytes(16 << 20).overcommit(Overcommit::Never).policy(PolicyChoice::Named("ARC".into())))?;
/// # Ok::<(), paging::Error>(())
/// ```
///
/// An option that does not exist, or of another kind, is refused by the compiler:
///
/// ```compile_fail,E0599
/// paging::Options::new().ram_bites(1);
/// ```
/// ```compile_fail,E0308
/// paging::Options::new().tables(paging::FetchRights::Tables);
/// ```
pub struct Options {
    pub(crate) raw: sys::paging_options,
    pub(crate) policy: Option<PolicyChoice>,
    pub(crate) every_access: bool,
}

impl Default for Options {
    fn default() -> Self {
        let mut raw = sized::<sys::paging_options>();
        // SAFETY: it fills in the structure. Where it cannot, as in the child of a fork, no engine is made either.
        unsafe { sys::paging_options_defaults(&mut raw) };
        Self { raw, policy: None, every_access: false }
    }
}

impl Options {
    /// The defaults: 64 MiB of RAM.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Two levels without NX, the default, or PAE.
        tables: Tables,
        /// 64 MiB; 1 MiB to 64 GiB. The host commits it as it is touched.
        ram_bytes: u64,
        /// 1. The same seed and the same calls give the same results, bit for bit.
        seed: u64,
        /// RAM in huge pages of the host, if it has any.
        request_host_huge_pages: bool,
        /// RAM lies in a file that other processes can map; flat views and windows need it.
        share_ram: bool,
        /// vm.overcommit_memory.
        overcommit: Overcommit,
        /// 50, percent of RAM.
        overcommit_ratio: u32,
        /// Kills a process when memory is short, as Linux does; otherwise the access faults.
        out_of_memory: bool,
        /// 65530 areas in a process.
        max_map_count: u32,
        /// 60; 0 to 200.
        swappiness: u32,
        /// 8.
        swap_read_ahead_pages: u32,
        /// So many processes have a translation cache at a time; 0: as many as take turns.
        attached_spaces_max: u32,
        /// 32.
        read_ahead_pages: u32,
        /// 16.
        fault_around_pages: u32,
        /// 10, percent.
        dirty_background_ratio: u32,
        /// 20, percent.
        dirty_ratio: u32,
        /// 6.
        dirty_expire_ticks: u32,
        /// Frames that [`Engine::background`](crate::Engine::background) keeps zeroed ahead.
        zeroed_frames: u32,
        /// vm.nr_hugepages.
        huge_pages: u32,
        /// vm.nr_overcommit_hugepages.
        surplus_huge_pages: u32,
        /// Huge pages where MADV_HUGEPAGE asks for them.
        transparent_huge_pages: bool,
        /// 10,000: how long a call waits for a thread that neither polls nor rests.
        shootdown_milliseconds: u32,
        /// What allows a fetch: areas, the default, or page tables, whose classic format has no such right.
        fetch_rights: FetchRights,
        /// 0; n: every nth restore is compared with a copy that was made with the snapshot. A difference is an error.
        verify_restores: u32,
    }

    /// Who decides which page leaves.
    pub fn policy(mut self, policy: PolicyChoice) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Each access is reported to the policy, and no translation is remembered.
    pub fn every_access(mut self, every_access: bool) -> Self {
        self.every_access = every_access;
        self
    }
}

/// The options of a [`Process`](crate::Process). Those that are not set are Linux' own.
///
/// ```
/// use paging::{Engine, MapFlags, ProcessOptions, Protection};
/// let engine = Engine::new()?;
/// let machine = engine.process_with("6502", ProcessOptions::new().addresses(0, 0xffff))?;
/// let fixed = MapFlags::PRIVATE | MapFlags::ANONYMOUS | MapFlags::FIXED;
/// assert_eq!(machine.mmap(0, 4096, Protection::READ_WRITE, fixed, -1, 0)?, 0);
/// # Ok::<(), paging::Error>(())
/// ```
///
/// The group is alive until the process is made:
///
/// ```compile_fail,E0505
/// let engine = paging::Engine::new().unwrap();
/// let group = engine.group("g", None).unwrap();
/// let options = paging::ProcessOptions::new().group(&group);
/// drop(group);
/// engine.process_with("p", options).unwrap();
/// ```
pub struct ProcessOptions<'group> {
    pub(crate) raw: sys::paging_process_options,
    group: PhantomData<&'group ()>,
}

impl Default for ProcessOptions<'_> {
    fn default() -> Self {
        Self { raw: sized(), group: PhantomData }
    }
}

impl<'group> ProcessOptions<'group> {
    /// Linux' own.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// The classic layout: mappings upwards.
        is_bottom_up: bool,
        /// Where mappings begin; 0: where Linux would put it.
        mmap_base: u32,
        /// 0: 0x0804a000.
        start_break: u32,
        /// RLIMIT_MEMLOCK does not apply (CAP_IPC_LOCK).
        is_privileged: bool,
    }

    /// RLIMIT_STACK, 8 MiB by default; None: no limit.
    pub fn stack_limit(mut self, bytes: Option<std::num::NonZeroU64>) -> Self {
        self.raw.stack_limit = bytes.map_or(u64::MAX, std::num::NonZeroU64::get);
        self
    }

    /// The first and the last address that can be mapped: a multiple of 4,096, and the end of a page.
    pub fn addresses(mut self, lowest: u32, highest: u32) -> Self {
        (self.raw.has_bounds, self.raw.lowest_address, self.raw.highest_address) = (1, lowest, highest);
        self
    }

    /// The process joins a group of its engine.
    pub fn group<T: Threads>(mut self, group: &'group Group<'_, T>) -> Self {
        self.raw.group = group.handle;
        self
    }
}
