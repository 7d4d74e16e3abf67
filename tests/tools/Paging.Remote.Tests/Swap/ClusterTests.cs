using Paging.Core;
using Paging.Native;

namespace Paging.Remote.Tests;

/// <summary>Processes whose memory lies on a cluster, a server of which is killed in the middle of a run.</summary>
[Trait("Category", "Slow")]
public sealed class ClusterTests
{
    private const int PagesPerProcess = 800, FewPages = 640;    // more than the engine's RAM, each
    private const string Quick = "?timeout=1000&patience=60000&compress=0";    // a server that takes over may take its time
    private static readonly VirtualAddress First = new(0x1000_0000);
    private readonly List<string> _log = [];

    [Fact]
    public void PagesAreSpreadOverTheServers()
    {
        using RedisCluster cluster = new(hasReplicas: false);
        using PagingEngine engine = Engine(cluster.Url + Quick);
        using UserProcess process = Start(engine, 1);
        long all = cluster.KeyCount, fairShare = all / 3;
        Assert.InRange(all, 200, PagesPerProcess + 10);    // what RAM does not hold, and the names of the device
        Assert.All(cluster.Primaries, server => Assert.InRange(server.KeyCount, fairShare / 2, fairShare * 2));
        Assert.Equal(PagesPerProcess, Compare(process, 1));
        engine.Audit().ThrowIfBroken();
    }

    [Fact]
    public void WithReplicasNothingIsLost()
    {
        using RedisCluster cluster = new(hasReplicas: true);
        using PagingEngine engine = Engine(cluster.Url + Quick + "&replicas=1");
        using UserProcess first = Start(engine, 1), second = Start(engine, 2);
        cluster.Primaries.First().Kill();
        Assert.Equal((PagesPerProcess, PagesPerProcess), (Compare(first, 1), Compare(second, 2)));
        using UserProcess third = Start(engine, 3);    // and pages go out again
        Assert.Equal((PagesPerProcess, PagesPerProcess), (Compare(third, 3), Compare(first, 1)));
        engine.Audit().ThrowIfBroken();
    }

    [Fact]
    public void WithoutReplicasOnlyThePagesOfTheServerAreLostAndTheRestGoesOn()
    {
        using RedisCluster cluster = new(hasReplicas: false);
        using PagingEngine engine = Engine(cluster.Url + "?timeout=500&patience=1000&compress=0");
        using UserProcess first = Start(engine, 1, FewPages);    // each lost page costs the patience
        RedisProcess victim = cluster.Primaries.First();
        int there = (int)victim.KeyCount;
        victim.Kill();
        int lost = FewPages - Compare(first, 1, FewPages);
        Assert.InRange(there, 5, FewPages);
        Assert.InRange(lost, there / 2, there);    // fewer than lay there: some of them are in RAM, too
        Assert.Contains(_log, line => line.Contains(victim.Place, StringComparison.Ordinal));
        first.Dispose();
        using UserProcess second = Start(engine, 2);    // needs none of its pages
        Assert.Equal(PagesPerProcess, Compare(second, 2));
        engine.Audit().ThrowIfBroken();
    }

    private PagingEngine Engine(string url)
    {
        Assert.True(SwapAddress.TryParse(url, 8, out SwapAddress? address, out string? complaint), complaint);
        PagingEngine engine = new(new EngineOptions { RamBytes = 2 << 20 });
        Assert.Equal(Errno.None, engine.Swap.SwitchOn(new RedisSwapStore(RedisServer.Connect(address.Address), address, Log), out _));
        return engine;
    }

    private void Log(string line)
    {
        _log.Add(line);
        TestContext.Current.TestOutputHelper?.WriteLine(line);
    }

    private static UserProcess Start(PagingEngine engine, uint seed, int pageCount = PagesPerProcess)
    {
        UserProcess process = engine.CreateProcess("far");
        Assert.Equal(Errno.None, process.Memory.Map(First, (uint)pageCount << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.NoReserve | MapFlags.Fixed, out _));
        for (uint page = 0; page < pageCount; page++)
            process.Memory.Mmu.Write(First + (page << 12), (page * 2654435761u) ^ seed);
        return process;
    }

    // How many pages hold what was written; the others must be bus errors, never other bytes.
    private static int Compare(UserProcess process, uint seed, int pageCount = PagesPerProcess)
    {
        int found = 0;
        for (uint page = 0; page < pageCount; page++)
        {
            VirtualAddress address = First + (page << 12);
            if (process.Memory.Touch(address, AccessKind.Read, out _, out MemoryFault fault))
            {
                Assert.Equal((page * 2654435761u) ^ seed, process.Memory.Mmu.Read<uint>(address));
                found++;
            }
            else
            {
                Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
            }
        }

        return found;
    }
}
