using System.Globalization;
using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Stopwatch = System.Diagnostics.Stopwatch;

namespace Paging.Bench.Reports;

/// <summary>
/// How the costs grow with the work: from 1 MiB of RAM to 4 GiB, from one address space to a thousand. Written as Markdown.
/// </summary>
/// <remarks>
/// Each figure is the fastest of a few tries. Metadata is host memory committed for the engine beyond the bytes of RAM that were touched:
/// descriptors, translations, records, and the runtime's own noise, which is why small RAM shows much of it.
/// </remarks>
internal static class GrowthTable
{
    private const int Tries = 5;
    private const uint PageLength = 4096;
    private const uint TouchedPagesMax = 1 << 17;    // 512 MiB

    private static readonly ulong[] _ramSizes = [1UL << 20, 16UL << 20, 256UL << 20, 1UL << 30, 4UL << 30];
    private static readonly int[] _spaceCounts = [1, 10, 100, 1_000];

    /// <summary>Measures and writes both tables.</summary>
    public static void Write(TextWriter output)
    {
        WarmUp();
        output.Write("| RAM | start-up | first touch | touch again | munmap | host memory for each touched page "
            + "| of RAM | left after dispose |\n|---|---|---|---|---|---|---|---|\n");
        foreach (ulong bytes in _ramSizes) output.Write(Row(OfRam(bytes)));
        output.Write("\n| spaces | fork of 20 pages | first touch after | read, next space each time | exit and reap |\n"
            + "|---|---|---|---|---|\n");
        foreach (int count in _spaceCounts) output.Write(Row(OfSpaces(count)));
    }

    private static void WarmUp()
    {
        for (int i = 0; i < 40; i++) _ = OfRam(1UL << 20);
        Thread.Sleep(120);
        for (int i = 0; i < 40; i++) _ = OfRam(2UL << 20);
        _ = OfSpaces(3);
        Thread.Sleep(120);
    }

    private static string[] OfRam(ulong bytes)
    {
        double start = double.MaxValue, touch = start, again = start, unmap = start, metadata = 0, left = 0;
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            long before = HostBytes(), clock = Stopwatch.GetTimestamp();
            PagingEngine engine = new(new EngineOptions
            {
                RamBytes = bytes,
                Overcommit = OvercommitMode.Always,
                RequestHostHugePages = false
            });
            start = Math.Min(start, Nanoseconds(clock));
            uint pages = (uint)Math.Min((bytes >> 12) * 7 / 8, TouchedPagesMax);
            UserProcess process = engine.CreateProcess("growth");
            EngineWorld.Require(process.Memory.Map(VirtualAddress.Zero, pages * PageLength, MemoryProtection.ReadWrite,
                MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at), "mmap");
            Touch(process.Memory.Mmu, at, pages);    // the host's own faults
            metadata = HostBytes() - before - (pages * (double)PageLength);
            for (int pass = 0; pass < Tries; pass++)
            {
                EngineWorld.Require(process.Memory.Advise(at, pages * PageLength, MemoryAdvice.DontNeed), "madvise");
                touch = Math.Min(touch, Touch(process.Memory.Mmu, at, pages) / pages);
                again = Math.Min(again, Touch(process.Memory.Mmu, at, pages) / pages);
            }

            clock = Stopwatch.GetTimestamp();
            EngineWorld.Require(process.Memory.Unmap(at, pages * PageLength), "munmap");
            unmap = Math.Min(unmap, Nanoseconds(clock) / pages);
            metadata /= pages;
            engine.Dispose();
            left = HostBytes() - before;
        }

        return
        [
            bytes >= 1 << 30 ? $"{bytes >> 30} GiB" : $"{bytes >> 20} MiB", $"{Text(start / 1e6)} ms", $"{Text(touch)} ns",
                $"{Text(again)} ns", $"{Text(unmap)} ns",
            $"{Text(metadata)} B", $"{Text(metadata / PageLength * 100)} %", $"{Text(left / 1024)} KiB",
        ];
    }

    private static string[] OfSpaces(int count)
    {
        const uint Pages = 20;
        using PagingEngine engine = new(new EngineOptions
        {
            RamBytes = 512 << 20,
            Overcommit = OvercommitMode.Always,
            AttachedSpacesMax = Math.Max(count + 1, 64)
        });
        UserProcess parent = engine.CreateProcess("parent");
        EngineWorld.Require(parent.Memory.Map(VirtualAddress.Zero, Pages * PageLength, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at), "mmap");
        Touch(parent.Memory.Mmu, at, Pages);
        double fork = double.MaxValue, touch = fork, read = fork, exit = fork;
        UserProcess[] children = new UserProcess[count];
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            long clock = Stopwatch.GetTimestamp();
            for (int i = 0; i < count; i++) children[i] = parent.Fork();
            fork = Math.Min(fork, Nanoseconds(clock) / count);
            clock = Stopwatch.GetTimestamp();
            foreach (UserProcess child in children) child.Memory.Mmu.Write(at, 1u);
            touch = Math.Min(touch, Nanoseconds(clock) / count);
            read = Math.Min(read, ReadInTurn(children, at));
            clock = Stopwatch.GetTimestamp();
            foreach (UserProcess child in children) child.Dispose();
            exit = Math.Min(exit, Nanoseconds(clock) / count);
        }

        return [count.ToString(CultureInfo.InvariantCulture), $"{Text(fork)} ns", $"{Text(touch)} ns", $"{Text(read)} ns",
            $"{Text(exit)} ns"];
    }

    private static double ReadInTurn(UserProcess[] children, VirtualAddress at)
    {
        const int Rounds = 100;
        uint sum = 0;
        long clock = Stopwatch.GetTimestamp();
        for (int round = 0; round < Rounds; round++)
        {
            foreach (UserProcess child in children) sum += child.Memory.Mmu.Read<uint>(at);
        }

        double each = Nanoseconds(clock) / (Rounds * (double)children.Length);
        return sum == Rounds * children.Length
            ? each : throw new Harness.BrokenBenchmarkException($"The children's words add up to {sum}.");
    }

    private static double Touch(Mmu mmu, VirtualAddress at, uint pages)
    {
        long clock = Stopwatch.GetTimestamp();
        for (uint page = 0; page < pages; page++) mmu.Write(at + (page * PageLength), 1u);
        return Nanoseconds(clock);
    }

    private static double Nanoseconds(long since) => Stopwatch.GetElapsedTime(since).TotalNanoseconds;

    /// <summary>Host memory committed to this process, after a garbage collection.</summary>
    private static long HostBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using System.Diagnostics.Process self = System.Diagnostics.Process.GetCurrentProcess();
        return self.WorkingSet64;
    }

    private static string Text(double value) => value.ToString(value is > -10 and < 10 ? "0.00" : "#,0", CultureInfo.InvariantCulture);

    private static string Row(string[] cells) => $"| {string.Join(" | ", cells)} |\n";
}
