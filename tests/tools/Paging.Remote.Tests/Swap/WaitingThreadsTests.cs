using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Remote.Tests;

/// <summary>Threads of one engine whose pages lie on a server: while one waits for its page, others go on.</summary>
public sealed class WaitingThreadsTests : IDisposable
{
    private const uint Pages = 1200;    // of 512 frames
    private static readonly VirtualAddress First = new(0x1000_0000);

    private readonly RedisProcess _redis = new("--save", "", "--appendonly", "no");
    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20, AllowThreads = true });
    private readonly UserProcess _process;

    public WaitingThreadsTests()
    {
        Assert.True(SwapAddress.TryParse(_redis.Url + "?window=4", 8, out SwapAddress? address, out string? problem), problem);
        RedisSwapStore store = new(RedisServer.Connect(address!.Address), address);
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(store, out SwapDevice? _));
        _process = _engine.CreateProcess("far");
        Assert.Equal(Errno.None, Map(First, Pages));
        using VirtualProcessor processor = _engine.Threads.CreateProcessor();
        processor.Run(_process);
        for (uint page = 0; page < Pages; page++)
        {
            _process.Memory.Mmu.Write(First + (page << 12), page + 1);
            processor.Poll();
        }
    }

    public void Dispose()
    {
        _engine.Audit().ThrowIfBroken();
        _engine.Dispose();
        _redis.Dispose();
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void WhileAServerIsSilentOthersGoOn()
    {
        uint read = 0;
        using ManualResetEventSlim begins = new();
        Thread reader;
        _redis.Suspend();
        try
        {
            reader = Start((mmu, processor) =>
            {
                begins.Set();
                read = mmu.Read<uint>(First);
            });
            begins.Wait();
            Assert.True(SpinWait.SpinUntil(() => (reader.ThreadState & ThreadState.WaitSleepJoin) != 0, TimeSpan.FromMinutes(1)));
            VirtualAddress near = new(0x5000_0000);
            Assert.True(Start((mmu, processor) =>
            {
                for (uint i = 0; i < 10; i++)
                {
                    Assert.Equal(Errno.None, Map(near, 1));
                    mmu.Write(near, i);
                    Assert.Equal(Errno.None, _process.Memory.Unmap(near, 4096));
                    processor.Poll();
                }
            }).Join(TimeSpan.FromMinutes(1)));
            Assert.True(reader.IsAlive);
        }
        finally
        {
            _redis.Resume();
        }

        reader.Join();
        Assert.Equal(1u, read);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void ThreadsReadSideBySideAndLoseNothing()
    {
        int wrong = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(number => Start((mmu, processor) =>
        {
            for (uint i = 0; i < Pages; i++)
            {
                uint page = (i * (uint)((2 * number) + 7)) % Pages;
                if (mmu.Read<uint>(First + (page << 12)) != page + 1) Interlocked.Increment(ref wrong);
                processor.Poll();
            }
        }))];
        foreach (Thread thread in threads) thread.Join();
        Assert.Equal(0, wrong);
    }

    private Thread Start(Action<Mmu, VirtualProcessor> body)
    {
        Thread thread = new(() =>
        {
            using VirtualProcessor processor = _engine.Threads.CreateProcessor();
            processor.Run(_process);
            body(_process.Memory.Mmu, processor);
        });
        thread.Start();
        return thread;
    }

    private Errno Map(VirtualAddress at, uint pages) => _process.Memory.Map(
        at, pages << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _);
}
