using System.Diagnostics.Contracts;

namespace Paging.Core.Spaces;

//  31  30                                                          0
// ┌───┬────────────────────────────────────────────────────────────┐
// │ 1 │                 number of the address space                │  a private page of a foreign space; Index is its page number
// ├───┼────────────────────────────────────────────────────────────┤
// │ 0 │                number of an anonymous root                 │  a private page of Linux
// └───┴────────────────────────────────────────────────────────────┘
/// <summary>The owner in the descriptor of a private frame, where it is an address space and not an anonymous root.</summary>
/// <remarks>
/// Such a page has at most one mapping, so the descriptor leads straight to its entry. Windows: PteAddress of a PFN entry.
/// </remarks>
internal static class SpaceOwner
{
    private const uint Mark = 1u << 31;

    [Pure] public static uint Of(SpaceIndex space) => Mark | space.Value;

    [Pure] public static bool Is(uint owner) => (owner & Mark) != 0;

    [Pure] public static SpaceIndex SpaceOf(uint owner) => new(owner & ~Mark);
}
