namespace Paging.ReferenceModel.State;

/// <summary>The history of an area's private pages; two areas with different histories are never one (DIALECT section 6, rule 4).</summary>
/// <remarks>Linux: struct anon_vma. Compared by reference: each one made is different from all others.</remarks>
/// <param name="isInherited">
/// True for the history of a child's copy of an area that had one: the parent's and one of its own
/// (a chain that is not singular). Such a history is never passed on.
/// </param>
internal sealed class History(bool isInherited)
{
    public bool IsInherited { get; } = isInherited;
}
