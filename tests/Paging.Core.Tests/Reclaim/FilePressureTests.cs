using Paging.Native;
using Xunit;
using static Paging.Core.Tests.PressureWorld;

namespace Paging.Core.Tests;

/// <summary>Pages of files under pressure: clean ones are dropped and read again, dirty ones written first, mapped or not.</summary>
public class FilePressureTests
{
    [Fact]
    public void AFileOfTenTimesRamIsWrittenThroughAMappingAndReadBack()
    {
        const int pageCount = 2560;
        using PressureWorld world = new(ramMiB: 1, swapMiB: 0);
        using GuestFile file = world.Engine.Files.CreateFile("f", new ByteBacking(pageCount * 4096));
        UserProcess process = world.Engine.CreateProcess("p");
        Succeeds(file.Open(process, FileRights.ReadWrite, out int descriptor));
        Succeeds(process.Memory.Map(At(0), pageCount * 4096, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed, descriptor, 0,
            out _));
        for (int page = 0; page < pageCount; page++) process.Memory.Mmu.Write(At(page, 16), (uint)page + 1);
        world.Verify();
        for (int page = 0; page < pageCount; page++) Assert.Equal((uint)page + 1, process.Memory.Mmu.Read<uint>(At(page, 16)));
        world.Verify();
        Assert.True(world.Engine.Reclaimed.FileDrops > 2000);
    }

    [Theory]
    [InlineData(21), InlineData(22)]
    public void FilePagesPrivateCopiesAndAnonymousMemoryShareLittleRam(int seed)
    {
        const int pageCount = 300;
        using PressureWorld world = new(ramMiB: 1, swapMiB: 8);
        ByteBacking backing = new(pageCount * 4096);
        using GuestFile file = world.Engine.Files.CreateFile("f", backing);
        Modelled anonymous = world.Start(pageCount);
        AddressSpace memory = anonymous.Process.Memory;
        Succeeds(file.Open(anonymous.Process, FileRights.ReadWrite, out int descriptor));
        VirtualAddress shared = At(1000), own = At(2000);
        Succeeds(memory.Map(shared, pageCount * 4096, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed, descriptor, 0, out _));
        Succeeds(memory.Map(own, pageCount * 4096, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Fixed, descriptor, 0, out _));
        uint[] inFile = new uint[pageCount];
        uint[] copied = new uint[pageCount];
        Random random = new(seed);
        for (int step = 0; step < 5000; step++)
        {
            int page = random.Next(pageCount);
            uint value = (uint)random.Next() | 1;
            switch (random.Next(6))
            {
                case 0:
                    memory.Mmu.Write(At(1000 + page, 32), inFile[page] = value);
                    break;
                case 1:
                    memory.Mmu.Write(At(2000 + page, 32), copied[page] = value);
                    break;
                case 2:
                    anonymous.Write(page, 0, value);
                    break;
                case 3:
                    anonymous.Check(page, 0);
                    break;
                case 4 when inFile[page] != 0:
                    Assert.Equal(inFile[page], memory.Mmu.Read<uint>(At(1000 + page, 32)));
                    break;
                case 5 when copied[page] != 0:
                    Assert.Equal(copied[page], memory.Mmu.Read<uint>(At(2000 + page, 32)));
                    break;
            }

            if (step % 250 == 0) world.Verify();
        }

        world.VerifyBytes();
        Assert.True(world.Engine.Reclaimed is { FileDrops: > 50, SwapWrites: > 50 });
    }

    [Fact]
    public void TheWorstProcessIsEndedUnderTheKillPolicy()
    {
        using PressureWorld world = new(ramMiB: 1, swapMiB: 0, policy: OutOfMemoryPolicy.Kill);
        Modelled large = world.Start(150), spared = world.Start(60), asking = world.Start(200);
        spared.Process.OutOfMemoryScore = -1000;
        for (int page = 0; page < 120; page++) large.Write(page, 0, 1);
        for (int page = 0; page < 60; page++) spared.Write(page, 0, 2);
        for (int page = 0; page < 100; page++) asking.Write(page, 0, 3);
        Assert.True(large.Process.HasExited);
        Assert.Equal(137, large.Process.ExitCode);
        Assert.Equal(1, world.Engine.Reclaimed.Kills);
        world.Processes.Remove(large);
        world.VerifyBytes();
    }
}
