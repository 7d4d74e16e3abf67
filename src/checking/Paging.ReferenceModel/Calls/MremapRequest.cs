using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>The arguments of mremap, in pages, once they are known to make sense. Linux: check_mremap_params (mm/mremap.c).</summary>
/// <param name="Old">The memory's range; an empty one requests a second mapping of the same shared memory.</param>
/// <param name="NewCount">The new length in pages.</param>
/// <param name="Flags">MREMAP_*.</param>
/// <param name="Target">NEWADDR: the place with FIXED, a hint with DONTUNMAP alone, otherwise ignored.</param>
internal readonly record struct MremapRequest(PageRange Old, PageCount NewCount, RemapFlags Flags, PageNumber Target)
{
    private const RemapFlags Known = RemapFlags.MayMove | RemapFlags.Fixed | RemapFlags.DontUnmap;

    public bool MayMove => Flags.HasFlag(RemapFlags.MayMove);

    public bool IsFixed => Flags.HasFlag(RemapFlags.Fixed);

    public bool KeepsOld => Flags.HasFlag(RemapFlags.DontUnmap);

    /// <summary>FIXED and DONTUNMAP always make a new mapping somewhere.</summary>
    public bool AlwaysMoves => IsFixed || KeepsOld;

    public bool Shrinks => NewCount < Old.Count;

    public bool Grows => NewCount > Old.Count;

    /// <summary>FIXED without a change of size.</summary>
    public bool IsPureMove => IsFixed && Old.Count == NewCount;

    /// <summary>The pages that a growth adds.</summary>
    public PageCount Added => Grows ? NewCount - Old.Count : PageCount.Zero;

    /// <summary>The pages that a shrink cuts off.</summary>
    public PageRange Tail => PageRange.Between(Old.First + NewCount, Old.End);

    public PageRange TargetRange => new(Target, NewCount);

    /// <summary>The request once its tail is cut off.</summary>
    public MremapRequest WithoutTail() => this with { Old = new PageRange(Old.First, NewCount) };

    /// <summary>Returns EINVAL for arguments that no mapping could make valid.</summary>
    public static Errno Read(ModelProcess process, in ScenarioCall call, out MremapRequest request)
    {
        VirtualAddress old = new((uint)call.A0), target = new((uint)call.A4);
        RemapFlags flags = (RemapFlags)(uint)call.A3;
        request = new(new PageRange(old.Page, PageCount.Covering((uint)call.A1)), PageCount.Covering((uint)call.A2), flags, target.Page);
        if ((flags & ~Known) != RemapFlags.None || !old.IsPageAligned) return Errno.EINVAL;
        if (request.NewCount.IsZero || request.NewCount > process.UserPages.Count) return Errno.EINVAL;
        return request.AlwaysMoves && !request.TargetMakesSense(process, target) ? Errno.EINVAL : Errno.None;
    }

    private bool TargetMakesSense(ModelProcess process, VirtualAddress target) =>
        MayMove
        && target.IsPageAligned
        && process.Has(TargetRange)
        && !(KeepsOld && Old.Count != NewCount)
        && !Old.Intersects(TargetRange);
}
