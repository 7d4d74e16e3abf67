namespace Paging.Native.Frames;

/// <summary>The allowed transitions between the states of a frame. Rule F2.</summary>
/// <remarks>
/// <code>
///            ┌──────────────────── Free ─── before the allocator starts ───► Reserved
///            │ BuddyAllocator       ▲
///            │ hands out            │ BuddyAllocator takes back, from any state but Reserved, with no mapping left
///            ▼                      │
///      ┌─ Allocated ── owner named ─┴──► Kernel · PageTable · Anonymous · PageCache · SwapCache
///      │  (or straight to one of these)                         │  ▲      │   ▲       ▲  │
///      │                                                        │  └──────┼───┼───────┘  │   swap slot taken, given up
///      │                                                        └─────────┼───┼──────────┘
///      └◄── truncated while it still has references ──────────────────────┘   └─ shared memory: to swap and back
///
///  from \ to     Free Rsvd Kern PgTb Anon PgCa SwCa Allo
///  Free            ·    1    a    a    a    a    a    a      1  only before the allocator starts
///  Reserved        ·    ·    ·    ·    ·    ·    ·    ·      a  only by the allocator
///  Kernel          a    ·    ·    ·    ·    ·    ·    ·
///  PageTable       a    ·    ·    ·    ·    ·    ·    ·
///  Anonymous       a    ·    ·    ·    ·    ·    x    ·
///  PageCache       a    ·    ·    ·    ·    ·    x    x
///  SwapCache       a    ·    ·    ·    x    x    ·    x
///  Allocated       a    ·    x    x    x    x    x    ·
/// </code>
/// </remarks>
internal static class FrameTransitions
{
    /// <summary>True for an <c>x</c> in the table: the owner changes, the allocator has no part in it.</summary>
    public static bool MayMove(FrameState from, FrameState to) => from switch
    {
        FrameState.Anonymous => to is FrameState.SwapCache,
        FrameState.PageCache => to is FrameState.SwapCache or FrameState.Allocated,
        FrameState.SwapCache => to is FrameState.Anonymous or FrameState.PageCache or FrameState.Allocated,
        FrameState.Allocated => to is FrameState.Kernel or FrameState.PageTable or FrameState.Anonymous
            or FrameState.PageCache or FrameState.SwapCache,
        _ => false,
    };

    /// <summary>True for a state the allocator may hand a frame out in, and takes it back from.</summary>
    public static bool IsHandedOut(FrameState state) => state is > FrameState.Reserved and <= FrameState.Allocated;
}
