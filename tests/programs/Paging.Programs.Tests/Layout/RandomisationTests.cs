using Paging.Core;
using Paging.Native;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>Address space layout randomisation: the kernel's 32-bit ranges, from the engine's seed, off when asked.</summary>
public sealed class RandomisationTests
{
    private const int Runs = 2000;

    [Fact]
    public void TheSameSeedGivesTheSamePlacesAndAnotherOthers()
    {
        Assert.Equal(Places(7, 5), Places(7, 5));
        Assert.NotEqual(Places(7, 5), Places(8, 5));
        Assert.Equal(5, Places(7, 5).Distinct().Count());
    }

    [Fact]
    public void OffNothingIsLeftToChance()
    {
        using World one = new(1), two = new(2);
        Assert.Equal(one.Execute("gonzo-pie").Memory.FormatMaps(), two.Execute("gonzo-pie").Memory.FormatMaps());
    }

    /// <summary>Mappings and image lie where the first program's do, stack and heap elsewhere each time.</summary>
    [Fact]
    public void KeptMappingsAreThoseOfTheFirstProgram()
    {
        ExecutedProgram usual = Programs(7, 1)[0];
        List<ExecutedProgram> kept = Programs(7, 5, new() { KeepsMappings = true });
        Assert.Equal(usual, kept[0]);
        Assert.All(kept, program => Assert.Equal((usual.MmapBase, usual.Bias, usual.Interpreter),
            (program.MmapBase, program.Bias, program.Interpreter)));
        Assert.Equal(5, kept.Select(static program => program.StackTop).Distinct().Count());
        Assert.Equal(5, kept.Select(static program => program.HeapStart).Distinct().Count());
        Assert.NotEqual(usual.MmapBase, Programs(8, 1, new() { KeepsMappings = true })[0].MmapBase);
        ExecutionRequest off = new() { IsRandomized = false };
        Assert.Equal(Programs(7, 2, off)[^1], Programs(7, 2, off with { KeepsMappings = true })[^1]);
    }

    /// <summary>Every place of a small range comes up, no place outside of it does, and halves come up equally often.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void TheRangesAreThoseOfA32BitKernel()
    {
        ExecutedProgram[] programs = [.. Programs(3, Runs)];
        Spread mappings = new(programs.Select(static program => (0xB800_0000 - program.MmapBase.Value) >> 12));
        Spread stacks = new(programs.Select(static program => (0xC000_0000 - program.StackTop.Value) >> 12));
        Spread heaps = new(programs.Select(static program => (program.HeapStart.Value - (program.Bias + 0x7000)) >> 12));
        Spread images = new(programs.Select(static program => (program.Bias - 0x0040_0000) >> 12));
        Spread pointers = new(programs.Select(static program => (program.StackTop.Value - program.StackPointer.Value) >> 4));

        mappings.Covers(0, 255, distinctMin: 250);
        images.Covers(0, 255, distinctMin: 250);
        stacks.Covers(0, 2049, distinctMin: 1200);    // 11 bits of pages, and up to two more where the pointer's 8 KiB cross a page
        heaps.Covers(1, 8192, distinctMin: 1700);
        pointers.Covers(10, 560, distinctMin: 200);
    }

    /// <summary>A program that needs more than a page's alignment gets it at every random place.</summary>
    /// <remarks>Linux: load_elf_binary, maximum_alignment.</remarks>
    [Fact]
    public void APositionIndependentProgramLiesOnItsAlignment()
    {
        const uint alignment = 0x1_0000;
        byte[] bytes = Images.BytesOf("gonzo-pie");
        int first = BitConverter.ToInt32(bytes, 28), count = BitConverter.ToUInt16(bytes, 44);
        for (int at = first; at < first + (count * 32); at += 32)    // p_align of each PT_LOAD
            if (BitConverter.ToInt32(bytes, at) == 1) BitConverter.TryWriteBytes(bytes.AsSpan(at + 28), alignment);
        using World world = new();
        ProgramImage image = world.Image("aligned", bytes);
        for (int run = 0; run < 10; run++)
        {
            using UserProcess process = world.Engine.CreateProcess("test", new ProcessOptions());
            Assert.Equal(Errno.None, world.Loader.Execute(process, image, new() { Files = world }, out ExecutedProgram program));
            Assert.Equal(0u, program.Bias % alignment);
        }
    }

    [Fact]
    public void RandomBytesAreThereAndDifferEachTime()
    {
        using World world = new();
        HashSet<ulong> seen = [];
        for (int run = 0; run < 50; run++)
        {
            using UserProcess process = world.Execute("gonzo", new(), out ExecutedProgram program);
            StackPicture stack = StackPicture.Of(process, program);
            Assert.True(seen.Add(process.Memory.Mmu.Read<ulong>(new(stack[AuxiliaryKind.Random]))));
        }
    }

    [Fact]
    public void TheClassicLayoutPlacesUpwardsFromAThird()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo", world.Fixed with { Layout = AddressLayout.Classic }, out ExecutedProgram program);
        Assert.Equal(new VirtualAddress(0x4000_0000), program.MmapBase);
        Assert.Equal(new VirtualAddress(0x4000_0000), Map(process));
        Assert.Equal(new VirtualAddress(0x4000_1000), Map(process, MemoryProtection.Read));

        process = world.Execute("gonzo", world.Fixed, out program);
        Assert.Equal(new VirtualAddress(0xB800_0000), program.MmapBase);
        Assert.Equal(new VirtualAddress(0xB7FF_F000), Map(process));
    }

    [Fact]
    public void AnUnlimitedStackMakesTheLayoutClassic()
    {
        using World world = new();
        UserProcess process = world.Engine.CreateProcess("test", new ProcessOptions { StackLimit = ulong.MaxValue });
        Assert.Equal(Errno.None, world.Loader.Execute(process, world.Image("gonzo"), world.Fixed, out ExecutedProgram program));
        Assert.Equal(new VirtualAddress(0x4000_0000), program.MmapBase);
        Assert.Equal(new VirtualAddress(0x4000_0000), Map(process));
    }

    [Theory]
    [InlineData(8 << 20, 0xB8000000u)]
    [InlineData(200 << 20, 0xB3700000u)]
    [InlineData(3L << 30, 0x20000000u)]
    public void TheMappingsBeginBelowTheStacksLimit(long stackLimit, uint mmapBase)
    {
        using World world = new();
        UserProcess process = world.Engine.CreateProcess("test", new ProcessOptions { StackLimit = (ulong)stackLimit });
        Assert.Equal(Errno.None, world.Loader.Execute(process, world.Image("gonzo"), world.Fixed, out ExecutedProgram program));
        Assert.Equal(new VirtualAddress(mmapBase), program.MmapBase);
    }

    private static VirtualAddress Map(UserProcess process, MemoryProtection rights = MemoryProtection.ReadWrite)
    {
        Assert.Equal(Errno.None, process.Memory.Map(default, 4096, rights, MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at));
        return at;
    }

    private static (VirtualAddress, VirtualAddress, VirtualAddress)[] Places(ulong seed, int count) =>
        [.. Programs(seed, count).Select(static program => (program.StackTop, program.MmapBase, program.HeapStart))];

    private static List<ExecutedProgram> Programs(ulong seed, int count, ExecutionRequest? request = null)
    {
        using World world = new(seed);
        List<ExecutedProgram> programs = [];
        for (int run = 0; run < count; run++)
        {
            using UserProcess process = world.Execute("gonzo-pie", request ?? new(), out ExecutedProgram program);
            programs.Add(program);
        }

        return programs;
    }

    private sealed class Spread(IEnumerable<uint> values)
    {
        private readonly uint[] _values = [.. values];

        public void Covers(uint lowest, uint highest, int distinctMin)
        {
            Assert.All(_values, value => Assert.InRange(value, lowest, highest));
            Assert.True(_values.Distinct().Count() >= distinctMin, $"{_values.Distinct().Count()} places from {lowest} to {highest}");
            int low = _values.Count(value => value < (lowest + highest + 1) / 2);
            Assert.InRange(low, _values.Length * 45 / 100, _values.Length * 55 / 100);
        }
    }
}
