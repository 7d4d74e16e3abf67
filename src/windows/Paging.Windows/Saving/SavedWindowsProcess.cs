using Paging.Core.Snapshots;
using Paging.Native;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Saving;

/// <summary>A process as it is saved, without its pages.</summary>
internal sealed class SavedWindowsProcess
{
    private const uint WithHostState = 1, WithShadow = 2, EnforcesShadow = 4, RefusesUninitialized = 8, WithLargeRange = 16, Known = 31;

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The extent of its user half.</summary>
    public UserRange User { get; init; }

    /// <summary>The stack of the running thread.</summary>
    public StackBounds Stack { get; init; }

    /// <summary>The limits of its working set.</summary>
    public WorkingSetLimits Limits { get; init; }

    /// <summary>The exception of the last refused access, and the reason for an in-page error.</summary>
    public (NtStatus Code, NtStatus Reason) Exception { get; init; }

    /// <summary>The soft faults.</summary>
    public long TransitionFaults { get; init; }

    /// <summary>The other faults, and the peaks.</summary>
    public SavedUsage Usage { get; init; }

    /// <summary>The host's state; null without one.</summary>
    public byte[]? HostState { get; init; }

    /// <summary>The switches of a byte shadow; null without one.</summary>
    public (bool IsEnforced, bool RefusesUninitialized)? Shadow { get; init; }

    /// <summary>The allocations, in the order of their addresses.</summary>
    public required SavedAllocation[] Allocations { get; init; }

    /// <summary>The pages of write-watched memory that were written.</summary>
    public SavedRun[] Written { get; init; } = [];

    /// <summary>The pages that are locked.</summary>
    public SavedRun[] Locked { get; init; } = [];

    /// <summary>The handles, in their order.</summary>
    public SavedHandle[] Handles { get; init; } = [];

    /// <summary>True if memory of it is write-watched.</summary>
    public bool IsWatched => Array.Exists(Allocations, static one => one.Flags.Type == VadType.WriteWatch);

    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write(Name);
        writer.Write((HostState is null ? 0 : WithHostState) | (Shadow is null ? 0 : WithShadow)
            | (Shadow?.IsEnforced == true ? EnforcesShadow : 0) | (Shadow?.RefusesUninitialized == true ? RefusesUninitialized : 0)
            | (User == UserRange.Large ? WithLargeRange : 0));
        foreach (VirtualAddress address in (ReadOnlySpan<VirtualAddress>)[Stack.Allocation, Stack.Limit, Stack.Base])
            writer.Write(address.Value);
        writer.Write(Limits.Minimum);
        writer.Write(Limits.Maximum);
        writer.Write((uint)Limits.PagePriority);
        writer.Write((uint)Exception.Code);
        writer.Write((uint)Exception.Reason);
        writer.Write((ulong)TransitionFaults);
        Usage.WriteTo(writer);
        if (HostState is not null)
        {
            writer.Write((uint)HostState.Length);
            writer.Write(HostState.AsSpan());
        }

        writer.WriteList(Allocations, static (writer, allocation) => allocation.WriteTo(writer));
        SavedRun.Write(writer, Written);
        SavedRun.Write(writer, Locked);
        writer.WriteList(Handles, static (writer, handle) => handle.WriteTo(writer));
    }

    /// <exception cref="InvalidDataException">The values do not describe a process.</exception>
    public static SavedWindowsProcess Read(ChecksummedReader reader, SavedSection[] sections, uint lastHandle)
    {
        string name = reader.ReadText();
        uint switches = reader.ReadWord();
        if ((switches & ~Known) != 0) throw ChecksummedReader.Damaged("a switch is unknown");
        StackBounds stack = new(new(reader.ReadWord()), new(reader.ReadWord()), new(reader.ReadWord()));
        WorkingSetLimits limits = new(reader.ReadWord(), reader.ReadWord(), (int)reader.ReadWord());
        (NtStatus Code, NtStatus Reason) exception = ((NtStatus)reader.ReadWord(), (NtStatus)reader.ReadWord());
        long soft = (long)reader.ReadLong();
        if ((uint)limits.PagePriority >= Pfn.PfnDatabase.PriorityCount || limits.Minimum > limits.Maximum || soft < 0)
            throw ChecksummedReader.Damaged("the limits of a working set are none");
        SavedUsage usage = SavedUsage.Read(reader);
        UserRange user = (switches & WithLargeRange) != 0 ? UserRange.Large : UserRange.Standard;
        SavedWindowsProcess process = new()
        {
            Name = name,
            User = user,
            Stack = stack,
            Limits = limits,
            Exception = exception,
            TransitionFaults = soft,
            Usage = usage,
            HostState = (switches & WithHostState) != 0 ? SavedState.ReadHostState(reader) : null,
            Shadow = (switches & WithShadow) != 0
                ? ((switches & EnforcesShadow) != 0, (switches & RefusesUninitialized) != 0) : null,
            Allocations = ReadAllocations(reader, sections, user),
            Written = SavedRun.Read(reader, user.Probe.Value),
            Locked = SavedRun.Read(reader, user.Probe.Value),
            Handles = ReadHandles(reader, sections, lastHandle),
        };
        process.CheckRuns();
        return process;
    }

    private static SavedAllocation[] ReadAllocations(ChecksummedReader reader, SavedSection[] sections, UserRange user)
    {
        PageNumber end = UserRange.Lowest;
        return reader.ReadList((int)user.Probe.Value, reader =>
        {
            SavedAllocation one = SavedAllocation.Read(reader);
            bool isInside = !one.Range.IsEmpty && one.Range.First >= end && one.Range.First < user.Probe
                && one.Range.Count <= user.Probe - one.Range.First;    // I1
            if (!isInside || !IsSound(one, sections)) throw ChecksummedReader.Damaged($"an allocation at {one.Range.First} is none");
            end = one.Range.End;
            return one;
        });
    }

    private static bool IsSound(in SavedAllocation one, SavedSection[] sections)
    {
        VadFlags flags = one.Flags;
        if (!flags.Protection.IsAgreed || flags.IsPrivate != (one.Section == 0) || (flags.IsPlaceholder && !flags.IsPrivate)) return false;
        if (one.Section == 0) return flags.Type is VadType.None or VadType.WriteWatch;
        if (one.Section == SavedAllocation.SharedUserPage)
            return one.Range == new PageRange(UserRange.SharedPage, PageCount.One) && one.PageOffset == 0 && flags.IsNoChange
                && flags.Type == VadType.None && flags.Protection.IsContainedIn(Entries.ProtectionCode.ReadOnly);
        if (one.Section > (uint)sections.Length) return false;
        SavedSection section = sections[one.Section - 1];
        bool isImage = section.Image != 0;
        return flags.Type == (isImage ? VadType.Image : VadType.None) && one.PageOffset + (ulong)one.Range.Count.Value <= section.PageCount
            && (!isImage || (one.PageOffset == 0 && one.Range.Count.Value == section.PageCount));
    }

    private static SavedHandle[] ReadHandles(ChecksummedReader reader, SavedSection[] sections, uint lastHandle)
    {
        uint last = 0;
        return reader.ReadList(int.MaxValue, reader =>
        {
            SavedHandle handle = SavedHandle.Read(reader);
            uint value = handle.Value.Value;
            if (value <= last || value > lastHandle || (value & 3) != 0 || handle.Section == 0 || handle.Section > (uint)sections.Length)
                throw ChecksummedReader.Damaged($"a handle {value:x} is none");
            last = value;
            return handle;
        });
    }

    /// <summary>Checks I9: written pages lie in watched memory, and locked ones in some.</summary>
    private void CheckRuns()
    {
        foreach (SavedRun run in Written) Check(run, isWatched: true);
        foreach (SavedRun run in Locked) Check(run, isWatched: false);
    }

    private void Check(SavedRun run, bool isWatched)
    {
        PageNumber page = new(run.First), end = new(run.First + run.Count);
        foreach (SavedAllocation one in Allocations)
        {
            if (page >= end || page < one.Range.First) break;
            if (page >= one.Range.End) continue;
            if (isWatched && one.Flags.Type != VadType.WriteWatch) break;
            page = one.Range.End;
        }

        if (page < end) throw ChecksummedReader.Damaged($"page {page} is marked, and in no allocation that may be");
    }
}
