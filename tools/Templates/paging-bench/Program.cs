using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Paging.Core;
using Paging.Native;

// In this process: nothing is built, so it runs where there is no registry. A --job on the command line would build a project.
Job job = (args.Contains("--dry") ? Job.Dry : Job.ShortRun).WithToolchain(InProcessEmitToolchain.Instance);
BenchmarkRunner.Run<Accesses>(DefaultConfig.Instance.AddJob(job).WithOptions(ConfigOptions.DisableOptimizationsValidator));

/// <summary>1,024 reads of an engine's memory, beside an array. Replace them by your own component.</summary>
public class Accesses
{
    private const int Count = 1024;
    private readonly byte[] _array = new byte[64 << 10];
    private PagingEngine? _engine;
    private Mmu? _memory;
    private VirtualAddress _start;

    [GlobalSetup]
    public void Setup()
    {
        _engine = new(new EngineOptions { RamBytes = 4 << 20 });
        UserProcess process = _engine.CreateProcess("p");
        _start = process.Memory.MapAnonymous((uint)_array.Length);
        _memory = process.Memory.Mmu;
        for (uint at = 0; at < _array.Length; at += 64) _memory.Write(_start + at, at);
    }

    [GlobalCleanup]
    public void Cleanup() => _engine!.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    public uint Array()
    {
        uint sum = 0;
        for (int at = 0; at < Count * 4; at += 4) sum += BitConverter.ToUInt32(_array, at);
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public uint Engine()
    {
        Mmu memory = _memory!;
        uint sum = 0;
        for (uint at = 0; at < Count * 4; at += 4) sum += memory.Read<uint>(_start + at);
        return sum;
    }
}
