using Paging.Native;

namespace Paging.Windows.Spaces;

/// <summary>The passes since each page of a working set was last used: 0 to 3, as the two age bits of a working set entry.</summary>
/// <remarks>Filled when the set is aged, a block of 512 pages at a time; a page that was never aged has age 0. Windows: MMWSLE.
/// </remarks>
internal sealed class WorkingSetAges
{
    /// <summary>The oldest age.</summary>
    public const int Max = 3;    // two bits a page

    private const int BlockShift = 9;    // a block of bytes for what one table of PAE maps

    private readonly Dictionary<uint, byte[]> _blocks = [];

    public int this[PageNumber page] => _blocks.TryGetValue(page.Value >> BlockShift, out byte[]? ages) ? ages[IndexOf(page)] : 0;

    /// <summary>Ages a page: one that was used is young again, any other grows older.</summary>
    public void Update(PageNumber page, bool wasUsed)
    {
        if (!_blocks.TryGetValue(page.Value >> BlockShift, out byte[]? ages))
            _blocks.Add(page.Value >> BlockShift, ages = new byte[1 << BlockShift]);
        ref byte age = ref ages[IndexOf(page)];
        age = wasUsed ? (byte)0 : (byte)Math.Min(age + 1, Max);
    }

    private static int IndexOf(PageNumber page) => (int)(page.Value & ((1 << BlockShift) - 1));
}
