using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Counters instead of times: the work of each operation is pinned exactly, so that a change of cost is seen in a diff and not in noise.
/// </summary>
/// <remarks>
/// For an intended change: <c>PAGING_UPDATE_BASELINES=1 dotnet test -c Release --project tests/Paging.Core.Tests</c>;
/// give the reason in the commit.
/// </remarks>
public sealed class CostTests
{
    private const int Pages = 256;

    [Trait("Category", "Slow")]
    [Fact]
    public void EveryOperationCostsExactlyAsMuchAsInTheBaseline()
    {
        string file = Path.Combine(RepositoryRoot(), "bench", "baselines", "counters.csv");
        string[] found = ["operation,counter,value", .. Measure().Lines];
        if (Environment.GetEnvironmentVariable("PAGING_UPDATE_BASELINES") is "1") File.WriteAllLines(file, found);
        Assert.Equal(File.ReadAllLines(file), found);
    }

    private static CostSheet Measure()
    {
        CostSheet sheet = new();
        Memory(sheet);
        Forks(sheet);
        Files(sheet, faultAround: 16);
        Files(sheet, faultAround: 1);
        foreach (int areas in new[] { 10, 1_000, 60_000 }) Areas(sheet, areas);
        return sheet;
    }

    private static void Memory(CostSheet sheet)
    {
        using World world = new(World.Options(8));
        world.Map(0, Pages);
        world.Touch(0);    // the table, the history and the translations' storage are there
        sheet.Measure("first-read/255-pages", world, () => ForEachPage(1, page => world.Peek(page)));
        sheet.Measure("zero-page-write/255-pages", world, () => ForEachPage(1, page => world.Touch(page)));
        sheet.Measure("hit/256-pages", world, () => ForEachPage(0, page => world.Touch(page)));
        sheet.Measure("madvise-dontneed/256-pages", world, () =>
            World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(Pages), MemoryAdvice.DontNeed)));
        sheet.Measure("first-write/256-pages", world, () => ForEachPage(0, page => world.Touch(page)));
        sheet.Measure("mremap-move/256-pages", world, () =>
            World.Succeeds(world.Memory.Remap(World.At(0), World.Bytes(Pages), World.Bytes(Pages), RemapFlags.MayMove | RemapFlags.Fixed,
                World.At(512), out _)));
        sheet.Measure("mprotect-split/1-page", world, () =>
            World.Succeeds(world.Memory.Protect(World.At(600), 4096, MemoryProtection.Read)));
        sheet.Measure("mprotect-merge/1-page", world, () =>
            World.Succeeds(world.Memory.Protect(World.At(600), 4096, MemoryProtection.ReadWrite)));
        sheet.Measure("munmap/256-pages", world, () => World.Succeeds(world.Memory.Unmap(World.At(512), World.Bytes(Pages))));
    }

    private static void Forks(CostSheet sheet)
    {
        using World world = new(World.Options(8));
        world.Map(0, Pages);
        ForEachPage(0, page => world.Touch(page));
        UserProcess? child = null;
        sheet.Measure("fork/256-pages", world, () => child = world.First.Fork());
        sheet.Measure("cow-write/256-pages", world, () => ForEachPage(0, page => world.Touch(page)));
        sheet.Measure("exit/256-pages", world, () => child!.Exit());
        child!.Dispose();
        world.First.Fork().Dispose();
        sheet.Measure("cow-reuse/256-pages", world, () => ForEachPage(0, page => world.Touch(page)));
    }

    private static void Files(CostSheet sheet, int faultAround)
    {
        using World world = new(World.Options(8) with { FaultAroundPages = faultAround });
        using GuestFile file = world.Engine.Files.CreateMemoryFile("file", Pages * 4096);
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, out int descriptor));
        byte[] page = new byte[4096];
        for (int i = 0; i < Pages; i++) World.Succeeds(file.Write(i * 4096, page, out _));
        World.Succeeds(world.Memory.Map(World.At(0), World.Bytes(Pages), MemoryProtection.Read, MapFlags.Shared | MapFlags.Fixed,
            descriptor, 0, out _));
        sheet.Measure($"file-read-fault/256-pages-around-{faultAround}", world, () => ForEachPage(0, at => world.Peek(at)));
        if (faultAround == 1) return;
        sheet.Measure("pread/256-pages", world, () =>
            ForEachPage(0, i => World.Succeeds(world.First.FileDescriptors.Read(descriptor, i * 4096L, page, out _))));
        sheet.Measure("pwrite/256-pages", world, () =>
            ForEachPage(0, i => World.Succeeds(world.First.FileDescriptors.Write(descriptor, i * 4096L, page, out _))));
    }

    /// <summary>One page mapped, one page free, again and again; then a pair of calls below all of them.</summary>
    private static void Areas(CostSheet sheet, int count)
    {
        using World world = new(World.Options(2));
        for (int i = 0; i < count; i++)
            World.Succeeds(world.Memory.Map(World.At(2 * i), 4096, MemoryProtection.Read, World.PrivateFixed, out _));
        string size = $"{count}-areas";
        VirtualAddress at = default;
        sheet.Measure($"mmap/{size}", world, () =>
            World.Succeeds(world.Memory.Map(World.At(-16), 16384, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out at)));
        sheet.Measure($"munmap/{size}", world, () => World.Succeeds(world.Memory.Unmap(at, 16384)));
        sheet.Measure($"find-area/{size}", world, () =>
        {
            AreaSet areas = world.Memory.Space.Areas;
            for (int i = 0; i < 10; i++)
                Assert.Equal(World.At(2 * i), areas[areas.Tree.Covering(World.At(2 * i).Page)].First.Address);
        });
        sheet.Note($"tree/{size}", "depth", Depth(world.Machine.Areas.Slab, world.Memory.Space.Areas.Tree.Root));
    }

    private static int Depth(NativeSlab<Area> areas, uint node) =>
        node == 0 ? 0 : 1 + Math.Max(Depth(areas, areas[node].Links.Left), Depth(areas, areas[node].Links.Right));

    private static void ForEachPage(int first, Action<int> act)
    {
        for (int page = first; page < Pages; page++) act(page);
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Paging.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Paging.sln is in no folder above the tests.");
    }
}
