using Paging.Core;
using Paging.Core.Swap;
using Paging.Core.Tests;
using Paging.Native;
using Paging.Windows.Sections;

namespace Paging.Windows.Tests;

/// <summary>Processes of Windows that are saved go on in another engine as if nothing had happened.</summary>
public sealed class SavedWindowsTests : IDisposable
{
    private readonly PagingEngine _engine;
    private readonly WindowsMachine _machine;

    public SavedWindowsTests() => (_engine, _machine) = SavedWorld.MakeEngine();

    public void Dispose()
    {
        SavedWorld.AssertClean(_engine);
        _machine.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void AProgramSeesNoDifference()
    {
        using SavedWorld world = new();
        IReadOnlyList<WindowsProcess> loaded = _machine.Load(new MemoryStream(world.Save()));
        SavedWorld.AssertClean(_engine);
        Assert.Equal(world.Machine.Commitment.Committed, _machine.Commitment.Committed);
        string[] before = [SavedWorld.Describe(world.First), SavedWorld.Describe(world.Second)];
        Assert.Equal(before, new[] { SavedWorld.Describe(loaded[0]), SavedWorld.Describe(loaded[1]) });
        Assert.Equal(world.Machine.UserData.Now, _machine.UserData.Now);
        Assert.Equal(world.Machine.Sections.Count(), _machine.Sections.Count());
    }

    [Fact]
    public void GuardsWatchesStacksAndCopiesGoOn()
    {
        using SavedWorld world = new();
        foreach (WindowsProcess first in (WindowsProcess[])[_machine.Load(new MemoryStream(world.Save()))[0], world.First])
        {
            MemoryAccess access = first.Access;
            Assert.False(access.TryRead(world.Committed + 0x1000, out int _, out MemoryException guard));
            Assert.Equal(NtStatus.GuardPageViolation, guard.Code);
            Assert.True(access.TryRead(world.Committed + 0x1000, out int second, out _));
            Assert.Equal(0x22, second);
            Assert.False(access.TryRead(world.Committed + 0x2000, out int _, out _));
            Assert.False(access.TryRead(world.Committed + 0x5000, out int _, out _));
            Assert.Equal(Win32Error.Success, first.Memory.VirtualProtect(world.Committed + 0x2000, 1, PageProtection.ReadOnly, out _));
            Assert.True(access.TryRead(world.Committed + 0x2000, out int third, out _));
            Assert.Equal(0x33, third);

            PageNumber[] written = new PageNumber[8];
            Assert.True(access.TryWrite(world.Watched + 0x4000, 5, out _));
            Assert.Equal(Win32Error.Success,
                first.Memory.GetWriteWatch(world.Watched, 0x6000, resets: true, written, out int count));
            Assert.Equal([world.Watched.Page, world.Watched.Page + new PageCount(3), world.Watched.Page + new PageCount(4)],
                written.Take(count));
            Assert.True(access.TryWrite(world.Watched + 0x3000, 5, out _));
            Assert.Equal(Win32Error.Success,
                first.Memory.GetWriteWatch(world.Watched, 0x6000, resets: true, written, out count));
            Assert.Equal([world.Watched.Page + new PageCount(3)], written.Take(count));

            Assert.True(access.TryWrite(world.Stack + 0x6FFC, 7, out _));
            Assert.Equal(world.Stack + 0x6000, first.Stack.Limit);
            Assert.True(access.TryRead(world.Copied + 0x3000, out int copy, out _));
            Assert.True(access.TryRead(world.Copied, out int shared, out _));
            Assert.True(access.TryWrite(world.Copied, 0x24, out _));
            Assert.True(access.TryRead(world.View, out int original, out _));
            Assert.Equal((0x23, 0x21, 0x21), (copy, shared, original));
            Assert.True(access.TryRead(world.Image + 0x2011, out byte own, out _));
            Assert.True(access.TryRead(world.Image + 0x2020, out byte old, out _));
            Assert.Equal((0x72, 0), (own, old));
        }
    }

    [Fact]
    public void TwoProcessesShareTheirSection()
    {
        using SavedWorld world = new();
        IReadOnlyList<WindowsProcess> loaded = _machine.Load(new MemoryStream(world.Save()));
        Assert.True(loaded[0].Access.TryWrite(world.View + 0x1000, 0x99, out _));
        Assert.True(loaded[1].Access.TryRead(world.View + 0x1000, out int seen, out _));
        Assert.Equal(0x99, seen);
        Assert.True(world.Second.Access.TryRead(world.View + 0x1000, out int apart, out _));
        Assert.Equal(0, apart);

        Assert.Equal(Win32Error.AlreadyExists, loaded[1].Sections.CreateFileMapping(
            null, PageProtection.ReadWrite, SectionFlags.Commit, 0x1000, "named", out SectionHandle again));
        Assert.Equal(Win32Error.Success, loaded[0].Sections.CloseHandle(world.Named));
        Assert.Equal(Win32Error.InvalidHandle, loaded[0].Sections.CloseHandle(world.Named));
        Assert.Equal(Win32Error.Success,
            loaded[1].Sections.MapViewOfFileEx(again, SectionAccess.MapRead, 0, 0, default, out VirtualAddress at));
        Assert.True(loaded[1].Access.TryRead(at, out int first, out _));
        Assert.Equal(0x21, first);
        Assert.False(loaded[0].Access.TryRead(world.Sparse, out int _, out _));
        Assert.True(loaded[0].Access.TryRead(world.Sparse + 0x2000, out int _, out _));
    }

    [Fact]
    public void OneProcessIsSavedAloneAndLoadedTwice()
    {
        using SavedWorld world = new();
        using MemoryStream stream = new();
        world.Second.Save(stream);
        stream.Position = 0;
        WindowsProcess one = Assert.Single(_machine.Load(stream));
        string before = SavedWorld.Describe(world.Second);
        Assert.Equal(before, SavedWorld.Describe(one));
        stream.Position = 0;
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => _machine.Load(stream));
        Assert.Equal("Cannot load the processes: the machine has a section named 'named' already.", refused.Message);
        one.Dispose();
        stream.Position = 0;
        Assert.Equal(before, SavedWorld.Describe(Assert.Single(_machine.Load(stream))));
        world.Second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => world.Second.Save(stream));
    }

    [Fact]
    public void PagesCanLieElsewhere()
    {
        using SavedWorld world = new();
        List<byte[]> pages = [];
        using MemoryStream stream = new();
        world.Machine.Save(stream, bytes => pages.Add(bytes.ToArray()));
        stream.Position = 0;
        Assert.Throws<InvalidDataException>(() => _machine.Load(stream));
        stream.Position = 0;
        MemorySwapStore store = new(1 << 20);    // the least that one has
        for (int slot = 0; slot < pages.Count; slot++) Assert.Equal(Errno.None, store.Write((uint)slot, pages[slot]));
        IReadOnlyList<WindowsProcess> loaded = _machine.Resume(stream, store, out SwapDevice? device);
        SavedWorld.AssertClean(_engine);
        Assert.True(loaded[0].Access.TryRead(world.Committed, out int read, out _));
        Assert.True(loaded[0].Access.TryRead(world.Copied + 0x3000, out int copy, out _));
        Assert.Equal((0x11, 0x23), (read, copy));
        Assert.Equal(Errno.None, _engine.Swap.SwitchOff(device!));
        SavedWorld.AssertClean(_engine);
        Assert.True(loaded[1].Access.TryRead(world.View, out int shared, out _));
        Assert.Equal(0x21, shared);
    }

    /// <summary>Two views of one section, the second from 64 KiB on: each shows its own part after a load.</summary>
    [Fact]
    public void AViewShowsThePartOfItsSection()
    {
        WindowsProcess process = _machine.CreateProcess("parts");
        Assert.Equal(Win32Error.Success, process.Sections.CreateFileMapping(
            null, PageProtection.ReadWrite, default, 0x2_0000, null, out SectionHandle section));
        Assert.Equal(Win32Error.Success,
            process.Sections.MapViewOfFileEx(section, SectionAccess.MapWrite, 0, 0x1000, default, out VirtualAddress start));
        Assert.Equal(Win32Error.Success,
            process.Sections.MapViewOfFileEx(section, SectionAccess.MapWrite, 0x1_0000, 0, default, out VirtualAddress rest));
        Assert.True(process.Access.TryWrite(start, 5, out _));
        Assert.True(process.Access.TryWrite(rest + 0x1000, 6, out _));
        using MemoryStream stream = new();
        _machine.Save(stream);
        stream.Position = 0;

        (PagingEngine other, WindowsMachine machine) = SavedWorld.MakeEngine();
        using (other)
        using (machine)
        {
            WindowsProcess loaded = Assert.Single(machine.Load(stream));
            Assert.True(loaded.Access.TryRead(start, out int first, out _));
            Assert.True(loaded.Access.TryRead(rest, out int second, out _));
            Assert.True(loaded.Access.TryRead(rest + 0x1000, out int third, out _));
            Assert.Equal((5, 0, 6), (first, second, third));
        }
    }

    [Fact]
    public void FilesAreFoundByName()
    {
        using GuestFile file = _engine.Files.CreateFile("data", new ByteBacking(0x3000));
        WindowsProcess process = _machine.CreateProcess("of a file");
        Assert.Equal(Win32Error.Success, process.Sections.CreateFileMapping(
            _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write), PageProtection.ReadWrite, default, 0, null,
            out SectionHandle handle));
        Assert.Equal(Win32Error.Success,
            process.Sections.MapViewOfFileEx(handle, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress at));
        Assert.True(process.Access.TryWrite(at, 5, out _));
        using MemoryStream stream = new();
        _machine.Save(stream);
        byte[] saved = stream.ToArray();

        (PagingEngine other, WindowsMachine machine) = SavedWorld.MakeEngine();
        using (other)
        using (machine)
        {
            using GuestFile given = other.Files.CreateFile("data", new ByteBacking(0x3000));
            using GuestFile tooShort = other.Files.CreateMemoryFile("short", 0x1000);
            Assert.Throws<FileNotFoundException>(() => machine.Load(new MemoryStream(saved)));
            Assert.Throws<ArgumentException>(() => machine.Load(new MemoryStream(saved), _ => tooShort));
            Assert.Throws<ArgumentException>(() => machine.Load(new MemoryStream(saved), _ => file));
            Assert.Empty(other.Processes);
            WindowsProcess loaded = Assert.Single(machine.Load(new MemoryStream(saved), name => name is "data" ? given : null));
            Assert.True(loaded.Memory.IsInWorkingSet(at.Page));
            Assert.True(loaded.Access.TryWrite(at + 0x1000, 6, out _));
            Assert.Equal(Win32Error.Success, loaded.Sections.FlushViewOfFile(at, 0));
            byte[] read = new byte[4];
            Assert.Equal(Errno.None, given.Read(0x1000, read, out _));
            Assert.Equal(6, read[0]);
            SavedWorld.AssertClean(other);
        }
    }

    [Fact]
    public void MarksAndTheHostsStateAreCarried()
    {
        using SavedWorld world = new();
        Registers registers = new() { Value = 9 };
        world.First.User.HostState = registers;
        ByteShadow shadow = world.First.User.Memory.OpenByteShadow();
        Assert.Equal(Errno.None, shadow.Mark(world.Committed + 0x10, 4, ByteState.Unaddressable));
        WindowsProcess loaded = _machine.Load(new MemoryStream(world.Save()))[0];
        Registers fresh = new();
        loaded.User.HostState = fresh;
        Assert.Equal(9, fresh.Value);
        Assert.False(loaded.Access.TryRead(world.Committed + 0x10, out int _, out MemoryException refused));
        Assert.Equal(NtStatus.AccessViolation, refused.Code);
        Assert.Equal(ByteState.Unaddressable, loaded.User.Memory.OpenByteShadow()[world.Committed + 0x13]);
    }

    /// <summary>The engine's own form is of the processes of Linux, and nothing refuses it.</summary>
    [Fact]
    public void AnEngineIsSavedBesideThem()
    {
        using SavedWorld world = new();
        using UserProcess linux = world.Engine.CreateProcess("linux");
        VirtualAddress at = linux.Memory.MapAnonymous(0x1000);
        linux.Memory.Mmu.Write(at, 5);
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        using MemoryStream stream = new();
        snapshot.Save(stream);
        stream.Position = 0;
        UserProcess loaded = Assert.Single(_engine.SavedProcesses.LoadAll(stream));
        Assert.Equal(5, loaded.Memory.Mmu.Read<int>(at));
        IReadOnlyList<UserProcess> clones = _engine.CloneProcesses(EngineImage.Of(snapshot));
        Assert.Equal(5, Assert.Single(clones).Memory.Mmu.Read<int>(at));
        Assert.Equal(2, _machine.Load(new MemoryStream(world.Save())).Count);
    }

    [Fact]
    public void TooLittleMemoryIsRefusedAndLeavesNothing()
    {
        using SavedWorld world = new();
        byte[] saved = world.Save();
        using PagingEngine small = new(new EngineOptions { RamBytes = 1 << 20 });
        using WindowsMachine machine = WindowsMachine.Of(small);
        using WindowsProcess own = machine.CreateProcess("own");
        long left = machine.Commitment.Limit - machine.Commitment.Committed - 10;
        Assert.Equal(Win32Error.Success, own.Memory.VirtualAlloc(default, (uint)left << 12,
            AllocationTypes.Reserve | AllocationTypes.Commit, PageProtection.ReadWrite, out _));
        long before = machine.Commitment.Committed;
        Assert.Throws<NoMemoryException>(() => machine.Load(new MemoryStream(saved)));
        Assert.Equal(before, machine.Commitment.Committed);
        Assert.Single(small.Processes);
        Assert.Empty(machine.Sections);
        SavedWorld.AssertClean(small);
    }

    private sealed class Registers : IHostState
    {
        public byte Value { get; set; }

        public ReadOnlySpan<byte> Save() => new byte[] { Value };

        public void Restore(ReadOnlySpan<byte> state) => Value = state[0];
    }
}
