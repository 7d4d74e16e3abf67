using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.Rules;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

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

    /// <summary>Maps or unmaps the pages between the two breaks. False: refused, nothing has changed.</summary>
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
        return process.Unmap(given) == Errno.None;
    }

    private static bool Grow(ModelProcess process, PageRange added)
    {
        AreaFlags flags = HeapFlags | process.FutureLock;
        if (!process.Has(added) || !Allowance.MayLock(process, flags, added.Count.Value)) return false;
        if (!process.IsFree(added) || !KeepsDistance(process, added) || !Allowance.MayGrow(process, flags, added.Count.Value))
            return false;
        if (process.AreaCount > process.AreaCountMax || !process.CommitLimit.Allow(added.Count.Value)) return false;

        MergeProposal heap = new(added, flags, File: null, added.First.Value);
        // It joins only an area that ends at the old break, and none when that is the initial one.
        Area? below = added.First > process.Header.Break.Page ? process.Areas.LastEndingBy(added.First) : null;
        if (heap.Continues(below)) below!.FinishAt(added.End);
        else process.Areas.Insert(heap.ToArea());
        if (process.FutureLock != AreaFlags.None) Filling.FillWhatCan(process, added);
        return true;
    }

    /// <summary>One page stays free above the break, and the gap of a growing area.</summary>
    private static bool KeepsDistance(ModelProcess process, PageRange added)
    {
        PageNumber needed = added.End + PageCount.One;
        if (needed > process.Reserved.First) return false;
        return process.Areas.FirstEndingAfter(added.First) is not { } above || needed <= Placement.StartWithGap(above);
    }

    private static PageNumber RoundUp(VirtualAddress address) => new PageNumber(0) + PageCount.Covering(address.Value);
}
