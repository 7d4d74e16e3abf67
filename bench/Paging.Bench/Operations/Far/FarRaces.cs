using System.Globalization;
using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Paging.Remote;
using StackExchange.Redis;
using Role = Paging.Bench.Harness.Role;

namespace Paging.Bench.Operations.Far;

/// <summary>
/// What does a page on a server cost beside the bare client's round trip for the same bytes? Expected: 1.3 times for one page, and in
/// streams four fifths of the client's pages a second.
/// </summary>
/// <remarks>Server, client and engine share the host's processors: figures are of loopback, and vary with the load of the host.</remarks>
internal static class FarRaces
{
    private const string OfPage = "page", OfResumption = "resumption";
    private const int FaultPages = 128, StreamPages = 1024, PageByteLength = 4096;

    private static readonly int[] _batches = [1, 2, 4, 8, 16, 32, 64];

    public static IEnumerable<RaceDefinition> All =>
    [
        Define("far-fault", "random", OfPage, scale => Fault(scale.Pick(FaultPages, tiny: 8))),
        .. _batches.Select(static pages => Define("far-in", Together(pages), OfPage,
            scale => Stream(scale.Pick(StreamPages, tiny: 64), pages, isOut: false))),
        .. _batches.Select(static pages => Define("far-out", Together(pages), OfPage,
            scale => Stream(scale.Pick(StreamPages, tiny: 64), pages, isOut: true))),
        Define("far-resume", "256MiB", OfResumption, scale => Resume(scale.Pick(65536, tiny: 64))) with { HostBytes = 1L << 30 },
    ];

    private static RaceDefinition Define(string operation, string size, string unit, Func<Scale, Race> start) =>
        new(operation, size, unit, start) { Missing = RedisHost.Missing };

    private static string Together(int pages) => string.Create(CultureInfo.InvariantCulture, $"{pages}-together");

    private static Race Fault(int pages)
    {
        RedisHost host = new();
        FarWorld world = new(host, pages, batchPages: 32, windowPages: 1);
        BareValues values = new(host, pages);
        return new(pages, pages, [new FaultContender(world), new RoundTripContender(values)], world, host);
    }

    private static Race Stream(int pages, int together, bool isOut)
    {
        RedisHost host = new();
        FarWorld world = new(host, pages, batchPages: isOut ? together : 32, windowPages: isOut ? 8 : together);
        BareValues values = new(host, pages);
        return isOut ? new(pages, pages, [new OutContender(world), new SetContender(values, together)], world, host)
            : new(pages, pages, [new InContender(world), new GetContender(values, together)], world, host);
    }

    private static Race Resume(int pages)
    {
        RedisHost host = new();
        return new(1, 1, [new ResumeContender(host, pages)], host);
    }

    private abstract class FarContender(Role role, string description) : Contender(role, description)
    {
        public override long AllocatedBytesMax => long.MaxValue;    // the client makes objects

        public override int CountMax => FarWorld.CountMax;
    }

    private sealed class FaultContender(FarWorld world) : FarContender(Role.Engine, "Mmu.Read of a page on the server, in no order")
    {
        private uint _sum;

        public override void Prepare(int count) => world.PutAllOut();

        public override void Run(int count)
        {
            uint sum = 0;
            for (int i = 0, page = 0; i < count; i++, page = (page + 53) % count) sum += world.ReadFirst(page);
            _sum = sum;
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("the sum read back", world.SumOf(count), _sum);
    }

    private sealed class InContender(FarWorld world) : FarContender(Role.Engine, "Mmu.Read of pages on the server, in order")
    {
        private uint _sum;

        public override void Prepare(int count) => world.PutAllOut();

        public override void Run(int count)
        {
            uint sum = 0;
            for (int page = 0; page < count; page++) sum += world.ReadFirst(page);
            _sum = sum;
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("the sum read back", world.SumOf(count), _sum);
    }

    private sealed class OutContender(FarWorld world) : FarContender(Role.Engine, "madvise(MADV_PAGEOUT), until the server has all")
    {
        public override void Prepare(int count) => world.BringAllIn();

        public override void Run(int count) => world.PutAllOut();
    }

    private sealed class RoundTripContender(BareValues values) : FarContender(Role.Reference, "the bare client: GET, and its answer")
    {
        public override void Run(int count)
        {
            for (int i = 0; i < count; i++) values.Get(i);
        }
    }

    private sealed class GetContender(BareValues values, int together) : FarContender(Role.Reference, "the bare client: pipelined GETs")
    {
        public override void Run(int count) => values.GetAll(count, together);
    }

    private sealed class SetContender(BareValues values, int together) : FarContender(Role.Reference, "the bare client: pipelined SETs")
    {
        public override void Run(int count) => values.SetAll(count, together);
    }

    /// <summary>From the name of a snapshot to the first word of the process.</summary>
    private sealed class ResumeContender : FarContender
    {
        private static readonly VirtualAddress First = new(0x1000_0000);

        private readonly RedisServer _server;
        private readonly RemoteAddress _address;
        private readonly int _pages;
        private PagingEngine? _engine;
        private uint _found;

        public ResumeContender(RedisHost host, int pages) : base(Role.Engine, "SnapshotStore.Open, Resume, and the first read")
        {
            _pages = pages;
            if (!RemoteAddress.TryParse(host.Url, [], out RemoteAddress? address, out string? complaint))
                throw new BrokenBenchmarkException(complaint);
            (_address, _server) = (address, RedisServer.Connect(address));
            using PagingEngine engine = new(new EngineOptions { RamBytes = ((ulong)pages << 12) + (32 << 20) });
            using UserProcess process = engine.CreateProcess("large");
            EngineWorld.Require(process.Memory.Map(First, (uint)pages << 12, MemoryProtection.ReadWrite,
                MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _), "mmap");
            for (uint page = 0; page < pages; page++) process.Memory.Mmu.Write(First + (page << 12), page + 1);
            using Snapshot snapshot = process.TakeSnapshot();
            new SnapshotStore(_server, _address).Save(snapshot, "large");
        }

        public override void Prepare(int count)
        {
            _engine?.Dispose();
            _engine = new(new EngineOptions { RamBytes = ((ulong)_pages << 12) + (32 << 20) });
        }

        public override void Run(int count)
        {
            UserProcess process = new SnapshotStore(_server, _address).Open("large").Resume(_engine!, out _);
            _found = process.Memory.Mmu.Read<uint>(First + ((uint)(_pages - 1) << 12));
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("the word read", (uint)_pages, _found);

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _engine?.Dispose();
            _server.Dispose();
        }
    }

    /// <summary>Values as large as pages, written and read by the client alone.</summary>
    private sealed class BareValues
    {
        private readonly IDatabase _bare;
        private readonly RedisKey[] _keys;
        private readonly byte[][] _values;

        public BareValues(RedisHost host, int pages)
        {
            _bare = host.Bare;
            _keys = [.. Enumerable.Range(0, pages)
                .Select(static page => (RedisKey)string.Create(CultureInfo.InvariantCulture, $"bare:{page:x}"))];
            Random random = new(1);
            _values = new byte[pages][];
            for (int i = 0; i < pages; i++)
            {
                _values[i] = new byte[PageByteLength + PageEnvelope.HeaderByteLength];
                random.NextBytes(_values[i]);
            }

            SetAll(pages, 64);
        }

        public void Get(int page) => Require((byte[]?)_bare.StringGet(_keys[page]));

        public void GetAll(int count, int together)
        {
            Task<RedisValue>[] tasks = new Task<RedisValue>[together];
            for (int at = 0; at < count; at += together)
            {
                IBatch batch = _bare.CreateBatch();
                for (int i = 0; i < together; i++) tasks[i] = batch.StringGetAsync(_keys[at + i]);
                batch.Execute();
                foreach (Task<RedisValue> task in tasks) Require((byte[]?)task.GetAwaiter().GetResult());
            }
        }

        public void SetAll(int count, int together)
        {
            Task[] tasks = new Task[Math.Min(count, together)];
            for (int at = 0; at < count; at += tasks.Length)
            {
                IBatch batch = _bare.CreateBatch();
                for (int i = 0; i < tasks.Length; i++)
                    tasks[i] = batch.StringSetAsync(_keys[at + i], _values[at + i], TimeSpan.FromHours(1));
                batch.Execute();
                foreach (Task task in tasks) task.GetAwaiter().GetResult();
            }
        }

        private static void Require(byte[]? value) =>
            BrokenBenchmarkException.ThrowUnlessEqual(
                "bytes of a value", PageByteLength + PageEnvelope.HeaderByteLength, value?.Length ?? 0);
    }
}
