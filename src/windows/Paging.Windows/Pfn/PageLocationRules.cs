using System.Diagnostics.CodeAnalysis;
using Paging.Native;

namespace Paging.Windows.Pfn;

/// <summary>The allowed moves between the locations of the PFN database. Rule I10.</summary>
/// <remarks><code>
///                 zero page work
///        Free ──────────────────────► Zeroed
///         ▲ ▲                           │ demand zero
///         │ └─────────────┐             ▼
///  memory │       frame   │       ┌─ Active ◄──────────────────────────┐
///  freed  │       taken   │       │    │ trimmed, dirty                │ soft fault
///         │               │       │    └────────────► Modified ────────┤
///         │               │       │ trimmed,            │    ▲         │
///         │               │       │ clean        writer │    │ refused │
///         │               │       │                     ▼    │         │
///         │            Standby ◄──┼─────────────── Transition          │
///         │               │       │     written                        │
///         │               └───────┼────────────────────────────────────┘
///         └───────────────────────┘          a page file is switched off: Standby ──► Modified
///
///  from \ to         Zero Free Stby Modi MoNW Bad  Actv Tran
///  Zeroed             ·    ·    ·    ·    ·    x    x    x
///  Free               x    ·    ·    ·    ·    x    x    x
///  Standby            ·    x    ·    x    ·    x    x    x
///  Modified           ·    x    ·    ·    x    x    x    x
///  ModifiedNoWrite    ·    x    ·    x    ·    x    x    ·
///  Bad                ·    ·    ·    ·    ·    ·    ·    ·
///  ActiveAndValid     ·    x    x    x    x    x    ·    x
///  Transition         ·    x    x    x    ·    x    x    ·
/// </code>
/// Never from modified straight to free for another page: a page that is written out becomes standby first. A modified page goes free
/// only when its memory does. Windows: MiInsertPageInList, MiUnlinkPageFromList, MiDecrementReferenceCount.
/// </remarks>
internal static class PageLocationRules
{
    /// <summary>The number of locations.</summary>
    public const int Count = 8;

    // Bit n of a word: the location n may follow.
    private static ReadOnlySpan<byte> Next =>
    [
        0b1110_0000,    // Zeroed
        0b1110_0001,    // Free
        0b1110_1010,    // Standby
        0b1111_0010,    // Modified
        0b0110_1010,    // ModifiedNoWrite
        0b0000_0000,    // Bad
        0b1011_1110,    // ActiveAndValid
        0b0110_1110,    // Transition
    ];

    /// <summary>True for an <c>x</c> in the table.</summary>
    public static bool MayFollow(PageLocation from, PageLocation to) => (Next[(int)from] & (1 << (int)to)) != 0;

    /// <summary>Throws unless a frame may go from one location to the other.</summary>
    /// <exception cref="InvariantException">I10.</exception>
    public static void Check(FrameNumber frame, PageLocation from, PageLocation to)
    {
        if (Native.Diagnostics.Check.Cheap && !MayFollow(from, to)) ThrowBadMove(frame, from, to);
    }

    [DoesNotReturn]
    private static void ThrowBadMove(FrameNumber frame, PageLocation from, PageLocation to) =>
        throw new InvariantException($"I10: frame {frame.Value:x5} is {from} and cannot become {to}. " +
            "Frames leave the standby and modified lists through PfnDatabase, before anything else is done with them.");
}
