using Paging.Native.Tables;

namespace Paging.Core.Cache;

/// <summary>A page of an object, as a key.</summary>
/// <param name="File">The number of the object.</param>
/// <param name="Page">The page of it.</param>
internal readonly record struct ContentPage(uint File, FilePage Page);

/// <summary>The kept content of a page of shared memory: bytes, a slot of a swap device, or nothing, so that it reads as zeros.</summary>
/// <param name="Bytes">The bytes, in memory of the host; null if they are elsewhere, or if there were none.</param>
/// <param name="Slot">The slot, of which this is a user; none if the page was not swapped out.</param>
/// <param name="IsDirty">True if the page had been written.</param>
internal readonly record struct KeptContent(byte[]? Bytes, SwapEntry Slot, bool IsDirty)
{
    /// <summary>True if there was no page.</summary>
    public bool IsNothing => Bytes is null && Slot.IsNone;
}
