using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Makes calls on a few lines of address space, most of them at the borders of huge pages.</summary>
/// <param name="hugeBytes">The size of a huge page.</param>
internal sealed class HugeCalls(uint hugeBytes)
{
    /// <summary>The kinds of calls, by weight.</summary>
    public static readonly string[] Kinds =
    [
        "map pool", "map pool", "map pool", "map small", "map small", "map small", "advise huge", "advise huge", "store", "store", "store",
        "store", "store", "load", "load", "copyin", "munmap", "munmap", "mprotect", "mprotect", "discard", "discard", "advise", "advise",
        "collapse", "populate", "move", "move", "resize", "lock", "fork", "exit", "memfd", "truncate", "punch", "allocate", "setpool",
        "prctl", "look", "look", "line", "line", "line", "share a line", "share a line", "empty a line", "collapse an object",
        "touch many", "touch many", "lock in some way", "limit locks", "refused", "share an object", "share an object", "guard", "guard",
        "free zeros", "replace pool", "replace pool", "tables",
    ];

    /// <summary>Instead of a process's number: the one that was forked last.</summary>
    public const int Newest = -1;

    private const uint Base = 0x3F80_0000;    // a border of 1 GiB lies among the lines, where another directory begins
    private const int LineCount = 6;
    private const long Read = 1, Write = 2;

    private FuzzRandom _random = new(0);

    /// <summary>The calls of one operation by a process, one in most cases, with descriptors 3 to 5 for files of huge pages.</summary>
    public IReadOnlyList<ScenarioCall> Make(in RawOperation operation, int process)
    {
        _random = new(((ulong)operation.A << 32) ^ operation.B ^ ((ulong)operation.C << 16));
        return Kinds[operation.Kind] switch
        {
            "line" => FillLine(process),
            "share a line" => ShareLine(process),
            "empty a line" => EmptyLine(process),
            "collapse an object" => CollapseObject(process),
            "limit locks" => LimitLocks(process),
            "share an object" => ShareObject(process),
            "free zeros" => FreeZeros(process),
            "replace pool" => ReplacePool(process),
            "munmap" => [MakeOne("munmap", process), new(CallName.Tables, process, 0)],
            string kind => [MakeOne(kind, process)],
        };
    }

    private ScenarioCall MakeOne(string kind, int process) => kind switch
    {
        "map pool" => MapPool(process),
        "map small" => MapSmall(process),
        "advise huge" => Advise(process, _random.Percent(85) ? MemoryAdvice.HugePage : MemoryAdvice.NoHugePage),
        "store" => new(CallName.Store, process, 2, Byte(), _random.Below(256)),
        "load" => new(_random.Percent(80) ? CallName.Load : CallName.Load32, process, 1, Byte()),
        "copyin" => new(CallName.CopyIn, process, 3, Byte(), _random.OneOf([16, 4096, 5000]), _random.Below(9)),
        "munmap" => new(CallName.Munmap, process, 2, Place(), Length()),
        "mprotect" => new(
            CallName.Mprotect, process, 3, Place(), Length(), _random.OneOf([0L, Read, Read | Write, Read | Write, Write])),
        "discard" => Advise(process, _random.Percent(80) ? MemoryAdvice.DontNeed : MemoryAdvice.DontNeedLocked),
        "collapse" => Advise(process, MemoryAdvice.Collapse),
        "populate" => Advise(process, _random.Percent(50) ? MemoryAdvice.PopulateRead : MemoryAdvice.PopulateWrite),
        "advise" => Advise(process, OtherAdvice()),
        "move" => Move(process),
        "resize" => Resize(process),
        "lock" => new(_random.OneOf([CallName.Mlock, CallName.Mlock, CallName.Munlock]), process, 2, Place(), Length()),
        "lock in some way" => LockSomehow(process),
        "touch many" => TouchMany(process),
        "refused" => MakeRefused(process),
        "guard" => Advise(process, _random.Percent(65) ? MemoryAdvice.GuardInstall : MemoryAdvice.GuardRemove),
        "tables" => new(CallName.Tables, process, 0),
        "fork" => new(CallName.Fork, process, 0),
        "exit" => new(CallName.Exit, process, 1),
        "memfd" => new(CallName.MemFd, process, 1, 4, FileName: "h"),    // MFD_HUGETLB
        "truncate" => new(CallName.Ftruncate, process, 2, Descriptor(), (long)_random.Below(5) * hugeBytes),
        "punch" => new(CallName.Punch, process, 3, Descriptor(), FileOffset(), Length()),
        "allocate" => new(CallName.Fallocate, process, 4, Descriptor(), _random.OneOf([0L, 0, 1]), FileOffset(), Length()),
        "setpool" => new(CallName.SetPool, process, 1, _random.Below(9)),
        "prctl" when _random.Percent(80) => new(CallName.Prctl, process, 3, 41, _random.Below(2), _random.OneOf([0L, 0, 2])),
        "prctl" => new(CallName.Prctl, process, 5, 41, _random.Below(2), 0, _random.Below(2), _random.Below(2)),
        _ => Look(process),
    };

    /// <summary>The call that reports the contents of every line.</summary>
    public ScenarioCall HugeMap(int process) => new(CallName.HugeMap, process, 2, Base, Base + ((LineCount + 4L) * hugeBytes));

    /// <summary>A transparent huge page in one line, or in two that lie side by side.</summary>
    private List<ScenarioCall> FillLine(int process)
    {
        long line = Line(), length = _random.Percent(70) ? hugeBytes : 2L * hugeBytes;
        List<ScenarioCall> calls =
        [
            new(CallName.Mmap, process, 6, line, length, Read | Write, (long)(MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed), -1),
            new(CallName.Madvise, process, 3, line, length, (long)MemoryAdvice.HugePage),
        ];
        for (long at = line; at < line + length; at += hugeBytes)
            calls.Add(_random.Percent(80) ? Store(process, at) : new(CallName.Load, process, 1, at + Inside()));
        if (_random.Percent(30)) calls.Add(new(CallName.Mprotect, process, 3, line + InsidePage(), 0x1000, Read));
        return calls;
    }

    /// <summary>A child gets such a page, in one piece or in small ones; both write, in some order, and one may end.</summary>
    private List<ScenarioCall> ShareLine(int process)
    {
        List<ScenarioCall> calls = FillLine(process);
        long line = calls[0].A0;
        calls.Add(new(CallName.Fork, process, 0));
        for (int i = _random.Between(1, 3); i > 0; i--)
        {
            int writer = _random.Percent(50) ? process : Newest;
            calls.Add(Store(writer, line));
            calls.Add(new(CallName.Faults, writer, 0));
            if (_random.Percent(15)) calls.Add(new(CallName.Exit, Newest, 1));
        }

        return calls;
    }

    /// <summary>A line with a table is emptied, in one way or another, and touched again: is it huge then?</summary>
    private List<ScenarioCall> EmptyLine(int process)
    {
        List<ScenarioCall> calls = FillLine(process);
        long line = calls[0].A0, beyond = Base + (LineCount * (long)hugeBytes);
        calls.Add(new(CallName.Madvise, process, 3, line + InsidePage(), 0x1000, (long)MemoryAdvice.DontNeed));
        const RemapFlags Away = RemapFlags.MayMove | RemapFlags.DontUnmap;
        calls.Add(_random.Percent(50)
            ? new(CallName.Madvise, process, 3, line, hugeBytes, (long)MemoryAdvice.DontNeed)
            : new(CallName.Mremap, process, 5, line, hugeBytes, hugeBytes, (long)Away, beyond + ((long)_random.Below(2) * hugeBytes)));
        calls.Add(Store(process, line));
        return calls;
    }

    /// <summary>MADV_COLLAPSE of shared memory that may be empty, and of private memory with no entry or with small ones.</summary>
    private List<ScenarioCall> CollapseObject(int process)
    {
        long line = Line();
        MapFlags flags = (_random.Percent(60) ? MapFlags.Shared : MapFlags.Private) | MapFlags.Anonymous | MapFlags.Fixed;
        List<ScenarioCall> calls = [new(CallName.Mmap, process, 6, line, hugeBytes, Read | Write, (long)flags, -1)];
        if (_random.Percent(50)) calls.Add(Store(process, line));
        calls.Add(new(CallName.Madvise, process, 3, line, hugeBytes, (long)MemoryAdvice.Collapse));
        calls.Add(new(CallName.Load, process, 1, line + Inside()));
        return calls;
    }

    /// <summary>A file of small pages, seen by two processes in several ways, that one of them collapses and one may cut.</summary>
    private List<ScenarioCall> ShareObject(int process)
    {
        long line = Line(), other = Line(), descriptor = 3 + _random.Below(6);
        string name = _random.OneOf(["A", "B"]);
        List<ScenarioCall> calls =
            [new(CallName.Open, process, 3, _random.OneOf([hugeBytes, 2L * hugeBytes, 0x5000]), 7, FileName: name)];
        calls.Add(View(process, line, descriptor));
        calls.Add(View(process, other, descriptor));
        if (_random.Percent(70)) calls.Add(Store(process, line));
        if (_random.Percent(50)) calls.Add(new(CallName.Fork, process, 0));
        int second = calls[^1].Name == CallName.Fork ? Newest : process;
        if (_random.Percent(30)) calls.Add(Store(second, other));
        long guard = other + InsidePage();
        if (_random.Percent(20)) calls.Add(new(CallName.Madvise, second, 3, guard, 0x1000, (long)MemoryAdvice.GuardInstall));
        calls.Add(new(CallName.Madvise, process, 3, line, Lines(), (long)MemoryAdvice.Collapse));
        calls.Add(_random.Percent(70) ? new(CallName.Load, second, 1, other + Inside()) : Store(second, other));
        long hole = _random.OneOf([1L, 0x1000, hugeBytes]);
        if (_random.Percent(30)) calls.Add(new(CallName.Punch, process, 3, descriptor, FileOffset(), hole));
        if (_random.Percent(20)) calls.Add(new(CallName.Ftruncate, process, 2, descriptor, _random.OneOf([0x1000L, hugeBytes + 0x1000])));
        calls.Add(new(CallName.Load, second, 1, other + Inside()));
        if (second != process && _random.Percent(70)) calls.Add(new(CallName.Exit, Newest, 1));
        calls.Add(new(CallName.Tables, process, 0));
        return calls;
    }

    private ScenarioCall View(int process, long line, long descriptor)
    {
        MapFlags flags = (_random.Percent(70) ? MapFlags.Shared : MapFlags.Private) | MapFlags.Fixed;
        long offset = _random.Percent(75) ? 0 : _random.OneOf([0x1000L, hugeBytes]);
        long length = _random.Percent(70) ? hugeBytes : Length();
        return new(CallName.Mmap, process, 6, line, length, Read | Write, (long)flags, descriptor, offset);
    }

    /// <summary>The huge page of zeros, of which a part is given up, and a store.</summary>
    private List<ScenarioCall> FreeZeros(int process)
    {
        long line = Line();
        const long Own = (long)(MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed);
        MemoryAdvice advice = _random.OneOf<MemoryAdvice>([MemoryAdvice.Free, MemoryAdvice.Free, MemoryAdvice.Cold, MemoryAdvice.PageOut]);
        return
        [
            new(CallName.Munmap, process, 2, line, hugeBytes),    // the map may be refused: no page of other contents is advised then
            new(CallName.Mmap, process, 6, line, hugeBytes, Read | Write, Own, -1),
            new(CallName.Madvise, process, 3, line, hugeBytes, (long)MemoryAdvice.HugePage),
            new(CallName.Load, process, 1, line + Inside()),
            new(CallName.Madvise, process, 3, line + InsidePage(), 0x1000, (long)advice),
            HugeMap(process),
            Store(process, line),
        ];
    }

    /// <summary>A private page of the pool that a child has, too, and that its owner gives up or replaces: counts below zero.</summary>
    private List<ScenarioCall> ReplacePool(int process)
    {
        const MapFlags Pool = MapFlags.Private | MapFlags.Anonymous | MapFlags.HugeTlb | MapFlags.Fixed;
        long line = Line(), length = Lines();
        List<ScenarioCall> calls =
        [
            new(CallName.Mmap, process, 6, line, length, Read | Write, (long)Pool, -1),
            Store(process, line),
            new(CallName.Fork, process, 0),
        ];
        calls.Add(_random.Below(3) switch
        {
            0 => new(CallName.Munmap, process, 2, line, length),
            1 => new(CallName.Madvise, process, 3, line, length, (long)MemoryAdvice.DontNeed),
            _ => MapPool(process),
        });
        calls.Add(new(CallName.Mmap, process, 6, Line(), Lines(), Read | Write, (long)Pool, -1));
        calls.Add(Store(process, line));
        if (_random.Percent(80)) calls.Add(new(CallName.Exit, Newest, 1));
        return calls;
    }

    /// <summary>A limit of locked memory, a lock under it, and mostly no limit again: it would end what others look for.</summary>
    private List<ScenarioCall> LimitLocks(int process)
    {
        const long LimitAtStart = 8 << 20;
        List<ScenarioCall> calls = [new(CallName.Rlimit, process, 2, (long)ResourceLimit.LockedMemory,
            _random.OneOf([0L, 0x1000, hugeBytes, 2L * hugeBytes]))];
        calls.Add(_random.Percent(60) ? new(CallName.Mlock, process, 2, Place(), Length()) : LockSomehow(process));
        if (_random.Percent(40)) calls.Add(MapPool(process));
        if (_random.Percent(80)) calls.Add(new(CallName.Rlimit, process, 2, (long)ResourceLimit.LockedMemory, LimitAtStart));
        return calls;
    }

    private ScenarioCall LockSomehow(int process) => _random.Below(5) switch
    {
        0 => new(CallName.Mlockall, process, 1, _random.OneOf([1L, 1, 5, 2, 3, 6, 0, 4])),
        1 or 2 => new(CallName.Munlockall, process, 0),    // twice as often: after MCL_FUTURE nothing is untouched
        _ => new(CallName.Mlock2, process, 3, Place(), Length(), _random.OneOf([0L, 1, 1, 2])),
    };

    private ScenarioCall TouchMany(int process)
    {
        long address = Byte(), length = _random.OneOf([1L, 16, 0x1000, 9000]);
        return _random.Below(3) switch
        {
            0 => new(CallName.CopyOut, process, 2, address, length),
            1 => new(CallName.Fill, process, 3, address, length, _random.Below(256)),
            _ => new(CallName.Sum, process, 2, address, length),
        };
    }

    /// <summary>Calls that always fail, or that would fail on an ordinary file.</summary>
    private ScenarioCall MakeRefused(int process)
    {
        const MapFlags Pool = MapFlags.Private | MapFlags.Anonymous | MapFlags.HugeTlb;
        return _random.Below(6) switch
        {
            0 => new(CallName.Fallocate, process, 4, Descriptor(), 0, FileOffset(), 0),
            1 => new(CallName.Fallocate, process, 4, Descriptor(), _random.OneOf([2L, 8, 16]), FileOffset(), Lines()),
            2 => new(CallName.Ftruncate, process, 2, Descriptor(), _random.OneOf([1L, 0x1000, hugeBytes / 2, hugeBytes + 0x1000])),
            3 => new(CallName.Pwrite, process, 4, Descriptor(), _random.OneOf([0L, 1, 0x1000]), FileOffset(), 1),
            4 => new(CallName.Mmap, process, 6, Line(), Lines(), Read | Write, (long)(Pool | MapFlags.FixedNoReplace), -1),
            _ => new(CallName.Mmap, process, 6, 0, Lines(), Read | Write, (long)(Pool | MapFlags.Fixed), -1),
        };
    }

    private ScenarioCall Store(int process, long line) => new(CallName.Store, process, 2, line + Inside(), _random.Below(256));

    private ScenarioCall MapPool(int process)
    {
        bool isAnonymous = _random.Percent(65);
        MapFlags flags = _random.Percent(70) ? MapFlags.Private : MapFlags.Shared;
        if (isAnonymous) flags |= MapFlags.Anonymous | MapFlags.HugeTlb;
        long address = _random.Percent(90) ? Line() : Place();
        if (_random.Percent(85)) flags |= MapFlags.Fixed;
        else if (_random.Percent(50)) address = 0;
        if (_random.Percent(12)) flags |= MapFlags.NoReserve;
        if (_random.Percent(12)) flags |= MapFlags.Populate;
        if (_random.Percent(6)) flags |= MapFlags.Locked;
        long offset = _random.Percent(70) ? 0 : (long)_random.Below(4) * hugeBytes;
        long rights = _random.OneOf([Read | Write, Read | Write, Read | Write, Read, 0L]);
        return new(CallName.Mmap, process, 6, address, Lines(), rights, (long)flags, isAnonymous ? -1 : Descriptor(), offset);
    }

    private ScenarioCall MapSmall(int process)
    {
        MapFlags flags = MapFlags.Anonymous | (_random.Percent(92) ? MapFlags.Private : MapFlags.Shared);
        if (_random.Percent(92)) flags |= MapFlags.Fixed;
        if (_random.Percent(8)) flags |= MapFlags.Populate;
        if (_random.Percent(5)) flags |= MapFlags.Stack;
        long rights = _random.OneOf([Read | Write, Read | Write, Read | Write, Read, 0L]);
        return new(CallName.Mmap, process, 6, Place(), Length(), rights, (long)flags, -1);
    }

    private ScenarioCall Advise(int process, MemoryAdvice advice) => new(CallName.Madvise, process, 3, Place(), Length(), (long)advice);

    private MemoryAdvice OtherAdvice() => _random.OneOf(
        [MemoryAdvice.DontFork, MemoryAdvice.DoFork, MemoryAdvice.WipeOnFork, MemoryAdvice.KeepOnFork, MemoryAdvice.Sequential,
            MemoryAdvice.Normal, MemoryAdvice.Remove, MemoryAdvice.Mergeable, MemoryAdvice.WillNeed]);

    private ScenarioCall Move(int process)
    {
        long length = Length(), to = _random.Percent(60) ? Base + ((LineCount + _random.Below(3)) * (long)hugeBytes) : Place();
        return new(CallName.Mremap, process, 5, Place(), length, length, (long)(RemapFlags.MayMove | RemapFlags.Fixed), to);
    }

    private ScenarioCall Resize(int process)
    {
        long length = Length(), other = _random.Percent(60) ? Math.Max(0x1000, length - hugeBytes) : length + 0x1000;
        return new(CallName.Mremap, process, 4, Place(), length, other, _random.Percent(50) ? (long)RemapFlags.MayMove : 0);
    }

    private ScenarioCall Look(int process) => _random.Below(5) switch
    {
        0 => new(CallName.Usage, process, 0),
        1 => new(CallName.Vm, process, 0),
        2 => new(CallName.Smaps, process, 2, 0x1000_0000, 0xBFFF_0000),
        3 => new(CallName.Mincore, process, 2, Place(), 0x3000),
        _ => new(CallName.Faults, process, 0),
    };

    private long Line() => Base + (_random.Below(LineCount) * (long)hugeBytes);

    private long Place() => _random.Percent(60) ? Line()
        : Line() + _random.OneOf([0x1000L, hugeBytes / 2, hugeBytes - 0x1000, (long)_random.Below((int)(hugeBytes >> 12)) << 12]);

    private long Byte() => Line() + _random.OneOf([0L, 0, 1, hugeBytes / 2, hugeBytes - 1, _random.Below((int)hugeBytes)]);

    private long Inside() => _random.OneOf([0L, 0x1000, hugeBytes / 2, hugeBytes - 1, _random.Below((int)hugeBytes)]);

    private long InsidePage() => _random.OneOf([0L, 0x1000, hugeBytes / 2, hugeBytes - 0x1000]);

    private long Lines() => (1 + _random.Skewed(3)) * (long)hugeBytes;

    private long Length() => _random.Percent(60) ? Lines()
        : _random.OneOf([0x1000L, 0x10000, hugeBytes / 2, hugeBytes - 0x1000, hugeBytes + 0x1000]);

    private long FileOffset() => _random.OneOf([0L, hugeBytes, hugeBytes / 2, 2L * hugeBytes]);

    private long Descriptor() => 3 + _random.Below(3);
}
