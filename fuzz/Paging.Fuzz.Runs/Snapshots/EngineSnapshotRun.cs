using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>
/// Processes that share memory, with a tree of snapshots of the engine and some of single processes: every restore must give the picture
/// that was taken with the snapshot.
/// </summary>
/// <remarks>
/// Part of the runs have little RAM and a swap device, where reclaim, which a snapshot does not undo, may move pages: they compare areas
/// and bytes. The others compare every text and word.
/// </remarks>
internal sealed class EngineSnapshotRun : IStructureRun
{
    public static readonly string[] Operations =
    [
        "write", "write", "write", "write", "write", "write", "write", "read", "read", "map", "map", "map shared", "map shared",
        "map file", "map file", "unmap", "unmap", "protect", "advise", "advise", "remap", "fork", "fork", "create", "end", "break",
        "write file", "write file", "set length", "punch hole", "descriptor", "take", "take", "restore", "restore", "restore newest",
        "restore newest", "drop", "drop", "take own", "restore own", "drop own", "allocation fails", "reclaim", "iterations", "iterations",
        "observe", "observe", "make elsewhere",
    ];

    public static readonly string[] Outcomes = ["done", "refused", "not now"];

    private const int Done = 0, Refused = 1, NotNow = 2;
    private const int SnapshotsMax = 6, ProcessesMax = 5;
    private const uint Base = 0x2000_0000, PageCountInPlay = 64, FilePages = 24;
    private const uint WholeTables = 0x2040_0000, WholeTablesLength = 0x40_0000;    // one table, two under PAE, of one area: lent again

    private static readonly MemoryAdvice[] Advices =
    [
        MemoryAdvice.DontNeed, MemoryAdvice.DontNeed, MemoryAdvice.Remove, MemoryAdvice.Remove, MemoryAdvice.DontFork,
        MemoryAdvice.WipeOnFork, MemoryAdvice.PopulateWrite, MemoryAdvice.PopulateRead, MemoryAdvice.Free, MemoryAdvice.PageOut,
    ];

    private readonly PagingEngine _engine;
    private readonly GuestFile _file;
    private readonly List<(EngineSnapshot Snapshot, EnginePicture Picture)> _snapshots = [];
    private readonly List<Snapshot> _own = [];
    private readonly bool _isShort;
    private readonly bool _keeps;    // in half of the runs processes keep the pages that they write
    private readonly uint _framesAtStart;
    private readonly List<IDisposable> _logs = [];
    private uint _written;
    private long _faults;

    public EngineSnapshotRun(FuzzRandom random)
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
            VerifyRestores = 1,
        });
        if (_isShort) _ = _engine.Swap.SwitchOn(new MemorySwapStore(8UL << 20), out _);
        _file = _engine.Files.CreateMemoryFile("file", FilePages << 12);
        _framesAtStart = _engine.Frames.CountOf(FrameState.Free).Value;
        UserProcess process = _engine.CreateProcess("first");
        const MapFlags fixedMemory = MapFlags.Anonymous | MapFlags.Fixed;
        _ = process.Memory.Map(new(Base), 32 << 12, MemoryProtection.ReadWrite, MapFlags.Private | fixedMemory, out _);
        _ = process.Memory.Map(new(Base + 0x2_0000), 32 << 12, MemoryProtection.ReadWrite, MapFlags.Shared | fixedMemory, out _);
        _ = process.Memory.Map(new(WholeTables), WholeTablesLength, MemoryProtection.ReadWrite, MapFlags.Private | fixedMemory, out _);
        _ = _file.Open(process, FileRights.ReadWrite, out _);
        _keeps = random.Percent(50);
    }

    public int Execute(in RawOperation operation, out string? failure)
    {
        failure = null;
        switch (Operations[operation.Kind])
        {
            case "take": return Take();
            case "restore": return Restore(operation.A, out failure);
            case "restore newest": return Restore(uint.MaxValue, out failure);
            case "drop": return Drop(operation.A);
            case "drop own": return DropOwn(operation.A);
            case "restore own": return RestoreOwn(operation.A);
            case "write file": return WriteFile(operation);
            case "set length": return Outcome(_file.SetLength(((operation.A % FilePages) << 12) + (operation.B % 3 == 0 ? 77u : 0)));
            case "allocation fails": return FailOnce(operation, out failure);
            case "reclaim": return _isShort && _engine.RunBackground(64) >= 0 ? Done : NotNow;
            case "iterations": return TakeIterations(operation, out failure);
            case "make elsewhere": return MakeElsewhere(operation.A, operation.B, out failure);
            case "create" when _engine.ProcessCount < ProcessesMax: return Create();
            case "create": return NotNow;
            default:
                UserProcess[] live = [.. _engine.Processes.Where(static process => !process.HasExited)];
                return live.Length == 0 ? Create() : ExecuteIn(live[operation.C % (uint)live.Length], operation, out failure);
        }
    }

    public string? Verify()
    {
        AuditReport report = _engine.Audit();
        (long before, _faults) = (_faults, _engine.Faults.Minor);
        if (_faults < before) return $"the engine has had {before} faults, and {_faults} later";    // a history only grows
        return report.IsClean ? null : report.ToString();
    }

    public string? Finish()
    {
        if (Verify() is { } broken) return broken;
        bool dropsFirst = _written % 2 == 0;
        if (dropsFirst) DropAll();
        if (Verify() is { } dropped) return dropped;
        foreach (UserProcess process in _engine.Processes.ToArray()) process.Dispose();
        if (Verify() is { } ended) return ended;
        DropAll();
        _file.Dispose();
        if (Verify() is { } last) return last;
        uint free = _engine.Frames.CountOf(FrameState.Free).Value;
        return free >= _framesAtStart ? null : $"{_framesAtStart - free} frames are lost";
    }

    public void Dispose() => _engine.Dispose();

    private static int Outcome(Errno error) => error == Errno.None ? Done : Refused;

    /// <summary>Logs and clear_refs, which change no page: no snapshot gets a page more to visit.</summary>
    private int Observe(UserProcess process, uint choice, out string? failure)
    {
        failure = null;
        long[] before = [.. _snapshots.Select(static taken => taken.Snapshot.DirtyPageCount)];
        WriteSources sources = (WriteSources)(1 + (choice / 8 % 2));
        int outcome = Done;
        switch (choice % 8)
        {
            case 0 when _logs.Count < 3: _logs.Add(process.Memory.OpenDirtyLog(sources)); break;
            case 1 when _logs.Count < 3: _logs.Add(_engine.OpenDirtyLog(sources)); break;
            case 2 or 3 when _logs.Count != 0:
                if (_logs[0] is DirtyLog ofPages) _ = ofPages.CollectDirty();
                else _ = ((FrameDirtyLog)_logs[0]).CollectDirty();
                break;
            case 4 when _logs.Count != 0:
                _logs[0].Dispose();
                _logs.RemoveAt(0);
                break;
            case > 4: outcome = Outcome(process.Memory.ClearReferences((ReferenceKind)(1 + (choice / 8 % 4)))); break;
            default: return NotNow;
        }

        for (int i = 0; i < before.Length && !_keeps; i++)    // a page that stayed is visited once it has lost RW
            if (_snapshots[i].Snapshot.DirtyPageCount is long after && after != before[i])
                failure ??= $"a snapshot had {before[i]} dirty pages, and has {after} after nothing was written";
        return outcome;
    }

    private int ExecuteIn(UserProcess process, in RawOperation operation, out string? failure)
    {
        failure = null;
        AddressSpace memory = process.Memory;
        uint count = 1 + (operation.B % 12), choice = operation.C >> 4;
        VirtualAddress at = new(Base + (operation.A % PageCountInPlay << 12));
        bool isInWholeTable = Operations[operation.Kind] is "write" or "read" or "advise" && operation.A % 5 == 0;
        if (isInWholeTable) at = new(WholeTables + (at.Value - Base));
        switch (Operations[operation.Kind])
        {
            case "write": return Write(memory, at, count);
            case "read": return Read(memory, at, count);
            case "map": return Map(memory, at, count, choice, MapFlags.Private | MapFlags.Anonymous, descriptor: -1);
            case "map shared": return Map(memory, at, count, choice, MapFlags.Shared | MapFlags.Anonymous, descriptor: -1);
            case "map file": return Map(memory, at, count, choice, choice % 3 == 0 ? MapFlags.Private : MapFlags.Shared, descriptor: 3);
            case "unmap": return Outcome(memory.Unmap(at, (1 + (count / 4)) << 12));
            case "protect":
                MemoryProtection rights = (choice % 3) switch
                {
                    0 => MemoryProtection.Read,
                    _ => MemoryProtection.ReadWrite,
                };
                return Outcome(memory.Protect(at, count << 12, rights));
            case "advise":
                MemoryAdvice advice = Advices[choice % (uint)Advices.Length];
                if (advice is MemoryAdvice.PageOut && !_isShort) return NotNow;    // a snapshot does not bring shared pages back in
                return Outcome(memory.Advise(at, count << 12, advice));
            case "remap":
                VirtualAddress to = new(Base + ((operation.A >> 8) % PageCountInPlay << 12));
                RemapFlags flags = choice % 2 == 0 ? RemapFlags.MayMove : RemapFlags.MayMove | RemapFlags.Fixed;
                return Outcome(memory.Remap(at, count << 12, (1 + (choice % 12)) << 12, flags, to, out _));
            case "fork": return _engine.ProcessCount < ProcessesMax ? Outcome(process.Fork(out _)) : NotNow;
            case "end" when choice % 2 == 0:
                process.Exit((int)(operation.B % 256));
                return Done;
            case "end":
                UserProcess[] all = [.. _engine.Processes];
                all[operation.A % (uint)all.Length].Dispose();
                return Done;
            case "break": return memory.SetBreak(memory.StartBreak + ((operation.A % 64) << 11)) == default ? Refused : Done;
            case "observe": return Observe(process, choice, out failure);
            case "punch hole": return Outcome(memory.Advise(at, count << 12, MemoryAdvice.Remove));
            case "descriptor": return UseDescriptor(process, operation);
            default:
                return TakeOwn(process);
        }
    }

    private int Create()
    {
        if (_engine.Parts.Machine.Injection.FailAtAllocation != 0) return NotNow;    // it throws
        if (!_engine.ProcessTable.TryCreate($"made{_written % 3}", ProcessOptions.Default, out UserProcess? process)) return Refused;
        _ = _file.Open(process, FileRights.ReadWrite, out _);
        return Done;
    }

    private int Write(AddressSpace memory, VirtualAddress at, uint count)
    {
        int outcome = Done;
        for (uint i = 0; i < count; i++)
            if (!memory.Mmu.TryWrite(at + (i << 12) + (_written % 1000 * 4), ++_written)) outcome = Refused;
        return outcome;
    }

    private static int Read(AddressSpace memory, VirtualAddress at, uint count)
    {
        int outcome = Done;
        for (uint i = 0; i < count; i++)
            if (!memory.Mmu.TryRead(at + (i << 12), out uint _)) outcome = Refused;
        return outcome;
    }

    private static int Map(AddressSpace memory, VirtualAddress at, uint count, uint choice, MapFlags flags, int descriptor)
    {
        if (choice % 3 != 0) flags |= MapFlags.Fixed;
        if (choice % 5 == 0) flags |= MapFlags.Populate;
        uint offset = descriptor < 0 ? 0 : (choice >> 4) % FilePages << 12;
        return Outcome(memory.Map(at, count << 12, MemoryProtection.ReadWrite, flags, descriptor, offset, out _));
    }

    private int WriteFile(in RawOperation operation)
    {
        byte[] bytes = new byte[operation.C % 3 == 0 ? 4096 : 1 + (operation.C % 5000)];
        Array.Fill(bytes, (byte)++_written);
        return Outcome(_file.Write(((operation.A % FilePages) << 12) + (operation.B % 2 * 100), bytes, out _));
    }

    private int UseDescriptor(UserProcess process, in RawOperation operation) => (operation.A % 3) switch
    {
        0 => Outcome(_file.Open(process, FileRights.ReadWrite, out _)),
        1 => Outcome(process.FileDescriptors.Close(3 + (int)(operation.B % 3))),
        _ => Outcome(process.FileDescriptors.Seek(3 + (int)(operation.B % 3), operation.A % 1000, SeekOrigin.Begin, out _)),
    };

    private int Take()
    {
        if (_snapshots.Count == SnapshotsMax) return NotNow;
        if (!_engine.TryTakeSnapshot(out EngineSnapshot? snapshot, out _)) return Refused;
        snapshot.KeepsWrittenPages = _keeps;
        _snapshots.Add((snapshot, Picture()));
        return Done;
    }

    private int Restore(uint which, out string? failure)
    {
        failure = null;
        if (_snapshots.Count == 0) return NotNow;
        int index = which == uint.MaxValue ? _snapshots.Count - 1 : (int)(which % (uint)_snapshots.Count);
        (EngineSnapshot snapshot, EnginePicture picture) = _snapshots[index];
        if (snapshot.Restore() != Errno.None) return Refused;
        failure = picture.DifferenceFrom(Picture(), comparesPages: !_isShort, comparesSharing: !_isShort && !_keeps);
        if (failure is null && !_isShort && snapshot.DirtyPageCount != 0) failure = "there are dirty pages after a restore";
        return Done;
    }

    /// <summary>Saves the engine or makes an image of it, and compares the processes that another engine makes of it.</summary>
    private int MakeElsewhere(uint way, uint seed, out string? failure)
    {
        failure = null;
        _engine.Parts.Machine.Injection.FailAtAllocation = 0;
        if (seed % 6 != 0 || _engine.ProcessCount == 0) return NotNow;    // it takes as long as a hundred other operations
        if (!_engine.TryTakeSnapshot(out EngineSnapshot? taken, out _)) return NotNow;
        using EngineSnapshot snapshot = taken!;
        try
        {
            failure = SavedSet.FindDifference(_engine, snapshot, way, seed / 6);
            return Done;
        }
        catch (InvalidOperationException)
        {
            return Refused;    // no memory to go there and back
        }
    }

    /// <summary>Iterations of a fuzzer, which write nearly the same pages again and again.</summary>
    private int TakeIterations(in RawOperation operation, out string? failure)
    {
        failure = null;
        int outcome = NotNow;
        for (uint iteration = 0; iteration < 2 + (operation.B % 20) && failure is null && _engine.ProcessCount != 0; iteration++)
        {
            foreach (UserProcess process in _engine.Processes.Where(static process => !process.HasExited))
                for (uint page = iteration % 3; page < 20; page += 1 + (operation.C % 5))
                    _ = process.Memory.Mmu.TryWrite(new VirtualAddress(Base + (page << 12)), ++_written);
            outcome = Restore(uint.MaxValue, out failure);
        }

        return outcome;
    }

    /// <summary>The engine as it is. A failure that is still to come would cut the read of the file short.</summary>
    private EnginePicture Picture()
    {
        _engine.Parts.Machine.Injection.FailAtAllocation = 0;
        return EnginePicture.Of(_engine, _file, _keeps);
    }

    private int Drop(uint which)
    {
        if (_snapshots.Count == 0) return NotNow;
        int index = (int)(which % (uint)_snapshots.Count);
        _snapshots[index].Snapshot.Dispose();
        _snapshots.RemoveAt(index);
        return Done;
    }

    private int TakeOwn(UserProcess process)
    {
        if (_own.Count == SnapshotsMax) return NotNow;
        if (!process.TryTakeSnapshot(out Snapshot? snapshot, out _)) return Refused;
        _own.Add(snapshot);
        return Done;
    }

    private int RestoreOwn(uint which)
    {
        if (_own.Count == 0) return NotNow;
        Snapshot snapshot = _own[(int)(which % (uint)_own.Count)];
        return snapshot.IsValid ? Outcome(snapshot.Restore()) : Refused;
    }

    private int DropOwn(uint which)
    {
        if (_own.Count == 0) return NotNow;
        int index = (int)(which % (uint)_own.Count);
        _own[index].Dispose();
        _own.RemoveAt(index);
        return Done;
    }

    private void DropAll()
    {
        foreach (Snapshot snapshot in _own) snapshot.Dispose();
        foreach ((EngineSnapshot snapshot, _) in _snapshots) snapshot.Dispose();
        _own.Clear();
        _snapshots.Clear();
    }

    private int FailOnce(in RawOperation operation, out string? failure)
    {
        RawOperation next = operation with { Kind = operation.C % (uint)Array.IndexOf(Operations, "allocation fails") };
        failure = null;
        if (!_isShort || Operations[next.Kind] is "create") return NotNow;    // what fails reclaims, and a snapshot does not undo that
        FaultInjection injection = _engine.Parts.Machine.Injection;
        injection.FailAtAllocation = 1 + (operation.B % 4);
        int outcome = Execute(next, out failure);
        injection.FailAtAllocation = 0;
        return outcome;
    }
}
