using Paging.Core;
using Paging.Costs.Prices;
using Paging.Fuzz;
using Paging.Guest;
using Paging.Native;
using Paging.Processors;
using Paging.Tests;

namespace Paging.Programs.Tests;

/// <summary>Real programs on the emulated processor: the ledger of <c>paging run --costs</c> beside the reference model's.</summary>
public sealed class ProgramLockstepTests
{
    [Theory, Trait("Category", "Medium")]
    [InlineData("desktop-2009", "echo", "hello")]
    [InlineData("server-2025", "sh", "-c", "for i in 1 2 3; do echo $i; done | sort -r | (cat; exit 3); wait")]
    [InlineData("desktop-2009", "awk", "BEGIN { for (i = 0; i < 200; i++) a[i] = i * i; for (i in a) s += a[i]; print s }")]
    public void BothCountTheSame(string prices, params string[] words)
    {
        RequiredProcessor.Check();
        string program = Path.Combine(Environment.GetEnvironmentVariable("PAGING_I386") ?? "", "bin", "busybox");
        if (!File.Exists(program)) Assert.Skip("There is no busybox for i386: tools/get-i386.sh fetches it, or set PAGING_I386.");
        PairObserver observer = new(PriceList.Find(prices)!);
        using GuestKernel kernel = new(new GuestKernelOptions
        {
            Engine = new EngineOptions { RamBytes = 1 << 20, Seed = 1 },
            Root = Path.GetDirectoryName(program)!,
            IsRandomized = false,
            Pace = GuestPace.Code,
            Accesses = observer,
            Observer = observer,
            StandardStreams = [-1, -1, -1],
        });
        observer.Pair.AddSwap(16 << 20);
        Assert.Equal(Errno.None, kernel.Start("/busybox", words, ["PATH=/"]));
        kernel.Run();
        Assert.Null(observer.Difference ?? observer.Pair.SampleDifference());
        Assert.InRange(observer.AccessCount, 10_000, long.MaxValue);
    }

    /// <summary>Reports as RunCosts does, to both.</summary>
    private sealed class PairObserver(PriceList prices) : IGuestAccessSink, IGuestObserver
    {
        private readonly List<GuestAccess> _accesses = [];
        private LedgerPair? _pair;

        public LedgerPair Pair => _pair!;

        public long AccessCount { get; private set; }

        /// <summary>The first difference.</summary>
        public string? Difference { get; private set; }

        public void Started(PagingEngine engine) => _pair = new(engine, prices);

        public void Take(in GuestAccess access) => _accesses.Add(access);

        public void OnProgress(UserProcess process, string? call, long nanoseconds)
        {
            foreach (GuestAccess access in _accesses)
            {
                if (access.Process.HasExited) continue;
                AccessKind kind = access.Kind switch
                {
                    GuestAccessKind.Fetch => AccessKind.Fetch,
                    GuestAccessKind.Load => AccessKind.Read,
                    _ => AccessKind.Write,
                };
                Pair.Observe(access.Process, access.Address, access.ByteLength, kind, processor: 0);
                AccessCount++;
            }

            _accesses.Clear();
            if (call is not null && !process.HasExited) Pair.EndCall(process, 0, processor: 0);
            Difference ??= Pair.Difference();
        }
    }
}
