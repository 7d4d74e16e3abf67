using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.Testing.World;

/// <summary>Recognises the calls that the dialect does not define: the generator and the shrinker leave them out.</summary>
internal static class DialectLimits
{
    /// <summary>Pages that one call may fill.</summary>
    public const uint FilledPagesMax = 512;

    /// <summary>Pages that one <c>resident</c> may count.</summary>
    public const long CountedPagesMax = 0x8000;

    /// <summary>Bytes that one call may copy, and a new file may have.</summary>
    public const long CopiedBytesMax = 1 << 18;

    /// <summary>Processes that a scenario may make.</summary>
    public const int ProcessCountMax = 12;

    /// <summary>Frames that are left when a scenario has used enough.</summary>
    private const uint FreeFramesMin = 1200;

    /// <summary>RLIMIT_MEMLOCK at the start (§2).</summary>
    public const long LockLimitAtStart = 8 << 20;

    /// <summary>Pages that one call may fill where there are huge ones.</summary>
    private const uint FilledPagesMaxWithHuge = 2048;

    /// <summary>Frames that are left when a scenario has used enough: a quarter of RAM where there are huge pages.</summary>
    public static uint FreeFramesMinOf(EngineOptions engine) => engine.TransparentHugePages == TransparentHugePages.Never
        ? FreeFramesMin : (uint)(engine.RamBytes >> 14);

    private const long OffsetMax = 1L << 44;

    /// <summary>Why a call may not be asked in this state; none when it may.</summary>
    public static DialectLimit Of(ScenarioWorld world, in ScenarioCall call)
    {
        if (world.Find(call.Process) is not { } process) return DialectLimit.DeadProcess;
        if (world.HidesCode && RequestsExecuteOnly(call)) return DialectLimit.ExecuteOnly;
        DialectLimit limit = OfRange(world, process, call);
        if (limit != DialectLimit.None) return limit;
        return call.Name switch
        {
            CallName.Mmap => OfMap(world, process, call),
            CallName.Mremap => OfRemap(world, process, call),
            CallName.Madvise => OfAdvice(world, call),
            CallName.Mlock or CallName.Mlock2 => OfLock(world, process, call),
            CallName.Mlockall => OfLockAll(world, process, call),
            CallName.Mincore => OfInCore(call),
            CallName.Brk => OfBreak(world, process, call),
            CallName.Fork => world.Processes.Count >= ProcessCountMax || world.IsUsedUp ? DialectLimit.Shortage : DialectLimit.None,
            CallName.Rlimit => OfLimit(call),
            CallName.MemFd => DialectLimit.None,
            >= CallName.Open and <= CallName.Fsize => OfFile(world, process, call),
            >= CallName.Load and <= CallName.CopyOut => OfAccess(call),
            CallName.Pool or CallName.Usage => DialectLimit.None,
            >= CallName.Maps and <= CallName.Smaps => OfInspection(world, process, call),
            _ => DialectLimit.None,
        };
    }

    private static bool RequestsExecuteOnly(in ScenarioCall call) =>
        call.Name is CallName.Mmap or CallName.Mprotect
            && ((MemoryProtection)call.A2 & (MemoryProtection.ReadWrite | MemoryProtection.Execute)) == MemoryProtection.Execute;

    private static DialectLimit OfRange(ScenarioWorld world, WorldProcess process, in ScenarioCall call)
    {
        ulong byteLength = CallGeometry.ByteLengthOf(call);
        // no byte of it, and yet named
        if (call is { Name: CallName.Mremap, A1: 0 } || call.Name is >= CallName.Load and <= CallName.CopyOut)
            byteLength = Math.Max(1, byteLength);
        if (byteLength == 0) return DialectLimit.None;
        bool isPlain = call.Name is not (CallName.Mmap or CallName.Maps or CallName.Areas);
        if (call.A0 != 0 && RoundUp((ulong)call.A0 + byteLength) > PageCount.AddressSpace.Bytes) return DialectLimit.PassesTheTop;
        PageRange range = CallGeometry.PagesBetween((ulong)call.A0, byteLength);
        if (isPlain && range.Intersects(ReservedOf(world))) return DialectLimit.ReservedArea;
        return CallGeometry.Reads(call.Name) && process.Freed.Intersects(range) ? DialectLimit.FreedPage : DialectLimit.None;
    }

    private static PageRange ReservedOf(ScenarioWorld world) => PageRange.Between(world.Header.Reserved.Page, world.Header.TaskSize.Page);

    private static ulong RoundUp(ulong bytes) => (bytes + 0xFFF) & ~0xFFFUL;

    private static DialectLimit OfMap(ScenarioWorld world, WorldProcess process, in ScenarioCall call)
    {
        MapFlags flags = (MapFlags)call.A3;
        bool replaces = (flags & (MapFlags.Fixed | MapFlags.FixedNoReplace)) == MapFlags.Fixed;
        if (call.A4 is >= 0 and <= 2) return DialectLimit.StandardDescriptor;
        if (call.A5 < 0 || call.A5 + call.A1 >= OffsetMax - 0x1000) return DialectLimit.HugeOffset;
        PageRange range = CallGeometry.PagesOf(call);
        if (replaces && WithWholeHugePages(world, call.A0, call.A1, flags).Intersects(ReservedOf(world))) return DialectLimit.ReservedArea;
        bool locks = (flags & MapFlags.Locked) != 0 || process.LocksFuture, fills = locks || (flags & MapFlags.Populate) != 0;
        if (locks && LocksTooMuch(world, process, range.Count.Value)) return DialectLimit.Shortage;
        return fills && range.Count.Value > FilledMax(world) ? DialectLimit.Shortage : DialectLimit.None;
    }

    /// <summary>The pages from a place on. Where there are huge pages, up to the end of one: lengths in the pool are rounded up.</summary>
    private static PageRange WithWholeHugePages(ScenarioWorld world, long start, long byteLength, MapFlags flags)
    {
        bool isGigantic = (flags & MapFlags.HugeTlb) != 0 && ((uint)flags >> 26) == 30;
        ulong mask = world.HugeBytes == 0 ? 0 : (isGigantic ? 1ul << 30 : world.HugeBytes) - 1;
        return CallGeometry.PagesBetween((ulong)start, ((ulong)byteLength + mask) & ~mask);
    }

    private static DialectLimit OfRemap(ScenarioWorld world, WorldProcess process, in ScenarioCall call)
    {
        RemapFlags flags = (RemapFlags)call.A3;
        bool namesPlace = CallGeometry.NamesPlace(call);
        PageRange old = CallGeometry.PagesBetween((ulong)call.A0, Math.Max(1, (ulong)call.A1));
        PageRange target = CallGeometry.PagesBetween((ulong)call.A4, (ulong)call.A2);
        if (namesPlace && (ulong)(call.A4 + call.A2) > PageCount.AddressSpace.Bytes) return DialectLimit.PassesTheTop;
        PageRange whole = WithWholeHugePages(world, call.A4, call.A2, default);
        bool endsThere = (flags & RemapFlags.Fixed) != 0 && whole.Intersects(ReservedOf(world));
        bool losesIt = WithWholeHugePages(world, call.A0, call.A1, default).Intersects(ReservedOf(world));    // a pool area that shrinks
        if (endsThere || losesIt) return DialectLimit.ReservedArea;
        if (process.Freed.Intersects(old) || (namesPlace && process.Freed.Intersects(target))) return DialectLimit.FreedPage;

        if (process.Covering(old.First) is not { IsLocked: true }) return DialectLimit.None;
        return call.A2 - call.A1 > FilledMax(world) << 12 || LocksTooMuch(world, process, (call.A2 - call.A1) >> 12)
            ? DialectLimit.Shortage : DialectLimit.None;
    }

    private static uint FilledMax(ScenarioWorld world) => world.HugeBytes != 0 ? FilledPagesMaxWithHuge : FilledPagesMax;

    private static DialectLimit OfAdvice(ScenarioWorld world, in ScenarioCall call) => call.A2 switch
    {
        (long)MemoryAdvice.Collapse when world.HugeBytes != 0 =>
            call.A1 > 4L * world.HugeBytes ? DialectLimit.Shortage : DialectLimit.None,
        (long)MemoryAdvice.Free or (long)MemoryAdvice.Cold or (long)MemoryAdvice.PageOut when world.HugeBytes != 0 =>
            DialectLimit.UnusedAdvice,
        (long)MemoryAdvice.Remove when world.HasCollapsed => DialectLimit.HoleInCollapsed,
        25 or 100 or 101 => DialectLimit.UnusedAdvice,
        (long)MemoryAdvice.GuardInstall when call.A1 > FilledPagesMax << 12 => DialectLimit.Shortage,
        (long)MemoryAdvice.PopulateRead or (long)MemoryAdvice.PopulateWrite when call.A1 > FilledMax(world) << 12 => DialectLimit.Shortage,
        _ => DialectLimit.None,
    };

    // Beyond the highest limit there is, a lock is refused and fills nothing.
    private static DialectLimit OfLock(ScenarioWorld world, WorldProcess process, in ScenarioCall call)
    {
        if (LocksTooMuch(world, process, CallGeometry.PagesOf(call).Count.Value)) return DialectLimit.Shortage;
        return call.A1 > FilledMax(world) << 12 && call.A1 <= LockLimitAtStart ? DialectLimit.Shortage : DialectLimit.None;
    }

    /// <summary>
    /// True for pages that may be locked and would leave too little RAM for page tables and other pages. A mapping that gets no table keeps
    /// its place without a page, and so without the history that a page would give it.
    /// </summary>
    private static bool LocksTooMuch(ScenarioWorld world, WorldProcess process, long pages)
    {
        if (world.LockedPagesMax == uint.MaxValue) return false;
        long own = process.Memory.Usage.Locked.Value, most = (long)(process.Memory.GetLimit(ResourceLimit.LockedMemory) >> 12), all = 0;
        foreach (WorldProcess other in world.Processes)
            if (other.IsLive) all += other.Memory.Usage.Locked.Value;
        return own + pages <= most && all + pages > world.LockedPagesMax;
    }

    private static DialectLimit OfLockAll(ScenarioWorld world, WorldProcess process, in ScenarioCall call)
    {
        if ((call.A0 & (long)LockAllFlags.Current) == 0) return DialectLimit.None;
        long most = (long)(process.Memory.GetLimit(ResourceLimit.LockedMemory) >> 12), total = process.Memory.Usage.Total.Value;
        if (most == 0 || total > most) return DialectLimit.None;    // refused
        if (total + (long)ReservedOf(world).Count.Value > most) return DialectLimit.LockAllNearLimit;
        bool locksTooMuch = LocksTooMuch(world, process, total - process.Memory.Usage.Locked.Value);
        return total > FilledPagesMax || locksTooMuch ? DialectLimit.Shortage : DialectLimit.None;
    }

    private static DialectLimit OfInCore(in ScenarioCall call) =>
        CallGeometry.PagesOf(call).Count.Value > FilledPagesMax ? DialectLimit.Shortage : DialectLimit.None;

    private static DialectLimit OfBreak(ScenarioWorld world, WorldProcess process, in ScenarioCall call)
    {
        if (call.A0 > 0xFFFF_F000) return DialectLimit.PassesTheTop;
        PageNumber wanted = new((uint)((call.A0 + 0xFFF) >> 12));
        PageNumber present = new((process.Memory.Break.Value + 0xFFF) >> 12);
        bool isLocked = process.LocksFuture;
        if (wanted > present && isLocked && (wanted - present).Value > FilledPagesMax) return DialectLimit.Shortage;
        if (wanted > present && isLocked && LocksTooMuch(world, process, (wanted - present).Value)) return DialectLimit.Shortage;
        bool shrinks = wanted < present && (uint)call.A0 >= process.Memory.StartBreak.Value;
        return shrinks && !process.IsMappedIn(PageRange.Between(wanted, present))
            ? DialectLimit.BreakShrinksOverNothing : DialectLimit.None;
    }

    private static DialectLimit OfLimit(in ScenarioCall call) => (ResourceLimit)call.A0 switch
    {
        ResourceLimit.LockedMemory when call.A1 is < 0 or > LockLimitAtStart => DialectLimit.AboveHardLimit,
        _ => DialectLimit.None,
    };

    private static DialectLimit OfFile(ScenarioWorld world, WorldProcess process, in ScenarioCall call)
    {
        switch (call.Name)
        {
            case CallName.Open or CallName.OpenRo or CallName.OpenWo:
                return call.A0 > CopiedBytesMax ? DialectLimit.Shortage : DialectLimit.None;
            case CallName.OpenDir:
                return DialectLimit.None;
        }

        if (call.A0 is >= 0 and <= 2) return DialectLimit.StandardDescriptor;
        return call.Name switch
        {
            CallName.Punch when world.HasCollapsed => DialectLimit.HoleInCollapsed,
            CallName.Fallocate when world.HasCollapsed && call.A1 > 1 => DialectLimit.HoleInCollapsed,
            CallName.Fallocate when call.A2 >= 0 && call.A3 > 0 && call.A3 > Math.Max(8L * world.HugeBytes, CopiedBytesMax) - call.A2 =>
                DialectLimit.Shortage,
            CallName.Fallocate when ScenarioWorld.TryFindFile(process, call.A0, out FileKind kind, out _)
                && kind != FileKind.HugePages && call.A2 + call.A3 > CopiedBytesMax =>
                DialectLimit.Shortage,
            CallName.Pwrite when call.A2 >= OffsetMax - CopiedBytesMax && call.A2 <= long.MaxValue - call.A1 => DialectLimit.HugeOffset,
            CallName.Pread or CallName.Pwrite when call.A1 > CopiedBytesMax => DialectLimit.Shortage,
            _ => DialectLimit.None,
        };
    }

    private static DialectLimit OfAccess(in ScenarioCall call) =>
        CallGeometry.ByteLengthOf(call) > CopiedBytesMax ? DialectLimit.Shortage : DialectLimit.None;

    private static DialectLimit OfInspection(ScenarioWorld world, WorldProcess process, in ScenarioCall call)
    {
        switch (call.Name)
        {
            case CallName.Vm:
                return DialectLimit.None;
            case CallName.Faults:
                return process.HasUncountableFaults ? DialectLimit.UncountableFaults : DialectLimit.None;
        }

        if (call.A0 > call.A1 || call.A1 > world.Header.TaskSize.Value) return DialectLimit.InspectionRange;
        bool isLines = ((call.A0 | call.A1) & (world.HugeBytes - 1)) == 0;
        if (call.Name == CallName.HugeMap) return isLines ? DialectLimit.None : DialectLimit.InspectionRange;
        if (call.Name is CallName.Maps or CallName.Smaps)
            return process.HasHiddenCuts ? DialectLimit.MapsAfterRefusedFixed : DialectLimit.None;
        if (call.Name == CallName.Areas) return DialectLimit.None;
        if (((call.A0 | call.A1) & 0xFFF) != 0) return DialectLimit.InspectionRange;
        long countMax = call.Name == CallName.Resident ? CountedPagesMax : FilledPagesMax;
        return call.A1 - call.A0 > countMax << 12 ? DialectLimit.Shortage : DialectLimit.None;
    }
}
