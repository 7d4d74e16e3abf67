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
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20 });
        using (UserProcess process = engine.CreateProcess("p"))
        {
            PageRange pages = new(new(0x10000), new(16));
            process.Memory.MapAnonymous(pages.First.Address, (uint)pages.Count.Bytes);
            Generators.Addresses(pages).Check(500, address =>
            {
                process.Memory.Mmu.Write(address, (byte)address.Value);
                Assert.Equal((byte)address.Value, process.Memory.Mmu.Read<byte>(address));
            });
            Gen.UInt[0, (uint)pages.Count.Bytes - 1].Sample(offset =>
                process.Memory.Mmu.Read<byte>(pages.First.Address + offset) is var found && (found == 0 || found == (byte)offset));
        }

        EngineAssert.NothingIsLeft(engine);
    }

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
