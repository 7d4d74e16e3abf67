using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>
/// Two processes in little RAM, with dirty logs, scans, a device and memory of the host, beside sets of pages, lists of accesses and plain
/// bytes.
/// </summary>
/// <remarks><code>
///   pages  0–15 private   16–23 shared file or memory   24–31 private file   40–43 device   44–47 host memory   of both processes
///   huge   in a quarter of the runs one page of the pool each, private or shared: a log has at least the pages that were written
/// </code></remarks>
internal sealed class RegionRun : IStructureRun
{
    public static readonly string[] Operations =
        ["write", "write", "read", "read", "fork", "read-only", "writable", "page out", "move", "forget", "open log", "close log",
            "collect pages", "collect frames", "device load", "device store", "host store", "clear soft-dirty", "scan pages", "huge"];

    public static readonly string[] Outcomes = ["done", "refused"];

    private const int PageLength = 4096, PageCount = 40, DevicePage = 40, HostPage = 44, SpecialCount = 4;
    private const int Done = 0, Refused = 1;
    private const MemoryProtection Write = MemoryProtection.ReadWrite;
    private const int HugeLength = 2 << 20;
    private static readonly VirtualAddress Start = new(0x2000_0000), Huge = new(0x3000_0000);

    private readonly PagingEngine _engine;
    private readonly UserProcess[] _processes;
    private readonly List<(DirtyLog Log, int Process, HashSet<int> Expected)> _logs = [];
    private readonly FrameDirtyLog _frames;
    private readonly byte[][] _seen;
    private readonly ListingDevice _device = new(SpecialCount * PageLength);
    private readonly byte[] _deviceModel = new byte[SpecialCount * PageLength], _host = new byte[SpecialCount * PageLength];
    private readonly byte[] _hostModel = new byte[SpecialCount * PageLength];
    private readonly WriteSources _sources;
    private readonly bool _hasPool;
    private UserProcess? _child;    // of the last fork: it begins while a log of frames is open

    public RegionRun(FuzzRandom random)
    {
        _sources = random.OneOf([WriteSources.Mmu, WriteSources.Processor]);
        _hasPool = random.Percent(25);
        _engine = new(new EngineOptions
        {
            RamBytes = (_hasPool ? 7UL : 1UL) << 20,
            Tables = _hasPool ? TableFormat.Pae : TableFormat.Classic,
            HugePages = _hasPool ? 2 : 0,
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            LendTablesFrom = 1,
        });
        _engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _);
        _processes = [_engine.CreateProcess("first"), _engine.CreateProcess("second")];
        foreach (UserProcess process in _processes)
        {
            Map(process, 0, 16, MapFlags.Private | MapFlags.Anonymous);
            MapFile(process, _engine.Files.CreateDevice("device", _device, _deviceModel.Length), DevicePage, SpecialCount, MapFlags.Shared);
            MapFile(process, _engine.Files.CreateHostMemoryFile("host", _host), HostPage, SpecialCount, MapFlags.Shared);
        }

        for (int i = 0; i < 2 && _hasPool; i++)
        {
            MapFlags flags = (i == 0 ? MapFlags.Private : MapFlags.Shared) | MapFlags.Anonymous | MapFlags.HugeTlb | MapFlags.Fixed;
            Require(_processes[i].Memory.Map(Huge, HugeLength, Write, flags, out _));
        }

        GuestFile file = _engine.Files.CreateMemoryFile("file", 8 * PageLength);
        MapFile(_processes[0], file, 16, 8, MapFlags.Shared);
        MapFile(_processes[0], file, 24, 8, MapFlags.Private);
        Map(_processes[1], 16, 8, MapFlags.Shared | MapFlags.Anonymous);
        _frames = _engine.OpenDirtyLog(_sources);
        _seen = [.. Enumerable.Range(0, (int)_engine.Ram.FrameCount.Value).Select(frame => _engine.Ram.Bytes(new((uint)frame)).ToArray())];
    }

    public int Execute(in RawOperation operation, out string? failure)
    {
        failure = null;
        int index = (int)(operation.C & 1), page = (int)(operation.A % PageCount);
        int count = Math.Min(1 + (int)(operation.B % 8), PageCount - page);    // the device and the host's memory keep their rights
        UserProcess process = _processes[index];
        if (operation.Kind <= 3 && (operation.C & 14) == 14 && _child is { HasExited: false }) return AccessInChild(operation, page & 3);
        switch (operation.Kind)
        {
            case < 2: return Store(process, index, page, operation.B);
            case 2 or 3: return process.Memory.Mmu.TryRead(At(page), out byte _) ? Done : Refused;
            case 4: return Fork(process, mayStay: (operation.B & 15) == 0);
            case 5: return Of(process.Memory.Protect(At(page), (uint)count * PageLength, MemoryProtection.Read));
            case 6: return Of(process.Memory.Protect(At(page), (uint)count * PageLength, Write));
            case 7: return Of(process.Memory.Advise(At(page), (uint)count * PageLength, MemoryAdvice.PageOut));
            case 8: return Move(process, index, page, (int)(operation.C >> 1) % PageCount, count);
            case 9: return Of(process.Memory.Advise(At(page), (uint)count * PageLength, MemoryAdvice.DontNeed));
            case 10: return Open(process, index);
            case 11: return Close(operation.A);
            case 12: return CollectPages(operation.A, out failure);
            case 13: return CollectFrames(out failure);
            case 14 or 15: return AccessDevice(process, operation, isStore: operation.Kind == 15, out failure);
            case 16: return StoreToHost(process, operation);
            case 17: return Of(process.Memory.ClearReferences(ReferenceKind.SoftDirty));
            case 18: return Scan(process, page, operation, out failure);
            default: return _hasPool ? AccessHuge(process, index, operation, out failure) : Refused;
        }
    }

    /// <summary>Loads or stores a byte of a huge page of the pool, or changes its rights.</summary>
    private int AccessHuge(UserProcess process, int index, in RawOperation operation, out string? failure)
    {
        failure = null;
        AddressSpace memory = process.Memory;
        VirtualAddress at = Huge + (operation.A % HugeLength);
        if (operation.B % 8 == 0)
        {
            foreach (MemoryProtection rights in (ReadOnlySpan<MemoryProtection>)[MemoryProtection.Read, Write])
                Require(memory.Protect(Huge, HugeLength, rights));
            return Done;
        }

        if (operation.B % 8 < 3) return memory.Mmu.TryRead(at, out byte _) ? Done : Refused;
        if (!memory.Mmu.TryWrite(at, (byte)operation.B)) return Refused;
        foreach ((DirtyLog log, int of, _) in _logs)
            if (of == index && !log.IsDirty(at.Page)) failure = $"page {at.Page} of the pool was written, and a log does not have it";
        FrameNumber frame = memory.ReadPagemap(at.Page).Frame;
        if (!_frames.IsDirty(frame)) failure = $"frame {frame} of the pool was written, and the log does not have it";
        if (!memory.ReadPagemap(at.Page).IsSoftDirty) failure = $"page {at.Page} of the pool was written, and is not soft-dirty";
        return Done;
    }

    public string? Verify()
    {
        AuditReport report = _engine.Audit();
        if (!report.IsClean) return report.ToString();
        if (!_device.Bytes.SequenceEqual(_deviceModel)) return "the device holds other bytes than the model";
        return _host.AsSpan().SequenceEqual(_hostModel) ? null : "the host's memory holds other bytes than the model";
    }

    public string? Finish()
    {
        for (uint log = 0; log < _logs.Count; log++)
        {
            CollectPages(log, out string? failure);
            if (failure is not null) return failure;
        }

        CollectFrames(out string? frames);
        return frames ?? Verify();
    }

    public void Dispose()
    {
        _engine.Dispose();
        foreach ((DirtyLog log, int _, HashSet<int> _) in _logs) log.Dispose();
        _frames.Dispose();
    }

    private static VirtualAddress At(int page) => Start + ((uint)page * PageLength);

    private static int Of(Errno error) => error == Errno.None ? Done : Refused;

    private static void Map(UserProcess process, int page, int count, MapFlags flags) =>
        Require(process.Memory.Map(At(page), (uint)count * PageLength, Write, flags | MapFlags.Fixed, out _));

    private static void MapFile(UserProcess process, GuestFile file, int page, int count, MapFlags flags)
    {
        Require(file.Open(process, FileRights.ReadWrite, out int descriptor));
        Require(process.Memory.Map(At(page), (uint)count * PageLength, Write, flags | MapFlags.Fixed, descriptor, 0, out _));
    }

    private static void Require(Errno error)
    {
        if (error != Errno.None) throw new InvalidOperationException($"The world of the run cannot be made: {error}.");
    }

    private int Store(UserProcess process, int index, int page, uint word)
    {
        if (!process.Memory.Mmu.TryWrite(At(page) + (word >> 20), (byte)word)) return Refused;
        Expect(index, page);
        return Done;
    }

    private int AccessInChild(in RawOperation operation, int page)
    {
        AddressSpace memory = _child!.Memory;
        if (operation.Kind < 2) return memory.Mmu.TryWrite(At(page) + (operation.B >> 20), (byte)operation.B) ? Done : Refused;
        foreach (MemoryProtection rights in (ReadOnlySpan<MemoryProtection>)[MemoryProtection.Read, Write])
            memory.Protect(At(page), PageLength, rights);    // the read misses, and may cache the right to write
        return memory.Mmu.TryRead(At(page), out byte _) ? Done : Refused;
    }

    private int Fork(UserProcess process, bool mayStay)
    {
        if (process.Fork(out UserProcess? child) != Errno.None) return Refused;
        if (mayStay) (child, _child) = (_child, child);
        child?.Dispose();
        return Done;
    }

    private int Move(UserProcess process, int index, int from, int to, int count)
    {
        bool[] present = [.. Enumerable.Range(from, count).Select(page => !process.Memory.Space.Tables.Read(At(page).Page).IsNeverTouched)];
        AreaEnd(process, from, out int end);
        if (end < from + count || Math.Abs(from - to) < count || to + count > PageCount) return Refused;
        Errno error = process.Memory.Remap(At(from), (uint)count * PageLength, (uint)count * PageLength,
            RemapFlags.MayMove | RemapFlags.Fixed, At(to), out _);
        for (int i = 0; i < count && error == Errno.None; i++)
        {
            if (present[i]) Expect(index, to + i);
        }

        return Of(error);
    }

    private static void AreaEnd(UserProcess process, int page, out int end)
    {
        end = 0;
        foreach (AreaSnapshot area in process.Memory.Areas.Snapshot())
        {
            if (area.Range.Contains(At(page).Page)) end = (int)(area.Range.End.Value - Start.Page.Value);
        }
    }

    private void Expect(int process, int page)
    {
        foreach ((DirtyLog _, int at, HashSet<int> expected) in _logs)
        {
            if (at == process) expected.Add(page);
        }
    }

    private int Open(UserProcess process, int index)
    {
        if (_logs.Count == 3) return Refused;
        _logs.Add((process.Memory.OpenDirtyLog(_sources), index, []));
        return Done;
    }

    private int Close(uint which)
    {
        if (_logs.Count == 0) return Refused;
        int index = (int)(which % (uint)_logs.Count);
        _logs[index].Log.Dispose();
        _logs.RemoveAt(index);
        return Done;
    }

    private int CollectPages(uint which, out string? failure)
    {
        failure = null;
        if (_logs.Count == 0) return Refused;
        (DirtyLog log, int _, HashSet<int> expected) = _logs[(int)(which % (uint)_logs.Count)];
        HashSet<int> found = [];
        foreach (PageNumber page in log.CollectDirty())
        {
            if (page >= Huge.Page) continue;    // a log that needs faults has all pages of a huge one
            if (!found.Add((int)(page.Value - Start.Page.Value))) failure = $"page {page} is on the list twice";
        }

        if (!found.SetEquals(expected))
            failure = $"collected {string.Join(' ', found.Order())}, written were {string.Join(' ', expected.Order())}";
        expected.Clear();
        return Done;
    }

    private static int Scan(UserProcess process, int page, in RawOperation operation, out string? failure)
    {
        PageRange range = new(At(page).Page, new(1 + (operation.C % (uint)(HostPage + SpecialCount - page))));
        failure = ScanCheck.Compare(process, range, operation.B);
        return Done;
    }

    private int CollectFrames(out string? failure)
    {
        failure = null;
        HashSet<uint> found = [];
        foreach (FrameNumber frame in _frames.CollectDirty()) found.Add(frame.Value);
        for (uint frame = 0; frame < _seen.Length; frame++)
        {
            FrameState state = _engine.Frames.Describe(new(frame)).State;
            bool isOfPool = state == FrameState.Kernel && _engine.Frames.Describe(new(frame & ~511u)).MapCount != 0;    // PAE
            if (state is not (FrameState.Anonymous or FrameState.PageCache or FrameState.SwapCache) && !isOfPool) continue;
            Span<byte> bytes = _engine.Ram.Bytes(new FrameNumber(frame));
            if (found.Contains(frame)) bytes.CopyTo(_seen[frame]);
            else if (!bytes.SequenceEqual(_seen[frame])) failure = $"frame {frame:x5} has changed, and the log does not have it";
        }

        return Done;
    }

    /// <summary>Copies up to 40 bytes. They may begin anywhere, and cross pages.</summary>
    private int AccessDevice(UserProcess process, in RawOperation operation, bool isStore, out string? failure)
    {
        int offset = (int)(operation.A % (uint)(_deviceModel.Length - 40)), length = 1 + (int)(operation.B % 40);
        if (length > 30) return AccessRegister(process, operation, isStore, out failure);
        Span<byte> bytes = stackalloc byte[length];
        if (isStore)
        {
            bytes.Fill((byte)operation.C);
            process.Memory.Mmu.CopyIn(At(DevicePage) + (uint)offset, bytes, out _);
            bytes.CopyTo(_deviceModel.AsSpan(offset));
        }
        else
        {
            process.Memory.Mmu.CopyOut(At(DevicePage) + (uint)offset, bytes, out _);
        }

        bool isSplit = _device.Accesses.SequenceEqual(ListingDevice.Split(offset, length, isStore));
        failure = isSplit ? null : $"{length} bytes at {offset:x} are split into {string.Join(' ', _device.Accesses)}";
        if (!bytes.SequenceEqual(_deviceModel.AsSpan(offset, length))) failure = $"{length} bytes at {offset:x} are not the device's";
        _device.Accesses.Clear();
        return Done;
    }

    /// <summary>Accesses one aligned word, sometimes right after a load of it with other rights.</summary>
    private int AccessRegister(UserProcess process, in RawOperation operation, bool isStore, out string? failure)
    {
        uint offset = operation.A % (uint)_deviceModel.Length & ~3u, value = operation.C;
        bool isReadOnly = operation.B % 3 == 0;
        AddressSpace memory = process.Memory;
        if (isReadOnly)
        {
            memory.Mmu.TryRead(At(DevicePage) + offset, out uint _);
            Require(memory.Protect(At(DevicePage), SpecialCount * PageLength, MemoryProtection.Read));
            _device.Accesses.Clear();
        }

        bool isDone = isStore
            ? memory.Mmu.TryWrite(At(DevicePage) + offset, value)
            : memory.Mmu.TryRead(At(DevicePage) + offset, out value);
        if (isReadOnly) Require(memory.Protect(At(DevicePage), SpecialCount * PageLength, Write));
        bool isRefused = isStore && isReadOnly;
        Span<byte> model = _deviceModel.AsSpan((int)offset, 4);
        if (isStore && !isRefused) BitConverter.TryWriteBytes(model, value);
        (int, int)[] expected = isRefused ? [] : [((int)offset, isStore ? -4 : 4)];
        failure = isDone == isRefused || !_device.Accesses.SequenceEqual(expected)
            ? $"an access to the word at {offset:x} is {(isDone ? "made" : "refused")}, by {string.Join(' ', _device.Accesses)}"
            : null;
        if (isDone && value != BitConverter.ToUInt32(model)) failure = $"the word at {offset:x} is not the device's";
        _device.Accesses.Clear();
        return isDone ? Done : Refused;
    }

    private int StoreToHost(UserProcess process, in RawOperation operation)
    {
        uint offset = operation.A % ((uint)_hostModel.Length - 8);
        if (!process.Memory.Mmu.TryWrite(At(HostPage) + offset, operation.B)) return Refused;
        BitConverter.TryWriteBytes(_hostModel.AsSpan((int)offset), operation.B);
        for (uint page = offset / PageLength; page <= (offset + 3) / PageLength; page++)
            Expect(Array.IndexOf(_processes, process), HostPage + (int)page);
        return Done;
    }
}
