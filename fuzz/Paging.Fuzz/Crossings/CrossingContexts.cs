using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Native;
using Paging.Policies;
using Paging.Reports;
using static Paging.Fuzz.CrossingWorld;

namespace Paging.Fuzz;

/// <summary>Every feature that can be on while something is done, alone and in plausible pairs.</summary>
internal static class CrossingContexts
{
    private const MapFlags FixedAnonymous = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
    private const uint Line = 2 << 20;

    /// <summary>Each feature alone.</summary>
    public static IReadOnlyList<CrossingContext> Single { get; } =
    [
        new("nothing"),
        new("classic tables", "EngineOptions.Tables")
        {
            Options = static options => options with { Tables = TableFormat.Classic, HugePages = 0, RamBytes = 32 << 20 },
        },
        new("many threads", "EngineOptions.AllowThreads", "EngineThreads.CreateProcessor", "VirtualProcessor.Run",
            "PagingEngine.EnterSlowPath")
        {
            Options = static options => options with { AllowThreads = true },
            Open = static world => world.Processor!.Run(world.Process),
        },
        new("RAM in no file", "EngineOptions.ShareRam") { Options = static options => options with { ShareRam = false } },
        new("a policy", "EngineOptions.Policy", "ReclaimPolicy.Of")
        {
            Options = static options => options with { Policy = ReclaimPolicy.Of(PolicyEntry.Find("arc")!) },
        },
        new("a policy of every access", "EngineOptions.Policy", "ReclaimPolicy.Of")
        {
            Options = static options => options with { Policy = ReclaimPolicy.Of(PolicyEntry.Find("lru")!, AccessInformation.EveryAccess) },
        },
        new("fetches by areas", "EngineOptions.FetchRights")
        {
            Options = static options => options with { FetchRights = FetchRights.Areas },
        },
        new("strict commitment", "EngineOptions.Overcommit", "PagingEngine.OvercommitMode")
        {
            Options = static options => options with { Overcommit = OvercommitMode.Never, OvercommitRatio = 100 },
        },
        new("killing when out of memory", "EngineOptions.OutOfMemory")
        {
            Options = static options => options with { OutOfMemory = OutOfMemoryPolicy.Kill },
        },
        new("a group with a limit", "EngineGroups.Create", "ProcessOptions.Group") { HasGroup = true },
        new("a snapshot", "UserProcess.TakeSnapshot") { Open = static world => TakeSnapshot(world) },
        new("a snapshot that was gone back to", "Snapshot.Restore") { Open = GoBackToSnapshot },
        new("a snapshot that keeps written pages", "Snapshot.KeepsWrittenPages")
        {
            Open = static world =>
            {
                Snapshot snapshot = TakeSnapshot(world);
                snapshot.KeepsWrittenPages = true;
                for (int round = 0; round < 3; round++)
                {
                    Write(world.Process, Own, world.NextNumber());
                    Accept(snapshot.Restore());
                }
            },
        },
        new("two snapshots", "UserProcess.TakeSnapshot")
        {
            Open = static world =>
            {
                TakeSnapshot(world);
                world.WriteOwn(2);
                TakeSnapshot(world);
                world.WriteOwn(3);
            },
        },
        new("checked restores", "EngineOptions.VerifyRestores")
        {
            Options = static options => options with { VerifyRestores = 1 },
            Open = static world => TakeSnapshot(world),
        },
        new("a rewind", "UserProcess.OpenRewind", "Rewind.Record")
        {
            Open = static world =>
            {
                Rewind rewind = world.Keep(world.Process.OpenRewind(new() { Spacings = [new(1, 2)] }));
                for (int frame = 0; frame < 4; frame++)    // the first ones are thinned out
                {
                    Accept(rewind.Record());
                    world.WriteOwn(2 + frame);
                }
            },
        },
        new("an engine snapshot", "PagingEngine.TakeSnapshot") { Open = static world => TakeEngineSnapshot(world) },
        new("an engine snapshot that was gone back to", "EngineSnapshot.Restore")
        {
            Open = static world =>
            {
                EngineSnapshot snapshot = TakeEngineSnapshot(world);
                Write(world.Process, Own, world.NextNumber());
                Write(world.Process, Shared, world.NextNumber());
                Accept(snapshot.Restore());
            },
        },
        new("a log", "AddressSpace.OpenDirtyLog") { Open = static world => world.Keep(world.Memory.OpenDirtyLog(WriteSources.Mmu)) },
        new("a log for processors", "AddressSpace.OpenDirtyLog")
        {
            Open = static world => world.Keep(world.Memory.OpenDirtyLog(WriteSources.Processor)),
        },
        new("a log of frames", "PagingEngine.OpenDirtyLog")
        {
            Open = static world => world.Keep(world.Engine.OpenDirtyLog(WriteSources.Mmu)),
        },
        new("a log of frames for processors", "PagingEngine.OpenDirtyLog")
        {
            Open = static world => world.Keep(world.Engine.OpenDirtyLog(WriteSources.Processor)),
        },
        new("a shadow", "AddressSpace.OpenByteShadow", "ByteShadow.Mark")
        {
            Open = static world =>
            {
                world.Memory.MapAnonymous(world.Aside, PageBytes);
                Accept(world.Memory.OpenByteShadow().Mark(world.Aside + 16, 4, ByteState.Unaddressable));
                Accept(world.Memory.OpenByteShadow().Mark(Own + (47 * PageBytes) + 64, 4, ByteState.Uninitialized));
            },
        },
        new("a watchpoint", "Mmu.Watch")
        {
            Open = static world => world.Keep(world.Mmu.Watch(Own + (47 * PageBytes) + 64, 4, WatchedAccesses.All, static _ => { })),
        },
        new("a pin", "UserProcess.Pin")
        {
            Open = static world => world.Keep(world.Process.Pin(Own + (5 * PageBytes), PageBytes, AccessKind.Read)),
        },
        new("a pin for writing", "UserProcess.PinForWriting")
        {
            Open = static world => world.Keep(world.Process.PinForWriting(Own + (6 * PageBytes), PageBytes)),
        },
        new("remote pins", "UserProcess.PinRemotely")
        {
            Open = static world => world.Keep(world.Process.PinRemotely(Own + (7 * PageBytes), PageBytes, isWritten: true, out _)),
        },
        new("a flat view", "UserProcess.OpenFlatView")
        {
            Open = static world => world.Keep(world.Process.OpenFlatView(new(Own.Page, new(OwnPages)))),
        },
        new("a window of the host", "UserProcess.OpenWindow") { Open = static world => world.Keep(world.Process.OpenWindow()) },
        new("recorded events", "PagingEngine.RecordEvents") { Open = static world => world.Keep(world.Engine.RecordEvents()) },
        new("a ledger", "CostLedger..ctor") { Open = static world => _ = new CostLedger(world.Engine, PriceList.Find("desktop-2009")!) },
        new("metrics", "EngineMetrics..ctor") { Open = static world => world.Keep(new EngineMetrics(world.Engine, "crossing")) },
        new("state of the host", "UserProcess.HostState") { Open = static world => world.Process.HostState = new OneByteState() },
        new("a processor with code", "PhysicalMemory.TracksCode", "UserProcess.ProtectCode")
        {
            Open = static world =>
            {
                world.Engine.Ram.TracksCode = true;
                world.Process.ProtectCode((Own + (9 * PageBytes)).Page);
            },
        },
        new("a userfaultfd", "MemoryUserfaultfds.Open") { Open = static world => world.Keep(world.Memory.Userfaultfds.Open()) },
        new("pages that a userfaultfd supplies", "Userfaultfd.Register")
        {
            Open = static world =>
            {
                world.Memory.MapAnonymous(world.Aside, 4 * PageBytes);
                Userfaultfd opened = world.Keep(world.Memory.Userfaultfds.Open());
                Accept(opened.Register(world.Aside, 4 * PageBytes, UserfaultModes.Missing));
            },
        },
        new("pages that a userfaultfd protects", "Userfaultfd.WriteProtect")
        {
            Open = static world =>
            {
                world.Memory.MapAnonymous(world.Aside, 4 * PageBytes);
                Write(world.Process, world.Aside, 1);
                Userfaultfd opened = world.Keep(world.Memory.Userfaultfds.Open(UserfaultFeatures.WriteProtection));
                Accept(opened.Register(world.Aside, 4 * PageBytes, UserfaultModes.WriteProtect));
                Accept(opened.WriteProtect(world.Aside, 4 * PageBytes, protect: true));
            },
        },
        new("cleared soft-dirty marks", "AddressSpace.ClearReferences")
        {
            Open = static world => Accept(world.Memory.ClearReferences(ReferenceKind.SoftDirty)),
        },
        new("pages in swap", "AddressSpace.Advise")
        {
            Open = static world => Accept(world.Memory.Advise(Own, 16 * PageBytes, MemoryAdvice.PageOut)),
        },
        new("shared pages in swap", "AddressSpace.Advise")
        {
            Open = static world => Accept(world.Memory.Advise(Shared, SharedPages * PageBytes, MemoryAdvice.PageOut)),
        },
        new("locked memory", "AddressSpace.Lock") { Open = static world => Accept(world.Memory.Lock(Own, OwnPages * PageBytes)) },
        new("guard pages", "AddressSpace.Advise")
        {
            Open = static world =>
            {
                world.Memory.MapAnonymous(world.Aside, 8 * PageBytes);
                Accept(world.Memory.Advise(world.Aside, 2 * PageBytes, MemoryAdvice.GuardInstall));
            },
        },
        new("sealed memory", "AddressSpace.Seal")
        {
            Open = static world =>
            {
                world.Memory.MapAnonymous(world.Aside, 4 * PageBytes);
                Accept(world.Memory.Seal(world.Aside, 4 * PageBytes));
            },
        },
        new("a page of the pool", "AddressSpace.Map") { Open = static world => MapPool(world) },
        new("a file of huge pages", "EngineHugePages.CreateFile")
        {
            Open = static world =>
            {
                Accept(world.Engine.HugePages.CreateFile("huge", MemoryFileFlags.HugeTlb, out GuestFile? file));
                Accept(world.Keep(file!).SetLength(Line));
            },
        },
        new("a transparent huge page", "AddressSpace.Advise") { Open = static world => MapTransparent(world) },
        new("a collapsed page of shared memory", "AddressSpace.Advise")
        {
            Open = static world =>
            {
                Accept(world.Memory.Map(world.Aside, Line, MemoryProtection.ReadWrite,
                    MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed, out _));
                Write(world.Process, world.Aside, 1);
                Accept(world.Memory.Advise(world.Aside, Line, MemoryAdvice.Collapse));
            },
        },
        new("a forked child", "UserProcess.Fork") { Open = static world => world.Keep(world.Process.Fork()) },
        new("a forked child that wrote", "UserProcess.Fork")
        {
            Open = static world =>
            {
                UserProcess child = world.Keep(world.Process.Fork());
                for (uint page = 0; page < 8; page++) Write(child, Own + (page * PageBytes), 1);
            },
        },
        new("a zombie", "UserProcess.Exit") { Open = static world => world.Keep(world.Process.Fork()).Exit(3) },
        new("lent tables", "EngineOptions.LendTablesFrom")
        {
            Options = static options => options with { LendTablesFrom = 1 },
            Open = static world => world.Keep(world.Process.Fork()),
        },
        new("a device", "EngineFiles.CreateDevice", "AddressSpace.MapDevice")
        {
            Open = static world => world.Memory.MapDevice(world.Aside,
                world.Keep(world.Engine.Files.CreateDevice("port", new Port(), PageBytes))),
        },
        new("a ROM", "EngineFiles.CreateRom")
        {
            Open = static world => world.Memory.MapFile(world.Aside, world.Keep(
                world.Engine.Files.CreateRom("rom", GC.AllocateArray<byte>(4096, pinned: true))), PageBytes,
                protection: MemoryProtection.Read | MemoryProtection.Execute),
        },
        new("memory of the host", "EngineFiles.CreateHostMemoryFile")
        {
            Open = static world => world.Memory.MapFile(world.Aside, world.Keep(world.Engine.Files.CreateHostMemoryFile(
                "host", GC.AllocateArray<byte>(4096, pinned: true))), PageBytes),
        },
        new("frames of the host", "EngineFrames.TryTake", "EngineFiles.CreateFrameFile")
        {
            Open = static world =>
            {
                Require(world.Engine.Frames.TryTake(0, out FrameNumber frame), "no frame is free");
                world.Memory.MapFile(world.Aside, world.Keep(world.Engine.Files.CreateFrameFile("frames", frame, new(1))), PageBytes);
            },
        },
        new("a pager with a pending page", "EngineFiles.CreatePager")
        {
            Open = static world =>
            {
                Pager pager = world.Keep(world.Engine.Files.CreatePager("pager", new(4), new LateSource()));
                world.Memory.MapFile(world.Aside, pager.File, 4 * PageBytes);
                bool isRead = world.Mmu.TryRead(world.Aside, out int _, out MemoryFault fault);
                Require(!isRead && fault.Kind == MemoryFaultKind.Pending, "it is not pending");
            },
        },
        new("a segment", "GuestFile.IsSegment")
        {
            Open = static world =>
            {
                GuestFile segment = world.Keep(world.Engine.Files.CreateSharedMemory(4 * PageBytes, isCommitted: true));
                segment.IsSegment = true;
                world.Memory.MapFile(world.Aside, segment, 4 * PageBytes);
                Write(world.Process, world.Aside, 1);
            },
        },
        new("a clone of an image", "ProcessImage.Of", "PagingEngine.CloneProcess")
        {
            Open = static world =>
            {
                using Snapshot snapshot = world.TakeSnapshot();
                world.GoOnIn(world.Engine.CloneProcess(ProcessImage.Of(snapshot), world.FindFile));
            },
        },
        new("a loaded process", "Snapshot.Save", "SavedProcesses.Load")
        {
            Open = static world =>
            {
                using Snapshot snapshot = world.TakeSnapshot();
                MemoryStream stream = new();
                snapshot.Save(stream);
                stream.Position = 0;
                world.GoOnIn(world.Engine.SavedProcesses.Load(stream, world.FindFile));
            },
        },
        new("a process of Windows", "WindowsMachine.Of", "WindowsMachine.CreateProcess") { Open = WindowsNeighbour.Start },
        new("taken blocks", "EngineFrames.TryTake")
        {
            Open = static world => Require(world.Engine.Frames.TryTake(3, out _), "no block is free"),
        },
    ];

    /// <summary>Pairs, by the names of the two.</summary>
    private static readonly (string First, string Second)[] Pairs =
    [
        ("a snapshot", "a log for processors"), ("a log for processors", "a snapshot"), ("a snapshot", "pages in swap"),
        ("pages in swap", "a snapshot"), ("a snapshot", "pages that a userfaultfd protects"),
        ("pages that a userfaultfd protects", "a snapshot"), ("a snapshot", "cleared soft-dirty marks"),
        ("a snapshot", "a pin for writing"),
        ("a forked child", "a snapshot"), ("a forked child", "an engine snapshot"), ("an engine snapshot", "a forked child"),
        ("an engine snapshot", "shared pages in swap"), ("shared pages in swap", "an engine snapshot"), ("many threads", "a snapshot"),
        ("many threads", "a log for processors"), ("many threads", "a watchpoint"), ("many threads", "pages in swap"),
        ("a group with a limit", "a snapshot"), ("a group with a limit", "pages in swap"), ("a policy", "a snapshot"),
        ("a policy", "pages in swap"), ("a shadow", "a snapshot"), ("a snapshot", "a shadow"), ("a watchpoint", "a snapshot"),
        ("a log for processors", "a page of the pool"), ("a page of the pool", "cleared soft-dirty marks"),
        ("a transparent huge page", "a log"), ("a transparent huge page", "cleared soft-dirty marks"),
        ("a transparent huge page", "a forked child"), ("a collapsed page of shared memory", "a forked child"),
        ("a device", "a snapshot"), ("memory of the host", "a log for processors"), ("memory of the host", "an engine snapshot"),
        ("a pager with a pending page", "a snapshot"), ("a process of Windows", "an engine snapshot"),
        ("an engine snapshot", "a process of Windows"), ("a clone of an image", "a snapshot"),
        ("a clone of an image", "a log for processors"), ("a clone of an image", "pages in swap"),
        ("a processor with code", "a log for processors"), ("a processor with code", "a snapshot"),
        ("locked memory", "a snapshot"), ("a pin", "a forked child"), ("a flat view", "a snapshot"), ("recorded events", "a snapshot"),
        ("state of the host", "a snapshot"), ("lent tables", "a snapshot"), ("lent tables", "a log for processors"),
        ("a segment", "an engine snapshot"), ("classic tables", "a snapshot"), ("strict commitment", "a snapshot"),
    ];

    /// <summary>Every list of contexts that the matrix crosses with every operation.</summary>
    public static IReadOnlyList<CrossingContext[]> All { get; } =
        [.. Single.Select(static one => new[] { one }), .. Pairs.Select(static pair => new[] { Find(pair.First), Find(pair.Second) })];

    /// <summary>The context with a name.</summary>
    public static CrossingContext Find(string name) => Single.First(one => string.Equals(one.Name, name, StringComparison.Ordinal));

    /// <summary>The name of a list of contexts.</summary>
    public static string NameOf(IEnumerable<CrossingContext> contexts) => string.Join(", then ", contexts.Select(static one => one.Name));

    private static Snapshot TakeSnapshot(CrossingWorld world) => world.KeepState(world.TakeSnapshot());

    private static EngineSnapshot TakeEngineSnapshot(CrossingWorld world) => world.KeepState(world.TakeEngineSnapshot());

    private static void GoBackToSnapshot(CrossingWorld world)
    {
        Snapshot snapshot = TakeSnapshot(world);
        for (uint page = 0; page < OwnPages; page += 3) Write(world.Process, Own + (page * PageBytes), world.NextNumber());
        Accept(world.Memory.Unmap(Own + (20 * PageBytes), 4 * PageBytes));
        Accept(snapshot.Restore());
    }

    private static void MapPool(CrossingWorld world)
    {
        Accept(world.Memory.Map(world.Aside, Line, MemoryProtection.ReadWrite, FixedAnonymous | MapFlags.HugeTlb, out _));
        world.AddLeaf(world.Aside);
    }

    private static void MapTransparent(CrossingWorld world)
    {
        Accept(world.Memory.Map(world.Aside, 2 * Line, MemoryProtection.ReadWrite, FixedAnonymous, out _));
        Accept(world.Memory.Advise(world.Aside, 2 * Line, MemoryAdvice.HugePage));
        world.AddLeaf(world.Aside);
    }

    /// <summary>A port that returns what was stored last.</summary>
    private sealed class Port : IMemoryDevice
    {
        private ulong _value;

        public ulong Load(ulong offset, int byteLength) => _value;

        public void Store(ulong offset, int byteLength, ulong value) => _value = value;

        public ulong Fetch(ulong offset, int byteLength) => _value;
    }

    /// <summary>A supplier that never answers.</summary>
    private sealed class LateSource : IPageSource
    {
        public PageAnswer Request(FilePage page, Span<byte> destination) => PageAnswer.Later;

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.EIO;
    }

    private sealed class OneByteState : IHostState
    {
        public ReadOnlySpan<byte> Save() => [1];

        public void Restore(ReadOnlySpan<byte> state) => Require(state is [1], "the host's state has changed");
    }
}
