//! Rights, flags and choices: each is a type, so that one is not given for another. The numbers are those of paging.h and Linux.
//!
//! ```compile_fail,E0308
//! let engine = paging::Engine::new().unwrap();
//! let process = engine.process("p").unwrap();
//! process.mmap(0, 4096, paging::MapFlags::PRIVATE, paging::Protection::READ, -1, 0);
//! ```
//! ```compile_fail,E0308
//! let engine = paging::Engine::new().unwrap();
//! let process = engine.process("p").unwrap();
//! process.advise(0, 4096, 4);
//! ```
use crate::sys;

/// Sets of bits. Any bits can be made of a number: what Linux does not know, it refuses.
macro_rules! flags { ($($(#[$text:meta])* $kind:ident { $($(#[$each:meta])* $name:ident = $value:expr,)* })*) => { $(
    $(#[$text])*
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct $kind(u32);

    impl $kind {
        $($(#[$each])* pub const $name: $kind = $kind($value);)*

        /// Those of a number.
        pub const fn from_bits(bits: u32) -> Self {
            Self(bits)
        }

        /// Their number.
        pub const fn bits(self) -> u32 {
            self.0
        }

        /// Whether all of `others` are in it.
        pub const fn contains(self, others: Self) -> bool {
            self.0 & others.0 == others.0
        }
    }

    impl std::ops::BitOr for $kind {
        type Output = Self;

        fn bitor(self, other: Self) -> Self {
            Self(self.0 | other.0)
        }
    }

    impl std::ops::BitOrAssign for $kind {
        fn bitor_assign(&mut self, other: Self) {
            self.0 |= other.0;
        }
    }

    impl std::fmt::Debug for $kind {
        fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let names = [$((stringify!($name), $value)),*];
            write_bits(self.0, &names, to)
        }
    }
)* } }

fn write_bits(bits: u32, names: &[(&str, u32)], to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    let mut rest = bits;
    let mut found: Vec<String> = Vec::new();
    for (name, value) in names.iter().filter(|(_, value)| value.count_ones() == 1) {
        if rest & value != 0 {
            found.push(name.to_string());
            rest &= !value;
        }
    }
    if rest != 0 || found.is_empty() {
        found.push(format!("{rest:#x}"));
    }
    to.write_str(&found.join(" | "))
}

/// One of several. The numbers are the library's.
macro_rules! choices { ($($(#[$text:meta])* $kind:ident { $($(#[$each:meta])* $name:ident = $value:expr,)* })*) => { $(
    $(#[$text])*
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    #[repr(u32)]
    pub enum $kind {
        $($(#[$each])* $name = $value,)*
    }

    impl $kind {
        /// Its number in paging.h.
        pub const fn number(self) -> u32 {
            self as u32
        }
    }
)* } }

/// One of several, as the library answers. A later library may know more.
macro_rules! answers { ($($(#[$text:meta])* $kind:ident { $($(#[$each:meta])* $name:ident = $value:expr,)* })*) => { $(
    $(#[$text])*
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum $kind {
        $($(#[$each])* $name,)*
        /// One that this crate does not know.
        Other(u32),
    }

    impl $kind {
        pub(crate) fn of(number: u32) -> Self {
            match number {
                $(number if number == $value => $kind::$name,)*
                number => $kind::Other(number),
            }
        }

        /// Its number in paging.h.
        pub fn number(self) -> u32 {
            match self {
                $($kind::$name => $value,)*
                $kind::Other(number) => number,
            }
        }
    }
)* } }

flags! {
    /// What a mapping allows: PROT_ of mmap(2).
    Protection {
        NONE = sys::PAGING_PROT_NONE, READ = sys::PAGING_PROT_READ, WRITE = sys::PAGING_PROT_WRITE, EXEC = sys::PAGING_PROT_EXEC,
        READ_WRITE = sys::PAGING_PROT_READ | sys::PAGING_PROT_WRITE, SEM = sys::PAGING_PROT_SEM,
        GROWSDOWN = sys::PAGING_PROT_GROWSDOWN, GROWSUP = sys::PAGING_PROT_GROWSUP,
    }
    /// MAP_ of mmap(2).
    MapFlags {
        SHARED = sys::PAGING_MAP_SHARED, PRIVATE = sys::PAGING_MAP_PRIVATE, SHARED_VALIDATE = sys::PAGING_MAP_SHARED_VALIDATE,
        FIXED = sys::PAGING_MAP_FIXED, ANONYMOUS = sys::PAGING_MAP_ANONYMOUS, GROWSDOWN = sys::PAGING_MAP_GROWSDOWN,
        DENYWRITE = sys::PAGING_MAP_DENYWRITE, EXECUTABLE = sys::PAGING_MAP_EXECUTABLE, LOCKED = sys::PAGING_MAP_LOCKED,
        NORESERVE = sys::PAGING_MAP_NORESERVE, POPULATE = sys::PAGING_MAP_POPULATE, NONBLOCK = sys::PAGING_MAP_NONBLOCK,
        STACK = sys::PAGING_MAP_STACK, HUGETLB = sys::PAGING_MAP_HUGETLB, SYNC = sys::PAGING_MAP_SYNC,
        FIXED_NOREPLACE = sys::PAGING_MAP_FIXED_NOREPLACE,
    }
    /// MREMAP_ of mremap(2).
    RemapFlags {
        MAYMOVE = sys::PAGING_MREMAP_MAYMOVE, FIXED = sys::PAGING_MREMAP_FIXED, DONTUNMAP = sys::PAGING_MREMAP_DONTUNMAP,
    }
    /// MS_ of msync(2).
    SyncFlags { ASYNC = sys::PAGING_MS_ASYNC, INVALIDATE = sys::PAGING_MS_INVALIDATE, SYNC = sys::PAGING_MS_SYNC, }
    /// MLOCK_ of mlock2(2).
    LockFlags { ONFAULT = sys::PAGING_MLOCK_ONFAULT, }
    /// MCL_ of mlockall(2).
    LockAllFlags { CURRENT = sys::PAGING_MCL_CURRENT, FUTURE = sys::PAGING_MCL_FUTURE, ONFAULT = sys::PAGING_MCL_ONFAULT, }
    /// What a file may be opened for.
    Rights { READ = sys::PAGING_READ, WRITE = sys::PAGING_WRITE, READ_WRITE = sys::PAGING_READ_WRITE, }
    /// O_ of open(2).
    OpenFlags { APPEND = sys::PAGING_O_APPEND, DIRECT = sys::PAGING_O_DIRECT, }
    /// MFD_ of memfd_create(2).
    MemfdFlags { CLOEXEC = 1, ALLOW_SEALING = 2, HUGETLB = 4, NOEXEC_SEAL = 8, EXEC = 16, }
    /// F_SEAL_ of fcntl(2).
    Seals {
        SEAL = sys::PAGING_SEAL_SEAL, SHRINK = sys::PAGING_SEAL_SHRINK, GROW = sys::PAGING_SEAL_GROW, WRITE = sys::PAGING_SEAL_WRITE,
        FUTURE_WRITE = sys::PAGING_SEAL_FUTURE_WRITE, EXEC = sys::PAGING_SEAL_EXEC,
    }
    /// FALLOC_FL_ of fallocate(2).
    AllocateFlags { KEEP_SIZE = 1, PUNCH_HOLE = 2, COLLAPSE_RANGE = 8, ZERO_RANGE = 16, }
    /// UFFD_FEATURE_ of userfaultfd(2).
    UserfaultFeatures {
        WRITE_PROTECTION = sys::PAGING_UFFD_FEATURE_WRITE_PROTECTION, FORK = sys::PAGING_UFFD_FEATURE_FORK,
        REMAP = sys::PAGING_UFFD_FEATURE_REMAP, REMOVE = sys::PAGING_UFFD_FEATURE_REMOVE,
        MISSING_SHARED = sys::PAGING_UFFD_FEATURE_MISSING_SHARED, UNMAP = sys::PAGING_UFFD_FEATURE_UNMAP,
        SIGNAL = sys::PAGING_UFFD_FEATURE_SIGNAL, THREAD_ID = sys::PAGING_UFFD_FEATURE_THREAD_ID,
        MINOR_SHARED = sys::PAGING_UFFD_FEATURE_MINOR_SHARED, EXACT_ADDRESS = sys::PAGING_UFFD_FEATURE_EXACT_ADDRESS,
        PROTECT_SHARED = sys::PAGING_UFFD_FEATURE_PROTECT_SHARED,
        PROTECT_UNPOPULATED = sys::PAGING_UFFD_FEATURE_PROTECT_UNPOPULATED, POISON = sys::PAGING_UFFD_FEATURE_POISON,
        PROTECT_SILENTLY = sys::PAGING_UFFD_FEATURE_PROTECT_SILENTLY, MOVE = sys::PAGING_UFFD_FEATURE_MOVE,
    }
    /// UFFDIO_REGISTER_MODE_ of userfaultfd(2).
    UserfaultModes {
        MISSING = sys::PAGING_UFFD_MODE_MISSING, WRITE_PROTECT = sys::PAGING_UFFD_MODE_WRITE_PROTECT, MINOR = sys::PAGING_UFFD_MODE_MINOR,
    }
    /// How a userfaultfd fills a page.
    FillFlags { DONT_WAKE = sys::PAGING_UFFD_FILL_DONT_WAKE, WRITE_PROTECT = sys::PAGING_UFFD_FILL_WRITE_PROTECT, }
    /// The kinds of accesses that a watchpoint reports.
    Accesses { READ = sys::PAGING_WATCH_READ, WRITE = sys::PAGING_WATCH_WRITE, FETCH = sys::PAGING_WATCH_FETCH, }
}

choices! {
    /// What a program does with memory.
    Access { Read = sys::PAGING_ACCESS_READ, Write = sys::PAGING_ACCESS_WRITE, Fetch = sys::PAGING_ACCESS_FETCH, }
    /// MADV_ of madvise(2).
    Advice {
        Normal = sys::PAGING_MADV_NORMAL, Random = sys::PAGING_MADV_RANDOM, Sequential = sys::PAGING_MADV_SEQUENTIAL,
        WillNeed = sys::PAGING_MADV_WILLNEED, DontNeed = sys::PAGING_MADV_DONTNEED, Free = sys::PAGING_MADV_FREE,
        Remove = sys::PAGING_MADV_REMOVE, DontFork = sys::PAGING_MADV_DONTFORK, DoFork = sys::PAGING_MADV_DOFORK,
        Mergeable = sys::PAGING_MADV_MERGEABLE, Unmergeable = sys::PAGING_MADV_UNMERGEABLE, HugePage = sys::PAGING_MADV_HUGEPAGE,
        NoHugePage = sys::PAGING_MADV_NOHUGEPAGE, DontDump = sys::PAGING_MADV_DONTDUMP, DoDump = sys::PAGING_MADV_DODUMP,
        WipeOnFork = sys::PAGING_MADV_WIPEONFORK, KeepOnFork = sys::PAGING_MADV_KEEPONFORK, Cold = sys::PAGING_MADV_COLD,
        PageOut = sys::PAGING_MADV_PAGEOUT, PopulateRead = sys::PAGING_MADV_POPULATE_READ,
        PopulateWrite = sys::PAGING_MADV_POPULATE_WRITE, DontNeedLocked = sys::PAGING_MADV_DONTNEED_LOCKED,
        Collapse = sys::PAGING_MADV_COLLAPSE, GuardInstall = sys::PAGING_MADV_GUARD_INSTALL,
        GuardRemove = sys::PAGING_MADV_GUARD_REMOVE,
    }
    /// POSIX_FADV_ of posix_fadvise(2).
    FileAdvice { Normal = 0, Random = 1, Sequential = 2, WillNeed = 3, DontNeed = 4, NoReuse = 5, }
    /// RLIMIT_ of setrlimit(2).
    Limit {
        Data = sys::PAGING_RLIMIT_DATA, Stack = sys::PAGING_RLIMIT_STACK, Locked = sys::PAGING_RLIMIT_MEMLOCK,
        Addresses = sys::PAGING_RLIMIT_AS,
    }
    /// SEEK_ of lseek(2).
    Whence { Start = 0, Current = 1, End = 2, Data = 3, Hole = 4, }
    /// What a byte of a shadow allows.
    ByteState {
        /// Reads and writes.
        Good = sys::PAGING_BYTE_GOOD,
        /// A write, which makes it good.
        Uninitialized = sys::PAGING_BYTE_UNINITIALIZED,
        /// Nothing.
        Unaddressable = sys::PAGING_BYTE_UNADDRESSABLE,
    }
    /// vm.overcommit_memory.
    Overcommit {
        Heuristic = sys::PAGING_OVERCOMMIT_HEURISTIC, Always = sys::PAGING_OVERCOMMIT_ALWAYS, Never = sys::PAGING_OVERCOMMIT_NEVER,
    }
    /// PR_SET_THP_DISABLE.
    TransparentPolicy { On = sys::PAGING_THP_ON, Off = sys::PAGING_THP_OFF, OnlyAdvised = sys::PAGING_THP_ONLY_ADVISED, }
    /// What is written to /proc/PID/clear_refs.
    ClearRefs { All = 1, Anonymous = 2, Mapped = 3, SoftDirty = 4, PeakResident = 5, }
    /// The format of page tables.
    Tables { Classic = sys::PAGING_TABLES_CLASSIC, Pae = sys::PAGING_TABLES_PAE, }
    /// What allows a fetch.
    FetchRights { Areas = sys::PAGING_FETCH_AREAS, Tables = sys::PAGING_FETCH_TABLES, }
    /// Texts of /proc/PID, and pictures of a process.
    ProcessReport {
        Maps = sys::PAGING_REPORT_MAPS, Smaps = sys::PAGING_REPORT_SMAPS, SmapsRollup = sys::PAGING_REPORT_SMAPS_ROLLUP,
        Status = sys::PAGING_REPORT_STATUS, Statm = sys::PAGING_REPORT_STATM, SpacePicture = sys::PAGING_REPORT_SPACE_PICTURE,
        TablesPicture = sys::PAGING_REPORT_TABLES_PICTURE, TreePicture = sys::PAGING_REPORT_TREE_PICTURE,
    }
    /// Texts of /proc, and pictures of a machine.
    EngineReport {
        Meminfo = sys::PAGING_REPORT_MEMINFO, Vmstat = sys::PAGING_REPORT_VMSTAT, Swaps = sys::PAGING_REPORT_SWAPS,
        Zoneinfo = sys::PAGING_REPORT_ZONEINFO, Buddyinfo = sys::PAGING_REPORT_BUDDYINFO,
        FramesPicture = sys::PAGING_REPORT_FRAMES_PICTURE,
    }
}

answers! {
    /// Why an access was refused.
    FaultKind {
        /// SIGSEGV, SEGV_MAPERR.
        NotMapped = sys::PAGING_FAULT_NOT_MAPPED,
        /// SIGSEGV, SEGV_ACCERR.
        NotAllowed = sys::PAGING_FAULT_NOT_ALLOWED,
        /// SIGBUS: beyond the end of a file, or its page cannot be read.
        BusError = sys::PAGING_FAULT_BUS_ERROR,
        /// Nothing can be reclaimed.
        OutOfMemory = sys::PAGING_FAULT_OUT_OF_MEMORY,
        /// A pager or a userfaultfd supplies the page later: make the access again.
        Pending = sys::PAGING_FAULT_PENDING,
        /// A device is there, which only accesses reach.
        Device = sys::PAGING_FAULT_DEVICE,
        /// A byte of a shadow may not be touched.
        Unaddressable = sys::PAGING_FAULT_UNADDRESSABLE,
        /// A byte of a shadow was read before it was written.
        Uninitialized = sys::PAGING_FAULT_UNINITIALIZED,
    }
    /// What has happened in an engine.
    EventKind {
        MinorFault = sys::PAGING_EVENT_MINOR_FAULT, MajorFault = sys::PAGING_EVENT_MAJOR_FAULT,
        RefusedFault = sys::PAGING_EVENT_REFUSED_FAULT, Copied = sys::PAGING_EVENT_COPIED, SwappedIn = sys::PAGING_EVENT_SWAPPED_IN,
        SwappedOut = sys::PAGING_EVENT_SWAPPED_OUT, Dropped = sys::PAGING_EVENT_DROPPED, Unmapped = sys::PAGING_EVENT_UNMAPPED,
    }
    /// What a message of a userfaultfd is about.
    UserfaultEvent {
        PageFault = sys::PAGING_UFFD_EVENT_PAGE_FAULT, Fork = sys::PAGING_UFFD_EVENT_FORK, Remap = sys::PAGING_UFFD_EVENT_REMAP,
        Remove = sys::PAGING_UFFD_EVENT_REMOVE, Unmap = sys::PAGING_UFFD_EVENT_UNMAP,
    }
    /// What became of an access that a window did not make.
    WindowOutcome {
        /// The page is shown now: execute the instruction again.
        Shown = sys::PAGING_WINDOW_SHOWN,
        /// The page is never shown: [`Process::load`](crate::Process::load) and its kin make the access.
        ByCall = sys::PAGING_WINDOW_BY_CALL,
        /// The guest's own fault.
        Refused = sys::PAGING_WINDOW_REFUSED,
        /// Not an address of the window.
        Elsewhere = sys::PAGING_WINDOW_ELSEWHERE,
    }
}

pub(crate) fn access_of(number: u32) -> Access {
    match number {
        sys::PAGING_ACCESS_WRITE => Access::Write,
        sys::PAGING_ACCESS_FETCH => Access::Fetch,
        _ => Access::Read,
    }
}

pub(crate) fn byte_state_of(number: i64) -> ByteState {
    match number as u32 {
        sys::PAGING_BYTE_GOOD => ByteState::Good,
        sys::PAGING_BYTE_UNINITIALIZED => ByteState::Uninitialized,
        _ => ByteState::Unaddressable,
    }
}

#[test]
fn flags_print_their_names() {
    assert_eq!(format!("{:?}", MapFlags::PRIVATE | MapFlags::FIXED), "PRIVATE | FIXED");
    assert_eq!(format!("{:?} {:?}", Protection::READ_WRITE, Protection::NONE), "READ | WRITE 0x0");
    assert_eq!(format!("{:?}", Rights::from_bits(0x11)), "READ | 0x10");
    assert_eq!((FaultKind::of(3), FaultKind::of(99).number()), (FaultKind::BusError, 99));
}

#[test]
fn a_number_that_is_not_known_is_kept_and_a_known_one_has_its_words() {
    for number in [77, 0x100, 0x1_0001, u32::MAX] {
        assert_eq!((FaultKind::of(number), FaultKind::of(number).number()), (FaultKind::Other(number), number));
        assert_eq!((EventKind::of(number), EventKind::of(number).number()), (EventKind::Other(number), number));
        assert_eq!((UserfaultEvent::of(number), UserfaultEvent::of(number).number()), (UserfaultEvent::Other(number), number));
        assert_eq!((WindowOutcome::of(number), WindowOutcome::of(number).number()), (WindowOutcome::Other(number), number));
        assert_eq!(crate::Error::Fault { kind: FaultKind::of(number), address: 0xfff }.to_string(), format!("fault {number} at 00000fff"));
    }
    let known: Vec<FaultKind> = (1..).map(FaultKind::of).take_while(|kind| !matches!(kind, FaultKind::Other(_))).collect();
    assert_eq!(known.len(), 8);
    for kind in known {
        let words = format!("{kind:?}").replace(|letter: char| letter.is_uppercase(), "?").matches('?').count();
        let text = crate::Error::Fault { kind, address: 0x1000 }.to_string();
        let joined: String = text.split(" at ").next().unwrap().split(' ').take(words).collect();
        assert_eq!(joined, format!("{kind:?}").to_lowercase(), "{text}");
    }
}
