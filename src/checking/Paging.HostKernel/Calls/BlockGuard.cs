using Paging.Core;
using Paging.HostKernel.Inspection;
using Paging.HostKernel.Puppets;
using Paging.Scripting.Calls;

namespace Paging.HostKernel.Calls;

/// <summary>Finds the calls that would change the block that the puppet lives in.</summary>
/// <remarks>
/// The dialect forbids such calls to scenarios, but generated scripts may contain them. A call that the kernel would refuse, because
/// its range ends above the user half, is let through to be refused.
/// </remarks>
internal sealed class BlockGuard(PuppetLayout layout, AreaReports areas)
{
    private const long PageMask = 0xFFF;
    private readonly long _reserved = layout.Reserved, _end = layout.Reserved + (long)layout.ByteLength;

    /// <summary>True when the call must not be executed.</summary>
    internal bool Forbids(PuppetProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Load or CallName.Store or CallName.Add => Meets(call.A0, 1),
        CallName.Load32 or CallName.Store32 => Meets(call.A0, sizeof(uint)),
        CallName.Fill or CallName.Sum or CallName.CopyIn or CallName.CopyOut => Meets(call.A0, call.A1),
        CallName.Munmap => IsDone(call.A0, call.A1),
        CallName.Mmap => ((MapFlags)call.A3 & (MapFlags.Fixed | MapFlags.FixedNoReplace)) == MapFlags.Fixed && IsDone(call.A0, call.A1),
        CallName.Mremap => IsDone(call.A0, Math.Max(call.A1, 1))    // of an empty range it maps the page a second time
            || (((RemapFlags)call.A3).HasFlag(RemapFlags.Fixed) && IsDone(call.A4, call.A2)),
        CallName.Mprotect when call.A1 == 0 || (call.A0 & PageMask) != 0 => false,    // nothing, or EINVAL
        CallName.Mprotect or CallName.Mlock or CallName.Mlock2 or CallName.Munlock =>
            MeetsPages(call.A0, call.A1) && ReachesBlock(process, call.A0),
        CallName.Madvise => MeetsPages(call.A0, call.A1),
        _ => false,
    };

    // A call that stops at the first hole.
    private bool ReachesBlock(PuppetProcess process, long start) =>
        start >= _reserved || areas.ReachesBlock(process, (uint)(start & ~PageMask));

    // A call that refuses ranges that are empty, are not aligned or end above the user half.
    private bool IsDone(long start, long byteLength) =>
        byteLength != 0 && (start & PageMask) == 0 && MeetsPages(start, byteLength) && start + byteLength <= _end;

    private bool MeetsPages(long start, long byteLength) => Meets(start & ~PageMask, byteLength + (start & PageMask));

    private bool Meets(long start, long byteLength) => start < _end && start + byteLength > _reserved;
}
