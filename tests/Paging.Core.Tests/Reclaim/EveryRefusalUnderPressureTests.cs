using Paging.Core.Swap;
using Paging.Tests;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>
/// One story of more pages than RAM holds, repeated while its n-th transfer to or from swap, or its n-th allocation, fails: n =
/// 1, 2, 3 …
/// </summary>
/// <remarks>Each time: the caller gets an error or notices nothing, a retry succeeds, no byte is lost, and the audit is clean.</remarks>
public sealed class EveryRefusalUnderPressureTests
{
    private const int Pages = 280;    // RAM has 256 frames, some of them taken by tables

    /// <summary>Slow: the story runs once for each of its transfers, each time on a new engine, and ends with an audit.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void EachTransferFailsOnce()
    {
        int number = 1;
        while (RunStory(failingTransfer: number, failingAllocation: 0)) number += Soak.Of(1, 7);
        Assert.True(number > 100, $"The story makes {number - 1} transfers only: that is no pressure.");
    }

    /// <summary>Slow: the story runs once for each of its allocations, of which there are more than transfers.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void EachAllocationFailsOnce()
    {
        int number = 1;
        while (RunStory(failingTransfer: 0, failingAllocation: number)) number += Soak.Of(1, 7);
        Assert.True(number > Pages, $"The story makes {number - 1} allocations only.");
    }

    /// <summary>Returns false if the story needs fewer of them.</summary>
    private static bool RunStory(int failingTransfer, int failingAllocation)
    {
        FailingSwapStore? store = null;
        using PressureWorld world = new(ramMiB: 1, swapMiB: 4, wrap: inner => store = new FailingSwapStore(inner));
        Modelled parent = world.Start(Pages);
        store!.FailAtOperation = failingTransfer;
        world.Engine.Parts.Machine.Injection.FailAtAllocation = failingAllocation;

        for (int page = 0; page < Pages; page++) Write(parent, page, (uint)page + 1);
        for (int page = 0; page < Pages; page += 3) Read(parent, page);
        Modelled child = Fork(parent);
        world.Processes.Add(child);
        for (int page = 0; page < Pages; page += 5) Write(child, page, 0xC000_0000 + (uint)page);
        for (int page = 1; page < Pages; page += 4) Write(parent, page, 0xA000_0000 + (uint)page);
        for (int page = 2; page < Pages; page += 7) Read(child, page);

        bool happened = failingTransfer != 0 ? store.FailAtOperation == 0 : world.Engine.Parts.Machine.Injection.FailAtAllocation == 0;
        store.FailAtOperation = 0;
        world.Engine.Parts.Machine.Injection.FailAtAllocation = 0;
        world.VerifyBytes();
        return happened;
    }

    private static void Write(Modelled process, int page, uint value)
    {
        if (!process.Process.Memory.Mmu.TryWrite(At(page), value, out MemoryFault fault)) AssertIsAllowed(fault);
        process.Write(page, 0, value);    // again: only one fails
    }

    private static void Read(Modelled process, int page)
    {
        if (process.Process.Memory.Mmu.TryRead(At(page), out uint found, out MemoryFault fault))
            Assert.Equal(process.Expected(page, 0), found);
        else AssertIsAllowed(fault);
        process.Check(page, 0);
    }

    private static Modelled Fork(Modelled parent)
    {
        Errno error = parent.Process.Fork(out UserProcess? child);
        if (error != Errno.None)
        {
            Assert.Equal(Errno.ENOMEM, error);
            Succeeds(parent.Process.Fork(out child));
        }

        return new(child!, [.. parent.Pages.Select(static page => page?.ToArray())]);
    }

    private static void AssertIsAllowed(MemoryFault fault) =>
        Assert.True(fault.Kind is MemoryFaultKind.BusError or MemoryFaultKind.OutOfMemory, $"The access failed with {fault}.");
}
