using Paging.Core;
using Paging.Native;

namespace Paging.Remote.Tests;

/// <summary>Every request of a short story fails once, in three ways. What is left is the state before or the one asked for.</summary>
[Trait("Category", "Medium")]
public sealed class EveryRequestFailsOnceTests : IDisposable
{
    private const uint SlotTotal = 24, PageTotal = 40;
    private static readonly VirtualAddress First = new(0x1000_0000);
    private readonly RedisProcess _redis = new("--save", "", "--appendonly", "no");
    private RedisServer? _server;

    public void Dispose()
    {
        _server?.Dispose();
        _redis.Dispose();
    }

    /// <summary>A page that was accepted is there, whichever batch, read or question about replicas fails.</summary>
    [Theory]
    [InlineData(RequestFailure.Lost)]
    [InlineData(RequestFailure.AnswerLost)]
    [InlineData(RequestFailure.Half)]
    public void ASwapDeviceLosesNoPage(RequestFailure failure)
    {
        string url = $"{_redis.Url}?batch=4&window=4&compress=0&patience=0&replicas=1";
        Assert.True(SwapAddress.TryParse(url, 4, out SwapAddress? address, out string? complaint), complaint);
        FlakyServer server = new(_server = RedisServer.Connect(address.Address));
        bool isOver = false;
        for (int failAt = 0; !isOver; failAt++)
        {
            using RedisSwapStore store = new(server, address);
            uint?[] model = new uint?[SlotTotal];
            Random random = new(7);
            server.FailAt(failAt, failure);
            for (int step = 0; step < 120; step++) Step(store, server, model, random);
            isOver = !server.HasFailed;
            server.FailAt(-1);
            _ = store.Flush();    // may report what has failed; the pages are kept, and leave with the next one
            Assert.Equal(Errno.None, store.Flush());
            for (uint slot = 0; slot < SlotTotal; slot++)
            {
                byte[] page = new byte[4096];
                Assert.Equal(model[slot] is null ? Errno.EIO : Errno.None, store.Read(slot, page));
                if (model[slot] is { } number) Assert.Equal(PageOf(number), page);
            }

            Assert.InRange(failAt, 0, 1000);
        }
    }

    /// <summary>The snapshot of a name is the one before or the new one, whole; the next attempt makes it the new one.</summary>
    [Theory]
    [InlineData(RequestFailure.Lost)]
    [InlineData(RequestFailure.AnswerLost)]
    [InlineData(RequestFailure.Half)]
    public void ASnapshotIsTheOldOrTheNewOne(RequestFailure failure)
    {
        Assert.True(RemoteAddress.TryParse(_redis.Url, [], out RemoteAddress? address, out _));
        FlakyServer server = new(_server = RedisServer.Connect(address));
        SnapshotStore store = new(server, address);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 });
        using UserProcess process = Start(engine, "kept");
        bool isOver = false;
        for (uint round = 0; !isOver; round++)
        {
            using Snapshot before = process.TakeSnapshot();
            _ = store.Save(before, "kept");
            for (uint page = 0; page < PageTotal; page++) process.Memory.Mmu.Write(First + (page << 12) + 8, round + 1);
            using Snapshot after = process.TakeSnapshot();
            server.FailAt((int)round, failure);
            Exception? refused = Record.Exception(() => store.Save(after, "kept"));
            isOver = !server.HasFailed;
            server.FailAt(-1);
            if (refused is not null) Assert.IsType<RemoteException>(refused);
            AssertHolds(store, word => word == round + 1 || (refused is not null && word == round));
            _ = store.Save(after, "kept");
            AssertHolds(store, word => word == round + 1);
            Assert.InRange(round, 0u, 100u);
        }
    }

    /// <summary>A page that could not be fetched is a bus error once, and is there when it is touched again.</summary>
    [Theory]
    [InlineData(RequestFailure.Lost)]
    [InlineData(RequestFailure.Half)]
    public void AFailedFetchIsRepeatedByTheNextTouch(RequestFailure failure)
    {
        Assert.True(RemoteAddress.TryParse(_redis.Url, [], out RemoteAddress? address, out _));
        FlakyServer server = new(_server = RedisServer.Connect(address));
        SnapshotStore store = new(server, address);
        using (PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 }))
        {
            using UserProcess process = Start(engine, "far");
            using Snapshot snapshot = process.TakeSnapshot();
            _ = store.Save(snapshot, "far");
        }

        for (int failAt = 0; failAt < 8; failAt++)
        {
            using PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 });
            server.FailAt(failAt, failure);
            SavedSnapshot? saved = null;
            Exception? refused = Record.Exception(() => saved = store.Open("far"));
            Assert.Equal(failAt == 0, refused is RemoteException);
            saved ??= store.Open("far");
            using UserProcess process = saved.Resume(engine, out _);
            for (uint page = 0; page < PageTotal; page++)
            {
                VirtualAddress at = First + (page << 12);
                if (!process.Memory.Touch(at, AccessKind.Read, out _, out MemoryFault fault))
                    Assert.Equal((MemoryFaultKind.BusError, true), (fault.Kind, server.HasFailed));
                Assert.Equal(page + 100, process.Memory.Mmu.Read<uint>(at));
            }

            engine.Audit().ThrowIfBroken();
        }
    }

    /// <summary>A queue that was opened half-way, a job whose taking or result was lost: the next attempt completes each.</summary>
    [Theory]
    [InlineData(RequestFailure.Lost)]
    [InlineData(RequestFailure.AnswerLost)]
    public void AQueueIsCompletedByTheNextAttempt(RequestFailure failure)
    {
        _redis.RequireRedis("streams (job queues)");
        string[] jobs = ["0", "10", "20", "30", "40"];
        bool isOver = false;
        for (int failAt = 0; !isOver; failAt++)
        {
            Assert.True(RemoteAddress.TryParse($"{_redis.Url}/q{failAt}?patience=0", [], out RemoteAddress? address, out _));
            FlakyServer server = new(_server ??= RedisServer.Connect(address));
            JobQueue queue = new(server, address, "test") { ClaimAfter = TimeSpan.FromMilliseconds(1) };
            server.FailAt(failAt, failure);
            Again(() => queue.Open("tens", jobs));
            Again(() => Assert.Equal((jobs.Length, 0), queue.Count()));
            int done = 0;
            Again(() =>
            {
                while (queue.TryTake("w", out JobTicket? job))
                {
                    Assert.Equal(jobs[job.Index], job.Text);
                    queue.Finish(job, $"of {job.Text}");
                    done++;
                }
            });
            isOver = !server.HasFailed;
            server.FailAt(-1);
            Assert.True(SpinWait.SpinUntil(() => Finish(queue) == (jobs.Length, jobs.Length), TimeSpan.FromMinutes(1)));
            Assert.Equal(jobs.Select(static job => $"of {job}"), queue.Results().Values, StringComparer.Ordinal);
            Assert.InRange(done, jobs.Length - 1, jobs.Length);
            Assert.InRange(failAt, 0, 200);
        }

        void Again(Action attempt)
        {
            if (Record.Exception(attempt) is not { } refused) return;
            Assert.IsType<RemoteException>(refused);
            attempt();
        }
    }

    private static (int All, int Done) Finish(JobQueue queue)
    {
        while (queue.TryTake("w", out JobTicket? job)) queue.Finish(job, $"of {job.Text}");    // taken before, and the answer was lost
        return queue.Count();
    }

    private static void Step(RedisSwapStore store, FlakyServer server, uint?[] model, Random random)
    {
        uint slot = (uint)random.Next(model.Length), number = (uint)random.Next(16);
        switch (random.Next(6))
        {
            case 0:
                store.Discard(slot);
                model[slot] = null;
                break;
            case 1 when model[slot] is { } held:
                byte[] page = new byte[4096];
                Errno read = store.Read(slot, page);
                if (read == Errno.None) Assert.Equal(PageOf(held), page);
                else Assert.Equal((Errno.EIO, true), (read, server.HasFailed));
                break;
            case 2:
                if (store.Flush() is not Errno.None and var flushed) Assert.Equal((Errno.EIO, true), (flushed, server.HasFailed));
                break;
            default:
                Errno written = store.Write(slot, PageOf(number));
                if (written != Errno.None) Assert.Equal((Errno.EIO, true), (written, server.HasFailed));
                model[slot] = written == Errno.None ? number : null;
                break;
        }
    }

    private static byte[] PageOf(uint number)
    {
        byte[] page = new byte[4096];
        if (number != 0) new Random((int)number).NextBytes(page);
        return page;
    }

    private static UserProcess Start(PagingEngine engine, string name)
    {
        UserProcess process = engine.CreateProcess(name);
        Assert.Equal(Errno.None, process.Memory.Map(First, PageTotal << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
        for (uint page = 0; page < PageTotal; page++) process.Memory.Mmu.Write(First + (page << 12), page + 100);
        return process;
    }

    private static void AssertHolds(SnapshotStore store, Func<uint, bool> isExpected)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 });
        using UserProcess process = store.Open("kept").Resume(engine, out _);
        HashSet<uint> words = [];
        for (uint page = 0; page < PageTotal; page++)
        {
            Assert.Equal(page + 100, process.Memory.Mmu.Read<uint>(First + (page << 12)));
            words.Add(process.Memory.Mmu.Read<uint>(First + (page << 12) + 8));
        }

        uint found = Assert.Single(words);
        Assert.True(isExpected(found), $"the pages are those of round {found}");
    }
}
