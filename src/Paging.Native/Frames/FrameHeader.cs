using System.Diagnostics;
using System.Diagnostics.Contracts;
using System.Runtime.CompilerServices;

namespace Paging.Native.Frames;

//  31           24 23           16 15            8 7             0
// ┌───────────────┬───────────────┬───────────────┬───────────────┐
// │       0       │     order     │   BuddyHead   │     Free      │  the first frame of a free block
// ├───────────────┼───────────────┼───────────────┼───────────────┤
// │       0       │       0       │       0       │     Free      │  any other free frame: the whole word is 0
// ├───────────────┼───────────────┼───────────────┼───────────────┤
// │     kind      │     group     │     flags     │     state     │  a frame in use; its owner defines kind and group
// └───────────────┴───────────────┴───────────────┴───────────────┘
/// <summary>State and kind of a frame in one word, which is read, compared and stored at once.</summary>
/// <param name="Word">The 32 bits as they lie in the descriptor.</param>
[DebuggerDisplay("{ToString(),nq}")]
internal readonly record struct FrameHeader(uint Word)
{
    /// <summary>The bits of <see cref="State"/>.</summary>
    internal const uint StateMask = 0xFF;

    /// <summary>The bits of <see cref="Kind"/>.</summary>
    internal const uint KindMask = 0xFFu << KindShift;

    /// <summary>The position of the lowest bit of <see cref="Flags"/>.</summary>
    internal const int FlagsShift = 8;

    private const int GroupShift = 16, KindShift = 24;

    /// <summary>The use of the frame.</summary>
    public FrameState State => (FrameState)(byte)Word;

    /// <summary>F6: BuddyHead is the only flag of a free frame, and of free frames only.</summary>
    public FrameFlags Flags => (FrameFlags)(byte)(Word >> FlagsShift);

    /// <summary>In the first frame of a free block, the block's order.</summary>
    public byte Order => (byte)(Word >> GroupShift);

    /// <summary>In a frame in use, a number that its owner gives it; 0 while it is on no list.</summary>
    public byte Group => (byte)(Word >> GroupShift);

    /// <summary>In a frame in use, another number of the owner's. A fork counts frames by the two low bits of this number.</summary>
    public byte Kind => (byte)(Word >> KindShift);

    /// <summary>A frame in a state and nothing else.</summary>
    [Pure] public static FrameHeader Of(FrameState state) => new((uint)state);

    /// <summary>A frame in use.</summary>
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FrameHeader Of(FrameState state, FrameFlags flags, byte group, byte kind) =>
        new((uint)state | ((uint)flags << FlagsShift) | ((uint)group << GroupShift) | ((uint)kind << KindShift));

    /// <summary>The first frame of a free block.</summary>
    [Pure] public static FrameHeader OfBlock(int order) => Of(FrameState.Free, FrameFlags.BuddyHead, (byte)order, 0);

    /// <summary>Prints the fields of the picture: <c>Anonymous OnList group 0 kind 1</c>.</summary>
    public override string ToString() =>
        Flags.HasFlag(FrameFlags.BuddyHead) ? $"{State} {Flags} order {Order}" : $"{State} {Flags} group {Group} kind {Kind}";
}
