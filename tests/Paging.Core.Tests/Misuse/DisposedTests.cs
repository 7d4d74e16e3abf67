using System.Collections.Immutable;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// On a disposed engine, on another thread and in a callback, every public member of the engine and of its objects throws.
/// </summary>
public sealed class DisposedTests
{
    // Properties of the object itself, such as its name and number, which need no engine.
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "PagingEngine.Options", "PagingEngine.Ram", "PagingEngine.Dispose", "UserProcess.Id", "UserProcess.Name", "UserProcess.ParentId",
        "UserProcess.Memory", "UserProcess.FileDescriptors", "UserProcess.HasExited", "UserProcess.ExitCode",
            "UserProcess.OutOfMemoryScore",
        "UserProcess.Dispose", "UserProcess.Group", "AddressSpace.Mmu", "GuestFile.Id", "GuestFile.Name", "GuestFile.Kind",
        "GuestFile.Dispose", "OpenFileDescription.File", "OpenFileDescription.Dispose", "SwapDevice.Name", "SwapDevice.Number",
            "SwapDevice.Priority",
        "SwapDevice.SlotCount", "SwapDevice.UsedSlotCount", "MemoryGroup.Name", "MemoryGroup.Limit", "MemoryGroup.Usage",
        "MemoryGroup.Tables", "MemoryGroup.OutOfMemory", "MemoryGroup.LimitHits", "MemoryGroup.Failures", "MemoryGroup.Kills",
        "PagingEngine.BindToCurrentThread", "DirtyLog.Count", "DirtyLog.IsDirty", "DirtyLog.Dispose", "FrameDirtyLog.Count",
        "FrameDirtyLog.IsDirty", "FrameDirtyLog.Dispose", "Pager.File", "Pager.PendingCount", "Pager.IsPending", "Pager.Dispose",
        "Userfaultfd.Features", "Userfaultfd.WaitingCount", "Userfaultfd.UnreadCount", "Userfaultfd.HasMessage",
        "Userfaultfd.HasUnreadChange", "Userfaultfd.MessageCount", "Userfaultfd.HasEnded", "Userfaultfd.Dispose", "Snapshot.Process",
        "Snapshot.IsValid", "Snapshot.Parent", "Snapshot.Save", "Snapshot.Dispose", "EngineSnapshot.IsValid",
        "EngineSnapshot.Parent", "EngineSnapshot.ProcessCount", "EngineSnapshot.Dispose", "AddressSpace.HasPendingAccess",
        "AddressSpace.TakePendingAccess", "MemoryUserfaultfds.HasPendingFill", "MemoryUserfaultfds.TakePendingFill",
        "MemoryUserfaultfds.HasUnreadChange", "MemoryUserfaultfds.WereOpened", "MemoryUserfaultfds.ChangeCount", "Mmu.Fence",
        "PagingEngine.Frames", "PagingEngine.HugePages", "PagingEngine.Files",
        "PagingEngine.Swap", "PagingEngine.Groups", "PagingEngine.Threads", "PagingEngine.SavedProcesses", "AddressSpace.Areas",
        "AddressSpace.HugePages", "AddressSpace.Userfaultfds", "AddressSpace.Remote", "PagingEngine.HostCalls",
        "EngineHostCalls.Word", "EngineHostCalls.ThrowIfInNativeCall",
    };

    // A hold of the host's own, or a thread: it would go on after the call.
    private static readonly HashSet<string> LeavesAHold = new(StringComparer.Ordinal)
    {
        "PagingEngine.EnterSlowPath", "EngineThreads.StartBackground",
    };

    // An engine of one thread refuses them, whether it is disposed or not.
    private static readonly HashSet<string> ForThreads = new(StringComparer.Ordinal)
    {
        "EngineThreads.CreateProcessor", "EngineThreads.StartBackground", "EngineThreads.RecordOrder", "EngineThreads.ReplayOrder",
        "EngineThreads.StopOrder", "EngineThreads.Count",
    };

    private static readonly Type[] Types =
    [
        typeof(PagingEngine), typeof(UserProcess), typeof(AddressSpace), typeof(ProcessDescriptors), typeof(GuestFile),
            typeof(OpenFileDescription),
        typeof(DirtyLog), typeof(FrameDirtyLog), typeof(Pager), typeof(Userfaultfd), typeof(Snapshot), typeof(EngineSnapshot),
        typeof(Mmu), typeof(EngineFrames), typeof(EngineHostCalls), typeof(EngineHugePages), typeof(EngineFiles), typeof(EngineSwap),
        typeof(EngineGroups), typeof(EngineThreads), typeof(SavedProcesses), typeof(MemoryAreas), typeof(MemoryHugePages),
        typeof(MemoryUserfaultfds), typeof(RemoteAccess),
    ];

    private static readonly ImmutableArray<PublicCall> Calls =
        [.. Types.SelectMany(static type => PublicCall.Of(type)).Where(static call => !Harmless.Contains(call.Name))];

    public static TheoryData<string> Members => Named(Calls);

    // After a process is reaped these members still work: they report that nothing is left.
    public static TheoryData<string> HandleMembers => Named(Calls.Where(static call =>
        typeof(IDisposable).IsAssignableFrom(call.Type) && call.Type != typeof(PagingEngine) && call.Type != typeof(UserProcess)
            && call.Type != typeof(Mmu)));

    [Theory, MemberData(nameof(Members))]
    public void AMemberOfADisposedEngineThrows(string name) =>
        Try(name, ForThreads.Contains(name) ? typeof(InvalidOperationException) : typeof(ObjectDisposedException), AfterTheEngine);

    [Theory, MemberData(nameof(Members))]
    public void AMemberOfADisposedEngineOfManyThreadsThrows(string name) =>
        Try(name, typeof(ObjectDisposedException), AfterTheEngine, allowsThreads: true);

    private static void AfterTheEngine(Scene scene, Action call)
    {
        scene.World.Engine.Dispose();
        call();
    }

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Members))]
    public void AMemberCalledFromAnotherThreadThrows(string name) => Try(name, typeof(InvalidOperationException), static (_, call) =>
    {
        Thread thread = new(() => call());
        thread.Start();
        thread.Join();
    });

    [Theory, MemberData(nameof(Members))]
    public void AMemberCalledByACallbackThrows(string name) => Try(name, typeof(InvalidOperationException), static (scene, call) =>
    {
        scene.Source.First = call;
        World.Succeeds(scene.Pager.File.Read(0, new byte[1], out _));
    });

    /// <summary>Any thread may call, and the call takes a hold (docs/EMBEDDING.md).</summary>
    [Theory, MemberData(nameof(Members))]
    public void AMemberOfAnEngineOfManyThreadsTakesAHold(string name)
    {
        if (LeavesAHold.Contains(name)) return;
        foreach (Exception? thrown in Thrown(name, static (_, call) => call(), allowsThreads: true))
            Assert.DoesNotContain("slow path", thrown?.Message ?? "", StringComparison.Ordinal);
    }

    public static TheoryData<string> ProcessMembers => Named(Calls.Where(static call => call.Type == typeof(AddressSpace)
        || call.Type == typeof(ProcessDescriptors) || call.Type == typeof(Mmu) || call.Type == typeof(MemoryAreas)
        || call.Type == typeof(MemoryHugePages) || call.Type == typeof(MemoryUserfaultfds) || call.Type == typeof(RemoteAccess)));

    [Theory, MemberData(nameof(ProcessMembers))]
    public void AMemberOfAReapedProcessThrowsInBothKindsOfEngine(string name)
    {
        if (name is "Mmu.CheckThread") return;    // it looks at the thread alone, and every access after it throws
        Try(name, typeof(ObjectDisposedException), AfterTheProcess);
        bool isSupervisors = name.EndsWith("AsSupervisor", StringComparison.Ordinal);
        if (name.StartsWith("Mmu.", StringComparison.Ordinal) && !isSupervisors) return;    // with many threads for processors only
        Try(name, typeof(ObjectDisposedException), AfterTheProcess, allowsThreads: true);
    }

    private static void AfterTheProcess(Scene scene, Action call)
    {
        scene.World.First.Dispose();
        call();
    }

    /// <summary>The engine lives; the host has disposed of the object.</summary>
    [Theory, MemberData(nameof(HandleMembers))]
    public void AMemberOfADisposedHandleThrows(string name) => Try(name, typeof(ObjectDisposedException), (scene, call) =>
    {
        ((IDisposable)scene.Objects[Array.FindIndex(Types, type => name.StartsWith(type.Name + ".", StringComparison.Ordinal))]).Dispose();
        call();
    });

    [Fact]
    public void DisposingOnAnotherThreadIsRefused()
    {
        using World world = new();
        Scene scene = new(world);
        foreach (IDisposable one in scene.Objects.OfType<IDisposable>().Where(static one => one is not Mmu))
        {
            Exception? thrown = null;
            Thread thread = new(() => thrown = Record.Exception(one.Dispose));
            thread.Start();
            thread.Join();
            Assert.True(thrown is InvalidOperationException, $"{one.GetType().Name}: {thrown}");
        }

        world.Touch(world.Map(0, 1).OffsetInPage);
        foreach (IDisposable one in scene.Objects.OfType<IDisposable>().Reverse())
            if (one is not (PagingEngine or UserProcess or Mmu)) one.Dispose();    // it was not disposed then
        world.AssertNothingIsLeft();
    }

    private static void Try(string name, Type expected, Action<Scene, Action> how, bool allowsThreads = false)
    {
        foreach (Exception? thrown in Thrown(name, how, allowsThreads)) Assert.IsType(expected, thrown);
    }

    private static IEnumerable<Exception?> Thrown(string name, Action<Scene, Action> how, bool allowsThreads)
    {
        foreach (PublicCall call in Calls.Where(call => string.Equals(call.Name, name, StringComparison.Ordinal)))
        {
            using World world = new(World.Options() with { AllowThreads = allowsThreads });
            Scene scene = new(world);
            Action action = call.On(scene.Objects[Array.IndexOf(Types, call.Type)], world);
            Exception? thrown = null;
            how(scene, () => thrown = Record.Exception(action));
            scene.Source.First = null;
            yield return thrown;
        }
    }

    private static TheoryData<string> Named(IEnumerable<PublicCall> calls) =>
        [.. calls.Select(static call => call.Name).Distinct(StringComparer.Ordinal)];

    /// <summary>An object of each of the types, in their order.</summary>
    private sealed class Scene
    {
        public Scene(World world)
        {
            World = world;
            using EngineHold hold = world.Engine.EnterSlowPath();
            GuestFile file = world.CreateFile("f", 1);
            World.Succeeds(file.Open(FileRights.Read, OpenFlags.None, out OpenFileDescription? open));
            Pager = world.Engine.Files.CreatePager("pager", new(1), Source);
            Objects =
            [
                world.Engine, world.First, world.Memory, world.First.FileDescriptors, file, open!, world.Memory.OpenDirtyLog(),
                world.Engine.OpenDirtyLog(), Pager, world.Memory.Userfaultfds.Open(), world.First.TakeSnapshot(),
                world.Engine.TakeSnapshot(), world.Mmu, world.Engine.Frames, world.Engine.HostCalls, world.Engine.HugePages,
                world.Engine.Files, world.Engine.Swap, world.Engine.Groups, world.Engine.Threads, world.Engine.SavedProcesses,
                world.Memory.Areas, world.Memory.HugePages, world.Memory.Userfaultfds, world.Memory.Remote,
            ];
        }

        public World World { get; }
        public CallingSource Source { get; } = new();
        public Pager Pager { get; }
        public object[] Objects { get; }
    }
}
