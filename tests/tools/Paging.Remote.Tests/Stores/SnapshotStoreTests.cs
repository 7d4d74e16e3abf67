using System.Diagnostics;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Remote.Tests;

/// <summary>Processes that go on in another engine, with their pages in a store.</summary>
public sealed class SnapshotStoreTests : IDisposable
{
    private const uint PageTotal = 600;
    private static readonly VirtualAddress First = new(0x1000_0000);
    private readonly RedisProcess _redis = new("--save", "", "--appendonly", "no");
    private readonly RedisServer _server;
    private readonly RemoteAddress _address;

    public SnapshotStoreTests()
    {
        Assert.True(RemoteAddress.TryParse(_redis.Url, [], out RemoteAddress? address, out _));
        (_address, _server) = (address, RedisServer.Connect(address));
    }

    public void Dispose()
    {
        _server.Dispose();
        _redis.Dispose();
    }

    [Fact]
    public void AProcessGoesOnAtOnceAndItsPagesComeWhenTouched()
    {
        Save("one");
        using PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 });
        SavedSnapshot saved = new SnapshotStore(_server, _address).Open("one");
        using UserProcess process = saved.Resume(engine, out SwapDevice? device);
        Assert.Equal(PageTotal, device!.UsedSlotCount);    // nothing has come yet
        engine.Audit().ThrowIfBroken();
        for (uint page = 0; page < PageTotal; page += 7) AssertHolds(process, page);
        process.Memory.Mmu.Write(First + 4, 77u);
        engine.Audit().ThrowIfBroken();
        Assert.Equal(Errno.None, engine.Swap.SwitchOff(device));
        for (uint page = 0; page < PageTotal; page++) AssertHolds(process, page);
        Assert.Equal(77u, process.Memory.Mmu.Read<uint>(First + 4));
        engine.Audit().ThrowIfBroken();
    }

    [Fact]
    public void TheRestComesInTheBackground()
    {
        Save("one");
        using PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 });
        SavedSnapshot saved = new SnapshotStore(_server, _address).Open("one");
        using UserProcess process = saved.Resume(engine, out _);
        Assert.True(SpinWait.SpinUntil(() => saved.Fetching.IsCompleted, TimeSpan.FromSeconds(20)));    // this thread owns the engine
        _redis.Kill();
        for (uint page = 0; page < PageTotal; page++) AssertHolds(process, page);
    }

    /// <summary>The same for all processes of an engine.</summary>
    [Fact]
    public void TheRestOfAnEngineComesInTheBackground()
    {
        SnapshotStore store = new(_server, _address);
        using (PagingEngine first = new(new EngineOptions { RamBytes = 8 << 20 }))
        {
            using UserProcess process = Start(first);
            using EngineSnapshot snapshot = first.TakeSnapshot();
            store.Save(snapshot, "set");
        }

        using PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 });
        SavedSnapshot saved = store.Open("set");
        UserProcess only = Assert.Single(saved.ResumeAll(engine, out _));
        Assert.True(SpinWait.SpinUntil(() => saved.Fetching.IsCompleted, TimeSpan.FromSeconds(20)));
        _redis.Kill();
        for (uint page = 0; page < PageTotal; page++) AssertHolds(only, page);
        only.Dispose();
    }

    /// <summary>The store is closed while an answer is under way: its thread has ended when the call returns.</summary>
    [Fact]
    public void ClosingWaitsForTheAnswerUnderWay()
    {
        using LetterServers server = new();
        using ManualResetEventSlim isAsked = new(), mayAnswer = new();
        server.OnGet = () =>
        {
            isAsked.Set();
            return Task.Run(() =>
            {
                mayAnswer.Wait();
                return (byte[]?)null;
            });
        };
        SnapshotPages pages = new(server, "s", static _ => "a:1", TimeSpan.FromMinutes(1), new byte[PageEnvelope.HashByteLength]);
        pages.BeginFetching();
        Assert.True(isAsked.Wait(TimeSpan.FromSeconds(20)));
        Task closing = Task.Run(pages.Dispose);
        Assert.False(SpinWait.SpinUntil(() => closing.IsCompleted, TimeSpan.FromMilliseconds(50)));
        mayAnswer.Set();
        Assert.True(SpinWait.SpinUntil(() => closing.IsCompleted, TimeSpan.FromSeconds(20)));
        Assert.True(pages.Fetching.IsCompleted);
    }

    /// <summary>Servers of a cluster list a key twice while its slot moves, and another program deletes one at the same time.</summary>
    [Fact]
    public void OnlyDeletedKeysAreCounted()
    {
        using LetterServers server = new();
        server.Keys.AddRange(["p:snapshot:one:1", "p:snapshot:one:2", "p:snapshot:one:2", "p:snapshot:one2:1", "p:swap:one:1"]);
        Assert.Equal(2, StoreDirectory.Remove(server, "p", "snapshot", "one"));
        Assert.Equal(["p:snapshot:one:2", "p:snapshot:one2:1", "p:swap:one:1"], server.Keys);
        server.IsLate = true;
        Assert.Equal(0, StoreDirectory.Remove(server, "p", "snapshot", "one"));
    }

    [Fact]
    public void ASecondSnapshotCostsOnlyItsChanges()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 });
        using UserProcess process = Start(engine);
        SnapshotStore store = new(_server, _address);
        using (Snapshot first = process.TakeSnapshot()) Assert.Equal((int)PageTotal, store.Save(first, "first").NewPageCount);
        for (uint page = 0; page < 10; page++) process.Memory.Mmu.Write(First + (page << 12) + 8, 5u);
        using Snapshot second = process.TakeSnapshot();
        SnapshotTraffic traffic = store.Save(second, "second");
        Assert.Equal(((int)PageTotal, 10), (traffic.PageCount, traffic.NewPageCount));
    }

    /// <summary>Bytes that are sent: a fixed part, 32 for each page there is, and those of the pages that have changed.</summary>
    [Fact]
    public void TheBytesOfASecondSnapshotGrowWithTheChangedPages()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 });
        using UserProcess process = Start(engine);
        byte[] page = new byte[4096];
        Random random = new(1);
        for (uint i = 0; i < PageTotal; i++)
        {
            random.NextBytes(page);
            process.Memory.Mmu.CopyIn(First + (i << 12), page, out _);
        }

        SnapshotStore store = new(_server, _address);
        using (Snapshot first = process.TakeSnapshot()) store.Save(first, "grows");
        long fixedPart = Sent(0);
        foreach (uint changed in (ReadOnlySpan<uint>)[1, 10, 100, 500])
            Assert.InRange(Sent(changed) - fixedPart, changed * 4096, changed * 4300);

        long Sent(uint changed)
        {
            for (uint i = 0; i < changed; i++) process.Memory.Mmu.Write(First + (i << 12) + 8, random.Next());
            using Snapshot next = process.TakeSnapshot();
            return store.Save(next, "grows").SentByteLength;
        }
    }

    [Fact]
    public void ADamagedPageIsABusErrorAndADamagedManifestAnError()
    {
        Save("one");
        string page = _redis.Ask("keys", "*:pages:shared:*").Split('\n')[0];
        _redis.Ask("set", page, "garbage");
        using (PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 }))
        {
            using UserProcess process = new SnapshotStore(_server, _address).Open("one").Resume(engine, out _);
            int lost = 0;
            for (uint number = 0; number < PageTotal; number++)
            {
                bool isHere = process.Memory.Touch(First + (number << 12), AccessKind.Read, out _, out MemoryFault fault);
                if (isHere) AssertHolds(process, number);
                else lost += fault.Kind == MemoryFaultKind.BusError ? 1 : 1000;
            }

            Assert.Equal(1, lost);
        }

        _redis.Ask("setrange", "paging:snapshot:one:manifest", "60", "zzzzzzzz");
        Assert.Contains("wrong hash", Assert.Throws<RemoteException>(() => new SnapshotStore(_server, _address).Open("one")).Message,
            StringComparison.Ordinal);
        Assert.Throws<RemoteException>(() => new SnapshotStore(_server, _address).Open("none"));
    }

    /// <summary>How long it takes depends on the host; that it is no time in which the pages could have come, does not.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void AProcessOf256MebibytesGoesOnBeforeItsPagesAreHere()
    {
        const uint pageTotal = 1 << 16;
        using (PagingEngine engine = new(new EngineOptions { RamBytes = 320 << 20 }))
        {
            using UserProcess process = engine.CreateProcess("large");
            Assert.Equal(Errno.None, process.Memory.Map(First, pageTotal << 12, MemoryProtection.ReadWrite,
                MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
            for (uint page = 0; page < pageTotal; page++) process.Memory.Mmu.Write(First + (page << 12), page + 1);
            using Snapshot snapshot = process.TakeSnapshot();
            new SnapshotStore(_server, _address).Save(snapshot, "large");
        }

        List<double> times = [];
        double all = 0;
        for (int i = 0; i < 5; i++)
        {
            using PagingEngine engine = new(new EngineOptions { RamBytes = 320 << 20 });
            Stopwatch watch = Stopwatch.StartNew();
            SavedSnapshot saved = new SnapshotStore(_server, _address).Open("large");
            using UserProcess process = saved.Resume(engine, out SwapDevice? device);
            AssertHolds(process, pageTotal / 2);
            times.Add(watch.Elapsed.TotalMilliseconds);
            Assert.InRange(device!.UsedSlotCount, pageTotal - 16, pageTotal);
            if (i != 4) continue;
            watch.Restart();
            Assert.Equal(Errno.None, engine.Swap.SwitchOff(device));    // brings all pages
            all = watch.Elapsed.TotalMilliseconds;
        }

        string measured = string.Join(", ", times.Select(static time => $"{time:F0} ms"));
        TestContext.Current.TestOutputHelper!.WriteLine($"first access after {measured}; all pages after {all:F0} ms more");
        Assert.InRange(times.Min(), 0, all / 2);
    }

    /// <summary>A parent and a child that share pages since a fork, and memory: each page is saved once.</summary>
    [Fact]
    public void ProcessesOfAnEngineGoOnWithWhatTheyShare()
    {
        VirtualAddress shared = new(0x3000_0000);
        SnapshotStore store = new(_server, _address);
        using (PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 }))
        {
            using UserProcess parent = Start(engine);
            Assert.Equal(Errno.None, parent.Memory.Map(shared, 10 << 12, MemoryProtection.ReadWrite,
                MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed, out _));
            parent.Memory.Mmu.Write(shared, 500_000u);
            using UserProcess child = parent.Fork();
            child.Memory.Mmu.Write(First, 600_000u);
            using (EngineSnapshot snapshot = engine.TakeSnapshot())
                Assert.Equal(((int)PageTotal + 2, (int)PageTotal + 2), PagesOf(store.Save(snapshot, "set")));
            parent.Memory.Mmu.Write(First + (5 << 12), 700_000u);    // the child has the old page alone, and the store has it
            using EngineSnapshot later = engine.TakeSnapshot();
            Assert.Equal(((int)PageTotal + 3, 1), PagesOf(store.Save(later, "later")));
        }

        using PagingEngine other = new(new EngineOptions { RamBytes = 8 << 20 });
        IReadOnlyList<UserProcess> set = store.Open("set").ResumeAll(other, out SwapDevice? device);
        Assert.Equal((2, PageTotal + 2), (set.Count, device!.UsedSlotCount));    // nothing has come yet
        other.Audit().ThrowIfBroken();
        Assert.Equal(600_000u, set[1].Memory.Mmu.Read<uint>(First));
        set[1].Memory.Mmu.Write(First + (3 << 12), 8u);
        for (uint page = 0; page < PageTotal; page += 3) AssertHolds(set[0], page);
        set[1].Memory.Mmu.Write(shared + 4, 9u);
        Assert.Equal((500_000u, 9u), (set[0].Memory.Mmu.Read<uint>(shared), set[0].Memory.Mmu.Read<uint>(shared + 4)));
        Assert.Equal(Errno.None, other.Swap.SwitchOff(device));
        for (uint page = 4; page < PageTotal; page++) AssertHolds(set[1], page);
        other.Audit().ThrowIfBroken();
        foreach (UserProcess process in set) process.Dispose();

        SavedSnapshot ofEngine = store.Open("set");
        Assert.Throws<InvalidDataException>(() => ofEngine.Resume(other, out _));
        Save("one");
        SavedSnapshot ofProcess = store.Open("one");
        Assert.Throws<InvalidDataException>(() => ofProcess.ResumeAll(other, out _));
        Assert.Empty(other.Swap.Devices);    // refused, and nothing is left
    }

    private static (int All, int New) PagesOf(SnapshotTraffic traffic) => (traffic.PageCount, traffic.NewPageCount);

    [Fact]
    public void TheDirectoryListsAndRemovesSnapshots()
    {
        Save("one");
        StoreEntry entry = Assert.Single(StoreDirectory.List(_server, "paging"), static entry => entry.Kind is "snapshot");
        Assert.Equal(("one", 2, $"process 'traveller', {PageTotal} pages"), (entry.Name, entry.KeyCount, entry.Description));
        Assert.Equal(2, StoreDirectory.Remove(_server, "paging", "snapshot", "one"));
        Assert.DoesNotContain(StoreDirectory.List(_server, "paging"), static other => other.Kind is "snapshot");
    }

    private void Save(string name)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 });
        using UserProcess process = Start(engine);
        using Snapshot snapshot = process.TakeSnapshot();
        new SnapshotStore(_server, _address).Save(snapshot, name);
    }

    private static UserProcess Start(PagingEngine engine)
    {
        UserProcess process = engine.CreateProcess("traveller");
        Assert.Equal(Errno.None, process.Memory.Map(First, PageTotal << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
        for (uint page = 0; page < PageTotal; page++) process.Memory.Mmu.Write(First + (page << 12), page + 1);
        return process;
    }

    private static void AssertHolds(UserProcess process, uint page) =>
        Assert.Equal(page + 1, process.Memory.Mmu.Read<uint>(First + (page << 12)));
}
