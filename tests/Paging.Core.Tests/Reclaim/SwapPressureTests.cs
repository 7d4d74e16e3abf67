using Paging.Native;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>Working sets of several times RAM: no byte is lost, and every rule of the audit holds on the way.</summary>
public class SwapPressureTests
{
    [Fact]
    public void TenTimesRamIsWrittenAndReadBack()
    {
        using PressureWorld world = new(ramMiB: 2, swapMiB: 32);
        Modelled process = world.Start(5120);
        for (int page = 0; page < 5120; page++) process.Write(page, (page * 4) & 0xFFC, (uint)page + 1);
        world.Verify();
        process.VerifyBytes();
        world.Verify();
        Assert.True(world.Engine.Reclaimed.SwapWrites > 4000, "pages have gone out");
        Assert.True(world.Engine.Faults.Major > 500, "and come back, a major fault each, or with a neighbour's");
        Assert.True(process.Process.Memory.Usage.Resident.Value < 512);
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(1u), InlineData(2u), InlineData(3u), InlineData(4u), InlineData(5u), InlineData(105u), InlineData(116u)]
    public void RandomWorkAgreesWithPlainBytes(uint seed)
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 16);
        Random random = new((int)seed);
        const int pageCount = 500;
        world.Processes.Add(world.Start(pageCount));
        world.Processes.RemoveAt(0);
        for (int step = 0; step < 6000; step++)
        {
            Modelled process = world.Processes[random.Next(world.Processes.Count)];
            int page = random.Next(pageCount), offset = random.Next(1024) * 4;
            int length = Math.Min(1 + random.Next(40), pageCount - page);
            switch (random.Next(100))
            {
                case < 45:
                    process.Write(page, offset, (uint)random.Next());
                    break;
                case < 85:
                    process.Check(page, offset);
                    break;
                case < 87 when world.Processes.Count < 5:
                    world.Processes.Add(process.Fork());
                    break;
                case < 88 when world.Processes.Count > 1:
                    world.Processes.Remove(process);
                    process.Process.Dispose();
                    break;
                case < 90:
                    Succeeds(process.Process.Memory.Advise(At(page), (uint)length * 4096, MemoryAdvice.DontNeed));
                    Array.Clear(process.Pages, page, length);
                    break;
                case < 92:
                    Succeeds(process.Process.Memory.Advise(At(page), (uint)length * 4096, MemoryAdvice.PageOut));
                    break;
                case < 93:
                    Succeeds(process.Process.Memory.Advise(At(page), (uint)length * 4096, MemoryAdvice.Cold));
                    break;
                case < 94:
                    world.Engine.RunBackground(64);
                    break;
                case < 96:
                    Move(process, page, length, random);
                    break;
                case < 98:
                    Succeeds(process.Process.Memory.Protect(At(page), (uint)length * 4096, MemoryProtection.Read));
                    process.Check(page, offset);
                    Succeeds(process.Process.Memory.Protect(At(page), (uint)length * 4096, MemoryProtection.ReadWrite));
                    break;
                default:
                    LockForAWhile(process, page, Math.Min(length, 10));
                    break;
            }

            if (step % 100 == 0) world.Verify();
        }

        world.VerifyBytes();
        foreach (Modelled process in world.Processes) process.Process.Dispose();
        world.Verify();
        Assert.Equal(0u, world.Device.UsedSlotCount);
    }

    /// <summary>Away and back: the entries travel, swapped or not.</summary>
    private static void Move(Modelled process, int page, int length, Random random)
    {
        AddressSpace memory = process.Process.Memory;
        uint bytes = (uint)length * 4096;
        VirtualAddress elsewhere = At(10_000 + random.Next(1000));
        if (memory.Areas.Count > 200) return;
        Errno error = memory.Remap(At(page), bytes, bytes, RemapFlags.MayMove | RemapFlags.Fixed, elsewhere, out _);
        if (error == Errno.EFAULT) return;    // cut by an earlier move
        Succeeds(error);
        Succeeds(memory.Remap(elsewhere, bytes, bytes, RemapFlags.MayMove | RemapFlags.Fixed, At(page), out _));
    }

    private static void LockForAWhile(Modelled process, int page, int length)
    {
        Succeeds(process.Process.Memory.Lock(At(page), (uint)length * 4096));
        for (int locked = page; locked < page + length; locked++)
            Assert.True(process.Process.Memory.Space.Tables.Read(At(locked).Page).IsPresent);
        Succeeds(process.Process.Memory.Unlock(At(page), (uint)length * 4096));
    }
}
