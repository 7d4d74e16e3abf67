using System.Runtime.CompilerServices;
using Paging.Native.Collections;

namespace Paging.Native.Frames;

/// <summary>
/// Lets an <see cref="IntrusiveList"/> link frames through their descriptors. A frame in such a list has <see cref="FrameFlags.OnList"/>.
/// </summary>
internal readonly struct FrameLinks(FrameTable frames) : ILinkedItems
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    // Next and Previous are neighbours in the descriptor, in the order of ListLinks.
    public ref ListLinks Links(uint item) => ref Unsafe.As<uint, ListLinks>(ref frames[new FrameNumber(item)].Next);
}
