using System.Reflection;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>After its end, and on another thread, an engine answers nothing: every public member of what belongs to it says so.</summary>
public sealed class DisposedTests
{
    // What an object is, not what the engine knows: its own name and number.
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "PagingEngine.Options", "PagingEngine.Ram", "PagingEngine.Dispose", "UserProcess.Id", "UserProcess.Name", "UserProcess.ParentId",
        "UserProcess.Memory", "UserProcess.Files", "UserProcess.HasExited", "UserProcess.ExitCode", "UserProcess.OutOfMemoryScore",
        "UserProcess.Dispose", "UserProcess.Group", "AddressSpace.Mmu", "GuestFile.Id", "GuestFile.Name", "GuestFile.Kind",
        "GuestFile.Dispose", "OpenGuestFile.File", "OpenGuestFile.Dispose", "SwapDevice.Name", "SwapDevice.Number", "SwapDevice.Priority",
        "SwapDevice.SlotCount", "SwapDevice.UsedSlotCount", "MemoryGroup.Name", "MemoryGroup.Limit", "MemoryGroup.Usage",
        "MemoryGroup.Tables", "MemoryGroup.OutOfMemory", "MemoryGroup.LimitHits", "MemoryGroup.Failures", "MemoryGroup.Kills",
        "PagingEngine.BindToCurrentThread", "DirtyLog.Count", "DirtyLog.IsDirty", "DirtyLog.Dispose", "FrameDirtyLog.Count",
        "FrameDirtyLog.IsDirty", "FrameDirtyLog.Dispose", "Pager.File", "Pager.PendingCount", "Pager.IsPending", "Pager.Dispose",
        "Userfaultfd.Features", "Userfaultfd.WaitingCount", "Userfaultfd.UnreadCount", "Userfaultfd.HasMessage",
        "Userfaultfd.HasUnreadChange", "Userfaultfd.MessageCount", "Userfaultfd.HasEnded", "Userfaultfd.Dispose", "Snapshot.Process",
        "Snapshot.IsValid", "Snapshot.Parent", "Snapshot.SaveApart", "Snapshot.SaveShared", "Snapshot.Dispose", "EngineSnapshot.IsValid",
        "EngineSnapshot.Parent", "EngineSnapshot.ProcessCount", "EngineSnapshot.Dispose",
    };

    private static readonly Type[] Types =
    [
        typeof(PagingEngine), typeof(UserProcess), typeof(AddressSpace), typeof(ProcessFiles), typeof(GuestFile), typeof(OpenGuestFile),
        typeof(DirtyLog), typeof(FrameDirtyLog), typeof(Pager), typeof(Userfaultfd), typeof(Snapshot), typeof(EngineSnapshot)
    ];

    public static TheoryData<string> Members => [.. Types.SelectMany(static type => MembersOf(type).Select(member => NameOf(type, member)))
        .Where(static name => !Harmless.Contains(name)).Distinct(StringComparer.Ordinal)];

    // Once a process is reaped its members go on answering for what is left: nothing.
    public static TheoryData<string> HandleMembers => [.. Members.Select(static row => row.Data).Where(static name =>
        Types.Any(type => typeof(IDisposable).IsAssignableFrom(type) && type != typeof(PagingEngine) && type != typeof(UserProcess)
            && name.StartsWith(type.Name + ".", StringComparison.Ordinal)))];

    private static IEnumerable<MethodInfo> MembersOf(Type type) => type.GetMethods(
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(static method => !method.IsGenericMethodDefinition);

    private static string NameOf(Type type, MethodInfo method) =>
        $"{type.Name}.{(method.IsSpecialName ? method.Name[4..] : method.Name)}";

    [Theory, MemberData(nameof(Members))]
    public void AMemberOfADisposedEngineSaysSo(string name) => Try(name, typeof(ObjectDisposedException), static (world, call) =>
    {
        world.Engine.Dispose();
        call();
    });

    [Theory, MemberData(nameof(Members))]
    public void AMemberCalledFromAnotherThreadSaysSo(string name) => Try(name, typeof(InvalidOperationException), static (_, call) =>
    {
        Thread thread = new(() => call());
        thread.Start();
        thread.Join();
    });

    /// <summary>The engine lives; what the host has of it has been given back.</summary>
    [Theory, MemberData(nameof(HandleMembers))]
    public void AMemberOfADisposedHandleSaysSo(string name) => Try(name, typeof(ObjectDisposedException), static (_, call) => call(),
        disposesFirst: true);

    [Fact]
    public void WhatIsDisposedOnAnotherThreadIsRefused()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        World.Succeeds(file.Open(FileRights.Read, OpenFlags.None, out OpenGuestFile? open));
        foreach (IDisposable one in new IDisposable[] { world.Engine, world.First, file, open! })
        {
            Exception? thrown = null;
            Thread thread = new(() => thrown = Record.Exception(one.Dispose));
            thread.Start();
            thread.Join();
            Assert.IsType<InvalidOperationException>(thrown);
        }

        world.Touch(world.Map(0, 1).OffsetInPage);
        open!.Dispose();
        world.AssertNothingIsLeft();
    }

    private static void Try(string name, Type expected, Action<World, Action> how, bool disposesFirst = false)
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        World.Succeeds(file.Open(FileRights.Read, OpenFlags.None, out OpenGuestFile? open));
        using Pager pager = world.Engine.CreatePager("pager", new(1), new NoPages());
        using DirtyLog log = world.Memory.OpenDirtyLog();
        using FrameDirtyLog frames = world.Engine.OpenDirtyLog();
        object[] objects =
        [
            world.Engine, world.First, world.Memory, world.First.Files, file, open!, log, frames, pager, world.Memory.OpenUserfaultfd(),
            world.First.TakeSnapshot(), world.Engine.TakeSnapshot()
        ];
        for (int i = 0; i < Types.Length; i++)
        {
            foreach (MethodInfo method in MembersOf(Types[i]))
            {
                if (!string.Equals(NameOf(Types[i], method), name, StringComparison.Ordinal) || TakesSpans(method)) continue;
                if (disposesFirst) ((IDisposable)objects[i]).Dispose();
                Exception? thrown = null;
                how(world, () => thrown = Record.Exception(() => method.Invoke(objects[i], ArgumentsOf(method, world))));
                Assert.IsType(expected, (thrown as TargetInvocationException)?.InnerException ?? thrown);
            }
        }
    }

    // Reflection cannot pass or return spans.
    private static bool TakesSpans(MethodInfo method) => method.ReturnType.IsByRefLike || method.GetParameters().Any(static one =>
        (one.ParameterType.IsByRef ? one.ParameterType.GetElementType()! : one.ParameterType).IsByRefLike);

    private static object?[] ArgumentsOf(MethodInfo method, World world) =>
        [.. method.GetParameters().Select(one => one.ParameterType switch
        {
            { IsByRef: true } => null,
            { } type when type == typeof(string) => "x",
            { } type when type == typeof(ProcessOptions) => ProcessOptions.Default,
            { } type when type == typeof(MemoryGroupOptions) => new MemoryGroupOptions(),
            { } type when type == typeof(MemoryGroup) => world.First.Group,
            { } type when type == typeof(SwapDevice) => SomeDevice(),
            { } type when type == typeof(ISwapStore) => new MemorySwapStore(1 << 20),
            { } type when type == typeof(IFileBacking) => new ByteBacking(1),
            { } type when type == typeof(Stream) => Stream.Null,
            { } type when type == typeof(UserProcess) => world.First,
            { } type when type == typeof(AddressSpace) => world.Memory,
            { IsValueType: true } type => Activator.CreateInstance(type),
            _ => null,
        })];

    private static SwapDevice SomeDevice()
    {
        using World world = new();
        World.Succeeds(world.Engine.SwapOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        return device!;
    }

    private sealed class NoPages : IPageSource
    {
        public PageAnswer Request(FilePage page, Span<byte> destination) => PageAnswer.Zeros;

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.None;
    }
}
