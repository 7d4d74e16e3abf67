using Paging.Core.Swap;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>Things that go wrong while memory is short: refused allocations, devices that come and go.</summary>
public class RefusedUnderPressureTests
{
    [Theory]
    [InlineData(31), InlineData(32), InlineData(33)]
    public void AnAllocationThatIsRefusedUnderPressureLosesNothing(int seed)
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 8);
        Random random = new(seed);
        world.Start(400);
        for (int step = 0; step < 3000; step++)
        {
            Modelled process = world.Processes[random.Next(world.Processes.Count)];
            world.Engine.Parts.Machine.Injection.FailAtAllocation = 1 + random.Next(6);
            int page = random.Next(400);
            uint value = (uint)random.Next();
            if (random.Next(40) == 0 && world.Processes.Count < 4)
            {
                Errno error = process.Process.Fork(out UserProcess? child);
                Assert.True(error is Errno.None or Errno.ENOMEM);
                if (error == Errno.None) world.Processes.Add(new(child!, [.. process.Pages.Select(static bytes => bytes?.ToArray())]));
            }
            else if (random.Next(2) == 0)
            {
                bool written = process.Process.Memory.Mmu.TryWrite(At(page), value, out MemoryFault fault);
                Assert.True(written || fault.Kind == MemoryFaultKind.OutOfMemory);
                world.Engine.Parts.Machine.Injection.FailAtAllocation = 0;
                process.Write(page, 0, written ? value : process.Expected(page, 0));
            }
            else if (process.Process.Memory.Mmu.TryRead(At(page), out uint found))
            {
                Assert.Equal(process.Expected(page, 0), found);
            }

            world.Engine.Parts.Machine.Injection.FailAtAllocation = 0;
            if (step % 150 == 0) world.Verify();
        }

        world.VerifyBytes();
    }

    [Fact]
    public void DevicesComeAndGoUnderLoad()
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 8);
        Modelled process = world.Start(700);
        Random random = new(8);
        for (int round = 0; round < 8; round++)
        {
            for (int step = 0; step < 600; step++) process.Write(random.Next(700), random.Next(1024) * 4, (uint)random.Next());
            Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), round, out _));
            for (int step = 0; step < 200; step++) process.Write(random.Next(700), random.Next(1024) * 4, (uint)random.Next());
            Succeeds(world.Engine.Swap.SwitchOff(world.Engine.Swap.Devices[^1]));    // the oldest
            world.Verify();
        }

        Assert.Single(world.Engine.Swap.Devices);
        world.VerifyBytes();
    }
}
