using System.Diagnostics.CodeAnalysis;
using Paging.Native.Diagnostics;

namespace Paging.Native.Memory;

/// <summary>The pages that have got the right to write while a dirty log of frames was open, with their address spaces.</summary>
/// <remarks>
/// A frame does not record the translations that lead to it, so collecting a log of frames takes back all rights given since the last time.
/// A page may be on the list twice, and its right may be gone by now: taking a right back too often only costs a walk.
/// </remarks>
internal sealed class WriteGrants : IDisposable
{
    /// <summary>The most rights that are recorded. With one more, all of them are taken back early.</summary>
    public const int CountMax = 1 << 16;

    private readonly HostBlock _block = new(CountMax * sizeof(ulong));
    private int _count;

    public bool IsFull => _count == CountMax;

    /// <summary>Records a right. Precondition: the list is not full.</summary>
    // SAFETY: the index is below the length of the block.
    public unsafe void Add(uint space, PageNumber page)
    {
        if (IsFull) ThrowFull();    // always on: the next word is not ours
        ((ulong*)_block.Address)[_count++] = ((ulong)space << 32) | page.Value;
    }

    /// <summary>Takes the right that was recorded last. Returns false if no right is left.</summary>
    // SAFETY: the index is below the count.
    public unsafe bool TryTake(out uint space, out PageNumber page)
    {
        ulong word = _count == 0 ? 0 : ((ulong*)_block.Address)[--_count];
        space = (uint)(word >> 32);
        page = new((uint)word);
        return space != 0;
    }

    /// <summary>Returns true if the right to write to a page of the range is recorded. For audits: O(rights).</summary>
    // SAFETY: reads as many words as there are rights.
    public unsafe bool Contains(uint space, PageRange range)
    {
        ulong first = ((ulong)space << 32) | range.First.Value;
        return new ReadOnlySpan<ulong>(_block.Address, _count).ContainsAnyInRange(first, first + range.Count.Value - 1);
    }

    public void Clear() => _count = 0;

    [DoesNotReturn]
    private static void ThrowFull() => Check.ThrowUnmet($"Add: all {CountMax} rights are recorded.");

    public void Dispose() => _block.Dispose();
}
