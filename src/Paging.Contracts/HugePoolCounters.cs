namespace Paging.Core;

/// <summary>The pool of huge pages, in huge pages. Linux: HugePages_* of /proc/meminfo.</summary>
/// <param name="Total">All pages of the pool, surplus pages included.</param>
/// <param name="Free">Pages that are not in use.</param>
/// <param name="Reserved">The free pages that are reserved. Negative while a child holds a page that its owner discarded.</param>
/// <param name="Surplus">The pages that were taken from ordinary memory on demand.</param>
public readonly record struct HugePoolCounters(long Total, long Free, long Reserved, long Surplus)
{
    /// <summary>The form of the scenario dialect: <c>total=6 free=4 rsvd=1 surplus=0</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"total={Total} free={Free} rsvd={Reserved} surplus={Surplus}");
}
