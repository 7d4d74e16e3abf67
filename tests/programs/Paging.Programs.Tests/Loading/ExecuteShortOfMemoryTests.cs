using Paging.Core;
using Paging.Native;
using Paging.Native.Diagnostics;

namespace Paging.Programs.Tests;

/// <summary>
/// For n = 1, 2, 3 … the n-th allocation of the host's memory in an execve is refused: the old program goes on, or the process is killed,
/// and either way nothing stays held.
/// </summary>
/// <remarks>Linux: load_elf_binary, where errors before begin_new_exec return and later ones kill.</remarks>
public sealed class ExecuteShortOfMemoryTests
{
    [Theory]
    [InlineData("gonzo")]
    [InlineData("painter")]    // with an interpreter
    [InlineData("gonzo-static-pie")]
    public void AnAllocationThatFailsLeavesNothingOpen(string name)
    {
        int refused = 0;
        while (Try(name, refused + 1)) refused++;
        Assert.True(refused > 1, $"{refused} allocations");
    }

    /// <summary>The program is open already when there is no record left to open its interpreter: it is closed again.</summary>
    [Fact]
    public void WithoutARecordForTheInterpreterTheProgramIsClosed()
    {
        using World world = new();
        ProgramImage image = world.Image("painter");
        Assert.Equal(Errno.None, world.Find("ld-linux.so.2", out _));
        UserProcess process = world.Engine.CreateProcess("test", new ProcessOptions());
        GuestFile file = world.Engine.Files.CreateMemoryFile("many");
        FaultInjection injection = world.Engine.Parts.Machine.Injection;
        injection.IsCounting = true;
        int each = 0;
        for (int blocks = 0; blocks < 2; blocks++, each = blocks == 2 ? each : 0)    // from the first record of a block to that of the next
        {
            long before = injection.AllocationsAsked;
            for (; injection.AllocationsAsked == before; each++) Open(file);
        }

        for (int left = each - 1; left > 1; left--) Open(file);
        uint holders = Holders(world, image);
        Errno error = Errno.None;
        for (int number = 1; error != Errno.ENFILE && number < 50; number++)
        {
            injection.FailAtAllocation = number;
            error = world.Loader.Execute(process, image, world.Fixed, out _);
            Assert.NotEqual(Errno.None, error);
        }

        injection.FailAtAllocation = 0;
        Assert.Equal(Errno.ENFILE, error);
        Assert.Equal(holders, Holders(world, image));
        world.Audit();
        Assert.Equal(Errno.None, world.Loader.Execute(process, image, world.Fixed, out _));
    }

    private static void Open(GuestFile file) => Assert.Equal(Errno.None, file.Open(FileRights.Read, OpenFlags.None, out _));

    private static bool Try(string name, int number)
    {
        using World world = new();
        ProgramImage image = world.Image(name);
        Assert.Equal(Errno.None, world.Find("ld-linux.so.2", out ProgramImage? interpreter));
        (uint image, uint interpreter) before = (Holders(world, image), Holders(world, interpreter!));
        UserProcess process = world.Engine.CreateProcess("test", new ProcessOptions());
        FaultInjection injection = world.Engine.Parts.Machine.Injection;
        injection.FailAtAllocation = number;
        Errno error = world.Loader.Execute(process, image, world.Fixed, out _);
        bool wasRefused = injection.FailAtAllocation == 0;
        injection.FailAtAllocation = 0;
        Assert.True(error == Errno.None || wasRefused, $"{error} although nothing was refused");
        world.Audit();
        process.Dispose();
        world.Audit();
        Assert.Equal(before, (Holders(world, image), Holders(world, interpreter!)));
        return wasRefused;
    }

    private static uint Holders(World world, ProgramImage image) =>
        world.Engine.Parts.Files.OpenFiles.All[image.FileId - 1].HolderCount;
}
