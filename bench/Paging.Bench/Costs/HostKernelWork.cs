using System.Diagnostics;
using Paging.Bench.Harness;
using Paging.Bench.Host;

namespace Paging.Bench.Costs;

/// <summary>The kernel's work, measured on this host: the least of several rounds, in nanoseconds.</summary>
/// <remarks>
/// Stores, munmap and fork are those of a <see cref="BareProcess"/>, whose clock is a system call: the time between two of them with
/// nothing in between is taken off. Loads and files are this process's own.
/// </remarks>
internal sealed class HostKernelWork : IDisposable
{
    private const int PageLength = 4096;
    private const long HugeLength = 2 << 20;

    private readonly BareProcess _bare = new();
    private readonly HostFile _file;
    private readonly byte[] _buffer;
    private readonly int _rounds;
    private readonly double _clock;

    /// <summary>Starts the process, and makes a file.</summary>
    /// <param name="largest">The largest size of a work.</param>
    /// <param name="rounds">The rounds of each.</param>
    public HostKernelWork(uint largest, int rounds)
    {
        _rounds = rounds;
        _file = HostFile.OnDisk(largest);
        _buffer = new byte[largest];
        _clock = Least(() => InBare([], []));
        for (int round = 0; round < 16; round++) _clock = Math.Min(_clock, InBare([], []));
    }

    /// <summary>Measures a work. Returns 0 if the host has no huge pages for it.</summary>
    public double Measure(KernelWork work, uint byteLength)
    {
        if (work == KernelWork.HugeFirstStores && !HasHugePages(byteLength)) return 0;
        HostStep[] map = Mapping(byteLength, work == KernelWork.HugeFirstStores);
        HostStep touch = HostStep.Touch(BareProcess.Base, (int)(byteLength / PageLength));
        HostStep unmap = HostStep.Unmap(BareProcess.Base, byteLength);
        HostStep[] endOfChild = [_bare.Release, HostStep.Wait, unmap];
        return Least(() => work switch
        {
            KernelWork.FirstStores or KernelWork.HugeFirstStores => InBare(map, [touch], unmap) - _clock,
            KernelWork.Unmap => InBare([.. map, touch], [unmap]) - _clock,
            KernelWork.Fork => InBare([.. map, touch], [HostStep.Fork], endOfChild) - _clock,
            KernelWork.CopyOnWrite => InBare([.. map, touch, HostStep.Fork], [touch], endOfChild) - _clock,
            KernelWork.ReadFile => Read(byteLength),
            _ => LoadFirst(byteLength, work == KernelWork.MappedFile ? _file.Descriptor : -1),
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _bare.Dispose();
        _file.Dispose();
    }

    private double Least(Func<double> measure) => Enumerable.Range(0, _rounds).Min(_ => measure());

    private double InBare(HostStep[] before, HostStep[] timed, params HostStep[] after)
    {
        _bare.Run([.. before, BareProcess.Clock(0), .. timed, BareProcess.Clock(1), .. after]);
        return _bare.Elapsed(0, 1);
    }

    private static HostStep[] Mapping(uint byteLength, bool isHuge) =>
    [
        HostStep.MapFixed(BareProcess.Base, byteLength),
        HostStep.Advise(BareProcess.Base, byteLength, isHuge ? HostCalls.AdviseHugePage : HostCalls.AdviseNoHugePage),
    ];

    private bool HasHugePages(uint byteLength)
    {
        _bare.Run([.. Mapping(byteLength, isHuge: true), BareProcess.Usage(0),
            HostStep.Touch(BareProcess.Base, (int)(byteLength / PageLength)), BareProcess.Usage(1),
            HostStep.Unmap(BareProcess.Base, byteLength)]);
        return _bare.MinorFaults(0, 1) == byteLength / HugeLength;
    }

    // Unsafe: the buffer has the length of the largest work.
    private unsafe double Read(uint byteLength)
    {
        fixed (byte* buffer = _buffer)
        {
            long began = Stopwatch.GetTimestamp();
            nint count = HostCalls.ReadAt(_file.Descriptor, buffer, byteLength, 0);
            long time = HostKernel.Nanoseconds(Stopwatch.GetTimestamp() - began);
            BrokenBenchmarkException.ThrowUnlessEqual("bytes read", byteLength, count);
            return time;
        }
    }

    /// <summary>Maps a file, or anonymous memory, and loads a byte of each page.</summary>
    // Unsafe: the loads stay within the mapping.
    private static unsafe double LoadFirst(uint byteLength, int file)
    {
        int flags = file < 0 ? HostCalls.MapPrivate | HostCalls.MapAnonymous : HostCalls.MapShared;
        byte* at = (byte*)HostCalls.Map(null, byteLength, HostCalls.ProtectRead, flags, file, 0);
        HostKernel.Check((nint)at != -1, "mmap");
        _ = HostCalls.Advise(at, byteLength, HostCalls.AdviseNoHugePage);
        long began = Stopwatch.GetTimestamp();
        uint sum = 0;
        for (uint offset = 0; offset < byteLength; offset += PageLength) sum += Volatile.Read(ref at[offset]);
        long time = HostKernel.Nanoseconds(Stopwatch.GetTimestamp() - began);
        HostKernel.Check(HostCalls.Unmap(at, byteLength), "munmap");
        if (file < 0) BrokenBenchmarkException.ThrowUnlessEqual("the sum of zero pages", 0, sum);
        return time;
    }
}
