using Paging.Core.Accounting;
using Paging.Core.Frames;
using Paging.Native;

namespace Paging.Core.Swap;

/// <summary>All swap devices of an engine, and the swap cache: the frames that hold the page of a slot.</summary>
/// <remarks><code>
///                    Add: a slot is taken                    Leave: the slot goes, the page is dirty
///   Anonymous frame ─────────────────────► SwapCache frame ──────────────────────────────────────────► Anonymous frame
///                                           │    ▲
///             every entry names the slot    ▼    │ Insert: read from the slot
///                                          slot only
/// </code>
/// A cached frame has one reference of the cache and one of each mapping; its Private is the swap entry.
/// Linux: mm/swap_state.c, mm/swapfile.c.</remarks>
internal sealed class SwapSpace(PhysicalMemory ram, FrameTable frames, Commitment commitment)
{
    private readonly SwapDevice?[] _devices = new SwapDevice?[SwapEntry.DeviceCountMax];
    private readonly List<SwapDevice> _byPriority = [];
    private int _leastPriority = -1;

    /// <summary>Pages of all devices that take pages.</summary>
    public long TotalSlots { get; private set; }

    /// <summary>Of these, the ones that hold a page.</summary>
    public long UsedSlots
    {
        get
        {
            long used = 0;
            foreach (SwapDevice device in _byPriority) used += device.UsedSlotCount;
            return used;
        }
    }

    /// <summary>The devices, the one to be filled first first.</summary>
    public IReadOnlyList<SwapDevice> Devices => _byPriority;

    /// <summary>A page could go out.</summary>
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

    /// <summary>The priority of a device that is given none: below all that were. Linux: least_priority.</summary>
    public int NextPriority() => --_leastPriority;

    /// <summary>Makes a device of a store. EPERM: as Linux says it, there are 16 already; EINVAL: no or too many slots.</summary>
    public Errno TrySwitchOn(ISwapStore store, int priority, out SwapDevice? device)
    {
        device = null;
        if (store.SlotCount is 0 or > SwapEntry.SlotCountMax) return Errno.EINVAL;
        int number = Array.IndexOf(_devices, null);
        if (number < 0) return Errno.EPERM;
        device = new(store, number, priority);
        _devices[number] = device;
        int place = 0;
        while (place < _byPriority.Count && _byPriority[place].Priority >= priority) place++;
        _byPriority.Insert(place, device);
        CountSlots();
        return Errno.None;
    }

    /// <summary>Forgets a device that holds nothing any more.</summary>
    public void Remove(SwapDevice device)
    {
        _devices[device.Number] = null;
        _byPriority.Remove(device);
        CountSlots();
        device.Close();
    }

    public bool IsOn(SwapDevice device) => _devices[device.Number] == device;

    /// <summary>Gives an anonymous frame a slot. False: all devices are full. Linux: folio_alloc_swap, add_to_swap_cache.</summary>
    public bool TryAdd(FrameNumber frame)
    {
        if (!TryTakeSlot(frame, out SwapEntry entry)) return false;
        frames.Move(frame, FrameState.SwapCache);
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Private = entry.Word;
        descriptor.ReferenceCount++;
        return true;
    }

    /// <summary>A free slot of the first device that has one, for the page in a frame.</summary>
    public bool TryTakeSlot(FrameNumber frame, out SwapEntry entry)
    {
        for (int place = 0; place < _byPriority.Count; place++)
        {
            SwapDevice device = _byPriority[place];
            if (!device.TryTake(frame, out uint slot)) continue;
            entry = SwapEntry.ForSlot(device.Number, slot);
            if (device.IsAtEndOfCluster) GiveTurnToEqual(place);
            return true;
        }

        entry = default;
        return false;
    }

    /// <summary>The swap entry of a cached frame.</summary>
    public SwapEntry EntryOf(FrameNumber frame) => new(frames[frame].Private);

    /// <summary>The frame that holds an entry's page already.</summary>
    public bool TryFind(SwapEntry entry, out FrameNumber frame)
    {
        frame = DeviceOf(entry).FrameOf(entry.Slot);
        return frame.Value != 0;
    }

    /// <summary>Reads a slot into a frame that was handed out as SwapCache; the caller's reference becomes the cache's. EIO: it is as it was.</summary>
    public Errno Insert(SwapEntry entry, FrameNumber frame)
    {
        SwapDevice device = DeviceOf(entry);
        Errno error = device.Read(entry.Slot, ram, frame);
        if (error != Errno.None) return error;
        device.Cache(entry.Slot, frame);
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Private = entry.WithoutExclusive().Word;
        descriptor.Kind = (byte)ResidentKind.Anonymous;
        return Errno.None;
    }

    /// <summary>Takes a frame out of the cache if no entry needs its slot: the frame alone has the page now. Linux: folio_free_swap.</summary>
    public bool TryLeave(FrameNumber frame)
    {
        SwapEntry entry = EntryOf(frame);
        SwapDevice device = DeviceOf(entry);
        if (device.UsersOf(entry.Slot) != 0) return false;
        device.Uncache(entry.Slot);
        frames.Move(frame, FrameState.Anonymous);
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Private = 0;
        descriptor.ReferenceCount--;
        descriptor.Flags |= PageFlags.Dirty;
        return true;
    }

    /// <summary>Takes a frame that nothing maps out of the cache and frees it; entries go on naming the slot. Linux: __remove_mapping.</summary>
    public void Drop(FrameNumber frame, ref TlbGather gather)
    {
        SwapEntry entry = EntryOf(frame);
        frames.Move(frame, FrameState.Anonymous);
        frames[frame].Private = 0;
        DeviceOf(entry).Uncache(entry.Slot);
        gather.Add(frame);
    }

    /// <summary>An entry that named a slot is gone. Linux: free_swap_and_cache.</summary>
    public void Release(SwapEntry entry, ref TlbGather gather)
    {
        SwapDevice device = DeviceOf(entry);
        FrameNumber cached = device.FrameOf(entry.Slot);
        device.DropUser(entry.Slot);
        if (cached.Value != 0) DropIfUnused(cached, ref gather);
    }

    /// <summary>A mapping of a cached frame is gone: if nobody maps it and nobody names its slot, both go. Linux: free_swap_cache.</summary>
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

    /// <summary>Devices of one priority are filled in turn, a cluster each. Linux: plist_requeue in folio_alloc_swap.</summary>
    private void GiveTurnToEqual(int place)
    {
        for (SwapDevice device = _byPriority[place]; place + 1 < _byPriority.Count && _byPriority[place + 1].Priority == device.Priority; place++)
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
