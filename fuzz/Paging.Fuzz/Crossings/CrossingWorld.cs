using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Windows;

namespace Paging.Fuzz;

/// <summary>An engine with a process whose memory is known byte by byte: private, shared, of a file, a private view of that.</summary>
/// <remarks><code>
///   Own    0x20000000   48 pages, private anonymous      the first 32 were written
///   Shared 0x21000000   16 pages, shared anonymous       the first 8
///   Mapped 0x22000000   16 pages of a memory file        all; Copy, 0x23000000, is a private view of it: page 0 was written
///   Terms  0x24000000   8 pages of different terms       a read-only page, a guard page, pages that are in no dump, a sealed one
/// </code>
/// A page holds one word at its start and one at its end; the model has the number that both must be. Huge pages of contexts hold such
/// words in some of their parts (<see cref="KnownLeaf"/>). Operations use other addresses, and give back what they have made.
/// </remarks>
internal sealed class CrossingWorld : IDisposable
{
    public const uint PageBytes = VirtualAddress.PageSize;
    public const int OwnPages = 48, SharedPages = 16;
    public const ulong SwapBytes = 32 << 20;
    public static readonly VirtualAddress Own = new(0x2000_0000), Shared = new(0x2100_0000);
    public static readonly VirtualAddress Mapped = new(0x2200_0000), Copy = new(0x2300_0000), Terms = new(0x2400_0000);

    private readonly List<IDisposable> _opened = [];
    private readonly List<OpenState> _states = [];
    private int _restores;
    private uint _written = 1000;

    public CrossingWorld(IReadOnlyList<CrossingContext> contexts)
    {
        EngineOptions options = new()
        {
            RamBytes = 32 << 20,
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            Tables = TableFormat.Pae,
            HugePages = 5,    // also for processes that are loaded and cloned
            TransparentHugePages = TransparentHugePages.Advised,
            ShareRam = true,
            AttachedSpacesMax = 4,
        };
        foreach (CrossingContext context in contexts) options = context.Options?.Invoke(options) ?? options;
        Engine = new(options);
        if (options.AllowThreads) Processor = Keep(Engine.Threads.CreateProcessor("crossing"));
        Require(Engine.Swap.SwitchOn(new MemorySwapStore(SwapBytes, "swap"), out _));
        MemoryGroup? group = null;
        if (contexts.Any(static context => context.HasGroup))
            Require(Engine.Groups.Create(new() { Name = "limited", Limit = FrameCount.MiB(8) }, out group));
        RamFile = Engine.Files.CreateMemoryFile("ram", SharedPages * PageBytes);
        using EngineHold hold = Engine.EnterSlowPath();
        Process = Engine.CreateProcess("first", new() { Group = group });
        Require(RamFile.Open(Process, FileRights.ReadWrite, out int descriptor));
        Descriptor = descriptor;
        const MapFlags anonymous = MapFlags.Anonymous | MapFlags.Fixed;
        Require(Memory.Map(Own, OwnPages * PageBytes, MemoryProtection.ReadWrite, MapFlags.Private | anonymous, out _));
        Require(Memory.Map(Shared, SharedPages * PageBytes, MemoryProtection.ReadWrite, MapFlags.Shared | anonymous, out _));
        Memory.MapFile(Mapped, RamFile, SharedPages * PageBytes);
        Memory.MapFile(Copy, RamFile, SharedPages * PageBytes, isPrivate: true);
        for (int page = 0; page < 32; page++) WriteOwn(page);
        for (int page = 0; page < 8; page++) WriteShared(page);
        for (int page = 0; page < SharedPages; page++) WriteFile(page);
        WriteCopy(0);
        AgreeTerms();
    }

    public PagingEngine Engine { get; }

    /// <summary>The process. A context may put another one, with the same memory, in its place.</summary>
    public UserProcess Process { get; private set; }

    public AddressSpace Memory => Process.Memory;

    public Mmu Mmu => Process.Memory.Mmu;

    /// <summary>The memory file that is mapped.</summary>
    public GuestFile RamFile { get; }

    /// <summary>The descriptor of the memory file.</summary>
    public int Descriptor { get; private set; }

    /// <summary>The thread's processor; null in an engine of one thread.</summary>
    public VirtualProcessor? Processor { get; }

    /// <summary>Where the context that is being switched on may map what is its own: 8 MiB.</summary>
    public VirtualAddress Aside { get; private set; } = new(0x3000_0000);

    /// <summary>The huge pages that contexts have mapped. A list is never changed, so pictures share it.</summary>
    public IReadOnlyList<KnownLeaf> Leaves { get; private set; } = [];

    /// <summary>Switches a feature on.</summary>
    public void SwitchOn(CrossingContext context)
    {
        using EngineHold hold = Engine.EnterSlowPath();
        context.Open(this);
        Aside += 0x80_0000;
    }

    /// <summary>Makes an operation, and checks the world after it, if that is asked for.</summary>
    /// <exception cref="CrossingRefusal">It was refused.</exception>
    /// <exception cref="CrossingFault">It, or the world after it, is not as it must be.</exception>
    public void Make(CrossingOperation operation, bool verifies = true)
    {
        using EngineHold hold = Engine.EnterSlowPath();
        CrossingRefusal? refused = null;
        try
        {
            operation.Run(this);
        }
        catch (CrossingRefusal refusal)
        {
            refused = refusal;
        }
        catch (Exception refusal) when (refusal is InvalidOperationException or NotSupportedException)
        {
            refused = new(refusal.GetType().Name);
        }

        if (verifies && Verify() is { } broken) throw new CrossingFault(broken);
        if (refused is not null) throw refused;
    }

    /// <summary>The number that each page of private memory holds.</summary>
    public uint[] OwnModel { get; private set; } = new uint[OwnPages];

    /// <summary>The number that each page of shared memory holds.</summary>
    public uint[] SharedModel { get; private set; } = new uint[SharedPages];

    /// <summary>The number that each page of the file holds.</summary>
    public uint[] FileModel { get; private set; } = new uint[SharedPages];

    /// <summary>The number that page 0 of the private view holds; its other pages show the file, unless they were written.</summary>
    public uint?[] CopyModel { get; private set; } = new uint?[SharedPages];

    /// <summary>A number that was not written yet.</summary>
    public uint NextNumber() => ++_written;

    /// <summary>Keeps something open until the end of the world.</summary>
    public T Keep<T>(T opened) where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    /// <summary>What contexts keep open.</summary>
    public IEnumerable<T> Opened<T>() => _opened.OfType<T>();

    /// <summary>Finds what a saved process maps by name: the files of contexts, and those of their pagers.</summary>
    public GuestFile? FindFile(string name) => Opened<GuestFile>().Concat(Opened<Pager>().Select(static pager => pager.File))
        .FirstOrDefault(file => string.Equals(file.Name, name, StringComparison.Ordinal));

    /// <summary>Goes on with another process that has the same memory; shared memory is a copy, if it is one of another machine.</summary>
    public void GoOnIn(UserProcess process)
    {
        Process = process;
        _states.Clear();    // of the process before, or of a machine without this one
        foreach (DirtyLog log in Opened<DirtyLog>().ToArray())    // of the process before
        {
            _opened.Remove(log);
            log.Dispose();
        }

        Require(RamFile.Open(Process, FileRights.ReadWrite, out int descriptor));
        Descriptor = descriptor;
        // A clone's file is a copy of the file: map the world's again, in its place.
        Require(Memory.Unmap(Mapped, SharedPages * PageBytes));
        Memory.MapFile(Mapped, RamFile, SharedPages * PageBytes);
        uint?[] copies = [.. CopyModel];
        Require(Memory.Unmap(Copy, SharedPages * PageBytes));
        Memory.MapFile(Copy, RamFile, SharedPages * PageBytes, isPrivate: true);
        for (int page = 0; page < SharedPages; page++)
        {
            CopyModel[page] = null;
            if (copies[page] is not null) WriteCopy(page);
        }
    }

    public void WriteOwn(int page) => Write(Process, Own + ((uint)page * PageBytes), OwnModel[page] = NextNumber());

    /// <summary>Writes a huge page that a context has mapped, in all of its known parts.</summary>
    public void AddLeaf(VirtualAddress at)
    {
        KnownLeaf leaf = new(at, [.. KnownLeaf.Places.Select(_ => NextNumber())]);
        for (int i = 0; i < KnownLeaf.Places.Length; i++) Write(Process, leaf.AddressOf(i), leaf.Numbers[i]);
        Leaves = [.. Leaves, leaf];
    }

    /// <summary>Writes a part of each huge page, another one each time.</summary>
    public void WriteLeaves()
    {
        foreach (KnownLeaf leaf in Leaves)
        {
            uint number = NextNumber();
            int place = (int)(number % KnownLeaf.Places.Length);
            Write(Process, leaf.AddressOf(place), number);
            Leaves = [.. Leaves.Select(one => one == leaf ? leaf.With(place, number) : one)];
        }
    }

    public void WriteShared(int page) => Write(Process, Shared + ((uint)page * PageBytes), SharedModel[page] = NextNumber());

    public void WriteFile(int page) => Write(Process, Mapped + ((uint)page * PageBytes), FileModel[page] = NextNumber());

    public void WriteCopy(int page)
    {
        uint number = NextNumber();
        Write(Process, Copy + ((uint)page * PageBytes), number);
        CopyModel[page] = number;
    }

    /// <summary>Writes a number at both ends of a page.</summary>
    public static void Write(UserProcess process, VirtualAddress at, uint number)
    {
        Accept(process.Memory.Mmu.TryWrite(at, number, out MemoryFault fault), fault);
        Accept(process.Memory.Mmu.TryWrite(at + (PageBytes - 4), number, out fault), fault);
    }

    /// <summary>Checks the numbers of a page.</summary>
    public static void Check(UserProcess process, VirtualAddress at, uint number, string what)
    {
        Accept(process.Memory.Mmu.TryRead(at, out uint first, out MemoryFault fault), fault);
        Accept(process.Memory.Mmu.TryRead(at + (PageBytes - 4), out uint last, out fault), fault);
        if (first != number || last != number) throw new CrossingFault($"{what}: {first} and {last} instead of {number}");
    }

    /// <summary>Checks every page of the world, in a process that has its memory.</summary>
    public void CheckAll(UserProcess process, string what, bool sharesFile = true)
    {
        for (int page = 0; page < OwnPages; page++)
            Check(process, Own + ((uint)page * PageBytes), OwnModel[page], $"{what}: own page {page}");
        foreach (KnownLeaf leaf in Leaves)
        {
            for (int i = 0; i < KnownLeaf.Places.Length; i++)
                Check(process, leaf.AddressOf(i), leaf.Numbers[i], $"{what}: page {KnownLeaf.Places[i]} of a huge page");
        }

        for (int page = 0; page < SharedPages; page++)
        {
            Check(process, Shared + ((uint)page * PageBytes), SharedModel[page], $"{what}: shared page {page}");
            Check(process, Mapped + ((uint)page * PageBytes), FileModel[page], $"{what}: page {page} of the file");
            if (sharesFile || CopyModel[page] is not null)
                Check(process, Copy + ((uint)page * PageBytes), CopyModel[page] ?? FileModel[page], $"{what}: copied page {page}");
        }
    }

    /// <summary>The state of the model, to go back to with a snapshot.</summary>
    public WorldPicture Picture() => new([.. OwnModel], [.. SharedModel], [.. FileModel], [.. CopyModel], Leaves);

    /// <summary>Goes back to a picture: all of it, or the private part. The picture can be gone back to again.</summary>
    public void GoBack(in WorldPicture picture, bool withShared)
    {
        (OwnModel, CopyModel, Leaves) = ([.. picture.Own], [.. picture.Copy], picture.Leaves);
        if (withShared) (SharedModel, FileModel) = ([.. picture.Shared], [.. picture.File]);
    }

    /// <summary>Keeps a snapshot open, to which an operation goes back later.</summary>
    public Snapshot KeepState(Snapshot snapshot)
    {
        _states.Add(new(snapshot.Restore, () => snapshot.IsValid, Picture(), WithShared: false));
        return Keep(snapshot);
    }

    /// <inheritdoc cref="KeepState(Snapshot)"/>
    public EngineSnapshot KeepState(EngineSnapshot snapshot)
    {
        _states.Add(new(snapshot.Restore, () => snapshot.IsValid, Picture(), WithShared: true));
        return Keep(snapshot);
    }

    /// <summary>Goes back to a snapshot that a context keeps open, if there is one: another one each time.</summary>
    public void RestoreState()
    {
        if (_states.Count == 0) return;
        OpenState state = _states[_restores++ % _states.Count];
        Require(state.IsValid(), "an open snapshot is gone");
        Accept(state.Restore());
        GoBack(state.Picture, state.WithShared);
        if (!state.WithShared) return;
        _ = _states.RemoveAll(other => !other.IsValid());    // of a process, and taken later
    }

    /// <summary>Checks that a process that was made of the world's has the same agreements, limits and settings.</summary>
    public void CheckLike(UserProcess process, string what)
    {
        string expected = Describe(Process), found = Describe(process);
        if (string.Equals(expected, found, StringComparison.Ordinal)) return;
        (string one, string other) = expected.Split('\n').Zip(found.Split('\n')).FirstOrDefault(
            static pair => !string.Equals(pair.First, pair.Second, StringComparison.Ordinal), (First: "", Second: "another length"));
        throw new CrossingFault($"{what}: '{other}' instead of '{one}'");
    }

    /// <summary>Everything that must hold: the bytes and the invariants. Null if it does.</summary>
    public string? Verify()
    {
        try
        {
            CheckAll(Process, "the world");
            foreach (WindowsProcess neighbour in Opened<WindowsProcess>()) WindowsNeighbour.Check(neighbour);
        }
        catch (CrossingFault fault)
        {
            return fault.Message;
        }
        catch (CrossingRefusal refusal)
        {
            return "the world: " + refusal.Error;
        }

        AuditReport report = Engine.Audit();
        return report.IsClean ? null : $"audit: {report.Findings[0].Rule}: {report.Findings[0].What}";
    }

    public void Dispose()
    {
        EngineHold hold = Engine.EnterSlowPath();
        for (int i = _opened.Count - 1; i >= 0; i--)
            if (_opened[i] != Processor) _opened[i].Dispose();
        RamFile.Dispose();
        hold.Dispose();
        Processor?.Dispose();
        Engine.Dispose();
    }

    /// <summary>Gives the world what only a complete copy of a process has.</summary>
    private void AgreeTerms()
    {
        const MapFlags anonymous = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        Require(Memory.Map(Terms, 8 * PageBytes, MemoryProtection.ReadWrite, anonymous, out _));
        for (uint page = 0; page < 8; page++) Write(Process, Terms + (page * PageBytes), page + 1);
        Require(Memory.Protect(Terms + PageBytes, PageBytes, MemoryProtection.Read));
        Require(Memory.Advise(Terms + (2 * PageBytes), PageBytes, MemoryAdvice.GuardInstall));
        Require(Memory.Advise(Terms + (3 * PageBytes), 2 * PageBytes, MemoryAdvice.DontDump));
        Require(Memory.Seal(Terms + (6 * PageBytes), PageBytes));
        Memory.SetBreak(Memory.Break + (3 * PageBytes));
        Memory.SetLimit(ResourceLimit.Stack, 4 << 20);
        Process.OutOfMemoryScore = 5;
    }

    /// <summary>The agreements of a process, its limits and settings. Soft-dirty marks and userfaultfds stay with the first one.</summary>
    private static string Describe(UserProcess process)
    {
        const AreaFlags stays = AreaFlags.SoftClean | AreaFlags.Reports;
        AddressSpace memory = process.Memory;
        IEnumerable<string> areas = memory.Areas.Snapshot().Select(static area =>
            $"{area.Range} {area.Rights} {area.Flags & ~stays} at {area.ByteOffset} {area.IsHugePool}");
        ResourceLimit[] limits = [ResourceLimit.Data, ResourceLimit.Stack, ResourceLimit.LockedMemory, ResourceLimit.AddressSpace];
        return string.Join('\n',
        [
            $"{process.Name} {process.OutOfMemoryScore} {memory.Break}", .. limits.Select(limit => $"{limit} {memory.GetLimit(limit)}"),
            $"guard page {!memory.Mmu.TryRead(Terms + (2 * PageBytes), out int _)}",
            $"marked {!memory.Mmu.TryRead(Own + (47 * PageBytes) + 64, out int _)}", .. areas,
        ]);
    }

    /// <summary>Refuses if a call has.</summary>
    public static void Accept(Errno error)
    {
        if (error != Errno.None) throw new CrossingRefusal(error.ToString());
    }

    /// <summary>A snapshot of the process.</summary>
    public Snapshot TakeSnapshot()
    {
        if (!Process.TryTakeSnapshot(out Snapshot? snapshot, out Errno error)) throw new CrossingRefusal(error.ToString());
        return snapshot;
    }

    /// <summary>A snapshot of the engine.</summary>
    public EngineSnapshot TakeEngineSnapshot()
    {
        if (!Engine.TryTakeSnapshot(out EngineSnapshot? snapshot, out Errno error)) throw new CrossingRefusal(error.ToString());
        return snapshot;
    }

    /// <summary>Refuses if an access has.</summary>
    public static void Accept(bool isDone, MemoryFault fault)
    {
        if (!isDone) throw new CrossingRefusal(fault.Kind.ToString());
    }

    /// <summary>Faults if something is not as it must be.</summary>
    public static void Require(bool holds, string what)
    {
        if (!holds) throw new CrossingFault(what);
    }

    private static void Require(Errno error)
    {
        if (error != Errno.None) throw new CrossingFault(error.ToString());
    }

    /// <summary>A snapshot that is open, and the model of its moment.</summary>
    private sealed record OpenState(Func<Errno> Restore, Func<bool> IsValid, WorldPicture Picture, bool WithShared);
}
