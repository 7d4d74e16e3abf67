using Paging.Core;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>
/// One file under read, write, mappings, direct I/O, truncation, holes, hints, write-back, memory pressure, a disk in trouble and crashes;
/// beside plain bytes.
/// </summary>
/// <remarks><code>
///   no call to the disk failed    every call succeeds, every page equals the plain bytes, and synchronized bytes are durable at
///   once
///   some have failed              calls may report it; a page whose write-back failed may revert to the disk's version, and no other
///   always                        an error of write-back is reported to the open file exactly once; a crash keeps durable pages, and no
///   torn page
/// </code></remarks>
internal sealed partial class FileRun : IStructureRun
{
    public static readonly string[] Operations =
    [
        "read", "write", "write", "direct read", "direct write", "append", "store shared", "store shared", "load shared", "store private",
        "load private",
        "truncate", "punch", "fsync", "msync", "sync range", "background", "advise", "press", "readahead", "trouble", "crash", "map again",
        "protect", "child", "mincore",
    ];

    public static readonly string[] Outcomes = ["done", "short", "SIGBUS", "OOM", "EIO", "ENOSPC", "ENOMEM", "passed over"];

    /// <summary>True for the outcomes of operations that were refused something.</summary>
    public static bool IsRefusal(int outcome) => outcome is OutOfMemory or Io or NoSpace or NoMemory;

    private const int Done = 0, Short = 1, BusError = 2, OutOfMemory = 3, Io = 4, NoSpace = 5, NoMemory = 6, PassedOver = 7;
    private const int ByteMax = FileWorld.PageMax * FileContents.PageByteLength;

    private readonly FileWorld _world;
    private readonly FileContents _file;
    private readonly Dictionary<int, byte[]> _copies = [];    // of the private mapping
    private readonly byte[] _buffer = new byte[ByteMax], _page = new byte[FileContents.PageByteLength],
        _image = new byte[(FileWorld.PageMax + 4) * FileContents.PageByteLength];
    private readonly bool _hasTrouble;
    private FuzzRandom _draw = new(0);
    private long _failuresBefore, _writeFailuresBefore;
    private bool _awaitsAllocation;
    private bool _isTainted;        // the cache may hold clean what the disk does not have
    private bool _isOwed, _mayBeOwed;    // an error of write-back not yet reported to the open file
    private byte _value;

    public FileRun(FuzzRandom random, bool mayHaveTrouble = true)
    {
        byte[] content = new byte[random.Below(20 * FileContents.PageByteLength)];
        for (int i = 0; i < content.Length; i++) content[i] = (byte)((i >> 12) + 0x10);
        _hasTrouble = random.Percent(40) && mayHaveTrouble;
        _world = new(random, content);
        _file = new(FileWorld.PageMax + 4, content);
        _world.Disk.TransferByteLengthMax = random.OneOf([0, 0, 1000, 4096, 9000]);
    }

    private bool DiskHasFailed => _world.Disk.FailureCount != _failuresBefore;

    /// <summary>A call to the disk, or an allocation, was refused during this operation.</summary>
    private bool HasFailed => DiskHasFailed || (_awaitsAllocation && _world.Engine.Parts.Machine.Injection.FailAtAllocation == 0);

    /// <summary>Lets the n-th call to the disk fail, or the n-th allocation be refused, in the next operation.</summary>
    public void FailAt(long number, bool isAllocation)
    {
        _awaitsAllocation = isAllocation;
        if (isAllocation) _world.Engine.Parts.Machine.Injection.FailAtAllocation = number;
        else _world.Disk.FailAtCall = number;
    }

    /// <summary>Ends all failures. Returns false if the number was higher than the calls of the operation.</summary>
    public bool Heal()
    {
        bool wasReached = (_awaitsAllocation ? _world.Engine.Parts.Machine.Injection.FailAtAllocation : _world.Disk.FailAtCall) == 0;
        _world.Engine.Parts.Machine.Injection.FailAtAllocation = 0;
        _world.Disk.FailAtCall = 0;
        _awaitsAllocation = false;
        return wasReached;
    }

    public int Execute(in RawOperation operation, out string? failure)
    {
        _draw = new(((ulong)operation.A << 32) | operation.B);
        (_failuresBefore, _writeFailuresBefore) = (_world.Disk.FailureCount, _world.Disk.WriteFailureCount);
        _value++;
        int outcome = Run(Operations[operation.Kind], out failure);
        _isTainted |= DiskHasFailed;
        failure ??= Compare();
        _file.Note();
        return outcome;
    }

    public string? Verify() => _world.Audit();

    public string? Finish()
    {
        _world.Disk.FailurePercent = 0;
        _world.Disk.CapacityPages = int.MaxValue;
        return _world.Audit() ?? _file.FindViolation(_world.Disk.CrashImage(_image)) ?? _world.End();
    }

    public void Dispose() => _world.Dispose();

    private int Run(string name, out string? failure)
    {
        switch (name)
        {
            case "read": return Read(_world.Plain, Offset(), 1 + _draw.Below(20_000), out failure);
            case "direct read": return Read(_world.Direct, Offset() & ~0x1FF, (1 + _draw.Below(40)) * 512, out failure);
            case "write": return Write(_world.Plain, Offset(), ByteLength(), out failure);
            case "direct write": return Write(_world.Direct, Offset() & ~0x1FF, (1 + _draw.Below(40)) * 512, out failure);
            case "append": return Write(_world.Append, _file.Length, ByteLength(), out failure);
            case "store shared": return StoreShared(_world.Process, out failure);
            case "load shared": return Load(FileWorld.SharedAt, _world.Process, out failure);
            case "store private": return StorePrivate(out failure);
            case "load private": return Load(FileWorld.PrivateAt, _world.Process, out failure);
            case "truncate": return Truncate(out failure);
            case "punch": return Punch(out failure);
            case "fsync": return Synchronize(out failure);
            case "msync": return SynchronizeMapping(out failure);
            case "sync range": return SynchronizeRange(out failure);
            case "child": return Child(out failure);
            case "mincore": return InCore(out failure);
            case "crash":
                failure = _file.FindViolation(_world.Disk.CrashImage(_image));
                return Done;
            default:
                failure = null;
                return Disturb(name);
        }
    }

    /// <summary>Calls that change no byte of the file.</summary>
    private int Disturb(string name)
    {
        switch (name)
        {
            case "background":
                _world.Engine.RunBackground(_draw.Below(30));
                NoteWriteFailures();
                return Done;
            case "advise":
                _world.Calls.Advise(_world.Plain, Offset(), _draw.Percent(50) ? 0 : _draw.Below(100_000), (FileAdvice)_draw.Below(6));
                NoteWriteFailures();
                return Done;
            case "readahead":
                _world.Calls.ReadAhead(_world.Plain, Offset(), (uint)_draw.Below(100_000));
                return Done;
            case "press":
                if (!_draw.Percent(25)) return PassedOver;    // the dearest of all
                _world.Press(_draw.Percent(50) ? int.MaxValue : _draw.Below(300));
                NoteWriteFailures();
                return Done;
            case "map again":
                _world.Memory.Unmap(FileWorld.SharedAt, FileWorld.MappedPages << 12);
                return _world.MapShared() == Errno.None ? Done : NoMemory;
            case "protect":
                uint first = _draw.Below((uint)FileWorld.MappedPages), count = 1 + _draw.Below((uint)FileWorld.MappedPages - first);
                _world.Memory.Protect(FileWorld.SharedAt + (first << 12), count << 12, MemoryProtection.Read);
                _world.Memory.Protect(FileWorld.SharedAt + (first << 12), count << 12, MemoryProtection.ReadWrite);
                return Done;
            default:
                if (!_hasTrouble) return PassedOver;
                _world.Disk.FailurePercent = _draw.OneOf([0, 0, 5, 30]);
                _world.Disk.CapacityPages = _draw.Percent(20) ? _draw.Below(FileWorld.PageMax) : int.MaxValue;
                _world.Disk.TransferByteLengthMax = _draw.OneOf([0, 1000, 4096, 9000]);
                return Done;
        }
    }

    /// <summary>Every page equals the plain bytes; one whose write-back has failed may equal the disk's.</summary>
    private string? Compare()
    {
        if (_world.File.ByteLength != _file.Length) return $"the file has {_world.File.ByteLength} bytes, expected {_file.Length}";
        for (int page = 0; page < FileWorld.PageMax; page++)
        {
            bool isCached = _world.Look(page, _page);
            if (_page.AsSpan().SequenceEqual(_file.Page(page))) continue;
            bool isDisks = _isTainted && !isCached && page < _file.PageLimit;    // Look has asked the disk
            if (!isDisks && !(_isTainted && IsDisks(page))) return $"page {page}{(isCached ? "" : ", which is not cached,")} differs " +
                $"from what was written at byte {_page.AsSpan().CommonPrefixLength(_file.Page(page)):x3}";
            _file.Replace(page, _page);
        }

        return null;
    }

    private bool IsDisks(int page)
    {
        Span<byte> disk = stackalloc byte[FileContents.PageByteLength];
        _world.Disk.Page(page).CopyTo(disk);
        disk[Math.Clamp(_file.Length - (page * FileContents.PageByteLength), 0, disk.Length)..].Clear();
        return disk.SequenceEqual(_page);
    }

    private void NoteWriteFailures() => _isOwed |= _world.Disk.WriteFailureCount != _writeFailuresBefore;

    private int Offset() => _draw.Below(4) switch
    {
        0 => Math.Min(_file.Length, ByteMax - 1),
        1 => _draw.Below(FileWorld.PageMax) * FileContents.PageByteLength,
        _ => _draw.Below(ByteMax),
    };

    private int ByteLength() => _draw.OneOf([1, 7, 100, 4096, 4096, 5000, 9000, 1 + _draw.Below(20_000)]);

    /// <summary>Which outcome an error is; a failure where there was no reason for one.</summary>
    private int OutcomeOf(Errno error, out string? failure)
    {
        failure = error == Errno.None || (HasFailed && error is Errno.EIO or Errno.ENOSPC or Errno.ENOMEM)
            ? null : $"{error}, and the disk has not failed";
        return error switch { Errno.None => Done, Errno.EIO => Io, Errno.ENOSPC => NoSpace, _ => NoMemory };
    }
}
