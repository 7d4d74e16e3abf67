using System.Runtime.CompilerServices;

namespace Paging.Native.Tables;

//                             a bit goes       a bit comes     another frame
//   takes every translation   P   US   A                             ×
//   takes those to write      RW  D
//   takes those to fetch                       NX
/// <summary>The cached translations of a present entry that a new one no longer allows.</summary>
/// <remarks>
/// Flags matter when they go (X1, X2), the frame when it changes (X3). Code that takes translations away tests in this order, and stops at
/// the first match. An entry that was not present has no translations.
/// </remarks>
/// <param name="old">The bits of the entry before. P is set.</param>
/// <param name="entry">The bits of the entry afterwards.</param>
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
internal readonly struct EntryChange(ulong old, ulong entry)
{
    private readonly ulong _changed = old ^ entry, _entry = entry;

    /// <summary>No translation is left, for no kind of access.</summary>
    public bool TakesReads
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Gone & (EntryBits.Present | EntryBits.User | EntryBits.Accessed)) != 0 || (_changed & EntryBits.FrameMask) != 0;
    }

    /// <summary>The first write has to walk to the entry again.</summary>
    public bool TakesWrites
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Gone & (EntryBits.Writable | EntryBits.Dirty)) != 0;
    }

    /// <summary>No instruction may be fetched any more. The cache has loads and stores only, but a processor keeps fetches, too.</summary>
    public bool TakesFetches
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_changed & _entry & EntryBits.NoExecute) != 0;
    }

    private ulong Gone
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _changed & ~_entry;
    }
}
