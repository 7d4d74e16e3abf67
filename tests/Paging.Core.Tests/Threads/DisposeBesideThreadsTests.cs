using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>With many threads, a Dispose takes its hold by itself, on any thread, and a second one does nothing.</summary>
public sealed class DisposeBesideThreadsTests
{
    private static readonly string[] Names =
        ["snapshot", "engine snapshot", "recorder", "watchpoint", "pin", "log", "frame log", "file", "userfaultfd", "process"];

    public static TheoryData<string, bool> Cases()
    {
        TheoryData<string, bool> cases = [];
        foreach (string name in Names)
        {
            cases.Add(name, false);
            cases.Add(name, true);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void ItThrowsNothingOnAnyThread(string name, bool isElsewhere)
    {
        using ThreadedEngine world = new();
        IDisposable subject = Make(world, name);
        Exception? thrown = null;
        void Twice() => thrown = Record.Exception(() =>
        {
            subject.Dispose();
            subject.Dispose();
        });
        if (isElsewhere) RunElsewhere(Twice);
        else Twice();
        Assert.Null(thrown);
    }

    [Theory, MemberData(nameof(Cases))]
    public void ItThrowsNothingAfterTheEngine(string name, bool isElsewhere)
    {
        ThreadedEngine world = new();
        IDisposable subject = Make(world, name);
        world.Engine.Dispose();
        Exception? thrown = null;
        if (isElsewhere) RunElsewhere(() => thrown = Record.Exception(subject.Dispose));
        else thrown = Record.Exception(subject.Dispose);
        Assert.Null(thrown);
    }

    /// <summary>Both threads find the engine open when they begin.</summary>
    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Cases))]
    public void ItThrowsNothingBesideTheEnginesOwn(string name, bool isFirst)
    {
        for (int hold = 0; hold < 20; hold++)
        {
            ThreadedEngine world = new();
            IDisposable subject = Make(world, name);
            Exception? thrown = null;
            using Barrier start = new(2);
            Thread other = new(() =>
            {
                start.SignalAndWait();
                thrown = Record.Exception(isFirst ? subject.Dispose : world.Engine.Dispose);
            });
            other.Start();
            start.SignalAndWait();
            Exception? here = Record.Exception(isFirst ? world.Engine.Dispose : subject.Dispose);
            other.Join();
            Assert.Null(thrown);
            Assert.Null(here);
        }
    }

    /// <summary>The same exception that the engine throws when it is gone, but of a backing: the work has failed.</summary>
    [Fact]
    public void ABackingsOwnExceptionEndsBackgroundWorkWithAFailure()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20, AllowThreads = true, DirtyExpireTicks = 1 });
        GuestFile file = engine.Files.CreateFile("closed", new ClosedBacking());
        Assert.Equal(Errno.None, file.Write(0, new byte[4096], out _));
        using BackgroundWork work = engine.Threads.StartBackground(TimeSpan.FromMilliseconds(1));
        Assert.True(SpinWait.SpinUntil(() => work.Failure is not null, 30_000));
        Assert.IsType<ObjectDisposedException>(work.Failure);
        Record.Exception(engine.Dispose);    // the backing throws once more
    }

    private static void RunElsewhere(Action action)
    {
        Thread thread = new(() => action());
        thread.Start();
        thread.Join();
    }

    private static IDisposable Make(ThreadedEngine world, string name)
    {
        VirtualAddress at = world.Map(4);
        using (world.Engine.EnterSlowPath()) world.Mmu.Write(at, 1u);
        switch (name)
        {
            case "snapshot": return world.Process.TakeSnapshot();
            case "engine snapshot": return world.Engine.TakeSnapshot();
            case "recorder":
                using (world.Engine.EnterSlowPath()) return world.Engine.RecordEvents(64);
            case "watchpoint":
                using (world.Engine.EnterSlowPath()) return world.Mmu.Watch(at, 4, WatchedAccesses.All, static _ => { });
            case "pin": return world.Process.Pin(at, 4096, AccessKind.Write);
            case "log": return world.Memory.OpenDirtyLog();
            case "frame log": return world.Engine.OpenDirtyLog();
            case "file": return world.Engine.Files.CreateMemoryFile("file", 4096);
            case "userfaultfd": return world.Memory.Userfaultfds.Open();
            default: return world.Engine.CreateProcess("second");
        }
    }

    private sealed class ClosedBacking : IFileBacking
    {
        public long ByteLength => 1 << 20;

        public Errno Read(long offset, Span<byte> destination, out int byteCount)
        {
            byteCount = destination.Length;
            return Errno.None;
        }

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount) => throw new ObjectDisposedException("stream");

        public Errno SetLength(long length) => Errno.None;

        public Errno Flush() => Errno.None;

        public void Dispose() { }
    }
}
