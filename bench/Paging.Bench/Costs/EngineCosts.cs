using Paging.Bench.Harness;
using Paging.Core;
using Paging.Core.Files;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Native;

namespace Paging.Bench.Costs;

/// <summary>The same work on the engine, with a ledger for each of some price lists beside it.</summary>
/// <remarks>
/// Its page tables are PAE: entries of 8 bytes and large pages of 2 MiB, as on the host, but two levels in memory where the host has four.
/// Fork copies entries, as Linux does (<see cref="EngineOptions.LendTablesFrom"/>).
/// </remarks>
internal sealed class EngineCosts : IDisposable
{
    private const uint PageLength = 4096, Overhead = 16 << 20;
    private const int LendNone = 2048;
    private const int WarmUpCount = 1 << 16, CountedLoads = 1 << 17, WarmUpPages = 1 << 14;

    private static readonly VirtualAddress Base = new(0x4000_0000);

    private readonly PagingEngine _engine;
    private readonly UserProcess _process;
    private readonly uint _byteLength;

    private EngineCosts(uint byteLength, bool isHuge, ulong ram)
    {
        _byteLength = byteLength;
        _engine = new(new EngineOptions
        {
            RamBytes = (ram + (ram >> 6) + Overhead) & ~(ulong)(PageLength - 1),
            Tables = TableFormat.Pae,
            Overcommit = OvercommitMode.Always,
            TransparentHugePages = isHuge ? TransparentHugePages.Advised : TransparentHugePages.Never,
            LendTablesFrom = LendNone,
        });
        _process = _engine.CreateProcess("costs");
    }

    /// <summary>An engine with a working set for <see cref="OfLoads"/>, each page of which has been stored to.</summary>
    public static EngineCosts ForLoads(uint largest, bool isHuge)
    {
        uint byteLength = Math.Max(largest, 2 << 20);    // a whole large page
        EngineCosts costs = new(byteLength, isHuge, byteLength);
        costs.MapAnonymous(isHuge);
        costs.StoreToEachPage();
        return costs;
    }

    /// <summary>The nanoseconds of a load by each list, after a warm-up.</summary>
    public double[] OfLoads(LoadPattern pattern, uint byteLength, IReadOnlyList<PriceList> lists)
    {
        LoadSequence sequence = new(pattern, byteLength);
        CostLedger[] ledgers = Ledgers(lists);
        WarmUp(byteLength, ledgers);
        Load(sequence, ledgers, WarmUpCount);
        long[] before = [.. ledgers.Select(static ledger => ledger.Now.Picoseconds)];
        Load(sequence, ledgers, CountedLoads);
        return [.. ledgers.Zip(before, static (ledger, start) => (ledger.Now.Picoseconds - start) / 1e3 / CountedLoads)];
    }

    /// <summary>The nanoseconds of the kernel's work by each list.</summary>
    public static double[] OfKernel(KernelWork work, uint byteLength, IReadOnlyList<PriceList> lists)
    {
        bool isHuge = work == KernelWork.HugeFirstStores;
        using EngineCosts costs = new(byteLength, isHuge, 2UL * byteLength);
        CostLedger[] ledgers = costs.Do(work, lists);
        return [.. ledgers.Select(static ledger => ledger.End.Picoseconds / 1e3)];
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    private CostLedger[] Do(KernelWork work, IReadOnlyList<PriceList> lists)
    {
        CostLedger[] ledgers;
        switch (work)
        {
            case KernelWork.FirstStores or KernelWork.HugeFirstStores or KernelWork.FirstLoads:
                MapAnonymous(work == KernelWork.HugeFirstStores);
                ledgers = Ledgers(lists);
                Touch(ledgers, work == KernelWork.FirstLoads ? AccessKind.Read : AccessKind.Write);
                return ledgers;
            case KernelWork.Unmap:
                MapAnonymous(isHuge: false);
                StoreToEachPage();
                ledgers = Ledgers(lists);
                Require(_process.Memory.Unmap(Base, _byteLength), "munmap");
                foreach (CostLedger ledger in ledgers) ledger.EndCall(_process);
                return ledgers;
            case KernelWork.Fork or KernelWork.CopyOnWrite:
                MapAnonymous(isHuge: false);
                StoreToEachPage();
                ledgers = work == KernelWork.Fork ? Ledgers(lists) : [];
                UserProcess child = _process.Fork();
                foreach (CostLedger ledger in ledgers) ledger.EndFork(_process, child);
                if (work == KernelWork.Fork) return ledgers;
                ledgers = Ledgers(lists);
                Touch(ledgers, AccessKind.Write);
                return ledgers;
            default:
                return DoFile(work, lists);
        }
    }

    private CostLedger[] DoFile(KernelWork work, IReadOnlyList<PriceList> lists)
    {
        GuestFile file = _engine.Files.CreateFile("costs", new MemoryBacking(new byte[_byteLength]), FileRights.Read);
        Require(file.Open(_process, FileRights.Read, out int descriptor), "open");
        byte[] buffer = new byte[_byteLength];
        Read();    // into the page cache
        if (work == KernelWork.MappedFile)
            Require(_process.Memory.Map(Base, _byteLength, MemoryProtection.Read, MapFlags.Shared | MapFlags.Fixed, descriptor, 0, out _),
                "mmap");
        CostLedger[] ledgers = Ledgers(lists);
        if (work == KernelWork.MappedFile)
        {
            Touch(ledgers, AccessKind.Read);
            return ledgers;
        }

        Read();
        foreach (CostLedger ledger in ledgers) ledger.EndRead(_process, file, 0, _byteLength);
        return ledgers;

        void Read()
        {
            Require(_process.FileDescriptors.Read(descriptor, 0, buffer, out int count), "read");
            BrokenBenchmarkException.ThrowUnlessEqual("bytes read", _byteLength, count);
        }
    }

    private CostLedger[] Ledgers(IReadOnlyList<PriceList> lists) => [.. lists.Select(list => new CostLedger(_engine, list))];

    private void MapAnonymous(bool isHuge)
    {
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        Require(_process.Memory.Map(Base, _byteLength, MemoryProtection.ReadWrite, flags, out _), "mmap");
        if (isHuge) Require(_process.Memory.Advise(Base, _byteLength, MemoryAdvice.HugePage), "madvise");
    }

    private void StoreToEachPage()
    {
        for (uint offset = 0; offset < _byteLength; offset += PageLength) _process.Memory.Mmu.Write(Base + offset, (byte)1);
    }

    private void Touch(CostLedger[] ledgers, AccessKind kind)
    {
        for (uint offset = 0; offset < _byteLength; offset += PageLength)
        {
            if (kind == AccessKind.Write) _process.Memory.Mmu.Write(Base + offset, (byte)1);
            else _ = _process.Memory.Mmu.Read<byte>(Base + offset);
            foreach (CostLedger ledger in ledgers) ledger.Observe(_process, Base + offset, 1, kind);
        }
    }

    /// <summary>A load of each page, of the last ones where there are more than any TLB holds: a lap of lines is far longer.</summary>
    private void WarmUp(uint byteLength, CostLedger[] ledgers)
    {
        for (uint offset = byteLength - Math.Min(byteLength, WarmUpPages * PageLength); offset < byteLength; offset += PageLength)
        {
            _ = _process.Memory.Mmu.Read<byte>(Base + offset);
            foreach (CostLedger ledger in ledgers) ledger.Observe(_process, Base + offset, 1, AccessKind.Read);
        }
    }

    private void Load(LoadSequence sequence, CostLedger[] ledgers, int count)
    {
        for (int i = 0; i < count; i++)
        {
            VirtualAddress at = Base + sequence.Next();
            _ = _process.Memory.Mmu.Read<uint>(at);
            foreach (CostLedger ledger in ledgers) ledger.Observe(_process, at, sizeof(uint), AccessKind.Read);
        }
    }

    private static void Require(Errno error, string call)
    {
        if (error != Errno.None) throw new BrokenBenchmarkException($"{call} of the engine failed: {error}.");
    }
}
