using Paging.Native;
using Paging.ReferenceModel.State;

namespace Paging.ReferenceModel.Rules;

/// <summary>
/// A stretch that is about to exist. Neighbours that agree with it are joined to it. Linux: struct vma_merge_struct.
/// </summary>
/// <param name="Range">The pages that it will cover.</param>
/// <param name="Flags">Its flags, the new ones where they change.</param>
/// <param name="File">The file that it maps.</param>
/// <param name="Offset">The offset or position of its first page.</param>
/// <param name="History">The history it comes with; none for a new mapping.</param>
/// <param name="PassesOnInherited">
/// True only for growth in place by mremap, which joins the area after although a history from a fork
/// is otherwise never passed on (DIALECT section 6, rule 4).
/// </param>
internal readonly record struct MergeProposal(
    PageRange Range, AreaFlags Flags, OpenFile? File, long Offset, History? History = null, bool PassesOnInherited = false)
{
    //      below          proposal
    //  ├────────────┤├───────────────────┤    same flags, same open file, histories that agree
    //  offset o       offset o + below.Count
    /// <summary>True when the area ends where this begins, and this goes on as the area ends. Linux: can_vma_merge_left.</summary>
    public bool Continues(Area? below) =>
        below is not null && below.End == Range.First && IsLike(below) && below.Offset + below.Count.Value == Offset
            && AgreesWith(below.History);

    //         proposal         above
    //  ├───────────────────┤├────────────┤
    //  offset o              offset o + Range.Count
    /// <summary>True when the area begins where this ends, and goes on as this ends. Linux: can_vma_merge_right.</summary>
    public bool IsContinuedBy(Area? above) =>
        above is not null && above.First == Range.End && IsLike(above) && above.Offset - Range.Count.Value == Offset
            && AgreesWith(above.History);

    /// <summary>An area of its own, where no neighbour takes the stretch in.</summary>
    public Area ToArea() => new()
    {
        First = Range.First,
        Count = Range.Count,
        Flags = Flags,
        File = File,
        Offset = Offset,
        History = History,
    };

    /// <summary>True when two areas that both fit the proposal also fit each other.</summary>
    public static bool FitEachOther(Area below, Area above) =>
        below.History is null || above.History is null || ReferenceEquals(below.History, above.History);

    private bool IsLike(Area area) =>
        !area.IsOfPool && File?.IsDirectory != true && !(File is { } file && file.Contents.Huge is not null)
        && ((area.Flags ^ Flags) & ~AreaFlags.MayHaveGuards) == AreaFlags.None && ReferenceEquals(area.File, File);

    /// <summary>The same history, or none on one side and the other's not from a fork. Linux: is_mergeable_anon_vma.</summary>
    private bool AgreesWith(History? other)
    {
        if (other is null) return History is null || PassesOnInherited || !History.IsInherited;
        return History is null ? !other.IsInherited : ReferenceEquals(History, other);
    }
}
