using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.Costs;

namespace Paging.Fuzz;

/// <summary>What a model of the ledger sees of an engine: counters, entries in RAM, and requests that reach the backings.</summary>
internal sealed class EngineFacts(PagingEngine engine) : IModelFacts
{
    private const int SmallShift = 12;

    private readonly Dictionary<int, UserProcess> _processes = [];
    private List<ModelRequest> _requests = [];

    public long Scanned => engine.Reclaimed.Scanned;

    public long Reclaimed => engine.Reclaimed.Reclaimed;

    public long CacheMisses => engine.Files.CacheCounters.Misses;

    public bool IsWide => engine.Options.Tables == TableFormat.Pae;

    /// <summary>Notes a process before the model hears its number.</summary>
    public int NumberOf(UserProcess process)
    {
        _processes[process.Id] = process;
        return process.Id;
    }

    public void Note(ModelRequest request) => _requests.Add(request);

    public ModelFaults FaultsOf(int process)
    {
        FaultCounters faults = _processes[process].Memory.Faults;
        return new(faults.Minor, faults.Major, faults.Refused, faults.FaultAround, faults.Anonymous, faults.Copied);
    }

    public ulong ChangesOf(int process) => _processes[process].Memory.Mmu.Epoch;

    public long ResidentOf(int process) => _processes[process].Memory.Usage.Resident.Value;

    public bool HasExited(int process) => _processes[process].HasExited;

    public ModelEntry Read(int process, ulong page, int level)
    {
        ulong table = (ulong)_processes[process].Memory.Cr3.Value << SmallShift;
        int indexBits = IsWide ? 9 : 10, size = IsWide ? 8 : 4;
        if (IsWide)
        {
            ulong pointer = WordAt(table + ((page >> 18) * 8));
            if ((pointer & 1) == 0) return default;
            table = FrameOf(pointer) << SmallShift;
        }

        ulong at = table + (((page >> indexBits) & ((1ul << indexBits) - 1)) * (ulong)size);
        bool isWritable = true;
        if (level == 1)
        {
            ulong directory = WordAt(at);
            if ((directory & 1) == 0 || (directory & 0x80) != 0) return default;
            isWritable = (directory & 2) != 0;
            at = (FrameOf(directory) << SmallShift) + ((page & ((1ul << indexBits) - 1)) * (ulong)size);
        }

        ulong word = WordAt(at);
        bool isLeaf = level == 1 || (word & 0x80) != 0;
        return new(at / 64, (word & 1) != 0, isLeaf, isWritable && (word & 2) != 0, isLeaf && (word & 0x40) != 0,
            isLeaf && (word & 0x100) != 0,
            FrameOf(word));
    }

    public (int Source, long Offset)? FileAt(int process, ulong page)
    {
        PageNumber at = new((uint)page);
        foreach (AreaSnapshot area in _processes[process].Memory.Areas.Snapshot())
        {
            if (!area.Range.Contains(at)) continue;
            long offset = (long)area.ByteOffset + ((long)(page - area.Range.First.Value) << SmallShift);
            return area.ObjectId > 0 ? (area.ObjectId, offset) : null;
        }

        return null;
    }

    public IReadOnlyList<ModelRequest> TakeRequests()
    {
        List<ModelRequest> taken = _requests;
        if (taken.Count > 0) _requests = [];
        return taken;
    }

    private ulong FrameOf(ulong word) => (word & 0xF_FFFF_FFFF_F000) >> SmallShift;

    private ulong WordAt(ulong at) => IsWide
        ? BitConverter.ToUInt64(engine.Ram.Bytes(new PhysicalAddress(at), 8))
        : BitConverter.ToUInt32(engine.Ram.Bytes(new PhysicalAddress(at), 4));
}

/// <summary>A backing that notes the requests that reach it.</summary>
internal sealed class NotedBacking(IFileBacking inner, EngineFacts facts) : IFileBacking
{
    /// <summary>The number of its file, once it has one.</summary>
    public int Source { get; set; }

    public long ByteLength => inner.ByteLength;

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        Errno error = inner.Read(offset, destination, out byteCount);
        if (byteCount > 0) facts.Note(new(ModelRequestKind.ReadFile, Source, offset, byteCount));
        return error;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        Errno error = inner.Write(offset, source, out byteCount);
        if (byteCount > 0) facts.Note(new(ModelRequestKind.Write, Source, offset, byteCount));
        return error;
    }

    public Errno SetLength(long byteLength) => inner.SetLength(byteLength);

    public Errno Flush()
    {
        facts.Note(new(ModelRequestKind.Flush, Source, 0, 0));
        return inner.Flush();
    }

    public void Dispose() => inner.Dispose();
}

/// <summary>A swap store that notes the requests that reach it.</summary>
internal sealed class NotedSwapStore(ISwapStore inner, EngineFacts facts) : ISwapStore
{
    /// <summary>The number of the store among the sources of requests: that of no file.</summary>
    public const int Source = -1;

    private const int PageSize = 4096;

    public string Name => inner.Name;

    public uint SlotCount => inner.SlotCount;

    public Errno Read(uint slot, Span<byte> page)
    {
        facts.Note(new(ModelRequestKind.ReadSwap, Source, (long)slot * PageSize, PageSize));
        return inner.Read(slot, page);
    }

    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        facts.Note(new(ModelRequestKind.Write, Source, (long)slot * PageSize, PageSize));
        return inner.Write(slot, page);
    }

    public void Discard(uint slot) => inner.Discard(slot);

    public void Dispose() => inner.Dispose();
}
