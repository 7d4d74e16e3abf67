using System.Buffers;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Objects of an engine are disposed twice, or after the engine: nothing happens, and counts are zero.</summary>
public sealed class AfterDisposeTests
{
    private static readonly (string Name, Func<World, IDisposable> Make)[] Kinds =
    [
        ("process", static world => world.Engine.CreateProcess("p")),
        ("file", static world => world.Engine.Files.CreateMemoryFile("f")),
        ("open file", static world => Opened(world)),
        ("log", static world => world.Memory.OpenDirtyLog()),
        ("log of frames", static world => world.Engine.OpenDirtyLog()),
        ("pin to read", static world => world.First.Pin(World.At(0), 8192, AccessKind.Read)),
        ("pin to write", static world => world.First.Pin(World.At(0), 8192, AccessKind.Write)),
        ("userfaultfd", static world => world.Memory.Userfaultfds.Open()),
        ("snapshot", static world => world.First.TakeSnapshot()),
        ("snapshot of all", static world => world.Engine.TakeSnapshot()),
        ("pager", static world => world.Engine.Files.CreatePager("p", new PageCount(4), new Zeros())),
        ("watchpoint", static world => world.Mmu.Watch(World.At(0), 4, WatchedAccesses.All, static _ => { })),
    ];

    public static TheoryData<string> Names => [.. Kinds.Select(static one => one.Name)];

    [Theory, MemberData(nameof(Names))]
    public void DisposingTwiceIsDisposingOnce(string name)
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(0);
        Balance before = Balance.Of(world.Engine);
        IDisposable one = Make(name, world);
        one.Dispose();
        Balance after = Balance.Of(world.Engine);
        one.Dispose();
        one.Dispose();
        Assert.Equal(after, Balance.Of(world.Engine));
        world.Verify();
        if (!name.StartsWith("pin", StringComparison.Ordinal)) Assert.Equal(before, after);
        IDisposable other = Make(name, world);    // what came in its place is not disposed with it
        Balance with = Balance.Of(world.Engine);
        one.Dispose();
        Assert.Equal(with, Balance.Of(world.Engine));
        other.Dispose();
        world.Verify();
    }

    [Theory, MemberData(nameof(Names))]
    public void DisposingAfterTheEngineDoesNothing(string name)
    {
        using World world = new();
        world.Map(0, 4);
        IDisposable one = Make(name, world);
        world.Engine.Dispose();
        one.Dispose();
        one.Dispose();
    }

    [Fact]
    public void AProcessorIsDisposedAfterItsEngine()
    {
        ThreadedEngine world = new();
        VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
        processor.Run(world.Process);
        processor.Rest();
        world.Dispose();
        processor.Dispose();
        processor.Dispose();
    }

    /// <summary>The space of a reaped process is the next one's, and answers again.</summary>
    [Fact]
    public void TheProcessThatComesAfterAReapedOneAnswers()
    {
        using World world = new();
        for (int round = 0; round < 3; round++)
        {
            UserProcess process = world.Engine.CreateProcess("short");
            Assert.Equal((0, false), (process.Memory.Areas.Count, process.HasExited));
            World.MapAs(process, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
            process.Memory.Mmu.Write(World.At(0), 1);
            Assert.Equal(1, process.Memory.Areas.Count);
            process.Exit(3);
            Assert.Equal((0, true), (process.Memory.Areas.Count, process.HasExited));
            process.Dispose();
            ObjectDisposedException gone = Assert.Throws<ObjectDisposedException>(() => process.Memory.Areas.Count);
            Assert.StartsWith("The process has exited, or was taken back by a snapshot.", gone.Message, StringComparison.Ordinal);
        }

        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ALogThatIsClosedHasNoPages()
    {
        using World world = new();
        world.Map(0, 4);
        DirtyLog log = world.Memory.OpenDirtyLog();
        FrameDirtyLog frames = world.Engine.OpenDirtyLog();
        world.Touch(1);
        world.Touch(2);
        FrameNumber frame = world.Memory.Space.Tables.Read(World.At(1).Page).Frame;
        Assert.Equal((2, true, true), (log.Count, log.IsDirty(World.At(1).Page), frames.IsDirty(frame)));
        Assert.True(frames.Count >= 2);
        log.Dispose();
        frames.Dispose();
        Assert.Equal((0, false, false, 0), (log.Count, log.IsDirty(World.At(1).Page), frames.IsDirty(frame), frames.Count));
        Assert.Throws<ObjectDisposedException>(() => log.CollectDirty().Length);
        Assert.Throws<ObjectDisposedException>(() => frames.CollectDirty().Length);
        Assert.Throws<ObjectDisposedException>(() => frames.CollectDirty(default, new(1), new ulong[1]));
        Assert.Throws<ObjectDisposedException>(() => frames.NoteWritten(frame));
    }

    private static IDisposable Make(string name, World world) =>
        Array.Find(Kinds, one => string.Equals(one.Name, name, StringComparison.Ordinal)).Make(world);

    private static OpenFileDescription Opened(World world)
    {
        using GuestFile file = world.Engine.Files.CreateMemoryFile("f");
        World.Succeeds(file.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
        return open!;
    }

    private sealed class Zeros : IPageSource
    {
        public PageAnswer Request(FilePage page, Span<byte> destination) => PageAnswer.Zeros;

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.None;
    }
}
