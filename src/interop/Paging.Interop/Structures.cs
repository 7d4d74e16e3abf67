using System.Runtime.InteropServices;

namespace Paging.Interop;

// The structures of paging.h, field for field: paging_options is Options, paging_process_options NewProcess, paging_area AreaRow,
// paging_core_thread CoreThreadRow, paging_fetch_window FetchedPage; ram_bytes is RamBytes.
#pragma warning disable CS1591 // paging.h documents the fields

/// <summary>The reason and the address of a refused access.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Fault
{
    public uint Kind;
    public uint Address;
}

/// <summary>The options of an engine.</summary>
[StructLayout(LayoutKind.Sequential)]
// SAFETY: the policy is read while the call lasts.
internal unsafe struct Options
{
    public uint Size;
    public uint Tables;
    public ulong RamBytes;
    public ulong Seed;
    public uint RequestHostHugePages;
    public uint ShareRam;
    public uint AllowThreads;
    public uint Overcommit;
    public uint OvercommitRatio;
    public uint OutOfMemory;
    public uint MaxMapCount;
    public uint Swappiness;
    public uint SwapReadAheadPages;
    public uint AttachedSpacesMax;
    public uint ReadAheadPages;
    public uint FaultAroundPages;
    public uint DirtyBackgroundRatio;
    public uint DirtyRatio;
    public uint DirtyExpireTicks;
    public uint ZeroedFrames;
    public uint HugePages;
    public uint SurplusHugePages;
    public uint TransparentHugePages;
    public uint ShootdownMilliseconds;
    public Policy* Policy;
    public uint FetchRights;
    public uint VerifyRestores;
}

/// <summary>The layout of a new process.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NewProcess
{
    public uint Size;
    public uint IsBottomUp;
    public uint MmapBase;
    public uint StartBreak;
    public ulong StackLimit;
    public uint IsPrivileged;
    public uint Reserved;
    public ulong Group;
    public uint HasBounds;
    public uint LowestAddress;
    public uint HighestAddress;
    public uint ReservedToo;
}

/// <summary>The kind of a process.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProcessInfo
{
    public uint Size;
    public int Id;
    public int ParentId;
    public uint HasExited;
    public int ExitCode;
    public int OutOfMemoryScore;
    public uint AreaCount;
    public uint StartBreak;
    public uint ProgramBreak;
    public uint PageDirectory;
}

/// <summary>One area of a process, as a line of maps.</summary>
// SAFETY: the name is copied with its length, which leaves room for the 0.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct AreaRow
{
    public uint Start;
    public uint End;
    public uint Protection;
    public uint Flags;
    public ulong Offset;
    public uint Object;
    public uint Reserved;
    public fixed byte Name[96];
}

/// <summary>Counters of faults.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FaultCounts
{
    public uint Size;
    public uint Reserved;
    public long Minor;
    public long Major;
    public long Refused;
    public long ZeroPage;
    public long Anonymous;
    public long Copied;
    public long Reused;
    public long FilePages;
    public long FaultAround;
    public long StackGrown;
    public long SwappedIn;
}

/// <summary>The sizes of a process, in pages.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Usage
{
    public uint Size;
    public uint Total;
    public uint PeakTotal;
    public uint Locked;
    public uint Resident;
    public uint PeakResident;
    public uint ResidentAnonymous;
    public uint ResidentFile;
    public uint ResidentShared;
    public uint Data;
    public uint Stack;
    public uint Code;
    public uint PageTables;
    public uint Swapped;
}

/// <summary>The frames of the machine.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Machine
{
    public uint Size;
    public uint Total;
    public uint Free;
    public uint Available;
    public uint Cached;
    public uint Dirty;
    public uint PageTables;
    public uint MappedAnonymous;
    public uint Shared;
    public uint SwapCached;
    public uint Unevictable;
    public uint ProcessCount;
    public long CommitLimit;
    public long Committed;
    public long SwapTotal;
    public long SwapFree;
}

/// <summary>A message of a userfaultfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UffdMessage
{
    public uint Size;
    public uint Event;
    public uint Address;
    public uint Length;
    public uint To;
    public uint IsWrite;
    public uint IsProtected;
    public uint IsMinor;
    public int Thread;
    public uint Reserved;
    public ulong Child;
}

/// <summary>An event of an engine.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Event
{
    public uint Kind;
    public int Process;
    public uint FirstPage;
    public uint PageCount;
    public uint Frame;
    public uint Access;
    public uint Refusal;
    public uint Reserved;
}

/// <summary>An access to watched bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Watched
{
    public uint Address;
    public uint Access;
    public uint Length;
    public uint Reserved;
    public void* Before;
    public void* After;
}

/// <summary>The result of VirtualQuery.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WindowsRegion
{
    public uint Size;
    public uint Base;
    public uint Length;
    public uint State;
    public uint Protection;
    public uint AllocationBase;
    public uint AllocationProtection;
    public uint Kind;
}

/// <summary>The exception that an access raises in Windows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WindowsException
{
    public uint Code;
    public uint Intent;
    public uint Address;
    public uint Reason;
}

/// <summary>The counts of a replay.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ReplayResult
{
    public uint Size;
    public uint Reserved;
    public ulong Accesses;
    public ulong Stores;
    public ulong DistinctPages;
    public ulong Misses;
    public long DirtyEvictions;
}

/// <summary>The page of the last fetch.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FetchedPage
{
    public uint Start;
    public uint Reserved;
    public ulong Addend;
    public ulong Epoch;
}

/// <summary>A thread of a core file.</summary>
// SAFETY: as long as CoreRegisters, which is copied as a whole.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CoreThreadRow
{
    public int Id;
    public fixed uint Registers[17];
}

/// <summary>The options of a memory group.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GroupOptions
{
    public uint Size;
    public uint OutOfMemory;
    public ulong LimitFrames;
    public uint ExcludesTables;
    public uint Reserved;
    public Policy* Policy;
}
#pragma warning restore CS1591

/// <summary>The account of a process in a ledger.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LedgerTimes
{
    public uint Size;
    public int ProcessId;
    public ulong User;
    public ulong Translation;
    public ulong MinorFaults;
    public ulong MajorFaults;
    public ulong SystemCalls;
    public ulong Copies;
    public ulong Switches;
    public ulong Invalidations;
    public ulong Reclaim;
    public ulong WaitForFile;
    public ulong WaitForSwap;
    public ulong WaitForWrite;
    public ulong WaitForFlush;
    public ulong MinorFaultCount;
    public ulong MajorFaultCount;
    public ulong CallCount;
}

/// <summary>The clock of a ledger.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LedgerClock
{
    public uint Size;
    public uint Reserved;
    public ulong Now;
    public ulong End;
    public ulong Idle;
}
