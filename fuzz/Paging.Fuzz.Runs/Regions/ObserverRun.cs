using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>
/// A process whose memory others look at: pins, watchpoints and a userfaultfd, beside cells of plain bytes that pages and pins share.
/// </summary>
/// <remarks><code>
///   pages  0–23 private, pinned and watched     32–47 private, registered with the userfaultfd
///   cell   one byte: what every byte of a page is. A page shows a cell, a pin holds cells: a page that lets go of its cell leaves it to
///          its pins; a fork gives the child copies, and the parent's pages stay with their cells
/// </code></remarks>
internal sealed class ObserverRun : IStructureRun
{
    public static readonly string[] Operations =
    [
        "write", "write", "write", "read", "read", "forget", "page out", "fork", "child writes", "pin", "pin to read", "unpin",
        "pin writes", "watch", "watch", "unwatch", "touch", "touch", "touch", "store", "store", "copy", "copy", "zero", "protect",
        "protect", "release", "drop", "out", "unregister", "register", "take back",
    ];

    public static readonly string[] Outcomes = ["done", "refused", "pending", "not now"];

    private const int Done = 0, Refused = 1, Pending = 2, NotNow = 3;
    private const int OwnPages = 24, PageBytes = 4096, PinsMax = 4, WatchesMax = 4;
    private static readonly VirtualAddress Start = new(0x2000_0000);

    private readonly PagingEngine _engine = new(new EngineOptions
    {
        RamBytes = 1 << 20,
        RequestHostHugePages = false,
        Overcommit = OvercommitMode.Always,
        LendTablesFrom = 1,
    });
    private readonly UserProcess _process;
    private readonly Cell[] _cells = [.. Enumerable.Range(0, OwnPages).Select(static _ => new Cell())];
    private readonly List<(PinnedMemory Pin, Cell[] Cells, int First)> _pins = [];
    private readonly List<WatchModel> _watches = [];
    private readonly UserfaultModel _userfaults;
    private UserProcess? _child;
    private byte[] _childBytes = [];
    private byte _value;

    public ObserverRun(FuzzRandom random)
    {
        _ = _engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _);
        _process = _engine.CreateProcess("watched");
        const MapFlags fixedMemory = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        _ = _process.Memory.Map(Start, OwnPages * PageBytes, MemoryProtection.ReadWrite, fixedMemory, out _);
        _userfaults = new(_process, Start + (32 * PageBytes), random.Percent(50));
    }

    public int Execute(in RawOperation operation, out string? failure)
    {
        failure = null;
        int page = (int)(operation.A % OwnPages);
        int count = Math.Min(1 + (int)(operation.B % 4), OwnPages - page);
        switch (Operations[operation.Kind])
        {
            case "write": return Write(page, (int)(operation.C % PageBytes), out failure);
            case "read": return Read(page, (int)(operation.C % PageBytes), out failure);
            case "forget": return Discard(page, count);
            case "page out": return Of(_process.Memory.Advise(At(page), (uint)(count * PageBytes), MemoryAdvice.PageOut));
            case "fork": return Fork();
            case "child writes": return ChildWrites(page, count);
            case "pin": return Pin(page, count, AccessKind.Write);
            case "pin to read": return Pin(page, count, AccessKind.Read);
            case "unpin": return Unpin(operation.A);
            case "pin writes": return PinWrites(operation.A, operation.B);
            case "watch": return Watch(operation);
            case "unwatch": return Unwatch(operation.A);
            default: return _userfaults.Execute(Operations[operation.Kind], operation, out failure);
        }
    }

    public string? Verify()
    {
        AuditReport report = _engine.Audit();
        if (!report.IsClean) return report.ToString();
        foreach ((PinnedMemory pin, Cell[] cells, int first) in _pins)
        {
            for (int i = 0; i < cells.Length; i++)
                if (ByteOf(pin, i) != cells[i].Value) return $"a pin of page {first + i} holds {ByteOf(pin, i)}, not {cells[i].Value}";
        }

        foreach (WatchModel watch in _watches)
            if (watch.Point.HitCount != watch.Expected || watch.Calls != watch.Expected)
                return $"watchpoint {watch.Point}: {watch.Point.HitCount} hits and {watch.Calls} calls, not {watch.Expected}";
        return _userfaults.Verify();
    }

    public string? Finish()
    {
        string? failure = null;
        while (_watches.Count != 0) _ = Unwatch(0);    // what is watched is counted
        for (int page = 0; page < OwnPages && failure is null; page++) _ = Read(page, 0, out failure);
        if (_child is not null && failure is null) failure = CheckChild();
        return failure ?? Verify();
    }

    public void Dispose()
    {
        foreach ((PinnedMemory pin, _, _) in _pins) pin.Dispose();
        _engine.Dispose();
    }

    private static VirtualAddress At(int page) => Start + ((uint)page * PageBytes);

    private static int Of(Errno error) => error == Errno.None ? Done : Refused;

    private int Write(int page, int offset, out string? failure)
    {
        failure = null;
        _cells[page].Value = ++_value;
        Expect(At(page), PageBytes, WatchedAccesses.Write);
        Span<byte> bytes = stackalloc byte[PageBytes];
        bytes.Fill(_value);
        int filled = _process.Memory.Mmu.CopyIn(At(page), bytes, out _);
        if (filled != PageBytes) failure = $"only {filled} bytes of page {page} are written";
        if (failure is not null || offset == 0) return Done;
        Expect(At(page) + (uint)offset, 1, WatchedAccesses.Write);
        return _process.Memory.Mmu.TryWrite(At(page) + (uint)offset, _value) ? Done : Refused;
    }

    private int Read(int page, int offset, out string? failure)
    {
        failure = null;
        Expect(At(page) + (uint)offset, 1, WatchedAccesses.Read);
        if (!_process.Memory.Mmu.TryRead(At(page) + (uint)offset, out byte value)) failure = $"page {page} cannot be read";
        else if (value != _cells[page].Value) failure = $"page {page} shows {value}, not {_cells[page].Value}";
        return Done;
    }

    private int Discard(int page, int count)
    {
        Errno error = _process.Memory.Advise(At(page), (uint)(count * PageBytes), MemoryAdvice.DontNeed);
        for (int i = 0; i < count && error == Errno.None; i++) _cells[page + i] = new();
        return Of(error);
    }

    private int Fork()
    {
        _child?.Dispose();
        _child = null;
        if (_process.Fork(out _child) != Errno.None) return Refused;
        _childBytes = [.. _cells.Select(static cell => cell.Value)];
        return Done;
    }

    private int ChildWrites(int page, int count)
    {
        if (_child is null) return NotNow;
        for (int i = 0; i < count; i++)
        {
            _childBytes[page + i] = ++_value;
            _ = _child.Memory.Mmu.Fill(At(page + i), PageBytes, _value, out _);
        }

        return Done;
    }

    private string? CheckChild()
    {
        for (int page = 0; page < OwnPages; page++)
        {
            byte value = _child!.Memory.Mmu.Read<byte>(At(page));
            if (value != _childBytes[page]) return $"page {page} of the child shows {value}, not {_childBytes[page]}";
        }

        return null;
    }

    private int Pin(int page, int count, AccessKind access)
    {
        if (_pins.Count == PinsMax) return NotNow;
        if (!_process.TryPin(At(page), (uint)(count * PageBytes), access, out PinnedMemory? pin, out _)) return Refused;
        _pins.Add((pin!, _cells[page..(page + count)], page));
        return Done;
    }

    private int Unpin(uint which)
    {
        if (_pins.Count == 0) return NotNow;
        int index = (int)(which % (uint)_pins.Count);
        _pins[index].Pin.Dispose();
        _pins.RemoveAt(index);
        return Done;
    }

    private int PinWrites(uint which, uint place)
    {
        if (_pins.Count == 0) return NotNow;
        (PinnedMemory pin, Cell[] cells, _) = _pins[(int)(which % (uint)_pins.Count)];
        if (pin is not WritablePin writable) return Refused;
        int index = (int)(place % (uint)cells.Length);
        cells[index].Value = ++_value;
        long skip = (long)index * PageBytes, left = PageBytes;
        foreach (Memory<byte> part in writable.WritableParts)
        {
            if (skip < part.Length && left != 0)
            {
                int length = (int)Math.Min(left, part.Length - skip);
                part.Span.Slice((int)skip, length).Fill(_value);
                left -= length;
                skip = 0;
            }
            else
            {
                skip -= Math.Min(skip, part.Length);
            }
        }

        return Done;
    }

    private static byte ByteOf(PinnedMemory pin, int page)
    {
        long at = (long)page * PageBytes;
        foreach (ReadOnlyMemory<byte> part in pin.Parts)
        {
            if (at < part.Length) return part.Span[(int)at];
            at -= part.Length;
        }

        return 0;
    }

    private int Watch(in RawOperation operation)
    {
        if (_watches.Count == WatchesMax) return NotNow;
        VirtualAddress start = At((int)(operation.A % OwnPages)) + (operation.B % (PageBytes - 8));
        WatchedAccesses accesses = (operation.C % 3) switch
        {
            0 => WatchedAccesses.Read,
            1 => WatchedAccesses.Write,
            _ => WatchedAccesses.All,
        };
        WatchModel model = new();
        model.Point = _process.Memory.Mmu.Watch(start, 1 + (operation.C % 8), accesses, access => model.Calls++);
        _watches.Add(model);
        return Done;
    }

    private int Unwatch(uint which)
    {
        if (_watches.Count == 0) return NotNow;
        int index = (int)(which % (uint)_watches.Count);
        _watches[index].Point.Dispose();
        _watches.RemoveAt(index);
        return Done;
    }

    /// <summary>Prepares for an access within one page.</summary>
    private void Expect(VirtualAddress start, uint byteLength, WatchedAccesses access)
    {
        foreach (WatchModel watch in _watches)
        {
            Watchpoint point = watch.Point;
            bool sees = (point.Accesses & access) != 0 && start < point.Start + point.ByteLength && point.Start < start + byteLength;
            if (sees) watch.Expected++;
        }
    }

    /// <summary>The value of every byte of a page.</summary>
    private sealed class Cell
    {
        public byte Value { get; set; }
    }

    /// <summary>A watchpoint, how often it should have been hit, and how often its handler was called.</summary>
    private sealed class WatchModel
    {
        public Watchpoint Point { get; set; } = null!;
        public long Expected { get; set; }
        public long Calls { get; set; }
    }
}
