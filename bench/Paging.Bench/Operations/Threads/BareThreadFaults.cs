using System.Runtime.InteropServices;
using Paging.Bench.Harness;
using Paging.Native.Memory;

namespace Paging.Bench.Operations.Threads;

/// <summary>
/// The least that a first touch takes: each thread zeroes a frame of its own, stores an entry by compare-and-exchange, and an addend.
/// </summary>
internal sealed class BareThreadFaults : Contender
{
    private const int FrameBytesLog2 = 12;

    private readonly HostBlock _ram;
    private readonly ThreadTeam _team;
    private readonly Action<int, int> _work;
    private readonly uint[] _entries;
    private readonly long[] _addends;

    public BareThreadFaults(int threads, int pages) : base(Role.Reference, "a frame zeroed, an entry, an addend, on each thread")
    {
        _ram = new((ulong)pages << FrameBytesLog2, requestHugePages: true);
        (_entries, _addends) = (new uint[pages], new long[pages]);
        _team = new(threads, static _ => { }, static _ => { });
        _work = Work;
    }

    public override void Prepare(int count)
    {
        Array.Clear(_entries);
        Array.Clear(_addends);
    }

    public override void Run(int count) => _team.Run(count, _work);

    // SAFETY: the block has a frame for each page of the race.
    private unsafe void Work(int thread, int count)
    {
        byte* ram = (byte*)_ram.Address;
        for (int page = thread * count; page < (thread + 1) * count; page++)
        {
            byte* frame = ram + ((nuint)page << FrameBytesLog2);
            FrameBytes.Clear(frame);
            if (Interlocked.CompareExchange(ref _entries[page], (uint)page << FrameBytesLog2 | 1, 0) != 0) continue;
            Volatile.Write(ref _addends[page], (long)frame);
            *(uint*)frame = 1;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _team.Dispose();
        _ram.Dispose();
        base.Dispose(disposing);
    }
}
