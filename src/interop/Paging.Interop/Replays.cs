using Paging.Traces;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Interop;

/// <summary>paging.h, "Replacement policies".</summary>
internal static unsafe class Replays
{
    [Export("paging_replay")]
    public static void Run(byte* policy, uint frames, ulong* accesses, ulong count, ReplayResult* result)
    {
        if (count != 0) Border.Need(accesses, "accesses");
        using AccessArray trace = new(accesses, count);
        Run(policy, frames, trace, result);
    }

    [Export("paging_replay_file")]
    public static void RunFile(byte* policy, uint frames, byte* path, ReplayResult* result)
    {
        try
        {
            string name = Border.Text(path, "path");
            using TraceReader trace = TraceReader.Open(File.OpenRead(name), name);
            Run(policy, frames, trace, result);
        }
        catch (Exception e) when (e is TraceFormatException or IOException or UnauthorizedAccessException)
        {
            throw new RefusalException(BorderCode.BadArgument, e.Message);
        }
    }

    private static void Run(byte* policy, uint frames, TraceReader trace, ReplayResult* result)
    {
        string name = Border.Text(policy, "policy");
        ReplayPolicy entry = ReplayCatalog.Find(name)
            ?? throw new RefusalException(BorderCode.BadArgument,
                $"There is no policy '{name}': there are {string.Join(", ", ReplayCatalog.All.Select(static one => one.Name))}.");
        if (frames is 0 or > int.MaxValue) throw new RefusalException(BorderCode.BadArgument, $"{frames} frames: from 1 to 2^31 - 1.");
        TraceReplay replay = new();
        TraceSimulator simulator = entry.Simulate((int)frames);
        replay.Run(trace, [simulator]);
        Sized.Write(result, new ReplayResult
        {
            Accesses = (ulong)replay.AccessCount,
            Stores = (ulong)replay.StoreCount,
            DistinctPages = (ulong)replay.DistinctPageCount,
            Misses = (ulong)simulator.MissCount,
            DirtyEvictions = simulator.DirtyEvictionCount ?? -1,
        });
    }

    /// <summary>The caller's array as a trace.</summary>
    // SAFETY: the array has that many words while the call lasts; Read copies no more than are left.
    private sealed class AccessArray(ulong* accesses, ulong count) : TraceReader
    {
        private ulong _at;

        public override bool HasStores => true;
        public override TraceFormat Format => TraceFormat.Address;

        public override int Read(Span<TraceAccess> found, Span<bool> areFetches)
        {
            areFetches.Clear();
            int taken = (int)Math.Min((ulong)found.Length, count - _at);
            for (int i = 0; i < taken; i++) found[i] = new(accesses[_at + (ulong)i]);
            _at += (ulong)taken;
            return taken;
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
