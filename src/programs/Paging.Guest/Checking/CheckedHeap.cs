using Paging.Core;
using Paging.Native;

namespace Paging.Guest.Checking;

//   arena   │ red zone │ block │ red zone │ red zone │ block │ red zone │ …       16 bytes each; all but live blocks is unaddressable
/// <summary>The heap of a checked program, in place of malloc's.</summary>
/// <remarks>
/// Freed blocks wait in a queue of up to 20 MB, so that uses after free are found. Source: valgrind's manual, "Memcheck",
/// --freelist-vol and --redzone-size. The bookkeeping is in the host, where programs cannot damage it.
/// </remarks>
internal sealed class CheckedHeap
{
    private const uint RedZone = 16, Alignment = 16, ArenaBytes = 1 << 20, LengthMax = 0x7FFF_0000;    // --redzone-size; glibc aligns to 16
    private const long QueueBytesMax = 20_000_000;    // --freelist-vol of Valgrind

    private readonly AddressSpace _memory;
    private readonly ByteShadow _shadow;
    private readonly Dictionary<uint, CheckedBlock> _blocks;    // by first byte, live and in the queue
    private readonly Queue<CheckedBlock> _queue;
    private readonly Dictionary<uint, Stack<VirtualAddress>> _free = [];    // by room
    private ulong _next, _end;    // the rest of the newest arena
    private long _queuedBytes;

    public CheckedHeap(AddressSpace memory, ByteShadow shadow)
    {
        (_memory, _shadow) = (memory, shadow);
        (_blocks, _queue) = ([], []);
    }

    /// <summary>Copies a heap for a forked process.</summary>
    public CheckedHeap(CheckedHeap parent, AddressSpace memory, ByteShadow shadow)
    {
        (_memory, _shadow) = (memory, shadow);
        (_blocks, _queue) = (new(parent._blocks), new(parent._queue));
        foreach ((uint room, Stack<VirtualAddress> starts) in parent._free) _free[room] = new(starts);
        (_next, _end, _queuedBytes) = (parent._next, parent._end, parent._queuedBytes);
    }

    /// <summary>Allocates bytes that are uninitialized. Returns null if there is no memory.</summary>
    public CheckedBlock? Allocate(uint byteLength, uint alignment, in CallStack at)
    {
        if (byteLength > LengthMax || alignment > LengthMax) return null;
        uint room = Math.Max((byteLength + Alignment - 1) & ~(Alignment - 1), Alignment);    // malloc(0) has its own address, too
        if (!TryTake(room, Math.Max(alignment, Alignment), out VirtualAddress start)) return null;
        CheckedBlock block = new(start, byteLength, room, at);
        _blocks[start.Value] = block;
        _ = _shadow.Mark(start, byteLength, ByteState.Uninitialized);
        return block;
    }

    /// <summary>Finds the live block that begins at an address.</summary>
    public CheckedBlock? Find(VirtualAddress start) => _blocks.GetValueOrDefault(start.Value) is { Freed: null } live ? live : null;

    /// <summary>Frees a live block.</summary>
    public void Free(CheckedBlock block, in CallStack at)
    {
        CheckedBlock freed = block with { Freed = at };
        _blocks[block.Start.Value] = freed;
        _ = _shadow.Mark(block.Start, block.ByteLength, ByteState.Unaddressable);
        _queue.Enqueue(freed);
        _queuedBytes += block.RoomLength;
        while (_queuedBytes > QueueBytesMax && _queue.TryDequeue(out CheckedBlock? oldest))
        {
            _queuedBytes -= oldest.RoomLength;
            _blocks.Remove(oldest.Start.Value);
            if (!_free.TryGetValue(oldest.RoomLength, out Stack<VirtualAddress>? starts)) _free[oldest.RoomLength] = starts = new();
            starts.Push(oldest.Start);
        }
    }

    /// <summary>Finds the block that an address is in, or else the nearest one whose red zone it is in.</summary>
    /// <remarks>Cost: O(blocks), for reports.</remarks>
    public CheckedBlock? FindNear(VirtualAddress address)
    {
        CheckedBlock? best = null;
        ulong nearest = RedZone + Alignment;    // the most that may lie between an address in a red zone and its block
        foreach (CheckedBlock block in _blocks.Values)
        {
            ulong at = address.Value;
            ulong distance = at < block.Start.Value ? block.Start.Value - at : at >= block.End ? at - block.End + 1 : 0;
            if (distance >= nearest) continue;
            (best, nearest) = (block, distance);
            if (distance == 0) break;
        }

        return best;
    }

    private bool TryTake(uint room, uint alignment, out VirtualAddress start)
    {
        start = default;
        if (alignment == Alignment && _free.TryGetValue(room, out Stack<VirtualAddress>? starts) && starts.TryPop(out start)) return true;
        ulong at = Aligned(_next + RedZone, alignment);
        if (at + room + RedZone > _end)
        {
            uint wanted = Math.Max(room + alignment + (2 * RedZone), ArenaBytes);    // room is below 2 GiB, alignment at most 1
            uint byteLength = PageCount.Covering(wanted).Value << VirtualAddress.PageShift;
            Errno error = _memory.Map(VirtualAddress.Zero, byteLength, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
                out VirtualAddress arena);
            if (error != Errno.None) return false;
            _ = _shadow.Mark(arena, byteLength, ByteState.Unaddressable);
            (_next, _end) = (arena.Value, arena.Value + (ulong)byteLength);
            at = Aligned(_next + RedZone, alignment);
        }

        start = new((uint)at);
        _next = at + room + RedZone;
        return true;
    }

    private static ulong Aligned(ulong address, uint alignment) => (address + alignment - 1) & ~((ulong)alignment - 1);
}
