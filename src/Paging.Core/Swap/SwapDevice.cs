using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Paging.Native;
using Paging.Native.Diagnostics;

namespace Paging.Core.Swap;

//   slot      0   1   2   3   4   5   6   7   …
//   users     1   0   2   0z  1   0   0   0         entries of page tables; z: the page is all zeros and was not written
//   frames    ·   ·   f   f   ·   ·   ·   ·         the swap cache: a frame that holds the slot's page
//             └── taken: users or a frame ──┘       a slot with neither is free
/// <summary>
/// A swap device that is switched on: its taken slots, the number of entries that name each, and the frames that hold their pages.
/// </summary>
/// <remarks>
/// Slots are handed out in clusters of 256 neighbours, so that pages swapped out together lie together and are read ahead together.
/// Cost: 8 bytes per slot, in two arrays that are allocated when the device is switched on; nothing is allocated later.
/// Linux: struct swap_info_struct, mm/swapfile.c; mm/swap_table.h (6.18), where the swap cache is such an array, too.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class SwapDevice
{
    private const int ClusterShift = 8;    // SWAPFILE_CLUSTER, 256 slots
    private const uint ClusterSize = 1 << ClusterShift;
    private const uint ZeroMark = 1u << 31;    // in _users: the page is all zeros and not on the device. Linux: swap_zeromap

    private readonly ISwapStore _store;
    private readonly uint[] _users;
    private readonly uint[] _frames;
    private readonly ushort[] _takenInCluster;    // 0 to 256, which a byte does not hold
    private uint _next, _clusterEnd;

    internal SwapDevice(ISwapStore store, int number, int priority)
    {
        _store = store;
        Number = number;
        Priority = priority;
        _users = new uint[store.SlotCount];
        _frames = new uint[store.SlotCount];
        _takenInCluster = new ushort[(store.SlotCount + ClusterSize - 1) >> ClusterShift];
    }

    /// <summary>True if the device is this store, wrapped or not. Linux: claim_swapfile (mm/swapfile.c).</summary>
    internal bool IsOf(ISwapStore store) => ScopedSwapStore.Inner(_store) == ScopedSwapStore.Inner(store);

    /// <summary>The name of its store.</summary>
    public string Name => _store.Name;

    /// <summary>The number that swap entries name it by, 0 to 15.</summary>
    public int Number { get; }

    /// <summary>The device with the highest priority is filled first.</summary>
    public int Priority { get; }

    /// <summary>The number of pages that it can hold.</summary>
    public uint SlotCount => (uint)_users.Length;

    /// <summary>Z2: the slots that are taken.</summary>
    public uint UsedSlotCount { get; private set; }

    /// <summary>Prints <c>swap0: 12 of 1024 slots, priority -2</c>.</summary>
    public override string ToString() => $"{Name}: {UsedSlotCount} of {SlotCount} slots, priority {Priority}";

    /// <summary>True while the device is being switched off: no page is swapped out to it.</summary>
    internal bool IsClosing { get; set; }

    /// <summary>True if the current cluster is used up, so that the next slot begins another one.</summary>
    internal bool IsAtEndOfCluster => _next == _clusterEnd;

    internal bool HasRoom => UsedSlotCount < SlotCount && !IsClosing;

    /// <summary>
    /// True if more than half of the slots are taken. A slot whose page is in memory is then better freed. Linux: vm_swap_full.
    /// </summary>
    internal bool IsHalfFull => UsedSlotCount * 2UL > SlotCount;

    /// <summary>The number of page table entries that name the slot.</summary>
    internal uint UsersOf(uint slot) => _users[slot] & ~ZeroMark;

    /// <summary>The frame that holds the slot's page, or frame 0.</summary>
    internal FrameNumber FrameOf(uint slot) => new(_frames[slot]);

    internal bool IsTaken(uint slot) => (UsersOf(slot) | _frames[slot]) != 0;

    /// <summary>Takes a free slot for a frame, which is then in the swap cache. Returns false if no slot is free.</summary>
    internal bool TryTake(FrameNumber frame, out uint slot)
    {
        slot = 0;
        if (!HasRoom) return false;
        while (true)
        {
            while (_next < _clusterEnd)
            {
                slot = _next++;
                if (IsTaken(slot)) continue;
                _users[slot] = 0;
                _frames[slot] = frame.Value;
                _takenInCluster[slot >> ClusterShift]++;
                UsedSlotCount++;
                return true;
            }

            ChooseCluster();
        }
    }

    /// <summary>True for a slot of the store that nothing has taken yet: it may hold a saved page.</summary>
    internal bool HoldsSaved(uint slot) => slot < SlotCount && !IsTaken(slot);    // taken: a saved form names a slot twice

    /// <summary>Takes a slot that has never been used here, but whose page the store has: one entry will name it.</summary>
    internal void TakeWritten(uint slot)
    {
        _users[slot] = 1;
        _takenInCluster[slot >> ClusterShift]++;
        UsedSlotCount++;
    }

    /// <summary>Counts one more entry that names the slot. Linux: swap_duplicate.</summary>
    internal void AddUser(uint slot) => _users[slot]++;

    /// <summary>Counts one entry less, and frees the slot if nothing needs it any more. Linux: swap_free.</summary>
    internal void DropUser(uint slot)
    {
        if (UsersOf(slot) == 0)
        {
            if (Check.Cheap) ThrowNoUser(slot);
            return;    // an entry that a host wrote has been counted instead
        }

        _users[slot]--;
        GiveBackIfFree(slot);
    }

    /// <summary>Adds a frame that was read from the slot to the swap cache.</summary>
    internal void Cache(uint slot, FrameNumber frame) => _frames[slot] = frame.Value;

    /// <summary>Removes the slot's frame from the swap cache, and frees the slot if nothing needs it any more.</summary>
    internal void Uncache(uint slot)
    {
        _frames[slot] = 0;
        GiveBackIfFree(slot);
    }

    /// <summary>Writes a frame to its slot. A page of zeros is only marked as such. Linux: swap_writeout, is_folio_zero_filled.</summary>
    internal Errno Write(uint slot, PhysicalMemory ram, FrameNumber frame, out bool isZero)
    {
        isZero = ram.IsZero(frame);
        if (isZero)
        {
            if ((_users[slot] & ZeroMark) == 0) _store.Discard(slot);    // its old bytes are never read again
            _users[slot] |= ZeroMark;
            return Errno.None;
        }

        Errno error = _store.Write(slot, ram.Bytes(frame));
        if (error == Errno.None) _users[slot] &= ~ZeroMark;    // after a failure the slot still holds its earlier zeros
        return error;
    }

    /// <summary>Fills a frame from its slot. Linux: swap_read_folio.</summary>
    internal Errno Read(uint slot, PhysicalMemory ram, FrameNumber frame)
    {
        ram.Observers.Note(frame);
        if ((_users[slot] & ZeroMark) == 0) return _store.Read(slot, ram.Bytes(frame));
        ram.Clear(frame);
        return Errno.None;
    }

    /// <summary>Disposes the store, after the device was switched off.</summary>
    internal void Close() => _store.Dispose();

    [DoesNotReturn]
    private void ThrowNoUser(uint slot) => throw new InvariantException(
        $"Z1: slot {slot:x} of {Name} has no user to drop. Each page table entry must give back its slot exactly once.");

    private void GiveBackIfFree(uint slot)
    {
        if (IsTaken(slot)) return;
        bool isWritten = (_users[slot] & ZeroMark) == 0;
        _users[slot] = 0;
        _takenInCluster[slot >> ClusterShift]--;
        UsedSlotCount--;
        if (isWritten) _store.Discard(slot);    // a slot of zeros has nothing in the store
    }

    // Chooses an empty cluster, or else the next one with a free slot. There is one, because the device is not full.
    private void ChooseCluster()
    {
        uint clusterCount = (uint)_takenInCluster.Length;
        uint start = _clusterEnd == 0 ? 0 : ((_clusterEnd - 1) >> ClusterShift) + 1;    // - 1: the last cluster may be short
        uint partial = clusterCount;
        for (uint step = 0; step < clusterCount; step++)
        {
            uint cluster = (start + step) % clusterCount;
            if (_takenInCluster[cluster] == 0)
            {
                partial = cluster;
                break;
            }

            if (partial == clusterCount && _takenInCluster[cluster] < SizeOf(cluster)) partial = cluster;
        }

        _next = partial << ClusterShift;
        _clusterEnd = _next + SizeOf(partial);
    }

    private uint SizeOf(uint cluster) => Math.Min(ClusterSize, SlotCount - (cluster << ClusterShift));
}
