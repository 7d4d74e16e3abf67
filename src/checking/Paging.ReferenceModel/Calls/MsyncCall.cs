using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>msync: writes nothing, but checks locks and holes. Linux: mm/msync.c.</summary>
internal static class MsyncCall
{
    private const SyncFlags Known = SyncFlags.Async | SyncFlags.Invalidate | SyncFlags.Sync;

    public static ScriptResult Execute(ModelProcess process, in ScenarioCall call)
    {
        VirtualAddress start = new((uint)call.A0);
        SyncFlags flags = (SyncFlags)(uint)call.A2;
        if ((flags & ~Known) != SyncFlags.None || !start.IsPageAligned) return ScriptResult.Error(Errno.EINVAL);
        if (flags.HasFlag(SyncFlags.Async) && flags.HasFlag(SyncFlags.Sync)) return ScriptResult.Error(Errno.EINVAL);
        return ScriptResult.ZeroOr(CheckAreas(process, new PageRange(start.Page, PageCount.Covering((uint)call.A1)), flags));
    }

    /// <summary>Continues after a hole: a locked area there still gives EBUSY (DIALECT L4.39).</summary>
    private static Errno CheckAreas(ModelProcess process, PageRange range, SyncFlags flags)
    {
        PageNumber next = range.First;
        bool hasHole = false;
        foreach (Area area in process.Areas.In(range))
        {
            if (area.First > next) hasHole = true;
            if (flags.HasFlag(SyncFlags.Invalidate) && area.IsLocked) return Errno.EBUSY;
            next = area.End;
        }
        return hasHole || next < range.End ? Errno.ENOMEM : Errno.None;
    }
}
