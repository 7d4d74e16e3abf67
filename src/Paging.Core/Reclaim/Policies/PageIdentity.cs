using System.Diagnostics;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

//  63      62                        32 31                     0
// ┌───────┬────────────────────────────┬────────────────────────┐
// │  own  │           owner            │   page of the owner    │   own: a private page, owner is its anonymous root; else an object
// └───────┴────────────────────────────┴────────────────────────┘
/// <summary>The name of a page for a replacement policy. The name stays the same while the page is evicted.</summary>
/// <param name="Word">The bits. Never all ones.</param>
[DebuggerDisplay("{Word,h}")]
internal readonly record struct PageIdentity(ulong Word)
{
    private const ulong Own = 1UL << 63;
    private const uint FirstDevice = 0x7FFF_FF00;    // above all numbers of objects

    /// <summary>No page.</summary>
    public static PageIdentity None => new(ulong.MaxValue);

    public static PageIdentity OfPrivate(uint root, uint index) => new(Own | ((ulong)root << 32) | index);

    public static PageIdentity OfSlot(SwapEntry entry) => OfObject(FirstDevice | (uint)entry.Device, entry.Slot);

    public static PageIdentity OfObject(uint number, uint index) => new(((ulong)number << 32) | index);
}
