using CsCheck;
using Paging.Core;
using Paging.Native;
using Paging.Testing.Checks;
using Paging.Testing.Generating;
using Xunit;

namespace PagingTemplate;

public sealed class BackingTests
{
    /// <summary>Reads, writes, mappings, lengths and lost caches, beside plain bytes. Fails until the bug in Backing.cs is gone.</summary>
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void EveryByteComesBack(int seed) => FileBackingCheck.Run(new Backing(), (ulong)seed);

    /// <summary>What was written at an address is read there; a failure prints the smallest address, and the seed.</summary>
    [Fact]
    public void AnAddressKeepsItsByte()
    {
        PageRange pages = new(new(0x10000), new(16));
        Generators.Addresses(pages).Check(500, address =>
        {
            using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 });
            using UserProcess process = engine.CreateProcess("p");
            process.Memory.MapAnonymous(pages.First.Address, (uint)pages.Count.Bytes);
            process.Memory.Mmu.Write(address, (byte)address.Value);
            Assert.Equal((byte)address.Value, process.Memory.Mmu.Read<byte>(address));
        });
    }

    /// <summary>The values may come from a property library as well.</summary>
    [Fact]
    public void NewMemoryReadsAsZeros() => Gen.UInt[0, (16 * 4096) - 1].Sample(static offset =>
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 });
        using UserProcess process = engine.CreateProcess("p");
        return process.Memory.Mmu.Read<byte>(process.Memory.MapAnonymous(16 * 4096) + offset) == 0;
    });

    /// <summary>Your code gives up cleanly, whichever allocation of the engine is refused.</summary>
    [Fact]
    public void EachAllocationMayFail() => FailureInjection.EachAllocationFailsOnce(
        () => new PagingEngine(new EngineOptions { RamBytes = 1 << 20 }),
        engine =>
        {
            using UserProcess process = engine.CreateProcess("p");
            process.Memory.Mmu.Write(process.Memory.MapAnonymous(8192), 1);
        });
}
