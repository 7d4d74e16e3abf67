using Paging.Core;
using Paging.Native;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>Lines of maps: the name of an area, and the column in which it begins. Linux: show_map_vma, get_vma_name.</summary>
public sealed class MapsLineTests
{
    private const uint Page = 4096;

    /// <summary>An area is the heap if it has a page of it, and the stack if the stack's start lies in it or at its end.</summary>
    [Fact]
    public void HeapAndStackAreWhereTheProgramHasThem()
    {
        using World world = new();
        AddressSpace space = world.Execute("gonzo").Memory;
        VirtualAddress start = space.StartBreak, end = start + (3 * Page), stack = space.Program.StartStack.Page.Address;
        Assert.Equal(end, space.SetBreak(end));
        MapFixed(space, end, MemoryProtection.Read);
        MapFixed(space, start - Page, MemoryProtection.Read);
        string[] lines = space.FormatMaps().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal($"{start.Value:x8}-{end.Value:x8} rw-p 00000000 00:00 0 ".PadRight(73) + "[heap]", LineAt(lines, start));
        Assert.Equal($"{end.Value:x8}-{end.Value + Page:x8} r--p 00000000 00:00 0 ", LineAt(lines, end));
        Assert.Equal($"{start.Value - Page:x8}-{start.Value:x8} r--p 00000000 00:00 0 ", LineAt(lines, start - Page));
        Assert.EndsWith(" [stack]", lines[^1], StringComparison.Ordinal);
        Assert.Equal(73, lines[^1].IndexOf('[', StringComparison.Ordinal));
        Assert.Single(lines, static line => line.EndsWith("[heap]", StringComparison.Ordinal));
        Assert.Single(lines, static line => line.EndsWith("[stack]", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.EndsWith("gonzo", StringComparison.Ordinal));
        Assert.True(stack.Value >= Convert.ToUInt32(lines[^1][..8], 16));
    }

    /// <summary>
    /// The stack's start at the border of two areas: both have it, the lower one at its end. Linux: vma_is_initial_stack, whose both
    /// comparisons contain the border.
    /// </summary>
    [Fact]
    public void AnAreaThatEndsWhereTheStackStartsIsTheStackToo()
    {
        using World world = new();
        uint start = world.Execute("gonzo").Memory.Program.StartStack.Value, length = start % Page;
        UserProcess process = world.Execute("gonzo", world.Fixed with { Environment = [new string('e', (int)length - 17)] }, out _);
        for (int more = -64; more < 64 && process.Memory.Program.StartStack.Value % Page != 0; more++)
            process = world.Execute("gonzo", world.Fixed with { Environment = [new string('e', (int)length + more)] }, out _);
        AddressSpace space = process.Memory;
        VirtualAddress border = space.Program.StartStack;
        Assert.True(border.IsPageAligned);
        Assert.Equal(Errno.None, space.Protect(border - Page, Page, MemoryProtection.Read));
        Assert.Equal(Errno.None, space.Protect(border - (2 * Page), Page, MemoryProtection.None));
        string[] lines = space.FormatMaps().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.EndsWith(" [stack]", LineAt(lines, border), StringComparison.Ordinal);
        Assert.EndsWith(" [stack]", LineAt(lines, border - Page), StringComparison.Ordinal);
        Assert.EndsWith(" 0 ", LineAt(lines, border - (2 * Page)), StringComparison.Ordinal);
        Assert.Equal(2, lines.Count(static line => line.EndsWith("[stack]", StringComparison.Ordinal)));
    }

    [Fact]
    public void FilesAndSharedMemoryHaveADeviceAnInodeAndAName()
    {
        using World world = new();
        UserProcess process = world.Engine.CreateProcess("test");
        string longName = "/" + new string('n', 80);
        foreach ((uint at, string name) in ((uint, string)[])[(0x2000_0000, "/tmp/a"), (0x3000_0000, longName)])
        {
            GuestFile file = world.Engine.Files.CreateMemoryFile(name, 8 * Page);
            Assert.Equal(Errno.None, file.Open(process, FileRights.Read, out int number));
            Assert.Equal(Errno.None, process.Memory.Map(new(at), 2 * Page, MemoryProtection.Read, MapFlags.Private | MapFlags.Fixed, number,
                3 * Page, out _));
            AreaSnapshot area = process.Memory.Areas.Snapshot()[^1];
            string expected = $"{at:x8}-{at + (2 * Page):x8} r--p 00003000 00:01 {area.ObjectId} ".PadRight(73) + name;
            Assert.Equal(expected, LineAt(process.Memory.FormatMaps().Split('\n'), new(at)));
        }

        Assert.Equal(Errno.None, process.Memory.Map(new(0x4000_0000), Page, MemoryProtection.ReadWrite,
            MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed, out _));
        string shared = LineAt(process.Memory.FormatMaps().Split('\n'), new(0x4000_0000));
        Assert.Equal("/dev/zero (deleted)", shared[73..]);
        Assert.Equal("", new string([.. world.Engine.CreateProcess("empty").Memory.FormatSmapsRollup()]));
    }

    private static string LineAt(string[] lines, VirtualAddress at) =>
        lines.Single(line => line.StartsWith($"{at.Value:x8}-", StringComparison.Ordinal));

    private static void MapFixed(AddressSpace space, VirtualAddress at, MemoryProtection protection) => Assert.Equal(Errno.None,
        space.Map(at, Page, protection, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
}
