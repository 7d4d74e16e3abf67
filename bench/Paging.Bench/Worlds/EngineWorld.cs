using Paging.Bench.Harness;
using Paging.Core;
using Paging.Native;
using Paging.Native.Allocation;

namespace Paging.Bench.Worlds;

/// <summary>An engine with one process, for the contenders of a race.</summary>
internal sealed class EngineWorld : IDisposable
{
    /// <summary>Room in RAM for page tables and the like, beside the pages of a race.</summary>
    private const ulong Overhead = 16 << 20;

    /// <summary>The byte that <see cref="Fill"/> stores everywhere, and the value of a word of it.</summary>
    public const byte FilledByte = 1;

    /// <inheritdoc cref="FilledByte"/>
    public const uint FilledWord = 0x0101_0101;

    /// <summary>Makes an engine whose RAM holds so many bytes for the race.</summary>
    public EngineWorld(ulong byteLength, int zeroedFrames = 0, int faultAroundPages = 16, bool sharesRam = false)
    {
        ulong ram = Math.Min(byteLength + (byteLength >> 6) + Overhead, 1UL << 32) & ~0xFFFUL;
        Engine = new(new EngineOptions
        {
            RamBytes = ram,
            Overcommit = OvercommitMode.Always,
            ZeroedFrames = zeroedFrames,
            FaultAroundPages = faultAroundPages,
            ShareRam = sharesRam,
        });
        Process = Engine.CreateProcess("bench");
    }

    public PagingEngine Engine { get; }

    public UserProcess Process { get; }

    public AddressSpace Space => Process.Memory;

    public Mmu Mmu => Process.Memory.Mmu;

    /// <summary>Maps anonymous memory anywhere, aligned to the reach of one page table when it is that large.</summary>
    public VirtualAddress Map(uint byteLength, MemoryProtection protection = MemoryProtection.ReadWrite)
    {
        Require(Space.Map(VirtualAddress.Zero, byteLength, protection, MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at),
            "mmap");
        return at;
    }

    /// <summary>Maps anonymous memory at a place.</summary>
    public void MapAt(VirtualAddress at, uint byteLength, MemoryProtection protection = MemoryProtection.ReadWrite)
    {
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        Require(Space.Map(at, byteLength, protection, flags, out _), "mmap");
    }

    /// <summary>Makes many areas: one page mapped, one page free, again and again, right below the place where searches begin.</summary>
    /// <returns>The first page of the first area; the next area is two pages on.</returns>
    public VirtualAddress MapComb(int areaCount, MemoryProtection protection)
    {
        VirtualAddress start = Map((uint)areaCount * 8192, protection);
        VirtualAddress hole = start + 4096;
        for (int i = 0; i < areaCount; i++, hole += 8192) Require(Space.Unmap(hole, 4096), "munmap");
        BrokenBenchmarkException.ThrowUnlessEqual("areas", areaCount, Space.Areas.Count);
        return start;
    }

    /// <summary>Gives the pages of a range back; each is a first touch again. Holes do not matter.</summary>
    public void Discard(VirtualAddress start, uint byteLength)
    {
        Errno error = Space.Advise(start, byteLength, MemoryAdvice.DontNeed);
        if (error != Errno.ENOMEM) Require(error, "madvise");
    }

    /// <summary>Lets the background work do all that is due: zeroing ahead, where the world has asked for it.</summary>
    public static void CatchUp(PagingEngine engine)
    {
        while (engine.RunBackground(1 << 16) != 0) { }
        if (engine.Options.ZeroedFrames != 0)
            BrokenBenchmarkException.ThrowUnlessEqual("frames zeroed ahead", (uint)engine.Options.ZeroedFrames,
                engine.Parts.Machine.Allocator.ZeroedCount.Value);
    }

    /// <summary>Writes a word into each of the pages.</summary>
    public void Touch(VirtualAddress start, int pageCount)
    {
        for (int i = 0; i < pageCount; i++, start += 4096) Mmu.Write(start, FilledWord);
    }

    /// <summary>Stores <see cref="FilledByte"/> everywhere in a range.</summary>
    public void Fill(VirtualAddress start, uint byteLength)
    {
        uint done = Mmu.Fill(start, byteLength, FilledByte, out _);
        BrokenBenchmarkException.ThrowUnlessEqual("bytes filled", byteLength, done);
    }

    /// <summary>Where the bytes of a page that is present lie on the host.</summary>
    public unsafe byte* HostPage(PageNumber page)
    {
        PageTableEntry entry = Space.Space.Tables.Read(page);
        BrokenBenchmarkException.ThrowUnless(entry.IsPresent, $"Page {page} should be present.");
        return Engine.Ram.HostAddress(entry.Frame);
    }

    /// <summary>Notes where the pages of a range lie on the host.</summary>
    public unsafe void CollectHostPages(VirtualAddress start, Span<nint> pages)
    {
        PageNumber page = start.Page;
        foreach (ref nint address in pages) address = (nint)HostPage(page++);
    }

    /// <summary>Fails the benchmark when a call of the engine did not succeed.</summary>
    public static void Require(Errno error, string call)
    {
        if (error != Errno.None) throw new BrokenBenchmarkException($"{call} of the engine returned {error}.");
    }

    /// <inheritdoc/>
    public void Dispose() => Engine.Dispose();
}
