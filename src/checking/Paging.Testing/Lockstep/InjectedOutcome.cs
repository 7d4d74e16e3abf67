using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Testing.World;

namespace Paging.Testing.Lockstep;

/// <summary>The results that a call may give when an allocation was refused.</summary>
internal static class InjectedOutcome
{
    /// <summary>True when the result is Linux's error for a shortage in that call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="expected">Its result when every allocation succeeds.</param>
    /// <param name="actual">Its result with the refused allocation.</param>
    /// <param name="breakBefore">The process's break before the call.</param>
    public static bool IsRight(in ScenarioCall call, in ScriptResult expected, in ScriptResult actual, VirtualAddress breakBefore)
    {
        if (expected.Agrees(actual)) return true;
        bool isShort = actual.Kind is CallResultKind.Number or CallResultKind.CountAndCrc && actual.Value < expected.Value
            && actual.Value > 0;
        return call.Name switch
        {
            CallName.Brk => actual == ScriptResult.Address(breakBefore),
            CallName.Mlock or CallName.Mlock2 => actual.Kind == CallResultKind.Unsupported || IsOneOf(actual, Errno.ENOMEM),
            CallName.Madvise => IsOneOf(actual, Errno.ENOMEM, Errno.EAGAIN),
            CallName.Open or CallName.OpenRo or CallName.OpenWo or CallName.OpenDir => IsOneOf(actual, Errno.ENFILE),
            CallName.Pread or CallName.Pwrite => isShort || IsOneOf(actual, Errno.ENOMEM),
            CallName.CopyIn or CallName.CopyOut => isShort || IsOneOf(actual, Errno.EFAULT),
            >= CallName.Load and <= CallName.Sum =>
                actual.Kind == CallResultKind.Unsupported
                || (actual.Kind == CallResultKind.Signal && actual.Extra == (uint)MemoryFaultKind.NotMapped),
            _ => IsOneOf(actual, Errno.ENOMEM),
        };
    }

    /// <summary>False for a call that failed after a part of it was done, which cannot be made again.</summary>
    /// <remarks>
    /// MAP_FIXED under a limit: the replaced areas, which it could deduct, are gone. Linux: vms_abort_munmap_vmas leaves a gap.
    /// A move of several areas: the first ones have moved, and stay there. Linux: remap_move (mm/mremap.c).
    /// </remarks>
    public static bool RepeatsItsResult(ScenarioWorld world, in ScenarioCall call) => call.Name switch
    {
        CallName.Mmap => (call.A3 & (long)MapFlags.Fixed) == 0 || !HasLimit(world, call),
        CallName.Mremap => world.Find(call.Process) is not { } process || !HasMovedInPart(process, call),
        _ => true,
    };

    /// <summary>The first area has left its place. With MREMAP_DONTUNMAP it has stayed, and moving it again moves nothing there.</summary>
    private static bool HasMovedInPart(WorldProcess process, in ScenarioCall call)
    {
        if (process.Covering(new VirtualAddress((uint)call.A0).Page) is not { } first) return true;
        bool keepsOld = (call.A3 & (long)RemapFlags.DontUnmap) != 0;
        return keepsOld && first.Range.End.Value < ((ulong)(uint)call.A0 + (ulong)call.A1) >> VirtualAddress.PageShift;
    }

    /// <summary>
    /// True for calls that show state that a shortage may change for good: residency, and the joining of areas.
    /// </summary>
    /// <remarks>An area that cannot be joined for want of a record is made anew. Linux: __mmap_region after vma_merge_new_range.</remarks>
    public static bool ShowsInside(CallName name) =>
        name is CallName.Maps or CallName.Areas or CallName.Smaps or CallName.HugeMap or CallName.Resident or CallName.Pagemap
            or CallName.Mincore or CallName.Faults;

    /// <summary>True for calls whose result follows from which areas are one.</summary>
    public static bool DependsOnAreas(ScenarioWorld world, in ScenarioCall call)
    {
        if (call.Name == CallName.Mremap) return true;
        return call.Name == CallName.Mprotect && (HasLimit(world, call) || (call.A2 & (long)MemoryProtection.GrowsDown) != 0);
    }

    private static bool HasLimit(ScenarioWorld world, in ScenarioCall call) =>
        world.Find(call.Process) is { } process
        && (process.Memory.GetLimit(ResourceLimit.Data) != ulong.MaxValue
            || process.Memory.GetLimit(ResourceLimit.AddressSpace) != ulong.MaxValue);

    private static bool IsOneOf(in ScriptResult result, params ReadOnlySpan<Errno> errors)
    {
        foreach (Errno error in errors)
            if (result == ScriptResult.Error(error)) return true;
        return false;
    }
}
