using Paging.Native;
using Paging.Native.Translation;
using Paging.Testing.World;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A window of the host shows what the tables say, with the rights that they give, at every moment.</summary>
public sealed class MemoryWindowTests
{
    private const int Pages = 96;
    private static readonly VirtualAddress Start = World.At(0);

    private static EngineOptions Shared => World.Options() with { ShareRam = true };

    /// <summary>Random calls; after each the host's own list of mappings agrees with the tables, and every byte is the same.</summary>
    [Theory, Trait("Category", "Medium")]
    [InlineData(TableFormat.Classic, 10)]
    [InlineData(TableFormat.Pae, 5)]
    public void AfterEveryCallTheHostShowsWhatTheTablesSay(TableFormat format, int seeds)
    {
        Require();
        long readCount = 0;
        int count = Soak.Of(seeds, seeds / 2);
        Property.ForSeeds(count, seed => readCount += ReadAfterEveryCall(format, seed));
        Assert.True(readCount > 200 * count, $"Only {readCount} reads: this test tests nothing.");
    }

    /// <summary>The same with more seeds.</summary>
    [Fact, Trait("Category", "Slow")]
    public void AfterEveryOneOfManyCallsTheHostShowsWhatTheTablesSay()
    {
        Require();
        Property.ForSeeds(Soak.Of(100, 4),
            seed => _ = ReadAfterEveryCall(seed % 3 == 0 ? TableFormat.Pae : TableFormat.Classic, seed + 100));
    }

    private static long ReadAfterEveryCall(TableFormat format, ulong seed)
    {
        using World world = new(Shared with { Tables = format });
        world.Engine.Swap.SwitchOn(new Swap.MemorySwapStore(1 << 20), out _);
        Random random = new((int)seed);
        world.Map(0, Pages);
        UserProcess process = world.First;
        using WindowCheck check = new(world.Engine);
        UserProcess? child = null;
        DirtyLog? log = null;
        Watchpoint? watch = null;
        Snapshot? snapshot = null;
        Assert.Null(check.RunWithAudits());
        for (int step = 0; step < 60; step++)
        {
            int page = random.Next(Pages), count = Math.Min(1 + random.Next(8), Pages - page);
            VirtualAddress at = World.At(page);
            uint length = (uint)count << VirtualAddress.PageShift;
            int kind = random.Next(20);
            switch (kind)
            {
                case 0: World.MapAs(process, page, count, MemoryProtection.ReadWrite, World.PrivateFixed); break;
                case 1: World.Succeeds(process.Memory.Unmap(at, length)); break;
                case 2: _ = process.Memory.Protect(at, length, (MemoryProtection)random.Next(4)); break;
                case 3: _ = process.Memory.Advise(at, length, MemoryAdvice.DontNeed); break;
                case 4: child ??= process.Fork(); break;
                case 5: child?.Dispose(); child = null; break;
                case 6: snapshot ??= process.TakeSnapshot(); break;
                case 7: snapshot?.Restore(); break;
                case 8: snapshot?.Dispose(); snapshot = null; break;
                case 9: log ??= process.Memory.OpenDirtyLog(); break;
                case 10: log?.CollectDirty(); break;
                case 11: log?.Dispose(); log = null; break;
                case 12: _ = process.Memory.ClearReferences((ReferenceKind)(1 + random.Next(4))); break;
                case 13: watch ??= process.Memory.Mmu.Watch(at, 8, WatchedAccesses.Write, static _ => { }); break;
                case 14: watch?.Dispose(); watch = null; break;
                case 15: _ = process.Memory.Advise(at, length, MemoryAdvice.PageOut); break;
                case 16: _ = process.Memory.Remap(at, length, length, RemapFlags.MayMove | RemapFlags.Fixed, World.At(200), out _); break;
                case 17: Store(check, child ?? process, at, count, (uint)random.Next()); break;
                default: Store(check, process, at, count, (uint)random.Next()); break;
            }

            if (check.RunWithAudits() is { } failure) Assert.Fail($"step {step}, call {kind}, page {page}, {count} pages: {failure}");
        }

        watch?.Dispose();
        log?.Dispose();
        snapshot?.Dispose();
        child?.Dispose();
        return check.ReadCount;
    }

    /// <summary>Stores of native code, and by a call where the window says so.</summary>
    private static void Store(WindowCheck check, UserProcess process, VirtualAddress at, int count, uint value)
    {
        for (uint i = 0; i < count; i++)
        {
            VirtualAddress one = at + (i << VirtualAddress.PageShift) + 8;
            bool isDone = NativeAccess.Store(check[process], one, value + i) switch
            {
                WindowOutcome.Shown => true,
                WindowOutcome.ByCall => process.Memory.Mmu.TryWrite(one, value + i),
                _ => false,
            };
            if (isDone) Assert.Equal(value + i, process.Memory.Mmu.Read<uint>(one));
        }
    }

    [Fact]
    public void APageIsWritableFromItsFirstStoreOn()
    {
        Require();
        using World world = new(Shared);
        world.Map(0, 2);
        using MemoryWindow window = world.First.OpenWindow();
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Load(window, Start, out uint value));
        Assert.Equal(0u, value);
        Assert.Equal((true, false), Hits(window, Start));    // the zero page
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, Start, 7));
        Assert.Equal((true, true), Hits(window, Start));
        Assert.True(EntryOf(world, Start).IsDirty);
        world.Mmu.Write(World.At(1), 8u);
        World.Succeeds(world.Memory.ClearReferences(ReferenceKind.All));    // A is gone, D is not
        Assert.Equal((false, false), Hits(window, Start));
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Load(window, Start, out value));
        Assert.Equal(7u, value);
        Assert.Equal((true, true), Hits(window, Start));
        Assert.Equal((false, false), Hits(window, World.At(1)));    // not accessed since: it does not come along
        Assert.Equal(7u, world.Mmu.Read<uint>(Start));
    }

    [Fact]
    public void NeighboursThatWereAccessedComeAlong()
    {
        Require();
        using World world = new(Shared);
        world.Map(0, 32);
        for (int page = 0; page < 24; page++)
            if (page is not (5 or 7)) world.Touch(page);
        using MemoryWindow window = world.First.OpenWindow();
        Assert.Equal(WindowOutcome.Shown, window.Resolve(window.Start + (nint)World.At(9).Value, AccessKind.Read, out _));
        for (int page = 0; page < 32; page++)
            Assert.Equal(page is < 5 or (> 7 and < 16), Hits(window, World.At(page)).Writes);    // page 6 would be a call for one page
    }

    [Fact]
    public void WhatCannotBeShownIsAskedForByCall()
    {
        Require();
        using World world = new(Shared);
        using GuestFile device = world.Engine.Files.CreateDevice("registers", new RecordingDevice(), RecordingDevice.ByteLength);
        using GuestFile memory = world.Engine.Files.CreateHostMemoryFile("host", GC.AllocateArray<byte>(4096, pinned: true));
        VirtualAddress registers = world.Memory.MapDevice(device), host = World.At(1);
        world.Memory.MapFile(host, memory, 4096);
        world.Map(2, 2);
        using MemoryWindow window = world.First.OpenWindow();
        Assert.Equal(WindowOutcome.ByCall, NativeAccess.Load(window, registers, out _));
        Assert.Equal(WindowOutcome.ByCall, NativeAccess.Load(window, host, out _));
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, World.At(2), 1));
        using (world.Mmu.Watch(World.At(2, 8), 4, WatchedAccesses.Read, static _ => { }))
        {
            Assert.Equal((false, false), Hits(window, World.At(2)));
            Assert.Equal(WindowOutcome.ByCall, NativeAccess.Load(window, World.At(2), out _));
            Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, World.At(3), 1));
        }

        Assert.Equal(WindowOutcome.Shown, NativeAccess.Load(window, World.At(2), out _));
        Assert.Equal(WindowOutcome.ByCall, window.Resolve(window.Start - 1, AccessKind.Read, out _));
        Assert.Equal(WindowOutcome.ByCall, window.Resolve(unchecked(window.Start + (nint)(1L << 32)), AccessKind.Write, out _));
        Assert.Equal(WindowOutcome.Elsewhere, window.Resolve(window.Start - (nint)MemoryWindow.GuardBytes - 1, AccessKind.Read, out _));
        Assert.Equal(WindowOutcome.Elsewhere, window.Resolve(0, AccessKind.Read, out _));
    }

    [Fact]
    public void ARefusedAccessHasItsFault()
    {
        Require();
        using World world = new(Shared);
        world.Map(0, 1, MemoryProtection.Read);
        using MemoryWindow window = world.First.OpenWindow();
        long refused = world.Memory.Faults.Refused;
        Assert.Equal(WindowOutcome.Refused, window.Resolve(window.Start + (nint)Start.Value, AccessKind.Write, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotAllowed, Start), fault);
        Assert.Equal(WindowOutcome.Refused, window.Resolve(window.Start + 5, AccessKind.Read, out fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, new(5)), fault);
        Assert.Equal(WindowOutcome.Refused, window.Resolve(window.Start + unchecked((nint)0xC000_0000), AccessKind.Read, out fault));
        Assert.Equal(refused + 3, world.Memory.Faults.Refused);
    }

    [Fact]
    public void ALogSeesTheFirstStoreOfEachInterval()
    {
        Require();
        using World world = new(Shared);
        world.Map(0, 4);
        using MemoryWindow window = world.First.OpenWindow();
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, World.At(1), 1));
        using DirtyLog log = world.Memory.OpenDirtyLog();
        Assert.Equal((true, false), Hits(window, World.At(1)));
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, World.At(1), 2));
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, World.At(3), 2));
        Assert.Equal((true, true), Hits(window, World.At(1)));
        Assert.Equal([World.At(1).Page, World.At(3).Page], log.CollectDirty().ToArray());
        Assert.Equal((true, false), Hits(window, World.At(1)));
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, World.At(3), 3));
        Assert.Equal([World.At(3).Page], log.CollectDirty().ToArray());
    }

    /// <summary>A page between others that go in a batch goes along, and then has no right left to lose.</summary>
    [Fact]
    public void APageThatWentWithItsNeighboursStaysAway()
    {
        Require();
        using World world = new(Shared);
        world.Map(0, 3);
        using MemoryWindow window = world.First.OpenWindow();
        for (int page = 0; page < 3; page++) Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, World.At(page), 1));
        using (new WindowBatch(world.Mmu))
        {
            world.Mmu.Window!.Lose(World.At(0).Page, alsoReads: true);
            world.Mmu.Window.Lose(World.At(2).Page, alsoReads: true);
            world.Mmu.Window.Lose(World.At(1).Page, alsoReads: false);
        }

        for (int page = 0; page < 3; page++) Assert.Equal((false, false), Hits(window, World.At(page)));
        world.Verify();
    }

    /// <summary>Frames in disorder are a mapping each; beyond the limit the window forgets all, and goes on.</summary>
    [Fact]
    public void TheMappingsStayBelowTheirLimit()
    {
        Require();
        const uint count = 2_000;
        using PagingEngine engine = new(new EngineOptions { RamBytes = 64 << 20, ShareRam = true });
        UserProcess process = engine.CreateProcess("p"), other = engine.CreateProcess("q");
        process.Memory.Mmu.WindowMappings.Limit = 300;
        VirtualAddress at = process.Memory.MapAnonymous(count << VirtualAddress.PageShift);
        VirtualAddress there = other.Memory.MapAnonymous(4096);
        using MemoryWindow window = process.OpenWindow(), small = other.OpenWindow();
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(small, there, 1));
        for (uint start = 0; start < 2; start++)
            for (uint i = start; i < count; i += 2)
                Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, at + (i << VirtualAddress.PageShift), i));
        for (uint i = 0; i < count; i++)
        {
            Assert.Equal(WindowOutcome.Shown, NativeAccess.Load(window, at + (i << VirtualAddress.PageShift), out uint value));
            Assert.Equal(i, value);
            Assert.True(window.MappingCount + small.MappingCount <= 300);
        }

        for (uint i = 0; i < count; i += 2)
        {
            World.Succeeds(process.Memory.Unmap(at + (i << VirtualAddress.PageShift), 4096));
            Assert.True(window.MappingCount + small.MappingCount <= 300);
        }

        Assert.True(window.ForgottenCount > 5);
        Assert.Equal((true, true), Hits(small, there));    // the window that has most is the one that is emptied
        Assert.True(engine.Audit().IsClean);
    }

    [Fact]
    public void AWindowStaysOverExecAndIsEmptyAfterTheEnd()
    {
        Require();
        World world = new(Shared);
        world.Map(0, 1);
        MemoryWindow window = world.First.OpenWindow();
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, Start, 1));
        World.Succeeds(world.First.ReplaceMemory("next", isTopDown: true, PageNumber.FirstKernel));
        Assert.Equal((false, false), Hits(window, Start));
        world.Map(0, 1);
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, Start, 2));
        Assert.Equal(2u, world.Mmu.Read<uint>(Start));
        world.First.Exit();
        Assert.Equal((false, false), Hits(window, Start));
        Assert.Throws<ObjectDisposedException>(() => window.Resolve(window.Start, AccessKind.Read, out _));
        UserProcess second = world.Engine.CreateProcess("second");
        World.MapAs(second, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
        MemoryWindow other = second.OpenWindow();
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(other, Start, 3));
        world.Engine.Dispose();
        Assert.Equal((false, false), Hits(other, Start));
        other.Dispose();
        window.Dispose();
        window.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.Resolve(0, AccessKind.Read, out _));
    }

    /// <summary>Each rule, broken by hand.</summary>
    [Fact]
    public void TheAuditNamesWhatAWindowMayNotShow()
    {
        Require();
        using World world = new(Shared);
        world.Map(0, 2);
        world.Touch(0);
        Assert.Equal(0, world.Memory.Mmu.Read<int>(World.At(1)));    // the zero page, clean
        using MemoryWindow window = world.First.OpenWindow();
        ShownPages shown = world.Mmu.Window!;
        FrameNumber frame = EntryOf(world, Start).Frame;
        Breaks("X8", 0, ShownPages.WordOf(frame + new FrameCount(1), isWritable: false));
        Breaks("X8", 5, ShownPages.WordOf(frame, isWritable: false));
        Breaks("X9", 1, ShownPages.WordOf(default, isWritable: true));
        using (world.Memory.OpenDirtyLog()) Breaks("X9", 0, ShownPages.WordOf(frame, isWritable: true));
        Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, Start, 1));
        world.Mmu.WindowMappings.Limit = 1;
        Assert.Equal("X10", world.Engine.Audit().Findings[0].Rule);
        world.Mmu.WindowMappings.Limit = 100;

        void Breaks(string rule, int page, uint word)
        {
            Assert.True(shown.TryShow(new(World.At(page).Page, PageCount.One), word));
            Assert.Contains(world.Engine.Audit().Findings, finding => string.Equals(finding.Rule, rule, StringComparison.Ordinal));
            shown.HideAll();
            world.Verify();
        }
    }

    [Fact]
    public void MisuseIsRefused()
    {
        Require();
        using World plain = new(), world = new(Shared);
        Assert.Throws<InvalidOperationException>(plain.First.OpenWindow);
        using (MemoryWindow window = world.First.OpenWindow())
        {
            Assert.Throws<InvalidOperationException>(world.First.OpenWindow);
            Assert.Throws<ArgumentOutOfRangeException>(() => window.Resolve(window.Start, AccessKind.Fetch, out _));
        }

        using MemoryWindow again = world.First.OpenWindow();
        world.First.Exit();
        Assert.Throws<ObjectDisposedException>(world.First.OpenWindow);
    }

    /// <summary>A window open and idle: a fault, a copy on write and a snapshot allocate nothing more.</summary>
    [Fact]
    public void AFaultThroughAWindowAllocatesNothing()
    {
        Require();
        using World world = new(Shared);
        world.Map(0, 64);
        using MemoryWindow window = world.First.OpenWindow();
        Touch(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Touch(32);
        World.Succeeds(world.Memory.Unmap(Start, 4096));
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Touch(int first)
        {
            for (int page = first; page < first + 32; page++)
                _ = window.Resolve(window.Start + (nint)World.At(page).Value, AccessKind.Write, out _);
        }
    }

    /// <summary>Threads in one window, at rest, beside calls that take pages and rights away: no store is lost.</summary>
    [Fact, Trait("Category", "Medium")]
    public void ThreadsInAWindowLoseNoStore()
    {
        Require();
        const int threads = 3, pages = 8;
        const uint rounds = 1_500;
        using ThreadedEngine engine = new(new EngineOptions { RamBytes = 4 << 20, ShareRam = true, RequestHostHugePages = false });
        engine.Engine.Swap.SwitchOn(new Swap.MemorySwapStore(1 << 20), out _);
        VirtualAddress at = engine.Map(pages * threads);
        using MemoryWindow window = engine.Process.OpenWindow();
        int running = threads;
        ThreadTeam.Run(threads + 1, number =>
        {
            if (number == threads)
            {
                for (int call = 0; Volatile.Read(ref running) != 0; call++) Disturb(engine, at, pages * threads, call);
                return;
            }

            for (uint round = 0; round < rounds; round++)
            {
                VirtualAddress word = at + (((uint)number * pages + round % pages) << VirtualAddress.PageShift) + 4 * (uint)number;
                Assert.Equal(WindowOutcome.Shown, NativeAccess.Load(window, word, out uint before));
                Assert.Equal(round / pages, before);
                Assert.Equal(WindowOutcome.Shown, NativeAccess.Store(window, word, before + 1));
            }

            Interlocked.Decrement(ref running);
        });
    }

    private static void Disturb(ThreadedEngine engine, VirtualAddress at, uint pages, int call)
    {
        uint length = pages << VirtualAddress.PageShift;
        switch (call % 6)
        {
            case 0: engine.Process.Fork().Dispose(); break;
            case 1: _ = engine.Memory.Advise(at, length, MemoryAdvice.PageOut); break;
            case 2: _ = engine.Memory.ClearReferences(ReferenceKind.SoftDirty); break;
            case 3: _ = engine.Memory.ClearReferences(ReferenceKind.All); break;
            case 4: engine.Process.TakeSnapshot().Dispose(); break;
            default:
                using (DirtyLog log = engine.Memory.OpenDirtyLog()) log.CollectDirty();
                break;
        }
    }

    private static (bool Reads, bool Writes) Hits(MemoryWindow window, VirtualAddress at) =>
        (NativeAccess.Hits(window, at, AccessKind.Read), NativeAccess.Hits(window, at, AccessKind.Write));

    private static PageTableEntry EntryOf(World world, VirtualAddress at) => world.Memory.Space.Tables.Read(at.Page);

    private static void Require() => Assert.SkipUnless(WindowCheck.IsPossible, "A window needs 64-bit Linux with pages of 4 KiB.");
}
