using System.Runtime.CompilerServices;
using Paging.Core.Faults;
using Paging.Native;

namespace Paging.Core.Faults;

//  63                                     1   0
// ┌─────────────────────────────────────────┬───┐
// │ the page's entry                        │ 1 │   the access is allowed (P is set)
// ├─────────────────────────────────────────┼───┤
// │ outcome                                 │ 0 │   the access is refused
// └─────────────────────────────────────────┴───┘
/// <summary>The result of translating a page for an access: its entry, or the outcome of the fault that refuses the access.</summary>
/// <remarks>One word, so that it is returned in a register.</remarks>
internal readonly struct Translation
{
    private readonly ulong _word;

    private Translation(ulong word) => _word = word;

    /// <summary>A page that the access may use. Precondition: the entry is present.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Translation Of(PageTableEntry entry) => new(entry.Word);

    /// <summary>A refused access.</summary>
    public static Translation Refused(FaultOutcome outcome) => new((ulong)outcome << 1);

    /// <summary>True if the access is allowed.</summary>
    public bool IsPresent => (_word & 1) != 0;

    /// <summary>The page's entry. Precondition: <see cref="IsPresent"/>.</summary>
    public PageTableEntry Entry => new(_word);

    /// <summary>The frame of the page. Precondition: <see cref="IsPresent"/>.</summary>
    public FrameNumber Frame => Entry.Frame;

    /// <summary>Why the access is refused. Precondition: it is.</summary>
    public FaultOutcome Outcome => (FaultOutcome)(_word >> 1);
}
