using Paging.Core;
using Paging.Native;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>execve(2): the state that a new program finds, and the rest of the old one.</summary>
public sealed class ExecTests
{
    [Theory]
    [InlineData("gonzo")]
    [InlineData("gonzo-execstack")]
    [InlineData("gonzo-static-pie")]
    public void TheMapIsTheOneThatTheHostsKernelMakes(string image)
    {
        string[] expected = HostProgram.Comparable(System.Text.Encoding.ASCII.GetString(HostProgram.Run(image, "maps")));
        using World world = new();
        UserProcess process = world.Execute(image);
        Assert.Equal(expected, HostProgram.Comparable(process.Memory.FormatMaps()));
    }

    /// <summary>The host's mistake: refused before the old program is touched.</summary>
    [Fact]
    public void ARequestWithANullIsRefused()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        string before = process.Memory.FormatMaps();
        foreach (ExecutionRequest request in (ReadOnlySpan<ExecutionRequest>)
            [
                world.Fixed with { Arguments = null! }, world.Fixed with { Arguments = [null!] },
                world.Fixed with { Environment = ["A=1", null!] }, world.Fixed with { TextEncoding = null! },
            ])
            Assert.Throws<ArgumentException>("request", () => world.Loader.Execute(process, world.Image("gonzo"), request, out _));
        Assert.Throws<ArgumentNullException>("request", () => world.Loader.Execute(process, world.Image("gonzo"), null!, out _));
        Assert.Equal(before, process.Memory.FormatMaps());
    }

    [Fact]
    public void TheStackIsTheOneThatTheHostsKernelMakes()
    {
        byte[] bytes = HostProgram.Run("gonzo", "stack", "ünï");
        StackPicture expected = StackPicture.Of(bytes, new(0xC000_0000 - (uint)bytes.Length));
        using World world = new();
        ExecutionRequest request = world.Fixed with
        {
            Arguments = [Images.PathOf("gonzo"), "stack", "ünï"],
            Environment = ["A=1", "BEES=ten"],
            Path = Images.PathOf("gonzo"),
            // the user who runs the tests
            Identity = new(expected[AuxiliaryKind.User], expected[AuxiliaryKind.EffectiveUser], expected[AuxiliaryKind.Group],
                expected[AuxiliaryKind.EffectiveGroup]),
        };
        UserProcess process = world.Execute("gonzo", request, out ExecutedProgram program);
        StackPicture ours = StackPicture.Of(process, program);

        Assert.Equal(expected.Arguments, ours.Arguments);
        Assert.Equal(expected.Environment, ours.Environment);
        uint[] absent = [32, 33, 51, 27, 28];    // the vdso's two, signal stacks, rseq
        Assert.Equal(expected.Auxiliary.Select(static pair => pair.Kind).Except(absent), ours.Auxiliary.Select(static pair => pair.Kind));
        uint[] same = [6, 17, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 23];    // what does not depend on the processor or the place of strings
        foreach (uint kind in same) Assert.Equal(expected[(AuxiliaryKind)kind], ours[(AuxiliaryKind)kind]);
        Assert.Equal(expected.StringAt(expected[AuxiliaryKind.Path]), ours.StringAt(ours[AuxiliaryKind.Path]));
        Assert.Equal("i686", expected.StringAt(expected[AuxiliaryKind.Platform]));
        Assert.Equal("i686", ours.StringAt(ours[AuxiliaryKind.Platform]));

        // A 64-bit kernel leaves eight bytes above the path, one of 32 bits four.
        Assert.Equal(expected[AuxiliaryKind.Path] + 4, ours[AuxiliaryKind.Path]);
        Assert.Equal(expected[AuxiliaryKind.Platform] & 0xF, ours[AuxiliaryKind.Platform] & 0xF);
        Assert.Equal(expected[AuxiliaryKind.Platform] - 16, expected[AuxiliaryKind.Random]);
        Assert.Equal(ours[AuxiliaryKind.Platform] - 16, ours[AuxiliaryKind.Random]);
    }

    [Theory]
    [InlineData(1000u, 1000u, 100u, 100u, 0u)]
    [InlineData(1000u, 0u, 100u, 100u, 1u)]
    [InlineData(1000u, 1000u, 100u, 5u, 1u)]
    public void TheVectorHoldsTheIdentityAndWhetherRightsWereGained(uint user, uint effectiveUser, uint group, uint effectiveGroup,
        uint secure)
    {
        using World world = new();
        UserProcess process =
            world.Execute("gonzo", world.Fixed with { Identity = new(user, effectiveUser, group, effectiveGroup) },
            out ExecutedProgram program);
        StackPicture stack = StackPicture.Of(process, program);
        AuxiliaryKind[] kinds =
            [AuxiliaryKind.User, AuxiliaryKind.EffectiveUser, AuxiliaryKind.Group, AuxiliaryKind.EffectiveGroup, AuxiliaryKind.Secure];
        Assert.Equal([user, effectiveUser, group, effectiveGroup, secure], kinds.Select(kind => stack[kind]));
    }

    [Fact]
    public void TheStackPointerIsAMultipleOfSixteenAndPointsAtArgc()
    {
        using World world = new();
        for (int count = 1; count < 6; count++)
        {
            UserProcess process =
                world.Execute("gonzo", world.Fixed with { Arguments = [.. Enumerable.Repeat("x", count)] }, out ExecutedProgram program);
            Assert.Equal(0u, program.StackPointer.Value % 16);
            Assert.Equal(count, process.Memory.Mmu.Read<int>(program.StackPointer));
        }
    }

    [Fact]
    public void ADynamicProgramStartsInItsInterpreter()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo-pie", world.Fixed, out ExecutedProgram program);
        Assert.Equal(0x0040_0000u, program.Bias);
        AreaSnapshot first = process.Memory.Areas.Snapshot().Single(area => area.Range.Contains(program.Entry.Page));
        Assert.Equal("interpreter.so", first.Name);
        Assert.Equal("r-xp", first.Rights);
        StackPicture stack = StackPicture.Of(process, program);
        Assert.Equal(program.Interpreter.Value, stack[AuxiliaryKind.InterpreterBase]);
        Assert.Equal(program.ProgramEntry.Value, stack[AuxiliaryKind.Entry]);
        Assert.Equal(program.Bias + 52, stack[AuxiliaryKind.ProgramHeaders]);
        Assert.Equal(7,
            process.Memory.Mmu.Read<int>(new(Images.SegmentsOf("interpreter.so")
            .Last().Address + program.Interpreter.Value + Images.SegmentsOf("interpreter.so").Last().ByteLength - 4)));
    }

    [Fact]
    public void WithoutItsInterpreterADynamicProgramIsRefused()
    {
        using World world = new();
        UserProcess process = world.Engine.CreateProcess("test");
        Assert.Equal(Errno.ENOENT, world.Loader.Execute(process, world.Image("gonzo-pie"), ExecutionRequest.Default, out _));
        Assert.False(process.HasExited);
    }

    [Fact]
    public void ExecTakesTheOldImageAwayAndKeepsNumberDescriptorsLimitsAndFaults()
    {
        using World world = new();
        using GuestFile file = world.Engine.Files.CreateMemoryFile("log", 100);
        UserProcess process = world.Engine.CreateProcess("shell");
        Assert.Equal(Errno.None, file.Open(process, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.None, process.Memory.Map(default, 1 << 20, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out VirtualAddress old));
        process.Memory.Mmu.Write(old, 1);
        process.Memory.SetLimit(ResourceLimit.Stack, 1 << 20);
        long minor = process.Memory.Usage.Faults.Minor;
        int id = process.Id;

        Assert.Equal(Errno.None, world.Loader.Execute(process, world.Image("gonzo"),
            world.Fixed with { Path = "/usr/games/gonzo" }, out _));
        Assert.Equal(id, process.Id);
        Assert.Equal("gonzo", process.Name);
        Assert.False(process.Memory.Mmu.TryRead(old, out int _, out _));
        Assert.Equal(1u << 20, process.Memory.GetLimit(ResourceLimit.Stack));
        Assert.True(process.Memory.Usage.Faults.Minor > minor);
        Assert.Equal(Errno.None, process.FileDescriptors.Read(descriptor, 0, new byte[1], out _));
    }

    [Fact]
    public void TheTailOfTheDataPageIsZeroEvenWhereTheFileGoesOn()
    {
        using World world = new();
        byte[] bytes = [.. Images.BytesOf("gonzo"), .. Enumerable.Repeat((byte)0xEE, 4096)];    // after the segment's bytes, in its page
        UserProcess process = world.Engine.CreateProcess("test");
        Assert.Equal(Errno.None, world.Loader.Execute(process, world.Image("tail", bytes), world.Fixed, out _));
        VirtualAddress log = Images.AddressOf("gonzo", "logLines");
        for (uint at = 0; at < 8192; at += 4) Assert.Equal(0u, process.Memory.Mmu.Read<uint>(log + at));
    }

    [Fact]
    public void ArgumentsBeyondAQuarterOfTheStackAreTooMany()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        string maps = process.Memory.FormatMaps();
        ExecutionRequest request = world.Fixed with { Arguments = [.. Enumerable.Repeat(new string('x', 1000), 2200)] };
        Assert.Equal(Errno.E2BIG, world.Loader.Execute(process, world.Image("gonzo"), request, out _));
        request = world.Fixed with { Arguments = [new string('x', 200_000)] };
        Assert.Equal(Errno.E2BIG, world.Loader.Execute(process, world.Image("gonzo"), request, out _));
        Assert.Equal(maps, process.Memory.FormatMaps());
        request = world.Fixed with { Arguments = [.. Enumerable.Repeat(new string('x', 1000), 2000)] };
        Assert.Equal(Errno.None, world.Loader.Execute(process, world.Image("gonzo"), request, out _));
    }

    [Fact]
    public void OutOfMemoryBehindThePointOfNoReturnKillsTheProcess()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        process.Memory.SetLimit(ResourceLimit.AddressSpace, 64 << 10);
        Assert.Equal(Errno.ENOMEM, world.Loader.Execute(process, world.Image("gonzo"), world.Fixed, out _));
        Assert.True(process.HasExited);
        Assert.Equal(139, process.ExitCode);    // SIGSEGV (bprm_execve)
    }

    [Fact]
    public void StatusAndStatmSeparateTheProgramsTextFromLibraries()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo-pie");
        Assert.Contains("VmExe:\t       4 kB\n", process.Memory.FormatStatus(), StringComparison.Ordinal);
        Assert.Contains("VmLib:\t       4 kB\n", process.Memory.FormatStatus(), StringComparison.Ordinal);
        Assert.Equal("1", process.Memory.FormatStatm().Split(' ')[3]);
    }

    [Fact]
    public void TheHeapGrowsBehindBssAndIsNamed()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo", world.Fixed, out ExecutedProgram program);
        Assert.Equal(new VirtualAddress(0x0804_C000), program.HeapStart);
        Assert.Equal(program.HeapStart + 0x2000, process.Memory.SetBreak(program.HeapStart + 0x2000));
        Assert.Contains("0804c000-0804e000 rw-p 00000000 00:00 0                                  [heap]\n", process.Memory.FormatMaps(),
            StringComparison.Ordinal);
        Assert.EndsWith("[stack]\n", process.Memory.FormatMaps(), StringComparison.Ordinal);
    }
}
