using Paging.Core;
using Paging.Core.Areas;
using Paging.Core.SystemCalls;
using Paging.Native;
using Paging.Scripting;

namespace Paging.ReferenceModel;

/// <summary>
/// brk, as the raw system call: the break after the call, unchanged when refused. Linux: SYSCALL brk (mm/mmap.c), do_brk_flags.
/// </summary>
internal static class BrkCall
{
    private const AreaFlags HeapFlags = AreaFlags.Read | AreaFlags.Write | AreaFlags.MayWrite | AreaFlags.Accounted;

    public static ScriptResult Execute(ModelProcess process, in ScenarioCall call)
    {
        VirtualAddress wanted = new((uint)call.A0);
        if (MayMoveTo(process, wanted)) process.Break = wanted;
        return ScriptResult.Address(process.Break);
    }

    /// <summary>Maps or unmaps what the new break asks for. False: refused, nothing has changed.</summary>
    private static bool MayMoveTo(ModelProcess process, VirtualAddress wanted)
    {
        VirtualAddress start = process.Header.Break;
        if (wanted < start || wanted.Value - start.Value > process.Limits.Data) return false;
        PageNumber old = RoundUp(process.Break), end = RoundUp(wanted);
        if (old == end) return true;
        return end < old ? Shrink(process, PageRange.Between(end, old)) : Grow(process, PageRange.Between(old, end));
    }

    private static bool Shrink(ModelProcess process, PageRange given)
    {
        if (process.Areas.FirstIn(given) is null) return false;
        return process.TryUnmap(given);
    }

    private static bool Grow(ModelProcess process, PageRange ground)
    {
        AreaFlags flags = HeapFlags | process.FutureLock;
        if (!ground.IsInUserHalf || !Allowance.MayLock(process, flags, ground.Count.Value)) return false;
        if (!process.IsFree(ground) || !KeepsDistance(process, ground) || !Allowance.MayGrow(process, flags, ground.Count.Value))
            return false;
        if (process.AreaCount > process.AreaCountMax || !process.Promises.Allow(ground.Count.Value)) return false;

        MergeProposal heap = new(ground, flags, File: null, ground.First.Value);
        // It joins only an area that ends at the old break, and none when that is the initial one.
        Area? below = ground.First > process.Header.Break.Page ? process.Areas.LastEndingBy(ground.First) : null;
        if (heap.Continues(below)) below!.FinishAt(ground.End);
        else process.Areas.Insert(heap.ToArea());
        if (process.FutureLock != AreaFlags.None) Filling.FillWhatCan(process, ground);
        return true;
    }

    /// <summary>One page stays free above the break, and the gap of a growing area.</summary>
    private static bool KeepsDistance(ModelProcess process, PageRange ground)
    {
        PageNumber needed = ground.End + PageCount.One;
        if (needed > process.Reserved.First) return false;
        return process.Areas.FirstEndingAfter(ground.First) is not { } above || needed <= Placement.GuardedStart(above);
    }

    private static PageNumber RoundUp(VirtualAddress address) => new PageNumber(0) + PageCount.Covering(address.Value);
}
