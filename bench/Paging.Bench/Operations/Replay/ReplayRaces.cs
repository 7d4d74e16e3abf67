using Paging.Bench.Harness;
using Paging.Traces;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Bench.Operations.Replay;

/// <summary>
/// What does an access of a trace cost under LRU, when most hit and when most miss? Expected: O(1), and memory's own latency.
/// </summary>
internal static class ReplayRaces
{
    private const int AccessCount = 1 << 16;
    private const int PageCount = 1 << 14;

    public static IEnumerable<RaceDefinition> All =>
    [
        Of("hits", frameCount: PageCount / 2),
        Of("half-hits", frameCount: PageCount / 64),
        Of("misses", frameCount: 64),
    ];

    private static RaceDefinition Of(string size, int frameCount) => new("replay-lru", size, "access", scale =>
    {
        TraceAccess[] accesses = ChooseAccesses(scale.Pick(AccessCount, tiny: 256));
        return new(accesses.Length, 1024, [new Ours(accesses, frameCount), new BareLoop(accesses), new CSharp(accesses, frameCount)]);
    })
    { IsPrepared = false };

    /// <summary>Few pages often, most pages seldom: the product of three dice.</summary>
    private static TraceAccess[] ChooseAccesses(int count)
    {
        Random random = new(1);
        TraceAccess[] accesses = new TraceAccess[count];
        for (int index = 0; index < count; index++)
        {
            double share = random.NextDouble() * random.NextDouble() * random.NextDouble();
            accesses[index] = new((ulong)(share * PageCount), isStore: random.Next(4) == 0);
        }
        return accesses;
    }

    private sealed class Ours(TraceAccess[] accesses, int frameCount) : Contender(Role.Engine, "the simulator of LRU")
    {
        private readonly TraceSimulator _simulator = ReplayCatalog.Find("LRU")!.Simulate(frameCount);
        private readonly int[] _ids = [.. accesses.Select(static access => (int)access.Page)];    // below PageCount already
        private long _expectedCount;

        public override void Run(int count)
        {
            _expectedCount = _simulator.AccessCount + count;
            _simulator.Run(new(accesses.AsMemory(0, count), _ids.AsMemory(0, count)));
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("accesses simulated", _expectedCount, _simulator.AccessCount);
            BrokenBenchmarkException.ThrowUnless(_simulator.MissCount > 0, "no access has missed");
        }
    }

    /// <summary>The reference: each access marks its page, and no page is ever evicted.</summary>
    private sealed class BareLoop(TraceAccess[] accesses) : Contender(Role.Reference, "a store by page number")
    {
        private readonly int[] _lastAccesses = new int[PageCount];

        public override void Run(int count)
        {
            int[] lastAccesses = _lastAccesses;
            for (int index = 0; index < count; index++) lastAccesses[(int)accesses[index].Page] = index;
        }
    }

    private sealed class CSharp(TraceAccess[] accesses, int frameCount) : Contender(Role.CSharp, "Dictionary and LinkedList")
    {
        private readonly Dictionary<ulong, LinkedListNode<(ulong Page, bool IsDirty)>> _nodes = [];
        private readonly LinkedList<(ulong Page, bool IsDirty)> _stack = [];

        public override void Run(int count)
        {
            foreach (TraceAccess access in accesses.AsSpan(0, count)) Touch(access);
        }

        private void Touch(TraceAccess access)
        {
            if (_nodes.TryGetValue(access.Page, out LinkedListNode<(ulong Page, bool IsDirty)>? node))
            {
                _stack.Remove(node);
                node.Value = (access.Page, node.Value.IsDirty | access.IsStore);
                _stack.AddFirst(node);
                return;
            }
            if (_nodes.Count == frameCount)
            {
                _ = _nodes.Remove(_stack.Last!.Value.Page);
                _stack.RemoveLast();
            }
            _nodes.Add(access.Page, _stack.AddFirst((access.Page, access.IsStore)));
        }
    }
}
