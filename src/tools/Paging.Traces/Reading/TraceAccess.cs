namespace Paging.Traces.Reading;

//  63                                                            1   0
// ┌───────────────────────────────────────────────────────────────┬───┐
// │                             page                              │ S │    S = the access stores
// └───────────────────────────────────────────────────────────────┴───┘
/// <summary>One access of a trace: a page of up to 63 bits, and a mark for a write.</summary>
/// <param name="Word">The raw word.</param>
public readonly record struct TraceAccess(ulong Word)
{
    /// <summary>The highest page number that fits.</summary>
    public const ulong PageMax = ulong.MaxValue >> 1;

    /// <summary>An access of a page, at most <see cref="PageMax"/>.</summary>
    public TraceAccess(ulong page, bool isStore) : this((page << 1) | (isStore ? 1u : 0u))
    {
    }

    /// <summary>The page.</summary>
    public ulong Page => Word >> 1;

    /// <summary>True when the access writes.</summary>
    public bool IsStore => (Word & 1) != 0;
}
