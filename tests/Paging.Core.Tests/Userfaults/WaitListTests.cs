using Paging.Core.Swap;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// The waiting accesses of a userfaultfd, beside a plain list: reading, waking, and threads that go; and pages that are moved.
/// </summary>
public sealed class WaitListTests
{
    private const int Pages = 8;

    private static UserfaultFeatures Features => UserfaultFeatures.All & ~UserfaultFeatures.Signal & ~UserfaultFeatures.ProtectSilently;

    [Fact]
    public void TheWaitersFollowFromReportsReadsAndWakes() => Property.ForSeeds(25, static seed =>
    {
        Random random = new((int)seed);
        using World world = new();
        world.Map(0, Pages);
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(Features);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(Pages), UserfaultModes.Missing));
        List<(int Page, bool IsWrite, int Thread)> unread = [], read = [];
        for (int step = 0; step < 60; step++)
        {
            int page = random.Next(Pages), thread = random.Next(1, 4);
            switch (random.Next(6))
            {
                case 0 or 1 or 2:
                    bool isWrite = random.Next(2) == 0;
                    world.Memory.Userfaultfds.SetThread(thread, isSystemCall: false);
                    MemoryFault fault = default;
                    Assert.False(isWrite
                        ? world.Mmu.TryWrite(World.At(page), (byte)1, out fault)
                        : world.Mmu.TryRead(World.At(page), out byte _, out fault));
                    Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
                    Assert.True(world.Memory.HasPendingAccess);
                    Assert.True(world.Memory.TakePendingAccess());
                    Assert.False(world.Memory.TakePendingAccess());
                    if (!unread.Contains((page, isWrite, thread)) && !read.Contains((page, isWrite, thread)))
                        unread.Add((page, isWrite, thread));
                    break;
                case 3:
                    Assert.Equal(unread.Count != 0, faults.TryRead(out UserfaultMessage message));
                    if (unread.Count == 0) break;
                    Assert.Equal(unread[0], ((int)(message.Address.Page.Value - World.Base.Page.Value), message.IsWrite, message.Thread));
                    read.Add(unread[0]);
                    unread.RemoveAt(0);
                    break;
                case 4:
                    int count = random.Next(1, Pages - page + 1);
                    World.Succeeds(faults.Wake(World.At(page), World.Bytes(count)));
                    foreach (var list in new[] { unread, read }) list.RemoveAll(wait => wait.Page >= page && wait.Page < page + count);
                    break;
                default:
                    world.Memory.Userfaultfds.DropAccesses(thread);
                    foreach (var list in new[] { unread, read }) list.RemoveAll(wait => wait.Thread == thread);
                    break;
            }

            Assert.Equal((unread.Count, unread.Count + read.Count), (faults.UnreadCount, faults.WaitingCount));
            Assert.Equal(unread.Count != 0, faults.HasMessage);
            for (int one = 1; one < 4; one++)
                Assert.Equal(unread.Concat(read).Any(wait => wait.Thread == one), world.Memory.Userfaultfds.IsWaiting(one));
        }

        World.Returns(Errno.EINVAL, faults.Wake(World.At(0, 1), 4096));
        World.Returns(Errno.EINVAL, faults.Wake(World.At(0), 0));
        World.Returns(Errno.EINVAL, faults.Wake(World.At(0), 4095));
    });

    [Fact]
    public void AChangeIsAMessageToo()
    {
        using World world = new();
        MemoryUserfaultfds userfaultfds = world.Memory.Userfaultfds;
        Assert.False(userfaultfds.WereOpened || userfaultfds.HasUnreadChange || userfaultfds.IsWaiting(1));
        Assert.Equal(0, userfaultfds.ChangeCount);
        world.Memory.Userfaultfds.SetThread(1, isSystemCall: true);
        world.Memory.Userfaultfds.DropAccesses(1);
        world.Map(0, Pages);
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(Features);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(Pages), UserfaultModes.Missing));
        Assert.True(world.Memory.Userfaultfds.WereOpened);
        Assert.False(faults.HasMessage || faults.HasUnreadChange);
        World.Succeeds(world.Memory.Advise(World.At(2), World.Bytes(2), MemoryAdvice.DontNeed));
        Assert.True(faults.HasMessage && faults.HasUnreadChange && world.Memory.Userfaultfds.HasUnreadChange);
        Assert.Equal((0, 1L, 1L), (faults.UnreadCount, faults.MessageCount, world.Memory.Userfaultfds.ChangeCount));
        Assert.True(faults.TryRead(out UserfaultMessage message));
        Assert.Equal((UserfaultMessageKind.Remove, World.At(2), 2u * 4096), (message.Kind, message.Address, message.ByteLength));
        Assert.False(faults.HasMessage);
    }

    /// <summary>Each page of the source is unchanged at its new place, and nowhere else; a page that is shared stays.</summary>
    [Fact]
    public void PagesMoveWithTheirBytes() => Property.ForSeeds(25, static seed =>
    {
        const int source = 20;
        Random random = new((int)seed);
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new Swap.MemorySwapStore(1 << 20), out _));
        world.Map(0, Pages);
        world.Map(source, Pages);
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(Features);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(Pages), UserfaultModes.Missing));
        bool isSwapped = random.Next(2) == 0, isShared = false;
        Dictionary<int, byte> model = [];    // the pages of both areas that are there
        HashSet<int> shared = [];
        Snapshot? snapshot = null;
        for (int step = 0; step < 40; step++)
        {
            int page = source + random.Next(Pages), to = random.Next(Pages);
            switch (random.Next(7))
            {
                case 0 or 1:
                    world.Touch(page, (byte)(step + 1));
                    model[page] = (byte)(step + 1);
                    shared.Remove(page);
                    break;
                case 2:
                    Assert.Equal(model.GetValueOrDefault(page), world.Peek(page));
                    model.TryAdd(page, 0);    // the page of zeros
                    break;
                case 3:
                    if (isSwapped) world.Memory.Advise(World.At(page), 4096, MemoryAdvice.PageOut);
                    break;
                case 4 when !isShared && step > 10:
                    isShared = true;
                    if (random.Next(2) == 0)
                    {
                        UserProcess child = world.First.Fork();
                        shared = [.. model.Where(static pair => pair.Value != 0).Select(static pair => pair.Key)];
                        while (faults.TryRead(out UserfaultMessage message)) (message.Child as IDisposable)?.Dispose();
                        _ = child;
                    }
                    else
                    {
                        snapshot = world.First.TakeSnapshot();    // a program cannot detect it
                    }

                    break;
                default:
                    bool allowsHoles = random.Next(2) == 0;
                    Errno expected = model.ContainsKey(to) ? Errno.EEXIST
                        : !model.ContainsKey(page) ? allowsHoles ? Errno.None : Errno.ENOENT
                        : shared.Contains(page) ? Errno.EBUSY : Errno.None;
                    Errno error = faults.Move(World.At(to), World.At(page), 4096, allowsHoles, UserfaultFillFlags.None, out ulong done);
                    World.Returns(expected, error);
                    Assert.Equal(expected == Errno.None ? 4096ul : 0, done);
                    if (expected == Errno.None && model.Remove(page, out byte value)) model[to] = value;
                    break;
            }

            foreach ((int at, byte value) in model)
                if (random.Next(4) == 0) Assert.Equal(value, world.Peek(at));
            for (int at = 0; at < Pages; at++)
                Assert.Equal(model.ContainsKey(at), !world.Memory.Space.Tables.Read(World.At(at).Page).IsNeverTouched);
        }

        foreach ((int at, byte value) in model) Assert.Equal(value, world.Peek(at));
        world.Verify();
        snapshot?.Dispose();
    });
}
