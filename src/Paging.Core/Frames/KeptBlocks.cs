using System.Diagnostics.CodeAnalysis;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Native.Memory;

namespace Paging.Core.Frames;

//   at the snapshot     page ──► block ◄── kept             nothing is copied, and no entry may write the block
//   the first write     page ──► block     kept ──► copy    the bytes go to memory of the host, and the pool loses no page
/// <summary>The bytes of huge pages of the pool that snapshots keep.</summary>
/// <remarks><code>
/// Always holds    J9  a block that still has the bytes of a snapshot is in use, and no entry allows it to be written
/// Before          a block is made writable, zeroed or given back, <see cref="BeforeChange"/> copies it. Room for the copy is reserved
///                 when the snapshot is taken, so a fault allocates nothing and cannot fail
/// Cost            a snapshot: addresses of the host for each page. The first write after it, and an unmapping of the last mapping: a copy
///                 of the whole page, once for all snapshots that keep the same bytes. Without kept pages a test
/// </code>
/// Bytes at a snapshot never change, so any number of snapshots and processes can share a copy. All of it runs on the slow path.
/// </remarks>
internal sealed class KeptBlocks(PhysicalMemory ram, FaultInjection injection, PageCount pagesEach)
{
    private readonly Dictionary<uint, KeptBlock> _unchanged = [];    // by the first frame of the block
    private readonly Stack<HostBlock> _free = new();
    private readonly Dictionary<uint, KeptBlock> _pinned = [];    // copies of pinned blocks for one snapshot of the engine
    private int _count;

    /// <summary>True while a snapshot of the engine is taken: a pinned block that several processes map is copied once.</summary>
    public bool SharesPinned
    {
        get;
        set
        {
            field = value;
            _pinned.Clear();
        }
    }

    /// <summary>True if no block has the bytes of a snapshot.</summary>
    public bool IsEmpty => _unchanged.Count == 0;

    /// <summary>True if a block has the bytes of a snapshot.</summary>
    public bool Has(FrameNumber block) => _unchanged.ContainsKey(block.Value);

    /// <summary>The blocks that still have the bytes of a snapshot, for audits.</summary>
    public IEnumerable<FrameNumber> Unchanged => _unchanged.Keys.Select(static block => new FrameNumber(block));

    /// <summary>Keeps the bytes of a block for one page of a snapshot.</summary>
    /// <param name="block">The first frame of the block.</param>
    /// <param name="isPinned">True: the host may write it at any time, so the bytes are copied at once.</param>
    /// <returns>Null if the host has no room.</returns>
    public KeptBlock? Keep(FrameNumber block, bool isPinned)
    {
        if (!_unchanged.TryGetValue(block.Value, out KeptBlock? kept) && !_pinned.TryGetValue(block.Value, out kept))
        {
            if (!TryMake(out kept)) return null;
            if (isPinned) CopyOut(block, kept);
            else Attach(block, kept);
            if (isPinned && SharesPinned) _pinned.Add(block.Value, kept);
        }

        kept.HolderCount++;
        return kept;
    }

    /// <summary>Gives up the bytes for one page.</summary>
    public void Release(KeptBlock kept)
    {
        if (--kept.HolderCount != 0) return;
        if (kept.Block != default) _unchanged.Remove(kept.Block.Value);
        kept.Block = default;
        _free.Push(kept.Copy);    // reused, so that snapshots taken again and again map nothing
        if (--_count != 0) return;
        while (_free.TryPop(out HostBlock? copy)) copy.Dispose();
    }

    /// <summary>Called before the bytes of a block may change, and before it is given back: copies them if a snapshot keeps them.</summary>
    public void BeforeChange(FrameNumber block)
    {
        if (_unchanged.Count == 0 || !_unchanged.Remove(block.Value, out KeptBlock? kept)) return;
        CopyOut(block, kept);
        kept.Block = default;
    }

    /// <summary>Gives a block the bytes of a snapshot. Precondition: no entry allows it to be written.</summary>
    /// <param name="kept">The bytes.</param>
    /// <param name="block">The first frame of the block.</param>
    /// <param name="isPinned">True: the host may write it at any time, so the next write is not noticed.</param>
    public void Restore(KeptBlock kept, FrameNumber block, bool isPinned)
    {
        if (kept.Block == block) return;
        BeforeChange(block);    // a later snapshot may keep what it has
        if (kept.Block != default) BeforeChange(kept.Block);
        for (uint i = 0; i < pagesEach.Value; i++) PartOf(kept, i).CopyTo(ram.Bytes(block + new FrameCount(i)));
        ram.Observers.Note(block, new(pagesEach.Value));
        if (!isPinned) Attach(block, kept);
    }

    /// <summary>Makes room for the bytes of one block. Returns false if the host has none.</summary>
    private bool TryMake([NotNullWhen(true)] out KeptBlock? kept)
    {
        kept = null;
        if (injection.Refuses()) return false;
        if (!_free.TryPop(out HostBlock? copy))
        {
            try
            {
                copy = new(pagesEach.Bytes);
            }
            catch (OutOfMemoryException)
            {
                return false;
            }
        }

        _count++;
        kept = new(copy);
        return true;
    }

    private void Attach(FrameNumber block, KeptBlock kept)
    {
        kept.Block = block;
        _unchanged.Add(block.Value, kept);
    }

    private void CopyOut(FrameNumber block, KeptBlock kept)
    {
        if (kept.IsCopied) return;
        for (uint i = 0; i < pagesEach.Value; i++) ram.Bytes(block + new FrameCount(i)).CopyTo(PartOf(kept, i));
        kept.IsCopied = true;
    }

    private static Span<byte> PartOf(KeptBlock kept, uint index) =>
        kept.Copy.Bytes.Slice((int)(index << VirtualAddress.PageShift), FrameBytes.Length);
}
