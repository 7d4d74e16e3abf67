using System.Runtime.InteropServices;
using Paging.Native;
using Paging.Native.Translation;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Which pages of devices the tables show to native code, and what the engine refuses while such code calls a device.</summary>
public sealed class NativeDeviceTests
{
    private const int HostCallOffset = 40;

    [Fact]
    public void APageIsShownOnceItWasAccessedByTheEngine()
    {
        using World world = new();
        using GuestFile file = Map(world, out RecordingDevice device);
        world.Mmu.Read<uint>(World.At(2));    // nobody has asked for tables: nothing is kept
        TranslationTables tables = world.Mmu.ShowTables();
        Assert.Empty(Shown(tables));
        world.Mmu.Write(World.At(2, 8), 5u);
        world.Mmu.Read<byte>(World.At(3));
        nint functions = device.Functions;
        Assert.Equal(
            [DevicePage.Of(World.At(2).Page, true, true, functions, 8192), DevicePage.Of(World.At(3).Page, true, true, functions, 12288)],
            Shown(tables).OrderBy(static one => one.Offset));
        world.Mmu.Read<uint>(World.At(1, 4094));    // split: the long way
        Assert.Equal(2, Shown(tables).Count());
        world.Verify();
    }

    [Fact]
    public void NeitherOtherDevicesNorWatchedProcessesNorThreadsAreShown()
    {
        using World world = new();
        using GuestFile plain = world.Engine.Files.CreateDevice("plain", new Plain(), 4096);
        world.MapFile(world.Open(plain), 9, 1, type: MapFlags.Shared);
        using GuestFile file = Map(world, out _);
        TranslationTables tables = world.Mmu.ShowTables();
        world.Mmu.Read<uint>(World.At(9));
        Assert.Empty(Shown(tables));
        world.Mmu.Read<uint>(World.At(0));
        using (world.Mmu.Watch(World.At(20), 4, WatchedAccesses.All, static _ => { }))
        {
            Assert.Empty(Shown(tables));
            world.Mmu.Read<uint>(World.At(0));
            Assert.Empty(Shown(tables));
        }

        world.Verify();
        using World threads = new(World.Options() with { AllowThreads = true });
        using GuestFile shared = Map(threads, out _);
        using VirtualProcessor processor = threads.Engine.Threads.CreateProcessor();
        processor.Run(threads.First);
        threads.Mmu.Read<uint>(World.At(0));
        Assert.Empty(Shown(threads.Mmu.ShowTables()));
        processor.Rest();
    }

    [Fact]
    public void AnEndedProcessShowsNothing()
    {
        using World world = new();
        using GuestFile file = Map(world, out _);
        UserProcess child = world.First.Fork();
        TranslationTables tables = child.Memory.Mmu.ShowTables();
        child.Memory.Mmu.Read<uint>(World.At(0));
        Assert.NotEmpty(Shown(tables));
        child.Exit(0);
        Assert.Empty(Shown(tables));
    }

    [Fact]
    public void CallsFromADeviceThatNativeCodeHasCalledAreRefused()
    {
        using World world = new();
        using GuestFile file = Map(world, out _);
        world.Mmu.Read<uint>(World.At(0));
        world.Engine.HostCalls.ThrowIfInNativeCall();
        TranslationTables tables = world.Mmu.ShowTables();
        Assert.Equal(0, Marshal.ReadIntPtr(tables.Start, HostCallOffset));
        world.Mmu.Read<uint>(World.At(0));
        nint word = Marshal.ReadIntPtr(tables.Start, HostCallOffset);
        Marshal.WriteInt32(word, 1);
        Assert.Throws<InvalidOperationException>(world.Engine.HostCalls.ThrowIfInNativeCall);
        ThreadTeam.Run(1, _ => world.Engine.HostCalls.ThrowIfInNativeCall());    // another thread's calls are refused for another reason
        Marshal.WriteInt32(word, 0);
        world.Engine.HostCalls.ThrowIfInNativeCall();
    }

    [Fact]
    public void TheWordSaysThatTheEngineItselfCallsADevice()
    {
        using World world = new();
        using GuestFile file = Map(world, out RecordingDevice device);
        TranslationTables tables = world.Mmu.ShowTables();
        world.Mmu.Read<uint>(World.At(0));
        int during = 0;
        device.Interrupt = () =>
        {
            during = Marshal.ReadInt32(Marshal.ReadIntPtr(tables.Start, HostCallOffset));
            Assert.Throws<InvalidOperationException>(() => world.Mmu.Read<uint>(World.At(0)));
        };
        world.Mmu.Read<uint>(World.At(0));
        Assert.Equal((2, 0), (during, Marshal.ReadInt32(Marshal.ReadIntPtr(tables.Start, HostCallOffset))));
    }

    private static IEnumerable<DevicePage> Shown(TranslationTables tables) => tables.DevicePages.Where(static one => !one.IsEmpty);

    private static GuestFile Map(World world, out RecordingDevice device)
    {
        device = new();
        GuestFile file = world.Engine.Files.CreateDevice("/dev/recorder", device, RecordingDevice.ByteLength);
        world.MapFile(world.Open(file), 0, 4, type: MapFlags.Shared);
        return file;
    }

    private sealed class Plain : IMemoryDevice
    {
        public ulong Load(ulong offset, int byteLength) => 0;

        public void Store(ulong offset, int byteLength, ulong value) { }
    }
}
