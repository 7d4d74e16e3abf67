using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Fuzz;

/// <summary>A process with a tree of snapshots, and a picture of it at each of them: every restore must give that picture.</summary>
/// <remarks>
/// Half of the runs have RAM in plenty and compare every text and word. The others have little RAM and a swap device, where reclaim, which
/// a snapshot does not undo, may move pages: they compare areas and bytes.
/// </remarks>
internal sealed class SnapshotRun : IStructureRun
{
    public static readonly string[] Operations =
    [
        "write", "write", "write", "write", "write", "read", "read", "map", "map", "map", "map file", "unmap", "unmap", "protect", "advise",
        "advise", "remap", "fork", "child writes", "child ends", "break", "lock", "clear refs", "file", "descriptor", "take", "take",
        "restore", "restore", "restore", "restore newest", "restore newest", "restore newest", "drop", "drop", "allocation fails",
        "reclaim", "stack", "rename", "page out", "page out", "move", "move", "mark", "mark", "clone", "spoil",
        "iterations", "iterations", "observe", "observe", "observe",
    ];

    public static readonly string[] Outcomes = ["done", "refused", "not now"];

    private const int Done = 0, Refused = 1, NotNow = 2;
    private const int SnapshotsMax = 8, ChildrenMax = 3;
    private const uint Base = 0x2000_0000, PageCountInPlay = 96, FarBase = 0x4000_0000, StackTop = 0xB000_0000;

    private static readonly MemoryAdvice[] Advices =
    [
        MemoryAdvice.DontNeed, MemoryAdvice.DontNeed, MemoryAdvice.Free, MemoryAdvice.Cold, MemoryAdvice.PageOut, MemoryAdvice.DontFork,
        MemoryAdvice.DoFork, MemoryAdvice.WipeOnFork, MemoryAdvice.Sequential, MemoryAdvice.Normal, MemoryAdvice.PopulateWrite,
        MemoryAdvice.PopulateRead, MemoryAdvice.WillNeed,
    ];

    private readonly PagingEngine _engine;
    private readonly UserProcess _process;
    private readonly GuestFile _file;
    private readonly List<Taken> _snapshots = [];
    private readonly List<UserProcess> _children = [];
    private readonly List<int> _descriptors = [];
    private readonly bool _isShort;
    private readonly bool _isPrivate;    // no shared memory: MADV_PAGEOUT would swap it, and a snapshot does not bring it back
    private readonly uint _framesAtStart;
    private readonly SnapshotMarks? _marks;    // in a third of the runs
    private readonly SnapshotDamage? _damage;    // in a third of the runs, which may end with wild tables
    private readonly bool _endsWild;
    private readonly SnapshotOrigin? _origin;    // if the first process is a clone
    private readonly bool _keeps;    // half of the runs keep the pages that they write (Snapshot.KeepsWrittenPages)
    private readonly bool _comparesPages;    // frames are not short, and no page of an image becomes resident for good
    private readonly List<DirtyLog> _logs = [];
    private readonly Userfaultfd? _faults;    // in a quarter of the runs, for the whole range
    private readonly WindowCheck? _windows;    // in a tenth of the runs, open for each process
    private uint _written;
    private int _othersChanged;    // counts what other processes and files have done
    private int _pagedOut;    // counts MADV_PAGEOUT: what it moves to a device stays there

    public SnapshotRun(FuzzRandom random)
    {
        _isShort = random.Percent(40);
        _engine = new(new EngineOptions
        {
            RamBytes = _isShort ? 1UL << 20 : 8UL << 20,
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            TrieFromAreas = random.OneOf([2, 16, 4096]),
            LendTablesFrom = random.OneOf([1, 4, 4096]),
            FaultAroundPages = random.OneOf([1, 16]),
            Tables = random.OneOf([TableFormat.Classic, TableFormat.Pae]),
            ShareRam = WindowCheck.IsPossible,
            VerifyRestores = 1,
        });
        _isPrivate = !_isShort && random.Percent(40);
        if (_isShort || _isPrivate) _ = _engine.Swap.SwitchOn(new MemorySwapStore(8UL << 20), out _);
        _file = _engine.Files.CreateMemoryFile("file", 40 << 12);
        _framesAtStart = _engine.Frames.CountOf(FrameState.Free).Value;
        _process = _engine.CreateProcess("first");
        const MapFlags fixedPrivate = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        _ = _process.Memory.Map(new(Base), PageCountInPlay << 12, MemoryProtection.ReadWrite, fixedPrivate, out _);
        _ = _process.Memory.Map(new(StackTop - 0x4000), 0x4000, MemoryProtection.ReadWrite, fixedPrivate | MapFlags.GrowsDown, out _);
        if (random.Percent(30))
        {
            _ = Write(new(Base), PageCountInPlay / 2);
            _origin = SnapshotOrigin.Replace(_engine, ref _process, new(Base), PageCountInPlay / 2, random.Percent(50));
        }

        if (random.Percent(40))    // the one with the snapshots is a child, and its parent is one of the others
        {
            _ = Write(new(Base), PageCountInPlay / 2);
            _children.Add(_process);
            _process = _process.Fork();
        }

        OpenDescriptor();
        if (random.Percent(35)) _marks = new(_process.Memory, _process.Memory.OpenByteShadow());
        if (random.Percent(35)) _damage = new(_engine, new(random.Next()));
        if (random.Percent(25) && _marks is null)
        {
            _faults = _process.Memory.Userfaultfds.Open(UserfaultFeatures.WriteProtection);
            _ = _faults.Register(new(Base), PageCountInPlay << 12, UserfaultModes.WriteProtect);
        }

        _endsWild = random.Percent(50);
        _keeps = random.Percent(50);
        _comparesPages = !_isShort && (!_keeps || _origin is null);
        if (random.Percent(10) && WindowCheck.IsPossible) _windows = new(_engine);
    }

    public int Execute(in RawOperation operation, out string? failure)
    {
        int outcome = Act(operation, out failure);
        failure ??= _windows?.Run();
        return outcome;
    }

    private int Act(in RawOperation operation, out string? failure)
    {
        failure = null;
        uint page = operation.A % PageCountInPlay, count = 1 + (operation.B % 24);
        VirtualAddress at = AddressOf(page, operation.C);
        AddressSpace memory = _process.Memory;
        switch (Operations[operation.Kind])
        {
            case "write": return Write(at, operation.B % 4 == 0 ? 1 : count);
            case "read": return Read(at, count);
            case "map": return Map(at, count, operation.C >> 4);
            case "map file": return MapFile(at, count, operation.C >> 4);
            case "unmap": return Outcome(memory.Unmap(at, (1 + (count / 4)) << 12));
            case "protect": return Outcome(memory.Protect(at, count << 12, RightsOf(operation.C >> 8)));
            case "advise":
                MemoryAdvice advice = Advices[(operation.C >> 8) % (uint)Advices.Length];
                return advice == MemoryAdvice.PageOut ? PageOut(at, count) : Outcome(memory.Advise(at, count << 12, advice));
            case "remap": return Remap(at, count, operation);
            case "fork": return Fork();
            case "child writes": return ChildWrites(at, count, operation.C >> 8);
            case "child ends": return ChildEnds(operation.A);
            case "break":
                return memory.SetBreak(memory.StartBreak + ((operation.A % 64) << 11)) == default ? Refused : Done;
            case "lock":
                return Outcome((operation.C & 256) != 0 ? memory.Unlock(at, count << 12) : memory.Lock(at, count << 12, LockFlags.OnFault));
            case "clear refs":
                ReferenceKind kind = (operation.C & 256) != 0 ? ReferenceKind.SoftDirty : ReferenceKind.PeakResident;
                return Outcome(memory.ClearReferences(kind));
            case "file": return WriteFile(operation);
            case "descriptor": return UseDescriptor(operation);
            case "take": return Take();
            case "restore": return Restore(operation.A, out failure);
            case "restore newest": return Restore(uint.MaxValue, out failure);
            case "drop": return Drop(operation.A);
            case "allocation fails": return FailOnce(operation, out failure);
            case "reclaim": return Reclaim();
            case "page out": return PageOut(at, count);
            case "move":
                VirtualAddress to = AddressOf((operation.A >> 8) % PageCountInPlay, operation.B >> 8);
                return Remap(at, count, count, RemapFlags.MayMove | RemapFlags.Fixed, to);
            case "mark": return _marks is null ? NotNow : Outcome(_marks.Mark(at + (operation.B & 0xFFF), operation.C >> 8));
            case "clone": return Clone(operation.A, out failure);
            case "spoil": return Spoil(out failure);
            case "iterations": return TakeIterations(operation, out failure);
            case "observe": return Observe(at, count, operation.C >> 8, out failure);
            case "stack": return Write(new(StackTop - 0x4000 - ((operation.A % 32) << 12)), 1);
            default:
                _process.Name = $"name{operation.A % 4}";
                _process.OutOfMemoryScore = (int)(operation.B % 100);
                return Done;
        }
    }

    public string? Verify()
    {
        AuditReport report = _engine.Audit();
        return report.IsClean ? _marks?.Failure : report.ToString();
    }

    public string? Finish()
    {
        if (Verify() is { } broken) return broken;
        if (_origin?.Verify() is { } written) return written;
        if (_damage is not null && _endsWild)
        {
            _damage.SpoilForGood(_process, [.. _snapshots.Select(static taken => taken.Snapshot)]);
            return _origin?.Verify();
        }

        foreach (UserProcess child in _children) child.Dispose();
        if (_written % 2 == 0)
            foreach (Taken taken in _snapshots) taken.Snapshot.Dispose();
        if (Verify() is { } dropped) return dropped;
        _process.Dispose();
        foreach (Taken taken in _snapshots)
            if (taken.Snapshot.IsValid) return "a snapshot has outlived its process";
        _file.Dispose();
        if (Verify() is { } ended) return ended;
        uint free = _engine.Frames.CountOf(FrameState.Free).Value;
        return free >= _framesAtStart ? null : $"{_framesAtStart - free} frames are lost";
    }

    public void Dispose()
    {
        _windows?.Dispose();
        _engine.Dispose();
    }

    private static VirtualAddress AddressOf(uint page, uint which) => new((which % 5 == 0 ? FarBase - 0x10000 : Base) + (page << 12));

    private static MemoryProtection RightsOf(uint choice) =>
        (choice % 5) switch { 0 => MemoryProtection.None, 1 => MemoryProtection.Read, _ => MemoryProtection.ReadWrite };

    private static int Outcome(Errno error) => error == Errno.None ? Done : Refused;

    private int Write(VirtualAddress at, uint count)
    {
        int outcome = Done;
        for (uint i = 0; i < count; i++)
        {
            VirtualAddress word = at + (i << 12) + (_written % 1000 * 4);
            if (!_process.Memory.Mmu.TryWrite(word, ++_written)) outcome = Refused;
            else _marks?.NoteStore(word);
        }

        return outcome;
    }

    private int Read(VirtualAddress at, uint count)
    {
        int outcome = Done;
        for (uint i = 0; i < count; i++)
            if (!_process.Memory.Mmu.TryRead(at + (i << 12), out uint _)) outcome = Refused;
        return outcome;
    }

    private int Map(VirtualAddress at, uint count, uint choice)
    {
        MapFlags flags = MapFlags.Anonymous | (choice % 4 == 0 && !_isPrivate ? MapFlags.Shared : MapFlags.Private);
        if (choice % 3 != 0) flags |= MapFlags.Fixed;
        if (choice % 7 == 0) flags |= MapFlags.Populate;
        return Outcome(_process.Memory.Map(at, count << 12, RightsOf(choice >> 4), flags, out _));
    }

    private int MapFile(VirtualAddress at, uint count, uint choice)
    {
        if (_descriptors.Count == 0 || _isPrivate) return NotNow;
        MapFlags flags = MapFlags.Fixed | (choice % 2 == 0 ? MapFlags.Shared : MapFlags.Private);
        int descriptor = _descriptors[(int)(choice % (uint)_descriptors.Count)];
        uint offset = (choice >> 8) % 30 << 12;
        return Outcome(_process.Memory.Map(at, count << 12, MemoryProtection.ReadWrite, flags, descriptor, offset, out _));
    }

    private int Remap(VirtualAddress at, uint count, in RawOperation operation)
    {
        uint choice = operation.C >> 8;
        uint newCount = choice % 3 == 0 ? 1 + (operation.C % 30) : count;
        RemapFlags flags = (choice & 15) switch
        {
            < 4 => RemapFlags.None,
            < 8 => RemapFlags.MayMove,
            < 13 => RemapFlags.MayMove | RemapFlags.Fixed,
            _ => RemapFlags.MayMove | RemapFlags.DontUnmap,
        };
        if ((flags & RemapFlags.DontUnmap) != 0) newCount = count;
        VirtualAddress to = AddressOf((operation.A >> 8) % PageCountInPlay, operation.B >> 8);
        return Remap(at, count, newCount, flags, to);
    }

    private int Remap(VirtualAddress from, uint count, uint newCount, RemapFlags flags, VirtualAddress to)
    {
        uint kept = Math.Min(count, newCount) << 12;
        string? before = _marks?.BeforeMove(from, kept);
        Errno error = _process.Memory.Remap(from, count << 12, newCount << 12, flags, to, out VirtualAddress moved);
        if (error == Errno.None && before is not null) _marks!.NoteMove(before, moved, kept);
        return Outcome(error);
    }

    private int Fork()
    {
        if (_children.Count == ChildrenMax) return NotNow;
        _othersChanged++;
        if (_process.Fork(out UserProcess? child) != Errno.None) return Refused;
        _children.Add(child!);
        return Done;
    }

    private int ChildWrites(VirtualAddress at, uint count, uint which)
    {
        if (_children.Count == 0) return NotNow;
        _othersChanged++;
        UserProcess child = _children[(int)(which % (uint)_children.Count)];
        for (uint i = 0; i < count; i++) _ = child.Memory.Mmu.TryWrite(at + (i << 12), ++_written);
        if (which % 5 == 0) _ = child.Memory.Unmap(at, count << 12);
        return Done;
    }

    private int ChildEnds(uint which)
    {
        if (_children.Count == 0) return NotNow;
        _othersChanged++;
        UserProcess child = _children[(int)(which % (uint)_children.Count)];
        _ = _children.Remove(child);
        child.Dispose();
        return Done;
    }

    private int WriteFile(in RawOperation operation)
    {
        if (operation.C % 5 == 0 && _isShort) return Outcome(_file.SetLength((long)(operation.A % 40) << 12));    // pages go
        return Outcome(_file.Write((long)(operation.A % 40) << 12, [(byte)operation.B], out _));
    }

    private int UseDescriptor(in RawOperation operation)
    {
        if (_descriptors.Count < 3 && operation.C % 3 == 0) return OpenDescriptor();
        if (_descriptors.Count == 0) return NotNow;
        int descriptor = _descriptors[(int)(operation.A % (uint)_descriptors.Count)];
        if (operation.C % 3 == 1) return Outcome(_process.FileDescriptors.Close(descriptor));
        return Outcome(_process.FileDescriptors.Seek(descriptor, operation.B % 1000, SeekOrigin.Begin, out _));
    }

    private int OpenDescriptor()
    {
        Errno error = _file.Open(_process, FileRights.ReadWrite, out int descriptor);
        if (error == Errno.None && !_descriptors.Contains(descriptor)) _descriptors.Add(descriptor);
        return Outcome(error);
    }

    private int Take()
    {
        if (_snapshots.Count == SnapshotsMax) return NotNow;
        if (!_process.TryTakeSnapshot(out Snapshot? snapshot, out _)) return Refused;
        snapshot.KeepsWrittenPages = _keeps;
        _snapshots.Add(new(snapshot, Look(), _marks?.Text, _othersChanged, _pagedOut));
        return Done;
    }

    private int Restore(uint which, out string? failure)
    {
        failure = null;
        if (_snapshots.Count == 0) return NotNow;
        Taken taken = _snapshots[which == uint.MaxValue ? _snapshots.Count - 1 : (int)(which % (uint)_snapshots.Count)];
        if (taken.Snapshot.Restore() != Errno.None) return Refused;
        SnapshotPicture now = Look();
        bool comparesSharing = taken.OthersChanged == _othersChanged && !_keeps;
        bool comparesPages = _comparesPages && taken.PagedOut == _pagedOut;
        failure = taken.Picture.DifferenceFrom(now, comparesPages, comparesSharing && comparesPages);
        if (failure is null && taken.Snapshot.DirtyPages != PageCount.Zero) failure = "there are dirty pages after a restore";
        return Done;
    }

    /// <summary>Iterations of a fuzzer, which write nearly the same pages again and again.</summary>
    private int TakeIterations(in RawOperation operation, out string? failure)
    {
        failure = null;
        int outcome = NotNow;
        for (uint iteration = 0; iteration < 2 + (operation.B % 24) && failure is null; iteration++)
        {
            VirtualAddress at = AddressOf((operation.A + (iteration % 3)) % PageCountInPlay, operation.C);
            _ = Write(at, 1 + ((operation.C >> 8) % 12));
            if (iteration % 7 == 3) _ = _process.Memory.Advise(at, 4096, MemoryAdvice.Free);    // a written page, and no longer dirty
            if (iteration % 5 == 4) _ = Read(AddressOf(operation.A % PageCountInPlay, operation.C), 12);
            outcome = Restore(uint.MaxValue, out failure);
        }

        return outcome;
    }

    /// <summary>The visible state of the process, and its marked bytes.</summary>
    private SnapshotPicture Look()
    {
        SnapshotPicture seen = SnapshotPicture.Of(_engine, _process, hidesFrames: _keeps);
        return _marks is null ? seen : seen with { Areas = seen.Areas + _marks.Text };
    }

    /// <summary>A clone in another engine shows what the snapshot does; making its image changes nothing here.</summary>
    private int Clone(uint which, out string? failure)
    {
        failure = null;
        if (_snapshots.Count == 0 || which % 4 != 0) return NotNow;
        Taken taken = _snapshots[(int)(which / 4 % (uint)_snapshots.Count)];
        SnapshotPicture before = Look();
        if (!SnapshotClones.TryCompare(taken.Snapshot, taken.Picture, taken.Marks, out failure)) return Refused;
        failure ??= before.DifferenceFrom(Look(), comparesPages: _comparesPages, comparesSharing: true);
        return Done;
    }

    /// <summary>Wild words in a table are seen, and harm nothing once they are gone.</summary>
    private int Spoil(out string? failure)
    {
        failure = null;
        if (_damage is null) return NotNow;
        SnapshotPicture before = Look();
        failure = _damage.SpoilAndPutBack(_process) ?? before.DifferenceFrom(Look(), comparesPages: true, comparesSharing: true);
        return Done;
    }

    /// <summary>Logs, clear_refs and write protection, which change no page: no snapshot gets a page more to visit.</summary>
    private int Observe(VirtualAddress at, uint count, uint choice, out string? failure)
    {
        failure = null;
        uint[] before = [.. _snapshots.Select(static taken => taken.Snapshot.DirtyPages.Value)];
        int outcome = Done;
        switch (choice % 6)
        {
            case 0 when _logs.Count < 3: _logs.Add(_process.Memory.OpenDirtyLog((WriteSources)(1 + (choice / 6 % 2)))); break;
            case 1 when _logs.Count != 0: _ = _logs[0].CollectDirty(); break;
            case 2 when _logs.Count != 0:
                _logs[0].Dispose();
                _logs.RemoveAt(0);
                break;
            case 3: outcome = Outcome(_process.Memory.ClearReferences((ReferenceKind)(1 + (choice / 6 % 4)))); break;
            case 4 or 5 when _faults is not null: outcome = Outcome(_faults.WriteProtect(at, count << 12, choice % 6 == 4)); break;
            default: return NotNow;
        }

        // A hole of shared memory gets a marker, which is an entry that was not there; a page that stayed is visited once it has lost RW.
        for (int i = 0; i < before.Length && _isPrivate && !_keeps; i++)
            if (_snapshots[i].Snapshot.DirtyPages.Value is uint after && after != before[i])
                failure ??= $"a snapshot had {before[i]} dirty pages, and has {after} after nothing was written";
        return outcome;
    }

    private int Drop(uint which)
    {
        if (_snapshots.Count == 0) return NotNow;
        int index = (int)(which % (uint)_snapshots.Count);
        _snapshots[index].Snapshot.Dispose();
        _snapshots.RemoveAt(index);
        return Done;
    }

    private int FailOnce(in RawOperation operation, out string? failure)
    {
        RawOperation next = operation with { Kind = operation.C % (uint)Array.IndexOf(Operations, "allocation fails") };
        failure = null;
        if (!_isShort) return NotNow;    // what fails reclaims, and a snapshot does not undo that

        FaultInjection injection = _engine.Parts.Machine.Injection;
        injection.FailAtAllocation = 1 + (operation.B % 4);
        int outcome = Act(next, out failure);
        injection.FailAtAllocation = 0;
        return outcome;
    }

    private int Reclaim()
    {
        if (!_isShort) return NotNow;
        _ = _engine.RunBackground(64);
        return Done;
    }

    /// <summary>A page that is on a device when a snapshot is taken, or goes there before its first change, is kept as a slot.</summary>
    private int PageOut(VirtualAddress at, uint count)
    {
        if (!_isShort && !_isPrivate) return NotNow;
        _pagedOut++;
        return Outcome(_process.Memory.Advise(at, count << 12, MemoryAdvice.PageOut));
    }

    private readonly record struct Taken(Snapshot Snapshot, SnapshotPicture Picture, string? Marks, int OthersChanged, int PagedOut);
}
