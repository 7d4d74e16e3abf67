using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Swap;

/// <summary>All swap devices of an engine, and the swap cache: the frames that hold the page of a slot.</summary>
/// <remarks><code>
///                    Add: a slot is taken                    Leave: the slot is freed, the page is dirty
///   Anonymous frame ─────────────────────► SwapCache frame ──────────────────────────────────────────► Anonymous frame
///                                           │    ▲
///             every entry names the slot    ▼    │ Insert: read from the slot
///                                          slot only
/// </code>
/// The cache holds one reference to a cached frame, and each mapping holds one. The frame's Private is the key of the swap entry.
/// Linux: mm/swap_state.c, mm/swapfile.c.</remarks>
internal sealed class SwapSpace(PhysicalMemory ram, FrameTable frames, Commitment commitment, TableFormat tables)
{
    private readonly SwapDevice?[] _devices = new SwapDevice?[SwapEntry.DeviceCountMax];
    private readonly List<SwapDevice> _byPriority = [];
    private int _leastPriority = -1;    // the first device without a priority gets -2, as in Linux

    /// <summary>The most slots that an entry of the engine's page tables can name on one device.</summary>
    public uint SlotCountMax { get; } = tables == TableFormat.Pae ? SwapEntry.SlotCountMax : SwapEntry.ClassicSlotCountMax;

    /// <summary>The slots of all devices.</summary>
    public long TotalSlots { get; private set; }

    /// <summary>The slots that are taken.</summary>
    public long UsedSlots
    {
        get
        {
            long used = 0;
            foreach (SwapDevice device in _byPriority) used += device.UsedSlotCount;
            return used;
        }
    }

    /// <summary>The devices in the order in which they are filled.</summary>
    public IReadOnlyList<SwapDevice> Devices => _byPriority;

    /// <summary>True if some device has a free slot.</summary>
    public bool HasRoom
    {
        get
        {
            foreach (SwapDevice device in _byPriority)
                if (device.HasRoom) return true;
            return false;
        }
    }

    public SwapDevice DeviceOf(SwapEntry entry) => _devices[entry.Device]!;

    /// <summary>The swap entry in a page table entry that is not present; all zero if it names no slot that is in use.</summary>
    /// <remarks>For entries that a host may have written. Linux: "Bad swap file entry", swap_duplicate.</remarks>
    public SwapEntry From(PageTableEntry entry) => UsedOrNone(SwapEntry.From(entry));

    /// <summary>The same entry, or all zero if it names no slot that is in use. For words that a host may have written.</summary>
    public SwapEntry UsedOrNone(SwapEntry swapped)
    {
        if (!swapped.IsSwap) return swapped;
        SwapDevice? device = (uint)swapped.Device < (uint)_devices.Length ? _devices[swapped.Device] : null;
        return device is not null && swapped.Slot < device.SlotCount && device.UsersOf(swapped.Slot) != 0 ? swapped : default;
    }

    /// <summary>True if an entry names a slot that holds a page, on a device or in the swap cache.</summary>
    public bool IsInUse(SwapEntry entry) => _devices[entry.Device] is { } device && entry.Slot < device.SlotCount
        && device.IsTaken(entry.Slot);

    /// <summary>Makes a swap device of a store. Without a priority it gets one lower than all such devices before.</summary>
    /// <returns>EPERM: there are 16 devices already. EBUSY: the store is on already. EINVAL: it has no slots, or too many.</returns>
    public Errno SwitchOn(ISwapStore store, int? priority, out SwapDevice? device)
    {
        device = null;
        // In Linux's order: alloc_swap_info needs a number, claim_swapfile refuses a store in use, read_swap_header checks its size.
        int number = Array.IndexOf(_devices, null);
        if (number < 0) return Errno.EPERM;
        if (Array.Exists(_devices, other => other is not null && other.IsOf(store))) return Errno.EBUSY;
        if (store.SlotCount == 0 || store.SlotCount > SlotCountMax) return Errno.EINVAL;
        device = new(store, number, priority ?? --_leastPriority);    // only now: a refused call takes none (setup_swap_info)
        _devices[number] = device;
        int place = 0;
        // After the devices of the same priority, which take turns (RotateEqual). Linux: plist_add.
        while (place < _byPriority.Count && _byPriority[place].Priority >= device.Priority) place++;
        _byPriority.Insert(place, device);
        CountSlots();
        return Errno.None;
    }

    /// <summary>Removes a device that holds no page any more, and disposes its store.</summary>
    public void Remove(SwapDevice device)
    {
        _devices[device.Number] = null;
        _byPriority.Remove(device);
        CountSlots();
        device.Close();
    }

    public bool IsOn(SwapDevice device) => _devices[device.Number] == device;

    /// <summary>Adds an anonymous frame to the swap cache, with a slot. Returns false if all devices are full.</summary>
    /// <remarks>Linux: folio_alloc_swap, add_to_swap_cache.</remarks>
    public bool TryAdd(FrameNumber frame)
    {
        if (!TryTakeSlot(frame, out SwapEntry entry)) return false;
        frames.Move(frame, FrameState.SwapCache);
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Private = entry.Key;
        descriptor.ReferenceCount++;    // the cache's own
        return true;
    }

    /// <summary>Takes a free slot of the first device that has one. Returns false if all devices are full.</summary>
    public bool TryTakeSlot(FrameNumber frame, out SwapEntry entry)
    {
        for (int place = 0; place < _byPriority.Count; place++)
        {
            SwapDevice device = _byPriority[place];
            if (!device.TryTake(frame, out uint slot)) continue;    // full, or being switched off
            entry = SwapEntry.ForSlot(device.Number, slot);
            if (device.IsAtEndOfCluster) RotateEqual(place);    // not earlier: pages swapped out together lie together
            return true;
        }

        entry = default;
        return false;
    }

    /// <summary>The swap entry of a cached frame.</summary>
    public SwapEntry EntryOf(FrameNumber frame) => SwapEntry.FromKey(frames[frame].Private);

    /// <summary>Finds the frame in the swap cache that holds an entry's page.</summary>
    public bool TryFind(SwapEntry entry, out FrameNumber frame)
    {
        frame = DeviceOf(entry).FrameOf(entry.Slot);
        return frame.Value != 0;
    }

    /// <summary>
    /// Reads a slot into a frame that was handed out as SwapCache. The caller's reference becomes the cache's. Returns EIO, with everything
    /// as before, if the device fails.
    /// </summary>
    public Errno Insert(SwapEntry entry, FrameNumber frame)
    {
        SwapDevice device = DeviceOf(entry);
        if (!device.IsTaken(entry.Slot)) return Errno.EIO;    // an entry that a host wrote has used it up
        Errno error = device.Read(entry.Slot, ram, frame);
        if (error != Errno.None) return error;
        device.Cache(entry.Slot, frame);
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Private = entry.Key;
        descriptor.Kind = (byte)ResidentKind.Anonymous;
        return Errno.None;
    }

    /// <summary>Records that a page has moved to another frame, which has its descriptor already. Linux: folio_migrate_mapping.</summary>
    public void Replace(FrameNumber old, FrameNumber frame)
    {
        SwapEntry entry = EntryOf(old);
        DeviceOf(entry).Cache(entry.Slot, frame);
    }

    /// <summary>
    /// Removes a frame from the cache if no entry names its slot: only the frame has the page then. Linux: folio_free_swap.
    /// </summary>
    public bool TryLeave(FrameNumber frame)
    {
        SwapEntry entry = EntryOf(frame);
        if (DeviceOf(entry).UsersOf(entry.Slot) != 0) return false;
        Leave(frame, entry);
        return true;
    }

    /// <summary>
    /// Removes a frame from the cache although a snapshot keeps its slot, so that each has a copy of its own. False if anything else
    /// uses the frame, or if it is newer than the slot.
    /// </summary>
    public bool TryPart(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        bool isAlone = descriptor is { State: FrameState.SwapCache, MapCount: 1, ReferenceCount: 2 };    // 2: the cache and the mapping
        if (!isAlone || (descriptor.Flags & PageFlags.Dirty) != FrameFlags.None) return false;
        Leave(frame, EntryOf(frame));
        return true;
    }

    private void Leave(FrameNumber frame, SwapEntry entry)
    {
        DeviceOf(entry).Uncache(entry.Slot);
        frames.Move(frame, FrameState.Anonymous);
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Private = 0;
        descriptor.ReferenceCount--;
        descriptor.Flags |= PageFlags.Dirty;    // no slot stands for the page any more, so its eviction must write
    }

    /// <summary>
    /// Removes a frame that is not mapped from the cache and frees it. Entries keep naming the slot. Linux: __remove_mapping.
    /// </summary>
    public void Drop(FrameNumber frame, ref TlbGather gather)
    {
        SwapEntry entry = EntryOf(frame);
        frames.Move(frame, FrameState.Anonymous);
        frames[frame].Private = 0;
        DeviceOf(entry).Uncache(entry.Slot);
        gather.Add(frame);    // last: the cache's reference may be the only one
    }

    /// <summary>Drops the use of a slot by an entry that was cleared. Linux: free_swap_and_cache.</summary>
    public void Release(SwapEntry entry, ref TlbGather gather)
    {
        SwapDevice device = DeviceOf(entry);
        FrameNumber cached = device.FrameOf(entry.Slot);
        device.DropUser(entry.Slot);
        if (cached.Value != 0) DropIfUnused(cached, ref gather);
    }

    /// <summary>
    /// Frees a cached frame and its slot if the frame has lost its last mapping and no entry names the slot. Linux: free_swap_cache.
    /// </summary>
    public void DropIfUnused(FrameNumber frame, ref TlbGather gather)
    {
        SwapEntry entry = EntryOf(frame);
        if (frames[frame].MapCount == 0 && DeviceOf(entry).UsersOf(entry.Slot) == 0) Drop(frame, ref gather);
    }

    public void Dispose()
    {
        foreach (SwapDevice device in _byPriority) device.Close();
        _byPriority.Clear();
    }

    /// <summary>Moves a device after the others of its priority. They are filled in turn, one cluster each.</summary>
    /// <remarks>Linux: plist_requeue in folio_alloc_swap.</remarks>
    private void RotateEqual(int place)
    {
        SwapDevice device = _byPriority[place];
        for (; place + 1 < _byPriority.Count && _byPriority[place + 1].Priority == device.Priority; place++)
            (_byPriority[place], _byPriority[place + 1]) = (_byPriority[place + 1], device);
    }

    private void CountSlots()
    {
        long total = 0;
        foreach (SwapDevice device in _byPriority) total += device.SlotCount;
        TotalSlots = total;
        commitment.SwapPages = total;
    }
}
