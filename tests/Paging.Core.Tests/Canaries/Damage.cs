using System.Reflection;
using System.Runtime.InteropServices;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;

namespace Paging.Core.Tests;

/// <summary>
/// A world with something of everything, and ways to break it by hand: through records, raw words of RAM, and private fields.
/// </summary>
/// <remarks><code>
///   pages   0–9    own pages, shared with a child     20–43  areas of one page each, rights in turn
///           12     read only: shows the zero page     50–51  shared anonymous
///           14     own page of this process alone     60–61  private file, one page copied, one cached
///           16     on a swap device                   70–71  shared file with a backing, dirty
///           18     in the swap cache, mapped          2000   grows down
/// </code></remarks>
internal static class Damage
{
    public const int Own = 14, Swapped = 16, InSwapCache = 18, SharedWithChild = 3, Zero = 12, Cached = 61, Backed = 70, Clean = 71,
        SharedAnonymous = 50, Lent = 5000;

    public static World Prepare()
    {
        World world = new();
        world.Map(0, 10);
        for (int page = 0; page < 10; page++) world.Touch(page);
        world.Map(Zero, 1, MemoryProtection.Read);
        world.Peek(Zero);
        for (int page = 20; page < 44; page++) world.Map(page, 1, page % 2 == 0 ? MemoryProtection.Read : MemoryProtection.ReadWrite);
        world.MapShared(SharedAnonymous, 2);
        world.Touch(SharedAnonymous);
        world.MapFile(world.OpenFile("memory", 2), 60, 2);
        world.Touch(60);
        world.Peek(Cached);
        ByteBacking backing = new(2 * 4096);
        world.MapFile(world.OpenBacked(backing), Backed, 2, type: MapFlags.Shared);
        world.Peek(Clean);
        World.Succeeds(world.CreateFile("sparse", 1).Write(64 * 4096, [1], out _));    // two levels in its radix tree
        world.Map(2000, 1, more: MapFlags.GrowsDown);
        world.First.Fork();
        world.Map(Own, 1);
        world.Touch(Own);
        world.Touch(Backed);
        PutOnSwap(world);
        world.Machine.Allocator.Free(Take(world, FrameState.Anonymous));    // at least one poisoned frame on the hot stack
        return world;
    }

    /// <summary>One page on a slot only, and one that has been read back and not written since.</summary>
    private static void PutOnSwap(World world)
    {
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), 0, out _));
        foreach (int page in (ReadOnlySpan<int>)[InSwapCache, Swapped])
        {
            world.Map(page, 1);
            world.Touch(page);
            World.Succeeds(world.Memory.Advise(World.At(page), World.Bytes(1), MemoryAdvice.PageOut));
            if (page == InSwapCache) world.Peek(page);
        }
    }

    public static UserProcess Child(World world) => world.Engine.Processes.Last();

    public static AreaIndex IndexAt(World world, int page) => world.Memory.Space.Areas.Tree.Covering(World.At(page).Page);

    public static ref Area AreaAt(World world, int page) => ref world.Memory.Space.Areas[IndexAt(world, page)];

    public static FrameNumber FrameAt(World world, int page) => world.Memory.Space.Tables.Read(World.At(page).Page).Frame;

    public static ref FrameDescriptor DescriptorAt(World world, int page) => ref world.Machine.Frames[FrameAt(world, page)];

    /// <summary>The descriptor of the frame that holds the page table of a page.</summary>
    public static ref FrameDescriptor TableAt(World world, int page) =>
        ref world.Machine.Frames[world.Memory.Space.Tables.ReadUpper(World.At(page).Page.DirectoryIndex).Table];

    /// <summary>The page-table word in RAM. Changing it updates no count and no cached translation.</summary>
    public static ref uint WordAt(World world, int page) =>
        ref world.Engine.Ram.Words(world.Memory.Space.Tables.ReadUpper(World.At(page).Page.DirectoryIndex).Table)
            [World.At(page).Page.TableIndex];

    public static ref uint UpperWordAt(World world, int directoryIndex) =>
        ref world.Engine.Ram.Words(world.Memory.PrepareWalk())[directoryIndex];

    /// <summary>Writes a page that has a table of its own, and lends the table to a child.</summary>
    public static UserProcess Lend(World world)
    {
        world.Map(Lent, 1);
        world.Touch(Lent);
        return world.First.Fork();
    }

    /// <summary>The word of a directory that lacks P because the table is lent. Reading it copies nothing.</summary>
    public static ref uint UpperWordOfLent(World world, UserProcess process) =>
        ref world.Engine.Ram.Words(process.Memory.Space.Tables.Directory)[World.At(Lent).Page.DirectoryIndex];

    public static FileObject ObjectAt(World world, int page) => world.Engine.Parts.Files.OpenFiles.ObjectOf(AreaAt(world, page).File);

    /// <summary>The file whose tree has two levels: pages 0 and 64.</summary>
    public static FileObject Sparse(World world) =>
        world.Engine.Parts.Files.OpenFiles.Objects.Single(static file => string.Equals(file.Name, "sparse", StringComparison.Ordinal));

    public static ref AnonymousRoot RootAt(World world, int page) => ref world.Machine.Areas.Roots[AreaAt(world, page).Root];

    public static FrameNumber Take(World world, FrameState state) =>
        world.Machine.Allocator.TryAllocate(state, out FrameNumber frame)
            ? frame
            : throw new InvalidOperationException("No frame is free.");

    /// <summary>The first frame of a free block in the allocator's lists.</summary>
    public static FrameNumber FreeBlock(World world) =>
        new(Enumerable.Range(0, FreeLists.OrderMax + 1).Select(world.Machine.Allocator.Lists.Low.First).First(static first => first != 0));

    /// <summary>The frame freed last, which lies on the hot stack, poisoned.</summary>
    public static FrameNumber FreedLast(World world) => new(world.Machine.Allocator.Hot[^1]);

    /// <summary>A record taken and freed again: its bytes are still there.</summary>
    public static ref Area DeadArea(World world)
    {
        _ = world.Machine.Areas.Slab.TryAllocate(out uint index);
        ref Area area = ref world.Machine.Areas.Slab[index];
        world.Machine.Areas.Slab.Free(index);
        return ref area;
    }

    /// <summary>Writes to where only readers go.</summary>
    public static void Overwrite(ReadOnlySpan<long> words, int index, long value) =>
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(words), words.Length)[index] = value;

    /// <summary>Sets a private field, or the one after a property.</summary>
    public static void Set(object target, string name, object value)
    {
        const BindingFlags anywhere = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        for (Type? type = target.GetType(); type is not null; type = type.BaseType)
        {
            FieldInfo? field = type.GetField(name, anywhere) ?? type.GetField($"<{name}>k__BackingField", anywhere);
            if (field is null) continue;
            field.SetValue(target, value);
            return;
        }

        throw new ArgumentException($"{target.GetType().Name} has no field {name}.", nameof(name));
    }
}
