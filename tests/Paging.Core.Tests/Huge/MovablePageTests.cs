using Paging.Core.Composition;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The descriptors of pages that can move, the entries that prevent a move, and the state of a moved page.</summary>
/// <remarks>Linux: mm/compaction.c isolate_migratepages_block; mm/migrate.c folio_migrate_flags.</remarks>
public sealed class MovablePageTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose()
    {
        _world.Verify();
        _world.Dispose();
    }

    private PageMover Mover => MoverOf(_world.Engine);

    [Theory]
    [InlineData(FrameState.Anonymous, 0u, 1u, 1u, 0u, true)]
    [InlineData(FrameState.Anonymous, 0u, 2u, 2u, 0u, true)]                   // a child has it too
    [InlineData(FrameState.Anonymous, 0u, 1u, 2u, 0u, false)]                  // an extra reference holds it
    [InlineData(FrameState.SwapCache, 0u, 0u, 1u, 5u, true)]
    [InlineData(FrameState.SwapCache, 0u, 1u, 2u, 5u, true)]
    [InlineData(FrameState.SwapCache, 0u, 1u, 1u, 5u, false)]
    [InlineData(FrameState.SwapCache, 0u, 1u, 3u, 5u, false)]
    [InlineData(FrameState.PageCache, 0u, 3u, 4u, 0u, true)]
    [InlineData(FrameState.PageCache, 0u, 3u, 3u, 0u, false)]
    [InlineData(FrameState.PageCache, 0x8000_0001u, 0u, 1u, 0u, true)]          // the number of a file
    [InlineData(FrameState.Anonymous, 0x8000_0001u, 1u, 1u, 0u, false)]         // of another system
    [InlineData(FrameState.SwapCache, 0x8000_0001u, 0u, 1u, 5u, false)]
    public void TheDescriptorDecidesIfAPageMoves(FrameState state, uint owner, uint mappings, uint references, uint content, bool mayMove)
    {
        FrameDescriptor descriptor = default;
        descriptor.State = state;
        (descriptor.Owner, descriptor.Private) = (owner, content);
        (descriptor.ReferenceCount, descriptor.MapCount) = (references, mappings);
        descriptor.Flags = FrameFlags.OnList;
        Assert.Equal(mayMove, Mover.MayMove(in descriptor));
        descriptor.Flags = FrameFlags.OnList | PageFlags.Pinned;
        Assert.False(Mover.MayMove(in descriptor));
        descriptor.Flags = FrameFlags.None;
        Assert.False(Mover.MayMove(in descriptor));
        // The first frame of a huge page has the number of its leaves; other parts are pages like others.
        descriptor.Flags = FrameFlags.OnList | PageFlags.HugePart;
        Assert.Equal(mayMove, Mover.MayMove(in descriptor));
        descriptor.Kind = (byte)ResidentKind.Shared;    // a part of a folio of shared memory, whose pages must lie side by side
        Assert.Equal(mayMove && state != FrameState.PageCache, Mover.MayMove(in descriptor));
        descriptor.Kind = 0;
        if (state != FrameState.Anonymous) return;
        descriptor.Private = 1;
        Assert.False(Mover.MayMove(in descriptor));
    }

    /// <summary>Pages of a group with its own policy stay: the policy identifies them by their frames.</summary>
    [Fact]
    public void PagesOfAGroupWithAPolicyStay()
    {
        ReclaimPolicy policy = ReclaimPolicy.Of(static _ => new RecordedPolicy(new PolicyRecord()));
        World.Succeeds(_world.Engine.Groups.Create(new() { Policy = policy }, out MemoryGroup? group));
        UserProcess member = _world.Engine.CreateProcess("member", ProcessOptions.Default with { Group = group });
        World.MapAs(member, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
        member.Memory.Mmu.Write(World.At(0), (byte)1);
        _world.Map(0, 1);
        _world.Touch(0);
        Assert.True(Mover.MayMove(in _world.Machine.Frames[FrameOf(0)]));
        Assert.False(Mover.MayMove(in _world.Machine.Frames[member.Memory.Space.Tables.Read(World.At(0).Page).Frame]));
    }

    /// <summary>An entry of another system, or of a device's memory, prevents the move: nothing changes.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnEntryCanStandAgainstIt(bool isForeign)
    {
        int descriptor = _world.OpenFile("f", 1);
        _world.MapFile(descriptor, 0, 1, type: MapFlags.Shared);
        World.Succeeds(_world.First.Fork(out UserProcess? child));
        _world.Peek(0);
        child!.Memory.Mmu.Read<byte>(World.At(0));
        FrameNumber from = FrameOf(0);
        Space space = child.Memory.Space;
        ref Area area = ref space.Areas[space.Areas.Tree.Covering(World.At(0).Page)];
        if (isForeign) space.Foreign = new EmptyForeignSpace();
        else area.Flags |= AreaFlags.Device;
        Assert.True(_world.Machine.Allocator.TryAllocate(FrameState.PageCache, out FrameNumber to));
        FrameDescriptor before = _world.Machine.Frames[from];
        Assert.False(Mover.TryMove(from, to));
        space.Foreign = null;
        area.Flags &= ~AreaFlags.Device;
        Assert.Equal((from, from), (FrameOf(0), space.Tables.Read(World.At(0).Page).Frame));
        Assert.Equal((before.Counts, before.Flags), (_world.Machine.Frames[from].Counts, _world.Machine.Frames[from].Flags));
        Assert.True(Mover.TryMove(from, to));
        Assert.Equal((to, to), (FrameOf(0), space.Tables.Read(World.At(0).Page).Frame));
    }

    /// <summary>A log of frames has the frame that a page has moved to; the old one has no reference and no mapping left.</summary>
    [Fact]
    public void TheTargetHasChangedAndTheOldFrameHasNoUser()
    {
        _world.Map(0, 1);
        _world.Touch(0, 5);
        using FrameDirtyLog log = _world.Engine.OpenDirtyLog();
        FrameNumber from = FrameOf(0);
        Assert.True(_world.Machine.Allocator.TryAllocate(FrameState.Anonymous, out FrameNumber to));
        log.CollectDirty();
        Assert.True(Mover.TryMove(from, to));
        Assert.True(log.IsDirty(to));
        Assert.False(log.IsDirty(from));
        Assert.Equal((0ul, FrameState.Free), (_world.Machine.Frames[from].Counts, _world.Machine.Frames[from].State));
        Assert.Equal(5, _world.Peek(0));
    }

    /// <summary>A part of a huge page that was broken up is a page like others once it has moved; it joins no huge page again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void APartThatHasMovedIsAPartNoLonger(bool isInSwapCache)
    {
        using HugeWorld world = new();
        world.MapLines(0, 1);
        world.FillLines(0, 1);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), 4096, MemoryAdvice.DontNeed));
        world.Write(0, 1);
        FrameTable frames = world.Engine.Parts.Machine.Frames;
        PageNumber page = HugeWorld.At(7).Page;
        FrameNumber from = world.Memory.Space.Tables.Read(page).Frame;
        Assert.True(HugeBlocks.IsPart(frames[from]));
        if (isInSwapCache) World.Succeeds(world.Engine.Parts.Files.Swap.TryAdd(from) ? Errno.None : Errno.ENOMEM);
        Assert.True(world.Engine.Parts.Machine.Allocator.TryAllocate(frames[from].State, out FrameNumber to));
        FrameFlags before = frames[from].Flags;
        PageMover mover = MoverOf(world.Engine);
        Assert.True(mover.MayMove(in frames[from]));
        Assert.True(mover.TryMove(from, to));
        Assert.Equal(before & ~PageFlags.HugePart, frames[to].Flags);
        Assert.Equal(to, world.Memory.Space.Tables.Read(page).Frame);
        world.Verify();
    }

    private FrameNumber FrameOf(int page) => _world.Memory.Space.Tables.Read(World.At(page).Page).Frame;

    private static PageMover MoverOf(PagingEngine engine)
    {
        Composition.FileParts files = engine.Parts.Files;
        Composition.MachineParts machine = engine.Parts.Machine;
        return new(machine.Store, files.OpenFiles, files.Cache, files.Swap, files.ReverseMap);
    }
}
