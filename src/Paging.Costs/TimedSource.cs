using Paging.Core;
using Paging.Costs.Devices;
using Paging.Native;

namespace Paging.Costs;

/// <summary>A file or swap store on a device of the ledger: reports what the engine asks of it.</summary>
internal abstract class TimedSource(LedgerDevice device, long placement, List<DeviceRequest> requests)
{
    private readonly Dictionary<long, VirtualTime> _arrivals = [];    // pages in flight
    private VirtualTime _lastArrival;

    /// <summary>The device.</summary>
    public LedgerDevice Device => device;

    /// <summary>The place of its first byte on the device.</summary>
    public long Placement => placement;

    /// <summary>Notes pages that are in memory at a time.</summary>
    public void NoteArrival(long offset, long byteLength, VirtualTime at)
    {
        for (long page = offset >> VirtualAddress.PageShift; page <= (offset + byteLength - 1) >> VirtualAddress.PageShift; page++)
            _arrivals[page] = at;
        _lastArrival = VirtualTime.Later(_lastArrival, at);
    }

    /// <summary>The time at which all of some pages are in memory; not after now if none is in flight.</summary>
    public VirtualTime ArrivalOf(long offset, long byteLength, VirtualTime now)
    {
        if (_lastArrival <= now)
        {
            _arrivals.Clear();
            return now;
        }

        VirtualTime latest = now;
        long first = offset >> VirtualAddress.PageShift;
        long last = (long)(((ulong)offset + (ulong)byteLength - 1) >> VirtualAddress.PageShift);
        if (last - first >= _arrivals.Count)    // fewer are in flight than the reader wants
        {
            foreach ((long page, VirtualTime at) in _arrivals)
                if (page >= first && page <= last) latest = VirtualTime.Later(latest, at);
            return latest;
        }

        for (long page = first; page <= last; page++)
            if (_arrivals.TryGetValue(page, out VirtualTime at)) latest = VirtualTime.Later(latest, at);
        return latest;
    }

    protected void Note(RequestKind kind, long offset, long byteLength)
    {
        DeviceRequest request = new(kind, this, offset, byteLength);
        if (requests.Count > 0 && requests[^1] is var last && last.Joins(request))
            requests[^1] = last with { ByteLength = last.ByteLength + byteLength };
        else requests.Add(request);
    }
}

/// <summary>A backing whose bytes are elsewhere and whose times are a device's.</summary>
internal sealed class TimedBacking(IFileBacking inner, LedgerDevice device, long placement, List<DeviceRequest> requests)
    : TimedSource(device, placement, requests), IFileBacking
{
    public long ByteLength => inner.ByteLength;

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        Errno error = inner.Read(offset, destination, out byteCount);
        if (byteCount > 0) Note(RequestKind.ReadFile, offset, byteCount);
        return error;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        Errno error = inner.Write(offset, source, out byteCount);
        if (byteCount > 0) Note(RequestKind.Write, offset, byteCount);
        return error;
    }

    public Errno SetLength(long byteLength) => inner.SetLength(byteLength);

    public Errno PunchHole(long offset, long byteLength) => inner.PunchHole(offset, byteLength);

    public Errno Allocate(long offset, long byteLength) => inner.Allocate(offset, byteLength);

    public Errno PermitStore(long offset) => inner.PermitStore(offset);

    public Errno FindExtent(long offset, FileExtent wanted, out long found) => inner.FindExtent(offset, wanted, out found);

    public Errno Flush()
    {
        Note(RequestKind.Flush, 0, 0);
        return inner.Flush();
    }

    public void Dispose() => inner.Dispose();
}

/// <summary>A swap store whose bytes are elsewhere and whose times are a device's.</summary>
internal sealed class TimedSwapStore(ISwapStore inner, LedgerDevice device, long placement, List<DeviceRequest> requests)
    : TimedSource(device, placement, requests), ISwapStore
{
    public string Name => inner.Name;

    public uint SlotCount => inner.SlotCount;

    public Errno Read(uint slot, Span<byte> page)
    {
        Note(RequestKind.ReadSwap, (long)slot << VirtualAddress.PageShift, VirtualAddress.PageSize);
        return inner.Read(slot, page);
    }

    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        Note(RequestKind.Write, (long)slot << VirtualAddress.PageShift, VirtualAddress.PageSize);
        return inner.Write(slot, page);
    }

    public void Discard(uint slot) => inner.Discard(slot);

    public void Dispose() => inner.Dispose();
}

/// <summary>A device and its name in tables.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Queue">The device.</param>
internal sealed record LedgerDevice(string Name, TimedDevice Queue);
